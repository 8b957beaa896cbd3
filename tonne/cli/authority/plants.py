"""`tonne authority allocate`, `issue-unissued`, `determine`, `true-up`, `assess`, `dispute`: plants."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from tonne.cli.authority import allocation_table
from tonne.cli.authority.allocation_table import BATCH
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import ON_RECORD, PeriodNumber, Plant, Reason
from tonne.cli.core.output import many
from tonne.cli.core.session import Session, text_hash
from tonne.errors import TonneError, refused
from tonne.types.installation_word import InstallationWord

REPORTS: Final = ("no report", "reported", "disputed", "annulled", "determined")

Year = Annotated[int, typer.Argument(help="Reporting year.", min=1970)]


@command(needs=OfficerAct, scheme=1)
def allocate(
    act: OfficerAct,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV file: installation, power_mwh[, heat_gj] of last year; or installation,"
            " allocation_t[, kind]."
        ),
    ],
    period: PeriodNumber,
    reason: Annotated[
        str | None,
        typer.Option(help=f"Reason of a table. {ON_RECORD}"),
    ] = None,
) -> None:
    """Allocate to the installations of a file: early, on last year's output, or by a table of tonnes.

    A table's kind is table, new-entrant, change, return or closure; a lower amount is taken back. The
    officer may allocate in their jurisdictions; the disclosed free share is never exceeded.
    """
    from tonne.cli.core import decision_files

    if "allocation_t" in decision_files.columns(file):
        allocation_table.allocate(act, file, period, reason)
        return
    rows = decision_files.read(file, decision_files.Allocated)
    decision_files.check_once(file, [(row.installation,) for row in rows])
    plants = [row.installation for row in rows]
    words = _words(act, plants)
    early = act.chain.call(
        "Schemes",
        "param",
        act.scheme,
        text_hash("allocation.preallocation_ppm"),
        _rules_time(act, act.scheme, period),
    )
    given = act.chain.call_many(
        [
            (
                "Allocation",
                "amountFor",
                (act.scheme, period, _class(word), r.power_mwh, r.heat_gj, early),
            )
            for word, r in zip(words, rows, strict=True)
        ]
    )
    debts = act.chain.call_many(("Allocation", "debtOf", (plant,)) for plant in plants)
    stands = act.chain.call_many(
        ("Allocation", "allocationOf", (act.scheme, period, plant)) for plant in plants
    )
    changes = []
    issued = 0
    for row, word, amount, debt, (state, had) in zip(
        rows, words, given, debts, stands, strict=True
    ):
        netted = min(debt, amount)
        issued += amount - netted
        paid = f", of which {netted:,} t pay its debt" if netted else ""
        changes.append(
            Effect(
                f"installation {row.installation} of participant {InstallationWord.unpack(word).operator}",
                f"{allocation_table.STATES[state]}, {had:,} t",
                f"{amount:,} t{paid}",
            )
        )
    total = allocation_table.free_share(act, period, issued)
    calls = [
        OfficerCall(
            "Allocation",
            "preAllocate",
            (
                act.scheme,
                period,
                plants[i : i + BATCH],
                [r.power_mwh for r in rows[i : i + BATCH]],
                [r.heat_gj for r in rows[i : i + BATCH]],
            ),
            changes[i : i + BATCH],
        )
        for i in range(0, len(rows), BATCH)
    ]
    title = f"Allocate early to {many(len(rows), 'installation')} in period {period}"
    act.do(title, calls, {"issued": issued}, [f"  {total}"])


@command(needs=OfficerAct, scheme=1)
def issue_unissued(act: OfficerAct, period: PeriodNumber) -> None:
    """Issue allowances that a true-up held back for a full free share, as far as it has room now.

    Installations come in the order of their true-up; a debt is netted first. Any account can do it.
    """
    chain, scheme = act.chain, act.scheme
    told = chain.logs("Allocation", "AllowancesUnissued", act.first_block)
    held = [e["installation"] for e in told if (e["scheme"], e["periodId"]) == (scheme, period)]
    plants = list(dict.fromkeys(held))
    unissued = chain.call_many(("Allocation", "unissuedOf", (scheme, period, p)) for p in plants)
    debts = chain.call_many(("Allocation", "debtOf", (p,)) for p in plants)
    vintage = chain.call("Schemes", "period", scheme, period).vintage
    free = chain.call("Schemes", "disclosure", scheme, vintage).freeT
    room = max(free - chain.call("Allocation", "freeIssuedOf", scheme, vintage), 0)
    due, changes, issued = [], [], 0
    for plant, owed, debt in zip(plants, unissued, debts, strict=True):
        netted = min(owed, debt)
        granted = min(owed - netted, room - issued)
        if not netted and not granted:
            continue
        issued += granted
        due.append(plant)
        left = owed - netted - granted
        paid = f", {netted:,} t of it pay its debt" if netted else ""
        what = f"held back of installation {plant}"
        changes.append(Effect(what, f"{owed:,} t", f"{left:,} t{paid}"))
    if not due:
        raise refused(
            "ALLOCATION_NOTHING_HELD_BACK",
            period=period,
            unissued=sum(unissued),
            vintage=vintage,
            room=room,
        )
    calls = [
        OfficerCall(
            "Allocation",
            "issueUnissued",
            (scheme, period, due[i : i + BATCH]),
            changes[i : i + BATCH],
        )
        for i in range(0, len(due), BATCH)
    ]
    title = f"Issue allowances held back of {many(len(due), 'installation')} in period {period}"
    act.do(title, calls, {"issued": issued})


def _rules_time(act: OfficerAct, scheme: int, period: int) -> int:
    """Time at which the contracts read a period's rules [s]: 31 December of its last year, 12:00 UTC."""
    year = act.chain.call("Schemes", "period", scheme, period).lastYear
    return int(datetime(year, 12, 31, 12, tzinfo=UTC).timestamp())


