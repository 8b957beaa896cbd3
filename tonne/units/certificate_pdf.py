"""A certificate on one page: the claim, the units, their lineage, and a QR code that opens its page.

Everything on the page comes from the lineage, which comes from the chain; no page is made of a certificate
that does not hold. All letters are embedded. The text is as large, and its parts as far apart, as one page
allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import segno

from tonne.errors import refused
from tonne.text import harmless
from tonne.units.lineage import LineageNode
from tonne.units.page_text import TextPage, is_printable

#: [pt], A4
WIDTH, HEIGHT = 595.28, 841.89
FRAME: Final = 28
LEFT: Final = 54
RIGHT: Final = WIDTH - LEFT
TOP: Final = 64
BOTTOM: Final = HEIGHT - 50
QR: Final = 112
#: Of the names of rows.
NAMES: Final = 104
#: Of the rows, at scale 1.
SIZE: Final = 9.0
#: Of the size: from one line to the next.
LEADINGS: Final = (1.9, 1.8, 1.7, 1.6, 1.5, 1.45)
SCALES: Final = (1.35, 1.3, 1.25, 1.2, 1.15, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
#: Between two parts, at most.
MOST_SPACE: Final = 64
LEAST_SPACE: Final = 16
#: Lines of serial numbers on the page.
MOST_BLOCKS: Final = 8

#: Fields of each node on the page.
REST: Final = {
    "batch": "{title}, vintage {vintage}, {issued} issued",
    "label": "{title}, {from} to {until}",
    "monitoring report": "{number}: {quantity}, {period}",
    "signer": "participant {participant}, {key}",
    "evidence": "{manifest root}",
    "project": "{number}: {developer}, {host country}",
    "project elsewhere": "{title} of {registry}, {host country}",
    "immobilised": "{title}",
    "methodology": "{number}: {activity}",
}

INK, GREEN, GREY = (0x12, 0x29, 0x1F), (0x2F, 0x6F, 0x4F), (0x5A, 0x66, 0x5F)
UNPRINTABLE: Final = (
    "Characters written U+… have no letter in this page's fonts; the chain has them."
)


@dataclass(slots=True)
class PageRow:
    """A named value; `large` sets it larger."""

    name: str
    value: str
    large: bool = False


@dataclass(slots=True)
class PagePart:
    """Rows between two rules."""

    rows: list[PageRow] = field(default_factory=list)

    def add(self, name: str, value: str, large: bool = False) -> None:
        self.rows.append(PageRow(name, harmless(value), large))


def write(path: Path, node: LineageNode, identifier: str, made: str, link: str = "") -> None:
    """One page of the certificate `node` is the lineage of.

    `link` is the QR code's text, the address of the certificate's page; without one it is `identifier`.
    `made` is the moment of the chain at which all was checked.
    """
    if not node.sound:
        raise refused("CERTIFICATE_UNSOUND", title=node.title)
    page = TextPage(WIDTH, HEIGHT)
    page.set_title(harmless(f"Retirement {node.title.lower()}"))
    page.set_lang("en")
    _head(page, node, link or identifier)
    _body(page, parts_of(node, identifier, made, link))
    path.write_bytes(bytes(page.output()))


def parts_of(node: LineageNode, identifier: str, made: str, link: str = "") -> list[PagePart]:
    """The rows below the head, in their parts."""
    facts = node.facts
    claim = PagePart()
    claim.add("beneficiary", facts["beneficiary"], large=True)
    for name in ("purpose", "claimed for", "country", "retired", "holder"):
        claim.add(name, facts[name])
    _serials(claim, node)
    lineage = PagePart()
    for name, value in _evidence(node):
        lineage.add(name, value)
    check = PagePart()
    for name in ("unit", "claim hash", "transaction"):
        check.add(name, facts[name])
    checks = [check for one in node.walk() for check in one.checks]
    passed = sum(one.passed is True for one in checks)
    open_ = len(checks) - passed
    said = f"{passed} checks passed, none failed" + (
        f", {open_} not possible here" if open_ else ""
    )
    check.add("checked", f"{said}; {made}")
    if link:
        check.add("page", link)
    check.add("identifier", identifier)
    number = node.title.split()[-1]
    check.add("check it", f"on any node of the chain: tonne certificate verify {number} --rpc URL")
    found = [part for part in (claim, lineage, check) if part.rows]
    if not all(is_printable(row.value) for part in found for row in part.rows):
        check.add("", UNPRINTABLE)
    return found


def _serials(part: PagePart, node: LineageNode) -> None:
    blocks = [child for child in node.children if child.kind == "serial numbers"]
    for place, block in enumerate(blocks[:MOST_BLOCKS]):
        numbers = block.title.removeprefix("Serial numbers ")
        part.add("" if place else "serial numbers", f"{numbers} ({block.facts['registry']})")
    if len(blocks) > MOST_BLOCKS:
        part.add("", f"and {len(blocks) - MOST_BLOCKS} blocks more: tonne certificate show")


def _evidence(node: LineageNode) -> list[tuple[str, str]]:
    """The units' lineage, one line each, none twice."""
    found: dict[tuple[str, str], None] = {}
    for one in node.walk():
        if one.kind in REST:
            words = {"title": one.title, "number": one.title.split()[-1], **one.facts}
            name = one.title if one.kind == "signer" else one.kind
            found[name, REST[one.kind].format_map(words)] = None
    return list(found)


