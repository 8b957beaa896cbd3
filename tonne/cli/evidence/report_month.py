"""`tonne report month`: monthly evidence, made, verified, recorded and compared with the year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Pack
from tonne.cli.core.output import many, table
from tonne.cli.core.session import Session, Signer
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.errors import TonneError, refused
from tonne.types.installation_word import InstallationWord

if TYPE_CHECKING:
    from tonne.evidence.monthly import MonthFile

app = typer.Typer(
    help="Monthly evidence of a plant: signed parameters whose digest is recorded in time.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Package file of `tonne report month make`.")]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", help="Folder of the documents; the hash of every file is signed."),
]
#: Most items of one call.
ITEMS: Final = 120


@app.command()
@command(needs=Signer, wallet=None)
def make(
    session: Signer,
    lines: Annotated[
        Path,
        typer.Argument(help="Lines: a form of `tonne report month new`, or a JSON list of them."),
    ],
    installation: Annotated[int, typer.Option(help="Installation number.", min=1)],
    month: Annotated[str, typer.Option(help="Month, e.g. 2021-03.")],
    parameters: Annotated[
        Path | None,
        typer.Option(help="Key parameters as a JSON list; default: those of the form."),
    ] = None,
    evidence_folder: Evidence = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Package file to write; default: named by installation and month."),
    ] = None,
) -> None:
    """Write a month's package and sign it, as the operator."""
    from tonne.evidence import manifest, monthly, report_forms

    account = session.account
    year, number = month_of(month)
    files = manifest.manifest_of_folder(evidence_folder) if evidence_folder else ()
    of = parameters or (lines if lines.suffix == ".toml" else None)
    raw = report_forms.load(of, report_forms.PARAMETERS) if of else []
    package = monthly.make(
        session.chain,
        account,
        installation,
        year,
        number,
        manifest.parse_lines(report_forms.load(lines, report_forms.LINES)),
        monthly.parse_parameters(raw, files),
        files,
    )
    path = out or Path(f"{installation}-{year}-{number:02}{monthly.SUFFIX}")
    monthly.save(path, package)
    said = monthly.check(session.chain, package)
    data = {"file": path, "digest": "0x" + package.digest().hex(), "checked": said}
    then = f"`tonne report month submit {path}`"
    if session.wallet is not None:
        then = f"`tonne report month typed-data {path}`"
    session.show(data, f"{path}:", *(f"  {line}" for line in said), f"Next: {then}.")


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures, monthly

    show_messages(
        session, awaited_signatures.awaited_in(monthly.load(file)), of, out, "report month", file
    )


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.evidence import monthly

    attach(session, file, monthly.load(file), signature, monthly.save)


@app.command()
@command(needs=Session)
def verify(
    session: Session, file: File, evidence_folder: Evidence = None, pack: Pack = None
) -> None:
    """Verify a package: lines, roots, signature, documents, and its record on chain."""
    from tonne.cli.core import rule_pack
    from tonne.evidence import monthly

    package = monthly.load(file)
    said = monthly.check(session.chain, package, evidence_folder)
    p = package.package
    kept = session.chain.call("MonthlyEvidence", "monthOf", p.installation, p.year, p.month)
    same = kept.digest == package.digest()
    if kept.revision:
        which = "" if same else "another package is "
        said.append(
            f"{which}on record since {session.local_time(kept.lastAt)}, package {kept.revision} of the month"
        )
    else:
        said.append("not on record")
    word = session.chain.call("Participants", "installation", p.installation)
    scheme = InstallationWord.unpack(word).scheme
    late_from = monthly.deadline(rule_pack.pack_for(scheme, pack), p.year, p.month)
    standing = monthly.standing(kept, late_from, session.chain.now())
    said.append(f"{standing}: due before {session.local_time(late_from)}")
    data = {"file": file, "onRecord": same, "standing": standing, "checked": said}
    session.show(data, f"{file}:", *(f"  {line}" for line in said))


