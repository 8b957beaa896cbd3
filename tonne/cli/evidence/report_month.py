"""`tonne report month`: a month's evidence made, checked, put on record, and compared with the year."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.chain.client import Call
from tonne.cli.core import rule_pack
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    many,
    show,
    table,
)
from tonne.deployment import record as deployments
from tonne.errors import TonneError, why
from tonne.evidence import manifest, monthly, reports

app = typer.Typer(
    help="Monthly evidence of a plant: key parameters, signed, their digest on record in time.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="The package, as `tonne report month make` wrote it.")]
Evidence = Annotated[
    Path | None, typer.Option("--evidence", help="Folder of the documents; every file is hashed.")
]
#: Most items of one call.
ITEMS = 120


@app.command()
def make(
    lines: Annotated[
        Path,
        typer.Argument(
            help="JSON list of lines: category, product, source, quantity, unit, gases."
        ),
    ],
    installation: Annotated[int, typer.Option(help="Number of the installation.", min=1)],
    month: Annotated[str, typer.Option(help="The month, e.g. 2021-03.")],
    parameters: Annotated[
        Path | None,
        typer.Option(help="JSON list of parameters: name, value, unit, basis, document."),
    ] = None,
    evidence_folder: Evidence = None,
    out: Annotated[Path | None, typer.Option(help="Where the package goes.")] = None,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Make a month's package and sign it, as the operator."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    year, number = _month(month)
    files = manifest.manifest_of_folder(evidence_folder) if evidence_folder else ()
    raw = read_json(parameters, "MONTH_PARAMETERS_UNREADABLE", "parameters") if parameters else []
    package = monthly.make(
        desk.chain,
        account,
        installation,
        year,
        number,
        manifest.parse_lines(read_json(lines, "REPORT_LINES_UNREADABLE", "lines")),
        monthly.parse_parameters(raw, files),
        files,
    )
    path = out or Path(f"{installation}-{year}-{number:02}{monthly.SUFFIX}")
    monthly.save(path, package)
    said = monthly.check(desk.chain, package)
    data = {"file": path, "digest": "0x" + package.digest().hex(), "checked": said}
    show(data, as_json, f"{path}:", *(f"  {line}" for line in said), "Next: `… month submit`.")


@app.command()
def verify(
    file: File,
    evidence_folder: Evidence = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    pack: rule_pack.Pack = None,
    as_json: AsJson = False,
) -> None:
    """Check a package: its lines, roots and signature, its documents, and whether it is on record in time."""
    desk, package = connect(rpc, folder), monthly.load(file)
    said = monthly.check(desk.chain, package, evidence_folder)
    p = package.package
    kept = desk.chain.call("MonthlyEvidence", "monthOf", p.installation, p.year, p.month)
    same = kept.digest == package.digest()
    if kept.revision:
        which = "" if same else "another package is "
        said.append(
            f"{which}on record since {desk.when(kept.lastAt)}, package {kept.revision} of the month"
        )
    else:
        said.append("not on record")
    scheme = desk.chain.call("Participants", "installation", p.installation) >> 24 & 0xFFFF
    late_from = monthly.deadline(rule_pack.pack_for(scheme, pack), p.year, p.month)
    standing = monthly.standing(kept, late_from, desk.chain.now())
    said.append(f"{standing}: due before {desk.when(late_from)}")
    data = {"file": file, "onRecord": same, "standing": standing, "checked": said}
    show(data, as_json, f"{file}:", *(f"  {line}" for line in said))


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="Packages, of one plant or several.")],
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Put packages' digests on record, as the operator. The packages themselves stay with you."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    packages = [monthly.load(file) for file in files]
    for package in packages:
        monthly.check(desk.chain, package)
    items = [_item(package) for package in packages]
    contract = desk.chain["MonthlyEvidence"]
    desk.chain.fund([account])
    calls = [
        Call(account, contract, "record", [items[at : at + ITEMS]])
        for at in range(0, len(items), ITEMS)
    ]
    receipts = desk.chain.send_many(calls)
    show(
        {
            "recorded": [package.about for package in packages],
            "transactions": [receipt.hash for receipt in receipts],
        },
        as_json,
        *(f"On record: {package.about}." for package in packages),
    )


@app.command()
def status(
    year: Annotated[int, typer.Option(help="The year.", min=1990, max=2100)],
    plants: Annotated[
        list[int] | None, typer.Argument(help="Installations; without any, all of the scheme.")
    ] = None,
    scheme: SchemeNumber = 1,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    pack: rule_pack.Pack = None,
    as_json: AsJson = False,
) -> None:
    """Show which months' evidence came in time, late or not at all, by plant and month."""
    desk = connect(rpc, folder, scheme)
    rules, numbers = rule_pack.pack_for(scheme, pack), plants or _plants_of(desk, scheme)
    found = standings(desk, rules, numbers, year)
    counts = dict.fromkeys(("on time", "late", "missing", "not due"), 0)
    for row in found.values():
        for month in row:
            counts[month["standing"]] += 1
    shown = {"on time": "on time", "late": "late", "missing": "missing", "not due": ""}
    rows = [
        (str(plant), *(shown[m["standing"]] + ("*" if m["packages"] > 1 else "") for m in row))
        for plant, row in found.items()
    ]
    data = {
        "year": year,
        "plants": [{"plant": plant, "months": row} for plant, row in found.items()],
        "counts": counts,
    }
    show(
        data,
        as_json,
        table(
            f"Monthly evidence of {year}", (">plant", *(f"{m:02}" for m in monthly.MONTHS)), rows
        ),
        "; ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        + ("; * corrected since" if any("*" in cell for row in rows for cell in row) else "")
        + ".",
    )


