"""Replay of EnergyCredits: series, what stands behind them, whom they reached, and how they ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tonne.audit.parties.participants import ACTIVE, PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.currency import ZERO
from tonne.audit.replay.events import Dated
from tonne.audit.rules.powers import ALL, PowersReplay
from tonne.audit.units.unit_balances import CLAWED_BACK, UnitsReplay

#: Ways out of a credit, by the numbers of `Exit` of IUnit1155.
REDEEMED, RECLAIMED, EXPIRED = 9, CLAWED_BACK, 5

#: `Powers` of ISchemes.
RULES, CREDIT = 1024, 4096

#: `ParticipantKinds`.
AUTHORITY: Final = 16

#: Rights of a house, and `CreditUses`.
HOLD, USES_SHIFT = 8, 32
TRANSFER, ALL_USES = 1, 7

NO_REASON: Final = bytes(32)


@dataclass(slots=True)
class Record:
    """Collateral [micro-credit]."""

    kind: int
    amount: int
    document: bytes
    issued: int = 0


@dataclass(slots=True)
class Grant:
    """What a participant was issued [micro-credit]."""

    issued: int = 0
    limit: int = 0
    limited: bool = False


@dataclass(slots=True)
class Series:
    """One series; amounts [micro-credit]."""

    issuer: int
    jurisdiction: int
    scheme: int
    expiry: int  # [s]
    uses: int
    kinds: int
    receiver_limit: int = 0
    limit: int = 0
    collateral: int = 0
    outstanding: int = 0
    records: list[Record] = field(default_factory=list)
    grants: dict[int, Grant] = field(default_factory=lambda: defaultdict(Grant))


class EnergyReplay(UnitsReplay):
    """All series, and each rule that was to hold when something happened to one."""

    def __init__(self, address: str, parties: PartiesReplay, powers: PowersReplay) -> None:
        super().__init__("EnergyCredits", address)
        self.parties = parties
        self.powers = powers
        self.series: dict[int, Series] = {}
        self.faults: list[str] = []
        self._time = 0
        self._granted: dict[int, int] = defaultdict(int)  # since the last issue, by series

    def apply(self, dated: Dated) -> None:
        self._time = dated.time
        super().apply(dated)

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)

    def _may(self, who: str, series: Series, power: int) -> bool:
        return any(
            self.powers.offices.get((who, series.scheme, place), 0) & power
            for place in (series.jurisdiction, ALL)
        )

    def _is_issuer(self, who: str, series: Series) -> bool:
        number, _ = self.parties.wallets.get(who, (0, 0))
        active = number == series.issuer and self.parties.participants[number].status == ACTIVE
        return active and self._may(who, series, CREDIT)

    # Series

    def _on_SeriesOpened(self, a: dict) -> None:
        terms = a["terms"]
        series = Series(
            a["issuer"], a["jurisdiction"], terms.scheme, terms.expiry, terms.uses, terms.kinds
        )
        issuer = self.parties.participants[a["issuer"]]
        of_id = (a["id"] >> 96, a["id"] >> 80 & 0xFFFF, a["id"] & (1 << 64) - 1)
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

    def _on_IssueLimitSet(self, a: dict) -> None:
        series = self.series[a["id"]]
        self._require(
            a["oldLimit"] == series.limit
            and a["limit"] >= series.outstanding
            and a["reason"] != NO_REASON
            and self._may(a["officer"], series, RULES),
            f"limit {a['limit']} of {a['id']:#x}",
        )
        series.limit = a["limit"]

    def _on_ReceiverLimitSet(self, a: dict) -> None:
        series = self.series[a["id"]]
        self._require(self._is_issuer(a["by"], series), f"limit of {a['participant']} set")
        if a["participant"] == 0:
            series.receiver_limit = a["limit"]
            return
        grant = series.grants[a["participant"]]
        grant.limit, grant.limited = a["limit"], a["limited"]

    def _on_CollateralRecorded(self, a: dict) -> None:
        series = self.series[a["id"]]
        series.records.append(Record(a["kind"], a["amount"], a["documentHash"]))
        series.collateral += a["amount"]
        right = a["record"] == len(series.records) and self._is_issuer(a["by"], series)
        self._require(right and a["amount"] > 0, f"collateral {a['record']} of {a['id']:#x}")

    def _on_CollateralWithdrawn(self, a: dict) -> None:
        series = self.series[a["id"]]
        record = series.records[a["record"] - 1]
        record.amount -= a["amount"]
        series.collateral -= a["amount"]
        covered = record.amount >= 0 and series.collateral >= series.outstanding
        right = covered and a["reason"] != NO_REASON and self._is_issuer(a["by"], series)
        self._require(right, f"{a['amount']} of collateral {a['record']} of {a['id']:#x} withdrawn")

    # What moves

    def _on_TransferSingle(self, a: dict) -> None:
        super()._on_TransferSingle(a)
        if a["from"] == ZERO:
            self._grant(a["to"], a["id"], a["value"])
        elif a["to"] != ZERO:
            self._moved(a, a["id"])

    def _on_TransferBatch(self, a: dict) -> None:
        super()._on_TransferBatch(a)
        for id_ in a["ids"]:
            self._moved(a, id_)

    def _grant(self, to: str, id_: int, amount: int) -> None:
        series = self.series[id_]
        number, _ = self.parties.wallets.get(to, (0, 0))
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

    def _moved(self, a: dict, id_: int) -> None:
        who = f"{id_:#x} moved from {a['from']} to {a['to']}"
        self._require(self._may_move(a["operator"], a["from"], a["to"], self.series[id_]), who)

    def _may_move(self, operator: str, source: str, target: str, series: Series) -> bool:
        """The rules of a purpose, as the interface gives them."""
        giver, _ = self.parties.wallets.get(source, (0, 0))
        taker, _ = self.parties.wallets.get(target, (0, 0))
        held, kept = self.rights.get(source, 0), self.rights.get(target, 0)
        if self._time > series.expiry:
            return taker != 0 and held & HOLD != 0
        if not taker:
            if not kept & HOLD:
                return False
        elif taker == giver:
            return True
        houses = held | kept | self.rights.get(operator, 0)
        use = houses >> USES_SHIFT if houses & HOLD else TRANSFER
        if not use or use & ~series.uses:
            return False
        bound = series.kinds and not houses & HOLD
        return not bound or self.parties.participants[taker].kinds & series.kinds != 0

    def _on_IssuedAgainst(self, a: dict) -> None:
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
            and self._time <= series.expiry
            and self._is_issuer(a["by"], series),
            f"{amount} of {a['id']:#x} issued",
        )

    def _on_UnitsExited(self, a: dict) -> None:
        super()._on_UnitsExited(a)
        series, kind = self.series[a["id"]], a["kind"]
        series.outstanding -= a["amount"]
        good = self._time <= series.expiry
        if kind == REDEEMED:
            series.collateral -= a["amount"]
        right = (
            (kind == REDEEMED and good)
            or (kind == RECLAIMED and a["ref"] != NO_REASON)
            or (kind == EXPIRED and not good)
        )
        in_house = self.rights.get(a["from"], 0) & HOLD
        self._require(right and not in_house, f"{a['amount']} of {a['id']:#x} left as {kind}")

    # What must hold

    def internal(self, tally: Tally) -> None:
        super().internal(tally)
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        for id_, series in self.series.items():
            left = sum(self.exited[id_, kind] for kind in (REDEEMED, RECLAIMED, EXPIRED))
            about = f"series {id_:#x} is outstanding, redeemed, reclaimed or expired"
            tally.value(self.contract, about, self.issued[id_], series.outstanding + left)

    def checks(self) -> Iterator[Check]:
        yield from super().checks()
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
