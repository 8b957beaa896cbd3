"""The founding of a market: from then on acts of its roles wait, and a guardian can cancel them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Contract, Function
from tonne.constants import DAY_S
from tonne.crypto.accounts import Account
from tonne.deployment import roles
from tonne.deployment.plan import source_of
from tonne.errors import TonneError, refused

MANAGER: Final = "FoundedManager"

#: Default and bounds of the delay [s], as the contract has them.
DELAY_S: Final = 2 * DAY_S
MOST_DELAY_S: Final = 30 * DAY_S
#: A waiting act lapses so long after its moment [s].
EXPIRATION_S: Final = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """A scheduled act that was neither made nor cancelled and has not lapsed."""

    operation: str
    ready: int  # [s]
    lapses: int  # [s]
    caller: str
    target: str  # address
    data: bytes
    contract: str  # name of the target, or its address
    function: str  # name of the function, or its selector
    args: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.contract}.{self.function}({', '.join(map(_shown, self.args))})"


def found(chain: Chain, administrator: Account, guardian: str, delay: int = DELAY_S) -> None:
    """Founds a market that was deployed unfounded; does nothing where it is founded already."""
    if not delay_of(chain):
        chain.send(administrator, MANAGER, "found", *arguments(guardian, delay))


def arguments(guardian: str, delay: int) -> tuple[int, str, list[int]]:
    """Arguments of `found`."""
    return delay, guardian, list(roles.DAILY)


def delay_of(chain: Chain) -> int:
    """Delay of acts that wait [s]; 0 before the founding."""
    found: int = chain.call(MANAGER, "delay")
    return found


def check_delay(delay: int) -> None:
    """Raises where no market can be founded with a delay [s]."""
    if not DELAY_S <= delay <= MOST_DELAY_S:
        raise refused("DEPLOY_BAD_DELAY", delay=delay)


def wait_of(chain: Chain, sender: str, contract: Contract, data: bytes) -> int:
    """How long an act of `sender` has to wait [s]; 0 if it need not, or may not be made at all."""
    manager = chain[MANAGER]
    if contract.address == manager.address:
        member, delay = chain.call(manager, "hasRole", roles.ADMIN, sender)
        return delay if member and not _own_acts(manager, data) else 0
    if not _is_restricted(contract, data):
        return 0  # the manager would take it for the administrator's
    immediate, delay = chain.call(manager, "canCall", sender, contract, data[:4])
    return 0 if immediate else delay


def _is_restricted(contract: Contract, data: bytes) -> bool:
    """Whether a role guards the function of a call."""
    names = {f.name for f in contract.functions if f.selector == data[:4]}
    source = source_of(contract.name)
    return any(row.contract == source and row.function in names for row in roles.FULL)


def _own_acts(manager: Contract, data: bytes) -> bool:
    """Whether a call of the manager needs no role: it schedules, makes or cancels an act, or renounces."""
    names = ("schedule", "execute", "cancel", "renounceRole", "multicall")
    return data[:4] in {f.selector for name in names for f in manager.overloads(name)}


def operation_of(chain: Chain, sender: str, contract: Contract, data: bytes) -> tuple[bytes, int]:
    """Id of an act, and the moment it is scheduled for [s]; 0 if it is not."""
    operation = chain.call(MANAGER, "hashOperation", sender, contract, data)
    return operation, chain.call(MANAGER, "getSchedule", operation)


def waiting(chain: Chain, first_block: int = 0) -> list[WaitingAct]:
    """Acts that wait, the next one first, from the manager's events."""
    scheduled: dict[bytes, Any] = {}
    for event in chain.logs(MANAGER, first=first_block):
        if event.name == "OperationScheduled":
            scheduled[event["operationId"]] = event
        elif event.name in ("OperationExecuted", "OperationCanceled"):
            scheduled.pop(event["operationId"], None)
    now = chain.now()
    acts = (_act(chain.contracts.values(), event) for event in scheduled.values())
    return sorted((act for act in acts if now < act.lapses), key=lambda act: act.ready)


def _act(contracts: Iterable[Contract], event: Any) -> WaitingAct:
    data: bytes = event["data"]
    name, function, args = event["target"], "0x" + data[:4].hex(), ()
    for contract in contracts:
        if contract.address == event["target"]:
            name = contract.name
            called = [f for f in contract.functions if f.selector == data[:4]]
            if called:
                function, args = called[0].name, _arguments(called[0], data)
    ready = event["schedule"]
    return WaitingAct(
        "0x" + event["operationId"].hex(),
        ready,
        ready + EXPIRATION_S,
        event["caller"],
        event["target"],
        data,
        name,
        function,
        args,
    )


def _arguments(function: Function, data: bytes) -> tuple[Any, ...]:
    """Decoded arguments; the bytes themselves where they do not fit, for any may be scheduled."""
    try:
        return function.inputs.decode(data[4:])
    except Exception:
        return (data[4:],)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def one(acts: Sequence[WaitingAct], operation: str) -> WaitingAct:
    """The waiting act whose id begins so; raises where none or several do."""
    named = [act for act in acts if act.operation.startswith(operation.lower())]
    if len(named) != 1:
        raise TonneError(
            "WAITING_UNKNOWN",
            "No act that waits has this id." if not named else "Several acts have ids like this.",
            field="operation",
            value=operation,
            remedy="`tonne guardian status` lists the acts that wait, with their ids.",
        )
    return named[0]
