"""What `tonne register` prints for people: lists and the pages of a plant and a participant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tonne.cli.core.output import cents, many, table

if TYPE_CHECKING:
    from tonne.audit.store.register import Moment

Row = dict[str, Any]

#: Acts in words.
ACTS: Final = {
    "InstallationRegistered": "registered",
    "InstallationChanged": "class or capacity changed",
    "InstallationOffered": "offered",
    "InstallationSaleAccepted": "sale accepted",
    "InstallationSaleRefused": "sale refused",
    "InstallationSold": "sold",
    "InstallationClosed": "closed",
    "ParticipantApproved": "approved",
    "ParticipantSuspended": "suspended",
    "ParticipantReinstated": "reinstated",
    "ParticipantClosed": "closed",
    "ParticipantGrouped": "put into a group",
    "ParticipantKindsChanged": "kinds changed",
    "WalletAdded": "wallet added",
    "WalletRightsChanged": "rights of a wallet changed",
    "WalletRemoved": "wallet removed",
    "PrimaryWalletChanged": "first wallet changed",
    "AllowancesPreAllocated": "early",
    "AllowancesTabled": "by table",
    "AllocationTruedUp": "trued up",
    "AllowancesClawedBack": "clawed back",
    "AllowancesUnissued": "unissued, no room",
    "UnissuedAllowancesIssued": "issued later",
    "EmissionsReported": "reported",
    "ReportDisputed": "disputed",
    "DisputeResolved": "dispute decided",
    "EmissionsDetermined": "determined",
    "CoverageSet": "coverage",
    "VerifiedCounted": "verified",
    "FiguresCorrected": "corrected",
    "AllowancesSurrendered": "surrendered",
    "ComplianceJudged": "judged",
    "ShortfallNoticed": "notice",
    "PenaltyDecided": "decision",
    "PenaltyAppealed": "appeal",
    "PenaltyAppealDecided": "appeal decided",
    "PenaltyPaid": "paid",
    "PenaltyDebited": "debited",
    "PenaltyPublished": "published",
    "UnitsOrdered": "units ordered",
    "ShortfallDeducted": "closed, deducted",
}
#: `AllocationReason` of IAllocation, and `AppealOutcome` of PenaltyTypes.
REASONS: Final = ("table", "new entrant", "change", "return", "closure")
OUTCOMES: Final = ("", "upheld", "reduced", "annulled")


def foot(at: Moment) -> Iterator[str]:
    """The block that an answer holds at."""
    yield f"Block {at.block:,}, {_moment(at.time)}"
    yield at.hash


# Lists


def listing(rows: Sequence[Row]) -> Iterator[Any]:
    """A table for each scheme; beside a plant's figures, below them, what they are of."""
    for scheme in sorted({row["scheme"] for row in rows}):
        own = [row for row in rows if row["scheme"] == scheme]
        cells = [
            (
                f"{row['plant']}\nclass {row['class']}",
                str(row["operator"]),
                f"{_tonnes(row['allocation'])}\n{_plain(row['period'])}",
                f"{_tonnes(row['verified'])}\n{_plain(row['year'])}",
                f"{_tonnes(row['surrendered'])}\n{_tonnes(row['owed'])}",
                _standing(row),
            )
            for row in own
        ]
        yield table(f"Scheme {scheme}, amounts in t", HEADS, cells)
        if any(row["cumulative"] for row in own):
            yield "Judged by running totals: surrendered and owed since the plant entered."
    if not rows:
        yield "no plants on chain"
        return
    yield ""
    yield from made(rows)


def made(rows: Sequence[Row]) -> Iterator[Any]:
    """Output of the plants of a list in the year of their verified figure, by product."""
    told = [(row, one) for row in rows for one in row["products"]]
    cells = [
        (str(row["plant"]), str(row["year"]), *_made(one))
        for row, one in told
        if one["quantity"] is not None
    ]
    if cells:
        yield table("Verified by year and product", (">plant", ">year", *MADE), cells)
    for state in sorted({one["state"] for _, one in told if one["quantity"] is None}):
        count = sum(one["quantity"] is None and one["state"] == state for _, one in told)
        yield f"Other products of {many(count, 'report')}: {state}."


MADE: Final = ("product", ">amount", "", "figure")


def _made(one: Row) -> tuple[str, ...]:
    amount = "–" if one["quantity"] is None else f"{one['quantity']:,}"
    return (one["product"], amount, one["unit"] or "", one["state"])


