"""The whole join once more, on the screen of a serial client: minicom shows each picture, and no stray character."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench_serial.play import Picture
from tests.screens.terminal.minicom import Minicom


def report(pictures: Sequence[Picture], sent: bytes) -> str:
    """What minicom shows of these pictures; `sent` is all that made them, and what left the terminal afterwards."""
    odd, at = [], 0
    with Minicom() as minicom:
        for one in pictures:
            shown, at = minicom.show(sent[at : at + one.count]), at + one.count
            if shown != list(one.text):
                odd.append(one.label)
        left = minicom.show(sent[at:])
    same = left[:22] == list(pictures[-1].text)[1:23]  # to leave goes on to a new line
    return (
        f"  minicom shows {len(pictures) - len(odd)} of {len(pictures)} pictures as they are {odd[:5]}, "
        f"and at the end {'nothing' if same else 'SOMETHING'} else"
    )
