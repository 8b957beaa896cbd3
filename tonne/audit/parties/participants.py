"""Replay of Participants: legal persons, their wallets, and installations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally, in_groups
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.chain.contract import encode_values
from tonne.constants import DAY_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.types import installation_word, wallet_word
from tonne.types.ids import InstallationId, ParticipantId, SchemeId

#: `ParticipantStatus` of IParticipants.
ACTIVE, SUSPENDED, CLOSED = 2, 3, 4
ALL_RIGHTS: Final = 31
#: The jurisdiction that stands for all of them.
EVERYWHERE: Final = 0
NO_PARTICIPANT: Final = ParticipantId(0)
#: Participants or installations asked about in one call.
GROUP: Final = 200
#: Hearing, time to decide, freeze by a claim, time for claims of a removed wallet [s]: as in IWalletRecovery.
HEARING_S, DECISION_S, FREEZE_S, FORMER_S = 7 * DAY_S, 30 * DAY_S, 30 * DAY_S, 30 * DAY_S


@dataclass(slots=True)
class Participant:
    """A registered legal person."""

    kinds: int
    jurisdiction: int
    primary: str
    status: int = ACTIVE
    group: int = 0
    installations: int = 0
    since: int = 0  # block of its last change of status


@dataclass(slots=True)
class Recovery:
    """Claim of theft and proposed wallets of a participant; fields as in IWalletRecovery."""

    frozen_until: int = 0
    next_claim_at: int = 0
    wallets: tuple[tuple[str, int], ...] = ()  # proposed: wallet and rights, the primary one first
    registrar: str = ZERO_ADDRESS
    decidable_at: int = 0

    @property
    def lapses_at(self) -> int:
        """Last moment for a decision [s]; 0 without a proposal."""
        return self.decidable_at + DECISION_S if self.wallets else 0

    def withdraw(self) -> None:
        self.wallets, self.registrar, self.decidable_at = (), ZERO_ADDRESS, 0

    def answer(self) -> dict[str, Any]:
        """`Recovery` as `recoveryOf` answers."""
        digest = ZERO_WORD
        if self.wallets:
            wallets, rights = zip(*self.wallets, strict=True)
            digest = keccak(encode_values("(address[],uint8[])", (wallets, rights)))
        return {
            "frozenUntil": self.frozen_until,
            "nextClaimAt": self.next_claim_at,
            "proposal": digest,
            "registrar": self.registrar,
            "decidableAt": self.decidable_at,
            "lapsesAt": self.lapses_at,
        }


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
        self.seats: dict[str, ParticipantId] = {}  # address: its number when it was first approved
        self._wallets_of: dict[ParticipantId, set[str]] = defaultdict(set)
        self.invitations: dict[tuple[int, str], int] = {}  # rights, by participant and wallet
        #: What a wallet has applied for: kinds, jurisdiction, hash of details.
        self.applications: dict[str, tuple[int, int, bytes]] = {}
        self.lost: set[str] = (
            set()
        )  # wallets taken by a decision, bound to their participant for ever
        self.recoveries: dict[ParticipantId, Recovery] = defaultdict(Recovery)
        self.joining: dict[str, ParticipantId] = {}
        self.formerly: dict[str, tuple[ParticipantId, int]] = {}  # until when it may claim [s]
        self.arbiters: dict[tuple[str, int], bool] = {}  # by address and jurisdiction
        self.registrars: dict[tuple[str, int], bool] = {}  # by address and jurisdiction
        self.installations: dict[InstallationId, Installation] = {}
        self.sale_consent: dict[int, bool] = {}  # by scheme
        #: Blocks in which a wallet's owner or rights last changed.
        self.changed: dict[str, int] = {}
        #: (participant, status) that each registrar set, in order.
        self.acts: dict[str, list[tuple[int, int]]] = defaultdict(list)

        self.mirror = ZERO_ADDRESS  # contract that mirrors wallets

    # Mirror

    def _on_MirrorSet(self, a: Args, _: Dated) -> None:
        self._require(a["old"] == self.mirror, f"the mirror before {a['mirror']} was {a['old']}")
        self.mirror = a["mirror"]

    # Applications

    def _on_ApplicationFiled(self, a: Args, _: Dated) -> None:
        self.applications[a["wallet"]] = (a["kinds"], a["jurisdiction"], a["detailsHash"])

    def _on_ApplicationRefused(self, a: Args, _: Dated) -> None:
        filed = self.applications.pop(a["wallet"], None)
        self._require(filed is not None, f"refusal of {a['wallet']}, which has not applied")

    def _on_ApplicationPassedOver(self, _a: Args, _: Dated) -> None:
        """An approval that came too late; nothing changes."""

    def _on_ParticipantApproved(self, a: Args, at: Dated) -> None:
        number, wallet = a["id"], a["wallet"]
        filed = self.applications.pop(wallet, None)
        right = filed is not None and filed[:2] == (a["kinds"], a["jurisdiction"])
        right &= number == len(self.participants) + 1 and self.owner_of(wallet) == NO_PARTICIPANT
        self._require(right, f"approval of {wallet} as participant {number}")
        self.participants[number] = Participant(a["kinds"], a["jurisdiction"], wallet)
        self.seats.setdefault(wallet, number)
        self._bind(wallet, number, ALL_RIGHTS, at)
        self._status(a, ACTIVE, at)

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
        self.formerly[a["wallet"]] = (a["id"], at.time + FORMER_S)

    def _on_PrimaryWalletChanged(self, a: Args, _: Dated) -> None:
        self.participants[a["id"]].primary = a["wallet"]

    # Lost and stolen keys

    def _on_TheftClaimed(self, a: Args, at: Dated) -> None:
        recovery = self.recoveries[a["id"]]
        right = at.time >= recovery.frozen_until and a["frozenUntil"] == at.time + FREEZE_S
        self._require(right, f"claim of theft at participant {a['id']}")
        recovery.frozen_until, recovery.next_claim_at = a["frozenUntil"], a["nextClaimAt"]

    def _on_TheftAnswered(self, a: Args, at: Dated) -> None:
        open_ = at.time < self.recoveries[a["id"]].frozen_until
        self._require(open_, f"answer of participant {a['id']} to no claim")

    def _on_RecoveryProposed(self, a: Args, at: Dated) -> None:
        recovery = self.recoveries[a["id"]]
        pending = bool(recovery.wallets) and at.time <= recovery.lapses_at
        right = not pending and a["decidableAt"] == at.time + HEARING_S
        self._require(right, f"proposal of wallets for participant {a['id']}")
        recovery.wallets = tuple(zip(a["wallets"], a["rights"], strict=True))
        recovery.registrar, recovery.decidable_at = a["registrar"], a["decidableAt"]

    def _on_RecoveryJoined(self, a: Args, _: Dated) -> None:
        self.joining[a["wallet"]] = a["id"]

    def _on_RecoveryCancelled(self, a: Args, at: Dated) -> None:
        recovery = self.recoveries[a["id"]]
        stopped = a["by"] in self.wallets_of(a["id"]) and at.time < recovery.frozen_until
        self._require(not stopped, f"participant {a['id']} stopped the hearing of a claim")
        recovery.withdraw()

    def _on_RecoveryRejected(self, a: Args, _: Dated) -> None:
        self.recoveries[a["id"]].withdraw()
        self.recoveries[a["id"]].frozen_until = 0

    def _on_WalletLost(self, a: Args, at: Dated) -> None:
        self._require(self.owner_of(a["wallet"]) == a["id"], f"loss of {a['wallet']}")
        self._bind(a["wallet"], a["id"], 0, at)
        self._wallets_of[a["id"]].discard(a["wallet"])
        self.lost.add(a["wallet"])

    def _on_WalletRecovered(self, a: Args, at: Dated) -> None:
        wallet = a["wallet"]
        owner = self.owner_of(wallet)
        agreed = owner == NO_PARTICIPANT and self.joining.get(wallet) == a["id"]
        self._require(agreed or owner == a["id"], f"{wallet} taken in without its consent")
        if owner == NO_PARTICIPANT:
            self.joining[wallet] = NO_PARTICIPANT
        self._bind(wallet, a["id"], a["rights"], at)

    def _on_RecoveryUpheld(self, a: Args, at: Dated) -> None:
        number = a["id"]
        recovery = self.recoveries[number]
        decided = {(wallet, self.wallets[wallet][1]) for wallet in self.wallets_of(number)}
        right = decided == set(recovery.wallets) and recovery.wallets[0][0] == a["primary"]
        right &= recovery.decidable_at <= at.time <= recovery.lapses_at
        right &= a["arbiter"] != recovery.registrar
        self._require(right, f"decision about the wallets of participant {number}")
        self.participants[number].primary = a["primary"]
        self.recoveries[number] = Recovery()
        for key in self.invitations:
            if key[0] == number:
                self.invitations[key] = 0

    def _on_ArbiterSet(self, a: Args, _: Dated) -> None:
        self.arbiters[a["arbiter"], a["jurisdiction"]] = a["allowed"]

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
        yield Check(self.contract, "mirror", (), self.mirror, "mirror of wallets")
        yield from self._wallet_checks()
        yield from self._participant_checks()
        yield from self._installation_checks()

    def _wallet_checks(self) -> Iterator[Check]:
        for wallet, (number, rights) in sorted(self.wallets.items()):
            status = self.participants[number].status if number else 0
            status = SUSPENDED if wallet in self.lost else status
            expected = (number, rights, status)
            yield Check(self.contract, "walletOf", (wallet,), expected, f"wallet {wallet}")
        for key, rights in sorted(self.invitations.items()):
            about = f"invitation of {key[1]} by participant {key[0]}"
            yield Check(self.contract, "invitation", key, rights, about)
        for wallet, (kinds, place, details) in sorted(self.applications.items()):
            filed = keccak(encode_values("(uint16,uint16,bytes32)", (kinds, place, details)))
            yield Check(
                self.contract, "applicationOf", (wallet,), filed, f"application of {wallet}"
            )
        for wallet, number in sorted(self.joining.items()):
            about = f"consent of {wallet} to a participant"
            yield Check(self.contract, "joining", (wallet,), number, about)
        for wallet, former in sorted(self.formerly.items()):
            about = f"participant that {wallet} was removed from"
            yield Check(self.contract, "formerly", (wallet,), former, about)

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
            recovery = self.recoveries.get(number, Recovery())
            about = f"claim of theft and proposed wallets of participant {number}"
            yield Check(self.contract, "recoveryOf", (number,), recovery.answer(), about)
        for group in in_groups(sorted(self.participants), GROUP):
            deliveries = [self._delivery(self.participants[number].primary) for number in group]
            about = f"wallets of delivery of participants, {group[0]} and on"
            yield Check(self.contract, "deliveriesOf", (group,), deliveries, about)

    def _delivery(self, primary: str) -> int:
        """`DeliveryWord`: primary wallet, and its number at its first application above it."""
        return wallet_word.delivery(primary, self.seats.get(primary, NO_PARTICIPANT))

    def _installation_checks(self) -> Iterator[Check]:
        count = len(self.installations)
        yield Check(self.contract, "installationCount", (), count, "number of installations")
        for group in in_groups(sorted(self.installations), GROUP):
            words = [self.installations[number].word() for number in group]
            about = f"installations, {group[0]} and on"
            yield Check(self.contract, "installationWords", (group,), words, about)
        for scheme in sorted({plant.scheme for plant in self.installations.values()}):
            needed = self.sale_consent.get(scheme, False)
            about = f"consent to sales in scheme {scheme}"
            yield Check(self.contract, "saleConsentNeeded", (scheme,), needed, about)
