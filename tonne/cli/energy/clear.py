"""`tonne energy clear`: the clearing of an interval, proposed once and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many
from tonne.cli.core.session import Keeper, Session
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.power.encoding import Clearing, Round


@command(needs=Keeper)
def clear(
    session: Keeper,
    since: Annotated[str, typer.Option(help="Start of the interval, e.g. 2026-06-01T12:00.")],
) -> None:
    """Propose the optimum of the curves that were opened, while the window lasts. Open to all.

    The fees of its steps go to the account of the key whose clearing stands in the end.
    """
    from tonne.cli.energy import trade_terms
    from tonne.power.clearing_check import outcome
    from tonne.power.clearing_solver import solve
    from tonne.power.rounds import proposal, read_round, require_whole
    from tonne.units.energy_credits import credits

    step = trade_terms.interval_s(session)
    interval = trade_terms.time_of(session, since, step) // step
    chain = session.chain
    standing = chain.call("PowerMarket", "roundOf", interval)
    _require_window(session, interval, standing)
    round_ = read_round(chain, interval, step)
    require_whole(round_, chain.call("PowerMarket", "seedOf", interval), standing.curvesHash)
    clearing = solve(round_)
    _require_better(session, interval, standing, round_, clearing)
    sent = session.send("PowerMarket", "clear", interval, proposal(round_, clearing))
    found = outcome(round_, clearing)
    data = {
        "interval": interval,
        "prices": list(clearing.prices),
        "energyWh": found.energy,
        "transaction": sent.hash,
    }
    prices = ", ".join(credits(price) for price in clearing.prices)
    session.show(
        data,
        f"{many(len(round_.steps), 'step')} cleared: {found.energy:,} Wh at {prices} credits/kWh by node.",
    )


def _require_window(session: Session, interval: int, standing: Any) -> None:
    """CLEARING_NOT_NOW where the interval has no curves, or is not in its window."""
    from tonne.power.intervals import MarketTerms, Stage

    if standing.stage == Stage.CLEARING and standing.opened:
        return
    terms = MarketTerms.read(session.chain)
    latest = terms.gate(interval) + terms.opening_s
    until = terms.gate(interval) + terms.window_s
    empty = standing.stage == Stage.CLEARING
    raise TonneError(
        "CLEARING_NOT_NOW",
        "No curve of this interval was opened."
        if empty
        else "A clearing of this interval is proposed once all its curves are open, or from"
        f" {session.local_time(latest)} on, until {session.local_time(until)}.",
        field="since",
        value=interval,
        remedy="None: the reference price holds."
        if empty
        else "Propose one for an interval in its window.",
    )


def _require_better(
    session: Session, interval: int, standing: Any, round_: Round, clearing: Clearing
) -> None:
    """CLEARING_STANDS where one stands that this one does not beat."""
    from tonne.power.clearing_check import outcome
    from tonne.power.rounds import is_better

    if is_better(session.chain, interval, standing, outcome(round_, clearing), clearing):
        return
    raise refused("CLEARING_STANDS", interval=interval)
