"""`tonne credit bill tariff`: how bills are divided; published, listed, closed."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, Signer, participant_named
from tonne.constants import PPM
from tonne.errors import refused

app = typer.Typer(help="Tariffs, by which bills are divided.", no_args_is_help=True)

TariffNumber = Annotated[int, typer.Argument(help="Tariff number, of `list`.", min=1)]
Share = Annotated[str, typer.Option(help="PARTICIPANT:PPM, e.g. 7:600000 for 60 %.")]

#: Parts per million of a percent.
PPM_PERCENT = PPM // 100


def _share(session: Session, text: str, field: str) -> tuple[int, int]:
    """(participant, ppm) of a share; raises BILL_SHARE_UNREADABLE."""
    who, _, ppm = text.rpartition(":")
    if not who or not ppm.isdigit() or int(ppm) > PPM:
        raise refused("BILL_SHARE_UNREADABLE", share=text, field=field)
    return participant_named(session, who, field), int(ppm)


@app.command("list")
@command(needs=Session)
def list_(session: Session) -> None:
    """Show each tariff: the parts of a bill, and who gets each."""
    from tonne.power import tariffs

    found = tariffs.published(session.chain, session.first_block)
    data = [
        {
            "tariff": tariff.number,
            "scheme": tariff.terms.scheme,
            "jurisdiction": tariff.jurisdiction,
            "parts": [
                {"part": name, "participant": receiver, "ppm": ppm}
                for name, receiver, ppm in tariff.parts()
            ],
            "remainderTo": tariff.terms.remainderTo,
            "closed": tariff.closed,
        }
        for tariff in found
    ]
    rows = [
        (
            tariff.number,
            tariff.terms.scheme,
            tariff.jurisdiction or "all",
            ", ".join(
                f"{name} {ppm / PPM_PERCENT:g} % to {receiver}"
                for name, receiver, ppm in tariff.parts()
            )
            or "none",
            tariff.terms.remainderTo,
            "closed" if tariff.closed else "open",
        )
        for tariff in found
    ]
    columns = (">tariff", ">scheme", ">jurisdiction", "parts, by participant", ">rest to", "")
    session.show(
        {"tariffs": data},
        table("", columns, rows)
        if rows
        else "No tariff is published; an officer does it: `tonne credit bill tariff publish --help`.",
    )


@app.command()
@command(needs=Signer, scheme=1)
def publish(
    session: Signer,
    generation: Share,
    transmission: Share,
    distribution: Share,
    sale: Share,
    remainder: Annotated[str, typer.Option(help=f"Receiver of the remainder. {WHO}")],
    jurisdiction: Annotated[int, typer.Option(help="Jurisdiction number; 0 for all.", min=0)] = 0,
) -> None:
    """Publish a tariff that divides bills, as an officer who sets rules. It is final."""
    given = {"generation": generation, "transmission": transmission}
    given.update(distribution=distribution, sale=sale)
    shares = [value for field, text in given.items() for value in _share(session, text, field)]
    to = participant_named(session, remainder, "remainder")
    terms = (*shares, to, session.scheme, False)
    receipt = session.send("CreditBills", "publishTariff", terms, jurisdiction)
    number = next(e["tariff"] for e in session.chain.events(receipt) if e.name == "TariffPublished")
    session.show({"tariff": number}, f"Tariff {number} is published.")


@app.command()
@command(needs=Signer)
def close(session: Signer, number: TariffNumber) -> None:
    """Close a tariff, as an officer who sets rules: it divides no bill from then on."""
    session.send("CreditBills", "closeTariff", number)
    session.show({"tariff": number, "closed": True}, f"Tariff {number} is closed.")