@command(needs=OfficerAct, scheme=1)
def determine(
    act: OfficerAct,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV file: installation, year, emissions_t[, power_mwh, heat_gj], reason."
        ),
    ],
    period: PeriodNumber,
) -> None:
    """Determine emissions of installations without a final report, after the determination date."""
    from tonne.cli.core import decision_files

    rows = decision_files.read(file, decision_files.Determined)
    decision_files.check_once(file, [(row.installation, row.year) for row in rows])
    stands = act.chain.call_many(
        ("EmissionsOracle", "record", (row.installation, row.year)) for row in rows
    )
    changes = [
        Effect(
            f"installation {row.installation} in {row.year}",
            _report(word),
            f"determined, {row.emissions_t:,} t",
        )
        for row, word in zip(rows, stands, strict=True)
    ]
    data = [
        (r.installation, r.year, r.emissions_t, r.power_mwh, r.heat_gj, text_hash(r.reason))
        for r in rows
    ]
    calls = [
        OfficerCall(
            "EmissionsOracle",
            "determine",
            (act.scheme, period, data[i : i + BATCH]),
            changes[i : i + BATCH],
        )
        for i in range(0, len(data), BATCH)
    ]
    act.do(f"Determine {many(len(rows), 'report')} of period {period}", calls)


Plants = Annotated[
    list[int] | None, typer.Option("--plant", help="Installation number. Repeatable.", min=1)
]


@command(needs=OfficerAct, scheme=1)
def true_up(act: OfficerAct, period: PeriodNumber, only: Plants = None) -> None:
    """Fix the allocation alone of plants whose reports of the period are final. Open to all.

    By default of every plant of the scheme; those that cannot be trued up yet are named with the reason.
    """
    _fix(
        act,
        period,
        only,
        Fixing("Allocation", "trueUp", "True up", "trued up", "TRUE_UP_NOTHING_DUE"),
    )


@command(needs=OfficerAct, scheme=1)
def assess(act: OfficerAct, period: PeriodNumber, only: Plants = None) -> None:
    """Fix allocation and obligation of plants whose reports of the period are final. Open to all.

    By default of every plant of the scheme; those that cannot be assessed yet are named with the reason.
    """
    done = ("Assess", "assessed", "ASSESS_NOTHING_DUE")
    _fix(act, period, only, Fixing("Compliance", "trueUpAndAssess", *done))


