"""Replay of OffsetCredits and Issuance: every batch with its serial numbers, every report that became
one, and every tonne that was lost again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import (
    CANCELLED,
    EXIT_KINDS,
    REVERSED,
    SURRENDERED,
    ZERO,
    UnitsReplay,
)
from tonne.chain.contract import address_bytes

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
FOREIGN: Final = 1 << 63  # first batch number of the immobilisation
OWN_REGISTRY: Final = 1

Block = tuple[int, int, int, int]  # registry, series, first, last


class CreditsReplay(UnitsReplay):
    """Units, and the batches they come in."""

    def __init__(self, contract: str, address: str) -> None:
        super().__init__(contract, address)
        self.blocks: dict[int, list[Block]] = {}
        self.status: dict[int, int] = {}
        self.sellers: dict[int, int] = {}
        self.used: dict[int, int] = defaultdict(int)  # serial numbers attached so far
        self.surrenders: list[tuple[int, list[Block], bytes]] = []  # of own serial numbers
        self.next_serial = 1
        self.issuers: tuple[str, str] = (ZERO, ZERO)
        self.faults: list[str] = []

    def _on_IssuersSet(self, a: dict) -> None:
        if self.issuers != (ZERO, ZERO):
            self.faults.append("issuers set twice")
        self.issuers = (a["issuance"], a["immobilisation"])

    def _on_BatchIssued(self, a: dict) -> None:
        id_, first, last = a["id"], a["firstSerial"], a["lastSerial"]
        if first != self.next_serial:
            self.faults.append(f"batch {id_:#x} starts at {first}")
        self.next_serial = last + 1
        self.status[id_] = a["status"]
        self.blocks[id_] = [(OWN_REGISTRY, 0, first, last)]
        self._buffered(id_, a["buffer"])

    def _on_BlockIssued(self, a: dict) -> None:
        self.status.setdefault(a["id"], ACTIVE)
        self.blocks.setdefault(a["id"], []).append(tuple(a["block_"]))

    def _on_BatchVerified(self, a: dict) -> None:
        self._buffered(a["id"], a["buffer"])

    def _buffered(self, id_: int, amount: int) -> None:
        if self.balances[self.address, id_] != amount:
            self.faults.append(f"buffer of {id_:#x}")

    def _on_SerialsAttached(self, a: dict) -> None:
        id_ = a["id"]
        attached = [tuple(block) for block in a["blocks"]]
        amount = sum(last - first + 1 for _, _, first, last in attached)
        if attached != _runs(self.blocks[id_], self.used[id_], amount):
            self.faults.append(f"serials {attached} of {id_:#x}")
        self.used[id_] += amount
        if a["kind"] == SURRENDERED and id_ & (1 << 64) - 1 < FOREIGN:
            self.surrenders.append((id_, attached, a["ref"]))

    def _on_BatchStatusChanged(self, a: dict) -> None:
        id_ = a["id"]
        if self.status.get(id_) != a["previous"] or (a["previous"], a["status"]) not in WAYS:
            self.faults.append(f"status of {id_:#x}")
        self.status[id_] = a["status"]

    def _on_BatchRetireOnly(self, a: dict) -> None:
        self.sellers[a["id"]] = a["seller"]

    # What must hold

    def internal(self, tally: Tally) -> None:
        super().internal(tally)
        tally.value(self.contract, "batches that do not follow", [], self.faults)
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

    def checks(self) -> Iterator[Check]:
        yield from super().checks()
        yield Check(self.contract, "nextSerial", (), self.next_serial, "next serial number")
        for id_ in sorted(self.blocks):
            about = f"batch {id_:#x}"
            number = id_ & (1 << 64) - 1
            origin = (self.issuers[number >= FOREIGN], number)
            yield Check(self.contract, "batch", (id_,), self._batch(id_), about)
            yield Check(self.contract, "originOf", (id_,), origin, f"origin of {about}")

        for args in self.surrenders:
            yield Check(self.contract, "wasSurrenderOf", args, True, f"surrender of {args[0]:#x}")

    def _batch(self, id_: int) -> dict[str, Any]:
        """The block in use is the one the last serial number was taken from."""
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


class IssuanceReplay:
    """What became of reports and promises, and who owes for what was lost."""

    contract: Final = "Issuance"

    def __init__(self, credits: CreditsReplay, address: str) -> None:
        self.credits = credits
        self.address = address
        self.batch_of: dict[int, int] = {}
        self.promised: dict[int, dict[str, Any]] = {}
        self.surpluses: list[int] = []
        self.proceeds: dict[int, int] = {}
        self.reversed: dict[int, int] = defaultdict(int)
        self.debts: dict[int, dict[str, int]] = {}
        self.cancelled = 0  # for overall mitigation and debts [t]
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args)

    def _on_CreditsIssued(self, a: dict) -> None:
        self.cancelled += a["split"].cancelled
        # The surplus over a promise counts for the same report.
        if a["reportId"] not in self.batch_of:
            self.batch_of[a["reportId"]] = a["id"]
        elif self.batch_of[a["reportId"]] not in self.promised:
            self.faults.append(f"report {a['reportId']} issued twice")

    def _on_ExAnteIssued(self, a: dict) -> None:
        about = {"holder": a["to"], "project": a["project"], "reportId": 0}
        self.promised[a["id"]] = about

    def _on_ExAnteVerified(self, a: dict) -> None:
        if self.promised[a["id"]]["reportId"]:
            self.faults.append(f"batch {a['id']:#x} verified twice")
        self.promised[a["id"]]["reportId"] = a["reportId"]
        if a["surplus"]:
            self.surpluses.append(a["surplus"])

    def _on_ProceedsAccountSet(self, a: dict) -> None:
        self.proceeds[a["scheme"]] = a["account"]

    def _on_ReversedUnavoidably(self, a: dict) -> None:
        self.reversed[a["id"]] += a["amountT"]

    def _on_ReversedAvoidably(self, a: dict) -> None:
        self.reversed[a["id"]] += a["takenT"] + a["owedT"]
        if a["debt"]:
            self.debts[a["debt"]] = {
                "developer": a["developer"],
                "scheme": a["id"] >> 80 & 0xFFFF,
                "owedT": a["owedT"],
                "paidT": 0,
            }

    def _on_DebtPaid(self, a: dict) -> None:
        debt = self.debts[a["debt"]]
        debt["owedT"] -= a["amountT"]
        debt["paidT"] += a["amountT"]
        self.cancelled += a["amountT"]
        if debt["owedT"] != a["stillOwedT"]:
            self.faults.append(f"debt {a['debt']}")

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "reports and debts that do not follow", [], self.faults)
        lost = sum(self.reversed.values())
        owed = sum(debt["owedT"] + debt["paidT"] for debt in self.debts.values())
        left = sum(t for (_, kind), t in self.credits.exited.items() if kind == REVERSED)
        tally.value(self.contract, "lost is reversed or owed", lost, left + owed)
        own = {id_ for id_ in self.credits.blocks if id_ & (1 << 64) - 1 < FOREIGN}
        known = {*self.promised, *self.batch_of.values(), *self.surpluses}
        tally.value(self.contract, "batches without a report or promise", set(), own ^ known)
        for debt, about in self.debts.items():
            ref = address_bytes(self.address) + debt.to_bytes(12, "big")
            paid = sum(
                amount
                for (kind, of, _), amount in self.credits.exits_for.items()
                if kind == CANCELLED and of == ref
            )
            tally.value(self.contract, f"paid for debt {debt}", about["paidT"], paid)

    def checks(self) -> Iterator[Check]:
        for report, id_ in sorted(self.batch_of.items()):
            yield Check(self.contract, "batchOfReport", (report,), id_, f"batch of report {report}")
            yield Check(self.contract, "reportOf", (id_,), report, f"report of {id_:#x}")
        for id_, promise in sorted(self.promised.items()):
            yield Check(self.contract, "exAnte", (id_,), promise, f"promise {id_:#x}")
        for scheme, account in sorted(self.proceeds.items()):
            about = f"proceeds of scheme {scheme}"
            yield Check(self.contract, "proceedsAccount", (scheme,), account, about)
        for id_, lost in sorted(self.reversed.items()):
            yield Check(self.contract, "reversedOf", (id_,), lost, f"lost of {id_:#x}")
        owed: dict[int, int] = defaultdict(int)
        for number, debt in sorted(self.debts.items()):
            owed[debt["developer"]] += debt["owedT"]
            yield Check(self.contract, "debtOf", (number,), debt, f"debt {number}")
        for developer, amount in sorted(owed.items()):
            yield Check(self.contract, "owedBy", (developer,), amount, f"owed by {developer}")
        yield Check(self.contract, "lastDebt", (), len(self.debts), "last debt")
