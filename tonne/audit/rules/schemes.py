"""Replay of Schemes: parameters, periods, disclosure and trading days, each with its dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S, EPOCH
from tonne.crypto.hashing import keccak

#: Value of a parameter that has none from its day on.
NO_VALUE: Final = 2**192 - 1
#: Days of one word of the calendar of trading days.
DAYS_OF_WORD: Final = 256
#: The jurisdiction that stands for all of them.
EVERYWHERE: Final = 0
_NOTHING_DISCLOSED: Final = dict.fromkeys(
    ("capT", "freeT", "auctionT", "disclosedAt", "revision"), 0
)


@dataclass(slots=True)
class SchemeRecord:
    """Rules of one scheme, by date."""

    utc_offset: int  # [s]
    notice_days: int = 0
    created_at: int = 0  # [s]
    activated_at: int | None = None  # [s]
    amendments: int = 0
    #: Of a planned cap, a revision in its notice, a disclosure: the fields of its view, by vintage.
    caps: dict[int, dict[str, int]] = field(default_factory=dict)
    ahead: dict[int, dict[str, int]] = field(default_factory=dict)
    params: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    periods: dict[int, Any] = field(default_factory=dict)
    disclosures: dict[int, dict[str, int]] = field(default_factory=dict)
    trading_days: dict[int, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.activated_at is not None


class SchemesReplay(AccessManagedReplay):
    """Parameters, periods, disclosure, trading days, and the offices that govern them."""

    contract = "Schemes"

    def __init__(self) -> None:
        super().__init__()
        self.schemes: dict[int, SchemeRecord] = {}
        self.offices: dict[tuple[str, int, int], int] = {}  # by officer, scheme, jurisdiction
        #: Active schemes changed in this transaction, each change still without its amendment.
        self._unexplained: set[int] = set()

    # Schemes and offices

    def _on_SchemeCreated(self, a: Args, at: Dated) -> None:
        scheme = SchemeRecord(a["utcOffset"], a["noticeDays"], created_at=at.time)
        self.schemes[a["scheme"]] = scheme

    def _on_SchemeActivated(self, a: Args, at: Dated) -> None:
        self.schemes[a["scheme"]].activated_at = at.time

    def _on_OfficeGranted(self, a: Args, _: Dated) -> None:
        office = (a["officer"], a["scheme"], a["jurisdiction"])
        before = self.offices.get(office, 0)
        self._require(before == a["oldPowers"], f"office of {a['officer']} was {before}")
        self.offices[office] = a["powers"]

    def may(self, officer: str, scheme: int, jurisdiction: int, power: int) -> bool:
        """Whether an office of the scheme, there or everywhere, has a power (a bit of `Powers`)."""
        places = (jurisdiction, EVERYWHERE)
        return any(self.offices.get((officer, scheme, place), 0) & power for place in places)

    # Rules

    def _changed(self, scheme: int) -> None:
        """An active scheme changes by an amendment, which gives the reason in the same transaction."""
        if scheme in self.schemes and self.schemes[scheme].active:
            self._unexplained.add(scheme)

    def end_transaction(self) -> None:
        for scheme in sorted(self._unexplained):
            self.faults.append(f"scheme {scheme} changed without an amendment")
        self._unexplained.clear()

    def _on_RulesAmended(self, a: Args, _: Dated) -> None:
        scheme = self.schemes[a["scheme"]]
        scheme.amendments += 1
        if a["number"] != scheme.amendments:
            self.faults.append(f"amendment {a['number']} of scheme {a['scheme']} is out of order")
        self._unexplained.discard(a["scheme"])

    def _on_CapPlanned(self, a: Args, at: Dated) -> None:
        self._changed(a["scheme"])
        scheme = self.schemes[a["scheme"]]
        known = scheme.caps.get(a["vintage"])
        begins = (date(a["vintage"], 1, 1) - EPOCH).days
        today = self.local_day(a["scheme"], at.time)
        if scheme.active and begins < today + scheme.notice_days:
            self.faults.append(f"the cap of {a['vintage']} changed within the notice")
        scheme.caps[a["vintage"]] = {
            "capT": a["capT"],
            "publishedAt": known["publishedAt"] if known else at.time,
            "revision": a["revision"],
        }

    def _on_ParamSet(self, a: Args, _: Dated) -> None:
        self._changed(a["scheme"])
        values = self.schemes[a["scheme"]].params[a["keyText"]]
        if values and values[-1][0] == a["fromDay"]:
            values.pop()
        values.append((a["fromDay"], a["value"]))

    def _on_ParamWithdrawn(self, a: Args, _: Dated) -> None:
        self._changed(a["scheme"])
        for key, values in self.schemes[a["scheme"]].params.items():
            if keccak(key.encode()) == a["key"]:
                right = values.pop() == (a["fromDay"], a["value"])
                self._require(right, f"withdrawal of {key} from day {a['fromDay']}")
                return
        self.faults.append(f"withdrawal of parameter 0x{a['key'].hex()}, which was never set")

    def _on_PeriodSet(self, a: Args, _: Dated) -> None:
        self._changed(a["scheme"])
        self.schemes[a["scheme"]].periods[a["periodId"]] = a["period"]

    def _on_VintageDisclosed(self, a: Args, at: Dated) -> None:
        if a["revision"] > 0:
            self._changed(a["scheme"])
        scheme, vintage = self.schemes[a["scheme"]], a["vintage"]
        known = self.disclosed(a["scheme"], vintage, at.time)
        planned = scheme.caps.get(vintage, {}).get("capT", 0)
        if planned not in (0, a["capT"]):
            self.faults.append(f"vintage {vintage} is disclosed with another cap than planned")
        stated = {key: a[key] for key in ("capT", "freeT", "auctionT")}
        if a["holdsFrom"] > at.time:
            today = self.local_day(a["scheme"], at.time)
            begins = (today + scheme.notice_days) * DAY_S - scheme.utc_offset
            if a["holdsFrom"] != begins:
                self.faults.append(f"a revision of vintage {vintage} does not keep the notice")
            scheme.disclosures[vintage] = known
            scheme.ahead[vintage] = {**stated, "holdsFrom": begins, "revision": a["revision"]}
            return
        if scheme.active and known["disclosedAt"]:
            self.faults.append(f"a revision of vintage {vintage} holds at once")
        first = known["disclosedAt"] or at.time
        scheme.disclosures[vintage] = {**stated, "disclosedAt": first, "revision": a["revision"]}

    def disclosed(self, number: int, vintage: int, time: int) -> dict[str, int]:
        """Disclosure of a vintage that holds at a time [s]; all zero without one."""
        scheme = self.schemes[number]
        held = scheme.disclosures.get(vintage, _NOTHING_DISCLOSED)
        ahead = scheme.ahead.get(vintage)
        if ahead is None or time < ahead["holdsFrom"]:
            return held
        later = {key: value for key, value in ahead.items() if key != "holdsFrom"}
        return {**held, **later}

    def _on_TradingDaysSet(self, a: Args, _: Dated) -> None:
        self._changed(a["scheme"])
        self.schemes[a["scheme"]].trading_days[a["word"]] = a["tradingDays"]

    # Views for other replays

    def value(self, scheme: int, key: str, day: int) -> int | None:
        """The parameter's value on a local day; None without one."""
        found = None
        for first, value in self.schemes[scheme].params.get(key, ()):
            if first <= day:
                found = value
        return None if found in (None, NO_VALUE) else found

    def share(self, scheme: int, key: str, day: int) -> Fraction | None:
        """A value in ppm as a fraction."""
        found = self.value(scheme, key, day)
        return None if found is None else Fraction(found, 1_000_000)

    def local_day(self, scheme: int, time: int) -> int:
        """Local days since 1970-01-01 at a time [s]."""
        return (time + self.schemes[scheme].utc_offset) // DAY_S

    def rules_day(self, scheme: int, year: int) -> int:
        """The local day on which the rules of a year are read: 31 December, as `rulesTime` of IAllocation has
        it, but the day before ten hours west of Greenwich and further."""
        moment = datetime(year, 12, 31, 9, 59, 59, tzinfo=UTC)
        return self.local_day(scheme, int(moment.timestamp()))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        unordered = [
            key
            for scheme in self.schemes.values()
            for key, values in scheme.params.items()
            if values != sorted(values)
        ]
        tally.value(self.contract, "values out of order", [], unordered)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for number, scheme in sorted(self.schemes.items()):
            yield from self._scheme_checks(number, scheme, now)

    def _scheme_checks(self, number: int, scheme: SchemeRecord, now: int) -> Iterator[Check]:
        info = {
            "createdAt": scheme.created_at,
            "activatedAt": scheme.activated_at or 0,
            "utcOffset": scheme.utc_offset,
            "noticeDays": scheme.notice_days,
        }
        yield Check(self.contract, "schemeInfo", (number,), info, f"scheme {number}")
        today = self.local_day(number, now)
        for key in sorted(scheme.params):
            value = self.value(number, key, today)
            asked = (number, keccak(key.encode()), now, NO_VALUE)
            wanted = NO_VALUE if value is None else value
            yield Check(self.contract, "paramOr", asked, wanted, f"{key} today")
            values = scheme.params[key]
            for place, (day, dated) in enumerate(values):
                begins = day * DAY_S - scheme.utc_offset
                about = f"{key} from day {day}"
                dated_at = (number, keccak(key.encode()), place)
                expected = (len(values), begins, dated)
                yield Check(self.contract, "paramHistory", dated_at, expected, about)
        for period_id, period in sorted(scheme.periods.items()):
            about = f"period {period_id}"
            yield Check(self.contract, "period", (number, period_id), tuple(period), about)
        for vintage in sorted({*scheme.disclosures, *(p.vintage for p in scheme.periods.values())}):
            args, disclosed = (number, vintage), self.disclosed(number, vintage, now)
            yield Check(self.contract, "disclosure", args, disclosed, f"vintage {vintage}")
        for vintage, ahead in sorted(scheme.ahead.items()):
            about = f"revision of vintage {vintage}"
            yield Check(self.contract, "disclosureAhead", (number, vintage), ahead, about)
        for vintage, cap in sorted(scheme.caps.items()):
            yield Check(self.contract, "plannedCap", (number, vintage), cap, f"cap of {vintage}")
        about = f"amendments of scheme {number}"
        yield Check(self.contract, "amendmentCount", (number,), scheme.amendments, about)
        now_word = today // DAYS_OF_WORD
        for word in sorted({*scheme.trading_days, now_word - 1, now_word, now_word + 1}):
            days = scheme.trading_days.get(word, 0)
            yield Check(self.contract, "tradingDayWord", (number, word), days, f"days {word}")
