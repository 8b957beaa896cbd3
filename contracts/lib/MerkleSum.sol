// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Energy and counts under a node of the tree, lowest first:
/// `import 48 | export 48 | settled 24 | provisional 24 | substituted 24 | held 24`. Energy in Wh. The top bit of each
/// field is never set, so that one addition adds all six and a carry shows: 140 TWh, 8.4 million meters of each quality.
type SumWord is uint256;

using MerkleSum for SumWord global;

/// @title MerkleSum
/// @notice A Merkle tree whose nodes carry sums: who shows one leaf shows its share of the whole.
/// @dev leaf = keccak256(0x00 ‖ three words), node = keccak256(0x01 ‖ left ‖ left sums ‖ right ‖ right sums); an odd node
/// moves up as it is. `tonne/merkle_sum.py` is the same tree.
library MerkleSum {
    /// @dev Top bit of each field, and what lies above the last.
    uint256 internal constant GUARDS = 1 << 47 | 1 << 95 | 1 << 119 | 1 << 143 | 1 << 167 | type(uint256).max << 191;
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
    function leaf(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32 hash) {
        // The first byte of word 0 is zero; 97 bytes are hashed from its last byte on.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 0)
            mstore(add(input, 0x20), a)
            mstore(add(input, 0x40), b)
            mstore(add(input, 0x60), c)
            hash := keccak256(add(input, 0x1f), 0x61)
        }
    }

    /// @notice Hash of an inner node.
    function node(bytes32 left, SumWord leftSums, bytes32 right, SumWord rightSums)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 1)
            mstore(add(input, 0x20), left)
            mstore(add(input, 0x40), leftSums)
            mstore(add(input, 0x60), right)
            mstore(add(input, 0x80), rightSums)
            hash := keccak256(add(input, 0x1f), 0x81)
        }
    }

    /// @notice Root and sums of the tree of `count_` leaves of which this is number `index`.
    /// @param proof 32 bytes of hash and 24 of sums for each sibling, from the ground up; none for a level where the node
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
        uint256 leaves = count_;
        uint256 over;
        isWhole = index < count_;
        // A proof that is too short is read beyond its end, which the last line notices. A count is compared with the
        // sums' below, and calldata for more than some 30 levels is refused by its length.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 1)
            let pair := add(input, 0x20)
            let from := proof.offset
            for {} gt(count_, 1) {} {
                if lt(xor(index, 1), count_) {
                    let own := add(pair, shl(6, and(index, 1)))
                    let other := add(pair, shl(6, iszero(and(index, 1))))
                    let sibling := shr(64, calldataload(add(from, 0x20)))
                    mstore(own, hash)
                    mstore(add(own, 0x20), sums)
                    mstore(other, calldataload(from))
                    mstore(add(other, 0x20), sibling)
                    hash := keccak256(add(input, 0x1f), 0x81)
                    over := or(over, or(sibling, sums))
                    sums := add(sums, sibling)
                    from := add(from, 56)
                }
                index := shr(1, index)
                count_ := shr(1, add(count_, 1))
            }
            isWhole := and(isWhole, eq(from, add(proof.offset, proof.length)))
        }
        (root, total) = (hash, sums);
        isWhole = isWhole && (over | SumWord.unwrap(sums)) & GUARDS == 0 && count(sums) == leaves;
    }
}
