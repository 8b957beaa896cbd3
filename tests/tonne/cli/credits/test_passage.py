"""`tonne passage`: credits from one real chain to another and back; a thief is refused, or found."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from tests.conftest import Town
from tests.tonne.cli.credits.two_chains import (
    AUDITORS,
    HOLDER,
    KEEPER,
    LOCKED,
    OTHER_CHAIN,
    RECEIVER,
    Side,
    TwoChains,
    changed,
    runner,
)
from tests.tonne.units.retirements import claim
from tonne.audit import checkpoints
from tonne.audit.passages import lock, proof_file
from tonne.chain.client import Chain
from tonne.cli.core import session as sessions
from tonne.crypto.accounts import Account
from tonne.deployment import deployer as deploying
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.sandbox import node, seed_market
from tonne.types import unit_id
from tonne.units import passages, registry_extracts

REASON = b"\x07" * 32
#: Stretches of the registry TONNE, as the chains have them.
RETIRED, CANCELLED = 3, 4


@pytest.fixture(scope="module")
def _second(pack, period, unfounded, people, tmp_path_factory):
    """A second market of the same code and keys, on a chain of its own."""
    folder = tmp_path_factory.mktemp("second")
    start = seed_market.start_time(pack, period)
    with (
        node.start(timestamp=start, chain_id=OTHER_CHAIN) as running,
        Chain(running.url) as chain,
    ):
        deploying.deploy(chain, Account.from_seed("deployer"), unfounded, folder)
        market = seed_market.seed(chain, pack, period, people)
        yield running.url, folder, market


@pytest.fixture
def two(town: Town, _second, keystores, tmp_path, capsys, monkeypatch):
    """Both markets; set back after each test."""
    url, folder, market = _second
    secret = keystores / sessions.PASSPHRASE_FILE
    monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(secret))
    with Chain(url) as chain:
        mark = chain.snapshot()
        there = Side(chain, record.attach(chain, folder), folder, market)
        here = Side(town.chain, town.deployment, town.folder, town.market)
        # Contracts have the same addresses on both: only the chain's number tells them apart.
        names = ("OffsetCredits", "Immobilisation")
        assert all(here.chain[n].address == chain[n].address for n in names)
        yield TwoChains(here, there, tmp_path, runner(capsys, keystores))
        chain.revert(mark)


def sound(two, side):
    """The audit of one chain finds nothing; its store."""
    store = two.file("audit.duckdb")
    found = two.run(side, "audit", "run", "--store", store)
    assert found["sound"] and found["differences"] == []
    return store


def checkpoint(two, side):
    """A checkpoint that a real mirror signed."""
    signed, store = two.file("mirror.jsonl"), two.file("mirror.duckdb")
    arguments = ("mirror", "run", signed, "--once", "--store", store)
    side.mine()
    two.run(side, *arguments, who="auditor")
    return signed


# From end to end


def test_credits_are_locked_here_traded_and_retired_there_and_settled_here(two):
    here, there = two.here, two.there
    supply = here.chain.call("OffsetCredits", "totalSupply", here.market.credit)
    before = here.balance(HOLDER, here.market.credit)
    found = two.brought()
    assert there.balance(RECEIVER, found.unit) == LOCKED
    assert here.balance(HOLDER, here.market.credit) == before - LOCKED
    # It is bought and sold there, and some of it retired.
    parties = (there.wallet(RECEIVER), there.wallet("trader"))
    there.send(RECEIVER, "OffsetCredits", "safeTransferFrom", *parties, found.unit, 150, b"")
    receipt = there.send("trader", "RetirementRegistry", "retire", found.unit, 120, claim())
    number = next(e for e in there.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]
    proof = two.proof(there, "--certificate", number)

    told = two.run(here, "passage", "settle", proof, found.there, who="authority")

    (serial,) = told["serials"]
    assert (told["retired"], told["givenBack"]) == (120, 0)
    block = passages.parsed(serial)
    assert (block.first, block.last) == (1, 120)
    (use,) = two.run(here, "offsets", "show", serial, "--registry", "TONNE")["stretches"]
    assert (use["first"], use["last"], use["is"]) == (1, 120, "retired")
    # It stays locked for good: nobody has it here, and it is on record once.
    assert here.balance(KEEPER, here.market.credit) == LOCKED
    assert here.chain.call("OffsetCredits", "totalSupply", here.market.credit) == supply
    again = two.run(here, "passage", "settle", proof, found.there, who="authority", status=1)
    assert again["code"] == "PASSAGE_ENDED"
    stores = [sound(two, side) for side in (here, there)]
    compared = two.run(None, "passage", "compare", *stores)
    assert compared["findings"] == [] and len(compared["deployments"]) == 2


def test_credits_that_come_back_are_alive_here_alone(two):
    here, there = two.here, two.there
    unit = here.market.credit
    found = two.brought()
    two.run(there, "offsets", "release", found.batch, 250, who=RECEIVER)
    closed = two.run(there, "passage", "close", 1, who="authority")
    assert (closed["tonnes"], closed["receiver"]) == (250, there.wallet(RECEIVER))
    proof = two.proof(there, *closed["serials"])
    before = here.balance(RECEIVER, unit)

    told = two.run(here, "passage", "settle", proof, found.there, who="authority")

    assert (told["givenBack"], told["retired"]) == (250, 0)
    assert here.balance(RECEIVER, unit) == before + 250
    assert here.balance(KEEPER, unit) == there.balance(RECEIVER, found.unit) == LOCKED - 250
    held = here.chain.call("OffsetCredits", "getFrozenTokens", here.wallet(KEEPER), unit)
    assert held == passages.HELD  # what comes next is frozen too
    again = two.run(here, "passage", "settle", proof, found.there, who="authority", status=1)
    assert again["code"] == "PASSAGE_ENDED"
    assert two.admit(found.proof, found.here, found.batch, status=1)["code"] == "PASSAGE_ENDED"
    assert two.findings() == []


def test_a_mirrors_checkpoint_carries_a_proof(two, keystores):
    from tonne.crypto import keystore

    keystore.write(keystores / "auditor.json", AUDITORS[0], "x", keystore.WEAK)
    here, there = two.introduce()
    locked = two.lock(there)
    path, signed = two.file("proof.json"), checkpoint(two, two.here)
    two.run(two.here, "passage", "prove", path, locked["serial"], "--checkpoints", signed)
    batch = two.open(locked["account"])
    assert two.admit(path, here, batch)["tonnes"] == LOCKED


def test_what_is_refused_there_goes_back(two):
    here, there = two.introduce()
    locked = two.lock(there)
    proof = two.proof(two.here, locked["serial"])
    two.run(two.there, "passage", "refuse", proof, here, who="authority")
    batch = two.open(locked["account"])
    assert two.admit(proof, here, batch, status=1)["code"] == "PASSAGE_ENDED"
    before = two.here.balance(HOLDER, two.here.market.credit)
    ended = two.proof(two.there, locked["serial"])
    two.run(two.here, "passage", "settle", ended, there, who="authority")
    assert two.here.balance(HOLDER, two.here.market.credit) == before + LOCKED
    assert two.findings() == []


def test_a_close_that_stopped_halfway_is_finished(two):
    """Units that were released by the ordinary command are barred and told by the same one."""
    found = two.brought()
    two.run(two.there, "offsets", "release", found.batch, LOCKED, who=RECEIVER)
    two.run(two.there, "offsets", "finalise", 1, "--evidence", "x", who="authority")
    assert two.admit(found.proof, found.here, found.batch, status=1)["code"] == "PASSAGE_KNOWN"
    assert two.run(two.there, "passage", "close", 1, who="authority")["tonnes"] == LOCKED
    again = two.run(two.there, "passage", "close", 1, who="authority", status=1)
    assert again["code"] == "PASSAGE_ENDED"
    assert two.findings() == []


# What a thief brings to the other chain


def first_log(told):
    """The log of the lock in a proof."""
    return next(log for receipt in told["receipts"] for log in receipt["logs"])


def swap_receiver(told):
    """The transaction with another receiver, its last word: the thief."""
    tx = told["block"]["transactions"][0]
    tx["input"] = tx["input"][:-40] + "ab" * 20


FORGERIES = {
    "more tonnes in the receipt": lambda t: first_log(t).update(
        data=first_log(t)["data"][:-4] + "ffff"
    ),
    "a receipt left out": lambda t: t["receipts"].pop(),
    "another receiver in the transaction": swap_receiver,
    "a header left out": lambda t: t["headers"].pop(0),
    "a header of another state": lambda t: t["headers"][-1].update(stateRoot="0x" + "11" * 32),
    "another block": lambda t: t["block"].update(receiptsRoot="0x" + "11" * 32),
    "more in the passage account": lambda t: t["storage"]["storageProof"][0].update(proof=[]),
    "another serial number": lambda t: t.update(
        serials=[t["serials"][0].replace(f"-1-{LOCKED}", f"-1-{10 * LOCKED}")]
    ),
    "another log": lambda t: t.update(
        serials=["-".join((*t["serials"][0].split("-")[:6], "7", "1", str(LOCKED)))]
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_proof_is_refused(two, forgery):
    here, there = two.introduce()
    locked = two.lock(there)
    two.here.mine()
    two.here.mine()
    proof = two.proof(two.here, locked["serial"])
    batch = two.open(locked["account"])
    false = changed(proof, FORGERIES[forgery])
    assert two.admit(false, here, batch, status=1)["code"] == "PASSAGE_REFUTED"
    two.admit(proof, here, batch)


def test_an_invented_log_of_a_transfer_that_failed_is_refused(two):
    """The transaction is in its block, signed and all: it ran out of gas, and moved nothing."""
    here, there = two.introduce()
    locked = two.lock(there)
    batch, chain, people = two.open(locked["account"]), two.here.chain, two.here.market.people
    unit, account = two.here.market.credit, two.here.wallet(KEEPER)
    data = passages.lock_data(
        OTHER_CHAIN, two.there.chain["Immobilisation"].address, two.there.wallet("trader")
    )
    args = (people[HOLDER], account, unit, 100, data)
    call = ("OffsetCredits", "safeTransferFrom", *args)
    failed = chain.send(people[HOLDER], *call, gas=40_000, check=False)
    assert not failed.ok
    tag = passages.tag_of(chain["OffsetCredits"].address)
    at = passages.LockPlace(chain.chain_id, tag, unit, failed.block, 0)
    signed = list(checkpoints.read(two.sign(two.here), chain))
    path, stored = two.file("proof.json"), ("OffsetCredits", [lock.holding_slot(unit, account)])
    proof_file.write(path, chain, failed.block, signed, [at.serial(1, 100)], stored)
    (true,) = chain.rpc.call(
        "eth_getLogs",
        {
            "address": chain["OffsetCredits"].address,
            "fromBlock": hex(locked["block"]),
            "toBlock": hex(locked["block"]),
        },
    )

    def invent(told):
        (receipt,) = told["receipts"]
        place = {n: receipt[n] for n in ("blockHash", "blockNumber", "transactionHash")}
        value = true["data"][:-64] + f"{100:064x}"
        receipt["logs"] = [{**true, **place, "data": value, "transactionIndex": "0x0"}]

    assert two.admit(changed(path, invent), here, batch, status=1)["code"] == "PASSAGE_REFUTED"


def test_a_checkpoint_counts_by_enough_auditors_who_are_believed(two):
    here, there = two.introduce(quorum=2)
    locked = two.lock(there)
    batch = two.open(locked["account"])
    stranger = Account.from_seed("a stranger")
    for signers in (AUDITORS[:1], (AUDITORS[0], AUDITORS[0]), (AUDITORS[0], stranger)):
        proof = two.proof(two.here, locked["serial"], signers=signers)
        assert two.admit(proof, here, batch, status=1)["code"] == "PASSAGE_UNVOUCHED"
    two.admit(two.proof(two.here, locked["serial"], signers=AUDITORS), here, batch)


def test_a_checkpoint_of_another_block_or_market_vouches_for_nothing(two):
    here, there = two.introduce()
    early = two.sign(two.here)
    locked = two.lock(there)
    batch = two.open(locked["account"])
    proof = two.proof(two.here, locked["serial"])
    other_market = two.sign(two.here, contract="OffsetCredits")
    for lines in (early, other_market):
        signed = [json.loads(line) for line in lines.read_text().splitlines()]
        false = changed(proof, lambda t, s=signed: t.update(checkpoints=s))
        assert two.admit(false, here, batch, status=1)["code"] == "PASSAGE_UNVOUCHED"
    arguments = ("passage", "prove", two.file("x"), locked["serial"], "--checkpoints", early)
    assert two.run(two.here, *arguments, status=1)["code"] == "PASSAGE_NO_CHECKPOINT"


def test_a_checkpoint_is_near_its_lock(two, monkeypatch):
    _, there = two.introduce()
    locked = two.lock(there)
    two.here.mine()
    monkeypatch.setattr(proof_file, "MOST_HEADERS", 0)
    arguments = ("passage", "prove", two.file("x"), locked["serial"])
    signed = two.sign(two.here)
    refused = two.run(two.here, *arguments, "--checkpoints", signed, status=1)
    assert refused["code"] == "PASSAGE_CHECKPOINT_FAR"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 2}', "\x00"])
def test_what_is_no_proof_is_refused(two, text):
    here, _ = two.introduce()
    path = two.file("proof.json")
    path.write_text(text)
    assert two.admit(path, here, 1, status=1)["code"] == "PASSAGE_UNREADABLE"


def test_a_lock_counts_on_the_chain_that_its_holder_named(two):
    here, there = two.introduce()
    locked = two.lock(there)
    proof = two.proof(two.here, locked["serial"])
    assert two.admit(proof, there, 1, status=1)["code"] == "PASSAGE_OTHER_ORIGIN"
    # A third deployment, whether on another chain or at another address of this one.
    origin = passages.Counterpart.load(here)
    credits_ = two.there.chain["OffsetCredits"]
    proven = proof_file.read(proof, origin)
    own = (OTHER_CHAIN, two.there.chain["Immobilisation"].address)
    assert lock.read(proven, origin, own, credits_).amount == LOCKED
    for third in ((31_339, own[1]), (OTHER_CHAIN, credits_.address)):
        with pytest.raises(TonneError, match="PASSAGE_OTHER_DESTINATION"):
            lock.read(proven, origin, third, credits_)
    # Nor one that somebody else signed, or the data of another transfer.
    (tx,) = proven.transactions
    thief = two.there.wallet("trader")
    more = tx["input"].replace(f"{LOCKED:064x}", f"{2 * LOCKED:064x}")
    for false in (
        replace(proven, senders=[thief]),
        replace(proven, transactions=[{**tx, "to": thief}]),
        replace(proven, transactions=[{**tx, "input": more}]),
        replace(proven, transactions=[{**tx, "input": "0xa22cb465" + tx["input"][10:]}]),
    ):
        with pytest.raises(TonneError, match="PASSAGE_REFUTED"):
            lock.read(false, origin, own, credits_)


def test_a_transfer_without_a_destination_is_no_lock(two):
    _, there = two.introduce()
    two.lock(there)
    account, unit = two.here.wallet(KEEPER), two.here.market.credit
    holder = two.here.wallet(HOLDER)
    args = (holder, account, unit, 10, b"")
    receipt = two.here.send(HOLDER, "OffsetCredits", "safeTransferFrom", *args)
    tag = passages.tag_of(two.here.chain["OffsetCredits"].address)
    at = passages.LockPlace(two.here.chain.chain_id, tag, unit, receipt.block, 0)
    error = two.run(
        two.here, "passage", "prove", two.file("x"), at.serial(1, 10),
        "--checkpoints", two.sign(two.here), status=1,
    )  # fmt: skip
    assert error["code"] == "PASSAGE_NO_LOCK"


def test_a_lock_comes_once(two):
    found = two.brought()
    assert two.admit(found.proof, found.here, found.batch, status=1)["code"] == "PASSAGE_KNOWN"
    # Nor past the command: the contract knows the numbers.
    block = found.block
    lodging = (found.unit, block.issuance, 1, LOCKED, block.raw, REASON)
    with pytest.raises(TonneError, match="INTERVALS_OVERLAP"):
        two.there.immobilise(lodging, RECEIVER)


def test_what_is_not_frozen_is_not_locked(two):
    here, there = two.introduce()
    locked = two.lock(there)
    unit, account = two.here.market.credit, two.here.wallet(KEEPER)
    two.here.send("authority", "OffsetCredits", "freezeByOrder", account, unit, LOCKED - 1, REASON)
    proof = two.proof(two.here, locked["serial"])
    batch = two.open(locked["account"])
    assert two.admit(proof, here, batch, status=1)["code"] == "PASSAGE_NOT_HELD"
    refused = two.run(
        two.here, "passage", "lock", hex(unit), 5, there,
        "--account", account, "--receiver", account, who=HOLDER, status=1,
    )  # fmt: skip
    assert refused["code"] == "PASSAGE_NOT_HELD"
    # Nor what has left the account by the checkpoint.
    moved = (account, two.here.wallet("trader"), unit, LOCKED, REASON)
    two.here.send("authority", "OffsetCredits", "forcedTransferByOrder", *moved)
    proof = two.proof(two.here, locked["serial"])
    assert two.admit(proof, here, batch, status=1)["code"] == "PASSAGE_NOT_HELD"


def test_a_wallet_that_signs_no_transfers_locks_nothing(two):
    _, there = two.introduce()
    here, unit = two.here, two.here.market.credit
    marked = hex(unit + unit_id.AUTHORISED)
    account = here.wallet(KEEPER)
    two.run(here, "passage", "hold", hex(unit), account, who="authority")
    here.chain.rpc.call("anvil_setCode", here.wallet(HOLDER), "0x00")
    for which, code in ((hex(unit), "PASSAGE_BY_CONTRACT"), (marked, "PASSAGE_MARKED")):
        refused = two.run(
            here, "passage", "lock", which, 5, there,
            "--account", account, "--receiver", account, who=HOLDER, status=1,
        )  # fmt: skip
        assert refused["code"] == code


def test_a_second_lock_of_units_that_were_let_go_is_not_covered(two):
    """The other chain moves the first lock's units out, and a friend locks them again."""
    found = two.brought()
    unit, account = two.here.market.credit, two.here.wallet(KEEPER)
    args = (account, two.here.wallet("trader"), unit, LOCKED, REASON)
    two.here.send("authority", "OffsetCredits", "forcedTransferByOrder", *args)
    assert two.findings() == ["PASSAGE_ALIVE_IN_BOTH", "PASSAGE_UNRECORDED"]
    again = two.lock(found.there)
    proof = two.proof(two.here, again["serial"])
    assert two.admit(proof, found.here, found.batch, status=1)["code"] == "PASSAGE_UNCOVERED"


