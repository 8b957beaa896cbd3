"""Where the gas of a transaction goes, opcode by opcode.

A node with `debug_traceTransaction` says what each step cost. What the chain's rules fix, the transaction and
its data, slots, contracts and events, is a floor for what the call does; what remains is computing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.gas import bench, first_use, forge_steps, operations
from tests.gas.bench import Bench
from tonne.chain.client import Chain

#: Parts in the order in which a table has them; those of storage and accounts with how often.
TRANSACTION: Final = "transaction and its data"
REFUND: Final = "given back for emptied slots"
NEW: Final = "slots written that had 0"
CHANGED: Final = "slots changed"
READ: Final = "slots read first"
AGAIN: Final = "slots read or written again"
CONTRACT: Final = "contracts met first"
EVENT: Final = "events"
PRECOMPILED: Final = "signatures and hashes by precompiled contracts"
COMPUTING: Final = "computing"
PARTS: Final = (
    TRANSACTION,
    NEW,
    CHANGED,
    READ,
    AGAIN,
    CONTRACT,
    PRECOMPILED,
    EVENT,
    COMPUTING,
    REFUND,
)

#: [gas] EIP-2929 and EIP-3529: by what a step on a slot costs, which part it is.
_SLOTS: Final[Mapping[int, str]] = {
    22_100: NEW, 20_000: NEW, 5_000: CHANGED, 2_900: CHANGED,
    2_200: READ, 2_100: READ, 100: AGAIN,
}  # fmt: skip
_COLD_SLOT: Final = 2_100
_COLD_ACCOUNT: Final = 2_600
_WARM: Final = 100
_CALLS: Final = frozenset({"CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"})
_CREATES: Final = frozenset({"CREATE", "CREATE2"})
_ACCOUNTS: Final = frozenset({"EXTCODESIZE", "EXTCODEHASH", "EXTCODECOPY", "BALANCE"})
#: Addresses from 1 to here are contracts that the chain has built in.
_LAST_PRECOMPILED: Final = 0x11
_BASE: Final = 21_000
_ZERO_BYTE, _OTHER_BYTE = 4, 16
#: [gas] A byte of data where little else is done, EIP-7623: of 0, other.
_FLOOR_ZERO, _FLOOR_OTHER = 10, 40

#: For `debug_traceTransaction`: steps on slots, accounts, calls and events as (operation, gas before it and
#: before the next step, depth of both, address of the account), and the gas left at the last step.
_TRACER: Final = """{
    steps: [], left: 0, open: null,
    kinds: {
        SLOAD: 1, SSTORE: 1, LOG0: 1, LOG1: 1, LOG2: 1, LOG3: 1, LOG4: 1,
        CALL: 2, STATICCALL: 2, DELEGATECALL: 2, CALLCODE: 2,
        BALANCE: 3, EXTCODESIZE: 3, EXTCODEHASH: 3, EXTCODECOPY: 3, CREATE: 4, CREATE2: 4
    },
    step: function(log) {
        this.left = log.getGas();
        if (this.open !== null) {
            this.open[2] = this.left;
            this.open[4] = log.getDepth();
            this.steps.push(this.open);
            this.open = null;
        }
        var operation = log.op.toString(), kind = this.kinds[operation];
        if (kind === 4) throw "contracts are created";
        if (kind) {
            var target = kind === 1 ? "0" : log.stack.peek(kind === 2 ? 1 : 0).toString(16);
            this.open = [operation, this.left, 0, log.getDepth(), 0, target];
        }
    },
    fault: function() {},
    result: function() { return {steps: this.steps, left: this.left}; }
}"""

Parts = tuple[Counter[str], Counter[str]]


def of_transaction(chain: Chain, transaction: str) -> Parts:
    """Gas and number of steps by part; the gas is what the receipt says, to the unit.

    Raises ValueError where it is not: the chain has prices that are not known here.
    """
    trace = chain.rpc.call(
        "debug_traceTransaction",
        transaction,
        {"disableMemory": True, "disableStorage": True},
    )
    sent = chain.rpc.call("eth_getTransactionByHash", transaction)
    receipt = chain.rpc.call("eth_getTransactionReceipt", transaction)
    return divided(
        trace["structLogs"], bytes.fromhex(sent["input"][2:]), int(receipt["gasUsed"], 16)
    )


def of_forge(dump: Path, selector: str, used: int, number: int = -1) -> Parts:
    """The same of a call that Forge measured, by its steps; `number` of those with this selector."""
    return divided(*forge_steps.calls(dump, selector)[number], used)


def of_replay(chain: Chain, transaction: str) -> Parts:
    """The same of a node that kept no steps: it replays the block and hands over the steps that have a price.

    The state before the block must still be known. All else that was spent is computing.
    """
    answer = chain.rpc.call("debug_traceTransaction", transaction, {"tracer": _TRACER})
    sent = chain.rpc.call("eth_getTransactionByHash", transaction)
    receipt = chain.rpc.call("eth_getTransactionReceipt", transaction)
    data = bytes.fromhex(sent["input"][2:])
    costs = list(_priced(answer["steps"], {int(sent["from"], 16), int(sent["to"], 16)}))
    spent = int(sent["gas"], 16) - int(answer["left"])
    fixed = _BASE + _data_gas(data, _ZERO_BYTE, _OTHER_BYTE) + sum(cost for _, cost in costs)
    costs.append(({"op": "ADD"}, spent - fixed))
    return _divided(costs, data, int(receipt["gasUsed"], 16))


def divided(steps: Sequence[Mapping[str, Any]], data: bytes, used: int) -> Parts:
    """The same of a trace, the data and the gas used of one transaction."""
    return _divided(_costs(steps), data, used)


def _divided(costs: Iterable[tuple[Mapping[str, Any], int]], data: bytes, used: int) -> Parts:
    gas: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for step, cost in costs:
        for part, amount in _parts(step, cost):
            gas[part] += amount
            count[part] += 1
    gas[TRANSACTION] = _BASE + _data_gas(data, _ZERO_BYTE, _OTHER_BYTE)
    spent = gas.total()
    if spent < used:  # the price of the data alone
        gas[TRANSACTION] += used - spent
        least = _BASE + _data_gas(data, _FLOOR_ZERO, _FLOOR_OTHER)
        if used != least:
            raise ValueError(
                f"The steps come to {spent:,}, the data to {least:,}, the receipt says {used:,}."
            )
    elif 5 * (spent - used) > spent:
        raise ValueError(f"{spent - used:,} of {spent:,} would be given back: more than a fifth.")
    else:
        gas[REFUND] = used - spent
    return gas, count


def _data_gas(data: bytes, zero: int, other: int) -> int:
    empty = data.count(0)
    return empty * zero + (len(data) - empty) * other


def _costs(steps: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Each step with its own cost: of a call without what was handed to the callee."""
    for number, step in enumerate(steps):
        cost = int(step["gasCost"])
        if step["op"] in _CALLS | _CREATES:
            after = steps[number + 1]
            handed = after["depth"] > step["depth"]
            cost = cost - int(after["gas"]) if handed else int(step["gas"]) - int(after["gas"])
        yield step, cost


