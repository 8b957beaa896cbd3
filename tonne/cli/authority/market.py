"""`tonne authority halt`, `resume-market`, `delist`, `assign-market`, `limit`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Participant, Reason
from tonne.cli.core.session import participant_named, text_hash

STATUSES: Final = ("unknown", "trading", "halted", "delisted")


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
    """Assign a market to a jurisdiction; only its operator runs it."""
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
