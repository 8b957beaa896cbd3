"""Replay of who is who and which rules hold: Participants with installations, and Schemes."""

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

APPLIED, ACTIVE, SUSPENDED, CLOSED = 1, 2, 3, 4
ALL_RIGHTS: Final = 31

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
class Participant:
    """A registered legal person."""

    kinds: int
    jurisdiction: int
    primary: str
    status: int = APPLIED
    group: int = 0
    installations: int = 0
    since: int = 0  # block of its last change of status


@dataclass(slots=True)
class Installation:
    """A plant: whose, where, of which benchmark class."""

    operator: int
    scheme: int
    jurisdiction: int
    benchmark_class: int
    capacity_kw: int
    open: bool = True
    buyer: int = 0  # to whom it is offered
    accepted: bool = False


class PartiesReplay:
    """The register of parties and plants."""

    contract: Final = "Participants"

    def __init__(self) -> None:
        self.participants: dict[int, Participant] = {}
        self.wallets: dict[str, tuple[int, int]] = {}  # address: (participant, rights)
        self.seats: dict[str, int] = {}  # address: the number it was given when it first applied
        self._wallets_of: dict[int, set[str]] = defaultdict(set)
        self.installations: dict[int, Installation] = {}
        self.sale_consent: dict[int, bool] = {}  # by scheme
        #: Blocks in which a wallet's rights, or whose it is, last changed.
        self.changed: dict[str, int] = {}
        #: (participant, status) that each registrar gave, in order.
        self.acts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._block = 0

    def apply(self, dated: Dated) -> None:
        self._block = dated.event.block
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args)

    def _on_ParticipantApplied(self, a: dict) -> None:
        self.participants[a["id"]] = Participant(a["kinds"], a["jurisdiction"], a["wallet"])
        self.seats.setdefault(a["wallet"], a["id"])
        self._bind(a["wallet"], a["id"], ALL_RIGHTS)

    def _bind(self, wallet: str, number: int, rights: int) -> None:
        before, _ = self.wallets.get(wallet, (0, 0))
        self._wallets_of[before].discard(wallet)
        self._wallets_of[number].add(wallet)
        self.wallets[wallet] = (number, rights)
        self.changed[wallet] = self._block

    def wallets_of(self, number: int) -> set[str]:
        """Wallets that act for a participant."""
        return self._wallets_of.get(number, set())

    def _status(self, a: dict, status: int) -> None:
        person = self.participants[a["id"]]
        person.status, person.since = status, self._block
        self.acts[a["registrar"]].append((a["id"], status))

    def _on_ParticipantApproved(self, a: dict) -> None:
        self._status(a, ACTIVE)

    def _on_ParticipantSuspended(self, a: dict) -> None:
        self._status(a, SUSPENDED)

    def _on_ParticipantReinstated(self, a: dict) -> None:
        self._status(a, ACTIVE)

    def _on_ParticipantClosed(self, a: dict) -> None:
        self._status(a, CLOSED)

    def _on_ParticipantGrouped(self, a: dict) -> None:
        self.participants[a["id"]].group = a["group"]

    def _on_ParticipantKindsChanged(self, a: dict) -> None:
        self.participants[a["id"]].kinds = a["kinds"]

    def _on_WalletAdded(self, a: dict) -> None:
        self._bind(a["wallet"], a["id"], a["rights"])

    def _on_WalletRightsChanged(self, a: dict) -> None:
        self._bind(a["wallet"], a["id"], a["rights"])

    def _on_WalletRemoved(self, a: dict) -> None:
        self._bind(a["wallet"], 0, 0)

    def _on_PrimaryWalletChanged(self, a: dict) -> None:
        self.participants[a["id"]].primary = a["wallet"]

    def _on_WalletReplaced(self, a: dict) -> None:
        _, rights = self.wallets[a["lost"]]
        self._bind(a["lost"], 0, 0)
        self._bind(a["fresh"], a["id"], rights)
        if self.participants[a["id"]].primary == a["lost"]:
            self.participants[a["id"]].primary = a["fresh"]

    def _on_InstallationRegistered(self, a: dict) -> None:
        self.installations[a["id"]] = Installation(
            a["operator"], a["scheme"], a["jurisdiction"], a["benchmarkClass"], a["capacityKw"]
        )
        self.participants[a["operator"]].installations += 1

    def _on_InstallationChanged(self, a: dict) -> None:
        plant = self.installations[a["id"]]
        plant.benchmark_class, plant.capacity_kw = a["benchmarkClass"], a["capacityKw"]

    def _on_InstallationOffered(self, a: dict) -> None:
        plant = self.installations[a["id"]]
        plant.buyer, plant.accepted = a["buyer"], False

    def _on_InstallationSaleAccepted(self, a: dict) -> None:
        self.installations[a["id"]].accepted = True

    def _on_InstallationSaleRefused(self, a: dict) -> None:
        plant = self.installations[a["id"]]
        plant.buyer, plant.accepted = 0, False

    def _on_InstallationSold(self, a: dict) -> None:
        plant = self.installations[a["id"]]
        plant.operator, plant.buyer, plant.accepted = a["buyer"], 0, False
        self.participants[a["seller"]].installations -= 1
        self.participants[a["buyer"]].installations += 1

    def _on_InstallationClosed(self, a: dict) -> None:
        plant = self.installations[a["id"]]
        plant.open, plant.buyer, plant.accepted = False, 0, False
        self.participants[a["operator"]].installations -= 1

    def _on_SaleConsentSet(self, a: dict) -> None:
        self.sale_consent[a["scheme"]] = a["needed"]

    def internal(self, tally: Tally) -> None:
        open_ = sum(plant.open for plant in self.installations.values())
        counted = sum(p.installations for p in self.participants.values())
        tally.value(self.contract, "plants counted at their operators", open_, counted)

    def checks(self) -> Iterator[Check]:
        counts: dict[int, int] = defaultdict(int)
        for wallet, (number, rights) in sorted(self.wallets.items()):
            counts[number] += 1
            status = self.participants[number].status if number else 0
            expected = (number, rights, status)
            yield Check(self.contract, "walletOf", (wallet,), expected, f"wallet {wallet}")
        for number, person in sorted(self.participants.items()):
            expected = {
                "primary": person.primary,
                "kinds": person.kinds,
                "jurisdiction": person.jurisdiction,
                "status": person.status,
                "walletCount": counts[number],
                "group": person.group,
                "installationCount": person.installations,
            }
            yield Check(self.contract, "participant", (number,), expected, f"participant {number}")
            delivery = int(person.primary, 16) | self.seats.get(person.primary, 0) << 160
            about = f"where units of participant {number} go"
            yield Check(self.contract, "deliveriesOf", ([number],), [delivery], about)
        for number, plant in sorted(self.installations.items()):
            word = (
                plant.operator
                | plant.scheme << 24
                | plant.jurisdiction << 40
                | plant.benchmark_class << 56
                | (1 if plant.open else 2) << 64
                | plant.capacity_kw << 72
                | plant.buyer << 112
                | plant.accepted << 136
            )
            about = f"installation {number}"
            yield Check(self.contract, "installation", (number,), word, about)
        for scheme in sorted({plant.scheme for plant in self.installations.values()}):
            needed = self.sale_consent.get(scheme, False)
            about = f"consent to sales in scheme {scheme}"
            yield Check(self.contract, "saleConsentNeeded", (scheme,), needed, about)


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
