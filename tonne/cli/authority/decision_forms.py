"""`tonne authority new`: forms of the files that officers decide by, with a row for each plant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from tonne.cli.authority import plants
from tonne.cli.authority.allocation_table import KINDS
from tonne.cli.core.command import command
from tonne.cli.core.form_files import write_form
from tonne.cli.core.options import PeriodNumber
from tonne.cli.core.output import many
from tonne.cli.core.session import Session
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.evidence.report_encoding import ReportRecord


class DecisionForm(NamedTuple):
    """Columns of a file, their meaning, and the command that reads it."""

    columns: str
    notes: tuple[str, ...]
    reader: str


FORMS: Final = {
    "output": DecisionForm(
        "installation,power_mwh,heat_gj",
        (
            "Output of the year before the period: the basis of the early allocation.",
            "Rows have the figures of final reports; fill in empty ones, or delete the row.",
        ),
        "tonne authority allocate",
    ),
    "table": DecisionForm(
        "installation,allocation_t,kind",
        (
            "allocation_t: whole allocation of the period [t]; a reduction is taken back from the operator.",
            f"kind: {'; '.join(KINDS)}.",
        ),
        "tonne authority allocate",
    ),
    "determination": DecisionForm(
        "installation,year,emissions_t,power_mwh,heat_gj,reason",
        (
            "Emissions [t CO2e] and output of plants without a final report of the year.",
            "Fill in the figures and a reason, whose hash goes on record; delete other rows.",
        ),
        "tonne authority determine",
    ),
    "correction": DecisionForm(
        "installation,verified_t,surrendered_t,reason",
        (
            "Tonnes by which the running totals of a plant change, up or down.",
            "Fill in one amount at least and a reason; delete other rows.",
        ),
        "tonne authority totals correct",
    ),
}


@command(needs=Session, scheme=1)
def new(
    session: Session,
    kind: Annotated[str, typer.Argument(help=f"Kind of decision: {', '.join(FORMS)}.")],
    period: PeriodNumber,
    out: Annotated[
        Path | None, typer.Option(help="Form to write; default: KIND-PERIOD.csv.")
    ] = None,
) -> None:
    """Write a CSV form for a decision, with a row for each plant and every column explained."""

    if kind not in FORMS:
        raise refused("DECISION_KIND", kind=kind, forms=", ".join(FORMS))
    form = FORMS[kind]
    rows = _rows(session, kind, period)
    if not rows:
        raise refused("DECISION_NO_PLANT", period=period, scheme=session.scheme, kind=kind)
    path = out or Path(f"{kind}-{period}.csv")
    text = "\n".join([form.columns, *(f"# {note}" for note in form.notes), *rows]) + "\n"
    write_form(path, text, "DECISION_FORM_EXISTS")
    then = f"{form.reader} {path} --period {period} --dry-run"
    session.show(
        {"file": path, "rows": len(rows)},
        f"Written to {path}: {many(len(rows), 'row')}. Check and fill in, then `{then}`.",
    )


def _rows(session: Session, kind: str, period: int) -> list[str]:
    numbers = plants.plants_of(session)
    years = session.chain.call("Schemes", "period", session.scheme, period)
    match kind:
        case "output":
            return _outputs(session, numbers, years.firstYear - 1)
        case "table":
            return _allocations(session, numbers, period)
        case "determination":
            return _unreported(session, numbers, range(years.firstYear, years.lastYear + 1))
        case _:
            return [f"{number},0,0," for number in numbers]


def _outputs(session: Session, numbers: list[int], year: int) -> list[str]:
    final = _final(session, numbers, year)
    return [
        f"{n},{final[n].power_mwh},{final[n].heat_gj}" if n in final else f"{n},," for n in numbers
    ]


def _allocations(session: Session, numbers: list[int], period: int) -> list[str]:
    held = session.chain.call_many(
        ("Allocation", "allocationOf", (session.scheme, period, number)) for number in numbers
    )
    return [f"{n},{amount},{KINDS[0]}" for n, (_, amount) in zip(numbers, held, strict=True)]


def _unreported(session: Session, numbers: list[int], years: range) -> list[str]:
    return [
        f"{number},{year},,,,"
        for year in years
        for number in sorted(set(numbers) - _final(session, numbers, year).keys())
    ]


def _final(session: Session, numbers: list[int], year: int) -> dict[int, ReportRecord]:
    """Records of plants whose figure of the year is final."""
    from tonne.evidence import desk

    now = session.chain.now()
    return {
        number: record
        for number, record in desk.records_of(session.chain, numbers, year).items()
        if record.is_final(now)
    }
