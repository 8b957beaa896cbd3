"""The countries that the contracts know are those of `tonne/data/countries.csv`."""

from __future__ import annotations

import csv
import re

from tonne import paths

SOURCE = paths.HOME / "contracts" / "compliance" / "lib" / "Countries.sol"
LIST = paths.HOME / "tonne" / "data" / "countries.csv"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def known() -> set[str]:
    """The codes whose bits are set in the words of the library."""
    words = [int(word, 16) for word in re.findall(r"= (0x[0-9a-f]{64});", SOURCE.read_text())]
    assert len(words) == 3
    codes = [first + second for first in LETTERS for second in LETTERS]
    assert not words[2] >> (len(codes) - 512), "a bit beyond ZZ"
    return {code for number, code in enumerate(codes) if words[number // 256] >> number % 256 & 1}


def test_the_contracts_know_the_countries_of_the_list():
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (column,) = [name for name in rows[0] if all(len(row[name]) == 2 for row in rows)]
    listed = {row[column] for row in rows}
    assert len(listed) > 240
    assert known() == listed
    assert "ZZ" not in listed
