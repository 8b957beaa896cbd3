"""The contract's interval set beside a plain interval tree: random inserts, removals and carvings."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

import pytest

from tests.toolchain import trees
from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.deployment import compiler
from tonne.deployment.artifacts import Artifact

INSERT, REMOVE, CARVE, EXTEND = 0, 1, 2, 3
OVERLAP = keccak(b"IntervalsOverlap(uint64,uint64,uint64,uint64)")[:4]
WRONG_HINT = keccak(b"IntervalsWrongHint(uint64,uint64)")[:4]
DONE = b"\0" * 4

#: Changes in one transaction.
BATCH = 500
SPAN = 500_000
LONGEST = 150


@dataclass(slots=True)
class Leaf:
    """A stretch and what hangs below it."""

    start: int
    end: int
    data: int
    left: Leaf | None = None
    right: Leaf | None = None


class IntervalTree:
    """Stretches `[start, end)` that do not overlap, in an ordinary binary search tree."""

    def __init__(self) -> None:
        self.root: Leaf | None = None

    def __iter__(self) -> Iterator[Leaf]:
        waiting, leaf = [], self.root
        while waiting or leaf:
            while leaf:
                waiting.append(leaf)
                leaf = leaf.left
            leaf = waiting.pop()
            yield leaf
            leaf = leaf.right

    def overlapping(self, start: int, end: int) -> Leaf | None:
        leaf = self.root
        while leaf and not (start < leaf.end and leaf.start < end):
            leaf = leaf.left if end <= leaf.start else leaf.right
        return leaf

    def before(self, start: int) -> int:
        """Start of the last stretch that begins before `start`; 0 if there is none."""
        best, leaf = 0, self.root
        while leaf:
            if leaf.start < start:
                best, leaf = leaf.start, leaf.right
            else:
                leaf = leaf.left
        return best

    def insert(self, start: int, end: int, data: int) -> None:
        assert self.overlapping(start, end) is None
        new = Leaf(start, end, data)
        if self.root is None:
            self.root = new
            return
        leaf = self.root
        while True:
            side = "left" if start < leaf.start else "right"
            below = getattr(leaf, side)
            if below is None:
                setattr(leaf, side, new)
                return
            leaf = below

    def remove(self, start: int) -> Leaf:
        above, leaf = None, self.root
        while leaf and leaf.start != start:
            above, leaf = leaf, leaf.left if start < leaf.start else leaf.right
        assert leaf is not None
        gone = Leaf(leaf.start, leaf.end, leaf.data)
        if leaf.left and leaf.right:
            after = leaf.right
            while after.left:
                after = after.left
            moved = self.remove(after.start)
            leaf.start, leaf.end, leaf.data = moved.start, moved.end, moved.data
            return gone
        below = leaf.left or leaf.right
        if above is None:
            self.root = below
        elif above.left is leaf:
            above.left = below
        else:
            above.right = below
        return gone

    def grow(self, start: int, end: int) -> None:
        whole = self.remove(start)
        self.insert(start, end, whole.data)

    def carve(self, start: int, end: int, of: int) -> None:
        whole = self.remove(of)
        assert whole.start <= start < end <= whole.end
        if whole.start < start:
            self.insert(whole.start, start, whole.data)
        if end < whole.end:
            self.insert(end, whole.end, whole.data)


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("harness")
    trees.link_tools(folder)
    shutil.copy(trees.ROOT / "foundry.toml", folder)
    library = (trees.ROOT / "contracts/lib/IntervalSet.sol").read_text(encoding="utf-8")
    trees.write(folder / "contracts/lib/IntervalSet.sol", library)
    text = (trees.ROOT / "tests/lib/IntervalHarness.sol").read_text(encoding="utf-8")
    text = text.replace("../../contracts/lib/", "../lib/")
    trees.write(folder / "contracts/units/IntervalHarness.sol", text)
    return compiler.contracts(["IntervalHarness"], root=folder)["IntervalHarness"]


@pytest.fixture
def sets(chain: Chain, harness: Artifact) -> Sets:
    return Sets(chain, harness)


class Sets:
    """New sets on a chain."""

    def __init__(self, chain: Chain, harness: Artifact) -> None:
        self.chain, self.harness = chain, harness
        self.owner = Account.from_seed("interval set")
        chain.fund([self.owner])

    def new(self) -> Contract:
        artifact = self.harness
        return self.chain.deploy(self.owner, artifact.name, artifact.abi, artifact.bytecode)[0]

    def run(
        self, contract: Contract, changes: Iterable[tuple[int, ...]]
    ) -> list[tuple[int, bytes]]:
        """(gas, error or DONE) of each change."""
        changes = list(changes)
        results: list[tuple[int, bytes]] = []
        for place in range(0, len(changes), BATCH):
            batch = changes[place : place + BATCH]
            receipt = self.chain.send(self.owner, contract, "run", batch, gas=10**9)
            ran = self.chain.events(receipt)[0]
            results += zip(ran["gasUsed"], ran["refusals"], strict=True)
        return results

    def content(self, contract: Contract) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []
        while True:
            at = found[-1][0] if found else 0
            part = zip(*self.chain.call(contract, "walk", at, 1_000), strict=True)
            more = [stretch for stretch in part if stretch[0]]
            found += more
            if len(more) < 1_000:
                return found


def test_ten_thousand_random_inserts_agree_with_a_plain_interval_tree(sets: Sets) -> None:
    rng = random.Random(7)
    tree, changes, expected = IntervalTree(), [], []
    starts: list[int] = []
    number = 0  # of inserts
    while number < 10_000:
        kind = rng.choices((INSERT, REMOVE, CARVE), (80, 8, 12))[0] if len(starts) > 50 else INSERT
        wrong = rng.random() < 0.1
        if kind == INSERT:
            number += 1
            start, data = rng.randrange(1, SPAN), number
            if starts and rng.random() < 0.3:  # beside another, for the same or for something else
                kind = EXTEND
                beside = tree.overlapping(of := rng.choice(starts), of + 1)
                assert beside is not None
                start, data = beside.end, rng.choice((beside.data, number))
            end = start + rng.randrange(1, LONGEST)
            right = tree.before(start)
            hint = rng.choice((rng.randrange(SPAN), *rng.sample(starts, 1))) if wrong else right
            changes.append((kind, start, end, 0, hint, data))
            if tree.overlapping(start, end):
                expected.append("overlap" if hint == right else "refused")
                continue
            expected.append("done" if hint == right else "wrong hint")
            if hint != right:
                continue
            if kind == EXTEND and beside.data == data:
                tree.grow(beside.start, end)
            else:
                tree.insert(start, end, data)
                starts.append(start)
            continue

        of = rng.choice(starts)
        leaf = tree.overlapping(of, of + 1)
        assert leaf is not None
        whole = leaf.end
        start = leaf.start if kind == REMOVE or rng.random() < 0.3 else rng.randrange(of, leaf.end)
        end = whole if kind == REMOVE else rng.randrange(start, whole) + 1
        right = tree.before(of)
        hint = rng.randrange(SPAN) if wrong else right
        changes.append((kind, start, end, of, hint, 0))
        # The stretch before is looked at only when the beginning goes.
        if hint != right and start == of:
            expected.append("wrong hint")
            continue
        expected.append("done")
        tree.carve(start, end, of)
        if start == of:
            starts.remove(of)
        if end < whole:
            starts.append(end)
    contract = sets.new()

    results = sets.run(contract, changes)

    names = {DONE: "done", OVERLAP: "overlap", WRONG_HINT: "wrong hint"}
    for change, told, (_, error) in zip(changes, expected, results, strict=True):
        if told == "refused":
            assert error in (OVERLAP, WRONG_HINT), change
        else:
            assert names.get(error) == told, (change, error)
    assert sets.content(contract) == [(leaf.start, leaf.end, leaf.data) for leaf in tree]
    assert min(Counter(expected).values()) > 200


def test_gas_does_not_grow_with_the_set(sets: Sets) -> None:
    """To the last unit: beside two neighbours, beside four thousand stretches."""
    contract = sets.new()
    change = [
        (INSERT, 110, 120, 0, 100, 1),
        (CARVE, 113, 117, 110, 0, 0),
        (REMOVE, 117, 120, 0, 110, 0),
    ]
    sets.run(contract, [(INSERT, 100, 110, 0, 0, 1), (INSERT, 130, 140, 0, 100, 1)])
    few = [sets.run(contract, [one]) for one in change]
    sets.run(contract, [(REMOVE, 110, 113, 0, 100, 0)])
    many = [(INSERT, n, n + 5, 0, n - 10 if n > 140 else 130, 1) for n in range(140, 40_140, 10)]
    assert {error for _, error in sets.run(contract, many)} == {DONE}

    assert [sets.run(contract, [one]) for one in change] == few
    assert all(error == DONE for [(_, error)] in few)


def test_adjacent_blocks_are_taken_in_any_order_and_an_overlap_never(sets: Sets) -> None:
    blocks = (
        (505_972_385, 505_973_109),
        (505_973_110, 505_982_055),
        (505_982_056, 505_982_352),
    )
    for order in permutations(blocks):
        tree, contract = IntervalTree(), sets.new()
        changes = []
        for first, last in order:
            changes.append((INSERT, first, last + 1, 0, tree.before(first), 1))
            tree.insert(first, last + 1, 1)
        overlap = (INSERT, 505_973_000, 505_973_201, 0, tree.before(505_973_000), 1)
        errors = [error for _, error in sets.run(contract, [*changes, overlap])]
        assert errors == [DONE, DONE, DONE, OVERLAP]
