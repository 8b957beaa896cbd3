"""Replay of the MeterOracle: nodes, meters and keys, interval roots, challenges, bonds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.parties.payouts import PayoutsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.chain.client import Chain
from tonne.constants import CHANGE_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import CURVE_ORDER as ORDER
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle_sum import GUARDS, Sums
from tonne.crypto.sealing import OneTimeKey

POSTED, FAILED = 1, 2  # `RootStatus` of IMeterOracle
OPEN, ANSWERED, CLOSED, CONTRADICTED = 1, 2, 3, 4  # `ChallengeState`

UNPROVABLE = 3  # `Curve` of IMeters that no chain checks

Place = tuple[int, int]  # node, start

#: Open challenges of an interval that its slot counts.
MOST_COUNTED: Final = 255


@dataclass(slots=True)
class IntervalRoot:
    """The root of an interval's last run, and its state."""

    run: int
    posted_at: int
    oracle: int
    root: bytes
    sums: int
    status: int = POSTED
    open: int = 0

    @property
    def commitment(self) -> int:
        return int.from_bytes(keccak(self.root + self.sums.to_bytes(32, "big"))[:22], "big")

    def word(self) -> tuple[int, ...]:
        """`RootState` of IMeterOracle."""
        counted = min(self.open, MOST_COUNTED)
        return (self.status, self.run, self.posted_at, self.oracle, counted, self.commitment)


@dataclass(slots=True)
class OracleBond:
    """An oracle's bond, bound until a moment [s] and while challenges are open."""

    amount: int = 0
    until: int = 0
    open: int = 0


@dataclass(slots=True)
class LeafChallenge:
    """A challenge: one leaf of a run, to be sealed to a one-time key; or to be upheld."""

    place: Place
    which: int  # meter, or place of the leaf
    by_place: bool
    by: str
    key: str  # address of the one-time key, or of none
    deadline: int
    state: int = OPEN
    answer: bytes = ZERO_WORD

    def word(self) -> tuple[Any, ...]:
        """`Challenge` of IMeterOracle."""
        asked = (self.by, *self.place, self.which)
        return (*asked, self.key, self.deadline, self.state, self.by_place, self.answer)


