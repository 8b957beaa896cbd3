"""Meters, their oracle and a bond on a chain of their own, without a market around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oracles.meters.cycle import MetersCycle
from oracles.meters.duties import effect
from oracles.meters.intake import Arrival
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import Message
from oracles.meters.posting import PostingSettings
from oracles.runtime.effects import shown
from oracles.runtime.inbox import Inbox
from oracles.runtime.process import REQUEST_S
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import STALL_AT_ONCE_S, TransactionManager, TransactionSettings
from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.chain.rpc import Rpc
from tonne.crypto.accounts import Account
from tonne.crypto.sealing import OneTimeKey, info_of
from tonne.deployment import compiler
from tonne.meters.leaves import OpenedLeaf
from tonne.meters.mqtt import BrokerSettings, topic_of
from tonne.meters.readings import Carrier, MeterRecord
from tonne.meters.simulated_fleet import DIGITS, MeterFleet, SimulatedMeter, meters

#: What is deployed.
PARTS = (
    "AccessManager",
    "OpenParticipants",
    "OpenRules",
    "SettlementCurrency",
    "P256Verifier",
    "MeterOracle",
)

QUARTER = 900
T0 = 1_780_264_800  # 2026-06-01 00:00 in Berlin
SLASH, FEE = 1_000_000_000, 10_000_000

OFFICER, NOTARY, SCEPTIC, OWNER = (
    Account.from_seed("meters", who) for who in ("officer", "notary", "sceptic", "fleet")
)

NODE = {
    "scheme": 1,
    "jurisdiction": 4403,
    "carrier": Carrier.ELECTRICITY,
    "oracle": 1,
    "region": 12,
    "intervalS": QUARTER,
    "correctionS": 6 * 3600,
    "challengeS": 86_400,
    "revealS": 6 * 3600,
}


def deploy(chain: Chain) -> None:
    """The contracts, one electricity and one gas node, and the bond of their oracle."""
    deployer = Account.from_seed("meters", "deployer")
    chain.fund([deployer, OFFICER, NOTARY, SCEPTIC])
    parts = compiler.contracts(PARTS)

    def put(name: str, *args):
        return chain.deploy(deployer, name, parts[name].abi, parts[name].bytecode, args)[0]

    manager = put("AccessManager", deployer)
    people = put("OpenParticipants")
    rules = put("OpenRules", OFFICER)
    money = put("SettlementCurrency", manager, "yuan", "CNY")
    treasury = Account.from_seed("meters", "treasury").address
    verifier = put("P256Verifier")
    oracle = put("MeterOracle", people, rules, verifier, money, treasury, SLASH, FEE)
    chain.contracts["Participants"] = people
    chain.send(NOTARY, people, "join")
    for who in (NOTARY, SCEPTIC):
        chain.send(deployer, money, "mint", who, 10 * SLASH)
        chain.send(who, money, "approve", oracle, 10 * SLASH)
    chain.send(NOTARY, oracle, "depositBond", 1, SLASH)
    for carrier in (Carrier.ELECTRICITY, Carrier.GAS):
        chain.send(OFFICER, oracle, "openNode", tuple((NODE | {"carrier": carrier}).values()))
    chain.send(SCEPTIC, people, "join")
    chain.send(OFFICER, oracle, "setOperator", 1, 2)


def connect(rpcs: Sequence[str], book: Path) -> tuple[Chain, RpcPool]:
    """In place of `oracles.runtime.process.connect`: these contracts stand in no deployments file, but by
    name and address in `book`."""
    pool = RpcPool([Rpc(url, REQUEST_S) for url in rpcs])
    chain = Chain(pool.url, rpc=pool)
    parts = compiler.contracts(PARTS)
    names = {"Participants": "OpenParticipants"}
    for name, address in json.loads(book.read_text()).items():
        if name in parts or name in names:
            chain.add(Contract(name, address, parts[names.get(name, name)].abi))
    return chain, pool


def register(chain: Chain, fleet: MeterFleet) -> None:
    """A fleet's meters, in one batch."""
    rows, keys = [], []
    for place, meter in enumerate(meters(fleet, OWNER)):
        nameplate = fleet.nameplate_w(place)
        rows.append((1, fleet.node, nameplate, fleet.since, 0, 1000, DIGITS, 0, 0))
        keys.append((*meter.key.public.words, fleet.since, meter.key.public.curve))
    chain.send(OFFICER, "MeterOracle", "registerMeters", rows, keys)


def challenge(chain: Chain, event, which: int, by_place: bool = True, asks=SCEPTIC) -> OneTimeKey:
    """Asks for a leaf of the root that an event tells of; the node's operator by place, a reader by meter."""
    key = OneTimeKey.make()
    asked = (event["node"], event["start"], which, by_place)
    chain.send(asks, "MeterOracle", "challenge", asked, event["root"], event["sums"], key.public)
    return key


