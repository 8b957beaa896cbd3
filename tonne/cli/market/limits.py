"""`tonne market limits`, `gather-room` and `move-room`: one holding limit over all accounts of a class."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
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
    participant_named,
    participant_of,
    show,
    table,
)
from tonne.deployment import record

#: How the contracts say that there is no limit.
NO_LIMIT: Final = 2**255 - 1
NEVER: Final = -(1 << 33)  # share of an account that was not opened yet


def limits(
    who: Annotated[str | None, typer.Argument(help=f"Else your own. {WHO}")] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Show what a participant may hold: its limits, and the share of each of its accounts.

    Accounts of one pool share one limit with the wallets and, in a group, with the other members.
    """
    desk = connect(rpc, folder)
    if who is None:
        number = participant_of(desk, key(name, keystore_file, passphrase_file))
    else:
        number = participant_named(desk, who, "participant")
    found = [_account(desk, number, m) for m in _markets(desk)]
    rows = [
        (
            f["market"],
            f["pool"],
            _plain(f["limit"]),
            f"{f['lots']:,}",
            f"{f['withDesks']:,}",
            _plain(f["share"]),
            _plain(f["couldBuy"]),
        )
        for f in found
    ]
    columns = (">market", "pool", ">limit [t]", ">lots", ">with desks", ">share", ">could buy")
    show(
        {"participant": number, "accounts": found},
        as_json,
        table(f"Participant {number}", columns, rows),
        *[
            f"Others of {f['pool']} have {f['others']:,} t of its limit in market {f['market']}."
            for f in found
            if f["others"]
        ],
        "A share is what the account may hold; an order that is short takes unused room of the"
        " participant's other accounts in the pool.",
    )


def gather_room(
    lots: Annotated[int, typer.Argument(help="Lots you want to buy.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give your account room for so many lots more, from your other accounts of the pool."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    desk.chain.send(account, "HoldingLimits", "gatherRoom", market, lots)
    found = _account(desk, participant_of(desk, account), market)
    show(found, as_json, _says(found))


def move_room(
    lots: Annotated[int, typer.Argument(help="Lots of unused room.", min=1)],
    to: Annotated[str | None, typer.Option(help=f"Else yourself. {WHO}")] = None,
    to_market: Annotated[
        int | None, typer.Option(help="Market of the account it goes to; else the same.", min=1)
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Move unused room of your account in --market to another account of its pool.

    That is your own in another market, or one of another member of your group.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    giver = participant_of(desk, account)
    taker = giver if to is None else participant_named(desk, to, "to")
    target = to_market or market
    desk.chain.fund([account])
    desk.chain.send(account, "HoldingLimits", "moveRoom", market, taker, target, lots)
    ends = [_account(desk, giver, market), _account(desk, taker, target)]
    show({"lots": lots, "from": ends[0], "to": ends[1]}, as_json, *map(_says, ends))


# Inside


def _markets(desk: Desk) -> range:
    return range(1, desk.chain.call("Exchange", "marketCount") + 1)


def _account(desk: Desk, participant: int, market: int) -> dict[str, Any]:
    """Pool and share of one account; None where there is no limit."""
    pool, account, held, assets = desk.chain.call_many(
        [
            ("HoldingLimits", "poolOf", (participant, market)),
            ("Exchange", "account", (participant, market)),
            ("Exchange", "heldOf", (participant, market)),
            ("Exchange", "marketAssets", (market,)),
        ]
    )
    number, limit, others, room = pool
    grouped, owner = number >> 24 & 1, number & 0xFFFFFF
    share = None if account.room == NO_LIMIT else account.room + account.lots
    return {
        "participant": participant,
        "market": market,
        "name": unit_name(assets.unit),
        "pool": f"group {owner}" if grouped else "its own",
        "limit": limit or None,
        "others": others,
        "lots": account.lots,
        "withDesks": held,
        "share": 0 if share == NEVER else share,
        "couldBuy": None if room == NO_LIMIT else room,
    }


def _plain(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _says(found: dict[str, Any]) -> str:
    who = f"Participant {found['participant']} may hold"
    if found["share"] is None:
        return f"{who} any number of lots in market {found['market']}."
    room = found["share"] - found["lots"]
    return f"{who} {found['share']:,} lots in market {found['market']}, {room:,} more than it has."
