"""Pictures of screens in colours, as SVG: what a terminal with sixteen colours on a dark ground shows."""

from __future__ import annotations

import io
from itertools import groupby
from operator import attrgetter

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from screens.app import InstallerApp
from screens.terminal import cells
from screens.terminal.canvas import Canvas
from screens.terminal.cells import BOLD, REVERSE, UNDERLINE, Frame

FORM = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" xml:space="preserve">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="6" fill="#0c0c0c" />
<g transform="translate(8, 22)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""As rich's own, but for its fonts: a page that is read on a host without a network asks nobody for them."""


def frame(of: InstallerApp) -> Frame:
    """What Textual shows."""
    canvas = Canvas(80, 24, cell_len)
    for y, strip in enumerate(of.screen._compositor.render_strips()):
        canvas.feed(f"\x1b[{y + 1};1H{strip.render(of.console)}")
    return canvas.frame


def svg(of: Frame, name: str) -> str:
    """The picture of that name."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True, color_system="standard")
    for row in of:
        runs = ((style, "".join(cell.text for cell in same)) for style, same in groupby(row, key=attrgetter("style")))
        console.print(Text.assemble(*((text, _style(style)) for style, text in runs)), no_wrap=True, crop=False)
    return console.export_svg(title="tui-installer", theme=MONOKAI, code_format=FORM, unique_id=name)


def _style(of: cells.Style) -> Style:
    fg, bg, flags = of
    return Style(
        color=None if fg is None else Color.from_ansi(fg),
        bgcolor=None if bg is None else Color.from_ansi(bg),
        bold=bool(flags & BOLD),
        underline=bool(flags & UNDERLINE),
        reverse=bool(flags & REVERSE),
    )
