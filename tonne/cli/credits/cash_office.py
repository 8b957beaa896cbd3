"""`tonne offsets hold-cash` and `release-cash`: cash of the seller of a locked or invalid batch."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Reason
from tonne.cli.core.output import money, parse_day, parse_money
from tonne.cli.core.session import text_hash
from tonne.cli.core.unit_names import credit_id, unit_name
from tonne.constants import DAY_S
from tonne.errors import TonneError

CONTRACT: Final = "ProceedsHolds"
QUARTER_S: Final = 900


@command(needs=OfficerAct)
def hold_cash(
    act: OfficerAct,
    unit: Annotated[str, typer.Argument(help="Unit id of the batch, from `tonne status`.")],
    seller: Annotated[int, typer.Argument(help="Participant number of the seller.", min=1)],
    since: Annotated[
        str, typer.Option(help="Local day from which its sales count, e.g. 2021-07-30.")
    ],
    reason: Reason,
    amount: Annotated[
        str | None, typer.Option(help="Amount in the currency; default: all it got.")
    ] = None,
) -> None:
    """Hold what a seller got for a locked or invalid batch, for 90 days at most, as an officer."""
    batch = credit_id(unit)
    market = act.chain.call("Exchange", "marketOf", batch)
    if not market:
        raise TonneError(
            "OFFSET_NO_MARKET",
            f"{unit_name(batch)} has no market: nobody sold it there.",
            field="unit",
            value=unit,
            remedy="Freeze its units by `tonne authority freeze WHO --unit UNIT --reason TEXT`.",
        )
    config, _ = act.chain.call("ExchangeLens", "marketConfig", market)
    start = parse_day(since, "since") * DAY_S - config.utcQuarters * QUARTER_S
    most = act.chain.call(CONTRACT, "proceedsOf", batch, seller, start)
    cash = most if amount is None else parse_money(amount) * 100
    held = min(cash, act.chain.call("Exchange", "account", seller, market).cash)
    who = f"cash of participant {seller} in market {market}"
    change = Effect(who, "free", f"{money(held)} held for 90 days at most")
    args = (batch, seller, cash, start, text_hash(reason))
    data = {"unit": hex(batch), "market": market, "seller": seller, "proceeds": most}
    act.do(f"Hold {who}", [OfficerCall(CONTRACT, "hold", args, [change])], data, result=_held)


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
) -> None:
    """Give held cash back to the seller's account; any account may once the hold is over."""
    hold = act.chain.call(CONTRACT, "holdOf", number)
    who = f"cash of participant {hold.seller} in market {hold.market}"
    change = Effect(who, f"{money(hold.cash)} held", "free")
    call = OfficerCall(CONTRACT, "release", (number, text_hash(reason)), [change])
    act.do(f"Release hold {number}", [call], {"hold": number, "cash": hold.cash})
