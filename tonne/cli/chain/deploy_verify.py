"""`tonne deploy verify`: the files that verify the sources of a deployment, written and checked."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import errors, many, table
from tonne.cli.core.session import Session
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.chain.client import Chain
    from tonne.deployment.verification import VerifiableContract

OUT: Final = Path("verification")


@command(needs=Session)
def verify(
    session: Session,
    out: Annotated[Path, typer.Option(help="Folder to write, with one for each contract.")] = OUT,
    recompile: Annotated[
        bool, typer.Option("--recompile", help="Recompile each contract and compare; minutes.")
    ] = False,
    contract: Annotated[
        list[str] | None, typer.Option(help="Contract, e.g. Exchange. Repeatable; default: all.")
    ] = None,
    solc: Annotated[
        Path | None, typer.Option(help="Compiler to recompile with; default: the project's own.")
    ] = None,
) -> None:
    """Write what Sourcify and Blockscout take for each contract, and check it against the chain.

    Standard JSON input, metadata, constructor arguments and the two services' requests, from the compiler
    input that the record names. Sends nothing to anybody. Exits with 1 where a check fails.
    """
    from tonne.deployment import verification

    found = verification.contracts(session.deployment, session.folder)
    chosen = _chosen(found, contract)
    written = verification.write(chosen, session.chain.chain_id, out)
    faults = list(verification.faults(session.chain, chosen))
    if recompile:
        faults += _recompiled(session.chain, chosen, _solc(solc))
    rows = [(one.name, one.address, len(one.sources), len(one.arguments)) for one in chosen]
    checks = "sources, metadata, code and arguments" + (
        ", and the recompiled code" if recompile else ""
    )
    session.show(
        {
            "folder": out,
            "contracts": [one.name for one in chosen],
            "recompiled": recompile,
            "faults": [{"contract": name, "fault": fault} for name, fault in faults],
        },
        table("", ("contract", "address", ">sources", ">bytes of arguments"), rows),
        *(f"{name}: {fault}." for name, fault in faults),
        f"{many(len(written), 'file')} in {out}; checked: {checks}. {many(len(faults), 'fault')}.",
    )
    if faults:
        raise typer.Exit(1)


def _chosen(found: list[VerifiableContract], names: list[str] | None) -> list[VerifiableContract]:
    """The named contracts, each with its extension; all without names."""
    known = {one.name for one in found}
    for name in names or ():
        if name not in known:
            nearest = difflib.get_close_matches(name, sorted(known), 3, 0.5)
            raise TonneError(
                "VERIFY_UNKNOWN",
                "The deployment has no such contract.",
                field="contract",
                value=name,
                remedy=(f"Near it: {', '.join(nearest)}. " if nearest else "")
                + "`tonne deploy verify` writes all; their names are in contracts.json.",
            )
    return [one for one in found if not names or one.name.partition(".EXTENSION")[0] in names]


def _solc(given: Path | None) -> Path:
    from tonne.deployment import compiler

    solc = given or compiler.SOLC
    if not solc.is_file():
        raise refused("VERIFY_NO_COMPILER", solc=str(solc))
    return solc


def _recompiled(
    chain: Chain, chosen: list[VerifiableContract], solc: Path
) -> list[tuple[str, str]]:
    from tonne.deployment import verification
    from tonne.progress import counted

    faults: list[tuple[str, str]] = []
    with counted(errors, "recompiling", len(chosen)) as count:
        for one in chosen:
            inside = verification.creation_code(chain, one) if "EXTENSION" in one.name else ""
            faults += verification.compiled_faults(chain, one, inside, solc)
            count(1)
    return faults
