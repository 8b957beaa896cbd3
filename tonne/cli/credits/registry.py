"""`tonne registry`: other registries, each by a file that describes its serial numbers; replays beside."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Reason
from tonne.cli.core.output import Printer, table
from tonne.cli.core.session import Session, Signer, text_hash
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.units.foreign_serials import SerialBlock
    from tonne.units.immobilisation_state import Registry, SerialBook
    from tonne.units.registry_descriptors import Descriptor

app = typer.Typer(
    help="Other registries: add the files that describe their serial numbers; replay their years.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Descriptor, a TOML file.")]
Name = Annotated[str, typer.Argument(help="Registry, e.g. VERRA.")]
Serial = Annotated[str, typer.Argument(help="Block of serial numbers, as REGISTRY:SERIAL.")]


@app.command()
@command(needs=Printer)
def check(
    session: Printer,
    file: File,
    serials: Annotated[
        list[str] | None, typer.Argument(help="Serial numbers to read by it.")
    ] = None,
) -> None:
    """Check a descriptor, and show what it reads its samples and further serial numbers as."""
    from tonne.units import foreign_serials, registry_descriptors

    descriptor = registry_descriptors.load(file)
    samples = [form.sample for form in descriptor.forms]
    read = [
        _read(foreign_serials.parse_as(descriptor, raw)) for raw in (*samples, *(serials or []))
    ]
    data = {**_described(descriptor), "read": read}
    rows = [(r["serial"], r["issuance"], r["first"], r["last"], r["says"]) for r in read]
    session.show(
        data,
        f"{descriptor.name} ({descriptor.title}): sound. SHA-256 {descriptor.digest.hex()}",
        table("Serial numbers", ("serial", "issuance", ">first", ">last", "says"), rows),
    )


@app.command()
@command(needs=Signer, scheme=1)
def add(session: Signer, file: File) -> None:
    """Add a registry by its descriptor, as an officer of the scheme that will keep it.

    The file is kept with the deployment, so that import, request, find and audit read by it. Nothing is
    sent for a registry that has this descriptor already.
    """
    from tonne.units import immobilisation, registry_descriptors

    descriptor = registry_descriptors.load(file)
    at_hand = registry_descriptors.known().get(descriptor.name)
    if at_hand is not None and at_hand.digest != descriptor.digest:
        raise TonneError(
            "DESCRIPTOR_OTHER",
            f"Another descriptor of {descriptor.name} is at hand: {at_hand.path}.",
            field="file",
            value=file,
            remedy="Give that file, or take it away; a registry has one descriptor.",
        )
    kept = (
        at_hand.path
        if at_hand
        else registry_descriptors.FOLDERS[-1] / f"{descriptor.name.lower()}.toml"
    )
    if at_hand is None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, kept)
    try:
        number, fresh = immobilisation.add_registry(
            session.chain, _book(session), session.account, session.scheme, descriptor
        )
    except TonneError:
        if at_hand is None:
            kept.unlink()
        raise
    session.show(
        {**_described(descriptor), "registry": number, "added": fresh, "file": kept},
        f"{descriptor.name} is {'now' if fresh else 'already'} registry {number}; its descriptor is {kept}.",
    )


@app.command("list")
@command(needs=Session)
def list_(session: Session) -> None:
    """List registries on chain and descriptors at hand."""
    from tonne.units import registry_descriptors

    at_hand, book = registry_descriptors.known(), _book(session)
    on_chain = {r.name: r for r in book.registries.values()}
    rows = [
        _listed(name, at_hand.get(name), on_chain.get(name))
        for name in sorted({*at_hand, *on_chain})
    ]
    shown = [
        (r["name"], r["registry"] or "-", r["keeper"] or "-", r["holds"], r["descriptor"])
        for r in rows
    ]
    session.show(
        {"registries": rows},
        table("Registries", ("name", ">number", ">kept by scheme", "holds", "descriptor"), shown),
    )


@app.command()
@command(needs=Signer)
def admit(
    session: Signer,
    name: Name,
    scheme: Annotated[int, typer.Argument(help="Scheme to admit.", min=1)],
    end: Annotated[bool, typer.Option("--end", help="End an admission.")] = False,
) -> None:
    """Admit another scheme to immobilise blocks of a registry, as an officer of the scheme that keeps it."""
    registry = _registry(_book(session), name)
    session.send("Immobilisation", "admitScheme", registry.number, scheme, not end)
    session.show(
        {"registry": registry.number, "scheme": scheme, "admitted": not end},
        f"Scheme {scheme} {'may no longer' if end else 'may'} immobilise blocks of {registry.name}.",
    )


@app.command()
@command(needs=Signer)
def propose(session: Signer, file: File) -> None:
    """Propose another descriptor for a registry whose notation changed; a second office adopts it."""
    _change(session, file, "proposeDescriptor", "is proposed; an officer for disputes adopts it")


@app.command()
@command(needs=Signer)
def adopt(session: Signer, file: File) -> None:
    """Adopt a proposed descriptor, as an officer for disputes who did not propose it."""
    _change(session, file, "adoptDescriptor", "is adopted")


@app.command()
@command(needs=Signer)
def contest(session: Signer, serial: Serial, reason: Reason) -> None:
    """Contest that a block was used elsewhere, as an officer; a second office takes it off the record."""
    block, place = _used(session, serial)
    args = (*place, block.first, block.last, text_hash(reason))
    session.send("Immobilisation", "contestUse", *args)
    session.show(
        {"first": block.first, "last": block.last},
        f"The use of {block.first:,} to {block.last:,} is contested; an officer for disputes undoes it.",
    )


@app.command()
@command(needs=Signer)
def undo(session: Signer, serial: Serial) -> None:
    """Take a contested block off the record of used ones, as an officer for disputes."""
    block, place = _used(session, serial)
    stretches = _book(session).sets[place]
    stretch = stretches.overlapping(block.first, block.last)
    start = stretch.first if stretch else 0
    args = (*place, block.first, block.last, start, stretches.before(start))
    session.send("Immobilisation", "undoUse", *args)
    session.show(
        {"first": block.first, "last": block.last},
        f"{block.first:,} to {block.last:,} is off the record of used blocks.",
    )


def _change(session: Signer, file: Path, function: str, said: str) -> None:
    from tonne.units import registry_descriptors

    descriptor = registry_descriptors.load(file)
    registry = _registry(_book(session), descriptor.name)
    args = (registry.number, descriptor.largest_block, descriptor.digest)
    session.send("Immobilisation", function, *args)
    session.show(
        {**_described(descriptor), "registry": registry.number},
        f"{descriptor.digest.hex()} {said} as the descriptor of {descriptor.name}.",
    )


def _used(session: Session, serial: str) -> tuple[SerialBlock, tuple[int, int]]:
    """A block as written and where its uses are kept."""
    from tonne.units import foreign_serials

    name, _, raw = serial.partition(":")
    block, book = foreign_serials.parse(name, raw), _book(session)
    place = book.place_of(block)
    if place is None or not book.uses_of(place, block.first, block.last):
        raise refused("SERIAL_NOT_USED", serial=serial)
    return block, place


def _registry(book: SerialBook, name: str) -> Registry:
    found = book.named(name.strip().upper())
    if found is None:
        raise refused("REGISTRY_NOT_ADDED", registry=name)
    return found


def _book(session: Session) -> SerialBook:
    from tonne.units.immobilisation_state import SerialBook

    return SerialBook.read(session.chain, session.first_block)


def _described(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "name": descriptor.name,
        "title": descriptor.title,
        "unit": descriptor.unit,
        "holds": descriptor.holds,
        "countsThrough": descriptor.counts_through,
        "largestBlock": descriptor.largest_block,
        "digest": descriptor.digest.hex(),
    }


def _read(block: SerialBlock) -> dict[str, Any]:
    says = ", ".join(f"{k} {v}" for k, v in block.said.items() if k in SAID)
    return {
        "serial": block.raw,
        "issuance": str(block.issuance) if block.issuance else "",
        "first": block.first,
        "last": block.last,
        "says": says,
    }


SAID = ("country", "project", "vintage", "from", "until", "type")


def _listed(name: str, descriptor: Descriptor | None, registry: Registry | None) -> dict[str, Any]:
    state = "not at hand"
    if descriptor is not None:
        same = registry is None or registry.descriptor == descriptor.digest
        state = "at hand" if same else "another one at hand"
    return {
        "name": name,
        "registry": registry.number if registry else None,
        "keeper": registry.keeper if registry else None,
        "holds": descriptor.holds if descriptor else "",
        "descriptor": state,
    }
