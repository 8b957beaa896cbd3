"""Customers ask the oracle for their own leaves: sealed to them alone."""

from __future__ import annotations

from tonne.crypto.accounts import Account
from tonne.crypto.sealing import OneTimeKey
from tonne.meters import asking
from tonne.simulation.energy_day.model.plan import SETTLEMENT_OPERATOR
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.steps.daemon import MeterDaemon

#: Customers that ask, and readers of one call.
ASKING, BATCH = 3, 100


def name(state: DayState) -> None:
    """The metering office names each customer's wallet as reader of its meter, and who operates each node."""
    readers = [(c.meter, _wallet(state, c.meter).address) for c in state.customers]
    operator = state.number_of(SETTLEMENT_OPERATOR)
    calls = [
        state.driver.call(
            state.bureau,
            "MeterOracle",
            "setReaders",
            *map(list, zip(*readers[first : first + BATCH], strict=True)),
        )
        for first in range(0, len(readers), BATCH)
    ]
    calls += [
        state.driver.call(state.bureau, "MeterOracle", "setOperator", area, operator)
        for area in state.areas
    ]
    state.driver.send_all(calls)


def ask(state: DayState, daemon: MeterDaemon) -> None:
    """Some customers have their last interval shown, and accept what opens to what they know."""
    index = state.line.count - 1
    oracle = state.chain["MeterOracle"]
    fee = state.chain.call(oracle, "FEE")
    for customer in state.customers[-ASKING:]:
        wallet, key = _wallet(state, customer.meter), OneTimeKey.make()
        state.chain.fund([wallet])
        state.driver.send(state.bureau, "SettlementCurrency", "mint", wallet, fee)
        state.driver.send(wallet, "SettlementCurrency", "approve", oracle, fee)
        area = state.areas[customer.node]
        root = asking.posted(state.chain, area, state.line.at(index))
        args = asking.arguments(root, customer.meter, False, key)
        receipt = state.driver.send(wallet, "MeterOracle", "challenge", *args)
        event = next(e for e in state.chain.events(receipt) if e.name == "LeafChallenged")
        daemon.answered(event["id"])
        answer = asking.answer_of(state.chain, event["id"], key)
        assert answer is not None and answer.is_good and answer.leaf is not None
        told = answer.leaf.told
        flowed = state.flows[index].of(customer.meter)
        assert (told["importWh"], told["exportWh"]) == flowed
        state.driver.send(wallet, "MeterOracle", "close", event["id"])


def _wallet(state: DayState, meter: int) -> Account:
    return state.keys.account("reader", meter)
