// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {AccountLine} from "../../contracts/lib/AccountLine.sol";
import {LineTree} from "../../contracts/lib/LineTree.sol";
import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";

/// @dev A tree of lines built in the plainest way; the nodes are those of {MerkleSum}.
contract LineTreeTest is Test {
    uint256 private constant GUARDS = 1 << 47 | 1 << 95 | 1 << 143 | 1 << 191;

    bytes32[] private hashes;
    uint256[] private sums;

    function _line(int48 metered, uint48 sold, uint48 bought, int48 traded, uint48 loss)
        private
        pure
        returns (AccountLine memory)
    {
        uint256 energy = 7 | uint256(uint48(metered)) << 32 | uint256(sold) << 80 | uint256(bought) << 128
            | uint256(uint48(traded)) << 176;
        return AccountLine(energy, uint256(loss) << 88, 0, 0);
    }

    function test_sumsOf_byDirectionAndSign() public pure {
        assertEq(LineTree.sumsOf(_line(10, 4, 0, 0, 1)), LineTree.pack(0, 10, 5, 0));
        assertEq(LineTree.sumsOf(_line(-10, 0, 4, 0, 1)), LineTree.pack(10, 0, 0, 7));
        assertEq(LineTree.sumsOf(_line(0, 0, 0, -3, 0)), LineTree.pack(0, 0, 3, 0));
        assertEq(LineTree.sumsOf(_line(0, 0, 0, 0, 0)), 0);
    }

    /// @dev It would be added to the next field: 2^48 Wh too much as one watt-hour short, for nothing in the totals.
    function test_sumsOf_moreThanAFieldHolds_isUnderNoRoot() public pure {
        uint48 most = type(uint48).max;
        AccountLine[6] memory large = [
            _line(type(int48).min, 0, 0, 0, 0),
            _line(0, 0, most, -1, 0),
            _line(0, most, 0, 0, 0),
            _line(0, 0, 1 << 47, 0, 0),
            _line(0, most, 0, type(int48).max, most),
            _line(type(int48).max, 0, most, type(int48).min, 0)
        ];
        for (uint256 i; i < large.length; ++i) {
            uint256 own = LineTree.sumsOf(large[i]);
            assertTrue(own & GUARDS != 0);
            assertEq(own >> 192, 0);
            assertFalse(LineTree.isUnder(bytes32(bytes22("leaf")), own, bytes32(bytes22("leaf")), own, 0, 1, ""));
        }
        int48 top = type(int48).max;
        assertEq(LineTree.sumsOf(_line(-top, 0, 0, -top, 0)), LineTree.pack(uint48(top), 0, 0, 0));
        assertEq(LineTree.sumsOf(_line(0, 1 << 47, 1, 0, 0)), LineTree.pack(0, 0, 0, uint48(top)));
    }

    function _leaves(uint256 count, uint256 seed) private {
        (hashes, sums) = (new bytes32[](count), new uint256[](count));
        for (uint256 i; i < count; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
            uint256 drawn = uint256(keccak256(abi.encode(seed, i, "sums")));
            sums[i] = LineTree.pack(uint16(drawn), uint16(drawn >> 16), uint16(drawn >> 32), uint16(drawn >> 48));
        }
    }

    function _climb(uint256 index) private view returns (bytes32, uint256, bytes memory proof) {
        (bytes32[] memory h, uint256[] memory s) = (hashes, sums);
        for (uint256 count = h.length; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) proof = abi.encodePacked(proof, bytes22(h[index ^ 1]), uint192(s[index ^ 1]));
            for (uint256 i; i < count / 2; ++i) {
                (SumWord left, SumWord right) = (SumWord.wrap(s[2 * i]), SumWord.wrap(s[2 * i + 1]));
                h[i] = MerkleSum.node(h[2 * i], left, h[2 * i + 1], right);
                s[i] = s[2 * i] + s[2 * i + 1];
            }
            if (count % 2 == 1) (h[count / 2], s[count / 2]) = (h[count - 1], s[count - 1]);
            index /= 2;
        }
        return (bytes32(bytes22(h[0])), s[0], proof);
    }

    function testFuzz_isUnder_eachLeafAndNoOther(uint256 seed, uint8 size) public {
        uint256 count = bound(size, 1, 40);
        uint256 index = seed % count;
        _leaves(count, seed);
        (bytes32 root, uint256 total, bytes memory proof) = _climb(index);
        (bytes32 hash, uint256 own) = (hashes[index], sums[index]);
        assertTrue(LineTree.isUnder(root, total, hash, own, index, count, proof));
        assertTrue(LineTree.isUnder(root, total, hash, own, index, count, bytes.concat(proof, new bytes(31))));
        assertFalse(LineTree.isUnder(root, total, hash, own, index, count, bytes.concat(proof, new bytes(32))));
        assertFalse(LineTree.isUnder(root, total, ~hash, own, index, count, proof));
        assertFalse(LineTree.isUnder(root, total, hash, own, index, 2 * count, proof));
        assertFalse(LineTree.isUnder(root, total, hash, own, count + index, count, proof));
        assertFalse(LineTree.isUnder(root, total + 1, hash, own, index, count, proof));
        if (count > 1) {
            assertFalse(LineTree.isUnder(root, total + 1, hash, own + 1, index, count, proof));
            proof[uint256(keccak256(abi.encode(seed))) % proof.length] ^= 0x01;
            assertFalse(LineTree.isUnder(root, total, hash, own, index, count, proof));
        }
    }

    /// @dev What is said of the others is never below zero: no field of a total is less than the line's own.
    function testFuzz_isUnder_noTotalBelowTheLine(uint192 own, uint192 beside, bytes32 hash, bool small) public view {
        // Each field a quarter of what it may be, or anything.
        uint192 quarters = type(uint192).max / type(uint48).max * (type(uint48).max >> 2);
        if (small) (own, beside) = (own & quarters, beside & quarters);
        uint256 total = uint256(own) + beside;
        bytes32 other = keccak256(abi.encode(hash));
        SumWord left = SumWord.wrap(own);
        bytes32 root = MerkleSum.node(bytes32(bytes22(hash)), left, bytes32(bytes22(other)), SumWord.wrap(beside));
        bytes memory proof = abi.encodePacked(bytes22(other), beside);
        bool fits = (uint256(own) | beside | total) & (GUARDS | type(uint256).max << 192) == 0;
        assertEq(LineTree.isUnder(root, total, hash, own, 0, 2, proof), fits);
        assertTrue(fits || !small);
        if (!fits) return;
        for (uint256 field; field < 192; field += 48) {
            assertGe(uint48(total >> field), uint48(uint256(own) >> field));
        }
    }

    /// @dev A sum that ran over on the way, and came back to what it should be.
    function test_isUnder_noSumRunsOver() public {
        _leaves(4, 1);
        for (uint256 i; i < 4; ++i) {
            sums[i] = 1 << 46;
        }
        (bytes32 root, uint256 total, bytes memory proof) = _climb(0);
        assertEq(total, 1 << 48); // an export of 1 Wh
        assertFalse(LineTree.isUnder(root, total, hashes[0], sums[0], 0, 4, proof));
    }

    /// @dev Though its rest still stands behind it in memory.
    function test_isUnder_noProofThatIsCutOff() public {
        _leaves(4, 3);
        (bytes32 root, uint256 total, bytes memory proof) = _climb(0);
        assertTrue(LineTree.isUnder(root, total, hashes[0], sums[0], 0, 4, proof));
        assembly ("memory-safe") {
            mstore(proof, sub(mload(proof), 1))
        }
        assertFalse(LineTree.isUnder(root, total, hashes[0], sums[0], 0, 4, proof));
    }

    function test_isUnder_leavesMemoryAsItWas() public {
        _leaves(9, 2);
        (bytes32 root, uint256 total, bytes memory proof) = _climb(8);
        bytes memory before = abi.encode(root, total);
        LineTree.isUnder(root, total, hashes[8], sums[8], 8, 9, proof);
        bytes32[] memory fresh;
        assertEq(fresh.length, 0);
        assertEq(before, abi.encode(root, total));
    }
}
