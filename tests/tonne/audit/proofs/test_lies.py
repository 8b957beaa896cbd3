"""A thousand random lies about blocks up to the checkpoint: each is a coded finding, none is believed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.tonne.audit.proofs.lying_node import KINDS, LyingNode, lies

#: Lies told with each run of the tests; the rest in the long ones.
SAMPLE, ALL = 80, 1_000

#: Where the seeds begin; each kind that there is is told with either number of lies.
FIRST = 18_000


@pytest.fixture
def node(town):
    town.chain.mine()  # its state is the one that the node proves
    codes = town.deployment.code_hashes()
    real = town.chain.rpc
    yield LyingNode(town.chain, codes)
    town.chain.rpc = real
    del town.chain.sender.__dict__["kind"]


def _told(node, seeds):
    """Lies believed or broken on, and findings by kind and code."""
    assert node.truth.sound and node.audit({}).sound
    believed, found = [], Counter()
    for seed in seeds:
        kind, altered = lies(node, seed)
        audit = node.audit(altered)
        codes = {fault.code for fault in (*audit.findings, *audit.differences)}
        if audit.sound or not codes:
            believed.append((seed, kind))
        found.update((kind, code) for code in codes)
    return believed, found


def test_random_lies_are_coded_findings(node):
    believed, found = _told(node, range(FIRST, FIRST + SAMPLE))
    assert believed == []
    assert len({code for _, code in found}) >= 6


@pytest.mark.long
def test_a_thousand_random_lies_are_coded_findings(node):
    believed, found = _told(node, range(FIRST, FIRST + ALL))
    print(
        "\n".join(f"{kind:16} {code:28} {count}" for (kind, code), count in sorted(found.items()))
    )
    assert believed == []
    assert {kind for kind, _ in found} == KINDS.keys()
