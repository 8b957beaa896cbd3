"""The symbolic proofs can fail: a fault planted into a packed word, a set or a tree refutes one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.toolchain import trees
from tools.assurance import proofs

ROOT = Path(__file__).resolve().parents[2]


class Fault(NamedTuple):
    """One change of a source, and a proof that it must refute."""

    source: str
    old: str
    new: str
    proof: str


FAULTS = (
    Fault(
        "contracts/types/PackedAccount.sol",
        "uint256 private constant IN_ASKS = 135;",
        "uint256 private constant IN_ASKS = 134;",
        "check_reserveLots_bindsFreeLotsAlone",
    ),
    Fault(
        "contracts/types/PackedAccount.sol",
        "- cost * (1 | (1 << IN_BIDS))",
        "- cost * (1 | (1 << (IN_BIDS + 1)))",
        "check_escrow_ofOneBidComesBackWhole",
    ),
    Fault(
        "contracts/types/Lanes.sol",
        "uint256 private constant WIDTH = 42;",
        "uint256 private constant WIDTH = 41;",
        "check_obligation_leavesItsNeighbours",
    ),
    Fault(
        "contracts/lib/IntervalSet.sol",
        "if (next != 0 && next < until) {",
        "if (next != 0 && next > until) {",
        "check_insert_thirdNeverOverlaps",
    ),
    Fault(
        "contracts/lib/MerkleSum.sol",
        "1 << 47 | 1 << 95",
        "1 << 47 | 1 << 94",
        "check_add_refusesWhatDoesNotFit",
    ),
    Fault(
        "contracts/types/PackedFlows.sol",
        "(word >> shift) + (((word << 1) >> shift) & 1)",
        "(word >> shift)",
        "check_lots_atLane2_leaveTheirNeighbours",
    ),
)


def test_there_are_at_least_twenty_proofs_and_each_fault_has_its_place():
    assert len(proofs.written(ROOT)) >= 20
    for fault in FAULTS:
        assert (ROOT / fault.source).read_text().count(fault.old) == 1, fault
        assert fault.proof in proofs.written(ROOT)


@pytest.mark.long
def test_a_planted_fault_refutes_its_proof(tmp_path: Path):
    for name in ("contracts", "interfaces", "tests/forge", "tests/symbolic"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "foundry.toml", tmp_path)
    shutil.copytree(ROOT / "tools" / "solc", tmp_path / "tools" / "solc")
    trees.copy_packages(tmp_path)
    node = tmp_path / ".tools" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.symlink_to((ROOT / ".tools" / "bin" / "node").resolve())
    for fault in FAULTS:
        source = tmp_path / fault.source
        source.write_text(source.read_text().replace(fault.old, fault.new))

    wanted = "|".join(fault.proof for fault in FAULTS)
    judged = {proof.name: proof for proof in proofs.run(tmp_path, ["--match-test", f"^({wanted})"])}

    assert set(judged) == {fault.proof for fault in FAULTS}
    for fault in FAULTS:
        assert not judged[fault.proof].isProved, fault
