// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {MerkleClimb} from "../yardstick/MerkleClimb.sol";

/// @dev The tree against its own definition; `tests/tonne/crypto/test_merkle_sum.py` holds the same vectors.
contract MerkleSumTest is Test {
    MerkleClimb private climber;

    function add(SumWord a, SumWord b) external pure returns (SumWord) {
        return a.add(b);
    }

    /// @dev Where memory is free before and after a climb, and the word that is always 0, at 0x60.
    function memoryAround(bytes32 hash, SumWord sums, uint256 index, uint256 count, bytes calldata proof)
        external
        pure
        returns (uint256 before, uint256 afterwards, uint256 zero)
    {
        assembly ("memory-safe") {
            before := mload(0x40)
        }
        MerkleSum.climb(hash, sums, index, count, proof);
        assembly ("memory-safe") {
            afterwards := mload(0x40)
            zero := mload(0x60)
        }
    }

    function setUp() public {
        climber = new MerkleClimb();
    }

    function verify(bytes32 root, SumWord sums, bytes32 hash, SumWord leafSums, uint256 index, bytes memory proof)
        private
        view
        returns (bool)
    {
        (bytes32 found, SumWord total, bool isWhole) = climber.climb(hash, leafSums, index, sums.count(), proof);
        return isWhole && found == root && SumWord.unwrap(total) == SumWord.unwrap(sums);
    }

    function _leaf(uint256 i) private pure returns (bytes32 hash, SumWord sums) {
        return (MerkleSum.leaf(bytes32(i), bytes32(i + 1), bytes32(i + 2)), MerkleSum.ofLeaf(10 * i + 1, 3 * i, i % 4));
    }

    /// @dev All levels, kept: the plain way, from which any proof can be read.
    function _build(uint256 count, uint256 index)
        private
        pure
        returns (bytes32 root, SumWord total, bytes memory proof)
    {
        bytes32[] memory hashes = new bytes32[](count);
        SumWord[] memory sums = new SumWord[](count);
        for (uint256 i; i < count; ++i) {
            (hashes[i], sums[i]) = _leaf(i);
        }
        while (count > 1) {
            if (index ^ 1 < count) {
                proof = abi.encodePacked(proof, bytes22(hashes[index ^ 1]), uint192(SumWord.unwrap(sums[index ^ 1])));
            }
            for (uint256 i; i + 1 < count; i += 2) {
                hashes[i / 2] = MerkleSum.node(hashes[i], sums[i], hashes[i + 1], sums[i + 1]);
                sums[i / 2] = sums[i].add(sums[i + 1]);
            }
            if (count % 2 == 1) (hashes[count / 2], sums[count / 2]) = (hashes[count - 1], sums[count - 1]);
            index /= 2;
            count = (count + 1) / 2;
        }
        return (hashes[0], sums[0], proof);
    }

    function testFuzz_everyLeafIsProvedAndNoOther(uint256 count, uint256 index, uint256 other) public view {
        count = bound(count, 1, 70);
        index = bound(index, 0, count - 1);
        other = bound(other, 0, count + 3);
        (bytes32 root, SumWord total, bytes memory proof) = _build(count, index);
        (bytes32 hash, SumWord sums) = _leaf(index);
        assertTrue(verify(root, total, hash, sums, index, proof));
        if (other != index) assertFalse(verify(root, total, hash, sums, other, proof));
        (hash,) = _leaf(index + 1);
        assertFalse(verify(root, total, hash, sums, index, proof));
    }

    function testFuzz_aLeafWithOtherSumsIsNotUnderTheRoot(uint256 count, uint256 index, bool exported) public view {
        count = bound(count, 1, 70);
        index = bound(index, 0, count - 1);
        (bytes32 root, SumWord total, bytes memory proof) = _build(count, index);
        (bytes32 hash, SumWord sums) = _leaf(index);
        sums = SumWord.wrap(SumWord.unwrap(sums) + (exported ? 1 << 48 : 1));
        assertFalse(verify(root, total, hash, sums, index, proof));
    }

    function testFuzz_sumsAreOfAllLeavesThatAreNotHeld(uint256 count) public pure {
        count = bound(count, 1, 70);
        (, SumWord total,) = _build(count, 0);
        uint256 imported;
        uint256 exported;
        uint256[4] memory counts;
        for (uint256 i; i < count; ++i) {
            ++counts[i % 4];
            if (i % 4 == 3) continue;
            imported += 10 * i + 1;
            exported += 3 * i;
        }
        assertEq(total.importWh(), imported);
        assertEq(total.exportWh(), exported);
        for (uint256 q; q < 4; ++q) {
            assertEq(total.countOf(q), counts[q]);
        }
        assertEq(total.count(), count);
    }

    function test_aProofWithOtherSumsOfASiblingFails() public view {
        (bytes32 root, SumWord total, bytes memory proof) = _build(8, 5);
        (bytes32 hash, SumWord sums) = _leaf(5);
        proof[45] = bytes1(uint8(proof[45]) ^ 1);
        assertFalse(verify(root, total, hash, sums, 5, proof));
    }

    function test_aProofTooShortOrTooLongFails() public view {
        (bytes32 root, SumWord total, bytes memory proof) = _build(8, 5);
        (bytes32 hash, SumWord sums) = _leaf(5);
        assertTrue(verify(root, total, hash, sums, 5, proof));
        assertFalse(verify(root, total, hash, sums, 5, abi.encodePacked(proof, bytes1(0))));
        assembly ("memory-safe") {
            mstore(proof, sub(mload(proof), 46))
        }
        assertFalse(verify(root, total, hash, sums, 5, proof));
    }

    function test_aRootWithOtherSumsFails() public view {
        (bytes32 root, SumWord total, bytes memory proof) = _build(1, 0);
        (bytes32 hash, SumWord sums) = _leaf(0);
        assertTrue(verify(root, total, hash, sums, 0, proof));
        assertFalse(verify(root, SumWord.wrap(SumWord.unwrap(total) + 1), hash, sums, 0, proof));
    }

    /// @dev Two siblings whose fields run over would hide energy behind a carry.
    function testFuzz_noFieldRunsIntoTheNext(uint8 field, uint256 a, uint256 b) public {
        uint256 width = field % 6 < 2 ? 48 : 24;
        uint256 shift = [uint256(0), 48, 96, 120, 144, 168][field % 6];
        a = bound(a, 0, (1 << width) - 1);
        b = bound(b, 0, (1 << width) - 1);
        if (a >> width - 1 != 0 || b >> width - 1 != 0 || (a + b) >> width - 1 != 0) {
            vm.expectRevert(abi.encodeWithSelector(MerkleSum.MerkleSumOverflow.selector, a << shift, b << shift));
            this.add(SumWord.wrap(a << shift), SumWord.wrap(b << shift));
        } else {
            assertEq(SumWord.unwrap(this.add(SumWord.wrap(a << shift), SumWord.wrap(b << shift))), (a + b) << shift);
        }
    }

    /// @dev A sibling whose field runs over would borrow from the next one.
    function test_aSiblingThatRunsOverFails() public view {
        (bytes32 root, SumWord total, bytes memory proof) = _build(2, 0);
        (bytes32 hash, SumWord sums) = _leaf(0);
        assertTrue(verify(root, total, hash, sums, 0, proof));
        (bytes32 sibling, SumWord beside) = _leaf(1);
        uint256 much = SumWord.unwrap(beside) | 1 << 47;
        proof = abi.encodePacked(bytes22(sibling), uint192(much));
        root = MerkleSum.node(hash, sums, sibling, SumWord.wrap(much));
        assertFalse(verify(root, SumWord.wrap(SumWord.unwrap(sums) + much), hash, sums, 0, proof));
    }

    /// @dev The pair is built over the first words of memory, two of which are the compiler's own.
    function test_climb_putsBackTheWordsThatItBuildsOver() public view {
        (,, bytes memory proof) = _build(7, 3);
        (bytes32 hash, SumWord sums) = _leaf(3);
        (uint256 before, uint256 afterwards, uint256 zero) = this.memoryAround(hash, sums, 3, 7, proof);
        assertEq(afterwards, before);
        assertEq(zero, 0);
    }

    function test_vectors() public view {
        string memory json = vm.readFile("tests/vectors/merkle_sum.json");
        for (uint256 i; i < 5; ++i) {
            string memory at = string.concat(".trees[", vm.toString(i), "]");
            uint256 count = vm.parseJsonUint(json, string.concat(at, ".count"));
            (bytes32 root, SumWord total,) = _build(count, 0);
            assertEq(vm.parseJsonBytes32(json, string.concat(at, ".root")), root);
            assertEq(uint256(vm.parseJsonBytes32(json, string.concat(at, ".sums"))), SumWord.unwrap(total));
        }
    }
}
