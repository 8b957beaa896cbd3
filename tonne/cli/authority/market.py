"""`tonne authority open-market`, `halt`, `resume-market`, `delist`, `assign-market`, `limit`."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, WHO, Pack, Participant, Reason
from tonne.cli.core.output import parse_money
from tonne.cli.core.session import participant_named, text_hash
from tonne.cli.core.unit_names import unit_contract, unit_name, unit_named

STATUSES: Final = ("unknown", "trading", "halted", "delisted")


@command(needs=OfficerAct, scheme=1)
def open_market(
    act: OfficerAct,
    unit: Annotated[
        str, typer.Argument(help="Unit id, from `tonne status --json` or `offsets issue`.")
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
    """Open a market for an allowance or a batch of credits, under the trading rules of the pack."""
    from tonne.cli.core.rule_pack import pack_for
    from tonne.deployment import scheme_setup

    listed = unit_named(unit)
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
    act.do(f"Open a market for {unit_name(listed)}", [call], result=_opened)


def _opened(act: OfficerAct) -> tuple[dict[str, Any], str]:
    market = act.event("MarketCreated")["market"]
    return {"market": market}, f"  It is market {market}; its first day opens with a session."


@command(needs=OfficerAct, market=1)
def halt(act: OfficerAct, reason: Reason) -> None:
    """Halt a market: it takes no orders until it is resumed; orders can still be cancelled."""
    _status(act, "halt", act.market, reason, "halted")


@command(needs=OfficerAct, market=1)
def resume_market(act: OfficerAct, reason: Reason) -> None:
    """End the halt of a market."""
    _status(act, "resume", act.market, reason, "trading")


@command(needs=OfficerAct, market=1)
def delist(act: OfficerAct, reason: Reason) -> None:
    """End a market without lots for good, so that its unit can have another."""
    _status(act, "delistMarket", act.market, reason, "delisted")


def _status(act: OfficerAct, function: str, market: int, reason: str, after: str) -> None:
    status = act.chain.call("ExchangeLens", "market", market).status
    change = Effect(f"market {market}", STATUSES[status], after)
    call = OfficerCall("Exchange", function, (market, text_hash(reason)), [change])
    act.do(f"{function.removesuffix('Market').capitalize()} market {market}", [call])


@command(needs=OfficerAct, market=1)
def assign_market(
    act: OfficerAct,
    jurisdiction: Annotated[int, typer.Argument(help="Jurisdiction number; 0 for none.", min=0)],
) -> None:
    """Assign a market to a jurisdiction, whose operator alone runs it."""
    held = act.chain.call("Exchange", "marketAssets", act.market).jurisdiction
    change = Effect(f"market {act.market}", _where(held), _where(jurisdiction))
    call = OfficerCall("Exchange", "assignMarket", (act.market, jurisdiction), [change])
    act.do(f"Assign market {act.market}", [call])


@command(needs=OfficerAct, market=1)
def limit(
    act: OfficerAct,
    who: Participant,
    lots: Annotated[
        int, typer.Argument(help="Limit [lots]; 0 for the limit of the market rules.", min=0)
    ],
) -> None:
    """Set the holding limit of a participant, or of its group."""
    number = participant_named(act, who, "participant")
    after = f"{lots:,} lots" if lots else "that of the market rules"
    change = Effect(
        f"holding limit of participant {number} in market {act.market}", "as it is", after
    )
    call = OfficerCall("Exchange", "setHoldingLimit", (number, act.market, lots), [change])
    act.do(f"Set the holding limit of participant {number}", [call])


def _where(jurisdiction: int) -> str:
    return f"jurisdiction {jurisdiction}" if jurisdiction else "no jurisdiction of its own"
