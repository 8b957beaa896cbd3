"""How transactions get from a list to receipts: signed and posted in batches, never blindly.

With web3.py and eth-account, sent one by one, 200 transfers take 20 times as long on a test chain
(`tools.bench_fast_path`).

A transaction whose answer is lost, or of which the node says "already known" or "nonce too low", is
looked up by its hash before anything else happens. Only when its nonce is another one's, mined or
waiting at the node, is it signed anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Final

from tonne.chain.contract import address_bytes
from tonne.chain.reverts import ChainError, ErrorBook
from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable, quantity
from tonne.crypto.accounts import Account, Fees, Signed
from tonne.errors import TonneError

#: Gas given to each transaction on a test chain: EIP-7825's limit, rounded.
LOCAL_GAS: Final = 16_000_000

#: Given where an estimate is impossible because an earlier transaction of the same list is awaited.
DEPENDENT_GAS: Final = 3_000_000

GWEI: Final = 10**9
GANACHE_PRICE: Final = 2 * GWEI

#: Coin that a sender on a test chain with a gas price is given, once [wei].
LOCAL_BALANCE: Final = 10**24

SEND_BATCH: Final = 400
READ_BATCH: Final = 500
#: From so many on, a block is mined for all: Anvil orders what it mines one by one as it likes.
BIG_BLOCK: Final = 2
RECEIPT_SECONDS: Final = 180
POLL_SECONDS: Final = 0.004
NUDGE_SECONDS: Final = 5  # until a chain that is no test chain is asked whether it dropped one
PASSED_OVER: Final = 2  # blocks after which Anvil is taken to have set aside what it has not mined

_KNOWN: Final = ("already known", "already imported", "known transaction", "alreadyknown")
_STALE: Final = (
    *("nonce too low", "nonce is too low", "invalid nonce", "correct nonce"),
    "replacement transaction underpriced",  # another one with this nonce waits
)


class Mining(Enum):
    """When an Anvil makes a block."""

    AUTOMATIC = "automatic"  # at every transaction
    AT_INTERVALS = "at intervals"  # `--block-time`
    BY_HAND = "by hand"  # `--no-mining`, or switched off for a batch


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    hash: str
    ok: bool
    block: int
    gas_used: int
    contract_address: str | None
    logs: list[dict[str, Any]] = field(repr=False)
    error: ChainError | None = None  # why it was refused, unless its sender expects the refusal

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Receipt:
        return cls(
            answer["transactionHash"],
            int(answer["status"], 16) == 1,
            int(answer["blockNumber"], 16),
            int(answer["gasUsed"], 16),
            answer.get("contractAddress"),
            answer["logs"],
        )


@dataclass(slots=True)
class Pending:
    """A transaction on its way."""

    what: str  # contract.function, for messages
    sender: Account
    to: bytes  # empty for a deployment
    data: bytes
    gas: int | None = None
    value: int = 0
    refusal_expected: bool = False
    nonce: int = -1
    signed: Signed = field(default_factory=lambda: Signed("", ""))

    def request(self) -> dict[str, str]:
        """As `eth_call` and `eth_estimateGas` take it."""
        request = {"from": self.sender.address, "data": "0x" + self.data.hex()}
        if self.to:
            request["to"] = "0x" + self.to.hex()
        if self.value:
            request["value"] = hex(self.value)
        return request


def kind_of(client: str) -> str:
    """ "anvil" or "ganache", test chains whose time can be moved, or "other"."""
    name = client.lower()
    if name.startswith("anvil"):
        return "anvil"
    return "ganache" if "ganache" in name or "ethereumjs" in name else "other"


class Sender:
    """Sends for any number of accounts over one connection."""

    #: How often a chain was set back in this process. A node may still hold a transaction from before,
    #: or its receipt, and answer with that: so the same call must not make the same transaction again.
    times_set_back: ClassVar[int] = 0

    def __init__(self, rpc: Rpc, errors: ErrorBook) -> None:
        self.rpc = rpc
        self.errors = errors
        self.sponsor: Account | None = None
        #: Whether an Anvil that mines the best price first is offered falling prices, as Ganache always is:
        #: it takes those of one request side by side, and under load one of another sender overtakes.
        self.ranked = False
        self._nonces: dict[bytes, int] = {}
        self._funded: set[bytes] = set()
        self._fees: tuple[float, Fees] | None = None

    @cached_property
    def chain_id(self) -> int:
        (answer,) = self.rpc.batch_or_raise([("eth_chainId", [])])
        return quantity(answer, "eth_chainId")

    @cached_property
    def client(self) -> str:
        return str(self.rpc.call("web3_clientVersion"))

    @cached_property
    def kind(self) -> str:
        return kind_of(self.client)

    @cached_property
    def free(self) -> bool:
        """Whether no sender needs coin: an Anvil without base fee, as `tonne.sandbox.node` starts it."""
        return self.kind == "anvil" and self._base_fee() == 0

    @cached_property
    def local_gas(self) -> int:
        """Gas for each transaction on a test chain: `LOCAL_GAS`, or a whole block if that is less."""
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        return min(LOCAL_GAS, int(block["gasLimit"], 16))

    def mining(self) -> Mining:
        """When this Anvil makes a block now."""
        if self.rpc.call("anvil_getAutomine"):
            return Mining.AUTOMATIC
        return Mining.AT_INTERVALS if self.rpc.call("anvil_getIntervalMining") else Mining.BY_HAND

    def forget(self) -> None:
        """After the chain was set back: nonces and balances are not what they were."""
        Sender.times_set_back += 1
        self._nonces.clear()
        self._funded.clear()

    def settle(
        self,
        pendings: Iterable[Pending],
        check: bool,
        on_progress: Callable[[int], None] | None = None,
        batch: int = SEND_BATCH,
    ) -> list[Receipt]:
        """Signs, sends and awaits all; see `Chain.send_many`."""
        sent: list[Pending] = []
        receipts: list[Receipt] = []
        ahead = 0 if self.kind == "ganache" else 2  # it loses what arrives while balances change
        with (
            _BigBlocks(self) as blocks,
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="tonne-read") as reader,
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="tonne-send") as poster,
        ):
            jobs: list[Future[Future[list[Receipt]]]] = []
            for chunk in _chunks(pendings, batch):
                self.sign(chunk, awaiting=bool(jobs))
                sent.extend(chunk)
                if len(chunk) >= BIG_BLOCK:
                    blocks.start()
                jobs.append(poster.submit(self._post_and_await, chunk, blocks, reader))
                while len(jobs) > ahead:  # let the node catch up
                    self._collect(jobs.pop(0), receipts, on_progress)
            for job in jobs:
                self._collect(job, receipts, on_progress)
        if all(receipt.ok for receipt in receipts):
            return receipts
        receipts = self._explained(sent, receipts)
        if check:
            for receipt in receipts:
                if receipt.error is not None:
                    raise receipt.error
        return receipts

    def sign(self, chunk: Sequence[Pending], awaiting: bool = False) -> None:
        """Gives each its gas, nonce and signature; nothing is sent. `awaiting`: what was sent before may not
        be mined yet."""
        senders = {p.sender.address_bytes for p in chunk}
        self.fund(senders)
        unknown = [raw for raw in senders if raw not in self._nonces]
        if unknown:
            self._learn_nonces(unknown)
        fees, gas = self.fees(), self._gas(chunk, awaiting)
        ranked = self.ranked or self.kind == "ganache"
        best = max(fees.price, len(chunk))
        for position, (pending, limit) in enumerate(zip(chunk, gas, strict=True)):
            pending.gas = limit
            # Where the best price is mined first, a falling one keeps the order between senders.
            self._sign_one(pending, Fees(best - position) if ranked else fees)

    def next_nonce(self, account: Account) -> int:
        """The nonce of the next transaction that is signed for an account."""
        raw = account.address_bytes
        if raw not in self._nonces:
            self._learn_nonces([raw])
        return self._nonces[raw]

    def dispatch(self, pendings: Sequence[Pending]) -> list[Receipt]:
        """Sends what was signed before, perhaps long ago, and awaits it."""
        with _BigBlocks(self) as blocks:
            if len(pendings) >= BIG_BLOCK:
                blocks.start()
            self._post_all(pendings)
            blocks.mine()
            receipts = self._receipts(pendings)
        return self._explained(pendings, receipts)

    def post(self, pending: Pending) -> str:
        """Signs and posts one transaction and returns its hash, without waiting for its receipt.

        The node does not estimate its gas: what it depends on may not be mined yet.
        """
        pending.gas = pending.gas or DEPENDENT_GAS
        self.sign([pending])
        self._post_all([pending])
        return pending.signed.hash

    def fund(self, accounts: Iterable[Any], amount: int = LOCAL_BALANCE) -> None:
        """Sees to it that the accounts can pay for gas; costs nothing where gas is free."""
        if self.free and not self.ranked:
            return
        fresh = [raw for raw in map(address_bytes, accounts) if raw not in self._funded]
        if not fresh:
            return
        self._funded.update(fresh)
        if self.kind != "other":
            method = "anvil_setBalance" if self.kind == "anvil" else "evm_setAccountBalance"
            self.rpc.batch_or_raise((method, ["0x" + raw.hex(), hex(amount)]) for raw in fresh)
        elif self.sponsor is not None and self.fees().price > 0:
            share = self.fees().price * DEPENDENT_GAS * 20
            payer = self.sponsor
            self._funded.add(payer.address_bytes)
            self.settle(
                (
                    Pending("transfer of coin", payer, raw, b"", 21_000, share)
                    for raw in fresh
                    if raw != payer.address_bytes and self._balance(raw) < share
                ),
                True,
            )

    def fees(self) -> Fees:
        """Fees that a transaction must offer now."""
        if self.kind == "ganache":
            return Fees(GANACHE_PRICE)
        if self.free:
            return Fees(0)
        if self._fees and time.monotonic() - self._fees[0] < 5:
            return self._fees[1]
        base = self._base_fee()
        if base is None:
            fees = Fees(int(self.rpc.call("eth_gasPrice"), 16))
        else:
            try:
                priority = int(self.rpc.call("eth_maxPriorityFeePerGas"), 16)
            except RpcFailure:
                priority = GWEI
            fees = Fees(2 * base + priority, priority)
        self._fees = (time.monotonic(), fees)
        return fees

    # Inside

    def _base_fee(self) -> int | None:
        fee = self.rpc.call("eth_getBlockByNumber", "latest", False).get("baseFeePerGas")
        return None if fee is None else int(fee, 16)

    def _balance(self, raw: bytes) -> int:
        return int(self.rpc.call("eth_getBalance", "0x" + raw.hex(), "latest"), 16)

    def _sign_one(self, pending: Pending, fees: Fees) -> None:
        sender = pending.sender.address_bytes
        pending.nonce = self._nonces[sender]
        self._nonces[sender] = pending.nonce + 1
        pending.signed = pending.sender.sign_transaction(
            self.chain_id,
            pending.nonce,
            pending.to,
            pending.data,
            pending.gas or LOCAL_GAS,
            fees,
            pending.value,
        )

    @staticmethod
    def _collect(
        job: Future[Future[list[Receipt]]],
        receipts: list[Receipt],
        on_progress: Callable[[int], None] | None,
    ) -> None:
        done = job.result().result()
        receipts.extend(done)
        if on_progress is not None:
            on_progress(len(done))

    def _learn_nonces(self, senders: Iterable[bytes]) -> None:
        order = list(senders)
        answers = self.rpc.batch_or_raise(
            (("eth_getTransactionCount", ["0x" + raw.hex(), "pending"]) for raw in order),
            READ_BATCH,
        )
        self._nonces.update((raw, int(a, 16)) for raw, a in zip(order, answers, strict=True))

    def _gas(self, chunk: Sequence[Pending], awaiting: bool) -> list[int]:
        if self.kind != "other":
            return [p.gas or self.local_gas - Sender.times_set_back for p in chunk]
        asked = [p for p in chunk if p.gas is None]
        answers = self.rpc.batch([("eth_estimateGas", [p.request()]) for p in asked])
        first = not awaiting
        for pending, answer in zip(asked, answers, strict=True):
            if isinstance(answer, RpcFailure):
                if first:  # nothing before it can change the outcome: refuse before it costs gas
                    raise self.errors.refused(answer, pending.what)
                pending.gas = DEPENDENT_GAS
            else:
                pending.gas = int(answer, 16) * 5 // 4 + 10_000
            first = False
        return [p.gas or DEPENDENT_GAS for p in chunk]

    def _post_and_await(
        self, chunk: Sequence[Pending], blocks: _BigBlocks, reader: ThreadPoolExecutor
    ) -> Future[list[Receipt]]:
        """Posts them and awaits their receipts; where a block was made for them, the next may go out while
        these are read."""
        self._post_all(chunk)
        if blocks.mine():
            return reader.submit(self._receipts, chunk)
        done: Future[list[Receipt]] = Future()
        done.set_result(self._receipts(chunk))
        return done

    def _post_all(self, chunk: Sequence[Pending]) -> None:
        waiting = list(chunk)
        for _ in range(4):
            waiting = self._post(waiting)
            if not waiting:
                break
        else:
            raise TonneError.of(
                "CHAIN_SEND_FAILED", signed_hash=waiting[0].signed.hash, waiting_count=len(waiting)
            )

    def _post(self, chunk: Sequence[Pending]) -> list[Pending]:
        """Posts signed transactions; returns those that must be posted again."""
        try:
            answers = self.rpc.batch(
                (("eth_sendRawTransaction", [p.signed.raw]) for p in chunk), len(chunk)
            )
        except RpcUnreachable:
            time.sleep(0.2)
            return self._not_found(chunk)
        unsure: list[Pending] = []
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
        # The nonce is used, or about to be, by another process with this key, and this transaction is not at
        # the node: it is safe to sign it anew.
        self._learn_nonces({p.sender.address_bytes for p in lost})
        for pending in lost:
            self._sign_one(pending, self.fees())
        return lost

    def _not_found(self, chunk: Sequence[Pending]) -> list[Pending]:
        asked = [("eth_getTransactionByHash", [p.signed.hash]) for p in chunk]
        answers = self.rpc.batch_or_raise(asked)
        return [p for p, answer in zip(chunk, answers, strict=True) if answer is None]

    def _receipts(self, chunk: Sequence[Pending]) -> list[Receipt]:
        found: dict[str, Any] = {}
        missing = [p.signed.hash for p in chunk]
        deadline = time.monotonic() + RECEIPT_SECONDS
        patience = NUDGE_SECONDS if self.kind == "other" else 1.0
        nudge = time.monotonic() + patience
        pause = POLL_SECONDS
        height: int | None = None  # at the first nudge
        while True:
            asked = [("eth_getTransactionReceipt", [h]) for h in missing]
            answers = self.rpc.batch_or_raise(asked, READ_BATCH)
            found.update((h, a) for h, a in zip(missing, answers, strict=True) if a)
            missing = [h for h in missing if h not in found]
            if not missing:
                return [Receipt.read(found[p.signed.hash]) for p in chunk]
            if time.monotonic() > deadline:
                raise TonneError.of(
                    "CHAIN_NOT_MINED",
                    missing=missing[0],
                    missing_count=len(missing),
                    receipt_seconds=RECEIPT_SECONDS,
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01 if self.kind != "other" else 1.0)
            if time.monotonic() > nudge:
                waiting = [p for p in chunk if p.signed.hash not in found]
                self._post_dropped(waiting)
                if self.kind == "anvil":
                    height = self._wake(waiting, height)
                nudge = time.monotonic() + patience

    def _post_dropped(self, waiting: Sequence[Pending]) -> None:
        """Posts again, as signed, transactions that the node took and no longer knows.

        Anvil, mining while a list arrives, may drop the transactions behind one it tried twice.
        """
        dropped = self._not_found(waiting)
        self.rpc.batch(("eth_sendRawTransaction", [p.signed.raw]) for p in dropped)

    def _wake(self, waiting: Sequence[Pending], height: int | None) -> int:
        """Has an Anvil make a block, where none come by themselves; `height` is that of the first call.

        What it took while it was mining the transaction before, it sets aside for good, and says that it
        knows it: its sender's are dropped, and ours posted again.
        """
        now = quantity(self.rpc.call("eth_blockNumber"), "eth_blockNumber")
        if height is not None and now - height >= PASSED_OVER:
            senders = sorted({p.sender.address for p in waiting})
            self.rpc.batch(("anvil_removePoolTransactions", [sender]) for sender in senders)
            self.rpc.batch(("eth_sendRawTransaction", [p.signed.raw]) for p in waiting)
            height = now
        if self.mining() is not Mining.AT_INTERVALS:
            self.rpc.call("evm_mine")  # by hand, or left switched off by a process that died
        return now if height is None else height

    def _explained(self, sent: Sequence[Pending], receipts: Sequence[Receipt]) -> list[Receipt]:
        """The receipts, those of refused transactions together with the reason, where none was expected.

        A trace takes a node as long as its whole block: it executes what stands there before.
        """
        pairs = list(zip(sent, receipts, strict=True))
        refused = [r.hash for p, r in pairs if not (r.ok or p.refusal_expected)]
        traces = dict(zip(refused, self._traces(refused), strict=True))
        explained = []
        for pending, receipt in pairs:
            if receipt.hash in traces:
                data = traces[receipt.hash] or self._revert_data(pending, receipt)
                error = self.errors.error(data, pending.what, receipt.hash)
                receipt = replace(receipt, error=error)
            explained.append(receipt)
        return explained

    def _traces(self, hashes: Sequence[str]) -> list[str | None]:
        """What refused transactions answered, where the node traces."""
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        asked = [("debug_traceTransaction", [h, tracer]) for h in hashes]
        try:
            answers = self.rpc.batch(asked, READ_BATCH)
        except TonneError:
            return [None] * len(hashes)
        found: list[str | None] = []
        for trace in answers:
            output = None
            if isinstance(trace, dict):
                output = trace.get("output") or trace.get("returnValue")
            if output and output != "0x":
                found.append(output if output.startswith("0x") else "0x" + output)
            else:
                found.append(None)
        return found

    def _revert_data(self, pending: Pending, receipt: Receipt) -> str | None:
        """The same by a repetition of the call, on a node that does not trace."""
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

    For the time of a large sending it switches off mining at every transaction. A chain that mines at an
    interval is left as it is: its blocks come by themselves, and to switch would end the interval for good.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._mining: Mining | None = None

    def start(self) -> None:
        if self._mining is None and self._sender.kind == "anvil":
            self._mining = self._sender.mining()
            if self._mining is Mining.AUTOMATIC:
                self._sender.rpc.call("evm_setAutomine", False)

    def mine(self) -> bool:
        """Makes a block of what was posted, unless blocks come by themselves."""
        by_hand = self._mining in (Mining.AUTOMATIC, Mining.BY_HAND)
        if by_hand:
            self._sender.rpc.call("evm_mine")
        return by_hand

    def __enter__(self) -> _BigBlocks:
        return self

    def __exit__(self, *_: object) -> None:
        if self._mining is Mining.AUTOMATIC:
            # This mines what others sent in the meantime, too. To ask for a block here would make an empty
            # one, which costs as much as a full one: Anvil reckons and keeps the whole state at each.
            self._sender.rpc.call("evm_setAutomine", True)


def _chunks(items: Iterable[Pending], size: int) -> Iterator[list[Pending]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
