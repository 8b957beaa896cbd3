"""`tonne offsets proceeds`, `mark-cash`, `hold-cash`, `release-cash`: cash of the seller of a batch."""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Reason
from tonne.cli.core.output import money, parse_day, parse_money
from tonne.cli.core.session import Session, Signer, text_hash
from tonne.cli.core.unit_names import credit_id
from tonne.constants import DAY_S
from tonne.errors import refused
from tonne.types import account_id
from tonne.types.ids import MarketId, ParticipantId, UnitId
from tonne.types.unit_id import unit_name

CONTRACT: Final = "ProceedsHolds"
QUARTER_S: Final = 900

Unit = Annotated[
    str, typer.Argument(help="Batch: 2020#1 of scheme 1, or its unit id from `tonne status`.")
]
Seller = Annotated[int, typer.Argument(help="Participant number of the seller.", min=1)]
Since = Annotated[str, typer.Option(help="Local day from which its sales count, e.g. 2021-07-30.")]


class _Sales(NamedTuple):
    """Sales of a batch by one seller since a local day [0.0001 currency]."""

    unit: UnitId
    market: MarketId
    start: int  # [s]
    got: int  # by the fills, block trades and auctions on record, after fees
    most: int  # that the contract lets an officer hold


def _market(session: Session, unit: str) -> tuple[UnitId, MarketId]:
    batch = credit_id(unit)
    market = session.chain.call("Exchange", "marketOf", batch)
    if not market:
        raise refused("OFFSET_NO_MARKET", unit=unit, batch=unit_name(batch))
    return batch, market


def _sales(session: Session, unit: str, seller: int, since: str) -> _Sales:
    from tonne.audit.export.rebuild import rebuild_market

    batch, market = _market(session, unit)
    config, _ = session.chain.call("ExchangeLens", "marketConfig", market)
    start = parse_day(since, "since") * DAY_S - config.utcQuarters * QUARTER_S
    most = session.chain.call(CONTRACT, "proceedsOf", batch, seller, start)
    rebuilt = rebuild_market(session.chain, session.first_block).market
    account = account_id.pack(market, ParticipantId(seller))
    got = rebuilt.exchange.flows.proceeds(account, start)
    return _Sales(batch, market, start, got, most)


@command(needs=Session)
def proceeds(session: Session, unit: Unit, seller: Seller, since: Since) -> None:
    """Show a seller's proceeds of a batch since a day, and how much of them may be held."""
    sales = _sales(session, unit, seller, since)
    session.show(
        {
            "unit": hex(sales.unit),
            "market": sales.market,
            "seller": seller,
            "proceeds": sales.got,
            "most": sales.most,
        },
        f"Participant {seller} got {money(sales.got)} for {unit_name(sales.unit)} since {since}.",
        f"An officer can hold {money(sales.most)} of it: the bound on chain.",
    )


@command(needs=Signer)
def mark_cash(session: Signer, unit: Unit, seller: Seller) -> None:
    """Mark a seller's proceeds of a batch so far: a hold since then is bounded exactly."""
    batch, market = _market(session, unit)
    session.send(CONTRACT, "mark", batch, seller)
    data = {"unit": hex(batch), "market": market, "seller": seller}
    session.show(data, f"Marked: participant {seller} in market {market}.")


@command(needs=OfficerAct)
def hold_cash(
    act: OfficerAct,
    unit: Unit,
    seller: Seller,
    since: Since,
    reason: Reason,
    amount: Annotated[
        str | None, typer.Option(help="Amount in the currency; default: all it got.")
    ] = None,
) -> None:
    """Hold what a seller got for a locked or invalid batch, for 90 days at most, as an officer."""
    sales = _sales(act, unit, seller, since)
    _check_proceeds(sales, seller, since)
    least = min(sales.most, sales.got)
    cash = least if amount is None else parse_money(amount) * 100
    if amount is not None and cash > sales.got:
        raise refused(
            "OFFSET_ABOVE_PROCEEDS", amount=amount, seller=seller, got=money(sales.got), since=since
        )
    held = min(cash, act.chain.call("Exchange", "account", seller, sales.market).cash)
    who = f"cash of participant {seller} in market {sales.market}"
    change = Effect(who, "free", f"{money(held)} held for 90 days at most")
    args = (sales.unit, seller, cash, sales.start, text_hash(reason))
    data = {
        "unit": hex(sales.unit),
        "market": sales.market,
        "seller": seller,
        "proceeds": sales.got,
        "most": sales.most,
    }
    act.do(f"Hold {who}", [OfficerCall(CONTRACT, "hold", args, [change])], data, result=_held)


def _check_proceeds(sales: _Sales, seller: int, since: str) -> None:
    """Raises where there is nothing to hold."""
    if not sales.got:
        raise refused("OFFSET_NO_PROCEEDS", seller=seller, unit=unit_name(sales.unit), since=since)
    if not sales.most:
        raise refused("OFFSET_PROCEEDS_UNKNOWN", since=since, got=money(sales.got))


def _held(act: OfficerAct) -> tuple[dict[str, Any], str]:
    done = act.event("ProceedsHeld")
    number, cash = done["id"], done["cash"]
    return {
        "hold": number,
        "cash": cash,
        "until": done["until"],
    }, f"  Hold {number}: {money(cash)}."


@command(needs=OfficerAct)
def release_cash(
    act: OfficerAct,
    number: Annotated[int, typer.Argument(help="Number of the hold.", min=1)],
    reason: Reason,
    amount: Annotated[
        str | None, typer.Option(help="Amount in the currency; default: all that is held.")
    ] = None,
) -> None:
    """Give held cash back to the seller's account, as another officer than the one who holds it.

    Any account may once the time of the hold is over, or the batch may be traded again.
    """
    hold = act.chain.call(CONTRACT, "holdOf", number)
    cash = hold.cash if amount is None else parse_money(amount) * 100
    who = f"cash of participant {hold.seller} in market {hold.market}"
    left = f", {money(hold.cash - cash)} held" if cash < hold.cash else ""
    change = Effect(who, f"{money(hold.cash)} held", f"{money(cash)} free{left}")
    call = OfficerCall(CONTRACT, "release", (number, cash, text_hash(reason)), [change])
    act.do(f"Release hold {number}", [call], {"hold": number, "cash": cash})
