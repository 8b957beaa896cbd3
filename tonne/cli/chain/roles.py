"""`tonne roles`: the role matrix, rebuilt from the chain's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.cli.authority.offices import POWERS, powers_in
from tonne.cli.chain import guardian
from tonne.cli.core.command import command
from tonne.cli.core.output import table, working
from tonne.cli.core.session import Session

if TYPE_CHECKING:
    from tonne.chain.client import Chain
    from tonne.deployment.granted_roles import Powers


@command(needs=Session)
def roles(session: Session) -> None:
    """Print roles, offices and registrars with their holders, and acts that wait, from events."""
    from tonne.deployment import granted_roles

    with working("reading the events of roles"):
        granted = granted_roles.walk(session.chain, session.first_block)
    session.show(
        data(granted),
        *tables(session.chain, granted),
        "",
        guardian.waiting_table(session, granted.waiting),
    )


def data(granted: Powers) -> dict[str, Any]:
    """The role matrix for JSON."""
    return {
        "delay": granted.delay,
        "waiting": guardian.waiting_data(granted.waiting),
        "administrators": granted.administrators,
        "roles": [
            {
                "role": p.role,
                "name": p.name,
                "holder": p.holder,
                "contract": p.contract,
                "function": p.function,
                "waits": bool(granted.delay) and not granted.is_daily(p.role),
            }
            for p in granted.roles
        ],
        "controllers": [
            {"contract": c.contract, "controller": c.controller, "rights": c.rights}
            for c in granted.controllers
        ],
        "venues": granted.venues,
        "mirror": granted.mirror,
        "claimants": granted.claimants,
        "offices": [
            {
                "officer": o.officer,
                "scheme": o.scheme,
                "jurisdiction": o.jurisdiction,
                "powers": o.powers,
            }
            for o in granted.offices
        ],
        "registrars": [
            {"address": address, "jurisdiction": place} for address, place in granted.registrars
        ],
        "arbiters": [
            {"address": address, "jurisdiction": place} for address, place in granted.arbiters
        ],
    }


def tables(chain: Chain, granted: Powers) -> list[Any]:
    """The role matrix for people: roles, contracts with rights on others, offices."""
    names = {contract.address: contract.name for contract in chain.contracts.values()}
    functions: dict[tuple[str, str, str], list[str]] = {}
    for power in granted.roles:
        functions.setdefault((power.name, power.holder, power.contract), []).append(power.function)
    return [
        table(
            "Roles",
            ("role", "holder", "contract", "functions"),
            [("administrator", who, "FoundedManager", "all") for who in granted.administrators]
            + [(*key, ", ".join(found)) for key, found in functions.items()],
        ),
        "",
        table(
            "Contracts that may act on others",
            ("contract", "may act on", "rights"),
            [
                (names.get(c.controller, c.controller), c.contract, c.rights)
                for c in granted.controllers
            ]
            + [(names.get(venue, venue), unit, "venue") for unit, venue in granted.venues.items()]
            + [(names.get(granted.mirror, granted.mirror), "Participants", "mirror")]
            + [(names.get(who, who), "Projects", "claims") for who in granted.claimants],
        ),
        "",
        table(
            "Offices",
            ("officer", ">scheme", ">jurisdiction", "powers"),
            [
                (
                    names.get(o.officer, o.officer),
                    o.scheme,
                    o.jurisdiction or "all",
                    _powers(o.powers),
                )
                for o in granted.offices
            ]
            + [
                (names.get(who, who), "", place or "all", "registrar")
                for who, place in granted.registrars
            ]
            + [(who, "", place or "all", "arbiter") for who, place in granted.arbiters],
        ),
    ]


def _powers(bits: int) -> str:
    names = powers_in(bits)
    return "all" if names == ", ".join(POWERS) else names
