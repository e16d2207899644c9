"""A stack: an ordered tuple of steps. What is not in it cannot be planned; nobody asks for a stack's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tui_installer.step import Step


@dataclass(frozen=True, slots=True)
class Stack:
    """The steps that take a host to membership, in the order in which they are done."""

    name: str
    title: str
    steps: tuple[Step[Any, Any], ...]

    def step(self, step_id: str) -> Step[Any, Any]:
        """The step of that id. Raises KeyError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)