@app.command()
@command(needs=Signer)
def submit(
    session: Signer,
    files: Annotated[list[Path], typer.Argument(help="Package files, of one plant or several.")],
) -> None:
    """Record the digests of packages, as the operator; the packages stay private."""
    from tonne.chain.client import Call
    from tonne.evidence import monthly

    account = session.account
    packages = [monthly.load(file) for file in files]
    for package in packages:
        monthly.check(session.chain, package)
        monthly.require_signed(package)
    items = [_item(package) for package in packages]
    contract = session.chain["MonthlyEvidence"]
    calls = [
        Call(account, contract, "record", [items[at : at + ITEMS]])
        for at in range(0, len(items), ITEMS)
    ]
    session.fund()
    receipts = session.chain.send_many(calls)
    session.show(
        {
            "recorded": [package.about for package in packages],
            "transactions": [receipt.hash for receipt in receipts],
        },
        *(f"On record: {package.about}." for package in packages),
    )


@app.command()
@command(needs=Session, scheme=1)
def status(
    session: Session,
    year: Annotated[int, typer.Option(help="Reporting year.", min=1990, max=2100)],
    plants: Annotated[
        list[int] | None, typer.Argument(help="Installation numbers; default: all of the scheme.")
    ] = None,
    pack: Pack = None,
) -> None:
    """Show the months whose evidence is on time, late or missing, by plant."""
    from tonne.cli.core import rule_pack
    from tonne.evidence import monthly

    rules, numbers = (
        rule_pack.pack_for(session.scheme, pack),
        plants or _plants_of(session, session.scheme),
    )
    found = standings(session, rules, numbers, year)
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
    session.show(
        data,
        table(
            f"Monthly evidence of {year}", (">plant", *(f"{m:02}" for m in monthly.MONTHS)), rows
        ),
        "; ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        + ("; * corrected since" if any("*" in cell for row in rows for cell in row) else "")
        + ".",
    )


@app.command()
@command(needs=Session)
def compare(
    session: Session,
    report: Annotated[Path, typer.Argument(help="The year's report, from `tonne report sign`.")],
    months: Annotated[list[Path], typer.Argument(help="Packages of its twelve months.")],
) -> None:
    """Compare a year's report with its months: their sums, and each one's record on chain.

    A month's rounding is half a unit at most, a year's six. Larger differences are named.
    """
    from tonne.evidence import manifest, monthly, reports

    draft = reports.load(report)
    reports.check(session.chain, draft)
    packages = [monthly.load(path) for path in months]
    p = draft.signed.report
    found = _off_record(session, packages)
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
            remedy="Correct the months or the report, and sign the corrected ones again.",
        )
    session.show(
        {"installation": p.installation, "year": p.year, "months": len(packages)},
        f"The {many(len(packages), 'month')} of {p.year} add up to the report of installation"
        f" {p.installation}, within {monthly.ROUNDING} units of each figure; each is on record.",
    )


def standings(
    session: Session, rules: Any, plants: Sequence[int], year: int
) -> dict[int, list[dict[str, Any]]]:
    """Twelve months of each plant: standing, time of the first package [s], number of packages."""
    from tonne.evidence import monthly

    now = session.chain.now()
    late = {month: monthly.deadline(rules, year, month) for month in monthly.MONTHS}
    asked = [(plant, month) for plant in plants for month in monthly.MONTHS]
    kept = session.chain.call_many(
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


def _off_record(session: Session, packages: Sequence[MonthFile]) -> list[str]:
    """Packages that are valid but not the ones on record."""
    from tonne.evidence import monthly

    found = []
    for package in packages:
        monthly.check(session.chain, package)
        monthly.require_signed(package)
        p = package.package
        kept = session.chain.call("MonthlyEvidence", "monthOf", p.installation, p.year, p.month)
        if kept.digest != package.digest():
            found.append(f"the package of {package.about} is not the one on record")
    return found


def _plants_of(session: Session, scheme: int) -> list[int]:
    count = session.chain.call("Participants", "installationCount")
    words = session.chain.call_many(
        ("Participants", "installation", (number,)) for number in range(1, count + 1)
    )
    return [
        n for n, word in enumerate(words, start=1) if InstallationWord.unpack(word).scheme == scheme
    ]


def _item(package: MonthFile) -> tuple[int, int, int, bytes]:
    p = package.package
    return p.installation, p.year, p.month, package.digest()


def month_of(text: str) -> tuple[int, int]:
    from tonne.evidence import monthly

    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or int(found[2]) not in monthly.MONTHS:
        raise refused("MONTH_BAD", month=text)
    return int(found[1]), int(found[2])
