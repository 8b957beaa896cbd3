"""One row for each emitter, and one for each period: of the data files and the charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from tonne.html_report.data_files import Column, DataTable
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState


@dataclass(frozen=True, slots=True)
class EmitterRow:
    """An emitter at the end of the period. Amounts in [t] unless said otherwise."""

    id: str
    name: str  #         only where names were asked for
    owner: str
    province: str
    class_name: str
    capacity_mw: float
    power: int  #        verified [MWh]
    heat: int  #         verified [GJ]
    emissions: int  #    verified
    report: str  #       reported, determined, or none
    early: int  #        allocated on last year's output
    final: int  #        allocated in the end
    due: int  #          obligation
    bought: int  #       simulated, as is all below
    sold: int
    credits: int  #      of what was surrendered
    surrendered: int
    missing: int
    status: str  #       met, met late, short, or exempt
    fine: float  #       [currency]


#: Columns of the file; what the market did is marked, no company did it.
SIMULATED = ("bought", "sold", "credits", "surrendered", "missing", "status", "fine")
UNITS = {
    "power": "power_mwh",
    "heat": "heat_gj",
    "emissions": "emissions_t",
    "early": "allocated_early_t",
    "final": "allocated_t",
    "due": "obligation_t",
    "bought": "bought_t",
    "sold": "sold_t",
    "credits": "credits_surrendered_t",
    "surrendered": "surrendered_t",
    "missing": "missing_t",
}
#: Columns of the page, their headings, and those that are summed.
SHOWN = (
    *("id", "province", "class_name", "report", "emissions", "final", "due"),
    *("bought", "sold", "surrendered", "missing", "status", "fine"),
)
TITLES = {
    "id": "emitter",
    "class_name": "class",
    "early": "allocated early",
    "final": "allocated",
    "due": "obligation",
}
TOTALS = (*(name for name in UNITS), "fine")


@dataclass(frozen=True, slots=True)
class Trend:
    """One period. Amounts in [t] unless said otherwise; what the market did is simulated."""

    period: str
    emissions: int  #       verified; put into the run, and drawn after the first period
    allocated: int
    due: int
    brought: int  #         left of older vintages when the period began
    older: int  #           of them, surrendered in it
    netted: int  #          of free allowances, not issued: they paid a debt
    short: int  #           emitters, at the deadline
    missing: int  #         what they missed then
    deducted: int  #        sent to the next allocation
    banked: int
    expired: int
    left: int
    mean_cents: float  #    price [0.01 currency a t]
    last_cents: int
    lacked: int  #          emitters that lacked something
    waited: int  #          ... and waited for the deadline
    evidence_due: int  #    monthly packages of the year that passed
    evidence_in_time: int
    authority_gas: int  #   authority and oracle, what is done once aside


def rows(state: PeriodState, season: TradingSeason) -> list[EmitterRow]:
    show = state.options.names or not state.fleet.real_names
    fines = {short.place: short.fine_cents for short in state.results.shortfalls}
    reported = dict.fromkeys(state.cast.silent, "determined")
    table = []
    for place, plant in enumerate(state.fleet.plants):
        due, given = int(state.due[place]), int(state.given[place])
        if not plant.class_number:
            status, source = "exempt", "none"
        else:
            status = "short" if given < due else "met late" if place in fines else "met"
            source = reported.get(place, "reported")
        power, heat = state.results.output[place]
        table.append(
            EmitterRow(
                id=plant.key,
                name=plant.name if show else "",
                owner=plant.owner if show else "",
                province=plant.province,
                class_name=plant.class_name,
                capacity_mw=plant.capacity_kw / 1000,
                power=power,
                heat=heat,
                emissions=int(state.emissions[place]),
                report=source,
                early=int(state.early[place]),
                final=int(state.final[place]),
                due=due,
                bought=int(season.market.bought[place]),
                sold=int(season.market.sold[place]),
                credits=int(state.given_credits[place]),
                surrendered=given,
                missing=due - given,
                status=status,
                fine=fines.get(place, 0) / 100,
            )
        )
    return table


def emitters(rows: Sequence[EmitterRow], currency: str) -> DataTable:
    """The table of all emitters."""
    columns = []
    for field in fields(EmitterRow):
        key = ("simulated_" if field.name in SIMULATED else "") + UNITS.get(field.name, field.name)
        columns.append(
            Column(
                TITLES.get(field.name, field.name.replace("_", " ")),
                key,
                currency if field.name == "fine" else "",
                total=field.name in TOTALS,
                shown=field.name in SHOWN
                or (field.name == "name" and any(row.name for row in rows)),
            )
        )
    names = [field.name for field in fields(EmitterRow)]
    return DataTable(
        "emitters",
        "Emitters [t]; trades, surrender and fines are simulated.",
        columns,
        [tuple(getattr(row, name) for name in names) for row in rows],
    )


def trend_table(rows: Sequence[Trend]) -> DataTable:
    """A row for each period."""
    names = [field.name for field in fields(Trend)]
    return DataTable(
        "trend",
        "Periods beside each other, amounts in t unless said otherwise.",
        [Column(name.replace("_", " "), name) for name in names],
        [tuple(getattr(row, name) for name in names) for row in rows],
    )