def test_a_lock_of_a_reorganised_chain_proves_nothing(two):
    here, there = two.introduce()
    earlier = two.lock(there)
    mark = two.here.chain.snapshot()
    locked = two.lock(there)
    proof = two.proof(two.here, locked["serial"])
    two.here.chain.revert(mark)
    for _ in range(4):
        two.here.mine()
    signed = [json.loads(line) for line in two.sign(two.here).read_text().splitlines()]
    batch = two.open(locked["account"])
    false = changed(proof, lambda t: t.update(checkpoints=signed))
    assert two.admit(false, here, batch, status=1)["code"] == "PASSAGE_UNVOUCHED"
    # Nor does a header of the new chain follow the old block.
    number = int(json.loads(proof.read_text())["block"]["number"], 16)
    rpc, last = two.here.chain.rpc, two.here.chain.block_number()
    new = [rpc.call("eth_getBlockByNumber", hex(n), False) for n in range(number + 1, last + 1)]
    assert new
    # The account has as much there: units of an earlier lock.
    now = json.loads(two.proof(two.here, earlier["serial"]).read_text())["storage"]
    parts = {"checkpoints": signed, "headers": new, "storage": now}
    false = changed(proof, lambda t: t.update(parts))
    assert two.admit(false, here, batch, status=1)["code"] == "PASSAGE_REFUTED"
    # Where auditors had signed a block that was then replaced, the comparison finds what it brought.
    two.admit(proof, here, batch)
    assert two.findings() == ["PASSAGE_WITHOUT_LOCK"]


