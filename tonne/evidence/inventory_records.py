"""Inventories on record, read from a chain: figures, assurance, history, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tonne.chain.client import Chain
from tonne.evidence.inventory_types import BOUNDARIES, WHOLE, Inventory
from tonne.types.installation_word import InstallationWord

#: Installations asked for in one call.
_GROUP = 200


@dataclass(frozen=True, slots=True)
class InventoryOnRecord:
    """One version of an inventory: as signed, its plants [ppm], the record, the wallet that signed."""

    inventory: Inventory
    plants: tuple[tuple[int, int], ...]
    record: Any
    signer: str

    @property
    def key(self) -> tuple[int, int, int]:
        """Organisation, year and version."""
        return self.inventory.organisation, self.inventory.year, self.inventory.version


@dataclass(frozen=True, slots=True)
class PlantsBeside:
    """What an inventory does not say of plants by itself."""

    not_named: tuple[tuple[int, int], ...]  # operated, final, and not counted: plant and [t]
    elsewhere_kg: int  # that is in another's Scope 1 under another approach, too


def read(
    chain: Chain, first_block: int, year: int | None = None, organisation: int | None = None
) -> list[InventoryOnRecord]:
    """Every version on record, by organisation, year and version; of a year, of an organisation."""
    events = [
        e
        for e in chain.logs("Inventories", "InventorySubmitted", first_block)
        if year in (None, e["year"]) and organisation in (None, e["organisation"])
    ]
    told = [Inventory.of(event["inventory"]) for event in events]
    records = chain.call_many(
        ("Inventories", "recordOf", (i.organisation, i.year, i.version)) for i in told
    )
    found = [
        InventoryOnRecord(
            inventory,
            tuple((plant.installation, plant.sharePpm) for plant in event["plants"]),
            record,
            event["signer"],
        )
        for inventory, record, event in zip(told, records, events, strict=True)
    ]
    return sorted(found, key=lambda one: one.key)


def standing(versions: Iterable[InventoryOnRecord]) -> list[InventoryOnRecord]:
    """The last version of each organisation and year."""
    return list({one.key[:2]: one for one in versions}.values())


def plants_beside(chain: Chain, inventories: Sequence[InventoryOnRecord]) -> list[PlantsBeside]:
    """For each inventory, plants that it leaves out and tonnes that another approach counts elsewhere."""
    operated = _operated(chain) if inventories else {}
    return [_beside(chain, one, operated) for one in inventories]


def operated_by(chain: Chain, organisation: int) -> list[int]:
    """Plants of which a participant is the operator now."""
    return _operated(chain).get(organisation, [])


def _operated(chain: Chain) -> dict[int, list[int]]:
    """Plants by operator, each in rising order."""
    count = chain.call("Participants", "installationCount")
    numbers = list(range(1, count + 1))
    groups = [numbers[at : at + _GROUP] for at in range(0, count, _GROUP)]
    words = chain.call_many(("Participants", "installationWords", (group,)) for group in groups)
    found: dict[int, list[int]] = {}
    for group, packed in zip(groups, words, strict=True):
        for number, word in zip(group, packed, strict=True):
            found.setdefault(InstallationWord.unpack(word).operator, []).append(number)
    return found


def _beside(chain: Chain, one: InventoryOnRecord, operated: dict[int, list[int]]) -> PlantsBeside:
    i = one.inventory
    named = dict(one.plants)
    own = operated.get(i.organisation, [])
    finals = _finals(chain, i.year, sorted({*own, *named}))
    left_out = tuple((p, finals[p]) for p in own if p not in named and finals[p])
    return PlantsBeside(left_out, _elsewhere_kg(chain, one, finals))


def _finals(chain: Chain, year: int, plants: Sequence[int]) -> dict[int, int]:
    """Final emissions [t]; 0 where no report is final."""
    found = chain.call_many(("EmissionsOracle", "finalReport", (p, year)) for p in plants)
    return {p: tonnes for p, (_, tonnes, *_) in zip(plants, found, strict=True)}


def _elsewhere_kg(chain: Chain, one: InventoryOnRecord, finals: dict[int, int]) -> int:
    """Of the plants counted, what shares above the whole count a second time under another approach [kg]."""
    i = one.inventory
    others = [n for n in range(1, len(BOUNDARIES) + 1) if n != i.boundary]
    asked = [(plant, ppm, boundary) for plant, ppm in one.plants for boundary in others]
    found = chain.call_many(
        ("Inventories", "sharesOf", (plant, i.year, boundary)) for plant, _, boundary in asked
    )
    twice: dict[int, int] = {}
    for (plant, ppm, _), holders in zip(asked, found, strict=True):
        held = sum(h.sharePpm for h in holders if h.organisation != i.organisation)
        twice[plant] = max(twice.get(plant, 0), ppm + held - WHOLE, 0)
    return sum(finals[plant] * ppm for plant, ppm in twice.items()) // 1000
