"""The chain client: batches, reasons for refusals, and no transaction lost or doubled."""

from __future__ import annotations

import threading
import time

import pytest

from tests.patience import HANGING_S
from tonne.chain.client import Account, Call, Chain, ChainError
from tonne.chain.rpc import Rpc, RpcUnreachable, masked
from tonne.errors import TonneError
from tonne.sandbox import node

#: Ten participants apply; small, and each transaction is told from the others by its sender.
SENDERS = [Account.from_seed("chain", i) for i in range(10)]


def _applications(chain, senders=SENDERS):
    return [
        Call(sender, chain["Participants"], "applyFor", (1, 11, bytes(32))) for sender in senders
    ]


def _applied(chain) -> list[str]:
    """Wallets that have applied, in the order of the chain."""
    return [event["wallet"] for event in chain.logs("Participants", "ApplicationFiled")]


def _count(chain) -> int:
    return len(_applied(chain))


def test_many_are_mined_in_order(deployed):
    chain = deployed.chain
    senders = [Account.from_seed("order", i) for i in range(150)]
    seen = []

    receipts = chain.send_many(_applications(chain, senders), on_progress=seen.append, batch=40)

    assert all(receipt.ok for receipt in receipts)
    assert _applied(chain) == [sender.address for sender in senders]
    assert sum(seen) == 150
    found = chain.call_many([("Participants", "applicationOf", (sender,)) for sender in senders])
    assert len(set(found)) == 1 and found[0] != bytes(32)


def test_automatic_mining_is_on_again_after_a_batch(deployed):
    deployed.chain.send_many(_applications(deployed.chain, SENDERS * 1))
    receipt = deployed.chain.send(
        SENDERS[0], "Participants", "addWallet", SENDERS[0], 1, check=False
    )

    assert deployed.chain.rpc.call("anvil_getAutomine") is True
    assert receipt.block


def test_a_batch_is_one_block_and_none_is_empty(deployed):
    chain = deployed.chain
    before = chain.block_number()

    chain.send_many(_applications(chain))

    assert chain.block_number() == before + 1


def test_what_others_send_during_a_batch_is_mined_with_its_end(deployed):
    chain = deployed.chain
    other = _applications(chain, [Account.from_seed("chain", "other")])[0].pending()
    chain.sender.sign([other])

    chain.send_many(
        _applications(chain),
        on_progress=lambda _: chain.rpc.call("eth_sendRawTransaction", other.signed.raw),
    )

    until = time.monotonic() + HANGING_S
    while chain.receipt(other.signed.hash) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert chain.receipt(other.signed.hash).ok


def test_a_time_set_for_the_next_block_makes_none_itself(deployed):
    chain = deployed.chain
    before, moment = chain.block_number(), chain.now() + 5_000

    chain.set_next_time(moment)
    assert chain.block_number() == before
    chain.send_many(_applications(chain))

    assert (chain.block_number(), chain.now()) == (before + 1, moment)


def test_the_same_call_makes_another_transaction_once_the_chain_was_set_back(deployed):
    """A node may still answer with the old one, which is gone, or with its receipt."""
    chain = deployed.chain
    mark = chain.snapshot()
    before = chain.send_many(_applications(chain))
    chain.revert(mark)

    after = chain.send_many(_applications(chain))

    assert _count(chain) == len(SENDERS)
    assert not {receipt.hash for receipt in before} & {receipt.hash for receipt in after}


def test_a_chain_is_set_back_once_its_pool_is_empty(deployed):
    """Else what was mined before is mined once more after it."""
    chain = deployed.chain
    who = Account.from_seed("tests", "pool")
    chain.fund([who])
    mark = chain.snapshot()
    chain.rpc.call("evm_setAutomine", False)
    chain.rpc.call("anvil_impersonateAccount", who.address)
    sent = {"from": who.address, "to": who.address, "gas": "0x5208", "gasPrice": "0x0"}
    chain.rpc.call("eth_sendTransaction", sent)
    mining = threading.Timer(0.3, lambda: _mine(chain.url))
    mining.start()
    try:
        chain.revert(mark)
    finally:
        mining.join()
        chain.rpc.call("evm_setAutomine", True)
    assert chain.rpc.call("eth_getTransactionCount", who.address, "latest") == "0x0"


