"""Countries: ISO 3166-1 numeric as the chain has them, by whatever name an extract or a format gives them."""

from __future__ import annotations

import csv
import functools
import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import NamedTuple

from tonne.errors import TonneError


class Country(NamedTuple):
    """One Party."""

    alpha3: str
    name: str  #     of ISO 3166-1
    picklist: (
        str  # as the picklist of CAD Trust writes it, slips too; empty where it has no such country
    )


def country(number: int) -> Country:
    """The country of an ISO 3166-1 numeric code."""
    for row in _rows():
        if int(row["numeric"]) == number:
            return Country(row["alpha3"], row["name"], row["picklist"])
    raise TonneError(
        "COUNTRY_UNKNOWN",
        f"Country {number} is none of ISO 3166-1.",
        field="country",
        value=number,
        remedy="Check the number; tonne/data/countries.csv has them all.",
    )


def picklist() -> frozenset[str]:
    """Every country as the picklist of CAD Trust writes it."""
    return frozenset(row["picklist"] for row in _rows() if row["picklist"])


def by_alpha3(code: str) -> int:
    """The numeric code of an alpha-3 one."""
    for row in _rows():
        if row["alpha3"] == code.upper():
            return int(row["numeric"])
    raise TonneError(
        "COUNTRY_UNKNOWN",
        "This is no country known here.",
        field="country",
        value=code,
        remedy="Give the three letters of ISO 3166-1, e.g. CHN.",
    )


def alpha2(name: str) -> str:
    """The two letters of a country, by its two or three letters or one of its names."""
    code = number(name)
    return next(row["alpha2"] for row in _rows() if int(row["numeric"]) == code)


def number(name: str) -> int:
    """The numeric code of a country, by its two or three letters or one of its names."""
    found = _numbers().get(_plain(name))
    if found is None:
        raise TonneError(
            "COUNTRY_UNKNOWN",
            "There is no country of this name.",
            field="country",
            value=name,
            remedy="Write its ISO 3166-1 name or its letters.",
        )
    return found


@functools.cache
def _rows() -> Sequence[Mapping[str, str]]:
    text = resources.files("tonne").joinpath("data/countries.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@functools.cache
def _numbers() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for row in _rows():
        letters = (row["alpha2"], row["alpha3"])
        for name in (*letters, row["name"], row["picklist"], *row["also"].split(";")):
            if name:
                found.setdefault(_plain(name), int(row["numeric"]))
    return found


def _plain(name: str) -> str:
    """Letters alone: `Tanzania, United Republic of` and `TANZANIA UNITED REPUBLIC OF` are one."""
    bare = unicodedata.normalize("NFKD", name)
    return "".join(c for c in bare if c.isalpha()).casefold()