def test_units_of_another_deployment_never_come_by_word_alone(two):
    found = two.brought()
    extract = two.file("extract.csv")
    row = {
        **dict.fromkeys(registry_extracts.COLUMNS, ""), "registry": "TONNE", "event": "issuance",
        "date": "2021-01-02", "country": "China", "vintage_start": "2020-01-01", "quantity_t": "5",
        "vintage_end": "2020-12-31", "project_id": "1", "project_type": "Wind",
        "serial": found.locked["serial"].replace(f"-1-{LOCKED}", "-1-5"),
    }  # fmt: skip
    with extract.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, registry_extracts.COLUMNS)
        writer.writeheader()
        writer.writerow(row)
    to = ("--to", two.there.wallet("trader"))
    told = two.run(two.there, "offsets", "import", extract, *to, who="authority")
    assert [answer["code"] for answer in told["answers"]] == ["PASSAGE_BY_PROOF"]
    serial = found.locked["serial"].replace(f"-1-{LOCKED}", "-1-5")
    arguments = ("offsets", "request", found.batch, serial, "--evidence", "my word")
    refused = two.run(two.there, *arguments, who="trader", status=1)
    assert refused["code"] == "PASSAGE_BY_PROOF"


def test_a_batch_is_of_one_passage_account(two):
    here, there = two.introduce()
    locked = two.lock(there)
    proof = two.proof(two.here, locked["serial"])
    other = two.open(locked["account"].replace(two.here.wallet(KEEPER), two.here.wallet("east")))
    assert two.admit(proof, here, other, status=1)["code"] == "PASSAGE_OTHER_BATCH"
    assert two.admit(proof, here, 9, status=1)["code"] == "PASSAGE_OTHER_BATCH"
    about = (
        "--project",
        1,
        "--vintage",
        2020,
        "--country",
        "China",
        "--account",
        locked["account"],
    )
    verra = two.run(two.there, "offsets", "open", "VERRA", *about, who="authority")["batch"]
    assert two.admit(proof, here, verra, status=1)["code"] == "PASSAGE_OTHER_REGISTRY"


