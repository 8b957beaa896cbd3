"""`tonne market deposit` and `withdraw`: cash and units between a wallet and the exchange."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import money, parse_money, parse_whole
from tonne.cli.core.session import Session, Signer
from tonne.errors import TonneError, refused
from tonne.types import unit_id
from tonne.types.ids import UnitId

Asset = Annotated[str, typer.Argument(help="Asset: cash or units.")]
Amount = Annotated[str, typer.Argument(help=f"Cash, e.g. 1,000.00, or whole units. {AMOUNT}")]


@command(needs=Signer, market=1)
def deposit(
    session: Signer,
    asset: Asset,
    amount: Amount,
) -> None:
    """Move cash or units from your wallet to your account on the exchange."""
    from tonne.deployment.scheme_setup import currency_of_market

    account = session.account
    chain = session.chain
    assets = chain.call("Exchange", "marketAssets", session.market)
    exchange = chain["Exchange"]
    if _is_cash(asset):
        cash = parse_money(amount)
        session.send(currency_of_market(chain, session.market), "approve", exchange, cash)
        session.send("Exchange", "depositCash", session.market, cash)
    else:
        session.send(
            unit_contract(assets.unit),
            "safeTransferFrom",
            account,
            exchange,
            assets.unit,
            whole(amount),
            b"",
        )
    _show_account(session, session.market, session.participant)


@command(needs=Signer, market=1)
def withdraw(
    session: Signer,
    asset: Asset,
    amount: Amount,
) -> None:
    """Move cash or units from your account on the exchange to your wallet."""
    from tonne.chain.reverts import ChainError

    account = session.account
    try:
        if _is_cash(asset):
            cash = parse_money(amount)
            session.send("Exchange", "withdrawCash", session.market, cash, account)
        else:
            lots = _lots(session, session.market, amount)
            session.send("Exchange", "withdrawUnits", session.market, lots, account)
    except ChainError as refusal:
        if refusal.revert.name in ("BookInsufficientCash", "BookInsufficientLots"):
            refusal.remedy = "Withdraw less, or cancel orders first: `tonne market cancel --all`."
        raise
    _show_account(session, session.market, session.participant)


def _is_cash(asset: str) -> bool:
    if asset not in ("cash", "units"):
        raise refused("ACCOUNT_BAD_KIND", asset=asset)
    return asset == "cash"


def whole(text: str) -> int:
    """A whole number of units; raises AMOUNT_UNREADABLE."""
    units = parse_whole(text)
    if not units:
        raise TonneError(
            "AMOUNT_UNREADABLE",
            "Units are whole and more than 0.",
            "amount",
            text,
            "Write a whole number, commas only between thousands.",
        )
    return units


def _lots(session: Session, market: int, amount: str) -> int:
    """Units as whole lots of the market."""
    lot: int = session.chain.call("Exchange", "marketAssets", market).lotSize
    units = whole(amount)
    if units % lot:
        raise refused("AMOUNT_NOT_WHOLE_LOTS", amount=amount, market=market, lot=lot)
    return units // lot


def unit_contract(unit: UnitId) -> str:
    return "Allowances" if unit_id.class_of(unit) == unit_id.ALLOWANCE else "OffsetCredits"


def _show_account(session: Session, market: int, participant: int) -> None:
    account = session.chain.call("Exchange", "account", participant, market)
    session.show(
        {
            "market": market,
            "participant": participant,
            "lots": account.lots,
            "lotsFree": account.lotsFree,
            "cash": money(account.cash),
            "cashFree": money(account.cashFree),
        },
        f"In market {market} you now have {account.lots:,} lots ({account.lotsFree:,} free)"
        f" and {money(account.cash)} ({money(account.cashFree)} free).",
    )
