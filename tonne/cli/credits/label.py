"""`tonne label`: labels of batches of credits, with dates and evidence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Reason
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, address_of, file_hash, text_hash
from tonne.cli.core.unit_names import credit_id
from tonne.constants import EPOCH
from tonne.errors import refused
from tonne.types.unit_id import unit_name

app = typer.Typer(
    help="Labels of credits with dates and evidence: CORSIA, ICVCM, insurance, other standards.",
    no_args_is_help=True,
)

KINDS = ("endorsement", "qualification", "certification", "insurance")

Programme = Annotated[
    int, typer.Argument(help="Number of the programme, from `label list`.", min=1)
]
Units = Annotated[
    list[str], typer.Argument(help="Batches, 32 at most: 2020#1 of scheme 1, or unit ids.")
]


@app.command()
@command(needs=OfficerAct)
def programme(
    act: OfficerAct,
    number: Annotated[int, typer.Argument(help="Number of the programme, new or known.", min=1)],
    keeper: Annotated[
        str,
        typer.Argument(help="Keeper: address, keystore file or account name."),
    ],
    name: Annotated[str, typer.Option(help="Name, e.g. 'CORSIA first phase'.")],
    kind: Annotated[str, typer.Option(help=f"Kind: {', '.join(KINDS)}.")],
) -> None:
    """Set a label programme and its keeper, as the authority that grants offices."""
    if kind not in KINDS:
        raise refused("LABEL_KIND", kind=kind, kinds=", ".join(KINDS))
    before = act.chain.call("Labels", "programmeOf", number)[0]
    wallet = address_of(keeper, "keeper")
    args = (number, wallet, 1 + KINDS.index(kind), name)
    change = Effect(f"keeper of {name}", before, wallet)
    call = OfficerCall("Labels", "setProgramme", args, [change])
    act.do("Set a label programme", [call], {"programme": number})


@app.command()
@command(needs=OfficerAct)
def grant(
    act: OfficerAct,
    number: Programme,
    units: Units,
    first: Annotated[
        str, typer.Option("--since", help="First day the label holds, e.g. 2024-01-01.")
    ],
    last: Annotated[str, typer.Option("--until", help="Last day it holds.")],
    evidence: Annotated[
        Path,
        typer.Option(help="Letter, assessment or policy; its hash goes on record.", exists=True),
    ],
    detail: Annotated[
        str, typer.Option(help="Facts beyond the dates, e.g. insurer and sum; 200 bytes.")
    ] = "",
) -> None:
    """Label batches, as the programme's keeper."""
    numbers = [credit_id(unit) for unit in units]
    label = (_day(first, "from"), _day(last, "until"), file_hash(evidence))
    changes = [Effect(unit_name(u), "without", f"labelled {first} to {last}") for u in numbers]
    call = OfficerCall("Labels", "grant", (number, numbers, label, detail), changes)
    act.do("Label credits", [call], {"programme": number, "evidence": "0x" + label[2].hex()})


@app.command()
@command(needs=OfficerAct)
def end(
    act: OfficerAct,
    number: Programme,
    units: Units,
    last: Annotated[
        str, typer.Option("--last", help="Last day it holds; before its first day: it never held.")
    ],
    reason: Reason,
) -> None:
    """End labels earlier than granted, as the programme's keeper."""
    numbers = [credit_id(unit) for unit in units]
    args = (number, numbers, _day(last, "last"), text_hash(reason))
    changes = [Effect(unit_name(unit), "labelled", f"labelled until {last}") for unit in numbers]
    call = OfficerCall("Labels", "end", args, changes)
    act.do("End labels", [call], {"programme": number})


@app.command("list")
@command(needs=Session)
def list_(
    session: Session,
    unit: Annotated[str | None, typer.Option(help="Only this batch.")] = None,
    day: Annotated[
        str | None, typer.Option("--on", help="Only labels that hold on this day.")
    ] = None,
) -> None:
    """List label programmes, and the labels of batches with their dates and evidence."""
    from tonne.audit.export.credit_search import labels_of, read_labels
    from tonne.cli.credits.offsets_find import label_data

    replay = read_labels(session.chain, session.first_block)
    number = _day(day, "on") if day else None
    units = [credit_id(unit)] if unit else sorted({of for _, of in replay.labels})
    found = [(one, view) for one in units for view in labels_of(replay, one, number)]
    rows = [
        (unit_name(one), view.name, _iso(view.label.from_day), _iso(view.label.until_day),
         "0x" + view.label.evidence.hex()[:16] + "…", view.label.detail)
        for one, view in found
    ]  # fmt: skip
    known = [
        (number, p.name, KINDS[p.kind - 1], p.keeper)
        for number, p in sorted(replay.programmes.items())
    ]
    session.show(
        {
            "programmes": [
                dict(zip(("programme", "name", "kind", "keeper"), row)) for row in known
            ],
            "labels": [{"unit": hex(one), **label_data(view)} for one, view in found],
        },
        table("Programmes", (">number", "name", "kind", "keeper"), known),
        table(
            f"{len(rows):,} labels", ("batch", "label", "from", "until", "evidence", "detail"), rows
        ),
    )


def _day(text: str, field: str) -> int:
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        raise refused("LABEL_DAY", day=text, field=field) from None


def _iso(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()