def test_a_chain_without_the_registry_says_so(two):
    arguments = ("passage", "describe", two.file("x"), "--auditor", AUDITORS[0].address)
    assert two.run(two.here, *arguments, status=1)["code"] == "PASSAGE_REGISTRY"


# What a thief brings back


def test_only_the_chain_that_a_lock_is_for_ends_it(two):
    """Officers of one chain record as given up what was locked for a third one."""
    _, there = two.introduce()
    two.lock(there, 10)
    unit, account = two.here.market.credit, two.here.wallet(KEEPER)
    third = passages.lock_data(31_339, two.there.chain["Immobilisation"].address, account)
    args = (two.here.wallet(HOLDER), account, unit, LOCKED, third)
    receipt = two.here.send(HOLDER, "OffsetCredits", "safeTransferFrom", *args)
    tag = passages.tag_of(two.here.chain["OffsetCredits"].address)
    at = passages.LockPlace(two.here.chain.chain_id, tag, unit, receipt.block, 0)
    block = passages.parsed(at.serial(1, LOCKED))
    thief = two.there.wallet("trader")
    used = (block.issuance, 1, LOCKED, 0, CANCELLED, 0, block.raw, thief)
    two.there.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)
    proof = two.proof(two.there, block.raw)
    refused = two.run(two.here, "passage", "settle", proof, there, who="authority", status=1)
    assert refused["code"] == "PASSAGE_OTHER_LOCK"


