"""Replay of AuctionShare: allowances issued for auctions, against the disclosed auction share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.types import references, unit_id
from tonne.types.references import AUCTION_SHARE, Reference


class AuctionShareReplay(ContractReplay):
    """Allowances issued for auctions, by unit [the scheme's measure]."""

    contract = "AuctionShare"

    def __init__(self, schemes: SchemesReplay, allowances: Unit1155Replay) -> None:
        super().__init__()
        self.schemes, self.allowances = schemes, allowances
        self.issued: dict[int, int] = defaultdict(int)
        self.stated: dict[tuple[bytes, int], int] = defaultdict(int)  # by reference and unit

    def _on_AuctionShareIssued(self, a: Args, at: Dated) -> None:
        unit = unit_id.allowance(a["scheme"], a["vintage"])
        self.issued[unit] += a["amount"]
        self.stated[references.auction_share(a["scheme"], a["seller"]), unit] += a["amount"]
        most = self.schemes.disclosed(a["scheme"], a["vintage"], at.time)["auctionT"]
        about = f"vintage {a['vintage']} of scheme {a['scheme']}"
        fault = f"{about}: {self.issued[unit]} for auctions, {most} disclosed"
        self._require(self.issued[unit] <= most, fault)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        came = {
            (ref, unit): amount
            for (ref, unit), amount in self.allowances.issues_for.items()
            if amount and Reference.unpack(ref).kind == AUCTION_SHARE
        }
        stated = {key: amount for key, amount in self.stated.items() if amount}
        tally.value(self.contract, "units that came for auctions", stated, came)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for unit, amount in sorted(self.issued.items()):
            yield Check(self.contract, "issuedOf", (unit,), amount, f"unit {unit:#x} for auctions")
