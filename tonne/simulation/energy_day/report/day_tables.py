"""Tables of a day's report: of the run's own books, and of the events by the data service's queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tonne.audit.store import excerpt
from tonne.html_report.data_files import Column, DataTable, Value
from tonne.html_report.queried import Events, queried
from tonne.simulation.energy_day.model.grid import node_name, region_of
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import energy_balance

#: Views of the events that the tables read.
VIEWS: Final = ("power_intervals", "meter_intervals", "bills")
MICRO: Final = 1_000_000


def of(state: DayState) -> dict[str, DataTable]:
    """Every table by name."""
    store = excerpt.read(state.chain, VIEWS)
    found = [
        _prices(state),
        _flows(state),
        _intervals(store),
        _roots(store),
        _lines(state),
        _areas(state),
        _balances(state),
        _customers(state),
        _agreements(state),
        _certificates(state),
        _credit_bills(store),
    ]
    store.close()
    return {table.name: table for table in found}


def _energy(*names: str) -> list[Column]:
    """Columns of energy, which are summed."""
    return [Column(n, f"{n.replace(' ', '_')}_wh", "Wh", total=True) for n in names]


def _prices(state: DayState) -> DataTable:
    names = [node_name(node).replace(", ", " ") for node in range(state.grid.nodes)]
    rows = [
        (
            state.line.at(index),
            *(cleared.clearing.prices if cleared else (None,) * state.grid.nodes),
        )
        for index, cleared in enumerate(state.rounds)
    ]
    about = "Marginal price of each node [micro-credit/kWh] by start of the interval [s unix]."
    return DataTable(
        "prices", about, [Column("start", form="time"), *(Column(n, n) for n in names)], rows
    )


def _flows(state: DayState) -> DataTable:
    columns = [energy_balance.net_flows(state, number) for number in range(len(state.grid.links))]
    starts = [state.line.at(index) for index in range(state.line.count)]
    about = "Scheduled over each line and converter [Wh] by start of the interval [s unix]."
    heads = [
        Column("start", form="time"),
        *(Column(link.name, link.name) for link in state.grid.links),
    ]
    return DataTable("flows", about, heads, list(zip(starts, *columns, strict=True)))


def _intervals(store: Events) -> DataTable:
    return queried(
        store,
        "intervals",
        "Cleared intervals as the events have them: energy and loss, welfare and rent [micro-credit].",
        'SELECT interval, energyWh, lossWh, welfare, rent, block FROM "power_intervals" ORDER BY interval',
        [
            Column("interval", form="id"),
            *_energy("energy", "loss"),
            Column("welfare"),
            Column("rent"),
            Column("block", form="id"),
        ],
    )


def _roots(store: Events) -> DataTable:
    names = ("node", "start", "run", "root", "block")
    return queried(
        store,
        "readings",
        "Sum roots of the meters' readings as they were posted, a row for each run.",
        f"SELECT {', '.join(names)} FROM meter_intervals ORDER BY start, node, run",
        [Column(name) for name in names],
    )


def _lines(state: DayState) -> DataTable:
    rows = [
        (d.name, d.in_wh, d.out_wh, d.modelled_wh, d.measured_wh, d.held)
        for d in state.results.lines
        if d.in_wh
    ]
    energy = _energy("in", "out", "modelled", "measured")
    return DataTable(
        "lines",
        "Lines and converters: energy in and out, loss by their curve and by their meters.",
        [Column("line"), *energy, Column("intervals in dispute", total=True)],
        rows,
    )


def _areas(state: DayState) -> DataTable:
    rows = [
        (
            node_name(a.node),
            *(a.injected_wh, a.withdrawn_wh, a.modelled_wh, a.measured_wh),
            *(a.unaccounted_wh, a.charged_wh),
        )
        for a in state.results.areas
    ]
    names = ("injected", "withdrawn", "modelled", "measured", "unaccounted", "charged")
    about = "Areas: energy, loss by curve and by meters, and what members were charged."
    return DataTable("areas", about, [Column("area"), *_energy(*names)], rows)


def _balances(state: DayState) -> DataTable:
    parts = (
        *("plants", "fed_in", "by_lines", "by_converters", "evened_out"),
        *("used", "over_lines", "into_converters", "lost", "unaccounted"),
    )
    rows: list[tuple[Value, ...]] = [
        (node_name(b.node), *(int(getattr(b, part)) for part in parts))
        for b in sorted(energy_balance.balances(state), key=lambda b: region_of(b.node))
    ]
    heads = [Column("node"), *_energy(*(part.replace("_", " ") for part in parts))]
    return DataTable("balances", "Energy balance of each node: in, then out.", heads, rows)


def _money(names: Sequence[str]) -> list[Column]:
    """Columns of credits; files have micro-credits."""
    return [
        Column(n, f"{n}_micro_credit", "credit", digits=4, total=True, scale=MICRO) for n in names
    ]


def _customers(state: DayState) -> DataTable:
    rows = [
        (
            *(b.customer, b.kind, b.region),
            *(b.import_wh, b.export_wh, b.bought_wh, b.sold_wh, b.loss_wh, b.imbalance_wh),
            *(b.contract, b.imbalance, b.fee, b.agreed, b.networks, b.returned, b.net),
        )
        for b in state.results.bills
    ]
    energy = _energy("import", "export", "bought", "sold", "share of losses", "imbalance")
    money = _money(("traded", "imbalance", "fee", "agreed", "networks", "returned", "net"))
    heads = [Column("customer", form="id"), Column("kind"), Column("region"), *energy, *money]
    return DataTable("customers", "Each customer's day: energy and bill.", heads, rows)


def _agreements(state: DayState) -> DataTable:
    rows = [
        (a.number, a.what, a.energy_wh, a.price, a.paid, a.penalty) for a in state.results.agreed
    ]
    price = Column("price", "price_micro_credit_per_kwh", "credit/kWh", digits=3, scale=MICRO)
    heads = [Column("contract", form="id"), Column("what"), *_energy("energy"), price]
    about = "Contracts between two accounts: energy, price, what was paid, penalties."
    return DataTable("agreements", about, [*heads, *_money(("paid", "penalty"))], rows)


def _certificates(state: DayState) -> DataTable:
    rows = [(c.plant, c.hours, c.energy_wh, c.claimed_wh) for c in state.results.certified]
    heads = [Column("plant"), Column("hours", total=True), *_energy("certified", "claimed")]
    return DataTable("certificates", "Certificates of renewable plants.", heads, rows)


def _credit_bills(store: Events) -> DataTable:
    amount = Column("amount", "amount_micro_credit", "credit", digits=4, total=True, scale=MICRO)
    return queried(
        store,
        "credit_bills",
        "Bills paid in credits as the events have them.",
        "SELECT tariff, payer, amount, block FROM bills ORDER BY block, place",
        [Column("tariff", form="id"), Column("payer"), amount, Column("block", form="id")],
    )
