"""Replay of Links: units of another scheme recognised against an obligation.

Share, measure and vintage follow from the rules at the obligation's deadline; the amount due and the
surrenders from the replay of Compliance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import floor

from tonne.audit.compliance.allocation import Key
from tonne.audit.compliance.obligations import ComplianceReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.types import references, unit_id
from tonne.types.references import Reference


class LinksReplay(ContractReplay):
    """Units recognised for each obligation so far [own units]."""

    contract = "Links"

    def __init__(self, compliance: ComplianceReplay) -> None:
        super().__init__()
        self.schemes, self.compliance = compliance.schemes, compliance
        self.allowances = compliance.allowances
        self.came: dict[Key, int] = defaultdict(int)
        self.left: dict[tuple[bytes, int], int] = defaultdict(int)  # by reference and unit

    def _on_UnitsRecognised(self, a: Args, _: Dated) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        self.came[key] += a["amount"]
        self.left[references.link(*key), a["from"]] += a["given"]
        period = self.schemes.schemes[key[0]].periods[key[1]]
        day = self.schemes.local_day(key[0], period.surrenderDeadline)
        about = f"{a['amount']} recognised for plant {key[2]}"
        ratio = self.schemes.share(key[0], "link.ratio_ppm", day)
        worth = floor(a["given"] * (Fraction(1) if ratio is None else ratio))
        if a["amount"] != worth or a["into"] != unit_id.allowance(key[0], period.vintage):
            self.faults.append(f"{about}: {a['given']} stand for {worth} of {period.vintage}")
        linked = self.schemes.value(key[0], "link.scheme", day)
        oldest = self.schemes.value(key[0], "link.oldest_vintage", day) or 0
        if unit_id.scheme_of(a["from"]) != linked or unit_id.vintage_of(a["from"]) < oldest:
            self.faults.append(f"{about}: the rules link to no such unit")
        self._within(key, day, about)

    def _within(self, key: Key, day: int, about: str) -> None:
        owed = self.compliance.owed.get(key)
        due, added = (owed.due, owed.added) if owed else (0, 0)
        limit = floor(due * (self.schemes.share(key[0], "link.limit_ppm", day) or Fraction(0)))
        if self.came[key] > limit:
            self.faults.append(f"{about}: {self.came[key]} in all, {limit} at the most")
        elif due + added <= sum(self.compliance.stated_surrendered[references.obligation(*key)]):
            self.faults.append(f"{about}: nothing is open")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        left = {
            (ref, id_): amount
            for (kind, ref, id_), amount in self.allowances.exits_for.items()
            if kind == SURRENDERED and Reference.unpack(ref).kind == references.LINK
        }
        tally.value(self.contract, "recognised units that left", dict(self.left), left)
        issued: dict[Key, int] = {}
        for key in self.came:
            vintage = self.schemes.schemes[key[0]].periods[key[1]].vintage
            unit = unit_id.allowance(key[0], vintage)
            issued[key] = self.allowances.issues_for[references.link(*key), unit]
        tally.value(self.contract, "own units that came for them", dict(self.came), issued)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (_, period, plant), amount in sorted(self.came.items()):
            about = f"recognised for plant {plant}"
            yield Check(self.contract, "recognisedOf", (plant, period), amount, about)
