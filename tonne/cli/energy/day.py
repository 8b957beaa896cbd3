"""`tonne energy day` and `prices`: a simulated day, its prices; the bills of its report."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from tonne import paths
from tonne.cli.core.command import command
from tonne.cli.core.options import LocalChain
from tonne.cli.core.output import Printer, console, parse_date, table
from tonne.cli.core.session import Session, node_names
from tonne.errors import refused
from tonne.types import lanes

#: Interval between two reads of the chain [s].
EVERY_S: Final = 0.5


def day(
    meters: Annotated[int, typer.Option(help="Number of customers' meters.", min=1)] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of keys, weather and customers.")] = 1,
    on: Annotated[
        str | None,
        typer.Option("--date", help="Date (UTC) that sets sun and heat, e.g. 2026-04-15."),
    ] = None,
    first: Annotated[
        int, typer.Option(min=0, help="Quarter-hours to skip at the start of the day.")
    ] = 0,
    intervals: Annotated[
        int | None,
        typer.Option(min=1, help="Number of intervals; default: to the end of the day."),
    ] = None,
    interval: Annotated[
        int, typer.Option(help="Length of an interval [s]: 900, 1800 or 3600.")
    ] = 900,
    regions: Annotated[int, typer.Option(help="Regions, of four nodes each: 3 to 16.", min=1)] = 3,
    chain: Annotated[LocalChain, typer.Option(help="Local chain to start.")] = (LocalChain.anvil),
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep the chain running until Ctrl-C.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep journal, leaves and logs of the run.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; default: reports/TIME-energy.")
    ] = None,
    street: Annotated[
        Path | None,
        typer.Option(help="Folder with meter readings and losses of a street to replay instead."),
    ] = None,
) -> None:
    """Simulate a day of an energy market: meters, oracle, clearing, losses, settlement, credits, audit.

    Regions and four carriers on a local chain, which is stopped at the end.
    """
    from tonne.simulation.energy_day.model.plan import (
        DAY,
        DayOptions,
    )
    from tonne.simulation.energy_day.run import folder_of, run

    options = DayOptions(
        meters=meters,
        seed=seed,
        day=DAY if on is None else parse_date(on, "date"),
        first=first,
        intervals=intervals,
        interval_s=interval,
        regions=regions,
        chain=chain.value,
        hold=hold,
        keep=keep,
        out=out,
    )
    if street is not None:
        from tonne.simulation.energy_day import street_replay as streets

        streets.run(options, street, Console(highlight=False), folder_of(options, "street"))
        return
    run(options, Console(highlight=False))


@command(needs=Session)
def prices(
    session: Session,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Print further intervals as they are cleared, until Ctrl-C."),
    ] = False,
    last: Annotated[int, typer.Option(help="Number of latest intervals to print.", min=0)] = 8,
) -> None:
    """Show the clearing price of every node and interval [credits/kWh]."""
    names, step = node_names(session), session.chain.call("PowerMarket", "terms").intervalS
    block = session.first_block
    rows, block = _cleared(session, block, len(names), step)
    rows = dict(list(rows.items())[-last:] if last else [])
    if not follow:
        shown = [(session.local_time(start), *map(_price, found)) for start, found in rows.items()]
        data = {
            "unit": "micro-credit/kWh",
            "nodes": names,
            "prices": [{"start": start, "prices": found} for start, found in rows.items()],
        }
        head = ("interval", *(">" + name for name in names))
        session.show(data, table("Prices [credits/kWh]", head, shown))
        return
    if not session.as_json:
        console.print("start, " + ", ".join(names) + " [credits/kWh]", markup=False)
    while True:
        for start, found in rows.items():
            _line(session, start, found)
        time.sleep(EVERY_S)
        rows, block = _cleared(session, block, len(names), step)


def simulated_bills(session: Printer, customers: list[int] | None, report: Path | None) -> None:
    """Shows customers' bills of a simulated day: energy, trades, imbalance, fees.

    There customers take turns in their aggregator's accounts; their bills are part of the report.
    """
    path = (report or _latest()) / "bills.json"
    body = json.loads(path.read_text("utf-8"))
    known = {row["customer"]: row for row in body["bills"]}
    wanted = customers or _first_of_each(body["bills"])
    missing = [number for number in wanted if number not in known]
    if missing:
        raise refused("ENERGY_BILL_UNKNOWN", missing=missing[0], known_count=len(known) - 1)
    chosen = [known[number] for number in wanted]
    rows = [
        (
            f"{b['customer']} {b['kind']}, {b['region']}",
            *(f"{b[name] / 1e3:,.3f}" for name in ("import_wh", "export_wh", "loss_wh")),
            *(f"{b[name] / 1e6:,.4f}" for name in _PARTS),
        )
        for b in chosen
    ]
    head = ("customer", ">import kWh", ">export kWh", ">losses kWh", *(">" + p for p in _PARTS))
    title = f"Bills of {body['day']}, in credits; payments are negative"
    session.show({**body, "bills": chosen}, table(title, head, rows))


_PARTS = ("contract", "imbalance", "fee", "agreed", "networks", "returned", "net")


def _cleared(
    session: Session, first: int, nodes: int, step: int
) -> tuple[dict[int, list[int]], int]:
    """(prices by start of interval, next block to read); the last clearing of an interval counts."""
    head = session.chain.block_number()
    found: dict[int, list[int]] = {}
    if first <= head:
        for event in session.chain.logs("PowerMarket", "IntervalCleared", first=first, last=head):
            words = event["prices"]
            found[event["interval"] * step] = lanes.unpack(words, min(nodes, 8 * len(words)))
    return found, max(first, head + 1)


def _line(session: Session, start: int, found: list[int]) -> None:
    if session.as_json:
        typer.echo(json.dumps({"start": start, "prices": found}))
    else:
        console.print(
            f"{session.local_time(start)}  " + "  ".join(map(_price, found)), markup=False
        )


def _price(amount: int) -> str:
    return f"{amount / 1e6:.4f}"


def _first_of_each(bills: list[dict[str, Any]]) -> list[int]:
    """Ten customers of all kinds."""
    first: dict[str, int] = {}
    for row in bills:
        first.setdefault(row["kind"], row["customer"])
    others = [row["customer"] for row in bills if row["customer"] not in first.values()]
    return sorted([*first.values(), *others][:10])


def _latest() -> Path:
    found = sorted((paths.HOME / "reports").glob("*-energy/bills.json"))
    if not found:
        raise refused("ENERGY_NO_REPORT")
    return found[-1].parent
