"""A certificate on one page, with a QR code that names it and with what it rests on.

Everything on the page comes from the lineage, which comes from the chain; no page is made of a certificate
that does not hold. Letters of Latin, Greek and Cyrillic are embedded (DejaVu). Chinese, Japanese and
Korean need a font larger than this program: one that is installed and may be embedded is, as far as it is
used; else the reader's own is named, and the page says so. Text from right to left or with joined
letters, and what no font has, stands as its code points: better that than a name set wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import matplotlib
from matplotlib.font_manager import findSystemFonts
from matplotlib.ft2font import FT2Font
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from tonne.errors import TonneError
from tonne.text import harmless
from tonne.units.lineage import LineageNode

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
#: Fonts of the reader, with the encoding that says which characters they have.
EAST_ASIAN: Final = (
    ("STSong-Light", "gbk"),
    ("HeiseiMin-W3", "shift_jisx0213"),
    ("HYSMyeongJo-Medium", "euc_kr"),
)
#: Scripts that need their letters turned and joined.
RIGHT_TO_LEFT: Final = ("R", "AL", "AN")
#: Of a font's licence: no embedding.
RESTRICTED: Final = 0x2
FOLDER: Final = Path(matplotlib.get_data_path()) / "fonts" / "ttf"

#: [pt]
LEFT: Final = 57
RIGHT: Final = A4[0] - 57
VALUES: Final = LEFT + 118
LINE: Final = 13
QR: Final = 112
FOOT: Final = 90
LOWEST: Final = 255  # of the lineage: the end of the page is below
#: Lines of serial numbers on the page.
MOST_BLOCKS: Final = 8

#: What of each node stands on the page.
REST: Final = {
    "batch": "{title}, vintage {vintage}, {issued} issued",
    "monitoring report": "{number}: {quantity}, {period}",
    "signer": "participant {participant}, {key}",
    "evidence": "{manifest root}",
    "project": "{number}: {developer}, {host country}",
    "project elsewhere": "{title} of {registry}, {host country}",
    "immobilised": "{title}",
    "methodology": "{number}: {activity}",
}

INK, GREEN, GREY = HexColor("#12291f"), HexColor("#2f6f4f"), HexColor("#5a665f")
BORROWED: Final = (
    "East Asian letters are in your reader's fonts: a box is a missing font, not the name."
)
UNPRINTABLE: Final = (
    "Characters written U+… have no letter in this page's fonts; the chain has them."
)


def write(path: Path, node: LineageNode, identifier: str, made: str) -> None:
    """One page of the certificate `node` is the lineage of.

    `identifier` is the QR code's text; `made` is the moment of the chain at which all was checked.
    """
    if not node.sound:
        raise TonneError(
            "CERTIFICATE_UNSOUND",
            "This certificate does not hold; no page is made of it.",
            field="certificate",
            value=node.title,
            remedy="`tonne certificate verify` says what is wrong.",
        )
    _fonts()
    page = Canvas(str(path), pagesize=A4, invariant=1)
    page.setTitle(harmless(f"Retirement {node.title.lower()}"))
    _Page(page).certificate(node, identifier, made)
    page.save()


class _Page:
    """One page from the top down."""

    def __init__(self, page: Canvas) -> None:
        self.page = page
        self.y = A4[1] - 82.0
        self.notes: set[str] = set()

    def certificate(self, node: LineageNode, identifier: str, made: str) -> None:
        page, facts = self.page, node.facts
        page.setStrokeColor(GREEN)
        page.setLineWidth(2)
        page.rect(30, 30, A4[0] - 60, A4[1] - 60)
        self._put(LEFT, f"Retirement {node.title.lower()}", 20, GREEN, BOLD)
        self.y -= 40
        self._put(LEFT, facts["amount"], 30, INK, BOLD)
        self.y -= 22
        self._put(LEFT, "given up for ever, for this claim alone", 10, GREY)
        self.y -= 26
        for name in ("beneficiary", "purpose", "claimed for", "country", "retired", "holder"):
            self._row(name, facts[name])
        self._serials(node)
        self._rule()
        rest = _evidence(node)
        for place, (name, value) in enumerate(rest):
            if self.y < LOWEST:
                self._row("", f"and {len(rest) - place} lines more: tonne trace")
                break
            self._row(name, value)
        self._rule()
        for name in ("unit", "claim hash", "transaction"):
            self._row(name, facts[name], 8)
        checks = [check for one in node.walk() for check in one.checks]
        passed = sum(check.passed is True for check in checks)
        open_ = len(checks) - passed
        told = f"{passed} checks passed, none failed" + (
            f", {open_} not possible here" if open_ else ""
        )
        self._row("checked", f"{told}; {made}")
        self._code(identifier, node.title.split()[-1])

    def _serials(self, node: LineageNode) -> None:
        blocks = [child for child in node.children if child.kind == "serial numbers"]
        for place, block in enumerate(blocks[:MOST_BLOCKS]):
            numbers = block.title.removeprefix("Serial numbers ")
            self._row("" if place else "serial numbers", f"{numbers} ({block.facts['registry']})")
        if len(blocks) > MOST_BLOCKS:
            self._row("", f"and {len(blocks) - MOST_BLOCKS} blocks more: tonne certificate show")

    def _code(self, identifier: str, number: str) -> None:
        """The QR code and how to check, at the foot."""
        widget = QrCodeWidget(identifier, barLevel="M", barWidth=QR, barHeight=QR)
        drawing = Drawing(QR, QR)
        drawing.add(widget)
        renderPDF.draw(drawing, self.page, RIGHT - QR, 45)
        self.y = FOOT + 42
        self._put(LEFT, identifier, 7.5, INK)
        self.y -= LINE
        self._put(
            LEFT,
            f"Check it on any node of the chain: tonne certificate verify {number} --rpc URL",
            8,
            GREY,
        )
        for note in sorted(self.notes):
            self.y -= LINE
            self._put(LEFT, note, 7.5, GREY)

    def _rule(self) -> None:
        self.page.setLineWidth(0.5)
        self.page.line(LEFT, self.y + 4, RIGHT, self.y + 4)
        self.y -= 14

    def _row(self, name: str, value: str, size: float = 9) -> None:
        if name:
            self._put(LEFT, name.capitalize(), 9, GREY)
        for line in self._broken(value, size, RIGHT - VALUES) or [""]:
            self._put(VALUES, line, size, INK)
            self.y -= LINE

    def _broken(self, text: str, size: float, width: float) -> list[str]:
        """The text in lines as wide as there is room; at spaces where there are any."""
        found, line = [], ""
        for character in self._printable(text):
            if self._width(line + character, size) > width:
                head, space, tail = line.rpartition(" ")
                keep = space and self._width(tail, size) < width / 3
                found.append(head if keep else line)
                line = tail if keep else ""
            line += character
        return [*found, line] if line else found

    def _printable(self, text: str) -> str:
        plain = harmless(text)
        found = "".join(c if _font(c, PLAIN) else f"[U+{ord(c):04X}]" for c in plain)
        if found != plain:
            self.notes.add(UNPRINTABLE)
        if any(_font(c, PLAIN) in dict(EAST_ASIAN) for c in plain):
            self.notes.add(BORROWED)
        return found

    def _width(self, text: str, size: float) -> float:
        found: float = sum(
            pdfmetrics.stringWidth(run, font, size) for font, run in _runs(text, PLAIN)
        )
        return found

    def _put(self, x: float, text: str, size: float, colour: Any, face: str = PLAIN) -> None:
        """A line, each run of characters in the font that has them."""
        self.page.setFillColor(colour)
        for font, run in _runs(text, face):
            self.page.setFont(font, size)
            self.page.drawString(x, self.y, run)
            x += pdfmetrics.stringWidth(run, font, size)


def _evidence(node: LineageNode) -> list[tuple[str, str]]:
    """The units' lineage, one line each, none twice."""
    found: dict[tuple[str, str], None] = {}
    for one in node.walk():
        if one.kind in REST:
            words = {"title": one.title, "number": one.title.split()[-1], **one.facts}
            name = one.title if one.kind == "signer" else one.kind
            found[name, REST[one.kind].format_map(words)] = None
    return list(found)


