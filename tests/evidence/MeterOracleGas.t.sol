// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {
    IMeterPostings,
    LeafProof,
    MeterLeaf,
    MeterRecord,
    MeterSignature
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve} from "../../interfaces/evidence/IMeters.sol";
import {LeafPlace} from "../../contracts/lib/MeterReadings.sol";
import {MeterCase} from "./MeterCase.sol";

/// @dev Gas of whole transactions: run with `--isolate`.
abstract contract MeterGasCase is MeterCase {
    function _measure(Curve curve, string memory key) internal returns (uint256 used) {
        setUp();
        used = _prove(curve);
        vm.snapshotValue("energy", key, used);
    }

    /// @dev A leaf of 100,000 by its path alone: what lies beside the path is a hash and its sums.
    function _prove(Curve curve) private returns (uint256) {
        MeterRecord memory record = _record(_meter(curve, 1), 123_456);
        MeterSignature memory by = _by(curve, 1, record);
        Tree memory t = _path(_leafOf(record), 68_123, 100_000);
        vm.warp(START + QUARTER);
        _post(t, 1);
        LeafProof memory p = t.shown;
        LeafPlace place = _place(p, record.meter, 0);
        oracle.proveLeaf(place, p.leaf.reading, p.leaf.recordDigest, by, p.proof);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        uint256 least =
            _floor(abi.encodeCall(IMeterPostings.proveLeaf, (place, p.leaf.reading, p.leaf.recordDigest, by, p.proof)));
        return used > least ? used : least;
    }

    /// @dev What a transaction costs at least by EIP-7623, whatever it does.
    function _floor(bytes memory data) private pure returns (uint256 least) {
        least = 21_000;
        for (uint256 i; i < data.length; ++i) {
            least += data[i] == 0 ? 10 : 40;
        }
    }

    function _path(MeterLeaf memory leaf, uint256 index, uint256 count) private pure returns (Tree memory t) {
        t.shown = LeafProof(leaf, uint32(index), uint32(count), "");
        (t.root, t.sums) = (_hash(leaf), leaf.reading.sums());
        uint256 width = 1;
        uint256 at = count;
        while (at > 1) {
            // How many leaves lie under the sibling: all of a full subtree, but for the last one of a level.
            uint256 sibling = index ^ 1;
            uint256 under = sibling == at - 1 ? count - sibling * width : width;
            // Of a hundred leaves 90 settle, 5 are provisional, 3 substituted, 2 held; no quality is without a leaf where
            // there are enough.
            uint256 counts = under < 100 ? under << 96 : under - under / 10 << 96;
            if (under >= 100) {
                counts |= under / 20 << 120 | under / 10 - under / 20 - under / 50 << 144 | under / 50 << 168;
            }
            SumWord sums = SumWord.wrap(counts | under * 257 | under * 41 << 48);
            bytes32 hash = bytes22(keccak256(abi.encode("sibling", at)));
            t.shown.proof = abi.encodePacked(t.shown.proof, bytes22(hash), uint192(SumWord.unwrap(sums)));
            t.root = index % 2 == 1
                ? MerkleSum.node(hash, sums, t.root, t.sums)
                : MerkleSum.node(t.root, t.sums, hash, sums);
            t.sums = t.sums.add(sums);
            (index, at, width) = (index / 2, (at + 1) / 2, width * 2);
        }
    }
}

/// @dev With the P-256 precompile (EIP-7951).
/// forge-config: default.evm_version = "osaka"
contract MeterOracleGasTest is MeterGasCase {
    function test_gas_intervalRoot() public {
        vm.warp(START + 2 * QUARTER);
        Tree memory p = _tree(_other(1), 1, 3);
        _post(p, 1); // the bond is bound already: a steady state
        vm.prank(notary);
        oracle.post(node, START + QUARTER, 1, p.root, _many(), DATA);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("energy", "interval_root", used);
        assertLe(used, 72_000);
    }

    /// @dev Sums of a hundred thousand meters.
    function _many() private pure returns (SumWord) {
        uint256 counts = 90_001 << 96 | 5_003 << 120 | 3_001 << 144 | 1_995 << 168;
        return SumWord.wrap(counts | 0x1234567 | 0x89abcde << 48);
    }

    function test_gas_proveLeaf() public {
        assertLe(_measure(Curve.P256, "prove_leaf_p256_100000"), 60_000);
        _measure(Curve.Secp256k1, "prove_leaf_secp256k1_100000");
    }
}

/// @dev Where the chain has no precompile, a contract does it.
contract MeterVerifierGasTest is MeterGasCase {
    function test_gas_proveLeaf() public {
        assertGt(_measure(Curve.P256, "prove_leaf_p256_100000_by_contract"), 100_000);
    }
}
