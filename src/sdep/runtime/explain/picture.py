"""An explanation drawn as SVG: bars of what each feature adds, or a small curve for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from sdep.runtime.explain.explanation import shown

if TYPE_CHECKING:
    from sdep.runtime.explain.explanation import Bar, Curve, Picture

SVG = "image/svg+xml"

_WIDTH, _MARGIN, _LINE, _ROW = 760, 20, 20, 26
_LABELS, _VALUES = 430, 80
"""Left of the bars at most, and right of them."""
_LETTER = 7.5
"""About as wide as one is."""
_MOST_BARS, _LONGEST, _LONGEST_OF_A_PLOT = 30, 56, 24
_PLOT_WIDTH, _PLOT_HEIGHT, _PLOTS_A_LINE = 230, 130, 3
_STRONG, _SMALL = ' font-weight="600"', ' font-size="11"'
_PAPER, _UP, _DOWN, _TEXT, _FAINT, _ZERO = "#ffffff", "#c2410c", "#1d4ed8", "#1f2937", "#6b7280", "#d1d5db"
_IN_THE_DARK = {
    _PAPER: "#1c2126",
    _UP: "#f0a070",
    _DOWN: "#82b7f2",
    _TEXT: "#e6e9ed",
    _FAINT: "#9ca6b1",
    _ZERO: "#38404a",
}
_STYLE = "".join(
    f'[fill="{colour}"]{{fill:{dark}}}[stroke="{colour}"]{{stroke:{dark}}}' for colour, dark in _IN_THE_DARK.items()
)
"""Other colours for who prefers dark: what reads no style sheet draws dark on white."""


def drawn(picture: Picture) -> str:
    """A whole document, readable without a style sheet, with a title for who cannot see it."""
    top = _MARGIN + _LINE * (1 + len(picture.notes)) + 8
    bars, curves = list(picture.bars[:_MOST_BARS]), list(picture.curves)
    plot_lines = -(-len(curves) // _PLOTS_A_LINE)
    left_out = len(picture.bars) - len(bars)
    height = top + _ROW * len(bars) + (_PLOT_HEIGHT + 30) * plot_lines + _MARGIN + (_LINE if left_out else 0)
    parts = [*_heading(picture), *_bars(bars, top), *_curves(curves, top)]
    if left_out:
        parts.append(_text(_MARGIN, height - _MARGIN, f"and {left_out} more, each smaller", _FAINT))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img"><title>{escape(picture.title)}</title>'
        f"<style>@media (prefers-color-scheme:dark){{{_STYLE}}}</style>"
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{"".join(parts)}</svg>\n'
    )


def _heading(picture: Picture) -> Iterator[str]:
    yield _text(_MARGIN, _MARGIN + 12, picture.title, _TEXT, style=_STRONG)
    for line, note in enumerate(picture.notes):
        yield _text(_MARGIN, _MARGIN + 12 + _LINE * (line + 1), note, _TEXT)


def _bars(bars: Sequence[Bar], top: int) -> Iterator[str]:
    """From a line at zero, to the right where they add and to the left where they take."""
    if not bars:
        return
    values, labels = [bar.value for bar in bars], [_label(bar) for bar in bars]
    low, high = min(0.0, *values), max(0.0, *values)
    beside = min(_LABELS, 2 * _MARGIN + _LETTER * max(map(len, labels)))
    left, right = beside + (_VALUES if low < 0 else 10), _WIDTH - _MARGIN - _VALUES
    scale = (right - left) / ((high - low) or 1.0)
    zero = left - low * scale
    for place, (bar, label) in enumerate(zip(bars, labels, strict=True)):
        y, length = top + _ROW * place, abs(bar.value) * scale
        x = zero if bar.value >= 0 else zero - length
        yield _text(beside - 8, y + 15, label, _TEXT, anchor="end")
        colour = _UP if bar.value >= 0 else _DOWN
        yield f'<rect x="{x:.1f}" y="{y + 3}" width="{max(length, 1):.1f}" height="{_ROW - 9}" fill="{colour}" rx="2"/>'
        beyond = (zero + length + 6, "start") if bar.value >= 0 else (x - 6, "end")
        yield _text(beyond[0], y + 15, f"{bar.value:+.4g}" if low < 0 else f"{bar.value:.4g}", _TEXT, anchor=beyond[1])
    bottom = top + _ROW * len(bars)
    yield f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{top}" y2="{bottom}" stroke="{_FAINT}"/>'


def _curves(curves: Sequence[Curve], top: int) -> Iterator[str]:
    """All on one scale, so that the features can be compared."""
    values = [value for curve in curves for value in curve.y] or [0.0]
    low, high = min(values), max(values)
    for place, curve in enumerate(curves):
        left = _MARGIN + place % _PLOTS_A_LINE * (_PLOT_WIDTH + 12)
        yield from _curve(curve, left, top + place // _PLOTS_A_LINE * (_PLOT_HEIGHT + 30), low, high)


def _curve(curve: Curve, left: int, top: int, low: float, high: float) -> Iterator[str]:
    x_low, x_high = curve.x[0], curve.x[-1]
    x_scale, y_scale = (_PLOT_WIDTH - 50) / ((x_high - x_low) or 1.0), (_PLOT_HEIGHT - 20) / ((high - low) or 1.0)
    bottom, begin = top + _PLOT_HEIGHT, left + 45
    points = " ".join(
        f"{begin + (x - x_low) * x_scale:.1f},{bottom - (y - low) * y_scale:.1f}"
        for x, y in zip(curve.x, curve.y, strict=True)
    )
    yield _text(begin, top + 8, _short(curve.name, _LONGEST_OF_A_PLOT), _TEXT, style=_STRONG)
    for value in (low, high):
        yield _text(begin - 5, bottom - (value - low) * y_scale + 4, f"{value:.3g}", _FAINT, anchor="end", style=_SMALL)
    zero = bottom - (0 - low) * y_scale
    yield f'<line x1="{begin}" x2="{left + _PLOT_WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="{_ZERO}"/>'
    yield f'<polyline points="{points}" fill="none" stroke="{_DOWN}" stroke-width="2"/>'
    yield _text(begin, bottom + 16, shown(x_low), _FAINT, style=_SMALL)
    yield _text(left + _PLOT_WIDTH, bottom + 16, shown(x_high), _FAINT, anchor="end", style=_SMALL)


def _label(bar: Bar) -> str:
    """What stands beside the name is never cut."""
    return f"{_short(bar.name, max(1, _LONGEST - len(bar.beside) - 1))} {bar.beside}".strip()


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
