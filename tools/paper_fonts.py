"""Writes `tonne/data/fonts/`: the fonts of certificates on paper, cut down from npm packages.

Noto, SIL Open Font License 1.1. What a page never sets is left out: hints, glyph names, other scripts.
The files are committed, so that neither set-up nor a reader needs the packages; run this again to take a
newer version: `python -m tools.paper_fonts`.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from fontTools import subset

from tonne.units.page_text import FONTS


class Source(NamedTuple):
    """A font file in an npm package, and the characters taken of it (all without a range)."""

    package: str
    file: str
    ranges: Sequence[tuple[int, int]] = ()


EXPO: Final = "@expo-google-fonts"
#: Latin, Greek, Cyrillic and signs; combining marks, currency, arrows, mathematics.
WEST: Final = (
    (0x20, 0x5FF),
    (0x1E00, 0x1FFF),
    (0x2010, 0x27BF),
    (0x2C60, 0x2C7F),
    (0xA640, 0xA7FF),
    (0xFB00, 0xFB06),
    (0xFFFC, 0xFFFD),
)
#: Han of the basic plane, kana, bopomofo, punctuation, full width; then extension B as far as the font goes.
HAN: Final = (
    (0x2E80, 0x33FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFFEF),
    (0x20000, 0x3FFFF),
)
HANGUL: Final = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF))

SOURCES: Final = {
    "NotoSans": Source(f"{EXPO}/noto-sans@0.4.2", "400Regular/NotoSans_400Regular.ttf", WEST),
    "NotoSans-Bold": Source(f"{EXPO}/noto-sans@0.4.2", "700Bold/NotoSans_700Bold.ttf", WEST),
    "NotoSansSC": Source(f"{EXPO}/noto-sans-sc@0.4.3", "400Regular/NotoSansSC_400Regular.ttf", HAN),
    "NotoSansKR": Source(
        f"{EXPO}/noto-sans-kr@0.4.3", "400Regular/NotoSansKR_400Regular.ttf", HANGUL
    ),
    "NotoSansArabic": Source(
        f"{EXPO}/noto-sans-arabic@0.4.3", "400Regular/NotoSansArabic_400Regular.ttf"
    ),
    "NotoEmoji": Source(f"{EXPO}/noto-emoji@0.4.7", "400Regular/NotoEmoji_400Regular.ttf"),
    **{
        f"Noto{face.title()}{script.title()}": Source(
            f"@fontsource/noto-{face}-{script}@5.3.0",
            f"files/noto-{face}-{script}-{script}-400-normal.woff",
        )
        for face, script in (
            *(("sans", "hebrew"), ("sans", "thai"), ("sans", "devanagari"), ("sans", "bengali")),
            *(("sans", "tamil"), ("sans", "telugu"), ("sans", "kannada"), ("sans", "malayalam")),
            *(("sans", "gujarati"), ("sans", "gurmukhi"), ("sans", "oriya"), ("sans", "sinhala")),
            *(("sans", "khmer"), ("sans", "lao"), ("sans", "myanmar"), ("sans", "georgian")),
            *(("sans", "armenian"), ("sans", "thaana"), ("sans", "ethiopic"), ("serif", "tibetan")),
        )
    },
}


def main() -> None:
    """All fonts anew, with their list and their licences."""
    FONTS.mkdir(parents=True, exist_ok=True)
    credits: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        for font, source in SOURCES.items():
            folder = _unpacked(source.package, Path(name))
            written = cut(folder / source.file, FONTS / f"{font}.ttf", source.ranges)
            credits[font] = written
            print(f"{font}: {(FONTS / f'{font}.ttf').stat().st_size:,} bytes")
        (FONTS / "OFL.txt").write_text(_licence(Path(name)), encoding="utf-8")
    lines = [
        f"| {font}.ttf | {source.package} | {credits[font]} |" for font, source in SOURCES.items()
    ]
    head = "# Fonts of certificates on paper\n\nNoto, SIL Open Font License 1.1"
    table = "| file | npm package | copyright |\n|---|---|---|\n"
    text = f"{head} ([OFL.txt](OFL.txt)), cut down by `tools/paper_fonts.py`.\n\n{table}"
    (FONTS / "README.md").write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


def cut(source: Path, target: Path, ranges: Sequence[tuple[int, int]]) -> str:
    """A font with the characters of `ranges` alone and what shapes them; returns its copyright."""
    options = subset.Options()
    options.hinting = False
    options.glyph_names = False
    options.layout_features = ["*"]
    options.drop_tables += ["DSIG", "vhea", "vmtx", "VORG", "STAT", "MATH"]
    options.name_IDs = [0, 1, 2, 4, 5, 6, 13, 14]
    options.recalc_timestamp = False
    font = subset.load_font(str(source), options)
    wanted = {
        code
        for code in font.getBestCmap()
        if not ranges or any(first <= code <= last for first, last in ranges)
    }
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    font.flavor = None
    subset.save_font(font, str(target), options)
    return _copyright(font)


def _copyright(font: Any) -> str:
    return str(font["name"].getDebugName(0)).strip()


def _unpacked(package: str, folder: Path) -> Path:
    """The package's contents, fetched by npm once."""
    target = folder / package.replace("/", "+")
    if not target.exists():
        packed = subprocess.run(
            ["npm", "pack", "--json", "--silent", package],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        (about,) = json.loads(packed.stdout)
        with tarfile.open(folder / about["filename"]) as file:
            file.extractall(target, filter="data")
    return target / "package"


def _licence(folder: Path) -> str:
    """The licence's text, the same for all, under the copyright of one."""
    text = next(folder.glob("*noto-emoji*/package/LICENSE_FONT")).read_text(encoding="utf-8")
    return text[text.index("This Font Software is licensed") :]


if __name__ == "__main__":
    main()
