"""A holder's energy credits: in wallets, in the power market, owed by bills, and the bills of its meters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import line_requests, meter_bills
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
    owed: Sequence[tuple[int, int]]  # (series, amount), to withdraw
    market: Sequence[MarketAccount]
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
    balances, owed = [], []
    wallets = chain.call("Participants", "walletsOf", participant)
    for number, id_ in enumerate(energy_credits.series_ids(chain, first_block), 1):
        for holder in wallets:
            held, frozen = chain.call_many(
                ("EnergyCredits", function, (holder, id_))
                for function in ("balanceOf", "getFrozenTokens")
            )
            if held:
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
        owed,
        _market(chain, participant, wallet),
        bills,
        unproved,
        _names(chain, {holder for lot in found for holder in lot.way}),
        {lot.issue.block: chain.block(hex(lot.issue.block)).time for lot in found},
    )


def _market(chain: Chain, participant: int, wallet: Account | None) -> list[MarketAccount]:
    numbers = [participant]
    if wallet is not None:
        key = line_requests.account_key(wallet.key, chain.chain_id)
        numbers += [n for n in (chain.call("PowerMarket", "pseudonymOf", key),) if n]
    told = chain.call_many(("PowerMarket", "accountOf", (n,)) for n in numbers)
    return [
        MarketAccount(n, a.free, a.escrow, a.sponsor)
        for n, a in zip(numbers, told, strict=True)
        if a.free or a.escrow or a.sponsor
    ]


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
            of = meter_bills.meter_of(chain, meter, wallet)
            days = meter_bills.days_asked(chain, of, wallet.key, first_block)
        except TonneError as fault:
            unproved.append((meter, str(fault)))
            continue
        for day in days:
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
