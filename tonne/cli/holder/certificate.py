"""`tonne certificate` and `tonne trace`: what a retirement says, whether it holds, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.session import DEFAULT_RPC, AsJson, Desk, Folder, Rpc, connect, show
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.text import harmless
from tonne.units import lineage_drawing, retirement_certificates, serial_lookup
from tonne.units.lineage import Node, Tracer, all_sound, moment
from tonne.units.lineage_drawing import MARKS, said
from tonne.units.retirement_certificates import Opening

app = typer.Typer(
    help="Show, check and print certificates of retirement; find them by serial number.",
    no_args_is_help=True,
)

Which = Annotated[
    str, typer.Argument(help="Number of the certificate, or what its QR code says (eip155:…).")
]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", help="Folder of evidence, compared with the signed manifest."),
]
OpeningFile = Annotated[
    Path | None,
    typer.Option("--opening", help="File of `tonne certificate commit`: opens a commitment."),
]


@app.command("show")
def show_certificate(
    which: Which,
    opening_file: OpeningFile = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show a certificate with its serial numbers, and in short what it rests on."""
    desk = connect(rpc, folder)
    node = _lineage(desk, which, _opening(opening_file, None, None))
    lines = [node.title, *_facts(node)]
    for below in _unlike(node):
        if below.kind not in ("evidence", "methodology", "meters"):
            facts = ", ".join(f"{k} {v}" for k, v in below.facts.items() if len(v) < 60)
            lines.append(f"{below.title}: {facts}")
    show(node.as_dict(), as_json, *(escape(harmless(line)) for line in lines))


