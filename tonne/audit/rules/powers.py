"""Search for powers granted without an event: each role, office and registry of each acting address.

A power granted without an event is in no event's list. Therefore every address that any event of any
contract names as acting is asked about everywhere, and its powers must be those of the events.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tonne.audit.parties.participants import EVERYWHERE, ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.rules.access_manager import AccessManagerReplay
from tonne.audit.rules.schemes import SchemesReplay

#: Arguments of events that name the address that acted by a power.
ACTORS: Final = ("officer", "registrar", "by")
#: Arguments of events that name the address that got or lost one.
HOLDERS: Final = ("account",)


class PowersReplay(ContractReplay):
    """Roles, offices and registries of every address that acts."""

    contract = "FoundedManager"

    def __init__(
        self, manager: AccessManagerReplay, schemes: SchemesReplay, parties: ParticipantsReplay
    ) -> None:
        super().__init__()
        self.manager, self.schemes, self.parties = manager, schemes, parties
        self.jurisdictions: set[int] = {EVERYWHERE}
        self.seen: set[str] = set()

    def watch(self, at: Dated) -> None:
        args = at.event.args
        # In some events a participant's number has such a name.
        self.seen.update(who for name in ACTORS if isinstance(who := args.get(name), str))
        if at.event.contract == self.manager.contract:
            self.seen.update(args[name] for name in HOLDERS if name in args)
        if "jurisdiction" in args:
            self.jurisdictions.add(args["jurisdiction"])

    def checks(self, now: int) -> Iterator[Check]:
        roles = sorted({role for role, _ in self.manager.members})
        for who in sorted(self.seen):
            for place in sorted(self.jurisdictions):
                yield from self._local(who, place)
            for role in roles:
                expected = self.manager.has_role(role, who, now)
                yield Check(
                    "FoundedManager", "hasRole", (role, who), expected, f"role {role} of {who}"
                )

    def _local(self, who: str, place: int) -> Iterator[Check]:
        for scheme in sorted(self.schemes.schemes):
            powers = self.schemes.offices.get((who, scheme, place), 0)
            about = f"office of {who} in {place}"
            yield Check("Schemes", "officeOf", (who, scheme, place), powers, about)
        allowed = self.parties.is_registrar(who, place)
        yield Check("Participants", "isRegistrar", (who, place), allowed, f"registrar {who}")