@cache
def _fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FOLDER / f"{name}.ttf")))
    for name, _ in EAST_ASIAN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def _runs(text: str, face: str) -> Iterator[tuple[str, str]]:
    """Stretches of text with the font each is set in."""
    for font, run in groupby(text, key=lambda c: _font(c, face) or face):
        yield font, "".join(run)


@cache
def _font(character: str, face: str) -> str | None:
    """The font that has a character; None when none has, or would set it wrong."""
    if unicodedata.bidirectional(character) in RIGHT_TO_LEFT:
        return None
    if ord(character) in pdfmetrics.getFont(face).face.charToGlyph:
        return face
    if unicodedata.east_asian_width(character) not in "WF":
        return None
    installed = _installed(character)
    if installed is not None:
        return installed
    for name, encoding in EAST_ASIAN:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return name
    return None


@cache
def _installed(character: str) -> str | None:
    """A font of this machine that has a character and may be embedded, registered by its name."""
    for path, (name, characters) in _fonts_here().items():
        if ord(character) in characters:
            try:
                if name not in pdfmetrics.getRegisteredFontNames():
                    pdfmetrics.registerFont(TTFont(name, path))
                return name
            except TTFError:  # outlines that cannot be embedded here
                continue
    return None


@cache
def _fonts_here() -> dict[str, tuple[str, frozenset[int]]]:
    """Name and characters of each installed font that may be embedded, by its path."""
    found = {}
    for path in sorted(findSystemFonts()):
        try:
            font = FT2Font(path)
            table: dict[str, Any] = dict(font.get_sfnt_table("OS/2") or {})
            rights = table.get("fsType", RESTRICTED)
        except (OSError, RuntimeError):
            continue
        if rights & RESTRICTED != RESTRICTED:
            found[path] = (font.postscript_name, frozenset(font.get_charmap()))
    return found
