"""Words looked up in the public register: numbers, wallets, names of profiles, places, classes, products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tonne.audit.store.register import Line, PublicRegister
from tonne.errors import refused
from tonne.evidence.profiles import Names
from tonne.rules import jurisdictions


def found(register: PublicRegister, words: str, names: Names) -> list[Line]:
    """Plants, then participants, that the words fit, each with what they fit.

    A number fits the numbers of plant, operator, jurisdiction and class, or one of them after its word
    (`class 2`); 0x… the beginning of a wallet's address; other words a part of a name, place or product, in
    any case.
    """
    asked = " ".join(words.split()).casefold()
    if not asked:
        raise refused("REGISTER_WORDS", words=words)
    return [
        *_of_plants(register, asked, names),
        *_of_participants(register, asked, names),
    ]


def _of_plants(register: PublicRegister, asked: str, names: Names) -> Iterator[Line]:
    made = _makers(register, asked)
    for number, plant in register.plants.items():
        operator = int(plant["operator"])
        labels = {"plant": number, "operator": operator, "class": plant["class"]}
        by = _fits(asked, labels, plant["jurisdiction"], register, names)
        by = by or made.get(number, "")
        if by:
            yield {
                "kind": "plant",
                "number": number,
                "operator": operator,
                **_rest(plant),
                "by": by,
            }


def _makers(register: PublicRegister, asked: str) -> dict[int, str]:
    """Plants that made a product of this name, by number, with the last figure of it in words."""
    return {
        plant: f"{one['product']} {one['quantity']:,} {one['unit']}, {year}, {one['state']}"
        for (plant, year), made in sorted(register.products.items())
        for one in made
        if one["quantity"] is not None and asked in str(one["product"]).casefold()
    }


def _of_participants(register: PublicRegister, asked: str, names: Names) -> Iterator[Line]:
    for number, participant in register.participants.items():
        labels = {"participant": number}
        by = _fits(asked, labels, participant["jurisdiction"], register, names)
        if by:
            place = {"scheme": None, "class": None, "jurisdiction": participant["jurisdiction"]}
            yield {"kind": "participant", "number": number, "operator": number, **place, "by": by}


def _rest(plant: Line) -> dict[str, Any]:
    return {name: plant[name] for name in ("scheme", "class", "jurisdiction")}


def _fits(
    asked: str, labels: dict[str, Any], place: int, register: PublicRegister, names: Names
) -> str:
    """What of a plant or participant the words fit; empty for nothing."""
    numbered = {**labels, "jurisdiction": place}
    for label, number in numbered.items():
        if asked in (str(number), f"{label} {number}"):
            return f"{label} {number}"
    who = int(labels.get("operator", labels.get("participant", 0)))
    if asked.startswith("0x"):
        fitting = [w for w in register.wallets.get(who, ()) if w.lower().startswith(asked)]
        return f"wallet {fitting[0]}" if fitting else ""
    return next((told for told in _words(who, place, names) if asked in told.casefold()), "")


def _words(who: int, place: int, names: Names) -> Iterator[str]:
    file = names.participant(who).file
    if file is not None:
        yield from (file.content.name, *file.content.names.values())
    yield jurisdictions.name_of(place)
