"""`tonne certificate`: certificates of retirement, shown, verified, printed, found, accepted or declined."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from tonne.cli.core.command import command
from tonne.cli.core.options import PROFILES
from tonne.cli.core.output import Printer
from tonne.cli.core.session import Session, Signer
from tonne.errors import TonneError
from tonne.text import harmless
from tonne.types.ids import UnitId
from tonne.types.unit_id import unit_name

app = typer.Typer(
    help="Show, verify and print certificates of retirement; find them by serial number.",
    no_args_is_help=True,
)

Certificate = Annotated[
    str, typer.Argument(help="Certificate number, or the identifier in its QR code (eip155:…).")
]
CertificateNumber = Annotated[int, typer.Argument(help="Certificate number.", min=1)]
Evidence = Annotated[
    list[str] | None,
    typer.Option(
        "--evidence",
        help="Folder of evidence, or a holder's store, folder or address https://…; once for each. Compared"
        " with the signed manifest; of two or more, two must have each file.",
    ),
]
OpeningFile = Annotated[
    Path | None,
    typer.Option("--opening", help="Opening of a commitment, from `tonne certificate commit`."),
]


#: No link that a phone opens can be made of an identifier: phones open https:// addresses, and those of
#: wallets (`ethereum:`) only with a wallet, which shows no certificate.
NO_PAGE: Final = (
    "The QR code is the identifier, which a phone shows as text and does not open: no address is on record"
    " under which certificates are published. Record it: `tonne certificate page https://…`, or give --page."
)


@app.command("page")
@command(needs=Session)
def page_(
    session: Session,
    address: Annotated[
        str | None,
        typer.Argument(help="https:// folder that certificates are published in; `none` for none."),
    ] = None,
) -> None:
    """Show or record the address under which certificates are published; QR codes link to it.

    It stands in the deployment's record, which is handed to all who print certificates of this registry.
    """
    from dataclasses import replace

    from tonne.cli.holder import lineage_view as view
    from tonne.deployment import record

    held = session.deployment.certificates
    if address is not None:
        if address != "none":
            view.page_of(address, Path("certificate-1"))
        held = "" if address == "none" else address.rstrip("/")
        record.save(replace(session.deployment, certificates=held), session.folder)
    session.show(
        {"page": held or None}, f"Certificates are published in {held}." if held else NO_PAGE
    )


@app.command("show")
@command(needs=Session, profiles=PROFILES)
def show_certificate(
    session: Session, certificate: Certificate, opening_file: OpeningFile = None
) -> None:
    """Show a certificate with its serial numbers and a summary of its lineage."""
    from tonne.cli.holder import lineage_view as view

    node = view.lineage(session, certificate, view.opening_of(opening_file, None, None))
    lines = [node.title, *view.facts(node)]
    for below in view.distinct(node):
        if below is not node and below.kind not in ("evidence", "methodology", "meters"):
            facts = ", ".join(f"{k} {v}" for k, v in below.facts.items() if len(v) < 60)
            lines.append(f"{below.title}: {facts}")
    session.show(node.as_dict(), *(escape(harmless(line)) for line in lines))


@app.command()
@command(needs=Session, profiles=PROFILES)
def verify(
    session: Session,
    certificate: Certificate,
    name: Annotated[str | None, typer.Option(help="Alleged beneficiary of the commitment.")] = None,
    salt: Annotated[
        str | None, typer.Option(help="Salt of the commitment, 32 bytes in hex.")
    ] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
) -> None:
    """Verify the lineage of a certificate: claim, serial numbers, signatures, evidence.

    Exit status 0: no check failed. 1: at least one did; it lists each.
    """
    from tonne.cli.holder import lineage_view as view
    from tonne.units.lineage_drawing import said

    node = view.lineage(session, certificate, view.opening_of(opening_file, name, salt), evidence)
    checks = [(one, check) for one in view.distinct(node) for check in one.checks]
    open_ = sum(check.passed is None for _, check in checks)
    wrong = sum(check.passed is False for _, check in checks)
    end = f"{len(checks) - open_ - wrong} checks passed, {wrong} failed, {open_} not possible here."
    session.show(
        {
            "certificate": node.title.split()[-1],
            "sound": node.sound,
            "checked": view.as_of(session),
            "checks": [{"of": one.title, **check.as_dict()} for one, check in checks],
        },
        *(view.marked(f"{one.title}: {said(check)}", check.passed) for one, check in checks),
        f"{node.title} {'holds' if node.sound else 'does NOT hold'}: {end}",
    )
    if not node.sound:
        raise typer.Exit(1)


@app.command()
@command(needs=Session, profiles=PROFILES)
def pdf(
    session: Session,
    certificate: Certificate,
    out: Annotated[
        Path | None, typer.Option(help="PDF file to write; default: certificate-NUMBER.pdf.")
    ] = None,
    page: Annotated[
        str | None,
        typer.Option(
            envvar="TONNE_PAGE",
            help="https:// address of the folder that certificates are published in. The QR code links to"
            " the certificate's page there, in the folder of the PDF.",
            show_default="as `tonne certificate page` recorded it; else the QR code is the identifier",
        ),
    ] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
) -> None:
    """Print a certificate on one page, with its QR code and its lineage."""
    from tonne.cli.holder import lineage_view as view
    from tonne.units import certificate_pdf, lineage_drawing

    node = view.lineage(session, certificate, view.opening_of(opening_file, None, None), evidence)
    number = node.title.split()[-1]
    path = out or Path(f"certificate-{number}.pdf")
    name = view.identifier(session, number)
    folder = page if page is not None else session.deployment.certificates
    link = view.page_of(folder, path) if folder else ""
    certificate_pdf.write(path, node, name, view.as_of(session), link)
    said = [f"Written to {path}."]
    if link:
        beside = path.with_suffix(".html")
        lineage_drawing.draw(beside, node.title, [node])
        said.append(f"Publish {beside} as {link}: the QR code opens it.")
    else:
        said.append(NO_PAGE)
    session.show({"file": path, "identifier": name, "link": link or None}, *said)


@app.command()
@command(needs=Printer)
def commit(
    session: Printer,
    name: Annotated[str, typer.Argument(help="Beneficiary to commit to.")],
    out: Annotated[Path, typer.Option(help="New file for name and salt, readable by you alone.")],
) -> None:
    """Make a commitment to a beneficiary for `tonne retire --commitment`; only its file opens it."""
    from tonne.units import retirement_certificates

    opening = retirement_certificates.commit(name, out)
    commitment = "0x" + opening.commitment.hex()
    session.show(
        {"commitment": commitment, "file": out},
        commitment,
        f"Name and salt are in {out}. They prove the name; without them it cannot be proven.",
    )


@app.command()
@command(needs=Session)
def find(
    session: Session,
    serial: Annotated[
        str,
        typer.Argument(help="Serial number or block: 17, 1-0-17-20, or in its registry's format."),
    ],
) -> None:
    """Find the certificate of a serial number, another exit of its unit, or its use in its own registry."""
    from tonne.units import serial_lookup

    wanted = serial_lookup.parse(session.chain, serial)
    found = serial_lookup.find(session.chain, wanted, session.first_block)
    rows = [
        {
            "block": str(one.block),
            "units": one.block.size,
            "unit": hex(one.unit),
            "where": one.left.how if one.left else "still in its batch",
            "certificate": (one.left.certificate or None) if one.left else None,
        }
        for one in found
    ]
    lines = [
        f"{one.block.first:,} to {one.block.last:,}: {row['where']}, {unit_name(UnitId(one.unit))}"
        for one, row in zip(found, rows, strict=True)
    ]
    uses = serial_lookup.used_elsewhere(session.chain, wanted, session.first_block)
    elsewhere = [
        {
            "first": use.first,
            "last": use.last,
            "use": serial_lookup.told(use),
            "day": use.day or None,
            "beneficiary": use.beneficiary,
            "serial": use.serial,
            "recordedBy": use.officer,
        }
        for use in uses
    ]
    lines += [
        f"{use.first:,} to {use.last:,}: {serial_lookup.told(use)}, recorded by {use.officer}"
        for use in uses
    ]
    if not lines:
        raise TonneError(
            "SERIAL_NOT_HERE",
            f"No number of {wanted} was ever issued here, or recorded as used elsewhere.",
            field="serial",
            value=serial,
            remedy="Look it up in its own registry.",
        )
    session.show({"found": rows, "usedElsewhere": elsewhere}, *lines)


@app.command()
@command(needs=Signer)
def accept(session: Signer, certificate: CertificateNumber) -> None:
    """Accept a certificate made out to your wallet; it is valid without that too."""
    _answer(session, certificate, True)


@app.command()
@command(needs=Signer)
def decline(session: Signer, certificate: CertificateNumber) -> None:
    """Decline a certificate made out to your wallet: `verify` then shows that you declined it."""
    _answer(session, certificate, False)


def _answer(session: Signer, number: int, accepted: bool) -> None:
    session.send("RetirementRegistry", "answerCertificate", number, accepted)
    done = "accepted" if accepted else "declined"
    session.show({"certificate": number, "answer": done}, f"Certificate {number} is {done}.")