def test_an_end_in_another_registry_is_none(two):
    """The same number barred under another name leaves it alive."""
    found = two.brought()
    chain = two.there.chain
    two.there.send(
        "authority", "Immobilisation", "addRegistry", 1, "OTHER", False, 2**32 - 1, REASON
    )
    number = chain.call("Immobilisation", "registryCount") + 1
    thief = two.there.wallet("trader")
    used = (found.block.issuance, 1, LOCKED, 0, CANCELLED, 0, found.block.raw, thief)
    two.there.send("authority", "Immobilisation", "recordUsed", 1, number, [used], REASON)
    proof = two.proof(two.there, found.block.raw)
    refused = two.run(two.here, "passage", "settle", proof, found.there, who="authority", status=1)
    assert refused["code"] == "PASSAGE_REFUTED"


def test_what_lives_there_is_not_given_up(two):
    """The contract does not take an end of what is alive: there is nothing to prove."""
    found = two.brought()
    used = (found.block.issuance, 1, LOCKED, 0, CANCELLED, 0, found.block.raw, "x")
    with pytest.raises(TonneError, match="INTERVALS_OVERLAP"):
        two.there.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)
    error = two.run(
        two.there, "passage", "prove", two.file("x"), found.block.raw,
        "--checkpoints", two.sign(two.there), status=1,
    )  # fmt: skip
    assert error["code"] == "PASSAGE_NOTHING"


