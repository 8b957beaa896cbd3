"""The one chain client: reads, sends, and says in words why something was refused.

Transactions go out many at a time. They are encoded and signed in this thread while another posts
the last few hundred in one body and the node executes them; receipts come back the same way.
Nothing is ever sent twice without looking first: when an answer is lost or says "already known" or
"nonce too low", the transaction is looked up by its hash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Final

from tonne.contract import Abi, Contract, Event
from tonne.errors import TonneError
from tonne.reverts import ChainError, ErrorBook
from tonne.rpc import Rpc, RpcFailure, RpcUnreachable
from tonne.signing import Account, Fees, Signed, contract_address, sign_transaction

#: Gas given to each transaction on a local chain, where none is paid for: EIP-7825's limit, rounded.
LOCAL_GAS: Final = 16_000_000

#: Given where an estimate is impossible because an earlier transaction of the same call is awaited.
DEPENDENT_GAS: Final = 3_000_000

GWEI: Final = 10**9
GANACHE_PRICE: Final = 2 * GWEI

SEND_BATCH: Final = 400
BIG_BLOCK: Final = 20  # from so many transactions on, a block is mined for all of them
READ_BATCH: Final = 500
RECEIPT_SECONDS: Final = 180
POLL_SECONDS: Final = 0.004

#: A sender on Ganache gets this, once.
LOCAL_BALANCE: Final = 10**24

_KNOWN: Final = ("already known", "already imported", "known transaction", "alreadyknown")
_STALE: Final = ("nonce too low", "nonce is too low", "invalid nonce", "correct nonce")


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction to be: who calls what with what."""

    sender: Account
    contract: Contract
    function: str
    args: Sequence[Any] = ()
    gas: int | None = None
    value: int = 0

    def __str__(self) -> str:
        return f"{self.contract.name}.{self.function}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    hash: str
    ok: bool
    block: int
    gas_used: int
    contract_address: str | None
    logs: list[dict[str, Any]] = field(repr=False)
    error: ChainError | None = None


