"""Whether a chain will do: asked of real nodes, and of answers spoilt one at a time."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.chain import suitability
from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable
from tonne.chain.suitability import Fitness
from tonne.sandbox import node

POOR = "0x" + "11" * 20


@pytest.fixture(scope="module")
def anvil():
    with node.start(hardfork="osaka") as running:
        yield running.url


class SpoiltRpc(Rpc):
    """A real node's answers, but for what `spoil` says of a method and its parameters."""

    def __init__(self, url, spoil):
        super().__init__(url, 10)
        self.spoil = spoil

    def call(self, method, *params):
        answer = self.spoil(method, params)
        return super().call(method, *params) if answer is None else answer

    def batch(self, requests_, size=500):
        asked = list(requests_)
        spoilt = self.spoil("batch", asked)
        return super().batch(asked, size) if spoilt is None else spoilt


def _refused(method, said="method not found"):
    raise RpcFailure(method, {"code": -32601, "message": said})


def _lacking(*names):
    return lambda method, params: _refused(method) if method in names else None


def _head(url, **changed):
    """The latest block with other fields; those of value None are left out."""
    block = Rpc(url).call("eth_getBlockByNumber", "latest", False) | changed
    block = {key: value for key, value in block.items() if value is not None}
    return lambda method, params: (
        block if method == "eth_getBlockByNumber" and params[0] == "latest" else None
    )


def _calls(answer):
    """Another answer to each `eth_call` that creates a contract, or says it refuses."""

    def spoil(method, params):
        if method != "eth_call" or "to" in params[0]:
            return None
        return answer if isinstance(answer, str) else _refused(method, answer[0])

    return spoil


def _short_stretches(method, params):
    if method == "eth_getLogs" and params[0]["fromBlock"] == "0x0" != params[0]["toBlock"]:
        _refused(method, "query exceeds max block range 1000")


def _cut(method, params):
    if method == "batch":
        raise RpcUnreachable("RPC_UNREADABLE", "Too large.", field="rpc", value="", remedy="")


def found(url, spoil=lambda method, params: None, payer=None):
    return {f.subject: f for f in suitability.aspects(SpoiltRpc(url, spoil), payer)}


@pytest.mark.parametrize(
    "options, limited",
    [
        ({}, {"proofs of storage"}),
        ({"hardfork": "osaka"}, {"proofs of storage"}),
        ({"kind": "ganache"}, {"receipts of a block"}),
    ],
)
def test_the_nodes_at_hand_will_do(options, limited):
    with node.start(**options) as running:
        answers = found(running.url, payer=None)
    assert {f.subject for f in answers.values() if f.verdict is Fitness.LIMITED} == limited
    assert suitability.verdict(list(answers.values())) is Fitness.LIMITED
    precompiled = "by the chain itself" in answers["P-256 signatures"].says
    assert precompiled == (options.get("hardfork") == "osaka")