def test_retired_units_do_not_come_back(two):
    found = two.brought()
    receipt = two.there.send(RECEIVER, "RetirementRegistry", "retire", found.unit, LOCKED, claim())
    number = two.there.chain.events(receipt)[-1].args.get("certificate") or 1
    proof = two.proof(two.there, "--certificate", number)
    false = changed(proof, lambda t: t["storage"]["storageProof"][0].update(proof=[]))
    refused = two.run(two.here, "passage", "settle", false, found.there, who="authority", status=1)
    assert refused["code"] == "PASSAGE_REFUTED"
    two.run(two.here, "passage", "settle", proof, found.there, who="authority")
    assert two.here.balance(KEEPER, two.here.market.credit) == LOCKED
    # And the contract refuses the other end.
    used = (found.block.issuance, 1, 5, 0, CANCELLED, 0, found.block.raw, "x")
    with pytest.raises(TonneError, match="INTERVALS_OVERLAP"):
        two.here.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)


def test_an_end_is_of_this_chains_locks_for_a_wallet_and_out_of_a_passage_account(two):
    _, there = two.introduce()
    locked = two.lock(there)
    block = passages.parsed(locked["serial"])
    used = (block.issuance, 1, 10, 0, CANCELLED, 0, passages.part(block, 1, 10).raw, "x")
    two.there.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)
    proof = two.proof(two.there, used[6])

    def settle(side, file):
        return two.run(side, "passage", "settle", file, there, who="authority", status=1)["code"]

    assert settle(two.here, proof) == "PASSAGE_NO_RECEIVER"
    assert settle(two.there, proof) == "PASSAGE_OTHER_LOCK"
    rest = passages.part(block, 11, LOCKED).raw
    used = (block.issuance, 11, LOCKED, 1, CANCELLED, 0, rest, two.here.wallet("trader"))
    two.there.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)
    proof = two.proof(two.there, rest)
    let_go(two, None)
    assert settle(two.here, proof) == "PASSAGE_NOT_HELD"
    several = ("passage", "prove", two.file("x"), passages.part(block, 1, 10).raw, rest)
    signed = two.sign(two.there)
    refused = two.run(two.there, *several, "--checkpoints", signed, status=1)
    assert refused["code"] == "PASSAGE_SEVERAL_BLOCKS"


