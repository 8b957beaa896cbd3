// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "../../../contracts/lib/MerkleSum.sol";
import {
    IMeterPostings,
    LeafAsked,
    LeafProof,
    MeterLeaf,
    MeterRecord,
    MeterSignature,
    OneTimeKey,
    RootPosting
} from "../../../interfaces/evidence/IMeterOracle.sol";
import {Curve, Node} from "../../../interfaces/evidence/IMeters.sol";
import {MeterId} from "../../../interfaces/types/MeterTypes.sol";
import {LeafPlace} from "../../../contracts/lib/MeterReadings.sol";
import {MeterCase} from "../../evidence/MeterCase.sol";

/// @dev Gas of whole transactions: run with `--isolate`.
abstract contract MeterGasCase is MeterCase {
    function _measure(Curve curve, string memory key) internal returns (uint256 used) {
        setUp();
        used = _contradict(curve);
        vm.snapshotValue("energy", key, used);
    }

    /// @dev By the record that the leaf rests on.
    function _uphold(Curve curve) internal returns (uint256) {
        MeterRecord memory r = _record(MeterId.wrap(1), 123_456);
        MeterSignature memory by = _by(curve, 1, r);
        bytes memory signed = abi.encodePacked("tonne meter 2", r.meter, r.readAt, r.registers, r.sequence, r.status);
        bytes32 recordDigest = _leafOf(r).recordDigest;
        return _used(notary, abi.encodeCall(IMeterPostings.uphold, (1, r.registers, recordDigest, 0, by, signed)));
    }

    /// @dev Of 100,000 leaves by its path alone: what lies beside the path is a hash and its sums.
    function _contradict(Curve curve) private returns (uint256) {
        MeterRecord memory record = _record(_doubted(curve, 1), 123_456);
        Tree memory t = _path(_leafOf(record), 68_123, 100_000);
        vm.warp(START + QUARTER);
        _post(t, 1);
        record = _record(record.meter, 123_457);
        MeterSignature memory by = _by(curve, 1, record);
        LeafProof memory p = t.shown;
        LeafPlace place = _place(p, record.meter, 0);
        return _used(
            sceptic,
            abi.encodeCall(IMeterPostings.contradict, (place, p.leaf.reading, p.leaf.recordDigest, by, p.proof, record))
        );
    }

    /// @dev Gas of a call, as a transaction pays for it.
    function _used(address by, bytes memory data) internal returns (uint256 used) {
        vm.prank(by);
        (bool done,) = address(oracle).call(data);
        assertTrue(done);
        used = vm.lastCallGas().gasTotalUsed;
        uint256 least = _floor(data);
        if (used < least) used = least;
    }

    /// @dev What a transaction costs at least by EIP-7623, whatever it does.
    function _floor(bytes memory data) private pure returns (uint256 least) {
        least = 21_000;
        for (uint256 i; i < data.length; ++i) {
            least += data[i] == 0 ? 10 : 40;
        }
    }

    function _path(MeterLeaf memory leaf, uint256 index, uint256 count) internal pure returns (Tree memory t) {
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

    function test_gas_intervalRootInBatch() public {
        RootPosting[] memory roots = new RootPosting[](12);
        for (uint24 i; i < 12; ++i) {
            Node memory n = _node();
            n.region = 100 + i;
            vm.prank(officer);
            roots[i] = RootPosting(meters.openNode(n), 1, keccak256("root"), _many(), DATA);
        }
        vm.warp(START + 2 * QUARTER);
        for (uint40 i; i < 2; ++i) {
            vm.prank(notary);
            oracle.postMany(START + i * QUARTER, roots);
        }
        vm.snapshotValue("energy", "interval_root_in_batch", vm.lastCallGas().gasTotalUsed / 12);
    }

    /// @dev Sums of a hundred thousand meters.
    function _many() private pure returns (SumWord) {
        uint256 counts = 90_001 << 96 | 5_003 << 120 | 3_001 << 144 | 1_995 << 168;
        return SumWord.wrap(counts | 0x1234567 | 0x89abcde << 48);
    }

    function test_gas_contradict() public {
        assertLe(_measure(Curve.P256, "contradict_p256_100000"), 180_000);
        vm.snapshotValue("energy", "uphold_p256", _uphold(Curve.P256));
        _measure(Curve.Secp256k1, "contradict_secp256k1_100000");
        vm.snapshotValue("energy", "uphold_secp256k1", _uphold(Curve.Secp256k1));
    }

    /// @dev Each step of a challenge among 100,000 leaves; the answer is false in its last bit, and is exposed.
    function test_gas_challenge() public {
        MeterId meter = _meter(Curve.P256, 1);
        (MeterId[] memory ids, address[] memory readers) = (new MeterId[](1), new address[](1));
        (ids[0], readers[0]) = (meter, household);
        _fund(household, 10 * FEE);
        vm.warp(START - 1);
        vm.prank(officer);
        meters.setReaders(ids, readers);
        vm.warp(START + QUARTER);
        Tree memory t = _path(_leafOf(_record(meter, 123_456)), 68_123, 100_000);
        _post(t, 1);
        uint256 first = _step(meter, t, false);
        uint256 id = first + 1;
        _step(meter, t, true);
        uint256 used = _used(household, abi.encodeCall(IMeterPostings.close, (first)));
        vm.snapshotValue("energy", "challenge_close", used);
        OneTimeKey memory shared = _shared();
        bytes memory data = abi.encodeCall(IMeterPostings.expose, (id, ASKING, shared, _sealedOf(id, meter, t)));
        used = _used(household, data);
        vm.snapshotValue("energy", "challenge_expose_100000", used);
        assertLe(used, 150_000);
    }

    function _step(MeterId meter, Tree memory t, bool snapshot) private returns (uint256 id) {
        LeafAsked memory asked = LeafAsked(node, START, MeterId.unwrap(meter), false);
        OneTimeKey memory key = _public(ASKING);
        uint256 used = _used(household, abi.encodeCall(IMeterPostings.challenge, (asked, t.root, t.sums, key)));
        id = snapshot ? 2 : 1;
        if (snapshot) vm.snapshotValue("energy", "challenge_ask", used);
        assertLe(used, 150_000);
        used = _used(notary, abi.encodeCall(IMeterPostings.answer, (id, _sealedOf(id, meter, t))));
        if (snapshot) vm.snapshotValue("energy", "challenge_answer_100000", used);
        assertLe(used, 150_000);
    }

    function _sealedOf(uint256 id, MeterId meter, Tree memory t) private returns (bytes memory sealed_) {
        sealed_ = _seal(id, _openedOf(t, meter, SALT));
        sealed_[sealed_.length - 1] ^= 0x01;
    }
}

/// @dev Where the chain has no precompile, a contract does it.
contract MeterVerifierGasTest is MeterGasCase {
    function test_gas_contradict() public {
        assertGt(_measure(Curve.P256, "contradict_p256_100000_by_contract"), 100_000);
    }
}
