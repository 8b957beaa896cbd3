"""A lineage as a picture: an SVG of boxes, each under what it stands behind, or a page that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tonne import files
from tonne.errors import refused
from tonne.evidence.verification import EvidenceCheck
from tonne.text import lines, xml
from tonne.units.lineage import LineageNode

#: [px]
INDENT: Final = 30
WIDTH: Final = 760
LINE: Final = 18
PAD: Final = 12
GAP: Final = 14
COLUMNS: Final = 92  # of text in a box

MARKS: Final = {True: ("✓", "#1d6b3f"), False: ("✗", "#b3261e"), None: ("?", "#8a6d00")}


@dataclass(slots=True)
class _Sheet:
    """The drawing so far, and its height."""

    parts: list[str] = field(default_factory=list)
    y: int = GAP
    right: int = 0


def draw(path: Path, title: str, nodes: Sequence[LineageNode]) -> None:
    """Writes the lineage as `.svg` or `.html`."""
    drawing = svg(nodes)
    if path.suffix == ".svg":
        files.write(path, drawing + "\n")
    elif path.suffix == ".html":
        files.write(path, _page(title, drawing))
    else:
        raise refused("LINEAGE_FORM", path=str(path))


def svg(nodes: Sequence[LineageNode]) -> str:
    """The picture. Whatever the words in it are, they stay words."""
    sheet = _Sheet()
    for node in nodes:
        _draw(sheet, node, 0)
    width, height = sheet.right + GAP, sheet.y
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(sheet.parts)}</svg>'
    )


def _draw(sheet: _Sheet, node: LineageNode, depth: int) -> int:
    """A node and all below it; returns the height at which a line from above meets it."""
    x, top = GAP + depth * INDENT, sheet.y
    body: list[tuple[str, str]] = []
    for name, value in node.facts.items():
        body += [(line, "#333333") for line in lines(f"{name}: {value}", COLUMNS)]
    for check in node.checks:
        mark, colour = MARKS[check.passed]
        body += [(line, colour) for line in lines(f"{mark} {said(check)}", COLUMNS)]
    height = 2 * PAD + LINE * (len(body) + 1)
    sheet.parts.append(
        f'<rect x="{x}" y="{top}" width="{WIDTH}" height="{height}" rx="5"'
        f' fill="#f6f8f6" stroke="#2f6f4f"/>'
    )
    y = top + PAD + LINE - 5
    head = (
        f"{node.kind.capitalize()}: {node.title}"
        if node.kind not in node.title.lower()
        else node.title
    )
    sheet.parts.append(_text(x + PAD, y, head, "#12291f", bold=True))
    for line, colour in body:
        y += LINE
        sheet.parts.append(_text(x + PAD, y, line, colour))
    sheet.y = top + height + GAP
    sheet.right = max(sheet.right, x + WIDTH)
    for child in node.children:
        meets = _draw(sheet, child, depth + 1)
        elbow = f"M{x + 12} {top + height}V{meets}H{x + INDENT}"
        sheet.parts.append(f'<path d="{elbow}" fill="none" stroke="#2f6f4f"/>')
    return top + height // 2


def said(check: EvidenceCheck) -> str:
    """A check in one line."""
    return f"{check.about} ({check.detail})" if check.detail else check.about


def _text(x: int, y: int, text: str, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{colour}"{weight}>{xml(text)}</text>'


def _page(title: str, drawing: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<style>svg{max-width:100%;height:auto}</style>"
        f"<title>{xml(title)}</title></head>\n<body>{drawing}</body></html>\n"
    )
