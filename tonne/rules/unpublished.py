"""Of what no chain tells: whether its scheme does not disclose it, or only the pack here has not got it.

Reads the packs' own words without loading them whole: lists of thousands of plants ask for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from tonne.paths import TREE

#: No source that the pack names says it: the scheme may, elsewhere.
NOT_IN_PACK: Final = "not in this pack"
#: The pack says, with a reason, that the scheme does not tell it.
NOT_DISCLOSED: Final = "not disclosed by the scheme"

#: Tonnes of product of each plant.
PRODUCTS: Final = "disclosure.products"
#: Days after which a scheme publishes a transfer of units.
DELAY: Final = "disclosure.transactions_delay"


class PackDays(NamedTuple):
    """A number of days that a pack has, for transfers from one day on until the last one."""

    first: date
    last: date | None
    days: int


def delays_of(scheme: int) -> list[PackDays]:
    """Values of DELAY in the pack of a scheme, by day; none where it has none."""
    section, _, name = DELAY.partition(".")
    told = _packs().get(scheme, {}).get(section, {}).get(name, ())
    return [PackDays(one["from"], one.get("to"), int(one["value"])) for one in told]


def word_of(scheme: int, key: str, year: int) -> str:
    """NOT_DISCLOSED or NOT_IN_PACK, of a key for a reporting year, by the scheme's number on chain."""
    return NOT_DISCLOSED if _undisclosed(scheme, key, year) else NOT_IN_PACK


@cache
def _undisclosed(scheme: int, key: str, year: int) -> bool:
    return any(
        key in rule.get("undisclosed", ())
        and rule.get("first_year", year) <= year <= rule.get("last_year", year)
        for rule in _packs().get(scheme, {}).get("unapplied", ())
    )


@cache
def _packs() -> Mapping[int, Mapping[str, Any]]:
    """The packs as they are written, by number of the scheme."""
    files = sorted((TREE / "schemes").glob("*.toml"))
    told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    return {pack["scheme"]["number"]: pack for pack in told}
