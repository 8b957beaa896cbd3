"""The one chain client: reads, sends, and says in words why something was refused.

Single questions go through web3.py (`Chain.w3` is its client on the same connection); many at a time go in
bodies of hundreds (`tonne.chain.rpc`). The contracts' errors are said in words either way.

Transactions go out many at a time: they are encoded and signed in this thread while another posts
the last few hundred in one body and the node executes them. See `tonne.chain.sender` for the rules that
keep each from being lost or doubled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from eth_abi.exceptions import DecodingError

from tonne.chain import bundles
from tonne.chain.contract import Abi, Contract, Event, address_bytes
from tonne.chain.natspec import error_notices
from tonne.chain.reverts import ChainError, ErrorBook
from tonne.chain.rpc import Request, Rpc, RpcFailure, RpcUnreachable, StateGone, quantity
from tonne.chain.sender import LOCAL_BALANCE, READ_BATCH, SEND_BATCH, Pending, Receipt, Sender
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.accounts import Account, contract_address
from tonne.errors import TonneError, refused

#: How often a question about the latest block is put to a node that has moved on meanwhile.
READ_ATTEMPTS: Final = 8

#: [s] How long a test chain that is to be set back may take to let go of what it has mined.
POOL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction to be: who calls what with what."""

    sender: Account
    contract: Contract
    function: str
    args: Sequence[Any] = ()
    gas: int | None = None
    value: int = 0
    refusal_expected: bool = False  # a refusal is not traced: its receipt has no error

    def pending(self) -> Pending:
        return Pending(
            f"{self.contract.name}.{self.function}",
            self.sender,
            self.contract.address_bytes,
            self.contract.encode(self.function, *self.args),
            self.gas,
            self.value,
            refusal_expected=self.refusal_expected,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """The latest block."""

    number: int
    hash: str
    time: int  # [s]


class Chain:
    """A connection to one chain through one node."""

    def __init__(
        self, url: str, timeout_s: float = 120, rpc: Rpc | None = None, bundled: bool = False
    ) -> None:
        """`bundled`: many views are asked in one call, of a node that is known to do it."""
        self.url = url
        self.bundled = bundled
        self.rpc = rpc or Rpc(url, timeout_s)
        self.errors = ErrorBook()
        self.sender = Sender(self.rpc, self.errors)
        self.contracts: dict[str, Contract] = {}
        self._by_address: dict[str, Contract] = {}

    # What kind of chain this is

    @property
    def chain_id(self) -> int:
        return self.sender.chain_id

    @property
    def client(self) -> str:
        return self.sender.client

    @property
    def kind(self) -> str:
        """ "anvil" or "ganache", test chains whose time can be moved, or "other"."""
        return self.sender.kind

    @cached_property
    def w3(self) -> Any:
        """web3.py on the same connection. Like everything here, it repeats no request by itself."""
        from web3 import Web3

        return Web3(self.rpc.provider)

    # Contracts

    def add(self, contract: Contract) -> Contract:
        """Makes a contract known, so that its errors and events are understood."""
        self.contracts[contract.name] = contract
        self._by_address[contract.address.lower()] = contract
        self.errors.learn(contract.abi, error_notices)
        return contract

    def __getitem__(self, name: str) -> Contract:
        try:
            return self.contracts[name]
        except KeyError:
            raise refused("CHAIN_NOT_DEPLOYED", contract=name, chain_id=self.chain_id) from None

    # Reading

    def block_number(self) -> int:
        return quantity(self.rpc.call("eth_blockNumber"), "eth_blockNumber")

    def head(self) -> Head:
        return self.block("latest")

    def block(self, tag: str) -> Head:
        """A block by tag or number in hexadecimal; `RPC_UNREADABLE` where the node has none."""
        found = self.rpc.call("eth_getBlockByNumber", tag, False)
        block = found if isinstance(found, dict) else {}
        number, moment = block.get("number"), block.get("timestamp")
        return Head(
            quantity(number, "a block's number"),
            str(block.get("hash")),
            quantity(moment, "a block's time"),
        )

    def now(self) -> int:
        """[s] The time of the latest block: the only clock there is."""
        return self.head().time

    def balance(self, account: Any) -> int:
        answer = self.rpc.call("eth_getBalance", _hex_address(account), "latest")
        return quantity(answer, "eth_getBalance")

    def code(self, address: str) -> str:
        found: str = self.rpc.call("eth_getCode", address, "latest")
        return found

    def call(
        self,
        contract: Contract | str,
        function: str,
        *args: Any,
        sender: Any = None,
        block: int | str = "latest",
    ) -> Any:
        """A view's result: one value, a tuple of several, structs with named fields."""
        contract = self[contract] if isinstance(contract, str) else contract
        method, params = _call_request(contract, function, args, sender, block)
        try:
            answer = self.rpc.call(method, *params)
        except StateGone:
            (answer,) = self._read([(method, params)], block)
        except RpcFailure as failure:
            answer = failure
        if isinstance(answer, RpcFailure):
            raise self.errors.refused(answer, f"{contract.name}.{function}") from None
        return self._decoded(contract, function, args, answer)

    def call_many(
        self,
        calls: Iterable[tuple[Contract | str, str, Sequence[Any]]],
        block: int | str = "latest",
        check: bool = True,
        sender: Any = None,
    ) -> list[Any]:
        """Many views in few requests. Refused ones raise, or stand as errors with `check=False`.

        Raises `StateGone` either way when the node no longer keeps the state of `block`: that says
        nothing of the views.
        """
        asked = [
            (self[contract] if isinstance(contract, str) else contract, function, args)
            for contract, function, args in calls
        ]
        answers = self._read_views(
            [_call_request(c, f, a, sender, block) for c, f, a in asked], block
        )
        results: list[Any] = []
        for (contract, function, args), answer in zip(asked, answers, strict=True):
            if isinstance(answer, RpcFailure):
                error = self.errors.refused(answer, f"{contract.name}.{function}")
                if check:
                    raise error
                results.append(error)
                continue
            try:
                results.append(self._decoded(contract, function, args, answer))
            except TonneError as error:
                if check:
                    raise
                results.append(error)
        return results

    def _read_views(self, asked: Sequence[Request], block: int | str) -> list[Any]:
        """The node's answers to views: in bundles where they may be, and one by one what these leave open."""
        if not self.bundled or any("from" in params[0] for _, params in asked):
            return self._read(asked, block)
        tag = block if isinstance(block, str) else hex(block)
        views = [(params[0]["to"], params[0]["data"]) for _, params in asked]
        answers: list[Any] = list(bundles.ask(self.rpc, views, tag))
        left = [place for place, answer in enumerate(answers) if answer is None]
        alone = self._read([asked[place] for place in left], block)
        for place, answer in zip(left, alone, strict=True):
            answers[place] = answer
        return answers

    def _read(self, asked: Sequence[Request], block: int | str) -> list[Any]:
        """The node's answer. Where blocks come faster than it answers, the latest one may be too
        old before it is looked at: it is asked again, about the block that is the latest then."""
        answers = self.rpc.batch(asked, READ_BATCH)
        for _ in range(READ_ATTEMPTS):
            late = [place for place, a in enumerate(answers) if isinstance(a, StateGone)]
            if not late:
                return answers
            if block != "latest":
                break
            again = self.rpc.batch([asked[place] for place in late], READ_BATCH)
            for place, answer in zip(late, again, strict=True):
                answers[place] = answer
        raise next(a for a in answers if isinstance(a, StateGone))

    def logs(
        self,
        contract: Contract | str | Sequence[Contract] | None = None,
        event: str | None = None,
        first: int = 0,
        last: int | str = "latest",
        topics: Sequence[Any] = (),
        events: Sequence[str] = (),
    ) -> list[Event]:
        """Decoded events in order, of one contract, several, or all known ones; one kind, or some."""
        if contract is None:
            chosen = list(self.contracts.values())
        elif isinstance(contract, (Contract, str)):
            chosen = [self[contract] if isinstance(contract, str) else contract]
        else:
            chosen = list(contract)
        wanted: list[Any] = list(topics)
        if event is not None:
            wanted = [chosen[0].topic(event), *topics]
        elif events:
            wanted = [[chosen[0].topic(name) for name in events], *topics]
        query = {
            "address": [c.address for c in chosen],
            "fromBlock": hex(first),
            "toBlock": last if isinstance(last, str) else hex(last),
            "topics": wanted,
        }
        return self.events(self.rpc.call("eth_getLogs", query))

    def events(self, logs: Receipt | Iterable[dict[str, Any]]) -> list[Event]:
        """The events of a receipt or of raw logs, as far as the contracts are known."""
        found = []
        for log in logs.logs if isinstance(logs, Receipt) else logs:
            event = self.event(log)
            if event is not None:
                found.append(event)
        return found

    def event(self, log: Mapping[str, Any]) -> Event | None:
        """One raw log decoded; None when neither contract nor event is known."""
        contract = self._by_address.get(log["address"].lower())
        return contract.decode_log(log) if contract else None

    def at(self, address: bytes) -> Contract | None:
        """The known contract at an address."""
        return self._by_address.get("0x" + address.hex())

    # Sending

    def send(
        self,
        sender: Account,
        contract: Contract | str,
        function: str,
        *args: Any,
        gas: int | None = None,
        value: int = 0,
        check: bool = True,
    ) -> Receipt:
        """One transaction, waited for. Refused: a `ChainError` that says why."""
        contract = self[contract] if isinstance(contract, str) else contract
        return self.send_many([Call(sender, contract, function, args, gas, value)], check)[0]

    def post(self, sender: Account, contract: Contract | str, function: str, *args: Any) -> str:
        """One transaction, not waited for: its hash."""
        contract = self[contract] if isinstance(contract, str) else contract
        return self.sender.post(Call(sender, contract, function, args).pending())

    def send_many(
        self,
        calls: Iterable[Call],
        check: bool = True,
        on_progress: Callable[[int], None] | None = None,
        batch: int = SEND_BATCH,
    ) -> list[Receipt]:
        """Sends all and waits for all. Order is kept for each sender, and on test chains for all.

        With `check` the first refused transaction raises (after all have been mined); without,
        each receipt says whether it is `ok` and, if not, why, unless its call expects a refusal.
        `on_progress` is called with the number of transactions mined since the last time.
        """
        return self.sender.settle((call.pending() for call in calls), check, on_progress, batch)

    def deploy(
        self, sender: Account, name: str, abi: Abi, creation_code: str, args: Sequence[Any] = ()
    ) -> tuple[Contract, Receipt]:
        """Deploys one contract and makes it known."""
        pending = self.pending_deployment(sender, name, abi, creation_code, args)
        receipt = self.sender.settle([pending], True)[0]
        return self.deployed(name, abi, receipt), receipt

    def pending_deployment(
        self, sender: Account, name: str, abi: Abi, creation_code: str, args: Sequence[Any] = ()
    ) -> Pending:
        """A deployment, for those who write it down before it is sent; not signed yet."""
        self.errors.learn(abi, error_notices)
        code = bytes.fromhex(creation_code.removeprefix("0x"))
        data = code + Contract(name, ZERO_ADDRESS, abi).constructor(args)
        return Pending(f"deployment of {name}", sender, b"", data)

    def deployed(self, name: str, abi: Abi, receipt: Receipt) -> Contract:
        """Makes the contract of a deployment known."""
        if receipt.error is not None:
            raise receipt.error
        if receipt.contract_address is None:
            raise refused("CHAIN_NO_ADDRESS", receipt_hash=receipt.hash, contract=name)
        return self.add(Contract(name, receipt.contract_address, abi))

    def transfer_coin(self, sender: Account, to: Any, amount: int) -> Receipt:
        """Sends coin, for gas."""
        pending = Pending("transfer of coin", sender, address_bytes(to), b"", 21_000, amount)
        return self.sender.settle([pending], True)[0]

    def fund(self, accounts: Iterable[Any], amount: int = LOCAL_BALANCE) -> None:
        """Sees to it that the accounts can pay for gas; does nothing where gas is free."""
        self.sender.fund(accounts, amount)

    def sponsor(self, account: Account | None) -> None:
        """Who pays for the gas of others, on chains where gas costs something."""
        self.sender.sponsor = account

    def receipt(self, tx_hash: str) -> Receipt | None:
        answer = self.rpc.call("eth_getTransactionReceipt", tx_hash)
        return Receipt.read(answer) if answer else None

    # Test chains

    def set_time(self, moment: int) -> int:
        """Mines a block at `moment` [s]; from then on time runs from there. Test chains only."""
        self._only_test_chains("moved")
        now = self.now()
        if moment <= now:
            if moment == now:
                return now
            raise refused(
                "CLOCK_BACKWARDS", moment=self.errors.moment(moment), now=self.errors.moment(now)
            )
        if self.kind == "anvil":
            self.rpc.batch_or_raise([("evm_setNextBlockTimestamp", [moment])])
            self.rpc.call("evm_mine")
        else:
            self.rpc.call("evm_setTime", moment * 1000)
            self.rpc.call("evm_mine", {"timestamp": moment})
        return self.now()

    def set_next_time(self, moment: int) -> None:
        """Has the next block at `moment` [s] and makes none for it, which costs much where there is much
        state: until then views answer as of the block before. Test chains only."""
        self._only_test_chains("moved")
        if self.kind == "anvil":
            self.rpc.call("evm_setNextBlockTimestamp", moment)
        else:
            self.set_time(moment)

    def mine(self, blocks: int = 1) -> None:
        self._only_test_chains("mined by hand")
        for _ in range(blocks):
            self.rpc.call("evm_mine")

    def snapshot(self) -> str:
        self._only_test_chains("set back")
        found: str = self.rpc.call("evm_snapshot")
        return found

    def revert(self, snapshot: str) -> None:
        self._only_test_chains("set back")
        self._let_pool_empty()
        self.rpc.call("evm_revert", snapshot)
        self.sender.forget()

    def close(self) -> None:
        self.rpc.close()

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside

    def _only_test_chains(self, what: str) -> None:
        if self.kind == "other":
            raise refused(
                "CLOCK_NOT_A_TEST_CHAIN", client=self.client, chain_id=self.chain_id, change=what
            )

    def _let_pool_empty(self) -> None:
        """Anvil shows a receipt before its pool has let go of the transaction, which a chain that is set back
        meanwhile would mine once more. What waits for a nonce before its own is dropped: its turn would come
        there."""
        if self.kind != "anvil":
            return
        deadline = time.monotonic() + POOL_SECONDS
        while int(self.rpc.call("txpool_status")["pending"], 16) and time.monotonic() < deadline:
            time.sleep(0.005)
        self.rpc.call("anvil_dropAllTransactions")

    def _decoded(self, contract: Contract, function: str, args: Sequence[Any], answer: str) -> Any:
        if answer == "0x" and contract.function(function, len(args)).outputs.names:
            raise refused(
                "CHAIN_NO_CONTRACT",
                contract_address=contract.address,
                contract_name=contract.name,
                chain_id=self.chain_id,
            )
        try:
            return contract.decode(function, bytes.fromhex(answer[2:]), len(args))
        except (TypeError, ValueError, IndexError, OverflowError, DecodingError) as error:
            raise RpcUnreachable(
                "RPC_UNREADABLE",
                f"The answer to {contract.name}.{function} is none of its kind: {error}",
                field="rpc",
                value=str(answer)[:60],
                remedy="Is this the URL of an Ethereum node?",
            ) from None


def _call_request(
    contract: Contract, function: str, args: Sequence[Any], sender: Any, block: int | str
) -> tuple[str, list[Any]]:
    request = {
        "to": contract.address,
        "data": "0x" + contract.function(function, len(args)).encode(args).hex(),
    }
    if sender is not None:
        request["from"] = _hex_address(sender)
    return ("eth_call", [request, block if isinstance(block, str) else hex(block)])


def _hex_address(account: Any) -> str:
    return "0x" + address_bytes(account).hex()


__all__ = [
    "Account",
    "Call",
    "Chain",
    "ChainError",
    "Contract",
    "Event",
    "Receipt",
    "contract_address",
]
