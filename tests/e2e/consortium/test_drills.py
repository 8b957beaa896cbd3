"""A market on four validators, some of which are killed, parted, wiped or lie in the middle of a period.

One network, one market: each test goes on where the one before it ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.consortium import liar, today
from tests.e2e.consortium.drill import FINAL, PASSPHRASE, Drill, oracle_key
from tests.e2e.consortium.wall_clock import SURRENDERED, WallClockPeriod
from tests.oracles.emissions.desk import Desk
from tests.tonne.sandbox.consortium import engines
from tonne.audit import checkpoints, reconcile
from tonne.audit.checkpoints import SignedCheckpoint
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.sandbox import node, seed_market
from tonne.sandbox.consortium import network
from tonne.sandbox.processes import Process

pytestmark = pytest.mark.long

EMITTERS = 300
PERIOD_S = 1
#: Reports that only the copy with the lying node is given.
HELD_BACK = 2
WAIT_S = 150
REPORT = "*.report.json"
ROOT = Path(__file__).resolve().parents[3]
#: Nodes of the two auditors: one that was cut off, one that was wiped.
AUDITED = (1, 4)
AUDITORS = [Account.from_seed("drill", "auditor", number) for number in range(4)]


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """Four validators, and a market deployed through the first of them up to its pre-allocation."""
    engines.need()
    folder = tmp_path_factory.mktemp("drill")
    rules = today.rules(folder)
    with ExitStack() as stack:
        people = seed_market.people()
        unborn = WallClockPeriod(None, rules, people, EMITTERS, folder)  # keys alone
        rich = [*unborn.everybody(), *AUDITORS, *(oracle_key(number) for number in range(4))]
        running = stack.enter_context(network.start(PERIOD_S, rich))
        chain = stack.enter_context(Chain(running[1].url))
        made = Drill(running, WallClockPeriod(chain, rules, people, EMITTERS, folder), folder)
        period = made.period
        for step in (period.deploy, period.rules, period.parties, period.pre_allocate):
            step()
        period.report()
        period.credits()
        try:
            yield made
        finally:
            for copy in made.oracles:
                copy.stop()
    assert not running.scratch.path.exists()


def until(true: Callable[[], bool], what: str, *processes: Process) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        for process in processes:
            assert process.alive, process.log.read_text()[-2_000:]
        assert time.monotonic() < end, what + "".join(p.log.read_text()[-1_500:] for p in processes)
        time.sleep(0.2)


def test_reports_arrive_once_though_a_validator_is_killed_meanwhile(drill):
    for number in (1, 2, 3):
        drill.launch_oracle([drill.network[number].url])
    drill.files = list(drill.period.reports())
    files = drill.files[:-HELD_BACK]
    for desk in drill.desks:
        for name, file in files:
            desk.put(name, file)
    until(lambda: len(drill.reported()) > 3, "no report arrives", *drill.oracles)
    drill.network.kill(2)
    mine = set(drill.period.more[:-HELD_BACK])
    until(lambda: mine <= set(drill.reported()), "reports are lost", *drill.oracles)
    drill.network.start(2)
    until(
        lambda: all(count(d, "done") + count(d, "rejected") == len(files) for d in drill.desks),
        "a copy does not finish",
        *drill.oracles,
    )
    assert set(drill.reported().values()) == {1}
    # A copy to which a file comes when another has brought it already calls it a repetition.
    late = [
        (desk, path.name) for desk in drill.desks for path in (desk.inbox / "rejected").glob(REPORT)
    ]
    assert {desk.code_of(name) for desk, name in late} <= {"EMISSIONS_ALREADY_REPORTED"}


def count(desk: Desk, place: str) -> int:
    """Files in a part of an inbox."""
    return len(list((desk.inbox / place).glob(REPORT)))


def test_an_oracle_that_asks_a_lying_node_first_reports_what_is_missing_and_nothing_twice(drill):
    with liar.start(drill.network[1].url) as (url, told):
        drill.launch_oracle([url, drill.network[2].url, drill.network[3].url])
        desk, copy = drill.desks[-1], drill.oracles[-1]
        repeated, _ = drill.files[0]
        for name, file in (drill.files[0], *drill.files[-HELD_BACK:]):
            desk.put(name, file)
        until(lambda: count(desk, "done") == HELD_BACK, "it does not finish", copy)
        until(lambda: count(desk, "rejected") == 1, "it takes a repetition", copy)
        copy.stop()
        assert told
    assert desk.code_of(repeated) == "EMISSIONS_ALREADY_REPORTED"
    assert set(drill.period.more) <= set(drill.reported())
    assert set(drill.reported().values()) == {1}


def test_orders_are_neither_lost_nor_doubled_by_a_partition(drill):
    period, chain = drill.period, drill.chain
    for step in (period.true_up, period.markets, period.orders, period.deposits):
        step()
    calls = period.further_orders()
    pendings = [call.pending() for call in calls]
    chain.sender.sign(pendings)
    third = len(pendings) // 3
    before = chain.sender._post(pendings[:third])
    drill.network.partition([1, 2])
    with Chain(drill.network[3].url) as other:  # for users of the second half
        meanwhile = chain.sender._post(pendings[third : 2 * third])
        meanwhile += other.sender._post(pendings[2 * third :])
        stood = [seen.block for seen in drill.network.look()]
        time.sleep(6 * PERIOD_S)
        assert max(seen.block for seen in drill.network.look()) <= max(stood) + 2
        drill.network.join()
        other.sender._post(pendings)  # who is not sure sends the same again
    assert before == meanwhile == []
    receipts = chain.sender._receipts(pendings)
    assert all(receipt.ok for receipt in receipts)
    placed = [e for e in chain.logs("Exchange", "OrderPlaced") if e is not None]
    filled = sum(e.name == "OrdersFilled" for r in receipts for e in chain.events(r))
    assert filled > 0 and placed
    nonces = [chain.rpc.call("eth_getTransactionCount", c.sender.address, "latest") for c in calls]
    assert [int(nonce, 16) for nonce in nonces] == [p.nonce + 1 for p in pendings]


def test_a_node_is_wiped_while_units_are_surrendered_and_has_all_of_it_again(drill):
    period, chain = drill.period, drill.chain
    calls = period.surrenders()
    half = len(calls) // 2
    chain.send_many(calls[:half])
    drill.network.wipe(4)
    chain.send_many(calls[half:])
    drill.network.start(4)
    drill.network.await_blocks(FINAL)
    with Chain(drill.network[4].url) as wiped:
        record.attach(wiped, period.folder / "deployments")
        owed = wiped.call_many(
            ("Compliance", "obligationOf", (plant, period.period.number)) for plant in period.more
        )
    assert {each.allowances for each in owed} == {SURRENDERED}
    period.found()


def test_auditors_on_two_nodes_come_to_one_digest_and_all_nodes_to_one_state(drill):
    head = drill.network.await_blocks(FINAL) - FINAL
    asked = ("eth_getBlockByNumber", hex(head), False)
    blocks = [validator.ask(*asked) for validator in drill.network.validators]
    assert len({(block["hash"], block["stateRoot"]) for block in blocks}) == 1
    place = f"{head}:{blocks[0]['hash']}"
    signed = [mirrored(drill, number, place) for number in AUDITED]
    assert len({(c.block, c.blockHash, c.history, c.state) for c in signed}) == 1
    mine, theirs = AUDITED
    options = (lines(drill, theirs), "--ours", lines(drill, mine))
    said = json.loads(tonne(drill, mine, "mirror", "check", *options).stdout)
    assert (said["disagreements"], said["statesCompared"]) == ([], 1)


def test_an_auditor_of_a_lying_node_is_told_and_signs_nothing(drill):
    with liar.start(drill.network[3].url) as (url, told):
        said = tonne(
            drill,
            5,
            "mirror",
            "run",
            drill.folder / "false.jsonl",
            "--once",
            url=url,
            key=0,
            status=1,
        )
    assert told and not (drill.folder / "false.jsonl").exists()
    assert json.loads(said.stdout)["error"]["code"].startswith("AUDIT")


def test_the_chain_is_what_its_events_say_under_the_seals_of_its_signers(drill):
    genesis = record.load(drill.period.record).genesis
    settled = drill.network.await_blocks(FINAL) - FINAL  # the newest blocks may still be replaced
    found = reconcile.audit(drill.chain, block=settled, trust=Trust(genesis=genesis))
    assert found.sound and found.differences == []
    assert f"of {len(drill.network.validators)} signers under the last blocks" in found.trust
    assert found.values > 1_000


def lines(drill: Drill, number: int) -> Path:
    return drill.folder / f"{number}.jsonl"


def mirrored(drill: Drill, number: int, place: str) -> SignedCheckpoint:
    """What an auditor at a node signs for one block."""
    tonne(
        drill,
        number,
        "mirror",
        "run",
        lines(drill, number),
        "--once",
        "--checkpoint",
        place,
        key=number - 1,
    )
    (signed,) = checkpoints.read(lines(drill, number), drill.chain)
    return signed


def tonne(
    drill: Drill, number: int, *arguments, url: str = "", key: int | None = None, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """A command of an auditor with a store of his own, at the node of his number."""
    options = ["--rpc", url or drill.network[number].url]
    options += ["--deployments", str(drill.period.folder / "deployments")]
    options += ["--store", str(drill.folder / f"{number}.duckdb"), "--json"]
    if key is not None:
        path, secret = drill.folder / f"auditor {key}.json", drill.folder / "passphrase.txt"
        secret.write_text(PASSPHRASE + "\n")
        secret.chmod(0o600)
        if not path.exists():
            keystore.write(path, AUDITORS[key], PASSPHRASE, keystore.WEAK)
        options += ["--keystore", str(path), "--passphrase-file", str(secret)]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tonne.cli", *map(str, arguments), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_receipts_have_the_gas_that_anvil_charges_under_the_same_rules(drill):
    """The same people deploy and set up the same market; what a call costs is compared call by call."""
    mine = drill.period
    again = drill.folder / "anvil"
    again.mkdir()
    with (
        node.start(hardfork="london", chain_id=drill.chain.chain_id) as running,
        Chain(running.url) as chain,
    ):
        theirs = WallClockPeriod(chain, (mine.pack, mine.period), mine.who, EMITTERS, again)
        for step in (theirs.deploy, theirs.rules, theirs.parties, theirs.pre_allocate):
            step()
        charged = gas_of(chain)
    found = gas_of(drill.chain)
    different = {
        call: (gas, found.get(call)) for call, gas in charged.items() if found.get(call) != gas
    }
    assert different == {}
    assert len(charged) > 100 + EMITTERS


def gas_of(chain: Chain) -> dict[tuple[str, int], int]:
    """Gas of every transaction by its sender and place among his."""
    last = chain.block_number()
    asked = [("eth_getBlockByNumber", [hex(n), True]) for n in range(1, last + 1)]
    sent = [tx for block in chain.rpc.batch(asked) for tx in block["transactions"]]
    receipts = chain.rpc.batch([("eth_getTransactionReceipt", [tx["hash"]]) for tx in sent])
    places = [(tx["from"].lower(), int(tx["nonce"], 16)) for tx in sent]
    return {place: int(r["gasUsed"], 16) for place, r in zip(places, receipts, strict=True)}
