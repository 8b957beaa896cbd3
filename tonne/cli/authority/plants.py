"""`tonne authority allocate`, `determine`, `dispute`, `resolve`: plants and their reports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.authority import decision_files
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import Desk, SchemeNumber, many
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError

#: Installations in one call.
BATCH: Final = 200
STATES: Final = ("not allocated", "allocated early", "final")
REPORTS: Final = ("no report", "reported", "disputed", "annulled", "determined")
AMOUNT: Final = (1 << 40) - 1

PeriodNumber = Annotated[int, typer.Option("--period", help="Number of the period.", min=1)]
Plant = Annotated[int, typer.Argument(help="Number of the installation.", min=1)]
Year = Annotated[int, typer.Argument(help="Reporting year.", min=1970)]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def allocate(
    hand: Hand,
    file: Annotated[
        Path, typer.Argument(help="CSV with installation, power_mwh[, heat_gj] of the last year.")
    ],
    period: PeriodNumber,
    scheme: SchemeNumber = 1,
) -> None:
    """Allocate early, on last year's output, to the installations of a file.

    Whoever may allocate in their jurisdiction; the free share that was disclosed is never exceeded.
    """
    rows = decision_files.read(file, decision_files.Allocated)
    decision_files.check_once(file, [(row.installation,) for row in rows])
    plants = [row.installation for row in rows]
    words = _words(hand.desk, plants)
    early = hand.desk.chain.call(
        "Schemes",
        "param",
        scheme,
        keccak(b"allocation.preallocation_ppm"),
        _rules_time(hand, scheme, period),
    )
    given = hand.desk.chain.call_many(
        [
            (
                "Allocation",
                "amountFor",
                (scheme, period, _class(word), r.power_mwh, r.heat_gj, early),
            )
            for word, r in zip(words, rows, strict=True)
        ]
    )
    debts = hand.desk.chain.call_many(("Allocation", "debtOf", (plant,)) for plant in plants)
    stands = hand.desk.chain.call_many(
        ("Allocation", "allocationOf", (scheme, period, plant)) for plant in plants
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
            Change(
                f"installation {row.installation} of participant {word & 0xFFFFFF}",
                f"{STATES[state]}, {had:,} t",
                f"{amount:,} t{paid}",
            )
        )
    total = _free_share(hand, scheme, period, issued)
    acts = [
        Act(
            "Allocation",
            "preAllocate",
            (
                scheme,
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
    hand.do(title, acts, {"issued": issued}, [f"  {total}"])


def _free_share(hand: Hand, scheme: int, period: int, issued: int) -> Change:
    """The batches together; each alone might still fit."""
    chain = hand.desk.chain
    vintage = chain.call("Schemes", "period", scheme, period).vintage
    free = chain.call("Schemes", "disclosure", scheme, vintage).freeT
    before = chain.call("Allocation", "freeIssuedOf", scheme, vintage)
    if before + issued > free:
        raise TonneError(
            "ALLOCATION_FREE_SHARE_EXCEEDED",
            f"{before:,} t of vintage {vintage} are issued, and {issued:,} t more would exceed the"
            f" disclosed free share of {free:,} t.",
            field="file",
            value=before + issued,
            remedy="Disclose a larger share first: `tonne authority plan`.",
        )
    what = f"free allowances of {vintage}, of {free:,} t disclosed"
    return Change(what, f"{before:,} t", f"{before + issued:,} t")


def _rules_time(hand: Hand, scheme: int, period: int) -> int:
    """31 December, 12:00 UTC, of the period's last year, when the contracts read its rules."""
    year = hand.desk.chain.call("Schemes", "period", scheme, period).lastYear
    return int(datetime(year, 12, 31, 12, tzinfo=UTC).timestamp())


def determine(
    hand: Hand,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with installation, year, emissions_t[, power_mwh, heat_gj], reason."
        ),
    ],
    period: PeriodNumber,
    scheme: SchemeNumber = 1,
) -> None:
    """Set the emissions of installations that have no final report, once the time for it has come."""
    rows = decision_files.read(file, decision_files.Determined)
    decision_files.check_once(file, [(row.installation, row.year) for row in rows])
    stands = hand.desk.chain.call_many(
        ("EmissionsOracle", "record", (row.installation, row.year)) for row in rows
    )
    changes = [
        Change(
            f"installation {row.installation} in {row.year}",
            _report(word),
            f"determined, {row.emissions_t:,} t",
        )
        for row, word in zip(rows, stands, strict=True)
    ]
    data = [
        (r.installation, r.year, r.emissions_t, r.power_mwh, r.heat_gj, keccak(r.reason.encode()))
        for r in rows
    ]
    acts = [
        Act(
            "EmissionsOracle",
            "determine",
            (scheme, period, data[i : i + BATCH]),
            changes[i : i + BATCH],
        )
        for i in range(0, len(data), BATCH)
    ]
    hand.do(f"Determine {many(len(rows), 'report')} of period {period}", acts)


def dispute(hand: Hand, plant: Plant, year: Year, reason: Reason) -> None:
    """Object to a report before it is final."""
    word = hand.desk.chain.call("EmissionsOracle", "record", plant, year)
    change = Change(f"installation {plant} in {year}", _report(word), "disputed, not final")
    act = Act("EmissionsOracle", "dispute", (plant, year, keccak(reason.encode())), [change])
    hand.do(f"Dispute the report of installation {plant} for {year}", [act])


def resolve(
    hand: Hand,
    plant: Plant,
    year: Year,
    upheld: Annotated[
        bool, typer.Option("--uphold/--dismiss", help="The report falls, or it stands.")
    ],
    reason: Reason,
) -> None:
    """Decide a dispute: the report falls, or is final at once. Not for who raised it."""
    word = hand.desk.chain.call("EmissionsOracle", "record", plant, year)
    after = "annulled; a restatement or a determination follows" if upheld else "final"
    change = Change(f"installation {plant} in {year}", _report(word), after)
    args = (plant, year, upheld, keccak(reason.encode()))
    title = f"{'Uphold' if upheld else 'Dismiss'} the dispute about installation {plant} in {year}"
    hand.do(title, [Act("EmissionsOracle", "resolve", args, [change])])


def _report(word: int) -> str:
    """A `RecordWord` in words."""
    status = REPORTS[word >> 128 & 0xFF]
    return f"{status}, {word & AMOUNT:,} t" if word else status


def _words(desk: Desk, plants: list[int]) -> list[int]:
    return desk.chain.call_many(("Participants", "installation", (plant,)) for plant in plants)


def _class(word: int) -> Any:
    return word >> 56 & 0xFF


def enter(app: typer.Typer) -> None:
    for command in (allocate, determine, dispute, resolve):
        acting(app)(command)
