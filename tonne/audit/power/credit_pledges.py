"""Replay of CreditPledges: pledges of energy credits, releases agreed or ordered, and their transfers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.pledges import LENDER, NONE, PLEDGOR
from tonne.audit.parties.participants import ACTIVE
from tonne.audit.parties.payouts import PayoutsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, Handler, follows
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.energy_credits import EXPIRED, NO_REASON, EnergyCreditsReplay
from tonne.audit.units.unit_balances import FREEZE
from tonne.constants import ZERO_ADDRESS
from tonne.types import unit_id
from tonne.types.ids import ParticipantId, UnitId

#: `WalletRights` of IParticipants.
TRADE: Final = 1


@dataclass(slots=True)
class _Pledge:
    """Pledged credits, and the open proposal to release some."""

    pledgor: ParticipantId
    lender: ParticipantId
    credit: UnitId
    amount: int  # [micro-credit]
    proposal: tuple[int, int, bool] = (NONE, 0, False)  # by, amount, to the lender
    frozen: bool = False

    def side_of(self, participant: ParticipantId) -> int:
        """`Party` of ICreditPledges."""
        return {self.pledgor: PLEDGOR, self.lender: LENDER}.get(participant, NONE)


@dataclass(frozen=True, slots=True)
class _Move:
    """A transfer to come: from one wallet to one of several."""

    tx: str
    source: str
    targets: frozenset[str]
    credit: int
    amount: int
    ending: bool = False  # they expire where they went


class CreditPledgesReplay(PausableReplay, PayoutsReplay):
    """Pledges, the proposals to release them, and whether each release was allowed."""

    contract = "CreditPledges"

    def __init__(self, energy: EnergyCreditsReplay, address: str) -> None:
        super().__init__()
        self.energy, self.parties = energy, energy.parties
        self.address = address
        self.pledges: dict[int, _Pledge] = {}
        self._awaited: list[_Move] = []
        #: Expired credits returned to a wallet, still to exit from there: (tx, wallet, id).
        self._ending: list[tuple[str, str, int]] = []

    def take(self, handler: Handler, at: Dated) -> None:
        a = at.event.args
        made = at.event.name == "CreditsPledged" or a.get("pledge") in self.pledges
        if "pledge" in a and not made:
            self.faults.append(f"pledge {a['pledge']} was never made")
            return
        super().take(handler, at)

    # Transfers, whose events follow those of this contract

    @follows("EnergyCredits")
    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        for move in self._awaited:
            expected = (move.tx, move.source, move.credit, move.amount)
            if expected == (at.tx, a["from"], a["id"], a["value"]) and (a["to"] in move.targets):
                self._awaited.remove(move)
                if move.ending:
                    self._ending.append((move.tx, a["to"], move.credit))
                return
        if self.address in (a["operator"], a["from"], a["to"]):
            # The exit of what expired is an act of this contract, too.
            ends = (at.tx, a["from"], a["id"]) in self._ending
            fault = f"{a['value']} moved between {a['from']} and {a['to']} without an event here"
            self._require(ends and a["to"] == ZERO_ADDRESS, fault)

    @follows("EnergyCredits")
    def _on_UnitsExited(self, a: Args, at: Dated) -> None:
        ended = (at.tx, a["from"], a["id"])
        if a["kind"] == EXPIRED and ended in self._ending:
            self._ending.remove(ended)

    # Pledges

    def _on_CreditsPledged(self, a: Args, at: Dated) -> None:
        pledge = _Pledge(a["pledgor"], a["lender"], a["credit"], a["amount"])
        self._require(
            a["pledge"] == len(self.pledges) + 1
            and pledge.pledgor != pledge.lender
            and pledge.amount > 0
            and self._disposes(a["wallet"], pledge.pledgor)
            and self._may_be_given(pledge)
            and self.parties.participants[pledge.lender].status == ACTIVE,
            f"pledge {a['pledge']}",
        )
        self.pledges[a["pledge"]] = pledge
        self._await(at, a["wallet"], [self.address], pledge.credit, pledge.amount)

    def _on_CreditReleaseProposed(self, a: Args, _: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        by, amount = a["by"], a["amount"]
        mine = by in (PLEDGOR, LENDER) and by == pledge.side_of(self.parties.owner_of(a["wallet"]))
        self._require(
            mine
            and self._disposes(a["wallet"], self.parties.owner_of(a["wallet"]))
            and amount <= pledge.amount
            and (amount > 0 or pledge.proposal[0] == by),
            f"proposal of {amount} of pledge {a['pledge']}",
        )
        pledge.proposal = (by, amount, a["toLender"]) if amount else (NONE, 0, False)

    def _on_PledgedCreditsReleased(self, a: Args, at: Dated) -> None:
        pledge, amount = self.pledges[a["pledge"]], a["amount"]
        to_lender = a["to"] == pledge.lender
        held_up = self._frozen_wallets(pledge)
        agreed = a["reason"] == NO_REASON
        allowed = (
            self._agreed(pledge, a["by"], amount, to_lender)
            and not (pledge.frozen or (to_lender and held_up))
            if agreed
            else self._may_order(a["by"], pledge)
        )
        pledge.amount -= amount
        pledge.proposal = (NONE, 0, False)
        self._require(
            allowed
            and a["to"] in (pledge.pledgor, pledge.lender)
            and amount > 0
            and a["left"] == pledge.amount >= 0
            and (not to_lender or self._may_be_given(pledge)),
            f"release of pledge {a['pledge']}: {amount} to {a['to']}",
        )
        wallets = [self._primary(a["to"])] if to_lender or not held_up else held_up
        self._await(at, self.address, wallets, pledge.credit, amount)

    def _on_CreditPledgeFrozen(self, a: Args, _: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        right = a["reason"] != NO_REASON and self._may_order(a["officer"], pledge)
        self._require(right and a["frozen"] != pledge.frozen, f"freeze of pledge {a['pledge']}")
        pledge.frozen = a["frozen"]

    def _on_PledgedCreditsExpired(self, a: Args, at: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        series = self.energy.series[pledge.credit]
        self._require(
            at.time > series.expiry
            and a["pledgor"] == pledge.pledgor
            and a["amount"] == pledge.amount > 0,
            f"end of pledge {a['pledge']}",
        )
        pledge.amount, pledge.proposal = 0, (NONE, 0, False)
        wallets = [self._primary(who) for who in (pledge.pledgor, series.issuer)]
        self._await(at, self.address, wallets, pledge.credit, a["amount"], ending=True)

    # Payouts

    def _on_PayoutCredited(self, a: Args, at: Dated) -> None:
        """A receiver refused the credits of a release: they are owed to it in place of their transfer."""
        credited = (self.address, a["asset"], a["amount"])
        for move in self._awaited:
            theirs = [self.parties.owner_of(wallet) for wallet in move.targets]
            refused = (move.source, move.credit, move.amount) == credited and move.tx == at.tx
            if refused and not move.ending and a["payee"] in theirs:
                self._awaited.remove(move)
                self._owe(a["payee"], a["asset"], a["amount"])
                break
        super()._on_PayoutCredited(a, at)

    def _on_PayoutWithdrawn(self, a: Args, at: Dated) -> None:
        super()._on_PayoutWithdrawn(a, at)
        own = self.parties.owner_of(a["to"]) == a["payee"]
        held_up = self._frozen_in(a["payee"], a["asset"])
        fault = f"{a['amount']} of {a['payee']} paid to {a['to']}"
        self._require(own and (not held_up or a["to"] in held_up), fault)
        self._await(at, self.address, [a["to"]], a["asset"], a["amount"])

    def _on_PayoutExpired(self, a: Args, at: Dated) -> None:
        self._taken(a["payee"], a["credit"], a["amount"])
        series = self.energy.series[a["credit"]]
        self._require(at.time > series.expiry, f"payout of {a['payee']} ended while good")
        wallets = [self._primary(series.issuer)]
        self._await(at, self.address, wallets, a["credit"], a["amount"], ending=True)

    # Who may

    def _primary(self, participant: ParticipantId) -> str:
        return self.parties.participants[participant].primary

    def _disposes(self, wallet: str, participant: ParticipantId) -> bool:
        owner, rights = self.parties.wallets.get(wallet, (ParticipantId(0), 0))
        if not owner or owner != participant:
            return False
        return rights & TRADE != 0 and self.parties.participants[owner].status == ACTIVE

    def _agreed(self, pledge: _Pledge, wallet: str, amount: int, to_lender: bool) -> bool:
        """Whether the wallet is of the one side, and the other proposed the same."""
        owner = self.parties.owner_of(wallet)
        side = pledge.side_of(owner)
        other = {PLEDGOR: LENDER, LENDER: PLEDGOR}.get(side)
        return self._disposes(wallet, owner) and pledge.proposal == (other, amount, to_lender)

    def _may_order(self, officer: str, pledge: _Pledge) -> bool:
        scheme = unit_id.scheme_of(pledge.credit)
        place = self.parties.participants[pledge.pledgor].jurisdiction
        return self.energy.schemes.may(officer, scheme, place, FREEZE)

    def _may_be_given(self, pledge: _Pledge) -> bool:
        kinds = self.energy.series[pledge.credit].kinds
        return not kinds or self.parties.participants[pledge.lender].kinds & kinds != 0

    def _frozen_wallets(self, pledge: _Pledge) -> list[str]:
        return self._frozen_in(pledge.pledgor, pledge.credit)

    def _frozen_in(self, owner: ParticipantId, credit: UnitId) -> list[str]:
        wallets = self.parties.wallets_of(owner)
        return [w for w in wallets if self.energy.frozen.get((w, credit))]

    def _await(
        self,
        at: Dated,
        source: str,
        targets: Iterable[str],
        credit: int,
        amount: int,
        ending: bool = False,
    ) -> None:
        self._awaited.append(_Move(at.tx, source, frozenset(targets), credit, amount, ending))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "pledges without credits", [], self._awaited)
        tally.value(self.contract, "expired pledges that did not end", [], self._ending)
        owed: dict[int, int] = defaultdict(int)
        for pledge in self.pledges.values():
            if pledge.amount:
                owed[pledge.credit] += pledge.amount
        for (_, credit), amount in self.owed.items():
            owed[credit] += amount
        held = {
            id_: amount
            for (who, id_), amount in self.energy.balances.items()
            if who == self.address and amount
        }
        tally.value(self.contract, "credits of pledges", dict(owed), held)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "count", (), len(self.pledges), "number of pledges")
        totals: dict[tuple[int, int], int] = defaultdict(int)
        for number, pledge in self.pledges.items():
            totals[pledge.pledgor, pledge.credit] += pledge.amount
            by, amount, to_lender = pledge.proposal
            expected = {
                "pledgor": pledge.pledgor,
                "lender": pledge.lender,
                "credit": pledge.credit,
                "amount": pledge.amount,
                "proposer": by,
                "proposedAmount": amount,
                "proposedToLender": to_lender,
                "frozen": pledge.frozen,
            }
            yield Check(self.contract, "pledgeOf", (number,), expected, f"pledge {number}")
        for (pledgor, credit), amount in sorted(totals.items()):
            about = f"pledged by {pledgor} of {credit:#x}"
            yield Check(self.contract, "pledgedBy", (pledgor, credit), amount, about)
