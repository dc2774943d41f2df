"""The report as one file that opens anywhere: nothing is fetched, and it prints on A4."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation

from huying.domains.bulletins import drawing
from huying.domains.bulletins.blocks import Chart, Heading, Paper, Table, Text

STYLES = Path(__file__).resolve().parents[1] / "static" / "bulletins" / "paper.css"
KINDS = {Heading: "heading", Text: "text", Table: "table", Chart: "chart"}


def blocks(paper: Paper) -> list[dict[str, object]]:
    """For the template: each block with its kind; a chart drawn."""
    return [
        {
            "kind": KINDS[type(block)],
            "block": block,
            "svg": drawing.svg(block.marks, block.title) if isinstance(block, Chart) else "",
        }
        for block in paper.blocks
    ]


def render(paper: Paper) -> bytes:
    with translation.override(paper.language):
        said = render_to_string(
            "bulletins/file.html",
            {"paper": paper, "blocks": blocks(paper), "styles": STYLES.read_text(encoding="utf-8")},
        )
    return said.encode()