def _product(row: Row) -> tuple[str, ...]:
    return (str(row["year"]), *_made(row))


def transactions(data: Row) -> Iterator[Any]:
    """Public transfers, and how many of each scheme are not public yet."""
    cells = [
        (
            str(one["scheme"]),
            "–" if one["delayDays"] is None else f"{one['delayDays']:,} days",
            one["stated"],
            f"{one['public']:,}",
            f"{one['withinDelay']:,}",
        )
        for one in data["schemes"]
    ]
    if not cells:
        yield "no transfers on chain"
        return
    heads = (">scheme", ">delay", "", ">public", ">not yet")
    yield table("Transfers of units between accounts", heads, cells)
    yield ""
    if data["rows"]:
        columns = (">block", ">log", "day", "kind", "from", "to", ">units")
        yield table("Public", columns, map(_transfer, data["rows"]))
    if data["next"]:
        yield f"More: `--before {data['next']}`"


def _transfer(row: Row) -> tuple[str, ...]:
    sides = (_side(row[who], row[wallet]) for who, wallet in (("seller", "from"), ("buyer", "to")))
    place = (f"{row['block']:,}", str(row["place"]), _day(row["time"]))
    return (*place, row["kind"], *sides, f"{row['amount']:,}")


def _side(participant: int | None, wallet: str | None) -> str:
    """A participant by number, else the beginning of the account's address."""
    return str(participant) if participant is not None else f"{wallet or ''}"[:10]


HEADS: Final = (
    *(">plant", "operator", ">allocation\nperiod", ">verified\nyear", ">surrendered\nowed"),
    "standing",
)


def _standing(row: Row) -> str:
    told = [row["standing"]]
    if row["finality"]:
        told.append(f"figure {row['finality']}")
    if row["openPenalties"]:
        count = row["openPenalties"]
        told.append(f"{count} open penalt{'y' if count == 1 else 'ies'}")
    if row["closed"]:
        told.append("plant closed")
    return "\n".join(told)


def found(rows: Sequence[Row]) -> Iterator[Any]:
    """Plants and participants that a search found."""
    cells = [
        (
            row["kind"],
            _plain(row["number"]),
            str(row["operator"]),
            _plain(row["scheme"]),
            _plain(row["class"]),
            row["by"],
        )
        for row in rows
    ]
    if not rows:
        yield "nothing of this on chain"
        return
    yield table("", ("", ">number", "operator", ">scheme", ">class", "by"), cells)


# Pages

Cells = Callable[[Row], tuple[str, ...]]


def _section(title: str, rows: Sequence[Row], heads: Sequence[str], cells: Cells) -> Any:
    """Rows with their block and log first; one line where there are none."""
    if not rows:
        return f"{title}: none on chain"
    told = [(_plain_block(r["block"]), _plain(r["place"]), *cells(r)) for r in rows]
    return table(title, (">block", ">log", *heads), told)


def _plain_block(block: int | None) -> str:
    return "" if block is None else f"{block:,}"


def plant(data: dict[str, Any]) -> Iterator[Any]:
    """The page of a plant."""
    one = data["plant"]
    facts = (
        ("plant", str(one["plant"])),
        ("operator", str(one["operator"])),
        ("scheme", str(one["scheme"])),
        ("jurisdiction", _place(one["jurisdiction"])),
        ("class", str(one["class"])),
        ("capacity", f"{one['capacityKw']:,} kW"),
        ("state", "closed" if one["closed"] else "open"),
        ("standing", one["standing"]),
        ("open penalties", str(one["openPenalties"])),
    )
    yield table("", ("", ""), facts)
    for title, name, heads, cells in PLANT_SECTIONS:
        if data[name] or name != "totals":
            yield ""
            yield _section(title, data[name], heads, cells)


def participant(data: dict[str, Any]) -> Iterator[Any]:
    """The page of a participant."""
    one = data["participant"]
    facts = (
        ("participant", str(one["participant"])),
        ("status", one["status"]),
        ("jurisdiction", _place(one["jurisdiction"])),
        ("kinds", str(one["kinds"])),
        ("group", str(one["group"] or "none")),
    )
    yield table("", ("", ""), facts)
    yield ""
    acts = (("act", "wallet"), lambda r: (_act(r), r["wallet"] or ""))
    yield _section("On record", data["acts"], *acts)
    yield _section("Wallets ever", data["wallets"], ("wallet",), lambda r: (r["wallet"],))
    if data["plants"]:
        yield ""
        yield from listing(data["plants"])


