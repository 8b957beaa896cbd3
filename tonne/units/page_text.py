"""Text of any script on a PDF page: fonts by character, bidirectional order, shaping, embedding.

Text is cut into grapheme clusters, each set in the first font of `tonne/data/fonts` that has all of it;
runs are put in visual order (Unicode bidirectional algorithm) and shaped by HarfBuzz. A character that no
font has stands as its code point, `[U+1F6F8]`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.bidi import BidiParagraph, auto_detect_base_direction
from fpdf.enums import TextDirection
from fpdf.line_break import Fragment

FONTS: Final = Path(__file__).parents[1] / "data" / "fonts"
PLAIN, BOLD = "NotoSans", "NotoSans-Bold"
#: Asked last: they have signs, too, that a script's own font sets better.
LAST: Final = ("NotoSansSC", "NotoSansKR", "NotoEmoji")
JOINER: Final = "\u200d"
#: Invisible by themselves: they belong to the cluster before, and any font will do.
ATTACHED: Final = frozenset("\u200c\u200d\ufe0e\ufe0f")
VIRAMA: Final = 9  # canonical combining class
#: Of a page without a date of its own, so that equal content gives equal files.
NO_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)


class TextRun(NamedTuple):
    """Clusters of one font and embedding level."""

    font: str
    level: int
    text: str


class TextPage(FPDF):
    """One page [pt] from the top left corner, on which text is set by its baseline."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(unit="pt", format=(width, height))
        self.set_creation_date(NO_DATE)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        self.add_page()
        self.set_text_shaping(True)

    def put(self, x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        """A line of text with its baseline at `y`."""
        for run in runs(text, bold):
            self._choose(run, size)
            self.set_xy(x, y - 0.8 * size)
            self.cell(text=run.text, h=size)
            x += self.get_string_width(run.text)

    def width_of(self, text: str, size: float, bold: bool = False) -> float:
        """[pt]"""
        found = 0.0
        for run in runs(text, bold):
            self._choose(run, size)
            found += self.get_string_width(run.text)
        return found

    def broken(self, text: str, size: float, width: float, bold: bool = False) -> list[str]:
        """The text in lines of at most `width` [pt]: at spaces where there are any, else between clusters."""
        found: list[str] = []
        line: list[str] = []
        for cluster in clusters(text):
            if line and self.width_of("".join([*line, cluster]), size, bold) > width:
                space = max((n for n, one in enumerate(line) if one == " "), default=-1)
                keep = space > 0 and space > len(line) / 2
                found.append("".join(line[:space] if keep else line))
                line = line[space + 1 :] if keep else []
            line.append(cluster)
        return [*found, "".join(line)] if line else found

    def _choose(self, run: TextRun, size: float) -> None:
        if run.font.lower() not in self.fonts:
            self.add_font(run.font, fname=FONTS / f"{run.font}.ttf")
        self.set_font(run.font, size=size)
        turned = TextDirection.RTL if run.level % 2 else TextDirection.LTR
        assert self.text_shaping is not None  # set by the constructor
        self.text_shaping.update(fragment_direction=turned, paragraph_direction=turned)

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:
        """A run is one fragment: its font, script and direction are decided."""
        return (Fragment(text, self._get_current_graphics_state(), self.k),)


def runs(text: str, bold: bool = False) -> list[TextRun]:
    """The text's runs from left to right."""
    base = auto_detect_base_direction(text)
    paragraph = BidiParagraph(text=text, base_direction=base, preserve_bn_chars=True)
    levels = [one.embedding_level for one in paragraph.get_characters_with_embedding_level()]
    found: list[TextRun] = []
    place = 0
    for cluster in clusters(text):
        font = font_of(cluster, bold)
        level = levels[place]
        place += len(cluster)
        if font is None:
            font, cluster = PLAIN, code_points(cluster)
        if found and found[-1][:2] == (font, level):
            found[-1] = TextRun(font, level, found[-1].text + cluster)
        else:
            found.append(TextRun(font, level, cluster))
    return _in_visual_order(found)


def _in_visual_order(found: list[TextRun]) -> list[TextRun]:
    """Rule L2: from the highest level down, each stretch at or above it is turned round."""
    for level in range(max((run.level for run in found), default=0), 0, -1):
        turned: list[TextRun] = []
        inside = [run.level >= level for run in found]
        for turns, group in groupby(zip(inside, found, strict=True), key=itemgetter(0)):
            stretch = [run for _, run in group]
            turned += reversed(stretch) if turns else stretch
        found = turned
    return found


@cache
def clusters(text: str) -> tuple[str, ...]:
    """Grapheme clusters: a base with its marks, joined emoji, conjunct consonants, pairs of flag letters."""
    found: list[str] = []
    for character in text:
        if found and _joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)


def _joins(before: str, character: str) -> bool:
    last = before[-1]
    flags = [c for c in before if 0x1F1E6 <= ord(c) <= 0x1F1FF]
    return (
        character in ATTACHED
        or unicodedata.category(character) in ("Mn", "Mc", "Me")
        or 0x1F3FB <= ord(character) <= 0x1F3FF  # skin tones
        or 0xE0020 <= ord(character) <= 0xE007F  # tags of subdivision flags
        or last == JOINER
        or unicodedata.combining(last) == VIRAMA
        or (0x1F1E6 <= ord(character) <= 0x1F1FF and len(flags) == 1 == len(before))
        or character in "\u0e33\u0eb3"  # sara am, of Thai and Lao
    )


@cache
def font_of(cluster: str, bold: bool = False) -> str | None:
    """First font that has every visible character of a cluster; None if none has."""
    needed = {ord(c) for c in cluster if c not in ATTACHED}
    emoji = "\ufe0f" in cluster
    own = (BOLD, PLAIN) if bold else (PLAIN,)
    order = [*own, *sorted(_coverage().keys() - {BOLD, PLAIN, *LAST}), *LAST]
    if emoji:
        order = ["NotoEmoji", *order]
    return next((font for font in order if needed <= _coverage()[font]), None)


def code_points(cluster: str) -> str:
    """Characters without a font, by number."""
    return "".join(f"[U+{ord(c):04X}]" for c in cluster)


def is_printable(text: str) -> bool:
    """Whether the fonts have all of it."""
    return all(font_of(cluster) for cluster in clusters(text))


@cache
def _coverage() -> dict[str, frozenset[int]]:
    """Characters of each font."""
    found = {}
    for path in sorted(FONTS.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            table: dict[int, Any] = font.getBestCmap()
            found[path.stem] = frozenset(table)
    return found
