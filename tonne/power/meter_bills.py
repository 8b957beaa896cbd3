"""The bill of a meter's day, from the chain: the account's last line, its part of the list, what was paid.

A line's legs are reckoned again from the run's prices and the node's fees: who is billed needs no figures of
others. A bill is due where another sponsors the account and was debited for it; a participant's own account
was debited by the list itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import DAY_S, EPOCH
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import text_hash
from tonne.errors import TonneError, refused
from tonne.power import market_nodes
from tonne.power.asked_lines import is_present
from tonne.power.customer_accounts import opened
from tonne.power.line_requests import (
    LineInquiry,
    ProvedLine,
    last_interval,
    proved_line,
    requests_of,
)
from tonne.power.settlement import WH_PER_KWH, worth
from tonne.power.settlement_runs import AccountLine, DaySums
from tonne.power.standing import CONTRACT, day_name, left_out, listed_amount, topics_of
from tonne.power.supply_applications import speaks_for
from tonne.power.tariffs import paying_supplier


@dataclass(frozen=True, slots=True)
class BilledMeter:
    """A meter, the account that its customer's key is for, and who answers for that account."""

    meter: int
    node: int  # of the market
    account: int
    sponsor: int  # participant; 0 where the account is a participant's own
    interval_s: int
    asker: Account  # whose address may ask for the account's lines
    by_key: bool  # the account has a key of its own, and that is the asker

    def day_of(self, interval: int) -> int:
        """Day of an interval, since 1970-01-01, UTC."""
        return interval * self.interval_s // DAY_S

    def ends_day(self, interval: int) -> bool:
        """Whether an interval is the last of its day, whose lines have the day's sums."""
        return (interval + 1) * self.interval_s % DAY_S == 0

    def starts_day(self, interval: int) -> bool:
        """Whether an interval is the first of its day, whose sums are its own."""
        return interval * self.interval_s % DAY_S == 0

    @property
    def payer_is_billed(self) -> bool:
        """Whether a sponsor paid the day's list for the account."""
        return self.sponsor != 0


@dataclass(frozen=True, slots=True)
class LineLegs:
    """The parts of a line's amount [micro-credit]; payments are negative."""

    agreed: int  # energy sold and bought in the clearing
    imbalance: int  # energy beyond that, at the imbalance price
    fee: int

    @property
    def net(self) -> int:
        """Their sum."""
        return self.agreed + self.imbalance + self.fee


@dataclass(frozen=True, slots=True)
class MeterBill:
    """A day of a meter."""

    of: BilledMeter
    day: int  # since 1970-01-01, UTC
    last: ProvedLine  # with the day's sums
    shown: Sequence[ProvedLine]  # further lines of the day that were asked for
    listed: int  # [micro-credit] of the day's list for the account; negative where it pays
    returned: int  # [micro-credit] the account's part of the day's surplus, by the chain's rule
    is_paid_out: bool  # the list
    disputed_until: int  # [s] the list can be disputed until then
    is_open: bool  # it still can
    payment: str | None  # transaction that paid the bill, the first of several
    paid: int  # [micro-credit] by all payments of the bill
    paid_before: (
        int  # [micro-credit] by this wallet under the bill's reference, whatever the tariff
    )
    fees: tuple[int, int]  # [micro-credit/kWh] of the grid, for energy taken and fed in

    @property
    def by_line(self) -> int:
        """[micro-credit] That the list has to have for the account: its proved line of the day, and its part
        of the surplus. The chain holds a list to it (`disputePayment`)."""
        return self.last.line.day.net + self.returned

    @property
    def is_list_false(self) -> bool:
        """Whether the list has another amount than the account's own line comes to."""
        return self.listed != self.by_line

    @property
    def is_sum_false(self) -> bool:
        """Whether the last line's sums do not go on from those of the line before, where that was shown."""
        line, before = self.last.line, None
        for found in self.shown:
            if found.interval + 1 == self.last.interval:
                before = found.line.day
        return before is not None and line.day != DaySums(
            before.net + line.net, before.volume_wh + abs(line.metered_wh)
        )

    @property
    def must_wait(self) -> bool:
        """Whether list or sums are false and can still be disputed, so that the bill is not to be paid."""
        return (self.is_list_false or self.is_sum_false) and self.is_open

    @property
    def due(self) -> int:
        """[micro-credit] That the customer owes its supplier; 0 where the account was paid from directly."""
        return max(-self.listed, 0) if self.of.payer_is_billed else 0

    @property
    def left(self) -> int:
        """[micro-credit] Of it that is not paid yet."""
        return max(self.due - self.paid, 0)

    @property
    def date(self) -> date:
        """The day by name."""
        return date.fromordinal(EPOCH.toordinal() + self.day)


