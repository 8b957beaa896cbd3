"""`tonne authority halt`, `resume-market`, `assign-market`, `limit`, `auction`: those who run a market."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.auction import announce
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import WHO, MarketNumber, participant_named
from tonne.crypto.accounts import keccak

STATUSES: Final = ("unknown", "trading", "halted")

Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def halt(hand: Hand, reason: Reason, market: MarketNumber = 1) -> None:
    """Stop a market: it takes no order until it is resumed; cancelling stays possible."""
    _status(hand, "halt", market, reason, "halted")


def resume_market(hand: Hand, reason: Reason, market: MarketNumber = 1) -> None:
    """End the halt of a market."""
    _status(hand, "resume", market, reason, "trading")


def _status(hand: Hand, function: str, market: int, reason: str, after: str) -> None:
    status = hand.desk.chain.call("ExchangeLens", "market", market).status
    change = Change(f"market {market}", STATUSES[status], after)
    act = Act("Exchange", function, (market, keccak(reason.encode())), [change])
    hand.do(f"{function.capitalize()} market {market}", [act])


def assign_market(
    hand: Hand,
    jurisdiction: Annotated[int, typer.Argument(help="Number of the jurisdiction.", min=0)],
    market: MarketNumber = 1,
) -> None:
    """Give a market to the operator of a jurisdiction: it runs this one, and no other."""
    held = hand.desk.chain.call("Exchange", "marketAssets", market).jurisdiction
    change = Change(f"market {market}", _where(held), _where(jurisdiction))
    act = Act("Exchange", "assignMarket", (market, jurisdiction), [change])
    hand.do(f"Assign market {market}", [act])


def limit(
    hand: Hand,
    who: Annotated[str, typer.Argument(help=WHO)],
    lots: Annotated[int, typer.Argument(help="Lots; 0 = the market rules' own.", min=0)],
    market: MarketNumber = 1,
) -> None:
    """Set the holding limit of a participant, or of the group it is in."""
    number = participant_named(hand.desk, who, "participant")
    after = f"{lots:,} lots" if lots else "that of the market rules"
    change = Change(f"holding limit of participant {number} in market {market}", "as it is", after)
    act = Act("Exchange", "setHoldingLimit", (number, market, lots), [change])
    hand.do(f"Set the holding limit of participant {number}", [act])


def _where(jurisdiction: int) -> str:
    return f"jurisdiction {jurisdiction}" if jurisdiction else "no jurisdiction of its own"


def enter(app: typer.Typer) -> None:
    for command in (halt, resume_market, assign_market, limit):
        acting(app)(command)
    app.command("auction")(announce.announce)
    app.command("cancel-auction")(announce.cancel)
