"""Replay of Participants: legal persons, their wallets, and installations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated

#: `ParticipantStatus` of IParticipants.
APPLIED, ACTIVE, SUSPENDED, CLOSED = 1, 2, 3, 4
ALL_RIGHTS: Final = 31


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
