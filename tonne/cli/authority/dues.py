"""`tonne authority owing`, `due` and `bodies`: open amounts, dates, and who verifies. They send nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, NamedTuple

import typer

from tonne.cli.authority import penalty, plants
from tonne.cli.core.command import command
from tonne.cli.core.options import PeriodNumber
from tonne.cli.core.output import cents, many, table
from tonne.cli.core.session import STATUSES, Session
from tonne.cli.holder.holdings import STANDINGS
from tonne.constants import DAY_S, EPOCH
from tonne.types.installation_word import InstallationWord

NOTICED, DECIDED, APPEALED = (penalty.STATES.index(s) for s in ("noticed", "decided", "appealed"))
#: `Verdict` of ICumulativeCompliance.
VERDICTS: Final = ("not yet judged", "complies", "short", "unverified")
#: Roles of an accredited person, see `SignerRoles`.
ROLES: Final = {1: "lead", 2: "reviewer", 3: "lead and reviewer"}


class DueAct(NamedTuple):
    """An act that a scheme's authority, bodies or emitters have before them."""

    moment: int | None  # [s] last one to act, or first where it says "from then on"; None: now
    what: str
    remedy: str  # the command


@command(needs=Session, scheme=1)
def owing(session: Session, period: PeriodNumber) -> None:
    """List the plants of a scheme that still owe units in a period, the most first."""
    from tonne.chain import clock

    chain = session.chain
    numbers = plants.plants_of(session)
    running = _running_rows(session, numbers, period)
    rows, waiting = _rows(session, numbers, period) if running is None else (running, [])
    rows.sort(key=lambda row: (-row["owing"], row["plant"]))
    total = sum(row["owing"] for row in rows)
    deadline = chain.call("Schemes", "period", session.scheme, period).surrenderDeadline
    zone = clock.zone_of(chain, session.scheme)
    title = (
        f"{total:,} t are owed by {many(len(rows), 'plant')}, until {clock.shown(deadline, zone)}"
    )
    columns = ("Plant", "Operator", ">Due t", ">Surrendered t", ">Owing t", "Standing", "Penalty")
    cells = [
        (str(r["plant"]), str(r["operator"]), *(f"{r[k]:,}" for k in ("due", "surrendered", "owing")),
         r["standing"], r["penalty"])
        for r in rows
    ]  # fmt: skip
    data = {"owing": total, "deadline": deadline, "plants": rows, "notAssessed": waiting}
    left = (
        f"{many(len(waiting), 'plant')} not assessed: `tonne authority assess --period {period}`."
    )
    session.show(data, table(title, columns, cells), *([left] if waiting else []))


def _rows(
    session: Session, numbers: Sequence[int], period: int
) -> tuple[list[dict[str, Any]], list[int]]:
    """Open obligations of a period that stands alone, and the plants that are not assessed."""
    chain = session.chain
    owed = chain.call_many(("Compliance", "obligationOf", (n, period)) for n in numbers)
    stands = chain.call_many(("Compliance", "standing", (n, period)) for n in numbers)
    listed = chain.call_many(("Compliance", "publicStanding", (n, period)) for n in numbers)
    rows: list[dict[str, Any]] = [
        {
            "plant": number,
            "operator": stand.operator,
            "due": o.due + o.added,
            "surrendered": o.allowances + o.offsets,
            "owing": stand.openT,
            "standing": STANDINGS[place],
            "penalty": penalty.STATES[stand.penalty],
        }
        for number, o, stand, (place, _) in zip(numbers, owed, stands, listed, strict=True)
        if o.state and stand.openT
    ]
    return rows, [n for n, o in zip(numbers, owed, strict=True) if not o.state]


