"""Colours, symbols and lines that fit, where there is a terminal; plain text where there is none."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

Tone = Literal["good", "bad", "busy", "dim", "strong", "added", "removed", "place"]

_CODES: dict[str, str] = {
    "good": "32",
    "bad": "31",
    "busy": "33",
    "dim": "2",
    "strong": "1",
    "added": "32",
    "removed": "31",
    "place": "36",
}
_SYMBOLS = {"good": "✔", "bad": "✖", "busy": "◌"}
_ASCII = str.maketrans(
    {"✔": "+", "✖": "x", "◌": "o", "├": "|", "└": "`", "─": "-", "│": "|", "·": "-", "…": "~", "→": ">"}
)


@dataclass(frozen=True)
class Terminal:
    """How to write for whoever reads: `width` is None where lines are never cut."""

    colours: bool
    unicode: bool
    width: int | None

    def paint(self, text: str, *tones: Tone) -> str:
        if not (self.colours and text and tones):
            return text
        return f"\033[{';'.join(_CODES[tone] for tone in tones)}m{text}\033[0m"

    def symbol(self, tone: Tone) -> str:
        return self.paint(self.shown(_SYMBOLS[tone]), tone)

    def shown(self, text: str) -> str:
        """Text in the characters that the reader has."""
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()

    def cut(self, text: str, used: int = 0) -> str:
        """Text that ends with an ellipsis where it would not fit after `used` columns."""
        room = None if self.width is None else max(self.width - used, 8)
        line = " ".join(text.split())
        return line if room is None or len(line) <= room else line[: room - 1] + self.shown("…")

    def wrapped(self, text: str, indent: str = "") -> Iterator[str]:
        """Text over as many lines as it takes."""
        line = " ".join(text.split())
        if self.width is None:
            yield indent + line
            return
        yield from textwrap.wrap(
            line, self.width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        ) or [indent]


def terminal(color: str = "auto", stream: TextIO | None = None) -> Terminal:
    """Of standard output. NO_COLOR takes colours away (https://no-color.org), `--color always` brings them back."""
    stream = stream or sys.stdout
    interactive = stream.isatty()
    dull = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Terminal(
        colours=color == "always" or (color == "auto" and interactive and not dull),
        unicode=(stream.encoding or "").lower().replace("-", "") == "utf8",
        width=shutil.get_terminal_size().columns if interactive else None,
    )