def reference(meter: int, day: int) -> bytes:
    """By which the payment of a day's bill is found again."""
    return text_hash(f"bill of meter {meter}, day {day}")


def legs(chain: Chain, shown: ProvedLine) -> LineLegs:
    """A line's parts by the run's prices and the node's fees.

    LINE_ADDS_UP_WRONG where they do not come to what it says.
    """
    line, run = shown.line, shown.totals
    terms = chain.call("PowerSettlement", "termsAt", shown.request.node, shown.interval)
    sold, bought = line.sold_wh * run.cleared, line.bought_wh * run.cleared
    fees = terms.feeImport * max(-line.metered_wh, 0) + terms.feeExport * max(line.metered_wh, 0)
    found = LineLegs(
        agreed=sold // WH_PER_KWH - -(-bought // WH_PER_KWH),
        imbalance=worth(line.imbalance_wh, (run.shortPays, run.longGets)) // WH_PER_KWH,
        fee=-fees // WH_PER_KWH,
    )
    if found.net != line.net:
        raise refused(
            "LINE_ADDS_UP_WRONG", interval=shown.interval, net=found.net, stated_net=line.net
        )
    return found


def meter_of(chain: Chain, meter: int, wallet: Account, day: int | None = None) -> BilledMeter:
    """The meter, and the account by which it is settled on a day, today where none is named.

    That is the latest account at its node whose key follows from a wallet's, else the wallet's own.
    BILL_NOT_YOUR_METER where the wallet is neither the meter's reader nor its owner's; BILL_NO_ACCOUNT.
    """
    at = chain.now() // DAY_S if day is None else day
    found = accounts_of(chain, meter, wallet)
    return next((of for since, of in found if since <= at), found[0][1])


def accounts_of(chain: Chain, meter: int, wallet: Account) -> list[tuple[int, BilledMeter]]:
    """A meter with each account of a wallet's at its node and the day from which it is settled there, the
    latest first; errors as of `meter_of`."""
    if not speaks_for(chain, meter, wallet.address):
        raise refused("BILL_NOT_YOUR_METER", meter=meter, wallet_address=wallet.address)
    participant = chain.call("Participants", "walletOf", wallet)[0]
    place = _market_node(chain, chain.call("MeterOracle", "meter", meter).node, meter)
    hidden = chain.call("PowerMarket", "pseudonymOf", wallet)
    step = chain.call("PowerMarket", "terms").intervalS
    found = []
    for account, key, by_key in (
        *((own.number, own.key, True) for own in reversed(opened(chain, wallet))),
        (participant, wallet, False),
        (hidden, wallet, True),  # last: its credits are another participant's
    ):
        since = account and chain.call("PowerSettlement", "memberSince", place, account)
        if since:
            sponsor = chain.call("PowerMarket", "accountOf", account).sponsor
            of = BilledMeter(meter, place, account, sponsor, step, key, by_key)
            found.append((since, of))
    if found:
        return found
    raise refused("BILL_NO_ACCOUNT", meter=meter, place=place)


def own_bill(
    chain: Chain, wallet: Account, meter: int, day: int | None, first_block: int = 0
) -> MeterBill:
    """The bill of a wallet's meter; errors as of `meter_of` and `bill_of`."""
    of = meter_of(chain, meter, wallet, day)
    return bill_of(chain, of, wallet.key, day, first_block)


