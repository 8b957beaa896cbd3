"""Replay of powers: roles of the AccessManager, offices of Schemes, registrars of Participants.

A power that was given without an event is in no event's list. So everybody who is seen to act as an
officer, in any event of any contract, is asked about everywhere: what he has must have been told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.chain.contract import Contract

#: Names under which events tell who acted by a power.
ACTORS: Final = ("officer", "registrar", "by")

#: Jurisdiction that stands for all of them.
ALL: Final = 0

#: Role of the AccessManager.
ADMINISTRATOR: Final = 0


@dataclass(slots=True)
class Membership:
    """Since when somebody has a role [s], and how long what he does is delayed [s]."""

    since: int
    delay: int
    next_delay: int
    next_from: int  # [s]

    def at(self, now: int) -> tuple[bool, int]:
        return self.since <= now, self.next_delay if self.next_from <= now else self.delay


class PowersReplay:
    """Who may do what."""

    contract: Final = "Schemes"

    def __init__(self, contracts: Iterable[Contract] = ()) -> None:
        self.offices: dict[tuple[str, int, int], int] = {}
        self.registrars: dict[tuple[str, int], bool] = {}
        self.members: dict[tuple[int, str], Membership] = {}
        # The administrator's, until something else is told.
        self.functions: dict[tuple[str, bytes], int] = {
            (contract.address, function.selector): ADMINISTRATOR
            for contract in contracts
            for function in contract.functions
            if not function.view
        }
        self.authorities: dict[str, str] = {}  # by contract
        self.schemes: set[int] = set()
        self.jurisdictions: set[int] = {ALL}
        self.seen: set[str] = set()
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        """Takes events of every contract: anybody may be seen in one."""
        args = dated.event.args
        # In some events a participant's number stands under such a name.
        self.seen.update(who for name in ACTORS if isinstance(who := args.get(name), str))
        if "jurisdiction" in args:
            self.jurisdictions.add(args["jurisdiction"])
        if dated.event.name == "AuthorityUpdated":
            self.authorities[dated.event.contract] = args["authority"]
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(args)

    def _on_SchemeCreated(self, a: dict) -> None:
        self.schemes.add(a["scheme"])

    def _on_OfficeGranted(self, a: dict) -> None:
        office = (a["officer"], a["scheme"], a["jurisdiction"])
        if self.offices.get(office, 0) != a["oldPowers"]:
            self.faults.append(f"office of {a['officer']} was {a['oldPowers']}")
        self.offices[office] = a["powers"]

    def _on_RegistrarSet(self, a: dict) -> None:
        self.registrars[a["registrar"], a["jurisdiction"]] = a["allowed"]

    def _on_RoleGranted(self, a: dict) -> None:
        self.seen.add(a["account"])
        known = self.members.get((a["roleId"], a["account"]))
        if a["newMember"] or known is None:
            delay, since = a["delay"], a["since"]
            self.members[a["roleId"], a["account"]] = Membership(since, delay, delay, since)
            return
        if known.next_from <= a["since"]:
            known.delay = known.next_delay
        known.next_delay, known.next_from = a["delay"], a["since"]

    def _on_RoleRevoked(self, a: dict) -> None:
        if self.members.pop((a["roleId"], a["account"]), None) is None:
            self.faults.append(f"{a['account']} lost role {a['roleId']}, which it did not have")

    def _on_TargetFunctionRoleUpdated(self, a: dict) -> None:
        self.functions[a["target"], a["selector"]] = a["roleId"]

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "powers that do not follow", [], self.faults)

    def checks(self, now: int) -> Iterator[Check]:
        for who in sorted(self.seen):
            for place in sorted(self.jurisdictions):
                yield from self._local(who, place)
            for role in sorted({role for role, _ in self.members}):
                member = self.members.get((role, who))
                expected = member.at(now) if member else (False, 0)
                about = f"role {role} of {who}"
                yield Check("AccessManager", "hasRole", (role, who), expected, about)
        for name, authority in sorted(self.authorities.items()):
            yield Check(name, "authority", (), authority, "authority")
        for (target, selector), role in sorted(self.functions.items()):
            about = f"role of 0x{selector.hex()} at {target}"
            args = (target, selector)
            yield Check("AccessManager", "getTargetFunctionRole", args, role, about)

    def _local(self, who: str, place: int) -> Iterator[Check]:
        for scheme in sorted(self.schemes):
            args = (who, scheme, place)
            powers = self.offices.get(args, 0)
            yield Check("Schemes", "officeOf", args, powers, f"office of {who} in {place}")
        allowed = self.registrars.get((who, place)) or self.registrars.get((who, ALL)) or False
        yield Check("Participants", "isRegistrar", (who, place), allowed, f"registrar {who}")