@app.command()
def verify(
    which: Which,
    name: Annotated[str | None, typer.Option(help="Who a commitment is said to be to.")] = None,
    salt: Annotated[
        str | None, typer.Option(help="The commitment's salt, 32 bytes in hex.")
    ] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Check anew everything a certificate rests on: words, serial numbers, signatures, evidence.

    Exit status 0: nothing is wrong. 1: something is; it is named.
    """
    desk = connect(rpc, folder)
    node = _lineage(desk, which, _opening(opening_file, name, salt), evidence)
    checks = [(one, check) for one in _unlike(node) for check in one.checks]
    open_ = sum(check.passed is None for _, check in checks)
    wrong = sum(check.passed is False for _, check in checks)
    end = f"{len(checks) - open_ - wrong} checks passed, {wrong} failed, {open_} not possible here."
    show(
        {
            "certificate": node.title.split()[-1],
            "sound": node.sound,
            "checked": _made(desk),
            "checks": [{"of": one.title, **check.as_dict()} for one, check in checks],
        },
        as_json,
        *(_marked(f"{one.title}: {said(check)}", check.passed) for one, check in checks),
        f"{node.title} {'holds' if node.sound else 'does NOT hold'}: {end}",
    )
    if not node.sound:
        raise typer.Exit(1)


@app.command()
def pdf(
    which: Which,
    out: Annotated[Path | None, typer.Option(help="Where the page goes.")] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Print a certificate on one page, with a QR code and what it rests on."""
    from tonne.units import certificate_pdf  # its libraries take a while to load

    desk = connect(rpc, folder)
    node = _lineage(desk, which, _opening(opening_file, None, None), evidence)
    number = node.title.split()[-1]
    path = out or Path(f"certificate-{number}.pdf")
    certificate_pdf.write(path, node, _identifier(desk, number), _made(desk))
    show({"file": path, "identifier": _identifier(desk, number)}, as_json, f"Written to {path}.")


@app.command()
def commit(
    name: Annotated[str, typer.Argument(help="The beneficiary, to be named to whom you choose.")],
    out: Annotated[Path, typer.Option(help="New file for name and salt; only you can read it.")],
    as_json: AsJson = False,
) -> None:
    """Make a commitment to a beneficiary, for `tonne retire --commitment`; only its file opens it."""
    opening = retirement_certificates.commit(name, out)
    commitment = "0x" + opening.commitment.hex()
    show(
        {"commitment": commitment, "file": out},
        as_json,
        commitment,
        f"Name and salt are in {out}; who has them can prove the name, who loses them cannot.",
    )


@app.command()
def find(
    serial: Annotated[
        str,
        typer.Argument(help="Serial number or block: 17, 1-0-17-20, or as its registry writes it."),
    ],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Find the certificate of a serial number, or what else became of it."""
    desk = connect(rpc, folder)
    wanted = serial_lookup.parse(desk.chain, serial)
    found = serial_lookup.find(desk.chain, wanted, desk.deployment.first_block)
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
        f"{one.block.first:,} to {one.block.last:,}: {row['where']}, {unit_name(one.unit)}"
        for one, row in zip(found, rows, strict=True)
    ]
    show({"found": rows}, as_json, *(lines or [f"No number of {wanted} was ever issued here."]))


def trace(
    subject: Annotated[
        str,
        typer.Argument(help="Number of a certificate; or a serial number: 1-0-17, or another's."),
    ],
    serial: Annotated[
        bool, typer.Option("--serial", help="A plain number is a serial number.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Draw it: a file .svg or .html.")] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show where a retired unit comes from: certificate, batch, report, who signed, evidence, project."""
    desk = connect(rpc, folder)
    opening = _opening(opening_file, None, None)
    if not serial and (subject.isdigit() or subject.startswith("eip155:")):
        nodes = [_lineage(desk, subject, opening, evidence)]
    else:
        wanted = serial_lookup.parse(desk.chain, subject)
        nodes = Tracer(desk.chain, desk.deployment.first_block, evidence).serial(wanted)
        if not nodes:
            raise TonneError(
                "SERIAL_NOT_HERE",
                f"No number of {wanted} was ever issued here.",
                field="serial",
                value=subject,
            )
    if out is not None:
        lineage_drawing.draw(out, f"Lineage of {subject}", nodes)
    data: dict[str, Any] = {
        "sound": all_sound(nodes),
        "lineage": [node.as_dict() for node in nodes],
    }
    show(data, as_json, *(_tree(node) for node in nodes), *([f"Drawn in {out}."] if out else []))


# Inside


def _lineage(desk: Desk, which: str, opening: Opening | None, evidence: Path | None = None) -> Node:
    if evidence is not None and not evidence.is_dir():
        raise TonneError("EVIDENCE_FOLDER", "There is no such folder.", "evidence", str(evidence))
    tracer = Tracer(desk.chain, desk.deployment.first_block, evidence)
    return tracer.certificate(_number(desk, which), opening)


def _number(desk: Desk, which: str) -> int:
    """The number, given plainly or as the identifier of a QR code, which must be of this registry."""
    number = which.rpartition("/")[2]
    if not number.isdigit() or which not in (number, _identifier(desk, number)):
        raise TonneError(
            "CERTIFICATE_NUMBER",
            "This is no certificate of the registry on this chain.",
            field="certificate",
            value=which,
            remedy=f"Give a number, or an identifier like {_identifier(desk, '1')}.",
        )
    return int(number)


def _identifier(desk: Desk, number: str) -> str:
    """The certificate's name anywhere: chain, contract and number as CAIP-19 writes them."""
    registry = desk.chain["RetirementRegistry"].address
    return f"eip155:{desk.chain.chain_id}/erc721:{registry}/{number}"


def _opening(file: Path | None, name: str | None, salt: str | None) -> Opening | None:
    if file is not None:
        return retirement_certificates.read_opening(file)
    if name is None and salt is None:
        return None
    if name is None:
        raise TonneError(
            "COMMITMENT_NAME", "A salt alone opens nothing.", "name", remedy="Give --name."
        )
    return Opening(name, retirement_certificates.word_of(salt) if salt is not None else bytes(32))


def _made(desk: Desk) -> str:
    return f"block {desk.chain.block_number():,}, {moment(desk.chain.now())}"


def _unlike(node: Node) -> Iterator[Node]:
    """All nodes, each thing once: blocks of one batch have what is below in common."""
    seen = set()
    for one in node.walk():
        if (one.kind, one.title) not in seen or one.kind == "signer":
            seen.add((one.kind, one.title))
            yield one


def _facts(node: Node) -> list[str]:
    return [f"  {name}: {value}" for name, value in node.facts.items()]


def _marked(text: str, passed: bool | None) -> str:
    colour = {True: "green", False: "red", None: "yellow"}[passed]
    return f"[{colour}]{MARKS[passed][0]}[/] {escape(harmless(text))}"


def _tree(node: Node) -> Tree:
    tree = Tree(escape(harmless(node.title)))
    _grow(tree, node)
    return tree


def _grow(tree: Tree, node: Node) -> None:
    for name, value in node.facts.items():
        tree.add(f"[dim]{name}[/] {escape(harmless(value))}")
    for check in node.checks:
        tree.add(_marked(said(check), check.passed))
    for child in node.children:
        _grow(tree.add(escape(harmless(child.title))), child)
