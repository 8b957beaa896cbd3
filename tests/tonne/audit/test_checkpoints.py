"""Mirrors of a real small market: equal where the market is, and at odds from the first log that is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tonne.audit import checkpoints, reconcile
from tonne.audit.checkpoints import AuditCheckpoint
from tonne.audit.mirror import Mirror
from tonne.audit.store import exports
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.crypto.accounts import Account
from tonne.errors import TonneError

ONE, OTHER = Account.from_seed("auditor one"), Account.from_seed("auditor two")


@pytest.fixture
def mirror(town, tmp_path):
    """Mirrors by name, each with its own store and key."""
    stores = []

    def make(name, signer=ONE):
        stores.append(Store(tmp_path / f"{name}.duckdb"))
        return Mirror(town.chain, 0, stores[-1], Trust(store=stores[-1]), signer), stores[-1]

    yield make
    for store in stores:
        store.close()


def act(town, amount):
    wallet = town.market.people["north"]
    town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, amount)


def place(town):
    return town.chain.chain_id, town.chain["AuditCheckpoints"].address


def test_a_mirror_signs_each_new_block_and_an_audit_has_the_same_digest(town, mirror):
    one, _ = mirror("one")
    first = one.step()
    assert first.faults == [] and one.step() is None
    act(town, 5)
    second = one.step()
    assert second.checkpoint.block > first.checkpoint.block
    assert second.checkpoint.state != first.checkpoint.state
    assert second.checkpoint.state == reconcile.audit(town.chain).state


def test_a_mirror_goes_with_a_reorganisation(town, mirror):
    one, _ = mirror("one")
    mark = town.chain.snapshot()
    act(town, 5)
    before = one.step().checkpoint
    town.chain.revert(mark)
    act(town, 6)
    after = one.step().checkpoint
    assert before.block == after.block and before.state != after.state
    assert after.state == reconcile.audit(town.chain).state


def test_two_mirrors_agree_and_a_checkpoint_of_another_state_is_an_alarm(town, mirror, tmp_path):
    one, store = mirror("one")
    other, _ = mirror("other", OTHER)
    ours, theirs = one.step().checkpoint, other.step().checkpoint
    assert checkpoints.disagreement(store, theirs, ours.state) is None
    assert (ours.history, ours.state) == (theirs.history, theirs.state)
    for name, what in (("state", "state"), ("history", "history"), ("blockHash", "block hash")):
        altered = "0x" * (name == "blockHash") + "11" * 32
        found = checkpoints.disagreement(store, replace(theirs, **{name: altered}), ours.state)
        assert (found.what, found.block, found.signer) == (what, theirs.block, OTHER.address)


def test_a_disagreement_names_the_span_since_the_last_checkpoint_that_agrees(town, mirror):
    """Per signer; where the logs are the same, it says that the programs differ."""
    one, store = mirror("one")
    other, _ = mirror("other", OTHER)
    shared = one.step().checkpoint
    agreeing = other.step().checkpoint
    for amount in (5, 6):
        act(town, amount)
    ours, theirs = one.step().checkpoint, other.step().checkpoint
    altered = replace(theirs, history="11" * 32)
    states = {shared.block: shared.state, ours.block: ours.state}

    (fault,) = checkpoints.disagreements(store, [altered, agreeing], states)
    assert fault.agreed == agreeing.block == ours.block - 2
    span = f"from block {agreeing.block + 1:,} to block {ours.block:,}"
    assert span in str(fault) and "--tables FOLDER" in str(fault)
    stranger = replace(agreeing, signer=ONE.address)
    ahead = replace(
        agreeing, block=ours.block + 1
    )  # nothing is known of it: it agrees with nothing
    (fault,) = checkpoints.disagreements(store, [stranger, ahead, altered], states)
    assert fault.agreed is None and "from the first block to" in str(fault)
    (fault,) = checkpoints.disagreements(store, [replace(theirs, state="11" * 32)], states)
    assert "Every log up to it is the same" in str(fault) and "--tables" not in str(fault)


def test_only_what_its_signer_signed_for_this_market_is_read(town, mirror, tmp_path):
    one, _ = mirror("one")
    signed = one.step().checkpoint
    path = tmp_path / "signed.jsonl"
    path.write_text(signed.line() + "\n")
    assert list(checkpoints.read(path, town.chain)) == [signed]
    for change in (
        {"state": "11" * 32},
        {"history": "11" * 32},
        {"block": 1},
        {"signer": OTHER.address},
        {"chain": 1},
        {"signature": "0x12"},
        {"contract": ONE.address},
        {"blockHash": None},
    ):
        path.write_text(json.dumps({**json.loads(signed.line()), **change}))
        with pytest.raises(TonneError) as refused:
            list(checkpoints.read(path, town.chain))
        assert refused.value.code == "CHECKPOINT_FALSE", change


@pytest.mark.parametrize("form", list(exports.Format))
def test_the_first_block_and_log_that_differ_are_named(town, mirror, tmp_path, form):
    one, store = mirror("one")
    mark = town.chain.snapshot()
    act(town, 5)
    other, their_store = mirror("other", OTHER)
    other.step()
    town.chain.revert(mark)
    same = town.chain.block_number()
    act(town, 6)
    act(town, 7)
    one.step()
    folder = tmp_path / "theirs"
    exports.write(their_store, exports.tables(["blocks", "events"]), folder, form)
    found = checkpoints.first_difference(store, folder)
    assert found["block"] > same and found["place"] == 0 and found["ours"] != found["theirs"]

    exports.write(store, exports.tables(["blocks", "events"]), folder, form)
    assert checkpoints.first_difference(store, folder) is None


def test_a_log_that_another_store_lost_is_named(town, mirror, tmp_path):
    one, store = mirror("one")
    one.step()
    folder = tmp_path / "theirs"
    exports.write(store, exports.tables(["blocks", "events"]), folder, exports.Format.jsonl)
    rows = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    lost = rows[len(rows) // 2]
    kept = [row for row in rows if row is not lost]
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, kept)))
    blocks = [json.loads(line) for line in (folder / "blocks.jsonl").read_text().splitlines()]
    for block in blocks:
        if block["number"] >= lost["block"]:
            block["digest"] = "00" * 32
    (folder / "blocks.jsonl").write_text("\n".join(map(json.dumps, blocks)))
    found = checkpoints.first_difference(store, folder)
    assert (found["block"], found["place"], found["theirs"]) == (lost["block"], lost["place"], None)


def test_the_chain_keeps_checkpoints_of_participants_and_tells_where_two_differ(town, mirror):
    """A checkpoint on chain is told by its event; another state of the same block raises the alarm."""
    north, east = town.market.people["north"], town.market.people["east"]
    one, store = mirror("one", north)
    ours = one.step().checkpoint
    town.chain.send(town.market.people["trader"], "AuditCheckpoints", "keep", *ours.arguments())
    told = AuditCheckpoint(
        ours.block, bytes.fromhex(ours.blockHash[2:]), bytes.fromhex(ours.history), bytes(32)
    )
    false = checkpoints.sign(ours.chain, ours.contract, told, east)
    receipt = town.chain.send(east, "AuditCheckpoints", "keep", *false.arguments())
    assert [e.name for e in town.chain.events(receipt)] == ["CheckpointKept", "CheckpointsDiffer"]

    found = reconcile.audit(town.chain)
    assert found.differences == [] and found.compared["AuditCheckpoints"] > 2
    came = one.step()
    assert not came.events
    known = checkpoints.kept(store, ours.chain, ours.contract)
    found = checkpoints.disagreements(store, known, {ours.block: ours.state})
    assert len(known) == 2 and [fault.what for fault in found] == ["state"]


@pytest.mark.parametrize("name", ["CheckpointKept", "CheckpointsDiffer"])
def test_a_checkpoint_or_an_alarm_left_out_is_found(town, mirror, monkeypatch, name):
    test_the_chain_keeps_checkpoints_of_participants_and_tells_where_two_differ(town, mirror)
    real = reconcile.read

    def forged(*args):
        for blocks, events in real(*args):
            yield blocks, [at for at in events if at.event.name != name]

    monkeypatch.setattr(reconcile, "read", forged)
    found = reconcile.audit(town.chain)
    assert any(d.contract == "AuditCheckpoints" for d in found.differences)