# On the page


def _head(page: TextPage, node: LineageNode, link: str) -> None:
    """Frame, title, amount, and the QR code."""
    page.set_draw_color(*GREEN)
    page.set_line_width(2)
    page.rect(FRAME, FRAME, WIDTH - 2 * FRAME, HEIGHT - 2 * FRAME)
    page.set_text_color(*GREEN)
    page.put(LEFT, TOP + 22, harmless(f"Retirement {node.title.lower()}"), 20, bold=True)
    page.set_text_color(*INK)
    amount, size = node.facts["amount"], 32.0
    while page.width_of(amount, size, bold=True) > RIGHT - QR - 12 - LEFT:
        size -= 2
    page.put(LEFT, TOP + 66, amount, size, bold=True)
    page.set_text_color(*GREY)
    page.put(LEFT, TOP + 88, "given up for ever, for this claim alone", 10)
    _code(page, link)


def _code(page: TextPage, link: str) -> None:
    """The QR code as rectangles, in the upper right corner; a reader of the PDF can press it."""
    code = segno.make(link, error="m", micro=False, boost_error=False)
    rows = [list(row) for row in code.matrix]
    side = QR / len(rows)
    page.set_fill_color(*INK)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                page.rect(RIGHT - QR + x * side, TOP + y * side, side, side, style="F")
    if link.startswith("https://"):
        page.link(RIGHT - QR, TOP, QR, QR, link)


def _body(page: TextPage, parts: list[PagePart]) -> None:
    """The parts, as large as they fit, spread over what is left of the page."""
    top = TOP + QR + LEAST_SPACE
    room = BOTTOM - top
    scale = next((s for s in SCALES if _height(page, parts, s) <= room), SCALES[-1])
    while _height(page, parts, scale) > room:
        _shorten(parts)
    leading = next(one for one in LEADINGS if _height(page, parts, scale, one) <= room)
    left = room - _height(page, parts, scale, leading)
    space = min(MOST_SPACE, LEAST_SPACE + left / len(parts))
    y: float = top
    for part in parts:
        page.set_line_width(0.5)
        page.line(LEFT, y, RIGHT, y)
        y += space / 2
        for row in part.rows:
            y = _row(page, row, scale, leading, y)
        y += space / 2


def _height(
    page: TextPage, parts: list[PagePart], scale: float, leading: float = LEADINGS[-1]
) -> float:
    rows = [row for part in parts for row in part.rows]
    lines = sum(_size(row, scale) * leading * len(_lines(page, row, scale)) for row in rows)
    return lines + LEAST_SPACE * len(parts)


def _shorten(parts: list[PagePart]) -> None:
    """Leaves out the last line of the lineage that is still there, and counts it."""
    rows = parts[1].rows
    more = rows[-1].value.split()[1] if rows[-1].value.startswith("and ") else "0"
    if more != "0":
        rows.pop()
    rows.pop()
    rows.append(PageRow("", f"and {int(more) + 1} lines more: tonne trace"))


def _row(page: TextPage, row: PageRow, scale: float, leading: float, y: float) -> float:
    """A row with its top at `y`; returns its end."""
    size = _size(row, scale)
    page.set_text_color(*GREY)
    if row.name:
        page.put(LEFT, y + size, row.name.capitalize(), SIZE * scale)
    page.set_text_color(*INK)
    for line in _lines(page, row, scale):
        page.put(LEFT + NAMES * scale, y + size, line, size)
        y += size * leading
    return y


def _lines(page: TextPage, row: PageRow, scale: float) -> list[str]:
    return page.broken(row.value, _size(row, scale), RIGHT - LEFT - NAMES * scale) or [""]


def _size(row: PageRow, scale: float) -> float:
    return SIZE * scale * (1.5 if row.large else 1)
