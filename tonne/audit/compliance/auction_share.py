"""Replay of AuctionShare: what was issued for auctions, against what was disclosed to be auctioned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tonne.audit.compliance.obligations import allowance_id
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.unit_balances import UnitsReplay

#: What such an issue refers to: `3 | scheme 16 | seller 32`.
MARK: Final = 3


def reference(scheme: int, seller: int) -> bytes:
    return (MARK << 64 | scheme << 48 | seller).to_bytes(32, "big")


class AuctionShareReplay:
    """What was issued so, by unit [the scheme's measure]."""

    contract: Final = "AuctionShare"

    def __init__(self, rules: RulesReplay, allowances: UnitsReplay) -> None:
        self.rules, self.allowances = rules, allowances
        self.issued: dict[int, int] = defaultdict(int)
        self.told: dict[tuple[bytes, int], int] = defaultdict(int)  # by reference and unit
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        if dated.event.name != "AuctionShareIssued":
            return
        a = dated.event.args
        unit = allowance_id(a["scheme"], a["vintage"])
        self.issued[unit] += a["amount"]
        self.told[reference(a["scheme"], a["seller"]), unit] += a["amount"]
        most = self.rules.disclosed(a["scheme"], a["vintage"], dated.time)["auctionT"]
        if self.issued[unit] > most:
            about = f"vintage {a['vintage']} of scheme {a['scheme']}"
            self.faults.append(f"{about}: {self.issued[unit]} for auctions, {most} disclosed")

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "issued beyond what was disclosed", [], self.faults)
        came = {
            (ref, unit): amount
            for (ref, unit), amount in self.allowances.issues_for.items()
            if amount and int.from_bytes(ref) >> 64 == MARK
        }
        told = {key: amount for key, amount in self.told.items() if amount}
        tally.value(self.contract, "units that came for auctions", told, came)

    def checks(self) -> Iterator[Check]:
        for unit, amount in sorted(self.issued.items()):
            yield Check(self.contract, "issuedOf", (unit,), amount, f"unit {unit:#x} for auctions")