class Fixing(NamedTuple):
    """A call that fixes figures of plants with final reports, and words for it."""

    contract: str
    function: str
    title: str
    done: str
    refusal: str


def _fix(act: OfficerAct, period: int, only: list[int] | None, fixing: Fixing) -> None:
    chain, scheme = act.chain, act.scheme
    plants = only or plants_of(act)
    # A trial of each plant alone: the contract decides which of them are due.
    tried = chain.call_many(
        ((fixing.contract, fixing.function, (scheme, period, [plant])) for plant in plants),
        check=False,
        sender=act.officer,
    )
    answers = list(zip(plants, tried, strict=True))
    due = [plant for plant, answer in answers if not isinstance(answer, TonneError)]
    left = [(plant, answer) for plant, answer in answers if isinstance(answer, TonneError)]
    if not due:
        raise TonneError(
            fixing.refusal,
            f"None of {many(len(plants), 'plant')} can be {fixing.done} in period {period}"
            + (f"; plant {left[0][0]}: {left[0][1].message}" if left else "."),
            field="period",
            value=period,
            remedy="Reports come first: `tonne report inbox FOLDER --year YEAR` lists them; or"
            f" `tonne authority determine FILE --period {period}`.",
        )
    before, after = f"not {fixing.done}", fixing.done
    calls = [
        OfficerCall(
            fixing.contract,
            fixing.function,
            (scheme, period, part),
            [Effect(f"installation {p}", before, after) for p in part],
        )
        for part in (due[i : i + BATCH] for i in range(0, len(due), BATCH))
    ]
    act.do(
        f"{fixing.title} {many(len(due), 'installation')} in period {period}",
        calls,
        {
            fixing.done.replace(" ", "_"): due,
            "left": {plant: answer.message for plant, answer in left},
        },
        [f"  installation {plant} not yet: {answer.message}" for plant, answer in left],
    )


def plants_of(session: Session) -> list[int]:
    """Installations of the session's scheme."""
    count = session.chain.call("Participants", "installationCount")
    every = list(range(1, count + 1))
    words = _words(session, every)
    return [
        plant
        for plant, word in zip(every, words, strict=True)
        if InstallationWord.unpack(word).scheme == session.scheme
    ]


@command(needs=OfficerAct)
def dispute(act: OfficerAct, plant: Plant, year: Year, reason: Reason) -> None:
    """Dispute a report before it is final."""
    word = act.chain.call("EmissionsOracle", "record", plant, year)
    change = Effect(f"installation {plant} in {year}", _report(word), "disputed, not final")
    call = OfficerCall("EmissionsOracle", "dispute", (plant, year, text_hash(reason)), [change])
    act.do(f"Dispute the report of installation {plant} for {year}", [call])


@command(needs=OfficerAct)
def resolve(
    act: OfficerAct,
    plant: Plant,
    year: Year,
    upheld: Annotated[
        bool, typer.Option("--uphold/--dismiss", help="Annul the report, or let it stand.")
    ],
    reason: Reason,
) -> None:
    """Decide a dispute, as another officer than its author: the report is annulled, or final at once."""
    word = act.chain.call("EmissionsOracle", "record", plant, year)
    after = "annulled; a restatement or a determination follows" if upheld else "final"
    change = Effect(f"installation {plant} in {year}", _report(word), after)
    args = (plant, year, upheld, text_hash(reason))
    title = f"{'Uphold' if upheld else 'Dismiss'} the dispute about installation {plant} in {year}"
    act.do(title, [OfficerCall("EmissionsOracle", "resolve", args, [change])])


def _report(word: int) -> str:
    """Status and emissions of a packed report record."""
    from tonne.evidence.report_encoding import ReportRecord

    record = ReportRecord.unpack(word)
    status = REPORTS[record.status]
    return f"{status}, {record.emissions_t:,} t" if word else status


def _words(session: Session, plants: list[int]) -> list[int]:
    return session.chain.call_many(("Participants", "installation", (plant,)) for plant in plants)


def _class(word: int) -> int:
    return InstallationWord.unpack(word).benchmark_class