def _running_rows(
    session: Session, numbers: Sequence[int], period: int
) -> list[dict[str, Any]] | None:
    """Open totals of a period that running totals judge; None where it stands alone."""
    chain = session.chain
    asked = [("CumulativeCompliance", "accountOf", (n, period)) for n in numbers]
    accounts = chain.call_many(asked, check=False)
    if not accounts or not hasattr(accounts[0], "verifiedT"):
        return None
    judged = chain.call_many(("CumulativeCompliance", "verdictOf", (n, period)) for n in numbers)
    fined = chain.call_many(("Compliance", "penaltyOf", (n, period)) for n in numbers)
    words = chain.call_many(("Participants", "installation", (n,)) for n in numbers)
    return [
        {
            "plant": number,
            "operator": InstallationWord.unpack(word).operator,
            "due": account.verifiedT,
            "surrendered": account.surrenderedT,
            "owing": account.verifiedT - account.surrenderedT,
            "standing": VERDICTS[verdict],
            "penalty": penalty.STATES[fine.state],
        }
        for number, account, verdict, fine, word in zip(
            numbers, accounts, judged, fined, words, strict=True
        )
        if account.verifiedT > account.surrenderedT
    ]


@command(needs=Session, scheme=1)
def due(
    session: Session,
    days: Annotated[
        int, typer.Option(help="How far ahead to look [days].", min=1, max=3_650)
    ] = 366,
) -> None:
    """List the coming acts of a scheme by date: reports, surrenders, hearings, disputes, accreditations.

    An act without a date, the decision of a dispute for instance, comes first.
    """
    from tonne.chain import clock

    chain, now = session.chain, session.chain.now()
    found = (_of_periods, _of_disputes, _of_penalties, _of_persons)
    acts = [
        act
        for finder in found
        for act in finder(session, now)
        if act.moment is None or now <= act.moment <= now + days * DAY_S
    ]
    acts.sort(key=lambda act: act.moment or 0)
    zone = clock.zone_of(chain, session.scheme)
    cells = [
        ("now" if a.moment is None else clock.shown(a.moment, zone), a.what, a.remedy) for a in acts
    ]
    title = f"{many(len(acts), 'act')} before scheme {session.scheme} in {many(days, 'day')}"
    data = {"now": now, "due": [act._asdict() for act in acts]}
    session.show(data, table(title, ("When", "What", "Command"), cells))


def _of_periods(session: Session, _now: int) -> Iterator[DueAct]:
    """The three dates of each period."""
    told = session.chain.logs("Schemes", "PeriodSet", session.first_block)
    spans = {e["periodId"]: e["period"] for e in told if e["scheme"] == session.scheme}
    for number, span in spans.items():
        yield DueAct(
            span.reportDeadline,
            f"last day of reports for period {number}",
            f"tonne report inbox FOLDER --year {span.lastYear}",
        )
        yield DueAct(
            span.determinationFrom,
            f"missing reports of period {number} can be determined from then on",
            f"tonne authority determine FILE --period {number}",
        )
        yield DueAct(
            span.surrenderDeadline,
            f"last day to surrender for period {number}",
            f"tonne authority owing --period {number}",
        )


def _of_disputes(session: Session, _now: int) -> Iterator[DueAct]:
    """Disputes of reports that no officer has decided."""
    from tonne.evidence.report_encoding import ReportRecord

    ours = set(plants.plants_of(session))
    told = session.chain.logs("EmissionsOracle", "ReportDisputed", session.first_block)
    asked = sorted({(e["installation"], e["year"]) for e in told if e["installation"] in ours})
    words = session.chain.call_many(("EmissionsOracle", "record", about) for about in asked)
    for (plant, year), word in zip(asked, words, strict=True):
        if plants.REPORTS[ReportRecord.unpack(word).status] == "disputed":
            yield DueAct(
                None,
                f"the report of plant {plant} for {year} is disputed",
                f"tonne authority resolve {plant} {year} --dismiss --reason REASON, or --uphold",
            )