def answer_of(chain: Chain, number: int, key: OneTimeKey) -> OpenedLeaf | None:
    """What the answer to a challenge opens to."""
    (event,) = [e for e in chain.logs("MeterOracle", "LeafAnswered") if e["id"] == number]
    info = info_of(chain.chain_id, chain["MeterOracle"].address, number)
    opened = key.open(event["sealed_"], info)
    return None if opened is None else OpenedLeaf.parse(opened)


@dataclass
class Wire:
    """In place of a broker: what is put in arrives, what is acknowledged and asked for is written down."""

    settings: BrokerSettings = field(default_factory=lambda: BrokerSettings("mqtt://none", "none"))
    outages: int = 0
    dropped: int = 0
    down_since: float | None = None
    why: str = ""
    waiting: list[Message] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    requested: list[tuple[int, int, int]] = field(default_factory=list)
    number: int = 0

    def put(self, topic: str, payload: bytes) -> None:
        self.number += 1
        self.waiting.append(Message(Arrival(topic, payload), self.number, 1, 1))

    def take(self, most: int, wait_s: float, known) -> list[Message]:
        found, self.waiting = self.waiting[:most], self.waiting[most:]
        return found

    def acknowledge(self, messages) -> None:
        self.acknowledged += [message.number for message in messages]

    def request(self, gaps) -> None:
        self.requested += gaps


@dataclass
class Desk:
    """A fleet and its oracle at one table."""

    chain: Chain
    folder: Path
    fleet: MeterFleet
    wire: Wire = field(default_factory=Wire)
    grace_s: int = 300
    cycle: MetersCycle | None = None
    journal: MeterJournal | None = None

    def __post_init__(self) -> None:
        self.meters: list[SimulatedMeter] = list(meters(self.fleet, OWNER))
        self.start()

    def start(self) -> None:
        """As after a kill: only the folder remains."""
        if self.journal is not None:
            self.journal.close()
        chain = self.chain
        self.journal = MeterJournal(self.folder / "journal.sqlite")
        manager = TransactionManager(
            RpcPool([chain.rpc]),
            NOTARY,
            self.journal,
            TransactionSettings(stall_s=STALL_AT_ONCE_S),
            lambda keys, block: shown(chain, [effect(key) for key in keys], block),
            explain_by(chain),
        )
        self.cycle = MetersCycle(
            chain,
            self.journal,
            self.wire,
            Inbox(self.folder / "inbox"),
            self.folder,
            1,
            manager,
            PostingSettings(grace_s=self.grace_s, final_lead_s=3600),
        )

    def topic(self, place: int, carrier: Carrier = Carrier.ELECTRICITY) -> str:
        return topic_of(carrier, self.fleet.first + place)

    def send(self, index: int, places=None) -> None:
        """Record `index` of some meters arrives."""
        for place in range(self.fleet.count) if places is None else places:
            self.wire.put(self.topic(place), self.meters[place].record(index))

    def signed(self, place: int, key=None, **fields) -> bytes:
        """A record of one meter that says what it is told."""
        known = {"meter": self.fleet.first + place, "exportWh": 0, "status": 0} | fields
        signer = key or self.meters[place].key
        salt = signer.register_salt(known["meter"], known["readAt"])
        record = MeterRecord(**known, salt=salt)
        return record.with_signature(signer.sign(record.digest()))

    def at(self, seconds: int) -> None:
        """Moves the chain to a time after T0."""
        self.chain.set_time(T0 + seconds)

    def run(self, cycles: int = 3) -> None:
        """Cycles; each sees what the one before it sent, which the node mines a moment later."""
        for _ in range(cycles):
            self.cycle()
            with Chain(self.chain.url) as apart:  # the questions of the daemon's own are counted
                apart._let_pool_empty()

    def until(self, true: Callable[[], bool], most: int = 60) -> None:
        """Cycles until something is true: how many a node takes for it depends on the machine."""
        for _ in range(most):
            if true():
                return
            self.run(1)
        assert true()

    def incidents(self) -> dict[tuple[str, int], int]:
        return {(i.code, i.meter): i.count for i in self.journal.incidents()}

    def state(self, quarter: int, node: int = 1):
        return self.chain.call("MeterOracle", "stateOf", node, T0 + quarter * QUARTER)

    def posted(self) -> dict[tuple[int, int], object]:
        """(node, start) -> sums of the run that stands."""
        found = {}
        for event in self.chain.logs("MeterOracle", "IntervalPosted"):
            found[event["node"], (event["start"] - T0) // QUARTER] = event
        return found
