"""Replay of PowerMarket's ledger: credits, pseudonyms, and amounts bound and settled by other contracts.

Shortages and debts follow from the rules. So they are worked out here, a transaction at a time, and the
chain's events about them must be the same in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args, Handler
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.chain.client import Chain
from tonne.constants import ZERO_ADDRESS
from tonne.power.encoding import FIRST_PSEUDONYM, Payment
from tonne.types.ids import UnitId

#: `LedgerRights`.
BIND, SETTLE = 1, 2
LAST_ACCOUNT: Final = 2**32 - 1

#: An event that follows from others: its name and amounts.
Effect = tuple[str, *tuple[int, ...]]


@dataclass(slots=True)
class PowerAccount:
    """One account of the ledger [micro-credit]."""

    free: int = 0
    escrow: int = 0
    sponsor: int = 0
    debt: int = 0


class PowerLedgerReplay(PausableReplay, AccessManagedReplay):
    """Accounts of the market, by number."""

    contract = "PowerMarket"

    def __init__(self, chain: Chain, parties: ParticipantsReplay, credits: Unit1155Replay) -> None:
        super().__init__()
        self.address = chain[self.contract].address
        self._contracts = [contract.address for contract in chain.contracts.values()]
        self.parties, self.credits = parties, credits
        self.paid_in: tuple[str, UnitId, int] | None = None  # token, id, micro-credits of a unit
        self.accounts: dict[int, PowerAccount] = defaultdict(PowerAccount)
        self.pseudonyms: dict[str, int] = {}
        self.controllers: dict[str, tuple[int, int]] = {}  # rights, account
        self.awards: dict[int, int] = defaultdict(int)  # [micro-credit] by pseudonym
        self.reserve = 0
        self._time = 0
        self._pending: list[tuple[Handler, Dated]] = []  # events of this transaction
        self._settled: set[int] = set()  # accounts that it settles
        self._effects: list[Effect] = []  # worked out
        self._stated: list[Effect] = []  # by the chain's events

    # A transaction at a time: some effects are stated before their cause

    def take(self, handler: Handler, at: Dated) -> None:
        self._pending.append((handler, at))
        if at.event.name == "AccountsSettled":
            self._settled.update(Payment.unpack(word).account for word in at.event.args["words"])

    def end_transaction(self) -> None:
        for handler, at in self._pending:
            self._time = at.time
            super().take(handler, at)
        same = self._stated == self._effects
        self._require(same, f"effects stated {self._stated}, worked out {self._effects}")
        self._pending, self._settled, self._effects, self._stated = [], set(), [], []

    def _on_DebtIncurred(self, a: Args, _: Dated) -> None:
        self._stated.append(("DebtIncurred", a["debtor"], a["account"], a["amount"]))

    def _on_DebtPaid(self, a: Args, _: Dated) -> None:
        self._stated.append(("DebtPaid", a["debtor"], a["amount"]))

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
        """Pays debts, and adds the rest to the free amount."""
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

    def _on_CreditsSet(self, a: Args, _: Dated) -> None:
        self._require(self.paid_in is None and a["microPerUnit"] > 0, "credits set")
        self.paid_in = (a["token"], a["id"], a["microPerUnit"])

    def _on_CreditsDeposited(self, a: Args, _: Dated) -> None:
        self._require(self._is_whole(a["amount"]), f"{a['amount']} deposited")
        self._require(self._owner(a["from"]) == a["account"] > 0, f"deposit of {a['from']}")
        self._credit(a["account"], a["amount"])

    def _on_CreditsWithdrawn(self, a: Args, _: Dated) -> None:
        self._require(self._is_whole(a["amount"]), f"{a['amount']} withdrawn")
        self._require(self._owner(a["to"]) == a["account"] > 0, f"withdrawal to {a['to']}")
        self._take(a["account"], a["amount"])

    def _is_whole(self, amount: int) -> bool:
        return self.paid_in is not None and amount > 0 and amount % self.paid_in[2] == 0

    def _owner(self, wallet: str) -> int:
        return self.parties.owner_of(wallet)

    # Pseudonyms

    def _on_PseudonymOpened(self, a: Args, _: Dated) -> None:
        signer, number = a["signer"], a["account"]
        new = signer not in self.pseudonyms and self._owner(signer) == 0
        follows = number == FIRST_PSEUDONYM + len(self.pseudonyms)
        self._require(new and follows and a["sponsor"] > 0, f"pseudonym {number} does not follow")
        self.pseudonyms[signer] = number
        self.accounts[number].sponsor = a["sponsor"]

    def _on_CreditsMoved(self, a: Args, _: Dated) -> None:
        source, target = a["from"], a["to"]
        if target in self._settled and self.accounts[target].sponsor == source:
            self._stated.append(("CreditsMoved", source, target, a["amount"]))
            return
        inner = {self.accounts[source].sponsor: target, self.accounts[target].sponsor: source}
        kept = any(sponsor and sponsor == other for sponsor, other in inner.items())
        self._require(kept and a["amount"] > 0, f"credits moved from {source} to {target}")
        self._take(source, a["amount"])
        self._credit(target, a["amount"])

    # Controllers

    def _on_ControllerSet(self, a: Args, _: Dated) -> None:
        controller, number = a["controller"], a["account"]
        own = self.controllers.get(controller, (0, LAST_ACCOUNT - len(self.controllers)))[1]
        known = controller != ZERO_ADDRESS and a["rights"] <= BIND | SETTLE
        self._require(known and number == own, f"controller {controller} does not follow")
        self.controllers[controller] = (a["rights"], number)

    def _has(self, controller: str, right: int) -> bool:
        return self.controllers.get(controller, (0, 0))[0] & right != 0

    def _on_ReserveSet(self, a: Args, _: Dated) -> None:
        before, number = self.reserve, a["account"]
        debt = self.accounts[before].debt
        free_of_debt = self.accounts[number].debt == 0 or number == before == 0
        right = 0 < number < FIRST_PSEUDONYM and free_of_debt
        same = (a["before"], a["debt"]) == (before, debt)
        self._require(right and same, f"reserve {number} after {before}")
        self.reserve, self.accounts[before].debt = number, 0
        if debt:
            self._owe(number, number, debt - self._take_up_to(number, debt))

    def _on_CreditsBound(self, a: Args, _: Dated) -> None:
        self._require(self._has(a["by"], BIND), f"credits bound by {a['by']}")
        self._take(a["account"], a["amount"])
        self.accounts[a["account"]].escrow += a["amount"]

    def _on_CreditsUnbound(self, a: Args, _: Dated) -> None:
        account = self.accounts[a["account"]]
        account.escrow -= a["amount"]
        right = self._has(a["by"], BIND) and account.escrow >= 0
        self._require(right, f"credits unbound by {a['by']}")
        self._credit(a["account"], a["amount"])

    def _on_AccountsSettled(self, a: Args, _: Dated) -> None:
        self._require(self._has(a["by"], SETTLE), f"accounts settled by {a['by']}")
        total = 0
        for word in a["words"]:
            number, amount, unbound = payment = Payment.unpack(word)
            known = 0 < number and (number < FIRST_PSEUDONYM or self.accounts[number].sponsor > 0)
            self._require(known and payment.pack() == word, f"word {word:#x} settled")
            total += amount
            self._settle(number, amount, unbound)
        self._settle(self.controllers[a["by"]][1], -total, 0)

    # Awards

    def _on_CreditsAwarded(self, a: Args, _: Dated) -> None:
        account = a["account"]
        known = 0 < account and (account < FIRST_PSEUDONYM or self.accounts[account].sponsor > 0)
        self._require(known and self._has(a["by"], SETTLE), f"credits awarded by {a['by']}")
        self._settle(self.controllers[a["by"]][1], -a["amount"], 0)
        self._award(account, a["amount"])

    def _award(self, account: int, amount: int) -> None:
        """A pseudonym's credits are its sponsor's; an award is its key's."""
        if account < FIRST_PSEUDONYM:
            self._credit(account, amount)
        else:
            self.awards[account] += amount

    def _on_AwardTaken(self, a: Args, _: Dated) -> None:
        account, amount = a["account"], a["amount"]
        self._require(amount == self.awards[account] > 0, f"award of account {account}")
        self.awards[account] = 0
        self._credit(a["to"], amount)

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

    def _kept(self) -> int:
        """[micro-credit] that is in no account."""
        return 0

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        accounts = sum(account.free + account.escrow for account in self.accounts.values())
        owed = accounts + self._kept()
        held = self.accounts[self.reserve].debt
        if self.paid_in is not None:
            token, unit, micro = self.paid_in
            if token != self.credits.address:
                return  # another's token, whose transfers are not replayed
            held += self.credits.balances.get((self.address, unit), 0) * micro
        tally.value(self.contract, "credits held for all accounts", held, owed)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "credits", (), self.paid_in or (ZERO_ADDRESS, 0, 0), "credits")
        opened = len(self.pseudonyms)
        yield Check(self.contract, "pseudonymCount", (), opened, "number of pseudonyms")
        yield Check(self.contract, "reserve", (), self.reserve, "reserve")
        for signer, number in self.pseudonyms.items():
            yield Check(self.contract, "pseudonymOf", (signer,), number, f"pseudonym of {signer}")
        for controller in sorted({*self.controllers, *self._contracts}):
            known = self.controllers.get(controller, (0, 0))
            about = f"controller {controller}"
            yield Check(self.contract, "controllerOf", (controller,), known, about)
        for number, account in sorted(self.accounts.items()):
            expected = (account.free, account.escrow, account.sponsor, account.debt > 0)
            yield Check(self.contract, "accountOf", (number,), expected, f"account {number}")
        for number, award in sorted(self.awards.items()):
            yield Check(self.contract, "awardOf", (number,), award, f"award of account {number}")
            yield Check(
                self.contract, "debtOf", (number,), account.debt, f"debt of account {number}"
            )
