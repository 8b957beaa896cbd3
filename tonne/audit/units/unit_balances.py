"""Replay of a unit contract: balances, issues, and exits by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally, in_groups
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.replay.slots import SlotValue, mapping_slot
from tonne.audit.rules.schemes import SchemesReplay
from tonne.constants import ZERO_ADDRESS
from tonne.types import held_account, packing, unit_id
from tonne.types.ids import ParticipantId, UnitId

#: `Exit` of IUnit1155.
SURRENDERED, RETIRED, CANCELLED, CLAWED_BACK, EXPIRED, BANKED_AWAY = 1, 2, 3, 4, 5, 6
INVALIDATED, REVERSED = 7, 8
EXIT_KINDS: Final = range(1, 11)

#: Rights of a controller that let it order over a holder's head.
EXIT_RIGHT, FORCE_RIGHT = 2, 4
#: Place of the controllers' rights in the contract's storage.
RIGHTS: Final = 4
#: Against it, places of the units' rows and totals; within a row, of the accounts' holdings.
ROWS, TOTALS, ACCOUNTS = -3, -2, 1
#: Of a balance, a freeze and a total.
UNITS_BITS: Final = 64
#: `Powers` of ISchemes.
FREEZE: Final = 32


class Unit1155Replay(AccessManagedReplay):
    """Balances, issues and exits of one ERC-1155 unit contract."""

    #: Place of the controllers' rights, behind the storage that a class of units shares with its extension.
    rights_at = RIGHTS

    def __init__(
        self,
        contract: str,
        address: str,
        parties: ParticipantsReplay,
        schemes: SchemesReplay,
        contracts: Iterable[str] = (),
    ) -> None:
        """`contracts` are addresses whose rights are compared even if no event grants any."""
        super().__init__()
        self.contract, self.address = contract, address
        self.parties, self.schemes = parties, schemes
        self.balances: dict[tuple[str, UnitId], int] = defaultdict(int)
        self.frozen: dict[tuple[str, UnitId], int] = {}
        self.rights: dict[str, int] = dict.fromkeys(contracts, 0)  # of controllers
        self.approved: dict[tuple[str, str], bool] = {}
        self.venue = ZERO_ADDRESS
        self.minted: dict[UnitId, int] = defaultdict(int)
        self.burnt: dict[UnitId, int] = defaultdict(int)
        self.issued: dict[UnitId, int] = defaultdict(int)
        self.exited: dict[tuple[UnitId, int], int] = defaultdict(int)
        #: Exits by (kind, reference, id), to compare with the events of the contract that caused them.
        self.exits_for: dict[tuple[int, bytes, UnitId], int] = defaultdict(int)
        #: Issues by (evidence, id), likewise.
        self.issues_for: dict[tuple[bytes, UnitId], int] = defaultdict(int)
        self._moved: tuple[str, str, UnitId, int] | None = None  # last transfer
        self._forced: tuple[str, str, UnitId, int] | None = None  # last one over a holder's head
        #: Units brought to held accounts, as reported and as moved, by participant and id.
        self.reported: dict[tuple[ParticipantId, UnitId], int] = defaultdict(int)
        self.brought: dict[tuple[ParticipantId, UnitId], int] = defaultdict(int)

    # Transfers

    def _on_TransferSingle(self, a: Args, _: Dated) -> None:
        self._moved = (a["from"], a["to"], a["id"], a["value"])
        self._transfer(a["from"], a["to"], a["id"], a["value"])

    def _on_TransferBatch(self, a: Args, _: Dated) -> None:
        for id_, value in zip(a["ids"], a["values"], strict=True):
            self._transfer(a["from"], a["to"], id_, value)

    def _transfer(self, source: str, target: str, id_: UnitId, amount: int) -> None:
        if source == ZERO_ADDRESS:
            self.minted[id_] += amount
        else:
            self.balances[source, id_] -= amount
        if target == ZERO_ADDRESS:
            self.burnt[id_] += amount
        else:
            self.balances[target, id_] += amount
            if owner := held_account.owner_of(target):
                self.brought[owner, id_] += amount

    # Held for a participant

    def owner_of(self, account: str) -> ParticipantId:
        """Participant whose wallet or held account this is; 0 if none."""
        return held_account.owner_of(account) or self.parties.owner_of(account)

    def _on_UnitsHeld(self, a: Args, _: Dated) -> None:
        # A share of a recipient that is not active is reported before its transfer, a refused one after it.
        who, key = a["participant"], (a["participant"], a["id"])
        self._require(
            self.parties.owner_of(a["wallet"]) == who,
            f"{a['amount']} of {a['id']:#x} held for {who}, refused by {a['wallet']}",
        )
        self.reported[key] += a["amount"]

    def _on_HeldUnitsClaimed(self, a: Args, _: Dated) -> None:
        who, wallet, id_ = a["participant"], a["wallet"], a["id"]
        claimed = (held_account.account_of(who), wallet, id_, a["amount"])
        right = self._moved == claimed and self.parties.owner_of(wallet) == who
        self._require(right, f"{a['amount']} of {id_:#x} claimed by {wallet}")

    # Orders over a holder's head

    def _on_Frozen(self, a: Args, _: Dated) -> None:
        self.frozen[a["account"], a["tokenId"]] = a["amount"]

    def _on_FreezeOrdered(self, a: Args, _: Dated) -> None:
        account, id_ = a["account"], a["id"]
        same = self.frozen.get((account, id_)) == a["amount"]
        right = same and self._may_order(a["officer"], account, account, id_)
        self._require(right, f"freeze of {a['amount']} of {id_:#x} on {account}")

    def _on_ForcedTransfer(self, a: Args, _: Dated) -> None:
        self._forced = (a["from"], a["to"], a["tokenId"], a["amount"])
        self._require(self._forced == self._moved, f"forced transfer {self._forced} did not occur")

    def _on_TransferOrdered(self, a: Args, _: Dated) -> None:
        ordered = (a["from"], a["to"], a["id"], a["amount"])
        right = self._may_order(a["officer"], a["from"], a["to"], a["id"])
        self._require(right and ordered == self._forced, f"order to transfer {ordered}")
        self._forced = None

    def _may_order(self, officer: str, account: str, to: str, id_: UnitId) -> bool:
        """Whether a controller, or an officer of the unit's scheme where the holder is, may order."""
        rights = self.rights.get(officer, 0)
        if rights & FORCE_RIGHT or (account == officer and rights & EXIT_RIGHT):
            return True
        owner = self.owner_of(account) or self.owner_of(to)
        if owner not in self.parties.participants:
            return False
        place = self.parties.participants[owner].jurisdiction
        return self.schemes.may(officer, unit_id.scheme_of(id_), place, FREEZE)

    # Wiring

    def _on_ControllerSet(self, a: Args, _: Dated) -> None:
        self.rights[a["controller"]] = a["rights"]

    def _on_ApprovalForAll(self, a: Args, _: Dated) -> None:
        self.approved[a["account"], a["operator"]] = a["approved"]

    def _on_VenueSet(self, a: Args, _: Dated) -> None:
        self.venue = a["venue"]

    # Issues and exits

    def _on_UnitsIssued(self, a: Args, _: Dated) -> None:
        self.issued[a["id"]] += a["amount"]
        self.issues_for[a["evidence"], a["id"]] += a["amount"]

    def _on_UnitsExited(self, a: Args, _: Dated) -> None:
        self.exited[a["id"], a["kind"]] += a["amount"]
        self.exits_for[a["kind"], a["ref"], a["id"]] += a["amount"]

    # Comparison

    def invariants(self, tally: Tally) -> None:
        """Conservation: minted = issued, burnt = left by an exit, issued = accounts + held for + left."""
        super().invariants(tally)
        held: dict[UnitId, int] = defaultdict(int)
        held_for: dict[UnitId, int] = defaultdict(int)
        for (account, id_), amount in self.balances.items():
            (held_for if held_account.owner_of(account) else held)[id_] += amount
        for (who, id_), amount in self.brought.items():
            about = f"unit {id_:#x} held for {who}"
            tally.value(self.contract, about, amount, self.reported[who, id_])
        for id_ in sorted(self.minted.keys() | self.issued.keys()):
            left = sum(self.exited[id_, kind] for kind in EXIT_KINDS)
            name = f"unit {id_:#x}"
            tally.value(self.contract, f"{name} minted", self.issued[id_], self.minted[id_])
            tally.value(self.contract, f"{name} burnt", left, self.burnt[id_])
            kept = held[id_] + held_for[id_] + left
            tally.value(self.contract, f"{name} conserved", self.issued[id_], kept)
        negative = [key for key, amount in self.balances.items() if amount < 0]
        tally.value(self.contract, "negative balances", [], negative)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for group in in_groups(sorted(self.balances), 200):
            accounts, ids = [a for a, _ in group], [i for _, i in group]
            expected = [self.balances[key] for key in group]
            yield Check(self.contract, "balanceOfBatch", (accounts, ids), expected, "balances")
        for (account, id_), amount in sorted(self.frozen.items()):
            about = f"frozen of {account}"
            yield Check(self.contract, "getFrozenTokens", (account, id_), amount, about)
        yield Check(self.contract, "venue", (), self.venue, "venue")
        for controller, rights in self.rights.items():
            about = f"rights of controller {controller}"
            yield Check(self.contract, "rightsOf", (controller,), rights, about)
        for pair, approved in self.approved.items():
            about = f"approval of {pair[1]} by {pair[0]}"
            yield Check(self.contract, "isApprovedForAll", pair, approved, about)
        for id_ in sorted(self.issued):
            exits = {kind: self.exited[id_, kind] for kind in EXIT_KINDS}
            supply = self.issued[id_] - sum(exits.values())
            about = f"unit {id_:#x}"
            yield Check(self.contract, "issuedOf", (id_,), self.issued[id_], f"{about} issued")
            yield Check(self.contract, "totalSupply", (id_,), supply, f"{about} supply")
            for kind, amount in exits.items():
                yield Check(self.contract, "exitedOf", (id_, kind), amount, f"{about} exit {kind}")

    def slots(self) -> Iterator[SlotValue]:
        for controller, rights in self.rights.items():
            slot = mapping_slot(int(controller, 16), self.rights_at)
            yield SlotValue(
                self.contract, slot, rights, f"stored rights of controller {controller}"
            )
        for id_ in sorted(self.issued):
            totals = [self.issued[id_], *(self.exited[id_, kind] for kind in EXIT_KINDS)]
            base = mapping_slot(id_, self.rights_at + TOTALS)
            for word, part in enumerate(in_groups(totals, 4)):
                expected = packing.side_by_side(part, UNITS_BITS)
                about = f"stored totals of unit {id_:#x}, word {word}"
                yield SlotValue(self.contract, mapping_slot(word, base), expected, about)
        yield from self._holdings()

    def _holdings(self) -> Iterator[SlotValue]:
        """Balance and freeze of each account and unit, which share a word."""
        for account, id_ in sorted(self.balances.keys() | self.frozen.keys()):
            slot = mapping_slot(
                int(account, 16), mapping_slot(id_, self.rights_at + ROWS) + ACCOUNTS
            )
            own = (self.balances.get((account, id_), 0), self.frozen.get((account, id_), 0))
            word = packing.side_by_side(own, UNITS_BITS)
            about = f"stored holding of {account} in unit {id_:#x}"
            yield SlotValue(self.contract, slot, word, about)


class AllowancesReplay(Unit1155Replay, PausableReplay):
    """Allowances, whose issue a guardian can pause."""

    def _holdings(self) -> Iterator[SlotValue]:
        """None: which word an account's holding shares with others, events do not tell."""
        return iter(())
