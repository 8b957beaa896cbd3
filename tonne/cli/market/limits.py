"""`tonne market limits`, `gather-room` and `move-room`: the holding limit over accounts of a class."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, Signer, participant_named
from tonne.types.pool_id import Pool
from tonne.types.unit_id import unit_name

#: No limit, in the contracts.
NO_LIMIT: Final = 2**255 - 1
NEVER: Final = -(2**33)  # share of an account that was not opened yet


@command(needs=Signer)
def limits(
    session: Signer,
    who: Annotated[
        str | None, typer.Argument(help=f"Participant; default: your own. {WHO}")
    ] = None,
) -> None:
    """Show a participant's holding limits, and the share of each of its accounts.

    Accounts of a pool share one limit with its wallets and, in a group, with the other members.
    """
    if who is None:
        number = session.participant
    else:
        number = participant_named(session, who, "participant")
    found = [_account(session, number, m) for m in _markets(session)]
    rows = [
        (
            f["market"],
            f["pool"],
            _plain(f["limit"]),
            f"{f['lots']:,}",
            f"{f['withDesks']:,}",
            _room(f["share"]),
            _room(f["couldBuy"]),
        )
        for f in found
    ]
    columns = (">market", "pool", ">limit [t]", ">lots", ">with desks", ">share", ">could buy")
    session.show(
        {"participant": number, "accounts": found},
        table(f"Participant {number}", columns, rows),
        *[
            f"Others of {f['pool']} have {f['others']:,} t of its limit in market {f['market']}."
            for f in found
            if f["others"]
        ],
        "The share is the most an account may hold; an order beyond it takes unused room of the"
        " participant's other accounts in the pool.",
    )


@command(needs=Signer, market=1)
def gather_room(
    session: Signer, lots: Annotated[int, typer.Argument(help="Lots to buy.", min=1)]
) -> None:
    """Raise your account's share by this many lots, from your other accounts of the pool."""
    session.send("HoldingLimits", "gatherRoom", session.market, lots)
    found = _account(session, session.participant, session.market)
    session.show(found, _says(found))


@command(needs=Signer, market=1)
def move_room(
    session: Signer,
    lots: Annotated[int, typer.Argument(help="Unused room [lots].", min=1)],
    to: Annotated[str | None, typer.Option(help=f"Receiver; default: yourself. {WHO}")] = None,
    to_market: Annotated[
        int | None, typer.Option(help="Market of the receiving account; default: the same.", min=1)
    ] = None,
) -> None:
    """Move unused room of your account in --market to another account of its pool.

    The receiver is your account in another market, or that of another member of your group.
    """
    giver = session.participant
    taker = giver if to is None else participant_named(session, to, "receiver")
    target = to_market or session.market
    session.send("HoldingLimits", "moveRoom", session.market, taker, target, lots)
    ends = [_account(session, giver, session.market), _account(session, taker, target)]
    session.show({"lots": lots, "from": ends[0], "to": ends[1]}, *map(_says, ends))


def _markets(session: Session) -> range:
    return range(1, session.chain.call("Exchange", "marketCount") + 1)


def _account(session: Session, participant: int, market: int) -> dict[str, Any]:
    """Pool and share of one account; None where there is no limit."""
    pool, account, held, assets = session.chain.call_many(
        [
            ("HoldingLimits", "poolOf", (participant, market)),
            ("Exchange", "account", (participant, market)),
            ("Exchange", "heldOf", (participant, market)),
            ("Exchange", "marketAssets", (market,)),
        ]
    )
    number, limit, others, room = pool
    pool_of = Pool.unpack(number)
    share = None if account.room == NO_LIMIT else account.room + account.lots
    return {
        "participant": participant,
        "market": market,
        "name": unit_name(assets.unit),
        "pool": f"group {pool_of.owner}" if pool_of.grouped else "its own",
        "limit": limit or None,
        "others": others,
        "lots": account.lots,
        "withDesks": held,
        "share": 0 if share == NEVER else share,
        "couldBuy": None if room == NO_LIMIT else room,
    }


def _plain(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _room(value: int | None) -> str:
    """Lots, or that no limit applies to them."""
    return "no limit" if value is None else f"{value:,}"


def _says(found: dict[str, Any]) -> str:
    who = f"Participant {found['participant']} may hold"
    if found["share"] is None:
        return f"{who} any number of lots in market {found['market']}."
    room = found["share"] - found["lots"]
    return f"{who} {found['share']:,} lots in market {found['market']}, {room:,} more than it has."
