"""Replay of CreditPledges: what is pledged to whom, who agreed or ordered, and the transfers each brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.pledges import LENDER, NONE, PLEDGOR
from tonne.audit.parties.participants import ACTIVE
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.powers import ALL
from tonne.audit.units.energy_credits import EXPIRED, NO_REASON, EnergyReplay

#: `Powers` of ISchemes, `WalletRights` of IParticipants.
FREEZE, TRADE = 32, 1


@dataclass(slots=True)
class _Pledge:
    pledgor: int
    lender: int
    credit: int
    amount: int  # [micro-credit]
    proposal: tuple[int, int, bool] = (NONE, 0, False)  # by, amount, to the lender
    frozen: bool = False

    def side_of(self, participant: int) -> int:
        return {self.pledgor: PLEDGOR, self.lender: LENDER}.get(participant, NONE)


@dataclass(frozen=True, slots=True)
class _Move:
    """Credits that were told to move: from one wallet to one of some."""

    tx: str
    source: str
    targets: frozenset[str]
    credit: int
    amount: int
    ending: bool = False  # they expire where they went


class CreditPledgesReplay:
    """Pledges, the proposals to release them, and whether each release was allowed."""

    contract: Final = "CreditPledges"

    def __init__(self, energy: EnergyReplay, address: str) -> None:
        self.energy = energy
        self.address = address
        self.pledges: dict[int, _Pledge] = {}
        self.faults: list[str] = []
        self._awaited: list[_Move] = []
        #: Expired credits that went to a wallet and have not ended there yet: (tx, wallet, id).
        self._ending: list[tuple[str, str, int]] = []

    def apply(self, dated: Dated) -> None:
        a = dated.event.args
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler is None:
            return
        made = dated.event.name == "CreditsPledged" or a.get("pledge") in self.pledges
        if "pledge" in a and not made:
            self.faults.append(f"pledge {a['pledge']} was never made")
            return
        handler(a, dated)

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)

    # Credits, told by EnergyCredits after what is told here

    def _on_TransferSingle(self, a: dict, dated: Dated) -> None:
        for move in self._awaited:
            told = (move.tx, move.source, move.credit, move.amount)
            if told == (dated.event.tx_hash, a["from"], a["id"], a["value"]) and (
                a["to"] in move.targets
            ):
                self._awaited.remove(move)
                if move.ending:
                    self._ending.append((move.tx, a["to"], move.credit))
                return
        if self.address in (a["operator"], a["from"], a["to"]):
            # The exit of what expired is an act of this contract, too.
            ends = (dated.event.tx_hash, a["from"], a["id"]) in self._ending
            untold = f"{a['value']} moved between {a['from']} and {a['to']} untold"
            self._require(ends and int(a["to"], 16) == 0, untold)

    def _on_UnitsExited(self, a: dict, dated: Dated) -> None:
        ended = (dated.event.tx_hash, a["from"], a["id"])
        if a["kind"] == EXPIRED and ended in self._ending:
            self._ending.remove(ended)

    # Pledges

    def _on_CreditsPledged(self, a: dict, dated: Dated) -> None:
        pledge = _Pledge(a["pledgor"], a["lender"], a["credit"], a["amount"])
        self._require(
            a["pledge"] == len(self.pledges) + 1
            and pledge.pledgor != pledge.lender
            and pledge.amount > 0
            and self._disposes(a["wallet"], pledge.pledgor)
            and self._may_be_given(pledge)
            and self.energy.parties.participants[pledge.lender].status == ACTIVE,
            f"pledge {a['pledge']}",
        )
        self.pledges[a["pledge"]] = pledge
        self._await(dated, a["wallet"], [self.address], pledge.credit, pledge.amount)

    def _on_CreditReleaseProposed(self, a: dict, _dated: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        by, amount = a["by"], a["amount"]
        mine = by in (PLEDGOR, LENDER) and by == pledge.side_of(self._owner(a["wallet"]))
        self._require(
            mine
            and self._disposes(a["wallet"], self._owner(a["wallet"]))
            and amount <= pledge.amount
            and (amount > 0 or pledge.proposal[0] == by),
            f"proposal of {amount} of pledge {a['pledge']}",
        )
        pledge.proposal = (by, amount, a["toLender"]) if amount else (NONE, 0, False)

    def _on_PledgedCreditsReleased(self, a: dict, dated: Dated) -> None:
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
        self._await(dated, self.address, wallets, pledge.credit, amount)

    def _on_CreditPledgeFrozen(self, a: dict, _dated: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        right = a["reason"] != NO_REASON and self._may_order(a["officer"], pledge)
        self._require(right and a["frozen"] != pledge.frozen, f"freeze of pledge {a['pledge']}")
        pledge.frozen = a["frozen"]

    def _on_PledgedCreditsExpired(self, a: dict, dated: Dated) -> None:
        pledge = self.pledges[a["pledge"]]
        series = self.energy.series[pledge.credit]
        self._require(
            dated.time > series.expiry
            and a["pledgor"] == pledge.pledgor
            and a["amount"] == pledge.amount > 0,
            f"end of pledge {a['pledge']}",
        )
        pledge.amount, pledge.proposal = 0, (NONE, 0, False)
        wallets = [self._primary(who) for who in (pledge.pledgor, series.issuer)]
        self._await(dated, self.address, wallets, pledge.credit, a["amount"], ending=True)

    # Who may

    def _owner(self, wallet: str) -> int:
        return self.energy.parties.wallets.get(wallet, (0, 0))[0]

    def _primary(self, participant: int) -> str:
        return self.energy.parties.participants[participant].primary

    def _disposes(self, wallet: str, participant: int) -> bool:
        owner, rights = self.energy.parties.wallets.get(wallet, (0, 0))
        if not owner or owner != participant:
            return False
        return rights & TRADE != 0 and self.energy.parties.participants[owner].status == ACTIVE

    def _agreed(self, pledge: _Pledge, wallet: str, amount: int, to_lender: bool) -> bool:
        """Whether the wallet is of the one side, and the other proposed the same."""
        owner = self._owner(wallet)
        side = pledge.side_of(owner)
        other = {PLEDGOR: LENDER, LENDER: PLEDGOR}.get(side)
        return self._disposes(wallet, owner) and pledge.proposal == (other, amount, to_lender)

    def _may_order(self, officer: str, pledge: _Pledge) -> bool:
        scheme = pledge.credit >> 80 & 0xFFFF
        place = self.energy.parties.participants[pledge.pledgor].jurisdiction
        offices = self.energy.powers.offices
        return any(offices.get((officer, scheme, where), 0) & FREEZE for where in (place, ALL))

    def _may_be_given(self, pledge: _Pledge) -> bool:
        kinds = self.energy.series[pledge.credit].kinds
        return not kinds or self.energy.parties.participants[pledge.lender].kinds & kinds != 0

    def _frozen_wallets(self, pledge: _Pledge) -> list[str]:
        wallets = self.energy.parties.wallets_of(pledge.pledgor)
        return [w for w in wallets if self.energy.frozen.get((w, pledge.credit))]

    def _await(
        self,
        dated: Dated,
        source: str,
        targets: Iterable[str],
        credit: int,
        amount: int,
        ending: bool = False,
    ) -> None:
        tx = dated.event.tx_hash
        self._awaited.append(_Move(tx, source, frozenset(targets), credit, amount, ending))

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        tally.value(self.contract, "pledges without credits", [], self._awaited)
        tally.value(self.contract, "expired pledges that did not end", [], self._ending)
        owed: dict[int, int] = defaultdict(int)
        for pledge in self.pledges.values():
            if pledge.amount:
                owed[pledge.credit] += pledge.amount
        held = {
            id_: amount
            for (who, id_), amount in self.energy.balances.items()
            if who == self.address and amount
        }
        tally.value(self.contract, "credits of pledges", dict(owed), held)

    def checks(self) -> Iterator[Check]:
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