CASES = {
    "small blocks": (lambda url: _head(url, gasLimit=hex(8_000_000)), "gas of a block", "unfit"),
    "middling blocks": (
        lambda url: _head(url, gasLimit=hex(12_000_000)),
        "gas of a block",
        "limited",
    ),
    "a clock that stands": (lambda url: _head(url, timestamp=hex(10**9)), "blocks", "limited"),
    "no head": (lambda url: _head(url, gasLimit=None), "gas of a block", "unfit"),
    "no creations": (lambda url: _calls("0x"), "instructions", "unfit"),
    "old rules": (lambda url: _calls(("invalid opcode: SHL",)), "instructions", "unfit"),
    "short code": (lambda url: _calls("0x00"), "size of code", "unfit"),
    "code refused": (lambda url: _calls(("max code size exceeded",)), "size of code", "unfit"),
    "mute refusals": (
        lambda url: _calls(("execution reverted",)),
        "reasons of refusals",
        "limited",
    ),
    "no estimates": (lambda url: _lacking("eth_estimateGas"), "estimates", "unfit"),
    "no count of the waiting": (
        lambda url: _lacking("eth_getTransactionCount"),
        "estimates",
        "unfit",
    ),
    "no logs": (lambda url: _lacking("eth_getLogs"), "events", "unfit"),
    "no batches": (lambda url: _cut, "many questions at once", "unfit"),
    "no price": (lambda url: _lacking("eth_gasPrice"), "fees", "unfit"),
    "no final block": (
        lambda url: lambda method, params: _refused(method) if "finalized" in params else None,
        "finality",
        "limited",
    ),
    "no receipts of a block": (
        lambda url: _lacking("eth_getBlockReceipts"),
        "receipts of a block",
        "limited",
    ),
    "no past": (lambda url: _lacking("eth_getBalance"), "past states", "limited"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing_is_named(anvil, name):
    spoil, subject, verdict = CASES[name]
    sound, answers = found(anvil), found(anvil, spoil(anvil))
    assert sound[subject].verdict is Fitness.GOOD
    assert answers[subject].verdict == verdict
    assert len(answers) == len(sound)


def test_short_stretches_of_events_are_a_limit():
    with node.start() as running:
        Rpc(running.url).call("anvil_mine", "0x2")
        assert found(running.url)["events"].verdict is Fitness.GOOD
        assert found(running.url, _short_stretches)["events"].verdict is Fitness.LIMITED


def _elsewhere(method, params):
    return "Geth/v1.13.15" if method == "web3_clientVersion" else None


def test_a_payer_without_coin_is_told_what_a_deployment_costs():
    with node.start(kind="ganache") as running:
        asked = found(running.url, _elsewhere, payer=POOR)["coin"]
        assert (
            asked.verdict is Fitness.UNFIT and f"{suitability.DEPLOYMENT_GAS:,} gas" in asked.says
        )
        given = found(running.url, payer=POOR)["coin"]
        assert (
            given.verdict is Fitness.GOOD and "A test chain gives each key its coin" in given.says
        )
        rich = Rpc(running.url).call("eth_accounts")[0]
        assert found(running.url, payer=rich)["coin"].verdict is Fitness.GOOD


def test_a_deployment_stays_within_the_figures(unfounded_market):
    chain = unfounded_market.chain
    blocks = chain.rpc.batch_or_raise(
        [
            ("eth_getBlockByNumber", [hex(n), True])
            for n in range(unfounded_market.deployment.first_block, chain.block_number() + 1)
        ]
    )
    sent = [tx for block in blocks for tx in block["transactions"] if tx["to"] is None]
    used = [r.gas_used for r in (chain.receipt(tx["hash"]) for tx in sent) if r is not None]
    assert len(used) > 40
    assert suitability.LARGEST_GAS * 9 // 10 < max(used) <= suitability.LARGEST_GAS
    assert suitability.DEPLOYMENT_GAS * 8 // 10 < sum(used) <= suitability.DEPLOYMENT_GAS


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "chain", *arguments])
    return ended.value.code or 0, capsys.readouterr()


def test_the_command_says_it_in_words_and_by_its_exit(anvil, capsys, monkeypatch):
    status, printed = run(capsys, "--rpc", anvil)
    assert status == 0 and "This chain will do, with the limits above." in printed.out
    monkeypatch.setattr(suitability, "LARGEST_GAS", 10**14)
    status, printed = run(capsys, "--rpc", anvil, "--json")
    assert status == 1 and json.loads(printed.out)["verdict"] == "unfit"
    status, printed = run(capsys, "--rpc", f"http://127.0.0.1:{node.free_port()}")
    assert status == 1 and "RPC_UNREACHABLE" in printed.err


def test_a_payer_that_is_no_address_is_told_before_the_chain_is_asked(capsys):
    silent = f"http://127.0.0.1:{node.free_port()}"
    status, printed = run(capsys, "--rpc", silent, "--payer", "0x1234")
    assert status == 1 and "ADDRESS_UNKNOWN" in printed.err and "payer: 0x1234" in printed.err


@pytest.mark.parametrize("case", CASES)
def test_the_command_gives_each_reason_why_a_chain_will_not_do(anvil, capsys, monkeypatch, case):
    make, subject, wanted = CASES[case]
    spoil = make(anvil)
    monkeypatch.setattr("tonne.chain.rpc.Rpc", lambda url, _: SpoiltRpc(url, spoil))
    status, printed = run(capsys, "--rpc", anvil, "--json")
    told = {each["subject"]: each for each in json.loads(printed.out)["aspects"]}
    assert told[subject]["verdict"] == wanted and told[subject]["says"].strip()
    assert status == int(any(each["verdict"] == "unfit" for each in told.values()))
    status, printed = run(capsys, "--rpc", anvil)
    assert ("This chain will not do" in printed.out) == bool(status)