def _allocation(row: Row) -> tuple[str, ...]:
    reason = "" if row["reason"] is None else f": {REASONS[row['reason']]}"
    figures = (_tonnes(row[name]) for name in ("amount", "oldAmount", "netted"))
    return (str(row["period"]), _act(row) + reason, *figures)


def _verified(row: Row) -> tuple[str, ...]:
    figures = (_tonnes(row[name]) for name in ("emissionsT", "powerMwh", "heatGj"))
    return (str(row["year"]), *figures, row["finality"])


def _report(row: Row) -> tuple[str, ...]:
    outcome = {None: "", True: ": annulled", False: ": stands"}[row["upheld"]]
    return (
        str(row["year"]),
        _plain(row["revision"]),
        _act(row) + outcome,
        _tonnes(row["emissionsT"]),
    )


def _surrender(row: Row) -> tuple[str, ...]:
    figures = (_tonnes(row[name]) for name in ("allowances", "offsets"))
    return (str(row["period"]), *figures, "late" if row["late"] else "")


def _obligation(row: Row) -> tuple[str, ...]:
    due = row["verified"] if row["cumulative"] else row["due"]
    figures = (_tonnes(due), _tonnes(row["surrendered"]), _tonnes(row["owed"]))
    return (str(row["period"]), *figures, f"{row['standing']}\ndue {_day(row['deadline'])}")


def _total(row: Row) -> tuple[str, ...]:
    figures = (row["verifiedBy"], row["surrenderedBy"], row["verified"], row["surrendered"])
    covered = {None: "", True: " begins", False: " ends"}[row["covered"]]
    return (str(row["period"]), _act(row) + covered, *map(_tonnes, figures))


def _penalty(row: Row) -> tuple[str, ...]:
    outcome = f": {OUTCOMES[row['outcome']]}" if row["outcome"] else ""
    units = row["missingT"] if row["units"] is None else row["units"]
    money = "" if row["cents"] is None else cents(int(row["cents"]))
    until = "" if not row["until"] else _day(row["until"])
    return (str(row["period"]), _act(row) + outcome, _tonnes(units), money, until)


def _dispute(row: Row) -> tuple[str, ...]:
    outcome = {None: "", "true": ": annulled", "false": ": stands"}[row["upheld"]]
    return (str(row["year"]), _act(row) + outcome, row["actor"] or "")


PLANT_SECTIONS: Final[tuple[tuple[str, str, tuple[str, ...], Cells], ...]] = (
    (
        "On record",
        "changes",
        ("act", "operator", ">class", ">kW"),
        lambda r: (_act(r), _plain(r["operator"]), _plain(r["class"]), _tonnes(r["capacityKw"])),
    ),
    (
        "Allocation, t",
        "allocation",
        (">period", "step", ">amount", ">before", ">netted"),
        _allocation,
    ),
    ("Verified", "verified", (">year", ">t CO2e", ">MWh", ">heat GJ", "figure"), _verified),
    ("By product", "products", (">year", *MADE), _product),
    ("Reports", "reports", (">year", ">revision", "act", ">t CO2e"), _report),
    ("Surrendered, t", "surrenders", (">period", ">allowances", ">offsets", ""), _surrender),
    (
        "Obligations, t",
        "obligations",
        (">period", ">due", ">surrendered", ">owed", "standing"),
        _obligation,
    ),
    (
        "Running totals, t",
        "totals",
        (">period", "act", ">verified", ">surrendered", ">all verified", ">all surrendered"),
        _total,
    ),
    ("Penalties", "penalties", (">period", "step", ">t", ">money", "until"), _penalty),
    ("Disputes", "disputes", (">year", "act", "by"), _dispute),
)


# Words


def _act(row: Row) -> str:
    return ACTS[row["act"]]


def _tonnes(amount: Any) -> str:
    return "–" if amount is None else f"{int(amount):,}"


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _place(jurisdiction: int) -> str:
    from tonne.rules import jurisdictions  # reads every pack

    name = jurisdictions.name_of(jurisdiction)
    return f"{jurisdiction} {name}" if name else str(jurisdiction)


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(int(time), UTC):%Y-%m-%d}"