def test_what_waits_for_a_nonce_does_not_outlive_the_chain_that_is_set_back(deployed):
    chain = deployed.chain
    mark = chain.snapshot()
    pending = _applications(chain)[0].pending()
    chain.sender._nonces[pending.sender.address_bytes] = 1
    chain.sender.sign([pending])
    chain.rpc.call("eth_sendRawTransaction", pending.signed.raw)
    assert chain.rpc.call("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    chain.revert(mark)
    assert chain.rpc.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def _mine(url):
    with Chain(url) as another:
        another.rpc.call("evm_mine")


def test_one_refused_in_many_is_explained_and_the_others_stand(deployed):
    chain = deployed.chain
    calls = _applications(chain)
    calls.insert(3, Call(SENDERS[0], chain["Participants"], "applyFor", (0, 11, bytes(32))))

    receipts = chain.send_many(calls, check=False)

    assert [receipt.ok for receipt in receipts] == [True] * 3 + [False] + [True] * 7
    assert receipts[3].error.code == "PARTICIPANTS_BAD_KINDS"
    assert _count(chain) == 10


def test_a_refusal_that_is_expected_is_not_traced(deployed, monkeypatch):
    chain = deployed.chain
    methods: list[str] = []
    batch = chain.rpc.batch

    def noted(requests, *args):
        asked = list(requests)
        methods.extend(method for method, _ in asked)
        return batch(asked, *args)

    monkeypatch.setattr(chain.rpc, "batch", noted)
    args = (chain["Participants"], "applyFor", (0, 11, bytes(32)))
    calls = [
        *_applications(chain, SENDERS[:1]),
        Call(SENDERS[1], *args, refusal_expected=True),
        Call(SENDERS[2], *args),
    ]
    receipts = chain.send_many(calls, check=False)
    assert [receipt.ok for receipt in receipts] == [True, False, False]
    assert receipts[1].error is None
    assert receipts[2].error.code == "PARTICIPANTS_BAD_KINDS"
    assert methods.count("debug_traceTransaction") == 1


def test_a_refusal_is_a_sentence_with_values_and_a_stable_code(deployed):
    with pytest.raises(ChainError) as refusal:
        deployed.chain.send(SENDERS[0], "Participants", "confirmWallet", 77)

    error = refusal.value
    assert error.code == "PARTICIPANTS_NOT_INVITED"
    assert error.revert.args["id"] == 77
    assert SENDERS[0].address in error.message
    assert error.message.endswith(".")
    assert error.field == "Participants.confirmWallet"


def test_a_refused_view_is_explained_too(deployed):
    with pytest.raises(ChainError) as refusal:
        deployed.chain.call("Schemes", "schemeInfo", 9)
    assert refusal.value.code == "SCHEMES_UNKNOWN"

    answers = deployed.chain.call_many(
        [("Schemes", "schemeInfo", (9,)), ("Participants", "participantCount", ())], check=False
    )
    assert [isinstance(a, ChainError) for a in answers] == [True, False]


def test_a_role_that_lacks_is_told_with_its_remedy(deployed):
    with pytest.raises(ChainError) as refusal:
        deployed.chain.send(SENDERS[0], "SettlementCurrency", "mint", SENDERS[0], 1)

    assert refusal.value.code == "ACCESS_MANAGED_UNAUTHORIZED"
    assert "role" in refusal.value.message
    assert "administrator" in refusal.value.remedy


@pytest.mark.parametrize("lost", ["before it arrived", "after it arrived"])
def test_a_lost_answer_neither_loses_nor_doubles(deployed, monkeypatch, lost):
    chain = deployed.chain
    real, failures = Rpc.batch, [1, 1]

    def flaky(self, requests, size=500):
        asked = list(requests)
        if failures and asked and asked[0][0] == "eth_sendRawTransaction":
            failures.pop()
            if lost == "after it arrived":
                real(self, asked, size)
            raise RpcUnreachable("RPC_UNREACHABLE", "gone")
        return real(self, asked, size)

    monkeypatch.setattr(Rpc, "batch", flaky)
    receipts = chain.send_many(_applications(chain))

    assert all(receipt.ok for receipt in receipts)
    assert _count(chain) == 10


def test_a_nonce_used_by_another_program_is_replaced(deployed):
    chain, other = deployed.chain, Chain(deployed.chain.url)
    sender = SENDERS[0]
    chain.send(sender, "Participants", "applyFor", 1, 11, bytes(32))
    other.add(chain["Participants"])
    other.send(sender, "Participants", "applyFor", 2, 11, bytes(32))

    receipt = chain.send(sender, "Participants", "applyFor", 3, 11, bytes(32))

    assert receipt.ok
    assert chain.rpc.call("eth_getTransactionCount", sender.address, "latest") == "0x3"


def test_a_nonce_for_which_another_transaction_waits_is_replaced(deployed):
    chain, other = deployed.chain, Chain(deployed.chain.url)
    sender = SENDERS[0]
    chain.send(sender, "Participants", "applyFor", 1, 11, bytes(32))
    other.add(chain["Participants"])
    waiting = Call(sender, chain["Participants"], "applyFor", (2, 11, bytes(32))).pending()
    other.sender.sign([waiting])
    chain.rpc.call("evm_setAutomine", False)
    other.rpc.call("eth_sendRawTransaction", waiting.signed.raw)

    receipt = chain.send(sender, "Participants", "applyFor", 3, 11, bytes(32))
    chain.rpc.call("evm_setAutomine", True)

    assert receipt.ok
    assert other.receipt(waiting.signed.hash).ok
    assert chain.rpc.call("eth_getTransactionCount", sender.address, "latest") == "0x3"


def test_what_the_node_dropped_is_sent_again_as_it_was_signed(deployed, monkeypatch):
    chain = deployed.chain
    post, dropped = chain.sender._post, []

    def dropping(chunk):
        left = post(chunk)
        if not dropped:
            dropped.append(chunk[3].signed.hash)
            chain.rpc.call("anvil_dropTransaction", dropped[0])
        return left

    monkeypatch.setattr(chain.sender, "_post", dropping)
    monkeypatch.setattr("tonne.chain.sender.RECEIPT_SECONDS", 10)
    receipts = chain.send_many(_applications(chain))

    assert dropped[0] == receipts[3].hash
    assert all(receipt.ok for receipt in receipts)
    assert _count(chain) == 10


def test_what_the_node_has_set_aside_is_posted_again_as_it_was_signed(deployed, monkeypatch):
    """It waits for a nonce that was consumed behind the pool's back, as by a block in the making."""
    chain = deployed.chain
    pending = _applications(chain)[0].pending()
    chain.sender._nonces[pending.sender.address_bytes] = 1
    chain.sender.sign([pending])
    chain.rpc.call("eth_sendRawTransaction", pending.signed.raw)
    chain.rpc.call("anvil_setNonce", pending.sender.address, "0x1")

    monkeypatch.setattr("tonne.chain.sender.RECEIPT_SECONDS", 10)
    (receipt,) = chain.sender.dispatch([pending])

    assert receipt.ok and receipt.hash == pending.signed.hash
    assert _count(chain) == 1


def test_a_transaction_already_known_is_not_sent_anew(deployed, monkeypatch):
    chain = deployed.chain
    sender = SENDERS[0]
    pending = _applications(chain)[0].pending()
    chain.sender.sign([pending])
    first = chain.sender.dispatch([pending])[0]

    again = chain.sender.dispatch([pending])[0]

    assert again.hash == first.hash
    assert _count(chain) == 1
    assert chain.rpc.call("eth_getTransactionCount", sender.address, "latest") == "0x1"


def test_single_questions_go_through_web3_which_repeats_none(chain):
    assert chain.w3.provider is chain.rpc.provider
    assert chain.rpc.provider.exception_retry_configuration is None
    assert chain.w3.eth.chain_id == int(chain.rpc.call("eth_chainId"), 16) == 31337


def test_arguments_are_taken_as_people_have_them(deployed):
    contract = deployed.chain["Schemes"]
    by_tuple = contract.encode("setPeriod", 1, 2, (2020, 2020, 2020, 1, 2, 3))
    names = "firstYear", "lastYear", "vintage", "reportDeadline", "determinationFrom"
    by_name = dict(zip((*names, "surrenderDeadline"), (2020, 2020, 2020, 1, 2, 3), strict=True))

    assert contract.encode("setPeriod", 1, 2, by_name) == by_tuple
    with pytest.raises(TypeError):
        contract.encode("setPeriod", 1, 2.0, by_name)
    with pytest.raises(TonneError) as refusal:
        contract.encode("noSuchFunction")
    assert refusal.value.code == "CONTRACT_NO_FUNCTION"


def test_events_are_decoded_by_name(deployed):
    chain = deployed.chain
    chain.send_many(_applications(chain))

    events = chain.logs("Participants", "ApplicationFiled")

    assert [event["wallet"] for event in events] == [sender.address for sender in SENDERS]
    assert events[0]["jurisdiction"] == 11


def test_an_unknown_node_and_a_secret_url(tmp_path):
    with pytest.raises(RpcUnreachable) as refusal:
        Chain(f"http://user:secret@127.0.0.1:{node.free_port()}/v3/key").block_number()
    assert "secret" not in str(refusal.value)
    assert "key" not in str(refusal.value)
    assert masked("https://u:p@host.example/v3/abc?x=1") == "https://host.example/…"


def test_an_undeployed_contract_is_named(chain):
    with pytest.raises(TonneError) as refusal:
        chain.call("Exchange", "marketCount")
    assert refusal.value.code == "CHAIN_NOT_DEPLOYED"


def test_time_only_moves_forward(chain):
    now = chain.now()
    assert chain.set_time(now + 100) == now + 100
    with pytest.raises(TonneError) as refusal:
        chain.set_time(now)
    assert refusal.value.code == "CLOCK_BACKWARDS"
    assert str(chain.now()) not in str(refusal.value) and " UTC" in str(refusal.value)


def test_every_custom_error_has_its_own_code(deployed):
    """Two errors with one selector would be one code for two reasons."""
    from tonne.chain.natspec import error_notices
    from tonne.chain.reverts import snake

    codes = {snake(name).upper() for name in deployed.chain.errors.names()}
    assert len(codes) == len(set(deployed.chain.errors.names()))
    assert {"ParticipantsUnknown", "SchemesUnknown"} <= set(error_notices())


@pytest.mark.parametrize("kind", ["anvil", "ganache"])
def test_order_between_senders_is_kept(kind, settings, tmp_path):
    from tonne.deployment import deployer as deploying

    with node.start(kind=kind) as running, Chain(running.url) as chain:
        deploying.deploy(chain, Account.from_seed("deployer"), settings, tmp_path)
        chain.fund(SENDERS)
        receipts = chain.send_many(_applications(chain))

        assert all(receipt.ok for receipt in receipts)
        assert _applied(chain) == [sender.address for sender in SENDERS]
        refused = chain.send(SENDERS[0], "Participants", "confirmWallet", 77, check=False)
        assert refused.error.code == "PARTICIPANTS_NOT_INVITED"
