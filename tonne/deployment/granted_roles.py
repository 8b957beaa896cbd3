"""Who may do what, as the chain's own events tell it: the role matrix of a deployment.

Nothing here trusts the deployment's plan; everything is replayed from events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tonne.chain.client import Chain
from tonne.constants import ZERO_ADDRESS
from tonne.deployment import founding
from tonne.deployment.founding import WaitingAct
from tonne.deployment.roles import ADMIN
from tonne.types.packing import has_bit

#: Contracts that grant rights to others, and so emit an event for each change.
GRANTING = (
    *("Allowances", "OffsetCredits", "EnergyCredits", "EnergyCertificates"),
    *("Exchange", "Allocation", "PowerMarket"),
)

#: Powers of an office by bit, as people name them; see `Powers` in ISchemes.
OFFICE_POWERS: Final = (
    "disclose", "allocate", "determine", "penalise", "market", "freeze", "accredit", "issue", "register",
    "dispute", "rules", "meter", "credit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class RolePower:
    """A restricted function and who holds its role."""

    role: int
    name: str
    holder: str
    contract: str
    function: str


@dataclass(frozen=True, slots=True, order=True)
class ControllerRight:
    """What one contract may do at another; `rights` as the interface numbers them."""

    contract: str
    controller: str
    rights: int


@dataclass(frozen=True, slots=True, order=True)
class Office:
    """An officer's powers in a scheme and jurisdiction (0: all)."""

    officer: str
    scheme: int
    jurisdiction: int
    powers: int


@dataclass(slots=True)
class Powers:
    """All of it."""

    delay: int = 0  # [s] of acts that wait; 0 before the founding
    daily: int = 0  # bit by role whose acts do not wait
    waiting: list[WaitingAct] = field(default_factory=list)
    administrators: list[str] = field(default_factory=list)
    roles: list[RolePower] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)  # of roles, by name
    controllers: list[ControllerRight] = field(default_factory=list)
    venues: dict[str, str] = field(default_factory=dict)
    mirror: str = ZERO_ADDRESS  # contract that the register tells of lost rights
    issuers: dict[str, tuple[str, str]] = field(default_factory=dict)  # own, immobilised
    desks: dict[str, str] = field(default_factory=dict)  # what alone changes the state of batches
    claimants: list[str] = field(default_factory=list)  # contracts that may claim sources
    offices: list[Office] = field(default_factory=list)
    registrars: list[tuple[str, int]] = field(default_factory=list)  # (address, jurisdiction)
    arbiters: list[tuple[str, int]] = field(default_factory=list)  # of stolen keys, likewise

    def is_daily(self, role: int) -> bool:
        """Whether the acts of a role do not wait."""
        return role < 64 and has_bit(self.daily, role)

    def of(self, address: str) -> list[str]:
        """Every power an address has, in words; empty when it has none."""
        found = ["administrator"] if address in self.administrators else []
        found += [f"role {name}" for name, who in self.members.items() if address in who]
        found += [
            f"rights {c.rights} at {c.contract}"
            for c in self.controllers
            if c.controller == address
        ]
        found += ["claims of sources"] if address in self.claimants else []
        found += [
            f"office {o.powers} in scheme {o.scheme}" for o in self.offices if o.officer == address
        ]
        found += [f"registrar of {place}" for who, place in self.registrars if who == address]
        found += [f"arbiter of {place}" for who, place in self.arbiters if who == address]
        return found


def walk(chain: Chain, first_block: int = 0) -> Powers:
    """Replays every event that gives or takes a power."""
    powers = Powers()
    labels, members, functions = _manager(chain, first_block)
    for event in chain.logs(founding.MANAGER, "Founded", first=first_block):
        powers.delay, powers.daily = event["delay"], event["dailyRoles"]
    powers.waiting = founding.waiting(chain, first_block)
    powers.administrators = sorted(members.pop(ADMIN, set()))
    names = {role: labels.get(role, f"role {role}") for role in (*labels, *members)}
    powers.members = {names[role]: sorted(who) for role, who in sorted(members.items())}
    for (contract, function), role in functions.items():
        for holder in sorted(members.get(role, set())):
            name = names.get(role, f"role {role}")
            powers.roles.append(RolePower(role, name, holder, contract, function))
    powers.roles.sort()
    _controllers(chain, first_block, powers)
    _offices(chain, first_block, powers)
    return powers


def _manager(
    chain: Chain, first_block: int
) -> tuple[dict[int, str], dict[int, set[str]], dict[tuple[str, str], int]]:
    """Labels of roles, members of roles, role of each restricted function."""
    labels: dict[int, str] = {}
    members: dict[int, set[str]] = {}
    functions: dict[tuple[str, str], int] = {}
    selectors = {
        (contract.address, function.selector): (contract.name, function.name)
        for contract in chain.contracts.values()
        for function in contract.functions
    }
    for event in chain.logs("FoundedManager", first=first_block):
        if event.name == "RoleLabel":
            labels[event["roleId"]] = event["label"]
        elif event.name == "RoleGranted":
            members.setdefault(event["roleId"], set()).add(event["account"])
        elif event.name == "RoleRevoked":
            members.get(event["roleId"], set()).discard(event["account"])
        elif event.name == "TargetFunctionRoleUpdated":
            unknown = (event["target"], "0x" + event["selector"].hex())
            where = selectors.get((event["target"], event["selector"]), unknown)
            functions[where] = event["roleId"]
    return labels, members, functions


def _controllers(chain: Chain, first_block: int, powers: Powers) -> None:
    rights: dict[tuple[str, str], int] = {}
    for name in GRANTING:
        for event in chain.logs(name, first=first_block):
            if event.name.endswith("ControllerSet"):
                rights[(name, event["controller"])] = event["rights"]
            elif event.name == "VenueSet":
                powers.venues[name] = event["venue"]
            elif event.name == "IssuersSet":
                powers.issuers[name] = (event["issuance"], event["immobilisation"])
                powers.desks[name] = event["desk"]
    powers.controllers = sorted(
        ControllerRight(*key, value) for key, value in rights.items() if value
    )
    claimants = {
        event["claimant"]: event["allowed"]
        for event in chain.logs("Projects", "ClaimantSet", first=first_block)
    }
    powers.claimants = sorted(who for who, allowed in claimants.items() if allowed)


def _offices(chain: Chain, first_block: int, powers: Powers) -> None:
    offices: dict[tuple[str, int, int], int] = {}
    for event in chain.logs("Schemes", "OfficeGranted", first=first_block):
        offices[(event["officer"], event["scheme"], event["jurisdiction"])] = event["powers"]
    powers.offices = sorted(Office(*key, value) for key, value in offices.items() if value)
    registrars: dict[tuple[str, int], bool] = {}
    for event in chain.logs("Participants", "RegistrarSet", first=first_block):
        registrars[(event["registrar"], event["jurisdiction"])] = event["allowed"]
    powers.registrars = sorted(key for key, allowed in registrars.items() if allowed)
    for event in chain.logs("Participants", "MirrorSet", first=first_block):
        powers.mirror = event["mirror"]
    arbiters: dict[tuple[str, int], bool] = {}
    for event in chain.logs("Participants", "ArbiterSet", first=first_block):
        arbiters[(event["arbiter"], event["jurisdiction"])] = event["allowed"]
    powers.arbiters = sorted(key for key, allowed in arbiters.items() if allowed)
