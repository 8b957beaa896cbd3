"""ISO 3166-1 numbers of countries, by whatever name an extract gives them."""

from __future__ import annotations

import csv
import functools
import unicodedata
from collections.abc import Mapping
from importlib import resources

from tonne.errors import TonneError


def number(name: str) -> int:
    """The ISO 3166-1 number of a country, by its two letters or one of its names."""
    found = _numbers().get(_plain(name))
    if found is None:
        raise TonneError(
            "COUNTRY_UNKNOWN",
            "There is no country of this name.",
            field="country",
            value=name,
            remedy="Write its ISO 3166-1 name or its two letters.",
        )
    return found


@functools.cache
def _numbers() -> Mapping[str, int]:
    text = resources.files("tonne").joinpath("data/countries.csv").read_text(encoding="utf-8")
    found: dict[str, int] = {}
    for row in csv.DictReader(text.splitlines()):
        for name in (row["alpha2"], row["name"], *row["also"].split(";")):
            found.setdefault(_plain(name), int(row["numeric"]))
    return found


def _plain(name: str) -> str:
    """Letters alone: `Côte d'Ivoire`, `TANZANIA, United Republic of` and `Tanzania United Republic of`."""
    bare = unicodedata.normalize("NFKD", name)
    return "".join(c for c in bare if c.isalpha()).casefold()
