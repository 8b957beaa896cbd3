"""`tonne energy bid`: a plant's or a large user's own curves of an interval; what became of any bid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.session import Keeper, Session, Signer, participant_named
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.power.intervals import MarketTerms
    from tonne.power.own_bids import Order, OwnBid

app = typer.Typer(
    help="Bids: commit, open and release your own curves; show any participant's.",
    no_args_is_help=True,
)

#: `BidState` of IPowerBids in words.
STATES: Final = ("none", "committed", "opened", "released", "forfeited")
#: A side of a bid in words, and what became of it.
SIDES: Final = (("buy", "bought"), ("sell", "sold"))

File = Annotated[Path, typer.Argument(help="File that opens the bid. Keep it: silence costs.")]
Since = Annotated[str, typer.Option(help="Start of the interval, e.g. 2026-06-01T12:00.")]
Bidder = Annotated[str, typer.Argument(help=f"Aggregator, plant or large user. {WHO}")]
NodeOption = Annotated[int, typer.Option("--node", help="Node of the market.", min=0, max=255)]


@app.command()
@command(needs=Signer)
def commit(
    session: Signer,
    file: File,
    since: Since,
    node: NodeOption,
    buy: Annotated[
        list[str] | None,
        typer.Option(help="WH:PRICE, e.g. 250:0.31 [Wh, credits/kWh]. More than once."),
    ] = None,
    sell: Annotated[
        list[str] | None,
        typer.Option(help="WH:PRICE, e.g. 400:0.08 [Wh, credits/kWh]. More than once."),
    ] = None,
) -> None:
    """Commit to curves of your own, before the gate; the file that is written opens them after it."""
    from tonne.chain.reverts import ChainError
    from tonne.power import openable
    from tonne.power.bid_tree import commitment
    from tonne.power.intervals import MarketTerms
    from tonne.power.own_bids import OwnBid, curves_of

    terms, interval = MarketTerms.read(session.chain), _interval(session, since)
    orders = [_order("buy", 0, text) for text in buy or []]
    orders += [_order("sell", 1, text) for text in sell or []]
    own = curves_of(session.participant, node, _some(orders))
    _require_new(session, file, interval, terms)
    openable.require_within(session.chain, terms, own, interval)
    openable.require_backed(session.chain, terms, own, openable.needed_for(own, terms))
    made = OwnBid.draw(session.chain, interval, own)
    made.write(file)  # before it is sent: a commitment that nothing opens is paid for
    sealed = commitment(interval, made.opening, own.bidder)
    try:
        session.send("PowerMarket", "commit", interval, sealed, own.energy)
    except ChainError:  # of any other fault it may be on its way, and is to be opened
        file.unlink()
        raise
    gate = session.local_time(terms.gate(interval))
    data = {"interval": interval, "energyWh": own.energy, "gate": terms.gate(interval)}
    session.show(
        {**data, "file": str(file)},
        f"{own.energy:,} Wh are committed. Open them from {gate} on, within {terms.opening_s} s:"
        f" `tonne energy bid open {file}`.",
    )


@app.command("open")
@command(needs=Keeper)
def open_(session: Keeper, file: File) -> None:
    """Open the curves of a file, once the gate is closed. Open to all."""
    from tonne.power.intervals import MarketTerms, Stage
    from tonne.power.own_bids import read
    from tonne.units.energy_credits import credits

    made = read(file, session.chain)
    terms = MarketTerms.read(session.chain)
    stage = Stage(session.chain.call("PowerMarket", "stageOf", made.interval))
    if stage is not Stage.OPENING:
        raise _not_now(session, file, made, terms, stage is Stage.OPEN)
    session.send("PowerMarket", "open", made.interval, made.bidder, made.opening)
    found = session.chain.call("PowerMarket", "bidOf", made.interval, made.bidder)
    data = {"interval": made.interval, "escrow": found.escrow, "fee": found.fee}
    session.show(
        data,
        f"It is opened, and holds {credits(found.escrow)} credits until"
        f" {session.local_time(terms.free_at(made.interval))}.",
    )


@app.command()
@command(needs=Keeper)
def release(session: Keeper, bidder: Bidder, since: Since) -> None:
    """Release a bid after its hold: its credits are free, its solver is paid. Open to all."""
    number, interval = participant_named(session, bidder, "bidder"), _interval(session, since)
    session.send("PowerMarket", "release", interval, [number])
    session.show(
        {"interval": interval, "participant": number},
        f"The bid of participant {number} is released.",
    )


@app.command()
@command(needs=Session)
def show(session: Session, bidder: Bidder, since: Since) -> None:
    """Show a participant's bid of an interval, and what was bought and sold by it."""
    from tonne.cli.energy import trade_terms
    from tonne.units.energy_credits import credits

    number, interval = participant_named(session, bidder, "bidder"), _interval(session, since)
    found = session.chain.call("PowerMarket", "bidOf", interval, number)
    state = STATES[found.state]
    start = session.local_time(interval * trade_terms.interval_s(session))
    data: dict[str, Any] = {
        "interval": interval,
        "participant": number,
        "state": state,
        "mostWh": found.mostWh,
        "escrow": found.escrow,
        "fee": found.fee,
    }
    if state == "none":
        session.show(data, f"Participant {number} has no bid in the interval from {start}.")
        return
    held = f", holding {credits(found.escrow)} credits" if state == "opened" else ""
    said = f"{state}, {found.mostWh:,} Wh at most{held}"
    taken = _accepted(session, interval, number)
    data["accepted"] = [
        {"node": node, "side": SIDES[side][0], "wh": wh} for node, side, wh in taken or []
    ]
    lines = [f"Bid of participant {number} in the interval from {start}: {said}."]
    if taken is not None:
        lines += [f"Node {node}: {wh:,} Wh {SIDES[side][1]}." for node, side, wh in taken] or [
            "Nothing of it was accepted."
        ]
    session.show(data, *lines)