class Chain:
    """A connection to one chain through one node."""

    def __init__(self, url: str, timeout_s: float = 120) -> None:
        self.url = url
        self.rpc = Rpc(url, timeout_s)
        self.errors = ErrorBook()
        self.contracts: dict[str, Contract] = {}
        self._by_address: dict[str, Contract] = {}
        self._nonces: dict[bytes, int] = {}
        self._funded: set[bytes] = set()
        self._sponsor: Account | None = None
        self._fees: tuple[float, Fees] | None = None

    # What kind of chain this is

    @cached_property
    def chain_id(self) -> int:
        return int(self.rpc.call("eth_chainId"), 16)

    @cached_property
    def client(self) -> str:
        return str(self.rpc.call("web3_clientVersion"))

    @cached_property
    def kind(self) -> str:
        """ "anvil", "ganache" or "other"; the first two are test chains whose time can be moved."""
        name = self.client.lower()
        if name.startswith("anvil"):
            return "anvil"
        return "ganache" if "ganache" in name or "ethereumjs" in name else "other"

    @cached_property
    def w3(self) -> Any:
        """A web3.py instance that repeats reads but never a transaction."""
        from web3 import HTTPProvider, Web3
        from web3.providers.rpc.utils import (
            REQUEST_RETRY_ALLOWLIST,
            ExceptionRetryConfiguration,
        )

        sends = {"eth_sendRawTransaction", "eth_sendTransaction", "eth_call"} - {"eth_call"}
        reads = [method for method in REQUEST_RETRY_ALLOWLIST if method not in sends]
        retry = ExceptionRetryConfiguration(method_allowlist=reads)
        return Web3(HTTPProvider(self.url, exception_retry_configuration=retry))

    # Contracts

    def add(self, contract: Contract, notices: Mapping[str, str] | None = None) -> Contract:
        """Makes a contract known, so that its errors and events are understood."""
        self.contracts[contract.name] = contract
        self._by_address[contract.address.lower()] = contract
        self.errors.learn(contract.abi, notices)
        return contract

    def __getitem__(self, name: str) -> Contract:
        try:
            return self.contracts[name]
        except KeyError:
            raise TonneError(
                "CHAIN_NOT_DEPLOYED",
                f"{name} is not deployed on chain {self.chain_id}, as far as is known here.",
                field="contract",
                value=name,
                remedy="Run `tonne deploy --rpc URL`, or name the deployments file.",
            ) from None

    # Reading

    def block_number(self) -> int:
        return int(self.rpc.call("eth_blockNumber"), 16)

    def now(self) -> int:
        """[s] The time of the latest block: the only clock there is."""
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def balance(self, account: Any) -> int:
        return int(self.rpc.call("eth_getBalance", _hex_address(account), "latest"), 16)

    def code(self, address: str) -> str:
        return self.rpc.call("eth_getCode", address, "latest")

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
        request = _call_request(contract, function, args, sender, block)
        try:
            answer = self.rpc.call(*request[0:1], *request[1])
        except RpcFailure as failure:
            raise self._refused(failure, f"{contract.name}.{function}") from None
        return self._decoded(contract, function, args, answer)

    def call_many(
        self,
        calls: Iterable[tuple[Contract | str, str, Sequence[Any]]],
        block: int | str = "latest",
        check: bool = True,
        sender: Any = None,
    ) -> list[Any]:
        """Many views in few requests. Refused ones raise, or stand as errors with `check=False`."""
        asked = [
            (self[contract] if isinstance(contract, str) else contract, function, args)
            for contract, function, args in calls
        ]
        answers = self.rpc.batch(
            (_call_request(c, f, a, sender, block) for c, f, a in asked), READ_BATCH
        )
        results: list[Any] = []
        for (contract, function, args), answer in zip(asked, answers, strict=True):
            if isinstance(answer, RpcFailure):
                error = self._refused(answer, f"{contract.name}.{function}")
                if check:
                    raise error
                results.append(error)
            else:
                results.append(self._decoded(contract, function, args, answer))
        return results

    def logs(
        self,
        contract: Contract | str | Sequence[Contract] | None = None,
        event: str | None = None,
        first: int = 0,
        last: int | str = "latest",
        topics: Sequence[Any] = (),
    ) -> list[Event]:
        """Decoded events in order, of one contract, several, or all known ones."""
        if contract is None:
            chosen = list(self.contracts.values())
        elif isinstance(contract, (Contract, str)):
            chosen = [self[contract] if isinstance(contract, str) else contract]
        else:
            chosen = list(contract)
        wanted: list[Any] = list(topics)
        if event is not None:
            wanted = [chosen[0].topic(event), *topics]
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
            contract = self._by_address.get(log["address"].lower())
            event = contract.decode_log(log) if contract else None
            if event is not None:
                found.append(event)
        return found

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

    def deploy(
        self, sender: Account, name: str, abi: Abi, creation_code: str, args: Sequence[Any] = ()
    ) -> tuple[Contract, Receipt]:
        """Deploys one contract and makes it known."""
        code = bytes.fromhex(creation_code.removeprefix("0x"))
        blank = Contract(name, "0x" + "00" * 20, abi)
        data = code + blank.constructor(args)
        self.errors.learn(abi)
        pending = _Pending(self, f"deployment of {name}", sender, b"", data, None, 0)
        receipt = self._settle([pending], True)[0]
        address = receipt.contract_address
        if address is None:
            raise TonneError(
                "CHAIN_NO_ADDRESS",
                f"The receipt of the deployment of {name} has no address.",
                field="tx",
                value=receipt.hash,
            )
        return self.add(Contract(name, address, abi)), receipt

    def send_many(
        self,
        calls: Iterable[Call],
        check: bool = True,
        on_progress: Callable[[int], None] | None = None,
        batch: int = SEND_BATCH,
    ) -> list[Receipt]:
        """Sends all and waits for all. Order is kept for each sender, and on local chains for all.

        With `check` the first refused transaction raises (after all have been mined); without,
        each receipt says whether it is `ok` and, if not, why.
        `on_progress` is called with the number of transactions mined since the last time.
        """
        pendings = (
            _Pending(
                self,
                str(call),
                call.sender,
                call.contract.address_bytes,
                call.contract.encode(call.function, *call.args),
                call.gas,
                call.value,
            )
            for call in calls
        )
        return self._settle(pendings, check, on_progress, batch)

    def transfer_coin(self, sender: Account, to: Any, amount: int) -> Receipt:
        """Sends coin, for gas."""
        pending = _Pending(self, "transfer of coin", sender, _raw_address(to), b"", 21_000, amount)
        return self._settle([pending], True)[0]

    def fund(self, accounts: Iterable[Any], amount: int = LOCAL_BALANCE) -> None:
        """Sees to it that the accounts can pay for gas; costs nothing where gas is free."""
        fresh = [raw for raw in map(_raw_address, accounts) if raw not in self._funded]
        if not fresh or self.kind == "anvil":
            return
        if self.kind == "ganache":
            self.rpc.batch_or_raise(
                ("evm_setAccountBalance", ["0x" + raw.hex(), hex(amount)]) for raw in fresh
            )
        elif self._sponsor is not None and self.fees().price > 0:
            share = self.fees().price * DEPENDENT_GAS * 20
            pendings = (
                _Pending(self, "transfer of coin", self._sponsor, raw, b"", 21_000, share)
                for raw in fresh
            )
            self._settle(pendings, True)
        self._funded.update(fresh)

    def sponsor(self, account: Account | None) -> None:
        """Who pays for others' gas on chains where gas costs something."""
        self._sponsor = account

    def fees(self) -> Fees:
        """What a transaction must offer now."""
        if self.kind == "anvil":
            return Fees(0)
        if self.kind == "ganache":
            return Fees(GANACHE_PRICE)
        if self._fees and time.monotonic() - self._fees[0] < 5:
            return self._fees[1]
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        base = block.get("baseFeePerGas")
        if base is None:
            fees = Fees(int(self.rpc.call("eth_gasPrice"), 16))
        else:
            try:
                priority = int(self.rpc.call("eth_maxPriorityFeePerGas"), 16)
            except RpcFailure:
                priority = GWEI
            fees = Fees(2 * int(base, 16) + priority, priority)
        self._fees = (time.monotonic(), fees)
        return fees

    def receipt(self, tx_hash: str) -> Receipt | None:
        answer = self.rpc.call("eth_getTransactionReceipt", tx_hash)
        return _receipt(answer) if answer else None

    # Test chains

    def set_time(self, moment: int) -> int:
        """Mines a block at `moment` [s]; from then on time runs from there. Test chains only."""
        self._only_test_chains("moved")
        now = self.now()
        if moment <= now:
            if moment == now:
                return now
            raise TonneError(
                "CLOCK_BACKWARDS",
                f"Chain time cannot go back: it is {now}, asked for {moment}.",
                field="time",
                value=moment,
                remedy="Choose a later moment, or start a new chain.",
            )
        if self.kind == "anvil":
            self.rpc.batch_or_raise([("evm_setNextBlockTimestamp", [moment])])
            self.rpc.call("evm_mine")
        else:
            self.rpc.call("evm_setTime", moment * 1000)
            self.rpc.call("evm_mine", {"timestamp": moment})
        return self.now()

    def mine(self, blocks: int = 1) -> None:
        self._only_test_chains("mined by hand")
        for _ in range(blocks):
            self.rpc.call("evm_mine")

    def snapshot(self) -> str:
        self._only_test_chains("set back")
        return self.rpc.call("evm_snapshot")

    def revert(self, snapshot: str) -> None:
        self._only_test_chains("set back")
        self.rpc.call("evm_revert", snapshot)
        self._nonces.clear()
        self._funded.clear()

    def impersonate(self, address: str) -> None:
        self._only_test_chains("impersonated on")
        self.rpc.call("anvil_impersonateAccount", address)

    def close(self) -> None:
        self.rpc.close()

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside

    def _only_test_chains(self, what: str) -> None:
        if self.kind == "other":
            raise TonneError(
                "CLOCK_NOT_A_TEST_CHAIN",
                f"Chain {self.chain_id} is not a test chain; it cannot be {what}.",
                field="client",
                value=self.client,
                remedy="Use a chain started by `tonne up`.",
            )

    def _decoded(self, contract: Contract, function: str, args: Sequence[Any], answer: str) -> Any:
        if answer == "0x" and contract.function(function, len(args)).outputs.names:
            raise TonneError(
                "CHAIN_NO_CONTRACT",
                f"There is no {contract.name} at {contract.address} on chain {self.chain_id}.",
                field="address",
                value=contract.address,
                remedy="Was the local chain restarted? Deploy again.",
            )
        return contract.decode(function, bytes.fromhex(answer[2:]), len(args))

    def _refused(self, failure: RpcFailure, where: str) -> TonneError:
        data = failure.revert_data()
        if data is None and "revert" not in failure.rpc_message.lower():
            return failure
        return self.errors.error(data, where)

    def _settle(
        self,
        pendings: Iterable[_Pending],
        check: bool,
        on_progress: Callable[[int], None] | None = None,
        batch: int = SEND_BATCH,
    ) -> list[Receipt]:
        sent: list[_Pending] = []
        receipts: list[Receipt] = []
        ahead = 0 if self.kind == "ganache" else 2  # it loses what arrives while balances change
        with (
            _BigBlocks(self) as blocks,
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="tonne-send") as poster,
        ):
            jobs: list[Future[list[Receipt]]] = []
            for chunk in _chunks(pendings, batch):
                self._sign(chunk)
                sent.extend(chunk)
                if len(chunk) >= BIG_BLOCK:
                    blocks.start()
                jobs.append(poster.submit(self._post_and_wait, chunk, blocks))
                while len(jobs) > ahead:  # let the node catch up
                    self._collect(jobs.pop(0), receipts, on_progress)
            for job in jobs:
                self._collect(job, receipts, on_progress)
        if all(receipt.ok for receipt in receipts):
            return receipts
        receipts = [r if r.ok else self._explained(p, r) for p, r in zip(sent, receipts, strict=True)]
        if check:
            for receipt in receipts:
                if receipt.error is not None:
                    raise receipt.error
        return receipts

    @staticmethod
    def _collect(
        job: Future[list[Receipt]],
        receipts: list[Receipt],
        on_progress: Callable[[int], None] | None,
    ) -> None:
        done = job.result()
        receipts.extend(done)
        if on_progress is not None:
            on_progress(len(done))

    def _sign(self, chunk: Sequence[_Pending]) -> None:
        unknown = {
            p.sender.address_bytes for p in chunk if p.sender.address_bytes not in self._nonces
        }
        if unknown:
            if self.kind != "anvil":
                self.fund(unknown)
            self._learn_nonces(unknown)
        fees, gas = self.fees(), self._gas(chunk)
        for position, (pending, limit) in enumerate(zip(chunk, gas, strict=True)):
            pending.gas = limit
            # Ganache mines the best price first: a falling one keeps the order between senders.
            pending.sign(Fees(fees.price - position) if self.kind == "ganache" else fees)

    def _learn_nonces(self, senders: Iterable[bytes]) -> None:
        order = list(senders)
        answers = self.rpc.batch_or_raise(
            (("eth_getTransactionCount", ["0x" + raw.hex(), "pending"]) for raw in order), READ_BATCH
        )
        self._nonces.update((raw, int(a, 16)) for raw, a in zip(order, answers, strict=True))

    def _gas(self, chunk: Sequence[_Pending]) -> list[int]:
        if self.kind != "other":
            return [p.gas or LOCAL_GAS for p in chunk]
        asked = [p for p in chunk if p.gas is None]
        answers = self.rpc.batch([("eth_estimateGas", [p.request()]) for p in asked])
        first = True
        for pending, answer in zip(asked, answers, strict=True):
            if isinstance(answer, RpcFailure):
                if first:  # nothing before it can change the outcome: refuse before it costs gas
                    raise self._refused(answer, pending.what)
                pending.gas = DEPENDENT_GAS
            else:
                pending.gas = int(answer, 16) * 5 // 4 + 10_000
            first = False
        return [p.gas or DEPENDENT_GAS for p in chunk]

    def _post_and_wait(self, chunk: Sequence[_Pending], blocks: _BigBlocks) -> list[Receipt]:
        waiting = list(chunk)
        for _ in range(4):
            waiting = self._post(waiting)
            if not waiting:
                break
        else:
            raise TonneError(
                "CHAIN_SEND_FAILED",
                f"The node did not take {len(waiting)} transactions after four attempts.",
                field="tx",
                value=waiting[0].signed.hash,
                remedy="Is another program using the same key?",
            )
        blocks.mine()
        return self._receipts(chunk)

    def _post(self, chunk: Sequence[_Pending]) -> list[_Pending]:
        """Posts signed transactions; returns those that must be posted again."""
        try:
            answers = self.rpc.batch((p.post() for p in chunk), len(chunk))
        except RpcUnreachable:
            time.sleep(0.2)
            return self._not_found(chunk)
        unsure: list[_Pending] = []
        for pending, answer in zip(chunk, answers, strict=True):
            if not isinstance(answer, RpcFailure):
                continue
            said = answer.rpc_message.lower()
            if any(word in said for word in _KNOWN):
                continue
            if not any(word in said for word in _STALE):
                self._nonces.pop(pending.sender.address_bytes, None)
                data = answer.revert_data()
                raise self.errors.error(data, pending.what) if data else answer
            unsure.append(pending)
        lost = self._not_found(unsure)
        # The nonce was used by somebody else with this key, so this transaction can never be mined
        # and it is safe to sign it anew.
        self._learn_nonces({p.sender.address_bytes for p in lost})
        for pending in lost:
            pending.sign(self.fees())
        return lost

    def _not_found(self, chunk: Sequence[_Pending]) -> list[_Pending]:
        asked = [("eth_getTransactionByHash", [p.signed.hash]) for p in chunk]
        answers = self.rpc.batch_or_raise(asked)
        return [p for p, answer in zip(chunk, answers, strict=True) if answer is None]

    def _receipts(self, chunk: Sequence[_Pending]) -> list[Receipt]:
        found: dict[str, Any] = {}
        missing = [p.signed.hash for p in chunk]
        deadline = time.monotonic() + RECEIPT_SECONDS
        nudge = time.monotonic() + 1.0
        pause = POLL_SECONDS
        while True:
            asked = [("eth_getTransactionReceipt", [h]) for h in missing]
            answers = self.rpc.batch_or_raise(asked, READ_BATCH)
            found.update((h, a) for h, a in zip(missing, answers, strict=True) if a)
            missing = [h for h in missing if h not in found]
            if not missing:
                return [_receipt(found[p.signed.hash]) for p in chunk]
            if time.monotonic() > deadline:
                raise TonneError(
                    "CHAIN_NOT_MINED",
                    f"{len(missing)} transactions were not mined within {RECEIPT_SECONDS} s.",
                    field="tx",
                    value=missing[0],
                    remedy="Look the transaction up before repeating anything; it may still be mined.",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01 if self.kind != "other" else 1.0)
            if self.kind == "anvil" and time.monotonic() > nudge:
                self.rpc.call("evm_mine")  # mining was left switched off by somebody who died
                nudge += 1.0

    def _explained(self, pending: _Pending, receipt: Receipt) -> Receipt:
        """The receipt of a refused transaction together with the reason."""
        data = self._revert_data(pending, receipt)
        error = self.errors.error(data, pending.what, receipt.hash)
        return Receipt(
            receipt.hash, False, receipt.block, receipt.gas_used, None, receipt.logs, error
        )

    def _revert_data(self, pending: _Pending, receipt: Receipt) -> str | None:
        try:
            trace = self.rpc.call(
                "debug_traceTransaction", receipt.hash, {"tracer": "callTracer", "onlyTopCall": True}
            )
            if isinstance(trace, dict):
                output = trace.get("output") or trace.get("returnValue")
                if output and output != "0x":
                    return output if output.startswith("0x") else "0x" + output
        except TonneError:
            pass  # the node does not trace: ask it to repeat the call instead
        for block in (hex(receipt.block), hex(receipt.block - 1)):
            try:
                self.rpc.call("eth_call", pending.request(), block)
            except RpcFailure as failure:
                data = failure.revert_data()
                if data:
                    return data
            except TonneError:
                return None
        return None


