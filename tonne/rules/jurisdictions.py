"""Country of a jurisdiction, by the codes that rule packs give to a country's regions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from tonne import countries
from tonne.errors import TonneError
from tonne.rules.pack.loader import SCHEMES


def country_of(jurisdiction: int) -> int | None:
    """ISO 3166-1 numeric: of the pack that has the code, else the number itself if it is a country's."""
    if jurisdiction in _regions():
        return _regions()[jurisdiction]
    try:
        countries.country(jurisdiction)
    except TonneError:
        return None
    return jurisdiction


@cache
def _regions() -> Mapping[int, int]:
    found: dict[int, int] = {}
    for path in sorted(SCHEMES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("jurisdictions")
        if table:
            codes: Mapping[str, int] = table["codes"]
            found |= dict.fromkeys(codes.values(), countries.by_alpha3(table["country"]))
    return found
