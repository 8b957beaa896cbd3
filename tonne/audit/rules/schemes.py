"""Replay of Schemes: parameters, periods, disclosure and trading days, each with its dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.crypto.accounts import keccak

#: Value of a parameter that has none from its day on.
NO_VALUE: Final = (1 << 192) - 1
DAY_S: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
#: What changes the rules of a scheme.
_CHANGES: Final = (
    "ParamSet", "ParamWithdrawn", "PeriodSet", "TradingDaysSet", "CapPlanned", "VintageDisclosed",
)  # fmt: skip
_NOTHING_DISCLOSED: Final = dict.fromkeys(
    ("capT", "freeT", "auctionT", "disclosedAt", "revision"), 0
)


@dataclass(slots=True)
class Scheme:
    """What one scheme says, by date."""

    utc_offset: int
    notice_days: int = 0
    active: bool = False
    amendments: int = 0
    caps: dict[int, dict[str, int]] = field(default_factory=dict)
    ahead: dict[int, dict[str, int]] = field(default_factory=dict)
    params: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    periods: dict[int, Any] = field(default_factory=dict)
    disclosures: dict[int, dict[str, int]] = field(default_factory=dict)
    trading_days: dict[int, int] = field(default_factory=dict)


class RulesReplay:
    """Parameters, periods, disclosure and trading days."""

    contract: Final = "Schemes"

    def __init__(self) -> None:
        self.schemes: dict[int, Scheme] = {}
        self.faults: list[str] = []
        #: Changes of active schemes in the transaction that is read, which an amendment has to explain.
        self._unexplained: dict[int, str] = {}

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)
        self._explain(dated)

    def _explain(self, dated: Dated) -> None:
        """A change of an active scheme comes with its reason, in the same transaction."""
        event = dated.event
        number = event.args.get("scheme")
        for scheme, tx in list(self._unexplained.items()):
            if tx != event.tx_hash:
                self.faults.append(f"scheme {scheme} changed without a reason in {tx}")
                del self._unexplained[scheme]
        if event.name == "RulesAmended":
            self._unexplained.pop(number, None)
        elif event.name in _CHANGES and number in self.schemes and self.schemes[number].active:
            revised = event.name != "VintageDisclosed" or event["revision"] > 0
            if revised:
                self._unexplained[number] = event.tx_hash

    def _on_SchemeCreated(self, a: dict, _time: int) -> None:
        self.schemes[a["scheme"]] = Scheme(a["utcOffset"], a["noticeDays"])

    def _on_SchemeActivated(self, a: dict, _time: int) -> None:
        self.schemes[a["scheme"]].active = True

    def _on_RulesAmended(self, a: dict, _time: int) -> None:
        scheme = self.schemes[a["scheme"]]
        scheme.amendments += 1
        if a["number"] != scheme.amendments:
            self.faults.append(f"amendment {a['number']} of scheme {a['scheme']} is out of order")

    def _on_CapPlanned(self, a: dict, time: int) -> None:
        scheme = self.schemes[a["scheme"]]
        known = scheme.caps.get(a["vintage"])
        begins = (date(a["vintage"], 1, 1) - EPOCH).days
        today = (time + scheme.utc_offset) // DAY_S
        if scheme.active and begins < today + scheme.notice_days:
            self.faults.append(f"the cap of {a['vintage']} changed within the notice")
        scheme.caps[a["vintage"]] = {
            "capT": a["capT"],
            "publishedAt": known["publishedAt"] if known else time,
            "revision": a["revision"],
        }

    def _on_ParamSet(self, a: dict, _time: int) -> None:
        values = self.schemes[a["scheme"]].params[a["keyText"]]
        if values and values[-1][0] == a["fromDay"]:
            values.pop()
        values.append((a["fromDay"], a["value"]))

    def _on_ParamWithdrawn(self, a: dict, _time: int) -> None:
        for values in self.schemes[a["scheme"]].params.values():
            if values and values[-1] == (a["fromDay"], a["value"]):
                values.pop()
                return

    def _on_PeriodSet(self, a: dict, _time: int) -> None:
        self.schemes[a["scheme"]].periods[a["periodId"]] = a["period"]

    def _on_VintageDisclosed(self, a: dict, time: int) -> None:
        scheme, vintage = self.schemes[a["scheme"]], a["vintage"]
        known = self.disclosed(a["scheme"], vintage, time)
        planned = scheme.caps.get(vintage, {}).get("capT", 0)
        if planned not in (0, a["capT"]):
            self.faults.append(f"vintage {vintage} is disclosed with another cap than planned")
        told = {key: a[key] for key in ("capT", "freeT", "auctionT")}
        if a["holdsFrom"] > time:
            today = self.local_day(a["scheme"], time)
            begins = (today + scheme.notice_days) * DAY_S - scheme.utc_offset
            if a["holdsFrom"] != begins:
                self.faults.append(f"a revision of vintage {vintage} does not keep the notice")
            scheme.disclosures[vintage] = known
            scheme.ahead[vintage] = {**told, "holdsFrom": begins, "revision": a["revision"]}
            return
        if scheme.active and known["disclosedAt"]:
            self.faults.append(f"a revision of vintage {vintage} holds at once")
        at = known["disclosedAt"] or time
        scheme.disclosures[vintage] = {**told, "disclosedAt": at, "revision": a["revision"]}

    def disclosed(self, number: int, vintage: int, time: int) -> dict[str, int]:
        """What holds at a time of what was disclosed of a vintage; all zero when nothing."""
        scheme = self.schemes[number]
        held = scheme.disclosures.get(vintage, _NOTHING_DISCLOSED)
        ahead = scheme.ahead.get(vintage)
        if ahead is None or time < ahead["holdsFrom"]:
            return held
        later = {key: value for key, value in ahead.items() if key != "holdsFrom"}
        return {**held, **later}

    def _on_TradingDaysSet(self, a: dict, _time: int) -> None:
        self.schemes[a["scheme"]].trading_days[a["word"]] = a["tradingDays"]

    # What others ask

    def value(self, scheme: int, key: str, day: int) -> int | None:
        """The value that holds on a local day; None when there is none."""
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
        return (time + self.schemes[scheme].utc_offset) // DAY_S

    def internal(self, tally: Tally) -> None:
        unordered = [
            key
            for scheme in self.schemes.values()
            for key, values in scheme.params.items()
            if values != sorted(values)
        ]
        tally.value(self.contract, "values out of order", [], unordered)
        for number, tx in self._unexplained.items():
            self.faults.append(f"scheme {number} changed without a reason in {tx}")
        tally.value(self.contract, "changes that the rules do not allow", [], self.faults)

    def checks(self, now: int) -> Iterator[Check]:
        for number, scheme in sorted(self.schemes.items()):
            yield from self._scheme_checks(number, scheme, now)

    def _scheme_checks(self, number: int, scheme: Scheme, now: int) -> Iterator[Check]:
        today = self.local_day(number, now)
        for key in sorted(scheme.params):
            value = self.value(number, key, today)
            args = (number, keccak(key.encode()), now, NO_VALUE)
            wanted = NO_VALUE if value is None else value
            yield Check(self.contract, "paramOr", args, wanted, f"{key} today")
        for period_id, period in sorted(scheme.periods.items()):
            args = (number, period_id)
            yield Check(self.contract, "period", args, tuple(period), f"period {period_id}")
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
        for word, days in sorted(scheme.trading_days.items()):
            yield Check(self.contract, "tradingDayWord", (number, word), days, f"days {word}")
