"""`tonne trace`: lineage of a retired unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.evidence_options import holders_named
from tonne.cli.core.options import PROFILES
from tonne.cli.core.session import Session
from tonne.cli.holder.certificate import Evidence, OpeningFile
from tonne.errors import TonneError


@command(needs=Session, profiles=PROFILES)
def trace(
    session: Session,
    subject: Annotated[
        str,
        typer.Argument(
            help="Certificate number, or a serial number: 1-0-17, or in its registry's format."
        ),
    ],
    serial: Annotated[
        bool, typer.Option("--serial", help="Read a plain number as a serial number.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Drawing to write, .svg or .html.")] = None,
    opening_file: OpeningFile = None,
    evidence: Evidence = None,
) -> None:
    """Show the lineage of a retired unit: certificate, batch, report, signers, evidence, project."""
    from tonne.cli.holder import lineage_view as view
    from tonne.units import lineage_drawing, serial_lookup
    from tonne.units.lineage import Tracer, all_sound

    opening = view.opening_of(opening_file, None, None)
    if not serial and (subject.isdigit() or subject.startswith("eip155:")):
        nodes = [view.lineage(session, subject, opening, evidence)]
    else:
        wanted = serial_lookup.parse(session.chain, subject)
        holders = holders_named(evidence or ())
        nodes = Tracer(session.chain, session.first_block, holders, session.names).serial(wanted)
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
    session.show(data, *(view.tree(node) for node in nodes), *([f"Drawn in {out}."] if out else []))