# What auditors of both chains find


def record_cancelled(side, found):
    """An officer records all of the lock as cancelled, without a proof."""
    block, wallet = found.block, side.wallet("trader")
    used = (block.issuance, 1, LOCKED, 0, CANCELLED, 0, block.raw, wallet)
    side.send("authority", "Immobilisation", "recordUsed", 1, 2, [used], REASON)


def given_back_alone(two, found):
    """Recorded here as given back while it is alive there."""
    unit, account = two.here.market.credit, two.here.wallet(KEEPER)
    record_cancelled(two.here, found)
    args = (account, two.here.wallet("trader"), unit, LOCKED, REASON)
    two.here.send("authority", "OffsetCredits", "forcedTransferByOrder", *args)


def let_go(two, found):
    """The freeze is lifted, and its keeper may take the units."""
    args = (two.here.wallet(KEEPER), two.here.market.credit, 0, REASON)
    two.here.send("authority", "OffsetCredits", "freezeByOrder", *args)


def by_word(two, found):
    """An officer issues there what nobody locked."""
    raw = found.block.raw.rsplit("-", 3)[0] + f"-9-1-{LOCKED}"
    block = passages.parsed(raw)
    lodging = (found.unit, block.issuance, 1, LOCKED, raw, REASON)
    two.there.immobilise(lodging, RECEIVER)