@app.command()
def compare(
    report: Annotated[
        Path, typer.Argument(help="The year's report, as `tonne report sign` wrote it.")
    ],
    months: Annotated[list[Path], typer.Argument(help="The packages of its twelve months.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Check a year's report against its months: what they add up to, and that each is the one on record.

    A month's whole figure is off by half a unit at most: a year's by six. What differs by more is named.
    """
    desk, draft = connect(rpc, folder), reports.load(report)
    reports.check(desk.chain, draft)
    packages = [monthly.load(path) for path in months]
    p = draft.signed.report
    found = _off_record(desk, packages)
    found += monthly.differences(
        p.installation, p.year, manifest.parse_lines(draft.signed.lines), packages
    )
    if found:
        raise TonneError(
            "MONTHS_DIFFER",
            f"The months are not the year of installation {p.installation}, {p.year}: "
            + "; ".join(found)
            + ".",
            field="months",
            value=len(found),
            remedy="Correct the months or the report, and have what is corrected signed again.",
        )
    show(
        {"installation": p.installation, "year": p.year, "months": len(packages)},
        as_json,
        f"The {many(len(packages), 'month')} of {p.year} add up to the report of installation"
        f" {p.installation}, within {monthly.ROUNDING} units of each figure; each is on record.",
    )


# Inside


def standings(
    desk: Desk, rules: Any, plants: Sequence[int], year: int
) -> dict[int, list[dict[str, Any]]]:
    """Each plant's twelve months: how each stands, since when [s], how many packages came."""
    now = desk.chain.now()
    late = {month: monthly.deadline(rules, year, month) for month in monthly.MONTHS}
    asked = [(plant, month) for plant in plants for month in monthly.MONTHS]
    kept = desk.chain.call_many(
        ("MonthlyEvidence", "monthOf", (plant, year, month)) for plant, month in asked
    )
    found: dict[int, list[dict[str, Any]]] = {plant: [] for plant in plants}
    for (plant, month), record in zip(asked, kept, strict=True):
        found[plant].append(
            {
                "month": month,
                "standing": monthly.standing(record, late[month], now),
                "since": record.firstAt or None,
                "packages": record.revision,
            }
        )
    return found


def _off_record(desk: Desk, packages: Sequence[monthly.MonthFile]) -> list[str]:
    """Packages that are sound but are not the ones on record."""
    found = []
    for package in packages:
        monthly.check(desk.chain, package)
        p = package.package
        kept = desk.chain.call("MonthlyEvidence", "monthOf", p.installation, p.year, p.month)
        if kept.digest != package.digest():
            found.append(f"the package of {package.about} is not the one on record")
    return found


def _plants_of(desk: Desk, scheme: int) -> list[int]:
    count = desk.chain.call("Participants", "installationCount")
    words = desk.chain.call_many(
        ("Participants", "installation", (number,)) for number in range(1, count + 1)
    )
    return [n for n, word in enumerate(words, start=1) if word >> 24 & 0xFFFF == scheme]


def _item(package: monthly.MonthFile) -> tuple[int, int, int, bytes]:
    p = package.package
    return p.installation, p.year, p.month, package.digest()


def _month(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or int(found[2]) not in monthly.MONTHS:
        raise TonneError(
            "MONTH_BAD", "This is not a month.", "month", text, "Write it like 2021-03."
        )
    return int(found[1]), int(found[2])


def read_json(path: Path, code: str, field: str) -> Any:
    """A JSON file of lines or parameters."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TonneError(
            code,
            f"The {field} cannot be read: {why(error)}.",
            field=field,
            value=str(path),
            remedy=f"Give a JSON file with a list of {field}.",
        ) from None
