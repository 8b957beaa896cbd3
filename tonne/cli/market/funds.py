"""`tonne market deposit` and `withdraw`: between a wallet and its account on the exchange."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.chain.reverts import ChainError
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    money,
    parse_money,
    participant_of,
    show,
)
from tonne.deployment import record
from tonne.deployment.scheme_setup import currency_of_market
from tonne.errors import TonneError


def deposit(
    what: Annotated[str, typer.Argument(help="cash or units.")],
    amount: Annotated[str, typer.Argument(help="Money like 1000.00, or units.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Move cash or units from your wallet into your account on the exchange."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    assets = chain.call("Exchange", "marketAssets", market)
    exchange = chain["Exchange"]
    if _is_cash(what):
        cash = parse_money(amount)
        chain.send(account, currency_of_market(chain, market), "approve", exchange, cash)
        chain.send(account, "Exchange", "depositCash", market, cash)
    else:
        chain.send(
            account,
            unit_contract(assets.unit),
            "safeTransferFrom",
            account,
            exchange,
            assets.unit,
            whole(amount),
            b"",
        )
    _tell_account(desk, market, participant_of(desk, account), as_json)


def withdraw(
    what: Annotated[str, typer.Argument(help="cash or units.")],
    amount: Annotated[str, typer.Argument(help="Money like 1000.00, or units.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Move cash or units from your account on the exchange to your wallet."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    try:
        if _is_cash(what):
            cash = parse_money(amount)
            desk.chain.send(account, "Exchange", "withdrawCash", market, cash, account)
        else:
            lots = _lots(desk, market, amount)
            desk.chain.send(account, "Exchange", "withdrawUnits", market, lots, account)
    except ChainError as refusal:
        if refusal.revert.name in ("BookInsufficientCash", "BookInsufficientLots"):
            refusal.remedy = "Withdraw less, or cancel orders first: `tonne market cancel`."
        raise
    _tell_account(desk, market, participant_of(desk, account), as_json)


def _is_cash(what: str) -> bool:
    if what not in ("cash", "units"):
        raise TonneError(
            "ACCOUNT_BAD_KIND",
            "An account holds cash and units.",
            "what",
            what,
            "Write cash or units.",
        )
    return what == "cash"


def whole(text: str) -> int:
    if not text.replace(",", "").isdigit() or int(text.replace(",", "")) == 0:
        raise TonneError(
            "AMOUNT_UNREADABLE",
            "Units are whole and more than 0.",
            "amount",
            text,
            "Write a whole number.",
        )
    return int(text.replace(",", ""))


def _lots(desk: Desk, market: int, amount: str) -> int:
    """Units as whole lots of the market."""
    lot, units = desk.chain.call("Exchange", "marketAssets", market).lotSize, whole(amount)
    if units % lot:
        raise TonneError(
            "AMOUNT_NOT_WHOLE_LOTS",
            f"A lot of market {market} is {lot:,} units.",
            field="amount",
            value=amount,
            remedy=f"Give a multiple of {lot:,}.",
        )
    return units // lot


def unit_contract(unit: int) -> str:
    return "Allowances" if unit >> 96 == 1 else "OffsetCredits"


def _tell_account(desk: Desk, market: int, participant: int, as_json: bool) -> None:
    account = desk.chain.call("Exchange", "account", participant, market)
    show(
        {
            "market": market,
            "participant": participant,
            "lots": account.lots,
            "lotsFree": account.lotsFree,
            "cash": money(account.cash),
            "cashFree": money(account.cashFree),
        },
        as_json,
        f"In market {market} you now have {account.lots:,} lots ({account.lotsFree:,} free)"
        f" and {money(account.cash)} ({money(account.cashFree)} free).",
    )