def _priced(
    steps: Sequence[Sequence[Any]], met: set[int]
) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Steps of `_TRACER` as those of a trace, with their costs; `met`: addresses that are warm at the start.

    A call that enters a contract costs what EIP-2929 says, whatever the callee spends.
    """
    for operation, gas, after, depth, next_depth, target in steps:
        step = {"op": operation, "stack": [target, "0x0"]}
        cost = gas - after
        if operation in _CALLS | _ACCOUNTS:
            address = int(target, 16)
            if operation in _CALLS and address > _LAST_PRECOMPILED:
                cost = _WARM if address in met else _COLD_ACCOUNT
            met.add(address)
        elif next_depth != depth:
            raise ValueError(f"{operation} ends a call.")
        yield step, cost


def _parts(step: Mapping[str, Any], cost: int) -> Iterator[tuple[str, int]]:
    operation = step["op"]
    if operation in ("SLOAD", "SSTORE"):
        part = _SLOTS.get(cost)
        if part is None:
            raise ValueError(f"{operation} for {cost:,} gas is not known.")
        if part in (NEW, CHANGED) and cost in (22_100, 5_000):
            # The first look at a slot is a read, whatever follows.
            yield READ, _COLD_SLOT
            cost -= _COLD_SLOT
        yield part, cost
    elif operation.startswith("LOG"):
        yield EVENT, cost
    elif operation in _CALLS and int(step["stack"][-2], 16) <= _LAST_PRECOMPILED:
        yield PRECOMPILED, cost
    elif operation in _CALLS | _CREATES | _ACCOUNTS:
        if cost >= _COLD_ACCOUNT:
            yield CONTRACT, _COLD_ACCOUNT
            cost -= _COLD_ACCOUNT
        elif cost >= _WARM:
            yield AGAIN, _WARM
            cost -= _WARM
        if cost:
            yield COMPUTING, cost
    else:
        yield COMPUTING, cost


# ---------------------------------------------------------------------- the table

#: What DESIGN has a goal for, by key of `operations.OPERATIONS`.
SHOWN: Final = (
    "place_live_level",
    "place_used_level",
    "place_new_level",
    "cancel_in_queue",
    "take_1_maker",
    "take_10_makers",
    "take_100_makers",
    "batch_10_live",
)


#: Of `first_use`.
BUYS: Final = ("first_buy", "second_buy", "first_sell", "second_sell")
SURRENDERS: Final = ("first_surrender_from_ledger", "second_surrender_from_ledger")


def measure(b: Bench, keys: Sequence[str] = SHOWN) -> dict[str, Parts]:
    """The last transaction of each operation, divided."""
    found = {}
    for key in keys:
        with b.as_it_was():
            operations.OPERATIONS[key](b)
            found[key] = of_transaction(b.stage.chain, _last(b.stage.chain))
    return found


def measure_first_use() -> dict[str, Parts]:
    """The transactions of `first_use`, divided."""
    found: dict[str, Parts] = {}

    def look(key: str, chain: Chain) -> None:
        found[key] = of_transaction(chain, _last(chain))

    first_use.measure(look)
    return found


def _last(chain: Chain) -> str:
    block = chain.rpc.call("eth_getBlockByNumber", "latest", False)
    last: str = block["transactions"][-1]
    return last


def table(found: Mapping[str, Parts]) -> str:
    """Lines of Markdown."""
    lines = ["| | " + " | ".join(f"`{key}`" for key in found) + " |"]
    lines.append("|---|" + "---:|" * len(found))
    for part in PARTS:
        cells = [_cell(gas[part], count[part], part) for gas, count in found.values()]
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    totals = [f"{gas.total() / 1000:.1f}k" for gas, _ in found.values()]
    return "\n".join([*lines, "| **in all** | " + " | ".join(totals) + " |"]) + "\n"


def _cell(gas: int, count: int, part: str) -> str:
    if not gas:
        return "–"
    told = f"{gas / 1000:.1f}k"
    return told if part in (TRANSACTION, REFUND, COMPUTING) else f"{told} ({count})"


def main(tell: Callable[[str], object] = sys.stdout.write) -> None:
    with bench.standing(traced=True) as standing:
        tell(table(measure(standing)))
    found = measure_first_use()
    for keys in (BUYS, SURRENDERS):
        tell("\n" + table({key: found[key] for key in keys}))


if __name__ == "__main__":
    main()
