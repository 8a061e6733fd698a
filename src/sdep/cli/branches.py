"""A tree as lines, each within the terminal's width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sdep.cli.terminal import Terminal, Tone


@dataclass(frozen=True)
class Branch:
    """`symbol` goes before the text; `notes` are dim lines below it, `loud` ones in the symbol's colour."""

    text: str
    symbol: Tone | None = None
    tones: tuple[Tone, ...] = ()
    aside: str = ""
    notes: Sequence[str] = ()
    loud: Sequence[str] = ()
    below: Sequence[Branch] = field(default=())


def draw(branches: Sequence[Branch], term: Terminal, prefix: str = "") -> Iterator[str]:
    """The lines of branches that hang from one point."""
    for number, branch in enumerate(branches):
        last = number == len(branches) - 1
        yield term.paint(term.shown(prefix + ("└─ " if last else "├─ ")), "dim") + _head(branch, term, len(prefix) + 3)
        deeper = prefix + ("   " if last else "│  ")
        yield from _notes(branch, term, deeper)
        yield from draw(branch.below, term, deeper)


def _head(branch: Branch, term: Terminal, used: int) -> str:
    symbol = f"{term.symbol(branch.symbol)} " if branch.symbol else ""
    used += 2 if branch.symbol else 0
    text = term.cut(term.shown(branch.text), used)
    aside = (
        term.cut(term.shown(branch.aside), used + len(text) + 2) if branch.aside and _fits(branch, term, used) else ""
    )
    return symbol + term.paint(text, *branch.tones) + (term.paint(f"  {aside}", "dim") if aside else "")


def _fits(branch: Branch, term: Terminal, used: int) -> bool:
    return term.width is None or used + len(branch.text) + 10 < term.width


def _notes(branch: Branch, term: Terminal, prefix: str) -> Iterator[str]:
    stem = term.shown(prefix + ("│  " if branch.below else "   "))
    parts: tuple[tuple[Sequence[str], Tone], ...] = ((branch.notes, "dim"), (branch.loud, branch.symbol or "dim"))
    for lines, tone in parts:
        for line in lines:
            yield term.paint(stem, "dim") + term.paint(term.cut(term.shown(line), len(stem)), tone)
