"""Replay of EnergyCredits: series, their collateral, grants to holders, and exits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tonne.audit.parties.participants import ACTIVE, ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, Handler
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import CLAWED_BACK, Unit1155Replay
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.types import credit_rights
from tonne.types.ids import ParticipantId, UnitId
from tonne.types.unit_id import batch_of, class_of, scheme_of

#: Ways out of a credit, by the numbers of `Exit` of IUnit1155.
REDEEMED, RECLAIMED, EXPIRED = 9, CLAWED_BACK, 5

#: `Powers` of ISchemes.
RULES, CREDIT = 1024, 4096

#: `ParticipantKinds`.
AUTHORITY: Final = 16

#: Rights of a house, and `CreditUses`.
HOLD: Final = 8
TRANSFER, ALL_USES = 1, 7

NO_REASON: Final = ZERO_WORD


@dataclass(slots=True)
class CollateralRecord:
    """One record of collateral [micro-credit]."""

    kind: int
    amount: int
    document: bytes
    issued: int = 0


@dataclass(slots=True)
class CreditGrant:
    """Credits issued to a participant, and its own limit [micro-credit]."""

    issued: int = 0
    limit: int = 0
    limited: bool = False


@dataclass(slots=True)
class CreditSeries:
    """One series; amounts [micro-credit]."""

    issuer: ParticipantId
    jurisdiction: int
    scheme: int
    expiry: int  # [s]
    uses: int
    kinds: int
    receiver_limit: int = 0
    limit: int = 0
    collateral: int = 0
    outstanding: int = 0
    records: list[CollateralRecord] = field(default_factory=list)
    grants: dict[ParticipantId, CreditGrant] = field(
        default_factory=lambda: defaultdict(CreditGrant)
    )


class EnergyCreditsReplay(Unit1155Replay, PausableReplay):
    """Series of credits, on their balances."""

    rights_at = 8

    def __init__(
        self,
        address: str,
        parties: ParticipantsReplay,
        schemes: SchemesReplay,
        contracts: Iterable[str] = (),
    ) -> None:
        super().__init__("EnergyCredits", address, parties, schemes, contracts)
        self.series: dict[UnitId, CreditSeries] = {}
        self._time = 0
        self._granted: dict[int, int] = defaultdict(int)  # since the last issue, by series

    def take(self, handler: Handler, at: Dated) -> None:
        self._time = at.time
        super().take(handler, at)

    def _may(self, officer: str, series: CreditSeries, power: int) -> bool:
        return self.schemes.may(officer, series.scheme, series.jurisdiction, power)

    def _is_issuer(self, who: str, series: CreditSeries) -> bool:
        number = self.parties.owner_of(who)
        active = number == series.issuer and self.parties.participants[number].status == ACTIVE
        return active and self._may(who, series, CREDIT)

    # Series

    def _on_SeriesOpened(self, a: Args, _: Dated) -> None:
        terms = a["terms"]
        series = CreditSeries(
            a["issuer"], a["jurisdiction"], terms.scheme, terms.expiry, terms.uses, terms.kinds
        )
        issuer = self.parties.participants[a["issuer"]]
        of_id = (class_of(a["id"]), scheme_of(a["id"]), batch_of(a["id"]))
        self._require(
            self._is_issuer(a["by"], series)
            and issuer.kinds & AUTHORITY != 0
            and issuer.jurisdiction == series.jurisdiction
            and series.expiry > self._time
            and 0 < series.uses <= ALL_USES
            and of_id == (3, series.scheme, len(self.series) + 1),
            f"series {a['id']:#x} opened",
        )
        self.series[a["id"]] = series

    def _on_IssueLimitSet(self, a: Args, _: Dated) -> None:
        series = self.series[a["id"]]
        self._require(
            a["oldLimit"] == series.limit
            and a["limit"] >= series.outstanding
            and a["reason"] != NO_REASON
            and self._may(a["officer"], series, RULES),
            f"limit {a['limit']} of {a['id']:#x}",
        )
        series.limit = a["limit"]

    def _on_ReceiverLimitSet(self, a: Args, _: Dated) -> None:
        series = self.series[a["id"]]
        self._require(self._is_issuer(a["by"], series), f"limit of {a['participant']} set")
        if a["participant"] == 0:
            series.receiver_limit = a["limit"]
            return
        grant = series.grants[a["participant"]]
        grant.limit, grant.limited = a["limit"], a["limited"]

    def _on_CollateralRecorded(self, a: Args, _: Dated) -> None:
        series = self.series[a["id"]]
        series.records.append(CollateralRecord(a["kind"], a["amount"], a["documentHash"]))
        series.collateral += a["amount"]
        right = a["record"] == len(series.records) and self._is_issuer(a["by"], series)
        self._require(right and a["amount"] > 0, f"collateral {a['record']} of {a['id']:#x}")

    def _on_CollateralWithdrawn(self, a: Args, _: Dated) -> None:
        series = self.series[a["id"]]
        record = series.records[a["record"] - 1]
        record.amount -= a["amount"]
        series.collateral -= a["amount"]
        covered = record.amount >= 0 and series.collateral >= series.outstanding
        right = covered and a["reason"] != NO_REASON and self._is_issuer(a["by"], series)
        self._require(right, f"{a['amount']} of collateral {a['record']} of {a['id']:#x} withdrawn")

    # Transfers, issues and exits

    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        super()._on_TransferSingle(a, at)
        if a["from"] == ZERO_ADDRESS:
            self._grant(a["to"], a["id"], a["value"])
        elif a["to"] != ZERO_ADDRESS:
            self._check_move(a, a["id"])

    def _on_TransferBatch(self, a: Args, at: Dated) -> None:
        super()._on_TransferBatch(a, at)
        for id_ in a["ids"]:
            self._check_move(a, id_)

    def _grant(self, to: str, id_: UnitId, amount: int) -> None:
        series = self.series[id_]
        number = self.owner_of(to)
        if not number:
            self.faults.append(f"{id_:#x} issued to {to}, a stranger")
            return
        grant, person = series.grants[number], self.parties.participants[number]
        grant.issued += amount
        self._granted[id_] += amount
        limit = grant.limit if grant.limited else series.receiver_limit or grant.issued
        right_kind = not series.kinds or person.kinds & series.kinds
        self._require(
            bool(grant.issued <= limit and person.status == ACTIVE and right_kind),
            f"{amount} of {id_:#x} issued to participant {number}",
        )

    def _check_move(self, a: Args, id_: UnitId) -> None:
        who = f"{id_:#x} moved from {a['from']} to {a['to']}"
        self._require(self._may_move(a["operator"], a["from"], a["to"], self.series[id_]), who)

    def _may_move(self, operator: str, source: str, target: str, series: CreditSeries) -> bool:
        """The rules of a series' uses, as {IEnergyCredits} gives them."""
        giver, taker = self.owner_of(source), self.owner_of(target)
        held, kept = self.rights.get(source, 0), self.rights.get(target, 0)
        if self._time > series.expiry:
            return taker != 0 and held & HOLD != 0
        if not taker:
            if not kept & HOLD:
                return False
        elif taker == giver:
            return True
        houses = held | kept | self.rights.get(operator, 0)
        use = credit_rights.uses_of(houses) if houses & HOLD else TRANSFER
        if not use or use & ~series.uses:
            return False
        bound = series.kinds and not houses & HOLD
        return not bound or self.parties.participants[taker].kinds & series.kinds != 0

    def _on_IssuedAgainst(self, a: Args, _: Dated) -> None:
        series, amount = self.series[a["id"]], a["amount"]
        known = 0 < a["record"] <= len(series.records)
        series.outstanding += amount
        if known:
            record = series.records[a["record"] - 1]
            record.issued += amount
            known = record.issued <= record.amount
        self._require(
            known
            and series.outstanding <= min(series.limit, series.collateral)
            and self._granted.pop(a["id"], 0) == amount
            and self._time <= self.moved(series.expiry)
            and self._is_issuer(a["by"], series),
            f"{amount} of {a['id']:#x} issued",
        )

    def _on_UnitsExited(self, a: Args, at: Dated) -> None:
        super()._on_UnitsExited(a, at)
        series, kind = self.series[a["id"]], a["kind"]
        series.outstanding -= a["amount"]
        good = self._time <= self.moved(series.expiry)
        if kind == REDEEMED:
            series.collateral -= a["amount"]
        right = (
            (kind == REDEEMED and good)
            or (kind == RECLAIMED and a["ref"] != NO_REASON)
            or (kind == EXPIRED and not good)
        )
        in_house = self.rights.get(a["from"], 0) & HOLD
        self._require(right and not in_house, f"{a['amount']} of {a['id']:#x} left as {kind}")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for id_, series in self.series.items():
            left = sum(self.exited[id_, kind] for kind in (REDEEMED, RECLAIMED, EXPIRED))
            about = f"series {id_:#x} is outstanding, redeemed, reclaimed or expired"
            tally.value(self.contract, about, self.issued[id_], series.outstanding + left)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "seriesCount", (), len(self.series), "number of series")
        for id_, series in self.series.items():
            expected = {
                "issuer": series.issuer,
                "jurisdiction": series.jurisdiction,
                "expiry": series.expiry,
                "uses": series.uses,
                "kinds": series.kinds,
                "records": len(series.records),
                "receiverLimit": series.receiver_limit,
                "limit": series.limit,
                "collateral": series.collateral,
                "outstanding": series.outstanding,
            }
            yield Check(self.contract, "seriesOf", (id_,), expected, f"series {id_:#x}")
            for number, record in enumerate(series.records, 1):
                answer = (record.kind, record.amount, record.issued, record.document)
                about = f"collateral {number} of {id_:#x}"
                yield Check(self.contract, "collateralOf", (id_, number), answer, about)
            for who, grant in sorted(series.grants.items()):
                about = f"grant of {who} in {id_:#x}"
                granted = (grant.issued, grant.limit, grant.limited)
                yield Check(self.contract, "grantOf", (id_, who), granted, about)
