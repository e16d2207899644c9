"""Textual's bindings, made of the keys that `keymap` declares."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from screens.keymap import Key


def bound(keys: Iterable[Key], *, first: Iterable[str] = ()) -> list[BindingType]:
    """Bindings of those keys that act; those with an action of `first` act before any widget."""
    return [Binding(key.keys, key.action, priority=key.action in first) for key in keys if key.action]
