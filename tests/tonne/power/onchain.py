"""The market's own bytecode, asked about a round that was not placed: storage is said to have it.

Slots are the compiler's, so that a change of the layout is followed. Many proposals go into one request,
none of which changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.tonne.storage import slots
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.deployment import compiler
from tonne.power.clearing_check import ClearingOutcome
from tonne.power.encoding import Clearing, Round
from tonne.power.rounds import running

INTERVAL = 2_000_000
INTERVAL_S, GATE_LEAD_S = 900, 600
TERMS = (INTERVAL_S, GATE_LEAD_S, 30, 300, 0, 10_000_000, 50_000, 0)
NOTICE = 3_600
SINCE_BITS = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """What the market says of a proposal: an outcome, or the name of the error."""

    outcome: ClearingOutcome | None
    refusal: str | None
    gas: int


class Market:
    """A PowerMarket and its PowerGrid on a test chain, with nothing in them."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        deployer = Account.from_seed("deployer")
        chain.fund([deployer])
        artifacts = compiler.contracts(["PowerGrid", "BidLimits", "PowerMarket"])

        def deploy(name: str, *args: Any) -> None:
            chain.deploy(deployer, name, artifacts[name].abi, artifacts[name].bytecode, args)

        deploy("PowerGrid", deployer.address, NOTICE, 64)
        grid, nobody = chain["PowerGrid"].address, deployer.address
        deploy("BidLimits", grid, nobody, nobody)
        deploy("PowerMarket", nobody, nobody, chain["BidLimits"].address, nobody, TERMS)
        self.seed = chain.call("PowerMarket", "seedOf", INTERVAL)
        self.slots = {name: slots(name) for name in ("PowerGrid", "PowerMarket")}

    def ask(
        self, round_: Round, clearings: Sequence[tuple[Clearing, Sequence[int]]]
    ) -> list[Answer]:
        """What is said of each clearing, each with the numbers of the bidders it is shown with."""
        market = self.chain["PowerMarket"]
        curves = round_.curves()
        arcs = [arc.word() for arc in round_.arcs]
        calls = []
        for clearing, shown in clearings:
            margins, prices, flows = clearing.packed()
            proposal = ([curves[i] for i in shown], margins, prices, flows, arcs)
            data = "0x" + market.encode("clear", INTERVAL, proposal).hex()
            calls.append({"to": market.address, "data": data, "gas": hex(16_700_000)})
        state = {
            "blockOverrides": {"time": hex(INTERVAL * INTERVAL_S - GATE_LEAD_S)},
            "stateOverrides": self._state(round_, curves, arcs),
            "calls": calls,
        }
        request = {"blockStateCalls": [state], "validation": False}
        (block,) = self.chain.rpc.call("eth_simulateV1", request, "latest")
        return [self._answer(call) for call in block["calls"]]

    def _state(
        self, round_: Round, curves: Sequence[Sequence[int]], arcs: Sequence[int]
    ) -> dict[str, Any]:
        opened = running(self.seed, curves)
        both = len(curves) | len(curves) << 32  # committed and opened
        market, grid = self.slots["PowerMarket"], self.slots["PowerGrid"]
        at = int.from_bytes(keccak(_bytes(INTERVAL) + _bytes(market["_rounds"])), "big")
        of_arcs = int.from_bytes(keccak(b"".join(map(_bytes, arcs))), "big")
        state = 1 | of_arcs >> SINCE_BITS << SINCE_BITS  # since the second 1
        states = grid["_states"]
        written = {
            "PowerMarket": {at: int.from_bytes(opened, "big"), at + 1: both},
            "PowerGrid": {
                grid["_nodeCount"]: round_.nodes,
                states: 1,
                int.from_bytes(keccak(_bytes(states)), "big"): state,
            },
        }
        return {
            self.chain[name].address: {
                "stateDiff": {_hex(slot): _hex(value) for slot, value in values.items()}
            }
            for name, values in written.items()
        }

    def _answer(self, call: dict[str, Any]) -> Answer:
        gas = int(call["gasUsed"], 16)
        if call["status"] == "0x1":
            (log,) = call["logs"]
            event = self.chain.event(log)
            assert event is not None and event.name == "IntervalCleared"
            a = event.args
            return Answer(
                ClearingOutcome(a["welfare"], a["energyWh"], a["lossWh"], a["rent"]), None, gas
            )
        data = call["error"].get("data") or call["returnData"]
        return Answer(None, self.chain.errors.read(data).name, gas)


def _bytes(word: int) -> bytes:
    return word.to_bytes(32, "big")


def _hex(word: int) -> str:
    return f"0x{word:064x}"
