"""Replay of the FoundedManager: roles, guarded functions, delays, the founding and waiting acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.chain.contract import Contract
from tonne.constants import DAY_S
from tonne.types.packing import has_bit

#: Roles of the FoundedManager.
ADMINISTRATOR: Final = 0
GUARDIAN: Final = 5
#: A scheduled operation can be executed within this time [s].
EXPIRATION_S: Final = 7 * DAY_S


@dataclass(slots=True)
class PendingDelay:
    """A delay and the change scheduled for it [s]: `Time.Delay` of OpenZeppelin."""

    value: int = 0
    next: int = 0
    effect: int = 0  # [s] when the change holds

    def at(self, now: int) -> int:
        return self.next if self.effect <= now else self.value

    def update(self, delay: int, effect: int, now: int) -> None:
        self.value = self.at(now)
        self.next, self.effect = delay, effect


@dataclass(slots=True)
class RoleMembership:
    """A role held since a moment [s], and the delay of its holder's calls [s]."""

    since: int
    delay: PendingDelay

    def at(self, now: int) -> tuple[bool, int]:
        """`hasRole`."""
        return self.since <= now, self.delay.at(now)


@dataclass(slots=True)
class Role:
    """Administrator of a role, and the delay of its grants [s]."""

    administrator: int = ADMINISTRATOR
    grant_delay: PendingDelay = field(default_factory=PendingDelay)


class AccessManagerReplay(ContractReplay):
    """Roles and the functions that they open."""

    contract = "FoundedManager"

    def __init__(self, contracts: Iterable[Contract] = ()) -> None:
        super().__init__()
        contracts = list(contracts)
        self.members: dict[tuple[int, str], RoleMembership] = {}
        self.roles: dict[int, Role] = defaultdict(Role)
        self.closed: dict[str, bool] = dict.fromkeys((c.address for c in contracts), False)
        self.target_delays: dict[str, PendingDelay] = {c.address: PendingDelay() for c in contracts}
        #: Role by target and selector; the administrator's until an event changes it.
        self.functions: dict[tuple[str, bytes], int] = {
            (contract.address, function.selector): ADMINISTRATOR
            for contract in contracts
            for function in contract.functions
            if not function.view
        }
        self.operations: dict[bytes, tuple[int, int]] = {}  # scheduled for [s], nonce
        self.delay = 0  # [s] of acts that wait; 0 before the founding
        self.daily = 0  # bit by role whose acts do not wait

    # Founding

    def _on_Founded(self, a: Args, _: Dated) -> None:
        self._require(self.delay == 0, "founded twice")
        self.delay, self.daily = a["delay"], a["dailyRoles"]

    def is_daily(self, role: int) -> bool:
        return role < 64 and has_bit(self.daily, role)

    def has_role(self, role: int, who: str, now: int) -> tuple[bool, int]:
        """`hasRole`: whether `who` holds the role, and the delay of its acts [s]."""
        member = self.members.get((role, who))
        held, delay = member.at(now) if member else (False, 0)
        return held, delay if self.is_daily(role) else max(delay, self.delay)

    # Roles

    def _on_RoleGranted(self, a: Args, at: Dated) -> None:
        key = (a["roleId"], a["account"])
        known = self.members.get(key)
        if known is None:
            self.members[key] = RoleMembership(a["since"], PendingDelay(next=a["delay"]))
        else:
            known.delay.update(a["delay"], a["since"], at.time)
        self._require(a["newMember"] == (known is None), f"grant of role {key[0]} to {key[1]}")
        self.roles.setdefault(a["roleId"], Role())

    def _on_RoleRevoked(self, a: Args, _: Dated) -> None:
        known = self.members.pop((a["roleId"], a["account"]), None)
        self._require(
            known is not None, f"{a['account']} lost role {a['roleId']} without having it"
        )

    def _on_RoleAdminChanged(self, a: Args, _: Dated) -> None:
        self.roles[a["roleId"]].administrator = a["admin"]

    def _on_RoleGrantDelayChanged(self, a: Args, at: Dated) -> None:
        self.roles[a["roleId"]].grant_delay.update(a["delay"], a["since"], at.time)

    # Targets

    def _on_TargetFunctionRoleUpdated(self, a: Args, _: Dated) -> None:
        self.functions[a["target"], a["selector"]] = a["roleId"]

    def _on_TargetClosed(self, a: Args, _: Dated) -> None:
        self.closed[a["target"]] = a["closed"]

    def _on_TargetAdminDelayUpdated(self, a: Args, at: Dated) -> None:
        delay = self.target_delays.setdefault(a["target"], PendingDelay())
        delay.update(a["delay"], a["since"], at.time)

    # Operations

    def _on_OperationScheduled(self, a: Args, _: Dated) -> None:
        self._require(self.delay != 0, "an act was scheduled before the founding")
        last = self.operations.get(a["operationId"], (0, 0))[1]
        self._require(a["nonce"] == last + 1, f"operation {a['operationId'].hex()} scheduled")
        self.operations[a["operationId"]] = (a["schedule"], a["nonce"])

    def _on_OperationExecuted(self, a: Args, at: Dated) -> None:
        self._end(a, at, executed=True)

    def _on_OperationCanceled(self, a: Args, at: Dated) -> None:
        self._end(a, at, executed=False)

    def _end(self, a: Args, at: Dated, executed: bool) -> None:
        when, nonce = self.operations[a["operationId"]]
        ready = not executed or when <= at.time < when + EXPIRATION_S
        right = when > 0 and nonce == a["nonce"] and ready
        self._require(right, f"operation {a['operationId'].hex()} ended")
        self.operations[a["operationId"]] = (0, nonce)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "delay", (), self.delay, "delay of acts that wait")
        for (target, selector), role in sorted(self.functions.items()):
            about = f"role of 0x{selector.hex()} at {target}"
            args = (target, selector)
            yield Check(self.contract, "getTargetFunctionRole", args, role, about)
        for number, of in sorted(self.roles.items()):
            for function, expected in (
                ("getRoleAdmin", of.administrator),
                ("getRoleGuardian", GUARDIAN),
                ("isDaily", self.is_daily(number)),
                ("getRoleGrantDelay", of.grant_delay.at(now)),
            ):
                yield Check(self.contract, function, (number,), expected, f"role {number}")
        for target, closed in sorted(self.closed.items()):
            yield Check(self.contract, "isTargetClosed", (target,), closed, f"{target} closed")
        for target, delay in sorted(self.target_delays.items()):
            about = f"delay of the administration of {target}"
            yield Check(self.contract, "getTargetAdminDelay", (target,), delay.at(now), about)
        for operation, (when, nonce) in sorted(self.operations.items()):
            about = f"operation {operation.hex()}"
            open_ = when if now < when + EXPIRATION_S else 0
            yield Check(self.contract, "getSchedule", (operation,), open_, about)
            yield Check(self.contract, "getNonce", (operation,), nonce, about)
