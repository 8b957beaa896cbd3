"""Words of strangers, made fit for a terminal, XML and paper.

The same rule as `contracts/lib/SafeText.sol`: what a reader could not see, or what would turn the
direction of reading so that words seem to say something else, is shown as U+FFFD.
"""

from __future__ import annotations

import html
import unicodedata
from typing import Final

REPLACEMENT: Final = "�"


def harmless(text: str) -> str:
    """The text with every character replaced that hides, controls or turns what stands beside it."""
    return "".join(REPLACEMENT if _is_harmful(ord(c)) else c for c in text)


def lines(text: str, columns: int) -> list[str]:
    """The text, harmless, in lines of at most `columns`; wide characters take two."""
    found, line, column = [], "", 0
    for character in harmless(text):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        near = character == " " and column >= columns - 12
        if near or column + width > columns:
            found.append(line)
            line, column = "", 0
            if near:
                continue
        line, column = line + character, column + width
    return [*found, line] if line else found


def xml(text: str) -> str:
    """The text as it may stand between tags and in attributes."""
    return html.escape(harmless(text), quote=True)


def _is_harmful(code: int) -> bool:
    return (
        code < 0x20
        or 0x7F <= code < 0xA0  #          controls
        or code in (0x61C, 0x200E, 0x200F)  # marks of direction
        or 0x2028 <= code <= 0x202E  #     line ends, overrides
        or 0x2066 <= code <= 0x2069  #     isolates
        or 0xD800 <= code <= 0xDFFF  #     bytes that were no UTF-8
        or code & 0xFFFE == 0xFFFE  #      non-characters
    )
