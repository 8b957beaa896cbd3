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


def name_of(jurisdiction: int) -> str:
    """Region and country, e.g. `Shanxi, China`, or the country alone; empty for a code of no place."""
    number = country_of(jurisdiction)
    if number is None:
        return ""
    country = countries.country(number).name
    return f"{_names()[jurisdiction]}, {country}" if jurisdiction in _names() else country


@cache
def _regions() -> Mapping[int, int]:
    found: dict[int, int] = {}
    for codes, country in _tables():
        found |= dict.fromkeys(codes.values(), countries.by_alpha3(country))
    return found


@cache
def _names() -> Mapping[int, str]:
    return {number: name for codes, _ in _tables() for name, number in codes.items()}


@cache
def _tables() -> list[tuple[Mapping[str, int], str]]:
    """Codes by region, and the country, of each pack that has them."""
    told = [
        tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMES.glob("*.toml"))
    ]
    tables = [document["jurisdictions"] for document in told if "jurisdictions" in document]
    return [(table["codes"], table["country"]) for table in tables]
