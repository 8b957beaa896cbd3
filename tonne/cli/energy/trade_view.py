"""Bilateral trades for people: terms as signed, and the results of contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tonne.cli.core.output import many, table
from tonne.cli.core.session import Session, node_names
from tonne.power import bilateral_trades
from tonne.power.bilateral_trades import Agreed, TradeFile
from tonne.power.encoding import FIRST_PSEUDONYM
from tonne.power.trade_settlement import TradeOutcome


def rate(amount: int) -> str:
    """A price [micro-credit/kWh] as text."""
    return f"{amount / 1e6:.6f}".rstrip("0").rstrip(".") + " credits/kWh"


def kwh(energy: int) -> str:
    """Energy [Wh] as text."""
    return f"{energy / 1e3:,.3f} kWh"


def credits(amount: int) -> str:
    """Micro-credits as text."""
    return f"{amount / 1e6:,.6f}"


def who(account: int) -> str:
    """Participant or pseudonym of an account."""
    return f"participant {account}" if account < FIRST_PSEUDONYM else f"pseudonym {account}"


def file_lines(session: Session, file: TradeFile) -> list[str]:
    """Terms of a contract for its signers."""
    t = file.ticket
    sides = [f"{side} {key}" for side, key in file.keys.items()]
    return [
        ", ".join(sides)[0].upper() + ", ".join(sides)[1:] + ".",
        *_terms(session, t, bool(file.profile)),
        f"To be registered by {session.local_time(t.deadline)}. Hash 0x{file.hash.hex()}",
    ]


def _terms(session: Session, t: Any, profiled: bool, grid_fee: int | None = None) -> Iterator[str]:
    step = session.chain.call("PowerMarket", "terms").intervalS
    names = node_names(session)
    nodes = dict.fromkeys((t.sellerNode, t.buyerNode))
    where = " to ".join(f"node {n} ({names[n]})" if n < len(names) else f"node {n}" for n in nodes)
    count = t.untilInterval - t.fromInterval + 1
    energy = "by a profile" if profiled else f"{kwh(t.energyWh)} each"
    begin, end = (
        session.local_time(t.fromInterval * step),
        session.local_time((t.untilInterval + 1) * step),
    )
    yield f"{many(count, 'interval')} from {begin} to {end}, {energy}, at {where}."
    grid = f"up to {rate(t.maximumGridFee)}" if grid_fee is None else rate(grid_fee)
    wheeling = f", {rate(t.wheelingFee)} for wheeling" if t.sellerNode != t.buyerNode else ""
    yield f"{rate(t.price)} for the energy{wheeling}, {grid} to the grid."
    meters = [
        f"the {side}'s meter {meter}"
        for side, meter in (("seller", t.sellerMeter), ("buyer", t.buyerMeter))
        if meter
    ]
    if meters:
        yield f"Who falls short by {' and '.join(meters)} owes {rate(t.penalty)}."


def as_json(found: Agreed, now: int, step: int) -> dict[str, Any]:
    """A contract for JSON; energy in Wh, amounts in micro-credits."""
    state, out = found.state, found.outcome
    return {
        "contract": found.number,
        "hash": found.digest,
        **{name: getattr(state, name) for name in state._fields if name != "profile"},
        "profile": found.profile,
        "intervals": len(found.intervals),
        "booked": len(found.booked),
        "executed": len(found.executed),
        "lapsed": len(found.lapsed),
        "due": len(found.due(now, step)),
        "deliveredWh": out.energy_wh - out.seller_short_wh,
        **{_camel(name): getattr(out, name) for name in TradeOutcome.__slots__},
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def show_one(session: Session, found: Agreed, step: int, intervals: bool) -> None:
    """Prints one contract, with its intervals if wanted."""
    now, state, out = session.chain.now(), found.state, found.outcome
    data = as_json(found, now, step)
    rows = list(_intervals(session, found, step)) if intervals else []
    if intervals:
        data["each"] = rows
    carried = f", carried by {who(state.carrier)}" if state.carrier else ""
    settled = [
        ("energy", kwh(out.energy_wh)),
        ("paid by the buyer", credits(out.paid)),
        ("to the seller", credits(out.proceeds)),
        ("for wheeling", credits(out.wheeling)),
        ("to the grid", credits(out.grid)),
        ("not delivered", kwh(out.seller_short_wh)),
        ("penalty of the seller", credits(out.seller_penalty)),
        ("not taken", kwh(out.buyer_short_wh)),
        ("penalty of the buyer", credits(out.buyer_penalty)),
    ]
    lines: list[Any] = [
        f"Contract {found.number}: {who(state.seller)} sells to {who(state.buyer)}{carried}.",
        *_terms(session, state, bool(found.profile), state.gridFee),
        _standing(found, now, step),
        table("Results of the executed intervals", ("", ">kWh or credits"), settled),
    ]
    if intervals:
        head = (
            "from",
            "state",
            ">Wh",
            ">seller sold",
            ">seller bought",
            ">buyer sold",
            ">buyer bought",
        )
        told = [
            (session.local_time(r["start"]), r["state"], *map(str, list(r.values())[3:]))
            for r in rows
        ]
        lines.append(table("Intervals; positions of each side at its node [Wh]", head, told))
    session.show(data, *lines)


def _standing(found: Agreed, now: int, step: int) -> str:
    told = {
        "booked": len(found.booked),
        "carried out": len(found.executed),
        "lapsed": len(found.lapsed),
        "due": len(found.due(now, step)),
    }
    whole = many(len(found.intervals), "interval")
    return f"Of {whole}: " + ", ".join(f"{n:,} {what}" for what, n in told.items()) + "."


def _intervals(session: Session, found: Agreed, step: int) -> Iterator[dict[str, Any]]:
    state = found.state
    sides = ((state.seller, state.sellerNode), (state.buyer, state.buyerNode))
    calls = [
        ("PowerTrades", "positionOf", (account, node, i))
        for i in found.intervals
        for account, node in sides
    ]
    answers = iter(session.chain.call_many(calls))
    for i in found.intervals:
        (sold, bought), (sold_on, taken) = next(answers), next(answers)
        yield {
            "interval": i,
            "start": i * step,
            "state": _state(found, i),
            "energyWh": found.energy_wh(i, step),
            "sellerSoldWh": sold,
            "sellerBoughtWh": bought,
            "buyerSoldWh": sold_on,
            "buyerBoughtWh": taken,
        }


def _state(found: Agreed, interval: int) -> str:
    if interval in found.executed:
        return "carried out"
    if interval in found.lapsed:
        return "lapsed"
    return "booked" if interval in found.booked else "agreed"


def show_all(session: Session, step: int) -> None:
    """Prints all contracts."""
    now = session.chain.now()
    found = bilateral_trades.contracts(session.chain, first_block=session.first_block)
    rows = [
        (
            *map(str, (c.number, c.state.seller, c.state.buyer)),
            session.local_time(c.state.fromInterval * step),
            *(f"{n:,}" for n in (len(c.intervals), len(c.executed), c.outcome.energy_wh)),
            f"{c.outcome.seller_short_wh + c.outcome.buyer_short_wh:,}",
        )
        for c in found
    ]
    head = ("contract", "seller", "buyer", "from", ">intervals", ">done", ">Wh", ">short")
    data = {"contracts": [as_json(c, now, step) for c in found]}
    session.show(data, table("Energy at agreed prices", head, rows))