def to_a_friend(two, found):
    """An officer there has the units given back to a friend."""
    two.run(two.there, "offsets", "release", found.batch, LOCKED, who=RECEIVER)
    two.run(two.there, "offsets", "finalise", 1, "--evidence", "x", who="authority")
    record_cancelled(two.there, found)


def again(two, found):
    """An officer issues once more what was released, before it is barred."""
    two.run(two.there, "offsets", "release", found.batch, LOCKED, who=RECEIVER)
    two.run(two.there, "offsets", "finalise", 1, "--evidence", "x", who="authority")
    lodging = (found.unit, found.block.issuance, 1, LOCKED, found.block.raw, REASON)
    two.there.immobilise(lodging, "trader")


def invalid(two, found):
    """The batch is declared invalid where it was issued, after some of it has come."""
    unit = two.here.market.credit
    two.here.send("authority", "BatchDesk", "setLocked", unit, True, REASON)
    two.here.send("authority", "BatchDesk", "invalidate", unit, REASON)


BREACHES = {
    given_back_alone: ["PASSAGE_ALIVE_IN_BOTH", "PASSAGE_ENDED_ALONE"],
    let_go: ["PASSAGE_NOT_HELD"],
    by_word: ["PASSAGE_ALIVE_IN_BOTH", "PASSAGE_WITHOUT_LOCK"],
    to_a_friend: ["PASSAGE_OTHER_RECEIVER"],
    again: ["PASSAGE_TWICE"],
    invalid: ["PASSAGE_INVALID_AT_HOME"],
}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
def test_what_officers_break_is_found(two, breach):
    found = two.brought()
    assert two.findings() == []
    breach(two, found)
    assert two.findings() == BREACHES[breach]


def test_a_batch_that_is_invalid_on_both_is_no_finding(two):
    found = two.brought()
    invalid(two, found)
    two.run(two.there, "offsets", "lock", found.unit, "--reason", "invalid there", who="authority")
    two.run(
        two.there, "offsets", "invalidate", found.unit, "--reason", "invalid there", who="authority"
    )
    assert two.findings() == []
