"""Replay of Links: what of another scheme was recognised against which obligation.

Share, measure and vintage follow from the rules of the obligation's deadline; what is due and what was
surrendered from the replay of the obligations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import Final

from tonne.audit.compliance.banking import SCHEME_SHIFT, vintage_of
from tonne.audit.compliance.obligations import ObligationsReplay
from tonne.audit.compliance.penalties import allowance_id
from tonne.audit.compliance.penalties import reference as obligation
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.unit_balances import SURRENDERED, UnitsReplay

Key = tuple[int, int, int]  # scheme, period, installation


def reference(scheme: int, period: int, installation: int) -> bytes:
    """What such an exit and issue refer to: `2 | scheme 16 | period 16 | installation 32`."""
    return (2 << 64 | scheme << 48 | period << 32 | installation).to_bytes(32, "big")


class LinksReplay:
    """What came for each obligation so far [own units]."""

    contract: Final = "Links"

    def __init__(
        self, rules: RulesReplay, obligations: ObligationsReplay, allowances: UnitsReplay
    ) -> None:
        self.rules, self.obligations, self.allowances = rules, obligations, allowances
        self.came: dict[Key, int] = defaultdict(int)
        self.told: dict[tuple[bytes, int], int] = defaultdict(
            int
        )  # by reference and unit that left
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        if dated.event.name != "UnitsRecognised":
            return
        a = dated.event.args
        key = (a["scheme"], a["periodId"], a["installation"])
        self.came[key] += a["amount"]
        self.told[reference(*key), a["from"]] += a["given"]
        period = self.rules.schemes[key[0]].periods[key[1]]
        day = self.rules.local_day(key[0], period.surrenderDeadline)
        about = f"{a['amount']} recognised for plant {key[2]}"
        ratio = self.rules.share(key[0], "link.ratio_ppm", day)
        worth = floor(a["given"] * (Fraction(1) if ratio is None else ratio))
        if a["amount"] != worth or a["into"] != allowance_id(key[0], period.vintage):
            self.faults.append(f"{about}: {a['given']} stand for {worth} of {period.vintage}")
        linked = self.rules.value(key[0], "link.scheme", day)
        oldest = self.rules.value(key[0], "link.oldest_vintage", day) or 0
        if a["from"] >> SCHEME_SHIFT & 0xFFFF != linked or vintage_of(a["from"]) < oldest:
            self.faults.append(f"{about}: the rules link to no such unit")
        self._within(key, day, about)

    def _within(self, key: Key, day: int, about: str) -> None:
        owed = self.obligations.owed.get(key)
        due, added = (owed.due, owed.added) if owed else (0, 0)
        limit = floor(due * (self.rules.share(key[0], "link.limit_ppm", day) or Fraction(0)))
        if self.came[key] > limit:
            self.faults.append(f"{about}: {self.came[key]} in all, {limit} at the most")
        elif due + added <= sum(self.obligations.told_surrendered[obligation(*key)]):
            self.faults.append(f"{about}: nothing is open")

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "recognised against the rules", [], self.faults)
        left = {
            (ref, id_): amount
            for (kind, ref, id_), amount in self.allowances.exits_for.items()
            if kind == SURRENDERED and int.from_bytes(ref) >> 64 == 2
        }
        tally.value(self.contract, "recognised units that left", dict(self.told), left)
        issued: dict[Key, int] = {}
        for key in self.came:
            vintage = self.rules.schemes[key[0]].periods[key[1]].vintage
            issued[key] = self.allowances.issues_for[reference(*key), allowance_id(key[0], vintage)]
        tally.value(self.contract, "own units that came for them", dict(self.came), issued)

    def checks(self) -> Iterator[Check]:
        for (_, period, plant), amount in sorted(self.came.items()):
            about = f"recognised for plant {plant}"
            yield Check(self.contract, "recognisedOf", (plant, period), amount, about)
