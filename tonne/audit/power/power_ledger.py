"""Replay of PowerMarket's ledger: credits, pseudonyms, and what contracts that settle energy do with them.

Shortages and debts follow from the rules. So they are reckoned here, transaction by transaction, and what
the chain told of them must be the same in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.currency import ZERO
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import UnitsReplay
from tonne.chain.client import Chain
from tonne.power.encoding import FIRST_PSEUDONYM, MASK

#: `LedgerRights`.
BIND, SETTLE = 1, 2
LAST_ACCOUNT: Final = (1 << 32) - 1
AMOUNT_BITS: Final = 96

#: What follows from other events.
EFFECTS: Final = ("DebtIncurred", "DebtPaid")


@dataclass(slots=True)
class Account:
    """One account [micro-credit]."""

    free: int = 0
    escrow: int = 0
    sponsor: int = 0
    debt: int = 0


class PowerLedgerReplay:
    """Accounts of the market, by number."""

    contract: Final = "PowerMarket"

    def __init__(self, chain: Chain, parties: PartiesReplay, credits: UnitsReplay) -> None:
        self.address = chain[self.contract].address
        self.parties, self.credits = parties, credits
        self.paid_in: tuple[str, int, int] | None = None  # token, id, micro-credits of a unit
        self.accounts: dict[int, Account] = defaultdict(Account)
        self.pseudonyms: dict[str, int] = {}
        self.controllers: dict[str, tuple[int, int]] = {}  # rights, account
        self.reserve = 0
        self.faults: list[str] = []
        self._time = 0
        self._tx = ""
        self._events: list[Dated] = []  # of one transaction
        self._effects: list[tuple] = []  # that must have been told of it

    def apply(self, dated: Dated) -> None:
        self.until(dated.event.tx_hash)
        self._events.append(dated)

    def until(self, tx: str) -> None:
        """Replays what was told before this transaction."""
        if tx != self._tx:
            self._replay()
            self._tx = tx

    def _replay(self) -> None:
        """A whole transaction: some effects are told before their cause."""
        events, self._events = self._events, []
        told, self._effects = [], []
        settled = {
            word & MASK
            for dated in events
            if dated.event.name == "AccountsSettled"
            for word in dated.event["words"]
        }
        for dated in events:
            self._time, name, a = dated.time, dated.event.name, dated.event.args
            moved = name == "CreditsMoved" and a["to"] in settled
            if moved and self.accounts[a["to"]].sponsor == a["from"]:
                told.append((name, a["from"], a["to"], a["amount"]))
            elif name in EFFECTS:
                told.append((name, *a.values()))
            else:
                self._act(name, a)
        self._require(told == self._effects, f"debts told in {self._tx}: {told}")

    def _act(self, name: str, a: dict) -> None:
        handler = getattr(self, f"_on_{name}", None)
        if handler is None:
            return
        try:
            handler(a)
        except KeyError as unknown:
            self.faults.append(f"{name} tells of {unknown}, which nothing made known")

    def _require(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)

    # Amounts

    def _take(self, number: int, amount: int) -> None:
        account = self.accounts[number]
        account.free -= amount
        self._require(account.free >= 0, f"{amount} from account {number}, which had less")

    def _take_up_to(self, number: int, amount: int) -> int:
        account = self.accounts[number]
        taken = min(amount, account.free)
        account.free -= taken
        return taken

    def _credit(self, number: int, amount: int) -> None:
        """Adds to what is free, after debts."""
        account = self.accounts[number]
        if account.debt:
            paid = min(amount, account.debt)
            account.debt -= paid
            self._effects.append(("DebtPaid", number, paid))
            if number != self.reserve:
                self._credit(self.reserve, paid)
            amount -= paid
        account.free += amount

    def _owe(self, debtor: int, number: int, amount: int) -> None:
        if amount:
            self.accounts[debtor].debt += amount
            self._effects.append(("DebtIncurred", debtor, number, amount))

    # Credits

    def _on_CreditsSet(self, a: dict) -> None:
        self._require(self.paid_in is None and a["microPerUnit"] > 0, "credits set")
        self.paid_in = (a["token"], a["id"], a["microPerUnit"])

    def _on_CreditsDeposited(self, a: dict) -> None:
        self._require(self._is_whole(a["amount"]), f"{a['amount']} deposited")
        self._require(self._owner(a["from"]) == a["account"] > 0, f"deposit of {a['from']}")
        self._credit(a["account"], a["amount"])

    def _on_CreditsWithdrawn(self, a: dict) -> None:
        self._require(self._is_whole(a["amount"]), f"{a['amount']} withdrawn")
        self._require(self._owner(a["to"]) == a["account"] > 0, f"withdrawal to {a['to']}")
        self._take(a["account"], a["amount"])

    def _is_whole(self, amount: int) -> bool:
        return self.paid_in is not None and amount > 0 and amount % self.paid_in[2] == 0

    def _owner(self, wallet: str) -> int:
        return self.parties.wallets.get(wallet, (0, 0))[0]

    # Pseudonyms

    def _on_PseudonymOpened(self, a: dict) -> None:
        signer, number = a["signer"], a["account"]
        new = signer not in self.pseudonyms and self._owner(signer) == 0
        follows = number == FIRST_PSEUDONYM + len(self.pseudonyms)
        self._require(new and follows and a["sponsor"] > 0, f"pseudonym {number} does not follow")
        self.pseudonyms[signer] = number
        self.accounts[number].sponsor = a["sponsor"]

    def _on_CreditsMoved(self, a: dict) -> None:
        source, target = a["from"], a["to"]
        inner = {self.accounts[source].sponsor: target, self.accounts[target].sponsor: source}
        kept = any(sponsor and sponsor == other for sponsor, other in inner.items())
        self._require(kept and a["amount"] > 0, f"credits moved from {source} to {target}")
        self._take(source, a["amount"])
        self._credit(target, a["amount"])

    # Controllers

    def _on_ControllerSet(self, a: dict) -> None:
        controller, number = a["controller"], a["account"]
        _, own = self.controllers.get(controller, (0, LAST_ACCOUNT - len(self.controllers)))
        known = controller != ZERO and a["rights"] <= BIND | SETTLE
        self._require(known and number == own, f"controller {controller} does not follow")
        self.controllers[controller] = (a["rights"], number)

    def _has(self, controller: str, right: int) -> bool:
        return self.controllers.get(controller, (0, 0))[0] & right != 0

    def _on_ReserveSet(self, a: dict) -> None:
        before, number = self.reserve, a["account"]
        debt = self.accounts[before].debt
        free_of_debt = self.accounts[number].debt == 0 or number == before == 0
        right = 0 < number < FIRST_PSEUDONYM and free_of_debt
        same = (a["before"], a["debt"]) == (before, debt)
        self._require(right and same, f"reserve {number} after {before}")
        self.reserve, self.accounts[before].debt = number, 0
        if debt:
            self._owe(number, number, debt - self._take_up_to(number, debt))

    def _on_CreditsBound(self, a: dict) -> None:
        self._require(self._has(a["by"], BIND), f"credits bound by {a['by']}")
        self._take(a["account"], a["amount"])
        self.accounts[a["account"]].escrow += a["amount"]

    def _on_CreditsUnbound(self, a: dict) -> None:
        account = self.accounts[a["account"]]
        account.escrow -= a["amount"]
        right = self._has(a["by"], BIND) and account.escrow >= 0
        self._require(right, f"credits unbound by {a['by']}")
        self._credit(a["account"], a["amount"])

    def _on_AccountsSettled(self, a: dict) -> None:
        self._require(self._has(a["by"], SETTLE), f"accounts settled by {a['by']}")
        total = 0
        for word in a["words"]:
            number, amount = word & MASK, word >> 32 & (1 << AMOUNT_BITS) - 1
            if amount >> AMOUNT_BITS - 1:
                amount -= 1 << AMOUNT_BITS
            known = 0 < number and (number < FIRST_PSEUDONYM or self.accounts[number].sponsor > 0)
            self._require(known and word >> 224 == 0, f"word {word:#x} settled")
            total += amount
            self._settle(number, amount, word >> 128)
        self._settle(self.controllers[a["by"]][1], -total, 0)

    def _settle(self, number: int, amount: int, unbound: int) -> None:
        account = self.accounts[number]
        unbound = min(unbound, account.escrow)
        account.escrow -= unbound
        free = account.free + unbound + amount
        if free >= 0 and not account.debt:
            account.free = free
            return
        account.free = 0
        if free >= 0:
            self._credit(number, free)
            return
        missing, debtor = -free, account.sponsor or number
        if account.sponsor:
            moved = self._take_up_to(debtor, missing)
            if moved:
                self._effects.append(("CreditsMoved", debtor, number, moved))
            missing -= moved
        self._owe(debtor, number, missing)
        lender = self.reserve
        if debtor != lender:
            self._owe(lender, lender, missing - self._take_up_to(lender, missing))

    # What must hold

    def internal(self, tally: Tally) -> None:
        self._replay()
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        owed = sum(account.free + account.escrow for account in self.accounts.values())
        held = self.accounts[self.reserve].debt
        if self.paid_in is not None:
            token, unit, micro = self.paid_in
            if token != self.credits.address:
                return  # another's token, whose transfers nobody reads here
            held += self.credits.balances.get((self.address, unit), 0) * micro
        tally.value(self.contract, "credits held for all accounts", held, owed)

    def checks(self, _now: int) -> Iterator[Check]:
        desk = self.contract
        yield Check(desk, "credits", (), self.paid_in or (ZERO, 0, 0), "credits")
        opened = len(self.pseudonyms)
        yield Check(desk, "pseudonymCount", (), opened, "number of pseudonyms")
        yield Check(desk, "reserve", (), self.reserve, "reserve")
        for signer, number in self.pseudonyms.items():
            yield Check(desk, "pseudonymOf", (signer,), number, f"pseudonym of {signer}")
        for controller, known in self.controllers.items():
            about = f"controller {controller}"
            yield Check(desk, "controllerOf", (controller,), known, about)
        for number, account in sorted(self.accounts.items()):
            expected = (account.free, account.escrow, account.sponsor, account.debt > 0)
            yield Check(desk, "accountOf", (number,), expected, f"account {number}")
            yield Check(desk, "debtOf", (number,), account.debt, f"debt of account {number}")
