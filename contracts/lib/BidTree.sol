// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Merkle} from "./Merkle.sol";

/// @title BidTree
/// @notice The tree of an aggregator's bids: who shows one leaf shows how much energy stands ahead of it. So bids fill a curve
/// from its first step on, and no two of them the same part of it.
/// @dev A word of the tree is `hash 192 | energy 64`, lowest last; leaf = keccak256(0x00 ‖ data), node = keccak256(0x01 ‖ left ‖
/// right); an odd node moves up as it is. `tonne/power/bid_tree.py` is the same tree.
library BidTree {
    uint256 private constant ENERGY = type(uint64).max;

    /// @notice The word of a leaf.
    function leaf(bytes memory data, uint256 wh) internal pure returns (uint256) {
        return (uint256(Merkle.leaf(data)) & ~ENERGY) | wh;
    }

    /// @notice Root above a leaf, and the energy of the leaves ahead of it [Wh].
    /// @param proof siblings from the ground up; a level where the node moves up alone has none
    /// @return root 0 when the proof has another length than it must have
    function climb(uint256 word, uint256 index, uint256 count, uint256[] calldata proof)
        internal
        pure
        returns (uint256 root, uint256 past)
    {
        if (index >= count) return (0, 0);
        uint256 used;
        // Counts have 32 bits, energy 64.
        unchecked {
            for (; count > 1; (index, count) = (index / 2, (count + 1) / 2)) {
                if (index ^ 1 >= count) continue;
                if (used == proof.length) return (0, 0);
                uint256 sibling = proof[used++];
                uint256 sum = (word & ENERGY) + (sibling & ENERGY);
                if (sum > ENERGY) return (0, 0);
                if (index % 2 == 1) past += sibling & ENERGY;
                bytes32 hash = index % 2 == 1
                    ? Merkle.node(bytes32(sibling), bytes32(word))
                    : Merkle.node(bytes32(word), bytes32(sibling));
                word = (uint256(hash) & ~ENERGY) | sum;
            }
        }
        return used == proof.length ? (word, past) : (0, 0);
    }
}
