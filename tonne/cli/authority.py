"""`tonne authority`: acts of the authority that reach register and exchange at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from tonne import deployments
from tonne.audit.status import STATUSES
from tonne.cli.common import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    money,
    show,
)
from tonne.errors import TonneError
from tonne.signing import Account, keccak

app = typer.Typer(help="Act as the authority.", no_args_is_help=True)

ACTIVE, SUSPENDED = STATUSES.index("active"), STATUSES.index("suspended")
#: Right to trade, of a wallet.
TRADE: Final = 1

Number = Annotated[int, typer.Argument(help="Number of the participant.", min=1)]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; send nothing.")]


@app.command()
def suspend(
    participant: Number,
    reason: Reason,
    dry_run: DryRun = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Take a participant's freedoms away, in the register and on the exchange in one transaction.

    Its open orders are void, it places no other, its accounts are frozen. Its duties stay.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    _act(desk, account, "suspend", participant, reason, dry_run, as_json)


@app.command()
def resume(
    participant: Number,
    reason: Reason,
    dry_run: DryRun = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End a suspension, in the register and on the exchange in one transaction.

    Orders that the suspension made void stay void.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    _act(desk, account, "reinstate", participant, reason, dry_run, as_json)


def _act(
    desk: Desk,
    account: Account,
    function: str,
    participant: int,
    reason: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    chain = desk.chain
    before = chain.call("Participants", "participant", participant).status
    wanted = SUSPENDED if function == "suspend" else ACTIVE
    if before != ACTIVE + SUSPENDED - wanted:
        raise TonneError(
            "AUTHORITY_STATUS",
            f"Participant {participant} is {STATUSES[before]}.",
            field="participant",
            value=participant,
            remedy="Where only the exchange lags behind the register:"
            f" `tonne market sync {participant}`.",
        )
    accounts = _accounts(desk, participant)
    why = keccak(reason.encode())
    # The same refusals as the act itself, before anything is said or sent.
    chain.call("RegistrarDesk", function, participant, why, sender=account)
    wallets = _wallets(desk, participant)
    data: dict[str, Any] = {
        "participant": participant,
        "before": STATUSES[before],
        "status": STATUSES[wanted],
        "reasonHash": why,
        "wallets": wallets,
        "accounts": accounts,
        "sent": not dry_run,
    }
    if not dry_run:
        chain.fund([account])
        data["transactions"] = _send(desk, account, function, participant, why)
    show(data, as_json, *_lines(data, dry_run))


def _send(
    desk: Desk, account: Account, function: str, participant: int, why: bytes
) -> Sequence[str]:
    """The act, and what of it did not fit into one transaction."""
    receipt = desk.chain.send(account, "RegistrarDesk", function, participant, why)
    sent = [receipt.hash]
    rest = next(e["next"] for e in desk.chain.events(receipt) if e.name == "StatusActed")
    while rest:
        following = desk.chain.call("RegistrarDesk", "pull", participant, rest)
        sent.append(desk.chain.send(account, "RegistrarDesk", "pull", participant, rest).hash)
        rest = following
    return sent


def _accounts(desk: Desk, participant: int) -> list[dict[str, Any]]:
    """The participant's accounts on the exchange in which there is something."""
    markets = range(1, desk.chain.call("Exchange", "marketCount") + 1)
    found = desk.chain.call_many(("Exchange", "account", (participant, m)) for m in markets)
    return [
        {
            "market": market,
            "lots": held.lots,
            "lotsOffered": held.lotsInAsks,
            "cash": money(held.cash),
            "cashBid": money(held.cashInBids),
            "orders": bool(held.lotsInAsks or held.cashInBids),
        }
        for market, held in zip(markets, found, strict=True)
        if held.lots or held.cash
    ]


def _wallets(desk: Desk, participant: int) -> list[str]:
    """Its wallets with the right to trade."""
    every = desk.chain.call("Participants", "walletsOf", participant)
    rights = desk.chain.call_many(("Participants", "walletOf", (wallet,)) for wallet in every)
    return [wallet for wallet, (_, may, _) in zip(every, rights, strict=True) if may & TRADE]


def _lines(data: dict[str, Any], dry_run: bool) -> list[str]:
    number, stops = data["participant"], data["status"] == "suspended"
    verb = "would be" if dry_run else "is"
    count = len(data["wallets"])
    trades = "none places an order any more" if stops else "they may place orders again"
    lines = [
        f"Participant {number} {verb} {data['status']}, in the register and on the exchange;"
        f" wallets with the right to trade: {count}, {trades}."
    ]
    for held in data["accounts"]:
        text = f"Market {held['market']}: {held['lots']:,} lots and {held['cash']}"
        text += f" {'frozen' if stops else 'free again, unless an order freezes them'}"
        if stops and held["orders"]:
            text += (
                f"; its orders, {held['lotsOffered']:,} lots offered and {held['cashBid']} bid,"
                " are void"
            )
        lines.append(text + ".")
    lines.append(
        "Nothing was sent." if dry_run else f"Reason on record: 0x{data['reasonHash'].hex()}."
    )
    return lines
