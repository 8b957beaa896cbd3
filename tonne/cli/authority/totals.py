"""`tonne authority totals`: accounts of a scheme that judges by running totals, see ICumulativeCompliance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from tonne.cli.authority import dues, plants
from tonne.cli.authority.plants import Year
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import PeriodNumber, Reason
from tonne.cli.core.output import many
from tonne.cli.core.session import text_hash
from tonne.errors import TonneError, refused

CONTRACT: Final = "CumulativeCompliance"
#: Most items of a call.
MOST: Final = 200

app = typer.Typer(
    help="Running totals: coverage, verified years, corrections, verdicts.", no_args_is_help=True
)


@app.command()
@command(needs=OfficerAct, scheme=1)
def cover(
    act: OfficerAct,
    period: PeriodNumber,
    reason: Reason,
    only: plants.Plants = None,
    end: Annotated[
        bool, typer.Option("--end", help="End the coverage of the plants that --plant names.")
    ] = False,
) -> None:
    """Cover plants from the first year of a period to the end of its phase, or end that.

    By default every plant of the scheme that is not covered; entry, exclusion, closure and entry again. A
    year that is not covered needs no verified figure; the totals stay.
    """
    if end and not only:
        raise refused("TOTALS_END_WHICH", period=period)
    paper = text_hash(reason)
    change = ("covered", "not covered") if end else ("not covered", "covered")
    _each(
        act,
        PlantActs(
            function="cover",
            period=period,
            rest=(not end, paper),
            title="End the coverage of" if end else "Cover",
            refusal="TOTALS_NOTHING_TO_COVER",
            remedy=f"`tonne authority owing --period {period}` lists accounts; name plants by --plant.",
        ),
        only or plants.plants_of(act),
        lambda due: [Effect(f"installation {plant}", *change) for plant in due],
    )


@app.command()
@command(needs=OfficerAct, scheme=1)
def count(act: OfficerAct, year: Year, period: PeriodNumber, only: plants.Plants = None) -> None:
    """Take the final reports of a year into the accounts of plants. Open to all.

    By default of every plant of the scheme; those that cannot be counted yet are named with the reason.
    """
    from tonne.evidence.report_encoding import ReportRecord

    def effects(due: Sequence[int]) -> list[Effect]:
        words = act.chain.call_many(("EmissionsOracle", "record", (plant, year)) for plant in due)
        tonnes = [ReportRecord.unpack(word).emissions_t for word in words]
        return [
            Effect(f"installation {p}, verified", f"{a.verifiedT:,} t", f"{a.verifiedT + t:,} t")
            for p, a, t in zip(due, _accounts(act, due, period), tonnes, strict=True)
        ]

    _each(
        act,
        PlantActs(
            function="count",
            period=period,
            head=(year,),
            title=f"Count {year} of",
            refusal="TOTALS_NOTHING_TO_COUNT",
            remedy=f"Reports come first: `tonne report inbox FOLDER --year YEAR` lists them; or"
            f" `tonne authority determine FILE --period {period}`.",
        ),
        only or plants.plants_of(act),
        effects,
    )


@app.command()
@command(needs=OfficerAct, scheme=1)
def correct(
    act: OfficerAct,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV file: installation, verified_t and surrendered_t by which the totals change, reason."
        ),
    ],
    period: PeriodNumber,
) -> None:
    """Correct totals on record, up or down: what becomes due is due by the deadline of the period."""
    from tonne.cli.core import decision_files

    rows = decision_files.read(file, decision_files.Corrected)
    decision_files.check_once(file, [(row.installation,) for row in rows])
    decision_files.check_changes(file, rows)
    accounts = _accounts(act, [row.installation for row in rows], period)
    effects = [
        Effect(
            f"installation {row.installation}, verified and surrendered",
            f"{account.verifiedT:,} t and {account.surrenderedT:,} t",
            f"{account.verifiedT + row.verified_t:,} t and {account.surrenderedT + row.surrendered_t:,} t",
        )
        for row, account in zip(rows, accounts, strict=True)
    ]
    data = [(r.installation, r.verified_t, r.surrendered_t, text_hash(r.reason)) for r in rows]
    calls = [
        OfficerCall(CONTRACT, "correct", (act.scheme, period, data[part]), effects[part])
        for part in _parts(len(data))
    ]
    act.do(f"Correct totals of {many(len(rows), 'installation')} in period {period}", calls)


@app.command()
@command(needs=OfficerAct, scheme=1)
def judge(act: OfficerAct, period: PeriodNumber, only: plants.Plants = None) -> None:
    """Judge plants by their totals at a period's deadline, once it is over. Open to all.

    By default every plant of the scheme; those that cannot be judged are named with the reason. A verdict is
    final; a shortfall is then noticed by `tonne authority penalty notify`.
    """

    def effects(due: Sequence[int]) -> list[Effect]:
        chain = act.chain
        stands = chain.call_many((CONTRACT, "positionOf", (plant, period)) for plant in due)
        return [
            Effect(
                f"installation {plant}",
                "not yet judged",
                f"judged with {missing:,} t open" if missing else f"judged with {ahead:,} t ahead",
            )
            for plant, (missing, ahead) in zip(due, stands, strict=True)
        ]

    def verdicts(sent: OfficerAct) -> tuple[dict[str, Any], str]:
        told = {
            e["installation"]: dues.VERDICTS[e["verdict"]]
            for e in sent.events()
            if e.name == "ComplianceJudged"
        }
        words = (f"{list(told.values()).count(word)} {word}" for word in dues.VERDICTS[1:])
        return {"verdicts": told}, f"  Verdicts: {', '.join(words)}."

    _each(
        act,
        PlantActs(
            function="judge",
            period=period,
            title="Judge",
            refusal="TOTALS_NOTHING_TO_JUDGE",
            remedy="Its deadline must be over, and an earlier period judged:"
            " `tonne authority due` lists the dates.",
        ),
        only or plants.plants_of(act),
        effects,
        verdicts,
    )


class PlantActs(NamedTuple):
    """One call for many plants: `function(scheme, period, *head, plants, *rest)`, and words for it."""

    function: str
    period: int
    title: str
    refusal: str
    remedy: str
    head: tuple[Any, ...] = ()
    rest: tuple[Any, ...] = ()

    def args(self, scheme: int, numbers: Sequence[int]) -> tuple[Any, ...]:
        return (scheme, self.period, *self.head, list(numbers), *self.rest)


def _each(
    act: OfficerAct,
    asked: PlantActs,
    numbers: Sequence[int],
    effects: Callable[[Sequence[int]], list[Effect]],
    result: Callable[[OfficerAct], tuple[dict[str, Any], str]] | None = None,
) -> None:
    """Makes the call for those of the plants that the contract takes; names the others with its reason."""
    # A trial of each plant alone: the contract decides which of them are due.
    tried = act.chain.call_many(
        ((CONTRACT, asked.function, asked.args(act.scheme, [plant])) for plant in numbers),
        check=False,
        sender=act.officer,
    )
    answers = list(zip(numbers, tried, strict=True))
    due = [plant for plant, answer in answers if not isinstance(answer, TonneError)]
    left = {plant: answer.message for plant, answer in answers if isinstance(answer, TonneError)}
    if not due:
        first = next((f"; plant {plant}: {why}" for plant, why in left.items()), ".")
        raise TonneError(
            asked.refusal,
            f"{asked.title} is possible for none of {many(len(numbers), 'plant')} in period"
            f" {asked.period}{first}",
            field="period",
            value=asked.period,
            remedy=asked.remedy,
        )
    changes = effects(due)
    calls = [
        OfficerCall(CONTRACT, asked.function, asked.args(act.scheme, due[part]), changes[part])
        for part in _parts(len(due))
    ]
    act.do(
        f"{asked.title} {many(len(due), 'installation')} in period {asked.period}",
        calls,
        {"plants": due, "left": left},
        [f"  installation {plant} not: {why}" for plant, why in left.items()],
        result=result,
    )


def _accounts(act: OfficerAct, numbers: Sequence[int], period: int) -> list[Any]:
    return act.chain.call_many((CONTRACT, "accountOf", (plant, period)) for plant in numbers)


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, start + MOST) for start in range(0, count, MOST))
