"""Names of orders: what their wallet calls them before the chain has a number for them.

The gateway knows an order of a wallet by a number of 256 bits that the wallet chooses, once. A number is
written as it is, decimal or 0x…; any other text stands at the upper end of the word, as in `bytes32`, so
that no text is a number of less than 248 bits.
"""

from __future__ import annotations

from typing import Final

from tonne.errors import TonneError, refused

#: Longest text [bytes]: the lowest byte stays free, so that no text is cut.
MOST_TEXT: Final = 31
MOST_NUMBER: Final = 2**256 - 1
_LEAST_TEXT: Final = 2**248


def number(name: str) -> int:
    """The number of a name; raises ORDER_BAD_NAME."""
    raw = name.encode()
    if name.isdecimal() or name.startswith("0x"):
        try:
            found = int(name, 16 if name.startswith("0x") else 10)
        except ValueError:
            found = -1
        if 0 <= found <= MOST_NUMBER:
            return found
    elif name.isprintable() and 0 < len(raw) <= MOST_TEXT:
        return int.from_bytes(raw.ljust(32, b"\0"), "big")
    raise refused("ORDER_BAD_NAME", order_name=name, most_text=MOST_TEXT)


def name(of: int) -> str:
    """The name that a number was written as: a text where it is one, else the decimal number."""
    if of >= _LEAST_TEXT:
        raw = of.to_bytes(32, "big").rstrip(b"\0")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return hex(of)
        if _is_text(text, of):
            return text
        return hex(of)
    return str(of)


def _is_text(text: str, of: int) -> bool:
    try:
        return number(text) == of
    except TonneError:
        return False