def days_asked(chain: Chain, of: BilledMeter, key: bytes, first_block: int = 0) -> list[int]:
    """Days whose last line was asked for with that key."""
    asked = _own_requests(chain, of, key, first_block)
    return sorted({of.day_of(r.interval) for r in asked if of.ends_day(r.interval)})


def bill_of(
    chain: Chain, of: BilledMeter, key: bytes, day: int | None, first_block: int = 0
) -> MeterBill:
    """The bill of a day, of the latest that was shown where none is named.

    BILL_NOT_ASKED, LINE_ASKED_BY_OTHER, BILL_NOT_ANSWERED where the day's last line is not there; errors as
    of `proved_line`, `asked_first` and `listed_amount`.
    """
    asked = _own_requests(chain, of, key, first_block)
    ends = {r.interval: r for r in asked if of.ends_day(r.interval)}
    wanted = max(ends, default=None) if day is None else last_interval(day, of.interval_s)
    if wanted is None or wanted not in ends:
        raise (wanted is not None and asked_first(chain, of, wanted, first_block)) or _not_asked(
            of, day
        )
    number = of.day_of(wanted)
    last = proved_line(chain, key, ends[wanted], first_block)
    if last is None:
        raise _not_answered(of, number, ends[wanted].deadline)
    latest = {r.interval: r for r in asked if of.day_of(r.interval) == number}
    if wanted - 1 not in latest and not of.starts_day(wanted):
        asked_first(chain, of, wanted - 1, first_block)  # for a request that the node leaves out
    shown = [
        found
        for interval, r in sorted(latest.items())
        if interval != wanted and (found := _proved_still(chain, key, r, first_block)) is not None
    ]
    listed = listed_amount(chain, of.node, number, of.account, first_block)
    place = (of.node, number)
    state, its, terms, window = chain.call_many(
        [
            ("PowerSettlement", "listOf", place),
            ("PowerSettlement", "dayOf", place),
            ("PowerSettlement", "termsAt", (of.node, wanted)),
            ("PowerSettlement", "WINDOW", ()),
        ]
    )
    wallet = Account(key)
    paid = payments_of(chain, of, number, wallet, first_block)
    until = state.postedAt + window
    return MeterBill(
        of,
        number,
        last,
        shown,
        listed,
        returned(its, last.line.day.volume_wh),
        state.complete and state.paid == state.chunks,
        until,
        not its.closed and chain.now() <= until,
        paid[0].tx_hash if paid else None,
        sum(event["amount"] for event in paid),
        paid_before(chain, wallet, reference(of.meter, number), first_block),
        (terms.feeImport, terms.feeExport),
    )


def _proved_still(
    chain: Chain, key: bytes, asked: LineInquiry, first_block: int
) -> ProvedLine | None:
    """As `proved_line`; None also where the run that the line was asked of fell."""
    try:
        return proved_line(chain, key, asked, first_block)
    except TonneError as fault:
        if fault.code != "LINE_RUN_FELL":
            raise
        return None


def returned(state: Any, volume_wh: int) -> int:
    """[micro-credit] An account's part of a day's surplus (`DayState`), by metered energy."""
    if not state.volumeWh:
        return 0
    return (max(int(state.surplus), 0) + int(state.carried)) * volume_wh // int(state.volumeWh)


def payments_of(
    chain: Chain, of: BilledMeter, day: int, wallet: Account, first_block: int = 0
) -> list[Event]:
    """`BillPaid` of each payment of an account's day that its supplier has a part of, in their order.

    By the reference of the meter, whoever paid; and by those of the wallet's other meters whose bill is the
    same account's: a day is owed once, and not once a meter.
    """
    told = chain.logs("CreditBills", "BillPaid", first=first_block)
    own = reference(of.meter, day)
    mine = {e["ref"] for e in told if e["payer"] == wallet.address and e["ref"] != own}
    same = _same_account(chain, of, day, wallet, mine) if mine else set()
    paid = [
        e for e in told if e["ref"] == own or (e["ref"] in same and e["payer"] == wallet.address)
    ]
    if not paid:
        return []
    fit = {x.number for x in paying_supplier(chain, of.meter, of.sponsor, first_block)}
    return [event for event in paid if event["tariff"] in fit]


