"""Replay of OffsetCredits: batches of credits with their serial numbers and status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import EXIT_KINDS, SURRENDERED, Unit1155Replay
from tonne.constants import ZERO_ADDRESS
from tonne.types import unit_id
from tonne.types.ids import ParticipantId, UnitId

#: `BatchStatus` of IOffsetCredits.
ACTIVE, LOCKED, INVALIDATED, EX_ANTE = 1, 2, 3, 4
#: Ways of a batch that officers may decide, or a report.
WAYS: Final = {
    (ACTIVE, LOCKED),
    (LOCKED, ACTIVE),
    (LOCKED, INVALIDATED),
    (EX_ANTE, INVALIDATED),
    (EX_ANTE, ACTIVE),
}
OWN_REGISTRY: Final = 1
#: `Exit` into a batch of its own, for use abroad.
SET_APART: Final = 10

Block = tuple[int, int, int, int]  # registry, series, first, last


class OffsetCreditsReplay(Unit1155Replay):
    """Balances of credits, and the batches that they come in."""

    def __init__(
        self,
        address: str,
        parties: ParticipantsReplay,
        schemes: SchemesReplay,
        contracts: Iterable[str] = (),
    ) -> None:
        super().__init__("OffsetCredits", address, parties, schemes, contracts)
        self.blocks: dict[UnitId, list[Block]] = {}
        self.status: dict[UnitId, int] = {}
        self.sellers: dict[UnitId, ParticipantId] = {}  # of batches that can only be retired
        self.used: dict[UnitId, int] = defaultdict(int)  # serial numbers attached so far
        #: Surrenders of own serial numbers: id, blocks, reference.
        self.surrenders: list[tuple[UnitId, list[Block], bytes]] = []
        self.next_serial = 1
        self._apart: tuple[int, int] | None = None  # run that left and is in no batch yet
        self.issuers: tuple[str, str] = (ZERO_ADDRESS, ZERO_ADDRESS)
        self.desk = ZERO_ADDRESS  # which alone changes the state of batches

    def _on_IssuersSet(self, a: Args, _: Dated) -> None:
        if self.issuers != (ZERO_ADDRESS, ZERO_ADDRESS):
            self.faults.append("issuers set twice")
        self.issuers = (a["issuance"], a["immobilisation"])
        self.desk = a["desk"]

    def _on_BatchIssued(self, a: Args, _: Dated) -> None:
        id_, first, last = a["id"], a["firstSerial"], a["lastSerial"]
        if unit_id.is_authorised(id_):
            # Those that have just left another batch.
            self._require((first, last) == self._apart, f"batch {id_:#x} is of {first} to {last}")
        else:
            self._require(first == self.next_serial, f"batch {id_:#x} starts at {first}")
            self.next_serial = last + 1
        self._apart = None
        self.status[id_] = a["status"]
        self.blocks[id_] = [(OWN_REGISTRY, 0, first, last)]
        self._buffered(id_, a["buffer"])

    def _on_BlockIssued(self, a: Args, _: Dated) -> None:
        self.status.setdefault(a["id"], ACTIVE)
        self.blocks.setdefault(a["id"], []).append(_block(a["block_"]))

    def _on_BatchVerified(self, a: Args, _: Dated) -> None:
        self._buffered(a["id"], a["buffer"])

    def _buffered(self, id_: UnitId, amount: int) -> None:
        if self.balances[self.address, id_] != amount:
            self.faults.append(f"buffer of {id_:#x}")

    def _on_SerialsAttached(self, a: Args, _: Dated) -> None:
        id_ = a["id"]
        attached = [_block(block) for block in a["blocks"]]
        amount = sum(last - first + 1 for _, _, first, last in attached)
        if attached != _runs(self.blocks[id_], self.used[id_], amount):
            self.faults.append(f"serials {attached} of {id_:#x}")
        self.used[id_] += amount
        if a["kind"] == SET_APART:
            self._apart = (attached[0][2], attached[-1][3])
        if a["kind"] == SURRENDERED and not unit_id.is_immobilised(id_):
            self.surrenders.append((id_, attached, a["ref"]))

    def _on_BatchStatusChanged(self, a: Args, _: Dated) -> None:
        id_ = a["id"]
        if self.status.get(id_) != a["previous"] or (a["previous"], a["status"]) not in WAYS:
            self.faults.append(f"status of {id_:#x}")
        self.status[id_] = a["status"]

    def _on_BatchRetireOnly(self, a: Args, _: Dated) -> None:
        self.sellers[a["id"]] = a["seller"]

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for id_, blocks in self.blocks.items():
            long = sum(last - first + 1 for _, _, first, last in blocks)
            gone = sum(self.exited[id_, kind] for kind in EXIT_KINDS)
            tally.value(self.contract, f"serials of {id_:#x}", self.issued[id_], long)
            tally.value(self.contract, f"serials attached of {id_:#x}", gone, self.used[id_])
        tally.value(
            self.contract,
            "units without a batch",
            [],
            sorted(self.issued.keys() - self.blocks.keys()),
        )

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "nextSerial", (), self.next_serial, "next serial number")
        for id_ in sorted(self.blocks):
            about = f"batch {id_:#x}"
            issuer = self.issuers[unit_id.is_immobilised(id_)]
            origin = (issuer, unit_id.batch_of(id_))
            yield Check(self.contract, "batch", (id_,), self._batch(id_), about)
            yield Check(self.contract, "originOf", (id_,), origin, f"origin of {about}")
        for args in self.surrenders:
            yield Check(self.contract, "wasSurrenderOf", args, True, f"surrender of {args[0]:#x}")

    def _batch(self, id_: UnitId) -> dict[str, Any]:
        """`Batch` of IOffsetCredits; in use is the block of the last serial number attached."""
        blocks, place, used = self.blocks[id_], 0, self.used[id_]
        while used > (size := blocks[place][3] - blocks[place][2] + 1):
            used, place = used - size, place + 1
        return {
            "status": self.status[id_],
            "retireOnly": id_ in self.sellers,
            "seller": self.sellers.get(id_, 0),
            "inUse": place,
            "next": blocks[place][2] + used,
            "blocks": blocks,
        }


def _block(told: Sequence[int]) -> Block:
    registry, series, first, last = told
    return registry, series, first, last


def _runs(blocks: Sequence[Block], used: int, amount: int) -> list[Block]:
    """The next `amount` serial numbers after the first `used`, first in first out."""
    found = []
    for registry, series, first, last in blocks:
        size = last - first + 1
        if used < size and amount:
            run = min(size - used, amount)
            found.append((registry, series, first + used, first + used + run - 1))
            amount -= run
        used = max(used - size, 0)
    return found
