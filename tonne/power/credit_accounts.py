"""A holder's energy credits: in wallets, in the power market, owed by bills, and the bills of its meters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonne.chain.client import Chain
from tonne.chain.contract import topic
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import customer_accounts, meter_bills
from tonne.power.meter_bills import MeterBill
from tonne.power.standing import day_name
from tonne.units import energy_credits
from tonne.units.credit_lots import CreditLot, CreditLots


@dataclass(frozen=True, slots=True)
class WalletCredits:
    """A wallet's credits of a series [micro-credit], in lots."""

    series: int  # number
    wallet: str
    held: int
    frozen: int
    lots: Sequence[CreditLot]


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Credits of a series in a wallet that its participant lost, free to follow it [micro-credit]."""

    series: int  # number
    wallet: str
    held: int


@dataclass(frozen=True, slots=True)
class MarketAccount:
    """An account of the power market [micro-credit]. A pseudonym's credits are its sponsor's."""

    number: int
    free: int
    bound: int
    sponsor: int


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """All that a participant has in energy credits."""

    participant: int
    balances: Sequence[WalletCredits]
    left_behind: Sequence[LeftBehind]
    owed: Sequence[tuple[int, int]]  # (series, amount), to withdraw
    market: Sequence[MarketAccount]
    in_bids: int  # [micro-credit] that its opened bids hold until they are released
    aside: int  # [micro-credit] its deposit, which answers for bids not opened
    bills: Sequence[MeterBill]
    unproved: Sequence[tuple[int, str]]  # (meter, why it has no bill, or one of its days)
    names: Mapping[str, str]  # of addresses in small letters: contracts and participants
    times: Mapping[int, int]  # [s] of blocks of issues


def read(
    chain: Chain, participant: int, wallet: Account | None, first_block: int = 0
) -> CreditAccount:
    """A participant's account; with the key of a wallet also its meters' bills and the market account of
    its key.

    Errors as of `CreditLots.read`.
    """
    lots = CreditLots.read(chain, first_block)
    balances, left, owed = [], [], []
    wallets = chain.call("Participants", "walletsOf", participant)
    lost = _lost(chain, participant, first_block)
    for number, id_ in enumerate(energy_credits.series_ids(chain, first_block), 1):
        for holder in (*wallets, *lost):
            held, frozen = chain.call_many(
                ("EnergyCredits", function, (holder, id_))
                for function in ("balanceOf", "getFrozenTokens")
            )
            if holder in lost:
                if held > frozen:
                    left.append(LeftBehind(number, holder, held - frozen))
            elif held:
                own = lots.of(id_, holder)
                balances.append(WalletCredits(number, holder, held, frozen, own))
        due = chain.call("CreditBills", "payoutOf", participant, id_)
        if due:
            owed.append((number, due))
    bills, unproved = ([], []) if wallet is None else _bills(chain, wallet, first_block)
    found = [lot for b in balances for lot in b.lots]
    return CreditAccount(
        participant,
        balances,
        left,
        owed,
        _market(chain, participant, wallet),
        held_by_bids(chain, participant, first_block),
        chain.call("PowerMarket", "depositOf", participant).amount,
        bills,
        unproved,
        _names(chain, {holder for lot in found for holder in lot.way}),
        {lot.issue.block: chain.block(hex(lot.issue.block)).time for lot in found},
    )


def _lost(chain: Chain, participant: int, first_block: int) -> list[str]:
    """Wallets that a participant has lost by a recovery, and has not been given back."""
    told = chain.logs("Participants", "WalletLost", first_block, topics=[topic(participant)])
    found = list(dict.fromkeys(event["wallet"] for event in told))
    states = chain.call_many(("Participants", "walletOf", (wallet,)) for wallet in found)
    return [wallet for wallet, (_, rights, _) in zip(found, states, strict=True) if not rights]


def _market(chain: Chain, participant: int, wallet: Account | None) -> list[MarketAccount]:
    numbers = [participant]
    if wallet is not None:
        numbers += [account.number for account in customer_accounts.opened(chain, wallet)]
    told = chain.call_many(("PowerMarket", "accountOf", (n,)) for n in numbers)
    return [
        MarketAccount(n, a.free, a.escrow, a.sponsor)
        for n, a in zip(numbers, told, strict=True)
        if a.free or a.escrow or a.sponsor
    ]


def held_by_bids(chain: Chain, participant: int, first_block: int = 0) -> int:
    """[micro-credit] Escrow and fees of a participant's bids that are opened and not released."""
    topics = [None, topic(participant)]
    opened, released = (
        {event["interval"] for event in chain.logs("PowerMarket", name, first_block, topics=topics)}
        for name in ("BidOpened", "BidReleased")
    )
    bids = chain.call_many(
        ("PowerMarket", "bidOf", (interval, participant)) for interval in sorted(opened - released)
    )
    return sum(bid.escrow + bid.fee for bid in bids)


def _bills(
    chain: Chain, wallet: Account, first_block: int
) -> tuple[list[MeterBill], list[tuple[int, str]]]:
    """Bills of every day whose last line was shown to the wallet, of the meters whose reader it is."""
    named = chain.logs("MeterOracle", "MeterReaderSet", first=first_block)
    readers = {event["id"]: event["reader"].lower() for event in named}
    bills: list[MeterBill] = []
    unproved: list[tuple[int, str]] = []
    for meter, reader in sorted(readers.items()):
        if reader != wallet.address.lower():
            continue
        try:
            found = meter_bills.accounts_of(chain, meter, wallet)
        except TonneError as fault:
            unproved.append((meter, str(fault)))
            continue
        for _, of in found:
            for day in meter_bills.days_asked(chain, of, wallet.key, first_block):
                try:
                    bills.append(meter_bills.bill_of(chain, of, wallet.key, day, first_block))
                except TonneError as fault:
                    unproved.append((meter, f"{day_name(day)}: {fault}"))
    return bills, unproved


def _names(chain: Chain, holders: set[str]) -> dict[str, str]:
    """What addresses are: contracts by name, wallets by their participant."""
    contracts = {c.address.lower(): name for name, c in chain.contracts.items()}
    others = sorted(holder for holder in holders if holder.lower() not in contracts)
    told = chain.call_many(("Participants", "walletOf", (holder,)) for holder in others)
    wallets = {
        holder.lower(): f"participant {number}"
        for holder, (number, _, _) in zip(others, told, strict=True)
        if number
    }
    return contracts | wallets