def paid_before(chain: Chain, wallet: Account, bill: bytes, first_block: int = 0) -> int:
    """[micro-credit] That a wallet paid by a reference, of events.

    NODE_LEAVES_OUT where the node does not tell all that the chain counts. `payBill` takes this amount with
    it, so that a node which lies about both has no bill paid twice.
    """
    told = chain.logs("CreditBills", "BillPaid", first=first_block)
    mine = (e for e in told if (e["payer"], e["ref"]) == (wallet.address, bill))
    paid = sum(int(e["amount"]) for e in mine)
    if paid != chain.call("CreditBills", "paidOf", wallet, bill):
        raise left_out(chain, "a payment of this bill")
    return paid


def _same_account(
    chain: Chain, of: BilledMeter, day: int, wallet: Account, paid: Collection[bytes]
) -> set[bytes]:
    """References, of those that a wallet paid, of a day of other meters whose bill is of the same account."""
    count = chain.call("MeterOracle", "meterCount")
    meters = {reference(meter, day): meter for meter in range(1, count + 1)}
    return {
        ref
        for ref in paid
        if ref in meters and _account_billed(chain, meters[ref], wallet, day) == of.account
    }


def _account_billed(chain: Chain, meter: int, wallet: Account, day: int) -> int:
    """The account by which a wallet is billed for a meter's day; 0 where the meter is not its own."""
    try:
        return meter_of(chain, meter, wallet, day).account
    except TonneError:
        return 0


def owed(line: AccountLine) -> int:
    """[micro-credit] Amount that an account pays by its last line of a day."""
    return max(-line.day.net, 0)


def _own_requests(chain: Chain, of: BilledMeter, key: bytes, first_block: int) -> list[LineInquiry]:
    """Requests for the account's lines that a wallet's key made, in their order."""
    return [
        asked
        for asked in requests_of(chain, of.account, first_block)
        if (asked.node, asked.by_key) == (of.node, of.by_key) and asked.is_of(key, chain.chain_id)
    ]


def _market_node(chain: Chain, metering: int, meter: int) -> int:
    """The market's node whose energy a node of meters tells."""
    found = market_nodes.told_by(chain, metering)
    if not found:
        raise refused("BILL_NO_NODE", meter=meter)
    return found[0]


def _not_asked(of: BilledMeter, day: int | None) -> TonneError:
    named = None if day is None else day_name(day)
    return refused("BILL_NOT_ASKED", day=named, meter=of.meter, shown_day=named or "DAY")


def _not_answered(of: BilledMeter, day: int, deadline: int) -> TonneError:
    return refused(
        "BILL_NOT_ANSWERED", meter=of.meter, deadline=clock.shown(deadline, UTC), day=day_name(day)
    )


def asked_first(
    chain: Chain, of: BilledMeter, interval: int, first_block: int = 0
) -> TonneError | None:
    """LINE_ASKED_BY_OTHER where the line was asked for under the present list with another one-time key.

    Not by the supplier, whose request stands beside the account's own: by another wallet of the same
    participant, or into a file. That file is what reads the answer. NODE_LEAVES_OUT where the node does not
    tell the request.
    """
    place = (of.node, interval, of.account)
    state = chain.call(CONTRACT, "askOf", *place, of.by_key)
    if not is_present(chain, of.node, interval, state):
        return None
    told = chain.logs(CONTRACT, "LineAsked", first=first_block, topics=topics_of(*place))
    its = [e for e in told if (e["byKey"], e["deadline"]) == (of.by_key, state.deadline)]
    if not its:
        raise left_out(chain, f"a request for the line of account {of.account}")
    by = its[-1]["by"]
    who = "A file's request of this key" if by == of.asker.address else f"Your wallet {by}"
    on = day_name(of.day_of(interval))
    return refused("LINE_ASKED_BY_OTHER", account=of.account, who=who, meter=of.meter, day=on)