def _of_penalties(session: Session, now: int) -> Iterator[DueAct]:
    """Hearings, payments and appeals."""
    chain, since = session.chain, session.first_block
    hearings, payments = (
        {
            (e["installation"], e["periodId"]): e[field]
            for e in chain.logs("Compliance", event, since)
            if e["scheme"] == session.scheme
        }
        for event, field in (
            ("ShortfallNoticed", "hearingUntil"),
            ("PenaltyDecided", "payableUntil"),
        )
    )
    appealed = {
        (e["installation"], e["periodId"]): e["payableUntil"]
        for e in chain.logs("Compliance", "PenaltyAppealDecided", since)
        if e["scheme"] == session.scheme
    }
    cases = sorted(hearings)
    penalties = chain.call_many(("Compliance", "penaltyOf", case) for case in cases)
    for case, found in zip(cases, penalties, strict=True):
        plant, period = case
        command, of = f"tonne authority penalty %s {plant} --period {period}", f"plant {plant}"
        if found.state == NOTICED:
            yield DueAct(
                _from(hearings[case], now),
                f"the fine of {of} can be decided from then on",
                command % "decide" + " --fine AMOUNT --reason REASON",
            )
        elif found.state == APPEALED:
            yield DueAct(
                None,
                f"the appeal of {of} awaits another officer than the first",
                f"tonne authority penalty outcome {plant} RESULT --period {period} --reason REASON",
            )
        elif found.state == DECIDED:
            yield DueAct(
                _from((payments | appealed)[case], now),
                f"the fine of {of}, {cents(found.fineCents - found.paidCents)}, can be debited from then on",
                command % "debit",
            )


def _from(moment: int, now: int) -> int | None:
    return None if moment <= now else moment


def _of_persons(session: Session, _now: int) -> Iterator[DueAct]:
    """Accreditations that end."""
    for person in session.chain.call("EmissionsOracle", "signersOf", session.scheme):
        yield DueAct(
            person.validUntil * DAY_S,
            f"the accreditation of {person.key}, {ROLES[person.roles]} of body {person.body}, ends",
            f"tonne authority accredit FILE --scheme {session.scheme}",
        )


@command(needs=Session, scheme=1)
def bodies(session: Session) -> None:
    """List the verification bodies of a scheme: persons, reports, those annulled, charges."""
    from tonne.evidence.report_encoding import REPORT, ReportTerms

    chain, since = session.chain, session.first_block
    ours = set(plants.plants_of(session))
    persons = chain.call("EmissionsOracle", "signersOf", session.scheme)
    verified = {
        (e["installation"], REPORT.get(e["report"], "year"), REPORT.get(e["report"], "revision")):
            ReportTerms.unpack(e["terms"]).body
        for e in chain.logs("EmissionsOracle", "EmissionsReported", since)
        if e["installation"] in ours
    }  # fmt: skip
    reports = Counter(verified.values())
    annulled = Counter(
        verified[key]
        for e in chain.logs("EmissionsOracle", "DisputeResolved", since)
        if e["upheld"] and (key := (e["installation"], e["year"], e["revision"])) in verified
    )
    charged = Counter(
        e["party"]
        for e in chain.logs("FalseReports", "FalseReportCharged", since)
        if e["scheme"] == session.scheme
    )
    numbers = sorted({*(p.body for p in persons), *reports})
    standing = chain.call_many(("Participants", "participant", (number,)) for number in numbers)
    rows = [
        {
            "body": number,
            "status": STATUSES[who.status],
            "persons": sum(p.body == number for p in persons),
            "accreditedUntil": min((p.validUntil for p in persons if p.body == number), default=0),
            "reports": reports[number],
            "annulled": annulled[number],
            "charges": charged[number],
        }
        for number, who in zip(numbers, standing, strict=True)
    ]
    columns = ("Body", "Status", ">Persons", "Until", ">Reports", ">Annulled", ">Charges")
    cells = [
        (str(r["body"]), r["status"], str(r["persons"]), _day(r["accreditedUntil"]),
         *(f"{r[key]:,}" for key in ("reports", "annulled", "charges")))
        for r in rows
    ]  # fmt: skip
    title = f"{many(len(rows), 'verification body')} of scheme {session.scheme}".replace(
        "bodys", "bodies"
    )
    session.show({"bodies": rows}, table(title, columns, cells))


def _day(number: int) -> str:
    """A day since 1970 as people write it; "–" for none."""
    return (EPOCH + timedelta(days=number)).isoformat() if number else "–"
