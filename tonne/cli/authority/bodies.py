"""`tonne authority accredit` and `interest`: verifiers, and their conflicts of interest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Pack
from tonne.cli.core.output import many, parse_day
from tonne.cli.core.session import address_of
from tonne.errors import TonneError


@command(needs=OfficerAct, scheme=1)
def accredit(
    act: OfficerAct,
    file: Annotated[
        Path, typer.Argument(help="CSV file: key, body, roles, valid_from, valid_until.")
    ],
    pack: Pack = None,
) -> None:
    """Replace the set of accredited verifiers of a scheme; bounds and rules are the pack's.

    Signatures already collected become void: they are bound to the old set.
    """
    from tonne.cli.core import decision_files
    from tonne.cli.core.rule_pack import pack_for
    from tonne.deployment import scheme_setup
    from tonne.deployment.scheme_setup import LEAD, REVIEWER, Verifier

    roles = {"lead": LEAD, "reviewer": REVIEWER, "lead+reviewer": LEAD | REVIEWER}
    rows = decision_files.read(file, decision_files.Accredited)
    people = [
        Verifier(
            address_of(row.key, "key"),
            row.body,
            roles[row.roles],
            valid_from=parse_day(row.valid_from, "valid_from"),
            valid_until=parse_day(row.valid_until, "valid_until"),
        )
        for row in rows
    ]
    rules = pack_for(act.scheme, pack)
    day = rules.local_day(act.chain.now())
    args = scheme_setup.oracle_args(rules, day, people)
    before = _accredited(act)
    after = {person.key: person.body for person in people}
    changes = [
        Effect(f"verifier {key}", _body(before.get(key)), _body(after.get(key)))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
    call = OfficerCall("EmissionsOracle", "configure", args, changes)
    act.do(f"Accredit {many(len(people), 'person')} in scheme {act.scheme}", [call])


@command(needs=OfficerAct, scheme=1)
def interest(
    act: OfficerAct,
    body: Annotated[int, typer.Argument(help="Verification body number.", min=1)],
    participant: Annotated[
        int, typer.Argument(help="Participant number of the operator or developer.", min=1)
    ],
    lift: Annotated[bool, typer.Option("--lift", help="Lift the conflict of interest.")] = False,
) -> None:
    """Record or lift a verification body's conflict of interest with an operator or developer."""
    held = act.chain.call("EmissionsOracle", "hasInterest", act.scheme, body, participant)
    change = Effect(
        f"body {body} towards participant {participant}", _bound(held), _bound(not lift)
    )
    call = OfficerCall(
        "EmissionsOracle", "setInterest", (act.scheme, body, participant, not lift), [change]
    )
    act.do(f"Set the interest of body {body}", [call])


def _accredited(act: OfficerAct) -> dict[str, int]:
    """Body of each accredited key; empty before the scheme's first accreditation."""
    ask = ("EmissionsOracle", "signersOf", (act.scheme,))
    (found,) = act.chain.call_many([ask], check=False)
    if isinstance(found, TonneError):
        if found.code != "EMISSIONS_NOT_CONFIGURED":
            raise found
        return {}
    return {signer.key: signer.body for signer in found}


def _body(number: int | None) -> str:
    return "not accredited" if number is None else f"accredited for body {number}"


def _bound(held: bool) -> str:
    return "has an interest" if held else "independent"