class MeterOracleReplay(PausableReplay, PayoutsReplay):
    """The register of meters, and the runs that their oracles posted."""

    contract = "MeterOracle"

    def __init__(self, chain: Chain, currency: SettlementCurrencyReplay) -> None:
        super().__init__()
        self.address = chain[self.contract].address
        self.slash, self.fee = (chain.call(self.contract, name) for name in ("SLASH", "FEE"))
        self.currency = currency
        self.treasury, self.asset = (
            int(chain.call(self.contract, name), 16) for name in ("TREASURY", "CURRENCY")
        )
        self.nodes: dict[int, Any] = {}  # `Node` of IMeters
        self.meters: dict[int, Any] = {}  # `Meter`
        self.keys: dict[int, list[Any]] = {}  # `MeterKey`s of a meter
        self.readers: dict[int, tuple[str, int]] = {}  # of a meter, and since when
        self.operators: dict[int, int] = {}  # of a node
        self.roots: dict[Place, IntervalRoot] = {}
        self.challenges: dict[int, LeafChallenge] = {}
        self.exposed = 0  # challenge whose answer was exposed in this call
        self.bonds: dict[int, OracleBond] = defaultdict(OracleBond)

    # Nodes and meters

    def _on_NodeSet(self, a: Args, _: Dated) -> None:
        number, node = a["id"], a["node"]
        old = self.nodes.get(number)
        follows = old is None and number == len(self.nodes) + 1
        kept = old is not None and old._replace(oracle=node.oracle) == node
        self._require(follows or kept, f"node {number} does not follow")
        self.nodes[number] = node

    def _on_MeterRegistered(self, a: Args, _: Dated) -> None:
        number, meter = a["id"], a["meter"]
        follows = number == len(self.meters) + 1 and a["node"] in self.nodes
        self._require(follows and meter.keyCount == 1, f"meter {number} does not follow")
        self.meters[number], self.keys[number] = meter, [a["key"]]

    def _on_MeterKeyRotated(self, a: Args, at: Dated) -> None:
        number, keys, key = a["id"], self.keys[a["id"]], a["key"]
        if len(keys) > 1 and _from(keys[-1]) > at.time:
            keys.pop()  # a key to come is replaced
        follows = a["index"] == len(keys) and _from(key) > _from(keys[-1])
        follows = follows and at.time <= _from(key) <= at.time + CHANGE_S
        open_ = self.meters[number].validUntil == 0
        self._require(follows and open_, f"key {a['index']} of meter {number} does not follow")
        keys.append(key)
        self.meters[number] = self.meters[number]._replace(keyCount=len(keys))

    _on_MeterExchanged = _on_MeterKeyRotated

    def _on_MeterClosed(self, a: Args, at: Dated) -> None:
        meter, last = self.meters[a["id"]], _from(self.keys[a["id"]][-1])
        until, open_ = a["validUntil"], meter.validUntil == 0 or meter.validUntil >= at.time
        timely = until > last and at.time <= until <= at.time + CHANGE_S
        withdrawn = until == 0 and meter.validUntil != 0
        self._require(open_ and (timely or withdrawn), f"end of meter {a['id']}")
        self.meters[a["id"]] = meter._replace(validUntil=a["validUntil"])

    # Readers

    def _on_MeterReaderSet(self, a: Args, at: Dated) -> None:
        named = a["id"] in self.meters and a["since"] == at.time
        self._require(named, f"reader of meter {a['id']}")
        self.readers[a["id"]] = a["reader"], a["since"]

    def _on_NodeOperatorSet(self, a: Args, _: Dated) -> None:
        self._require(a["id"] in self.nodes, f"operator of node {a['id']}")
        self.operators[a["id"]] = a["operator"]

    # Roots

    def _on_IntervalPosted(self, a: Args, at: Dated) -> None:
        place, node = (a["node"], a["start"]), self.nodes[a["node"]]
        old, end = self.roots.get(place), a["start"] + node.intervalS
        next_ = a["run"] == (old.run if old else 0) + 1 and (old is None or old.open == 0)
        open_ = old is None or old.status == FAILED or at.time <= end + node.correctionS
        self._require(next_ and open_, f"run {a['run']} of {place}")
        whole = a["start"] % node.intervalS == 0 and end <= at.time
        self._require(whole, f"interval {place}")
        counted = Sums.of(a["sums"]).count > 0 and not a["sums"] & GUARDS
        self._require(counted, f"sums of {place}")
        self.roots[place] = IntervalRoot(a["run"], at.time, node.oracle, a["root"], a["sums"])
        bond = self.bonds[node.oracle]
        self._require(bond.amount >= self.slash, f"bond behind {place}")
        bond.until = max(bond.until, at.time + node.challengeS)

    def _on_LeafChallenged(self, a: Args, at: Dated) -> None:
        self._require(self._may_ask(a), f"challenge {a['id']}")
        place = a["node"], a["start"]
        self._challenge(
            a,
            at,
            LeafChallenge(
                place, a["which"], a["byPlace"], a["by"], _address(*a["key"]), a["deadline"]
            ),
        )

    def _on_LeafContradicted(self, a: Args, at: Dated) -> None:
        place = a["node"], a["start"]
        self._require(self._may_contradict(a), f"contradiction {a['id']}")
        said = (place, a["meter"], False, a["by"], ZERO_ADDRESS, a["deadline"])
        self._challenge(a, at, LeafChallenge(*said, CONTRADICTED, a["leaf"]))

    def _may_contradict(self, a: Args) -> bool:
        """By the meter's reader, and a record of a key in use that a chain can check."""
        meter, end = self.meters.get(a["meter"]), a["start"] + self.nodes[a["node"]].intervalS
        if meter is None or meter.node != a["node"] or 0 < meter.validUntil < end:
            return False
        keys = self.keys[a["meter"]]
        since = [_from(key) for key in keys]
        used = [
            key.curve
            for index, key in enumerate(keys)
            if since[index] <= end and (index + 1 == len(keys) or since[index + 1] >= end)
        ]
        reads = self.readers.get(a["meter"], ("", 0))[0] == a["by"]
        return reads and min(used, default=UNPROVABLE) < UNPROVABLE

    def _challenge(self, a: Args, at: Dated, made: LeafChallenge) -> None:
        number, root, node = a["id"], self.roots[made.place], self.nodes[a["node"]]
        waits = made.state == CONTRADICTED and root.open > 0  # for an answer to another challenge
        until = root.posted_at + node.challengeS + 2 * node.revealS * waits
        right = (
            number == len(self.challenges) + 1
            and root.status == POSTED
            and a["run"] == root.run
            and at.time <= until
            and a["deadline"] == at.time + node.revealS
        )
        self._require(right, f"challenge {number}")
        self.challenges[number] = made
        root.open += 1
        self.bonds[root.oracle].open += 1

    def _may_ask(self, a: Args) -> bool:
        """By meter its reader; by place who operates the node, whose wallets no event here tells."""
        if a["byPlace"]:
            leaves = Sums.of(self.roots[a["node"], a["start"]].sums).count
            return self.operators.get(a["node"], 0) != 0 and a["which"] < leaves
        meter = self.meters.get(a["which"])
        end = a["start"] + self.nodes[a["node"]].intervalS
        counts = (
            meter is not None
            and meter.node == a["node"]
            and meter.validFrom <= a["start"]
            and (meter.validUntil == 0 or end <= meter.validUntil)
        )
        reader, since = self.readers.get(a["which"], ("", 0))
        return counts and reader == a["by"] and since <= a["start"]

    def _on_LeafAnswered(self, a: Args, at: Dated) -> None:
        challenge = self.challenges[a["id"]]
        timely = challenge.state == OPEN and at.time <= challenge.deadline
        until = at.time + self.nodes[challenge.place[0]].revealS
        self._require(timely and a["deadline"] == until, f"answer to challenge {a['id']}")
        challenge.state, challenge.deadline = ANSWERED, a["deadline"]
        challenge.answer = keccak(a["sealed_"])

    def _on_ChallengeClosed(self, a: Args, _: Dated) -> None:
        self._met(self._end_challenge(a["id"], ANSWERED))

    def _on_LeafUpheld(self, a: Args, at: Dated) -> None:
        challenge = self._end_challenge(a["id"], CONTRADICTED)
        self._require(at.time <= challenge.deadline, f"contradiction {a['id']} was upheld too late")
        self._met(challenge)

    def _met(self, challenge: LeafChallenge) -> None:
        """The fee goes to the oracle's bond."""
        self.bonds[self.roots[challenge.place].oracle].amount += self.fee

    def _on_AnswerExposed(self, a: Args, at: Dated) -> None:
        challenge = self.challenges[a["id"]]
        shown = challenge.state == ANSWERED and at.time <= challenge.deadline
        public = OneTimeKey((a["secret"] % ORDER).to_bytes(32, "big")).public
        same = _address(*public) == challenge.key
        self._require(shown and same, f"exposure of challenge {a['id']}")
        self.exposed = a["id"]

    def _end_challenge(self, number: int, state: int) -> LeafChallenge:
        challenge = self.challenges[number]
        self._require(challenge.state == state, f"end of challenge {number}")
        root, challenge.state = self.roots[challenge.place], CLOSED
        root.open -= 1
        self.bonds[root.oracle].open -= 1
        return challenge

    def _on_IntervalFailed(self, a: Args, at: Dated) -> None:
        place, number = (a["node"], a["start"]), a["challenge"]
        root = self.roots[place]
        bond, challenge = self.bonds[root.oracle], self.challenges[number]
        exposed, self.exposed = self.exposed == number, 0
        late = challenge.state in (OPEN, CONTRADICTED) and at.time > challenge.deadline
        right = challenge.place == place and challenge.by == a["to"] and (exposed or late)
        self._end_challenge(number, ANSWERED if exposed else challenge.state)
        lost = min(self.slash, bond.amount) if root.status == POSTED else 0
        share = lost // 2
        paid = (a["paid"], a["treasury"]) == (share + self.fee, lost - share)
        self._require(right and paid and a["run"] == root.run, f"failure of {place}")
        self._owe(int(a["to"], 16), self.asset, a["paid"])
        self._owe(self.treasury, self.asset, a["treasury"])
        root.status = FAILED
        bond.amount -= a["paid"] - self.fee + a["treasury"]

    # Bonds

    def _on_BondDeposited(self, a: Args, _: Dated) -> None:
        self._bonded(a, a["amount"])

    def _on_BondWithdrawn(self, a: Args, at: Dated) -> None:
        bond = self.bonds[a["oracle"]]
        free = bond.open == 0 and at.time > bond.until
        self._require(free, f"bond of {a['oracle']} was bound")
        self._bonded(a, -a["amount"])

    def _bonded(self, a: Args, change: int) -> None:
        bond = self.bonds[a["oracle"]]
        bond.amount += change
        self._require(bond.amount == a["bond"] >= 0, f"bond of {a['oracle']}")

    # Views for other replays

    def is_final(self, place: Place, now: int) -> bool:
        """Whether the root of an interval can no longer change."""
        root, node = self.roots[place], self.nodes[place[0]]
        corrected = now > place[1] + node.intervalS + node.correctionS
        challenged = now <= root.posted_at + node.challengeS or root.open > 0
        return root.status == POSTED and corrected and not challenged

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        fees = self.fee * sum(challenge.state != CLOSED for challenge in self.challenges.values())
        owed = sum(bond.amount for bond in self.bonds.values()) + fees + self.owed_in(self.asset)
        held = self.currency.balances.get(self.address, 0)
        tally.backed(self.contract, "money for bonds, open challenges and payouts", owed, held)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "nodeCount", (), len(self.nodes), "number of nodes")
        yield Check(self.contract, "meterCount", (), len(self.meters), "number of meters")
        for number, node in self.nodes.items():
            yield Check(self.contract, "node", (number,), tuple(node), f"node {number}")
        for number, meter in self.meters.items():
            yield Check(self.contract, "meter", (number,), tuple(meter), f"meter {number}")
            for index, key in enumerate(self.keys[number]):
                about = f"key {index} of meter {number}"
                yield Check(self.contract, "keyWord", (number, index), _key_word(key), about)
        for number in self.meters:
            named = self.readers.get(number, (ZERO_ADDRESS, 0))
            yield Check(self.contract, "readerOf", (number,), named, f"reader of meter {number}")
        for number in self.nodes:
            operator, about = self.operators.get(number, 0), f"operator of node {number}"
            yield Check(self.contract, "operatorOf", (number,), operator, about)
        for place, root in self.roots.items():
            yield Check(self.contract, "stateOf", place, root.word(), f"interval {place}")
            if root.status == POSTED:
                final = (root.run, self.is_final(place, now))
                args, about = (*place, root.root, root.sums), f"run of {place}"
                yield Check(self.contract, "checkRoot", args, final, about)
        for number, challenge in self.challenges.items():
            yield Check(
                self.contract, "challengeOf", (number,), challenge.word(), f"challenge {number}"
            )
        for oracle, bond in self.bonds.items():
            stake = (bond.amount, bond.until, bond.open)
            yield Check(self.contract, "bondOf", (oracle,), stake, f"bond of {oracle}")


def _address(x: bytes, y: bytes) -> str:
    """The address of a key."""
    return checksum("0x" + keccak(x + y)[12:].hex())


def _from(key: Any) -> int:
    """`from` of a `MeterKey`: no name in Python."""
    since: int = key[2]
    return since


def _key_word(key: Any) -> tuple[int, int, int]:
    """`KeyWord` of IMeters."""
    x, y, since, curve = key
    return int.from_bytes(keccak(x + y)[:26], "big"), since, curve