def _accepted(session: Session, interval: int, bidder: int) -> list[tuple[int, int, int]] | None:
    """(node, side, Wh) of a bid that the clearing which stands has accepted; None while there is none."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.power.rounds import accepted_by, read_clearing, read_round

    chain, first = session.chain, session.first_block
    round_ = read_round(chain, interval, terms.interval_s(session), first)
    clearing = read_clearing(chain, interval, round_, first)
    if clearing is None:
        return None
    found = accepted_by(round_, clearing)
    return sorted(
        (node, side, wh) for (who, node, side), wh in found.items() if who == bidder and wh
    )


def _interval(session: Session, since: str) -> int:
    from tonne.cli.energy import trade_terms as terms

    step = terms.interval_s(session)
    return terms.time_of(session, since, step) // step


def _order(name: str, side: int, said: str) -> Order:
    from tonne.cli.energy.trade_terms import rate_of

    energy, _, price = said.partition(":")
    if not (energy.isdecimal() and 0 < int(energy) < 2**32 and price):
        raise refused("BID_ORDER", reason=said, order=name)
    return side, int(energy), rate_of(price)


def _some(orders: list[Order]) -> list[Order]:
    if not orders:
        raise refused("BID_EMPTY", buy="")
    return orders


def _require_new(session: Signer, file: Path, interval: int, terms: MarketTerms) -> None:
    """Refuses what could not be committed, ahead of its file."""
    if file.exists():
        raise refused("BID_FILE_THERE", file=str(file))
    gate = terms.gate(interval)
    if session.chain.now() >= gate:
        raise refused("BID_TOO_LATE", interval=interval, gate=session.local_time(gate))


def _not_now(
    session: Session, file: Path, made: OwnBid, terms: MarketTerms, early: bool
) -> TonneError:
    gate = terms.gate(made.interval)
    since, until = map(session.local_time, (gate, gate + terms.opening_s))
    return TonneError(
        "BID_NOT_OPENING",
        f"It is too early to open curves of this interval: that goes from {since} to {until}."
        if early
        else f"It is too late to open curves of this interval: that went from {since} to {until}.",
        field="interval",
        value=made.interval,
        remedy=f"Give the command again then: `tonne energy bid open {file}`."
        if early
        else "Nothing can be done for this one: a bid that was not opened in time is forfeited.",
    )
