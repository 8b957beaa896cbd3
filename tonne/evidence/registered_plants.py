"""RegisteredPlants projects as {likeness} compares them, from the events of Projects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from tonne.chain.client import Chain
from tonne.evidence.likeness import ComparedPlant, Likeness, find, neighbours
from tonne.evidence.project_sites import Place


class RegisteredPlants(NamedTuple):
    """Every project, and those that an officer has validated, as the chain was read."""

    plants: dict[int, ComparedPlant]
    validated: frozenset[int]

    def like(self, number: int) -> list[Likeness]:
        """Validated projects that a project is alike or a neighbour of, alike first."""
        standing = [self.plants[n] for n in sorted(self.validated | {number})]
        return find(standing, number)

    def known_to_chain(self, number: int) -> set[int]:
        """Validated projects that Projects wants an answer for: one document, or cells that touch."""
        mine = self.plants[number]
        return {
            n
            for n in self.validated - {number}
            if self.plants[n].document == mine.document
            or neighbours(self.plants[n].place, mine.place)
        }


def read(chain: Chain, first_block: int) -> RegisteredPlants:
    """All projects of all schemes."""

    def events(name: str) -> Iterable[Any]:
        return chain.logs("Projects", name, first_block)

    names: dict[int, list[str]] = defaultdict(list)
    for event in events("ProjectNamed"):
        names[event["id"]].append(event["name"])
    evidence: dict[int, set[bytes]] = defaultdict(set)
    for event in events("MonitoringReported"):
        evidence[event["project"]].add(event["report"].evidenceRoot)
    plants = {
        event["id"]: plant(event, names[event["id"]], evidence[event["id"]])
        for event in events("ProjectRegistered")
    }
    return RegisteredPlants(plants, frozenset(event["id"] for event in events("ProjectValidated")))


def plant(registered: Any, names: Iterable[str], evidence: Iterable[bytes] = ()) -> ComparedPlant:
    """A project from the event of its registration and what was said of it since."""
    at = registered["location"]
    return ComparedPlant(
        id=registered["id"],
        names=tuple(names),
        place=Place(at.latitude, at.longitude),
        source=registered["source"],
        document=registered["documentHash"],
        meters=frozenset(registered["meters"]),
        evidence=frozenset(evidence),
    )
