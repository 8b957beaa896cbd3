// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Merkle
/// @notice The one Merkle tree of the market: leaves and nodes are told apart, an odd node moves up as it is.
/// @dev leaf = keccak256(0x00 ‖ data), node = keccak256(0x01 ‖ left ‖ right). `tonne/crypto/merkle.py` is the same tree.
library Merkle {
    /// @notice Hash of a leaf that holds two words.
    function leaf(bytes32 a, bytes32 b) internal pure returns (bytes32 hash) {
        // The first byte of word 0 is zero; 65 bytes are hashed from its last byte on.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 0)
            mstore(add(input, 0x20), a)
            mstore(add(input, 0x40), b)
            hash := keccak256(add(input, 0x1f), 0x41)
        }
    }

    /// @notice Hash of a leaf of any length.
    function leaf(bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0), data));
    }

    /// @notice Hash of an inner node.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 1)
            mstore(add(input, 0x20), left)
            mstore(add(input, 0x40), right)
            hash := keccak256(add(input, 0x1f), 0x41)
        }
    }

    /// @notice Root over `leaves`, in their order; zero for none. Overwrites the array.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 count = leaves.length;
        if (count == 0) return 0;

        // Levels shrink towards index 0; `count` is below 2^64 and cannot overflow.
        unchecked {
            while (count > 1) {
                uint256 pairs = count / 2;
                for (uint256 i; i < pairs; ++i) {
                    leaves[i] = node(leaves[2 * i], leaves[2 * i + 1]);
                }
                if (count % 2 == 1) leaves[pairs] = leaves[count - 1];
                count -= pairs;
            }
        }
        return leaves[0];
    }

    /// @notice Whether `hash` is leaf number `index` of `count` under `root_`.
    /// @param proof siblings from the ground up; a level where the node moves up alone has none
    function verify(bytes32 root_, bytes32 hash, uint256 index, uint256 count, bytes32[] memory proof)
        internal
        pure
        returns (bool)
    {
        if (index >= count) return false;

        uint256 used;
        while (count > 1) {
            if (index ^ 1 < count) {
                if (used == proof.length) return false;
                bytes32 sibling = proof[used++];
                hash = index % 2 == 1 ? node(sibling, hash) : node(hash, sibling);
            }
            index /= 2;
            count = (count + 1) / 2;
        }
        return used == proof.length && hash == root_;
    }
}
