"""Charts as a few strokes and labels on a sheet of 640 by 200, so that page, Word and PDF draw the very same thing.

Labels hold digits and signs only; titles and legends are text beside the chart, in the document's own type.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 56, 16, 24
INK, FAINT, NOW, BEFORE = "#1d2b2f", "#c9d2d3", "#0f6e74", "#8a6d3b"
LABELS = 7


@dataclass(frozen=True)
class Stroke:
    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    colour: str


@dataclass(frozen=True)
class Label:
    """anchor: which side of the text stands at x: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


Mark = Stroke | Dot | Label


def trend(
    periods: Sequence[str], now: Sequence[float | None], before: Sequence[float | None], share: bool
) -> list[Mark]:
    """A line over the periods and a dashed one a year earlier. An unknown value is a gap, never zero."""
    known = [value for value in (*now, *before) if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if not share:
        low = 0.0
    ticks = _ticks(low, high, share)
    bottom, top = ticks[0], ticks[-1]

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place / max(len(periods) - 1, 1))

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / (top - bottom)

    def said(value: float) -> str:
        return f"{value:.1%}" if share else f"{value:,.1f}".removesuffix(".0")

    marks: list[Mark] = []
    for value in ticks:
        marks.append(Stroke(((LEFT, y(value)), (WIDTH - RIGHT, y(value))), FAINT, 0.6))
        shown = f"{value * 100:.4g}%" if share else f"{value:,.6g}"
        marks.append(Label(LEFT - 6, y(value) + 4, shown, "end"))
    every = max(1, -(-len(periods) // LABELS))
    marks += [Label(x(place), HEIGHT - 6, periods[place], "middle") for place in range(len(periods) - 1, -1, -every)]
    for values, colour, dashed in ((before, BEFORE, True), (now, NOW, False)):
        marks += [Stroke(run, colour, 2.0 if not dashed else 1.4, dashed) for run in _runs(values, x, y)]
    marks += [Dot(x(place), y(value), NOW) for place, value in enumerate(now) if value is not None]
    if now and (last := now[-1]) is not None:
        marks.append(Label(x(len(now) - 1) + 7, y(last) + 4, said(last)))
    return marks


def _ticks(low: float, high: float, share: bool) -> list[float]:
    """Three to six round values that hold the known ones between them; of shares none above one whole unless a value is."""
    spread = (high - low) or (0.05 if share else max(abs(high), 1.0) * 0.5)
    power = 10.0 ** math.floor(math.log10(spread / 4))
    step = next(power * round_one for round_one in (1, 2, 2.5, 5, 10) if power * round_one >= spread / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        first, last = (first - 1, last) if first > 0 else (first, last + 1)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _runs(
    values: Sequence[float | None], x: Callable[[int], float], y: Callable[[float], float]
) -> list[tuple[tuple[float, float], ...]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x(place), y(value)))
    return [tuple(run) for run in runs if len(run) > 1]


def svg(marks: Sequence[Mark], title: str) -> str:
    """An inline SVG without style attributes, as the pages' content policy wants it."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12" '
        f'font-family="sans-serif"><title>{escape(title)}</title>'
    ]
    for mark in marks:
        match mark:
            case Stroke(points, colour, width, dashed):
                line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
                dash = ' stroke-dasharray="6 4"' if dashed else ""
                parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>')
            case Dot(px, py, colour):
                parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.6" fill="{colour}"/>')
            case Label(px, py, text, anchor):
                parts.append(
                    f'<text x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
                )
    return "".join((*parts, "</svg>"))


def png(marks: Sequence[Mark], scale: int = 3) -> bytes:
    """The same chart as pixels, for Word; labels in the face that Pillow carries."""
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), "white")
    pen, face = ImageDraw.Draw(image), ImageFont.load_default(12 * scale)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for mark in marks:
        match mark:
            case Stroke(points, colour, width, dashed):
                for (x0, y0), (x1, y1) in pairwise(points):
                    for a, b in _dashes(x0, y0, x1, y1) if dashed else [(0.0, 1.0)]:
                        pen.line(
                            [((x0 + (x1 - x0) * t) * scale, (y0 + (y1 - y0) * t) * scale) for t in (a, b)],
                            fill=colour,
                            width=max(1, round(width * scale)),
                        )
            case Dot(x, y, colour):
                r = 2.6
                pen.ellipse([(x - r) * scale, (y - r) * scale, (x + r) * scale, (y + r) * scale], fill=colour)
            case Label(x, y, text, anchor):
                pen.text((x * scale, y * scale), text, fill=INK, font=face, anchor=anchors[anchor])
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _dashes(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    count = max(1, int(length // 10))
    return [(n / count, (n + 0.6) / count) for n in range(count)]
