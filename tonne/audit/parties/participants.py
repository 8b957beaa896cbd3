"""Replay of Participants: legal persons, their wallets, and installations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.replay.compare import Check, Tally, in_groups
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_ADDRESS
from tonne.types import installation_word, wallet_word
from tonne.types.ids import InstallationId, ParticipantId, SchemeId

#: `ParticipantStatus` of IParticipants.
APPLIED, ACTIVE, SUSPENDED, CLOSED = 1, 2, 3, 4
ALL_RIGHTS: Final = 31
#: The jurisdiction that stands for all of them.
EVERYWHERE: Final = 0
NO_PARTICIPANT: Final = ParticipantId(0)
#: Participants or installations asked about in one call.
GROUP: Final = 200


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
    """A plant: operator, place, benchmark class, and the sale that is open."""

    operator: ParticipantId
    scheme: SchemeId
    jurisdiction: int
    benchmark_class: int
    capacity_kw: int
    open: bool = True
    buyer: ParticipantId = NO_PARTICIPANT  # it is offered to
    accepted: bool = False

    def word(self) -> int:
        """`InstallationWord`."""
        return installation_word.InstallationWord(
            self.operator,
            self.scheme,
            self.jurisdiction,
            self.benchmark_class,
            installation_word.OPEN if self.open else installation_word.CLOSED,
            self.capacity_kw,
            self.buyer,
            self.accepted,
        ).pack()


class ParticipantsReplay(AccessManagedReplay):
    """The register of legal persons, wallets and installations."""

    contract = "Participants"

    def __init__(self) -> None:
        super().__init__()
        self.participants: dict[ParticipantId, Participant] = {}
        self.wallets: dict[str, tuple[ParticipantId, int]] = {}  # address: (participant, rights)
        self.seats: dict[str, ParticipantId] = {}  # address: its number when it first applied
        self._wallets_of: dict[ParticipantId, set[str]] = defaultdict(set)
        self.invitations: dict[tuple[int, str], int] = {}  # rights, by participant and wallet
        self.replacements: dict[int, tuple[str, str, int]] = {}  # lost, fresh, executable at [s]
        self.registrars: dict[tuple[str, int], bool] = {}  # by address and jurisdiction
        self.installations: dict[InstallationId, Installation] = {}
        self.sale_consent: dict[int, bool] = {}  # by scheme
        #: Blocks in which a wallet's owner or rights last changed.
        self.changed: dict[str, int] = {}
        #: (participant, status) that each registrar set, in order.
        self.acts: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def _on_ParticipantApplied(self, a: Args, at: Dated) -> None:
        self.participants[a["id"]] = Participant(a["kinds"], a["jurisdiction"], a["wallet"])
        self.seats.setdefault(a["wallet"], a["id"])
        self._bind(a["wallet"], a["id"], ALL_RIGHTS, at)

    def _bind(self, wallet: str, number: ParticipantId, rights: int, at: Dated) -> None:
        self._wallets_of[self.owner_of(wallet)].discard(wallet)
        self._wallets_of[number].add(wallet)
        self.wallets[wallet] = (number, rights)
        self.changed[wallet] = at.event.block

    def wallets_of(self, number: ParticipantId) -> set[str]:
        """Wallets that act for a participant."""
        return self._wallets_of.get(number, set())

    def owner_of(self, wallet: str) -> ParticipantId:
        """Participant that a wallet acts for; 0 if none."""
        return self.wallets.get(wallet, (NO_PARTICIPANT, 0))[0]

    def _status(self, a: Args, status: int, at: Dated) -> None:
        person = self.participants[a["id"]]
        person.status, person.since = status, at.event.block
        self.acts[a["registrar"]].append((a["id"], status))

    def _on_ParticipantApproved(self, a: Args, at: Dated) -> None:
        self._status(a, ACTIVE, at)

    def _on_ParticipantSuspended(self, a: Args, at: Dated) -> None:
        self._status(a, SUSPENDED, at)

    def _on_ParticipantReinstated(self, a: Args, at: Dated) -> None:
        self._status(a, ACTIVE, at)

    def _on_ParticipantClosed(self, a: Args, at: Dated) -> None:
        self._status(a, CLOSED, at)

    def _on_ParticipantGrouped(self, a: Args, _: Dated) -> None:
        self.participants[a["id"]].group = a["group"]

    def _on_ParticipantKindsChanged(self, a: Args, _: Dated) -> None:
        self.participants[a["id"]].kinds = a["kinds"]

    # Wallets

    def _on_WalletInvited(self, a: Args, _: Dated) -> None:
        self.invitations[a["id"], a["wallet"]] = a["rights"]

    def _on_WalletAdded(self, a: Args, at: Dated) -> None:
        invited = self.invitations.get((a["id"], a["wallet"]), 0)
        self._require(invited == a["rights"] > 0, f"wallet {a['wallet']} was not invited")
        self.invitations[a["id"], a["wallet"]] = 0
        self._bind(a["wallet"], a["id"], a["rights"], at)

    def _on_WalletRightsChanged(self, a: Args, at: Dated) -> None:
        self._bind(a["wallet"], a["id"], a["rights"], at)

    def _on_WalletRemoved(self, a: Args, at: Dated) -> None:
        self._bind(a["wallet"], NO_PARTICIPANT, 0, at)

    def _on_PrimaryWalletChanged(self, a: Args, _: Dated) -> None:
        self.participants[a["id"]].primary = a["wallet"]

    def _on_ReplacementProposed(self, a: Args, _: Dated) -> None:
        self._require(a["id"] not in self.replacements, f"second replacement for {a['id']}")
        self.replacements[a["id"]] = (a["lost"], a["fresh"], a["executableAt"])

    def _on_ReplacementCancelled(self, a: Args, _: Dated) -> None:
        lost = self.replacements.pop(a["id"])[0]
        self._require(lost == a["lost"], f"cancelled replacement of {a['lost']}")

    def _on_WalletReplaced(self, a: Args, at: Dated) -> None:
        lost, fresh, executable_at = self.replacements.pop(a["id"])
        right = (lost, fresh) == (a["lost"], a["fresh"]) and at.time >= executable_at
        self._require(right, f"replacement of {a['lost']}")
        _, rights = self.wallets[a["lost"]]
        self._bind(a["lost"], NO_PARTICIPANT, 0, at)
        self._bind(a["fresh"], a["id"], rights, at)
        if self.participants[a["id"]].primary == a["lost"]:
            self.participants[a["id"]].primary = a["fresh"]

    # Registrars

    def _on_RegistrarSet(self, a: Args, _: Dated) -> None:
        self.registrars[a["registrar"], a["jurisdiction"]] = a["allowed"]

    def is_registrar(self, account: str, jurisdiction: int) -> bool:
        """Whether an account keeps the register of a jurisdiction."""
        places = (jurisdiction, EVERYWHERE)
        return any(self.registrars.get((account, place), False) for place in places)

    # Installations

    def _on_InstallationRegistered(self, a: Args, _: Dated) -> None:
        self.installations[a["id"]] = Installation(
            a["operator"], a["scheme"], a["jurisdiction"], a["benchmarkClass"], a["capacityKw"]
        )
        self.participants[a["operator"]].installations += 1

    def _on_InstallationChanged(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        plant.benchmark_class, plant.capacity_kw = a["benchmarkClass"], a["capacityKw"]

    def _on_InstallationOffered(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        plant.buyer, plant.accepted = a["buyer"], False

    def _on_InstallationSaleAccepted(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        self._require(plant.buyer == a["buyer"] > 0, f"sale of installation {a['id']} accepted")
        plant.accepted = True

    def _on_InstallationSaleRefused(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        plant.buyer, plant.accepted = NO_PARTICIPANT, False

    def _on_InstallationSold(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        offered = (plant.operator, plant.buyer) == (a["seller"], a["buyer"])
        self._require(offered, f"sale of installation {a['id']}")
        plant.operator, plant.buyer, plant.accepted = a["buyer"], NO_PARTICIPANT, False
        self.participants[a["seller"]].installations -= 1
        self.participants[a["buyer"]].installations += 1

    def _on_InstallationClosed(self, a: Args, _: Dated) -> None:
        plant = self.installations[a["id"]]
        plant.open, plant.buyer, plant.accepted = False, NO_PARTICIPANT, False
        self.participants[a["operator"]].installations -= 1

    def _on_SaleConsentSet(self, a: Args, _: Dated) -> None:
        self.sale_consent[a["scheme"]] = a["needed"]

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        open_ = sum(plant.open for plant in self.installations.values())
        counted = sum(p.installations for p in self.participants.values())
        tally.value(self.contract, "plants counted at their operators", open_, counted)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield from self._wallet_checks()
        yield from self._participant_checks()
        yield from self._installation_checks()

    def _wallet_checks(self) -> Iterator[Check]:
        for wallet, (number, rights) in sorted(self.wallets.items()):
            status = self.participants[number].status if number else 0
            expected = (number, rights, status)
            yield Check(self.contract, "walletOf", (wallet,), expected, f"wallet {wallet}")
        for key, rights in sorted(self.invitations.items()):
            about = f"invitation of {key[1]} by participant {key[0]}"
            yield Check(self.contract, "invitation", key, rights, about)

    def _participant_checks(self) -> Iterator[Check]:
        count = len(self.participants)
        yield Check(self.contract, "participantCount", (), count, "number of participants")
        for number, person in sorted(self.participants.items()):
            expected = {
                "primary": person.primary,
                "kinds": person.kinds,
                "jurisdiction": person.jurisdiction,
                "status": person.status,
                "walletCount": len(self.wallets_of(number)),
                "group": person.group,
                "installationCount": person.installations,
            }
            yield Check(self.contract, "participant", (number,), expected, f"participant {number}")
            pending = self.replacements.get(number, (ZERO_ADDRESS, ZERO_ADDRESS, 0))
            about = f"pending replacement of a wallet of participant {number}"
            yield Check(self.contract, "replacement", (number,), pending, about)
        for group in in_groups(sorted(self.participants), GROUP):
            deliveries = [self._delivery(self.participants[number].primary) for number in group]
            about = f"wallets of delivery of participants, {group[0]} and on"
            yield Check(self.contract, "deliveriesOf", (group,), deliveries, about)

    def _delivery(self, primary: str) -> int:
        """`DeliveryWord`: primary wallet, and its number at its first application above it."""
        return wallet_word.delivery(primary, self.seats.get(primary, NO_PARTICIPANT))

    def _installation_checks(self) -> Iterator[Check]:
        for group in in_groups(sorted(self.installations), GROUP):
            words = [self.installations[number].word() for number in group]
            about = f"installations, {group[0]} and on"
            yield Check(self.contract, "installationWords", (group,), words, about)
        for scheme in sorted({plant.scheme for plant in self.installations.values()}):
            needed = self.sale_consent.get(scheme, False)
            about = f"consent to sales in scheme {scheme}"
            yield Check(self.contract, "saleConsentNeeded", (scheme,), needed, about)
