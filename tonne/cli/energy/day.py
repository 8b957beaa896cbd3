"""`tonne energy day`, `prices` and `bill`: a whole day, and what it came to."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tonne import paths
from tonne.cli.core.session import (
    DEFAULT_RPC,
    AsJson,
    Desk,
    Folder,
    Rpc,
    connect,
    console,
    show,
    table,
)
from tonne.cli.run.period import LocalChain
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.power.encoding import unpack

#: `Carrier` of IMeters.
CARRIERS = ("", "electricity", "heat", "gas", "hydrogen")

#: [s] Between two looks at the chain.
EVERY_S = 0.5


def day(
    meters: Annotated[int, typer.Option(help="Meters of customers.", min=1)] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Decides keys, weather and customers.")] = 1,
    on: Annotated[
        str | None,
        typer.Option("--date", help="The day (UTC), like 2026-04-15; it decides sun and heat."),
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="Quarter-hours of the day left out.")] = 0,
    intervals: Annotated[
        int | None, typer.Option(min=1, help="Quarter-hours. Without it: to the end of the day.")
    ] = None,
    chain: Annotated[LocalChain, typer.Option(help="The local chain to run on.")] = (
        LocalChain.anvil
    ),
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep the chain until Ctrl-C, for others to look at.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep journal, leaves and logs of the run.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report. Without it: reports/TIME-energy.")
    ] = None,
    street: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the meters and losses of a street: its registers are played instead."
        ),
    ] = None,
) -> None:
    """Run a day of an energy market: meters, oracle, clearing, losses, settlement, credits, audit.

    Three regions and four carriers on a chain of its own; it is taken down again at the end.
    """
    from tonne.simulation.energy_day.model.plan import (  # slow to import, and not needed for --help
        DAY,
        Options,
    )
    from tonne.simulation.energy_day.run import folder_of, run

    options = Options(
        meters=meters,
        seed=seed,
        day=DAY if on is None else _date(on),
        first=first,
        intervals=intervals,
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


def prices(
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on showing intervals as they are cleared.")
    ] = False,
    last: Annotated[int, typer.Option(help="Intervals to begin with.", min=0)] = 8,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show the marginal price of every node and interval, in credits per kWh."""
    desk = connect(rpc, folder)
    names, step = node_names(desk), desk.chain.call("PowerMarket", "terms").intervalS
    block = desk.deployment.first_block
    rows, block = _cleared(desk, block, len(names), step)
    rows = dict(list(rows.items())[-last:] if last else [])
    if not follow:
        shown = [(desk.when(start), *map(_price, found)) for start, found in rows.items()]
        data = {
            "unit": "micro-credit/kWh",
            "nodes": names,
            "prices": [{"start": start, "prices": found} for start, found in rows.items()],
        }
        head = ("interval", *(">" + name for name in names))
        show(data, as_json, table("Prices [credits/kWh]", head, shown))
        return
    if not as_json:
        console.print("start, " + ", ".join(names) + " [credits/kWh]", markup=False)
    while True:
        for start, found in rows.items():
            _line(desk, start, found, as_json)
        time.sleep(EVERY_S)
        rows, block = _cleared(desk, block, len(names), step)


def bill(
    customers: Annotated[list[int] | None, typer.Argument(help="Numbers of customers.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder of the report. Without it: the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a day came to for customers: energy, trades, imbalance, fees. Without numbers: ten.

    Bills are on no chain, which knows names that customers take turns in: they lie with the report.
    """
    path = (report or _latest()) / "bills.json"
    body = json.loads(path.read_text("utf-8"))
    known = {row["customer"]: row for row in body["bills"]}
    wanted = customers or _first_of_each(body["bills"])
    missing = [number for number in wanted if number not in known]
    if missing:
        raise TonneError(
            "ENERGY_BILL_UNKNOWN",
            f"The day has no customer {missing[0]}.",
            field="customer",
            value=missing[0],
            remedy=f"They are numbered from 0 to {len(known) - 1}.",
        )
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
    title = f"Bills of {body['day']}, in credits; what is paid is negative"
    show({**body, "bills": chosen}, as_json, table(title, head, rows))


_PARTS = ("contract", "imbalance", "fee", "agreed", "networks", "returned", "net")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "DAY_UNREADABLE",
            "This is no date.",
            field="date",
            value=text,
            remedy="Write it like 2026-04-15.",
        ) from None


def node_names(desk: Desk) -> list[str]:
    """What the nodes are, by number."""
    count, _ = desk.chain.call("PowerGrid", "counts")
    nodes = desk.chain.call_many(("PowerGrid", "node", (n,)) for n in range(count))
    return [f"{_carrier(node.carrier)} {node.region}" for node in nodes]


def _carrier(number: int) -> str:
    return CARRIERS[number] if number < len(CARRIERS) else f"carrier {number}"


def _cleared(desk: Desk, first: int, nodes: int, step: int) -> tuple[dict[int, list[int]], int]:
    """(prices by start of interval, the next block to look at); of one interval the best clearing."""
    head = desk.chain.block_number()
    found: dict[int, list[int]] = {}
    if first <= head:
        for event in desk.chain.logs("PowerMarket", "IntervalCleared", first=first, last=head):
            words = event["prices"]
            found[event["interval"] * step] = unpack(words, min(nodes, 8 * len(words)))
    return found, max(first, head + 1)


def _line(desk: Desk, start: int, found: list[int], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"start": start, "prices": found}))
    else:
        console.print(f"{desk.when(start)}  " + "  ".join(map(_price, found)), markup=False)


def _price(amount: int) -> str:
    return f"{amount / 1e6:.4f}"


def _first_of_each(bills: list[dict[str, Any]]) -> list[int]:
    """Ten customers, of as many kinds as there are."""
    first: dict[str, int] = {}
    for row in bills:
        first.setdefault(row["kind"], row["customer"])
    others = [row["customer"] for row in bills if row["customer"] not in first.values()]
    return sorted([*first.values(), *others][:10])


def _latest() -> Path:
    found = sorted((paths.HOME / "reports").glob("*-energy/bills.json"))
    if not found:
        raise TonneError(
            "ENERGY_NO_REPORT",
            "There is no report of a day.",
            field="report",
            remedy="Run `tonne energy day`, or name the folder with --report.",
        )
    return found[-1].parent
