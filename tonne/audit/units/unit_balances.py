"""Replay of a unit contract: balances, issues, and exits by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tonne.audit.replay.compare import Check, Tally, in_groups
from tonne.audit.replay.currency import ZERO
from tonne.audit.replay.events import Dated

#: `Exit` of IUnit1155.
SURRENDERED, RETIRED, CANCELLED, CLAWED_BACK, EXPIRED, BANKED_AWAY = 1, 2, 3, 4, 5, 6
INVALIDATED, REVERSED = 7, 8
EXIT_KINDS: Final = range(1, 10)


class UnitsReplay:
    """One ERC-1155 contract of ours."""

    def __init__(self, contract: str = "SettlementCurrency", address: str = "") -> None:
        self.contract = contract
        self.address = address
        self.balances: dict[tuple[str, int], int] = defaultdict(int)
        self.frozen: dict[tuple[str, int], int] = {}
        self.rights: dict[str, int] = {}  # of controllers
        self.approved: dict[tuple[str, str], bool] = {}
        self.venue = ZERO
        self.minted: dict[int, int] = defaultdict(int)
        self.burnt: dict[int, int] = defaultdict(int)
        self.issued: dict[int, int] = defaultdict(int)
        self.exited: dict[tuple[int, int], int] = defaultdict(int)
        #: Exits by (kind, reference, id): what other rooms' events have to agree with.
        self.exits_for: dict[tuple[int, bytes, int], int] = defaultdict(int)
        #: Issues by (evidence, id), likewise.
        self.issues_for: dict[tuple[bytes, int], int] = defaultdict(int)

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args)

    def _on_TransferSingle(self, a: dict) -> None:
        self._transfer(a["from"], a["to"], a["id"], a["value"])

    def _on_TransferBatch(self, a: dict) -> None:
        for id_, value in zip(a["ids"], a["values"], strict=True):
            self._transfer(a["from"], a["to"], id_, value)

    def _transfer(self, source: str, target: str, id_: int, amount: int) -> None:
        if source == ZERO:
            self.minted[id_] += amount
        else:
            self.balances[source, id_] -= amount
        if target == ZERO:
            self.burnt[id_] += amount
        else:
            self.balances[target, id_] += amount

    def _on_Frozen(self, a: dict) -> None:
        self.frozen[a["account"], a["tokenId"]] = a["amount"]

    def _on_ControllerSet(self, a: dict) -> None:
        self.rights[a["controller"]] = a["rights"]

    def _on_ApprovalForAll(self, a: dict) -> None:
        self.approved[a["account"], a["operator"]] = a["approved"]

    def _on_VenueSet(self, a: dict) -> None:
        self.venue = a["venue"]

    def _on_UnitsIssued(self, a: dict) -> None:
        self.issued[a["id"]] += a["amount"]
        self.issues_for[a["evidence"], a["id"]] += a["amount"]

    def _on_UnitsExited(self, a: dict) -> None:
        self.exited[a["id"], a["kind"]] += a["amount"]
        self.exits_for[a["kind"], a["ref"], a["id"]] += a["amount"]

    # What must hold

    def internal(self, tally: Tally) -> None:
        """Identities between events that need no chain: conservation, mint = issue, burn = exit."""
        for id_ in sorted(self.minted.keys() | self.issued.keys()):
            left = sum(self.exited[id_, kind] for kind in EXIT_KINDS)
            held = sum(v for (_, of), v in self.balances.items() if of == id_)
            name = f"unit {id_:#x}"
            tally.value(self.contract, f"{name} minted", self.issued[id_], self.minted[id_])
            tally.value(self.contract, f"{name} burnt", left, self.burnt[id_])
            tally.value(self.contract, f"{name} conserved", self.issued[id_], held + left)
        negative = [key for key, amount in self.balances.items() if amount < 0]
        tally.value(self.contract, "negative balances", [], negative)

    def checks(self) -> Iterator[Check]:
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
