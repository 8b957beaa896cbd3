// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Energy and counts under a node of the tree, lowest first:
/// `import 48 | export 48 | settled 24 | provisional 24 | substituted 24 | held 24`. Energy in Wh. The top bit of each
/// field is never set, so that one addition adds all six and a carry shows: 140 TWh, 8.4 million meters of each quality.
type SumWord is uint256;

using MerkleSum for SumWord global;

/// @title MerkleSum
/// @notice A Merkle tree whose nodes carry sums: who shows one leaf shows its share of the whole.
/// @dev leaf = hash(0x00 ‖ three words), node = hash(0x01 ‖ left ‖ left sums ‖ right ‖ right sums); an odd node moves up as
/// it is. A hash is the upper 176 bits of keccak256 and takes 22 bytes, sums take 24: as strong against collisions as the
/// 176 bits a root is kept in, and a proof is mostly call data. `tonne/crypto/merkle_sum.py` is the same tree.
library MerkleSum {
    /// @dev Top bit of each field, and what lies above the last.
    uint256 internal constant GUARDS = 1 << 47 | 1 << 95 | 1 << 119 | 1 << 143 | 1 << 167 | type(uint256).max << 191;
    bytes32 private constant HASH = bytes32(type(uint256).max << 80);
    uint256 private constant ENERGY = (1 << 47) - 1;
    uint256 private constant COUNT = (1 << 23) - 1;
    uint256 private constant EXPORT_SHIFT = 48;
    uint256 private constant COUNTS_SHIFT = 96;
    uint256 private constant COUNT_BITS = 24;

    /// @notice Thrown when a field of a sum is too large, or the addition of two is.
    error MerkleSumOverflow(uint256 left, uint256 right);

    /// @notice The sums of one leaf.
    /// @param quality 0 settled, 1 provisional, 2 substituted, 3 held: a held leaf counts, its energy does not
    function ofLeaf(uint256 importWh_, uint256 exportWh_, uint256 quality) internal pure returns (SumWord) {
        uint256 counted = 1 << COUNTS_SHIFT + COUNT_BITS * quality;
        return SumWord.wrap(quality == 3 ? counted : counted | importWh_ | exportWh_ << EXPORT_SHIFT);
    }

    function importWh(SumWord self) internal pure returns (uint256) {
        return SumWord.unwrap(self) & ENERGY;
    }

    function exportWh(SumWord self) internal pure returns (uint256) {
        return SumWord.unwrap(self) >> EXPORT_SHIFT & ENERGY;
    }

    /// @notice Leaves of one quality.
    function countOf(SumWord self, uint256 quality) internal pure returns (uint256) {
        return SumWord.unwrap(self) >> COUNTS_SHIFT + COUNT_BITS * quality & COUNT;
    }

    /// @notice All leaves.
    function count(SumWord self) internal pure returns (uint256) {
        return countOf(self, 0) + countOf(self, 1) + countOf(self, 2) + countOf(self, 3);
    }

    /// @notice Field by field.
    function add(SumWord a, SumWord b) internal pure returns (SumWord) {
        unchecked {
            uint256 sum = SumWord.unwrap(a) + SumWord.unwrap(b); // no carry out: the top bit of neither is set
            if ((SumWord.unwrap(a) | SumWord.unwrap(b) | sum) & GUARDS != 0) {
                revert MerkleSumOverflow(SumWord.unwrap(a), SumWord.unwrap(b));
            }
            return SumWord.wrap(sum);
        }
    }

    /// @notice Hash of a leaf that holds three words.
    function leaf(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), a, b, c)) & HASH;
    }

    /// @notice Hash of an inner node.
    function node(bytes32 left, SumWord leftSums, bytes32 right, SumWord rightSums) internal pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
            uint8(1),
            bytes22(left),
            uint192(SumWord.unwrap(leftSums)),
            bytes22(right),
            uint192(SumWord.unwrap(rightSums))
        )
        ) & HASH;
    }

    /// @notice Root and sums of the tree of `count_` leaves of which this is number `index`.
    /// @param proof 22 bytes of hash and 24 of sums for each sibling, from the ground up; none for a level where the node
    /// moves up alone
    /// @return root its hash
    /// @return total its sums
    /// @return isWhole whether the proof is as long as it must be, no field of a sum runs over, and the sums are of as many
    /// leaves as the tree has
    function climb(bytes32 hash, SumWord sums, uint256 index, uint256 count_, bytes calldata proof)
        internal
        pure
        returns (bytes32 root, SumWord total, bool isWhole)
    {
        uint256 over;
        // A proof that is too short is read beyond its end, which the last line notices. A count is compared with the
        // sums' below, and calldata for more than some 30 levels is refused by its length. The pair is built in the first
        // 101 bytes of memory, whose own content is put back.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(0, 1)
            let from := proof.offset
            let at := index
            for { let last := sub(count_, 1) } last {} {
                if iszero(gt(xor(at, 1), last)) {
                    // Sums are written behind the hash, over what it has too much, and end with 8 bytes too many, over
                    // which the sibling is written, or nothing.
                    switch and(at, 1)
                    case 0 {
                        mstore(1, hash)
                        mstore(23, shl(64, sums))
                        calldatacopy(47, from, 46)
                    }
                    default {
                        mstore(47, hash)
                        mstore(69, shl(64, sums))
                        calldatacopy(1, from, 46)
                    }
                    hash := keccak256(0, 93)
                    let sibling := shr(64, calldataload(add(from, 22)))
                    over := or(over, or(sibling, sums))
                    sums := add(sums, sibling)
                    from := add(from, 46)
                }
                at := shr(1, at)
                last := shr(1, last)
            }
            mstore(0x40, free)
            mstore(0x60, 0)
            isWhole := and(lt(index, count_), eq(from, add(proof.offset, proof.length)))
        }
        (root, total) = (hash & HASH, sums);
        isWhole = isWhole && (over | SumWord.unwrap(sums)) & GUARDS == 0 && count(sums) == count_;
    }
}
