"""`tonne authority accredit` and `interest`: who may verify, and for whom not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from tonne.cli.authority import decision_files
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.rule_pack import Pack, pack_for
from tonne.cli.core.session import SchemeNumber, many, parse_day
from tonne.crypto.accounts import checksum
from tonne.deployment import scheme_setup
from tonne.deployment.scheme_setup import LEAD, REVIEWER, Verifier

ROLES: Final = {"lead": LEAD, "reviewer": REVIEWER, "lead+reviewer": LEAD | REVIEWER}


def accredit(
    hand: Hand,
    file: Annotated[
        Path, typer.Argument(help="CSV with key, body, roles, valid_from, valid_until.")
    ],
    pack: Pack = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Set who may verify, in the place of all who might before; bounds and rules are the pack's.

    Signatures that are under way become worthless: they are for the old set.
    """
    rows = decision_files.read(file, decision_files.Accredited)
    people = [
        Verifier(
            checksum(row.key),
            row.body,
            ROLES[row.roles],
            valid_from=parse_day(row.valid_from, "valid_from"),
            valid_until=parse_day(row.valid_until, "valid_until"),
        )
        for row in rows
    ]
    rules = pack_for(scheme, pack)
    day = rules.local_day(hand.desk.chain.now())
    args = scheme_setup.oracle_args(rules, day, people)
    before = {s.key: s.body for s in hand.desk.chain.call("EmissionsOracle", "signersOf", scheme)}
    after = {person.key: person.body for person in people}
    changes = [
        Change(f"verifier {key}", _body(before.get(key)), _body(after.get(key)))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
    act = Act("EmissionsOracle", "configure", args, changes)
    hand.do(f"Accredit {many(len(people), 'person')} in scheme {scheme}", [act])


def interest(
    hand: Hand,
    body: Annotated[int, typer.Argument(help="Number of the verification body.", min=1)],
    participant: Annotated[int, typer.Argument(help="Of whom it is not independent.", min=1)],
    lift: Annotated[bool, typer.Option("--lift", help="It is independent again.")] = False,
    scheme: SchemeNumber = 1,
) -> None:
    """Set or lift a verification body's interest in an operator or developer."""
    held = hand.desk.chain.call("EmissionsOracle", "hasInterest", scheme, body, participant)
    change = Change(
        f"body {body} towards participant {participant}", _bound(held), _bound(not lift)
    )
    act = Act("EmissionsOracle", "setInterest", (scheme, body, participant, not lift), [change])
    hand.do(f"Set the interest of body {body}", [act])


def _body(number: int | None) -> str:
    return "not accredited" if number is None else f"accredited for body {number}"


def _bound(held: bool) -> str:
    return "has an interest" if held else "independent"


def enter(app: typer.Typer) -> None:
    for command in (accredit, interest):
        acting(app)(command)
