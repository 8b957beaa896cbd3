"""`tonne market create`: list a unit on the exchange."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, WHO, Pack
from tonne.cli.core.output import parse_money
from tonne.cli.core.session import participant_named
from tonne.cli.core.unit_names import unit_contract, unit_named
from tonne.types.unit_id import unit_name


@command(needs=OfficerAct, scheme=1)
def create(
    act: OfficerAct,
    unit: Annotated[
        str, typer.Argument(help="Unit: allowance:2020, or the id that `offsets issue` shows.")
    ],
    reference: Annotated[
        str | None,
        typer.Option(help=f"First day's reference price; default: the pack's. {AMOUNT}"),
    ] = None,
    fees_to: Annotated[
        str | None, typer.Option(help=f"Receiver of the trading fees. {WHO} Default: none.")
    ] = None,
    pack: Pack = None,
) -> None:
    """Create a market for an allowance or a batch of credits, under the trading rules of the pack.

    An act of an officer of the scheme with the power `market`.
    """
    from tonne.cli.core.rule_pack import pack_for
    from tonne.deployment import scheme_setup

    listed = unit_named(unit, act.scheme)
    args = scheme_setup.market_args(
        act.chain,
        pack_for(act.scheme, pack),
        listed,
        unit_contract(listed),
        participant_named(act, fees_to, "fees-to") if fees_to is not None else 0,
        parse_money(reference) if reference is not None else None,
    )
    change = Effect(f"market of {unit_name(listed)}", "none", "open, under the rules of the pack")
    call = OfficerCall("Exchange", "createMarket", args, [change])
    act.do(f"Create a market for {unit_name(listed)}", [call], result=_opened)


def _opened(act: OfficerAct) -> tuple[dict[str, Any], str]:
    market = act.event("MarketCreated")["market"]
    line = f"  It is market {market}. In a session, any account opens its day: `tonne market open"
    line += f" --market {market}`; on a test chain `tonne clock next-session --market {market}`."
    return {"market": market}, line