class _BigBlocks:
    """Hundreds of transactions to a block on Anvil, which spends more on a block than on them.

    Switches mining at every transaction off for the time of a large sending, never for a small one.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._active = False

    def start(self) -> None:
        if not self._active and self._chain.kind == "anvil":
            self._chain.rpc.call("evm_setAutomine", False)
            self._active = True

    def mine(self) -> None:
        if self._active:
            self._chain.rpc.call("evm_mine")

    def __enter__(self) -> _BigBlocks:
        return self

    def __exit__(self, *_: object) -> None:
        if self._active:
            self._active = False
            self._chain.rpc.call("evm_setAutomine", True)
            self._chain.rpc.call("evm_mine")  # what others sent in the meantime


class _Pending:
    """A transaction on its way."""

    __slots__ = ("chain", "data", "gas", "sender", "signed", "to", "value", "what")

    def __init__(
        self,
        chain: Chain,
        what: str,
        sender: Account,
        to: bytes,
        data: bytes,
        gas: int | None,
        value: int,
    ) -> None:
        self.chain, self.what, self.sender = chain, what, sender
        self.to, self.data, self.gas, self.value = to, data, gas, value
        self.signed: Signed = Signed("", "")

    def sign(self, fees: Fees) -> None:
        nonces = self.chain._nonces
        sender = self.sender.address_bytes
        nonce = nonces[sender]
        nonces[sender] = nonce + 1
        self.signed = sign_transaction(
            self.sender,
            self.chain.chain_id,
            nonce,
            self.to,
            self.data,
            self.gas or LOCAL_GAS,
            fees,
            self.value,
        )

    def post(self) -> tuple[str, list[str]]:
        return ("eth_sendRawTransaction", [self.signed.raw])

    def request(self) -> dict[str, str]:
        request = {"from": self.sender.address, "data": "0x" + self.data.hex()}
        if self.to:
            request["to"] = "0x" + self.to.hex()
        if self.value:
            request["value"] = hex(self.value)
        return request


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


def _receipt(answer: Mapping[str, Any]) -> Receipt:
    return Receipt(
        answer["transactionHash"],
        int(answer["status"], 16) == 1,
        int(answer["blockNumber"], 16),
        int(answer["gasUsed"], 16),
        answer.get("contractAddress"),
        answer["logs"],
    )


def _raw_address(account: Any) -> bytes:
    if isinstance(account, bytes):
        return account
    if isinstance(account, str):
        return bytes.fromhex(account.removeprefix("0x"))
    return account.address_bytes


def _hex_address(account: Any) -> str:
    return "0x" + _raw_address(account).hex()


def _chunks(items: Iterable[_Pending], size: int) -> Iterator[list[_Pending]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


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
