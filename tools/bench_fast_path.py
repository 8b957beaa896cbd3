"""What the project's own signing, coding and posting save against eth-account and web3.py.

`python -m tools.bench_fast_path [TIMES]` starts an Anvil and prints microseconds for one of each: of this
process's work, or by the clock where the node's answer is waited for. Compare the ratios: the times are
those of one machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode, encode
from web3 import Web3

from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.chain.sender import Pending
from tonne.crypto.accounts import Account, Fees
from tonne.crypto.personal_account import PersonalAccount
from tonne.market.permits import Permit, PermitDomain
from tonne.sandbox import node

ABI: Final = Path(__file__).parents[1] / "abi"
ADDRESS: Final = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
WORD: Final = (1).to_bytes(32, "big")
GAS: Final = 21_000
FEES: Final = Fees(3_000_000_000, 1_000_000_000)

#: The best of so many runs counts.
RUNS: Final = 3
#: Repetitions of each operation in a run.
TIMES: Final = 400


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operation, done by both."""

    what: str
    ours: float  # [s] for one
    library: float  # [s] for one

    @property
    def ratio(self) -> float:
        return self.library / self.ours

    def __str__(self) -> str:
        figures = f"{self.ours * 1e6:10.1f} {self.library * 1e6:12.1f} {self.ratio:8.1f}"
        return f"{self.what:52}{figures}"


def without_node(times: int) -> Iterator[Comparison]:
    """Signing and coding."""
    ours, person = Account.from_seed("bench"), PersonalAccount(Account.from_seed("bench").key)
    to, data = bytes.fromhex(ADDRESS[2:]), WORD * 4
    domain = PermitDomain.of("Currency", 31337, ADDRESS, ADDRESS).domain
    permit = Permit(ours.address, ADDRESS, 12_345, 3, 1_700_000_000)
    yield _compare(
        "crypto/accounts: sign a transaction",
        lambda: ours.sign_transaction(31337, 5, to, data, GAS, FEES),
        lambda: person.sign_transaction(31337, 5, to, data, GAS, FEES),
        times,
    )
    yield _compare(
        "crypto/accounts: sign typed data",
        lambda: ours.sign_typed(permit, domain),
        lambda: person.sign_typed(permit, domain),
        times,
    )
    yield _encoding(times)
    yield _decoding(times)
    yield _events(times)


def on_node(url: str, times: int) -> Iterator[Comparison]:
    """Requests and transactions, at a test chain."""
    chain = Chain(url)
    number = chain.block_number()
    get_block = chain.w3.eth.get_block
    asked = [("eth_getBlockByNumber", [hex(number), False])] * times
    yield Comparison(
        "chain/rpc: a request of a batch, by the clock",
        _clock(lambda: chain.rpc.batch_or_raise(asked)) / times,
        _clock(lambda: [get_block(number) for _ in range(times)]) / times,
    )

    who = Account.from_seed("bench")
    person, to = PersonalAccount(who.key), bytes.fromhex(ADDRESS[2:])
    singly = _clock(lambda: _post_singly(chain, person, to, times))
    listed = [Pending("transfer", who, to, b"", GAS) for _ in range(times)]
    together = _clock(lambda: chain.sender.settle(listed, True))
    yield Comparison(
        "chain/sender: a transaction of a list, by the clock", together / times, singly / times
    )


def _post_singly(chain: Chain, person: PersonalAccount, to: bytes, times: int) -> None:
    """As with web3.py: sign and send each, then wait for each receipt."""
    w3, fees = chain.w3, chain.sender.fees()
    nonce = w3.eth.get_transaction_count(person.address)
    sent = [
        w3.eth.send_raw_transaction(
            person.sign_transaction(chain.chain_id, nonce + number, to, b"", GAS, fees).raw
        )
        for number in range(times)
    ]
    for tx_hash in sent:
        w3.eth.wait_for_transaction_receipt(tx_hash)


def _encoding(times: int) -> Comparison:
    ours, _ = _both("Exchange")
    orders = list(range(2**200, 2**200 + 20))
    return _compare(
        "chain/fast_abi: write a call of 20 orders",
        lambda: ours.encode("batch", orders, []),
        lambda: encode(["uint256[]", "uint256[]"], [orders, []]),
        times,
    )


def _decoding(times: int) -> Comparison:
    ours, _ = _both("ExchangeLens")
    function = ours.function("decode")
    (output,) = next(e for e in ours.abi if e.get("name") == "decode")["outputs"]
    types = [f"({','.join(c['type'] for c in output['components'])})"]
    answer = WORD * len(output["components"])
    return _compare(
        "chain/fast_abi: read an order",
        lambda: function.decode(answer),
        lambda: decode(types, answer),
        times,
    )


def _events(times: int) -> Comparison:
    ours, theirs = _both("Exchange")
    log: dict[str, Any] = {
        "address": ADDRESS,
        "topics": [ours.topic("UnitsDeposited")],
        "blockNumber": "0x1",
        "blockHash": "0x" + WORD.hex(),
        "transactionHash": "0x" + WORD.hex(),
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "data": "0x",
    }
    entry = next(e for e in ours.abi if e.get("name") == "UnitsDeposited")
    for field in entry["inputs"]:
        if field["indexed"]:
            log["topics"].append("0x" + WORD.hex())
        else:
            log["data"] += WORD.hex()
    event = theirs.events.UnitsDeposited()
    return _compare(
        "chain/contract: read an event",
        lambda: ours.decode_log(log),
        lambda: event.process_log(log),
        times,
    )


@cache
def _both(name: str) -> tuple[Contract, Any]:
    """A contract of the published ABIs, ours and web3.py's."""
    abi = json.loads((ABI / f"{name}.json").read_text())
    return Contract(name, ADDRESS, abi), Web3().eth.contract(
        address=Web3.to_checksum_address(ADDRESS), abi=abi
    )


def _compare(
    what: str, ours: Callable[[], Any], library: Callable[[], Any], times: int
) -> Comparison:
    """By this process's work, which other processes do not change."""
    return Comparison(what, _work(ours, times), _work(library, times))


def _work(act: Callable[[], Any], times: int) -> float:
    """[s] One act, in the best of several runs; the first act, which fills caches, does not count."""
    act()
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        for _ in range(times):
            act()
        found.append((time.process_time() - started) / times)
    return min(found)


def _clock(act: Callable[[], Any]) -> float:
    """[s] One act; it is not repeated, since it changes the chain or takes long."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main(times: int = TIMES) -> None:
    print(f"{'[us]':52}{'ours':>10} {'library':>12} {'ratio':>8}")
    for comparison in without_node(times):
        print(comparison)
    with node.start() as anvil:
        for comparison in on_node(anvil.url, times):
            print(comparison)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tools.bench_fast_path", description="Times fast paths.")
    parser.add_argument("times", nargs="?", type=int, default=TIMES, help="repetitions")
    main(parser.parse_args().times)
