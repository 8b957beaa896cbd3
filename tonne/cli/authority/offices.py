"""`tonne authority office`, `registrar` and `arbiter`: officers of a scheme and their powers."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.session import address_of
from tonne.errors import refused
from tonne.types.packing import bit_set, has_bit

EVERYWHERE: Final = 0

#: Powers of an office; `OFFICE_POWERS` of the deployment, which a test compares.
POWERS: Final = (
    "disclose",
    "allocate",
    "determine",
    "penalise",
    "market",
    "freeze",
    "accredit",
    "issue",
    "register",
    "dispute",
    "rules",
    "meter",
    "credit",
)

Address = Annotated[str, typer.Argument(help="Officer: address, keystore file or account name.")]
Jurisdiction = Annotated[int, typer.Option(help="Jurisdiction number; 0 for all.", min=0)]


@command(needs=OfficerAct, scheme=1)
def office(
    act: OfficerAct,
    officer: Address,
    powers: Annotated[
        str,
        typer.Argument(help=f"Comma-separated powers of {', '.join(POWERS)}; `none` dismisses."),
    ],
    jurisdiction: Jurisdiction = EVERYWHERE,
) -> None:
    """Set the powers of an officer in a scheme and jurisdiction, replacing the present ones."""
    names = [] if powers == "none" else powers.split(",")
    for name in names:
        if name not in POWERS:
            raise refused("OFFICE_POWER", powers=name, choices=", ".join(POWERS))
    bits = bit_set(POWERS.index(name) for name in names)
    who = address_of(officer, "officer")
    held = act.chain.call("Schemes", "officeOf", who, act.scheme, jurisdiction)
    where = f"scheme {act.scheme}, " + (
        f"jurisdiction {jurisdiction}" if jurisdiction else "all of it"
    )
    change = Effect(f"{who} in {where}", powers_in(held), powers_in(bits))
    call = OfficerCall("Schemes", "grantOffice", (who, act.scheme, jurisdiction, bits), [change])
    act.do(f"Set the office of {who}", [call])


@command(needs=OfficerAct)
def registrar(
    act: OfficerAct,
    officer: Address,
    jurisdiction: Jurisdiction = EVERYWHERE,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="Remove the registrar.")] = False,
) -> None:
    """Make an address the registrar of participants and plants in a jurisdiction."""
    _appoint(act, "registrar", officer, jurisdiction, not dismiss)


@command(needs=OfficerAct)
def arbiter(
    act: OfficerAct,
    officer: Address,
    jurisdiction: Jurisdiction = EVERYWHERE,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="Remove the arbiter.")] = False,
) -> None:
    """Make an address the arbiter of lost and stolen keys; no registrar decides them alone."""
    _appoint(act, "arbiter", officer, jurisdiction, not dismiss)


def _appoint(act: OfficerAct, what: str, officer: str, jurisdiction: int, wanted: bool) -> None:
    who = address_of(officer, "officer")
    held = act.chain.call("Participants", f"is{what.title()}", who, jurisdiction)
    where = f"jurisdiction {jurisdiction}" if jurisdiction else "all jurisdictions"
    before, after = (what if held else f"no {what}"), (what if wanted else f"no {what}")
    change = Effect(f"{who} in {where}", before, after)
    args = (who, jurisdiction, wanted)
    call = OfficerCall("Participants", f"set{what.title()}", args, [change])
    act.do(f"Set the {what} of {where}", [call])


def powers_in(bits: int) -> str:
    """Names of an office's powers."""
    return ", ".join(name for bit, name in enumerate(POWERS) if has_bit(bits, bit)) or "none"
