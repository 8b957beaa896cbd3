// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountLine} from "./AccountLine.sol";

/// @title LineTree
/// @notice A Merkle tree of account lines whose nodes carry sums of energy: who finds its own line under a root knows that it is
/// in the totals, and that all others together add nothing below zero to them.
/// @dev Nodes are those of {MerkleSum}: node = hash(0x01 ‖ left ‖ left sums ‖ right ‖ right sums), an odd node moves up as it
/// is, a hash is the upper 176 bits of keccak256 and takes 22 bytes, sums take 24:
/// `import 48 | export 48 | long 48 | short 48`, lowest first, in Wh. The top bit of each field is never set.
/// `line_tree` of `tonne/power/settlement_runs.py` is the same tree.
library LineTree {
    /// @dev Top bit of each field, and what lies above the last.
    uint256 private constant GUARDS = 1 << 47 | 1 << 95 | 1 << 143 | type(uint256).max << 191;
    bytes32 private constant HASH = bytes32(type(uint256).max << 80);

    /// @notice Sums as one word. A figure of 48 bits or more is out of every tree.
    function pack(uint256 importWh, uint256 exportWh, uint256 longWh, uint256 shortWh) internal pure returns (uint256) {
        return importWh | exportWh << 48 | longWh << 96 | shortWh << 144;
    }

    /// @notice Sums of one line: its metered energy by direction, and its imbalance by sign. A true line's are far below 47 bits; one
    /// of more is under no root: it would be added to the next field.
    function sumsOf(AccountLine memory line) internal pure returns (uint256) {
        return _signed(line.meteredWh()) | _signed(-line.imbalanceWh()) << 96;
    }

    /// @dev Below 0 in the lower field, above in the upper; the guard of the field where it is more than that holds.
    function _signed(int256 wh) private pure returns (uint256) {
        uint256 size = uint256(wh < 0 ? -wh : wh);
        if (size >> 47 != 0) size = 1 << 47;
        return wh < 0 ? size : size << 48;
    }

    /// @notice Whether a leaf is number `index` of `count` under the root, whose sums are these.
    /// @param hash of its line
    /// @param own sums of its line
    /// @param proof 22 bytes of hash and 24 of sums for each sibling, from the ground up, none for a level where the node moves
    /// up alone; filled up to a whole word, or not
    function isUnder(
        bytes32 root,
        uint256 sums,
        bytes32 hash,
        uint256 own,
        uint256 index,
        uint256 count,
        bytes memory proof
    ) internal pure returns (bool) {
        (bytes32 top, uint256 total, uint256 used) = _climb(hash, own, index, count, proof);
        bool whole = index < count && used <= proof.length && proof.length < used + 32;
        return whole && top == root && total == sums && total & GUARDS == 0;
    }

    /// @dev A proof that is too short is read beyond its end, which the caller notices; a count has 32 bits, so that this ends. A
    /// sum that runs over leaves more in the total than any total has: each field is added alone below its guard. The pair is
    /// built in the first 101 bytes of memory, whose own content is put back: the sibling first, whose sums end with 8 bytes too
    /// many, then what it is beside, which keeps the 8 bytes behind its own sums.
    function _climb(bytes32 hash, uint256 sums, uint256 index, uint256 count, bytes memory proof)
        private
        pure
        returns (bytes32 root, uint256 total, uint256 used)
    {
        uint256 over;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let start := add(proof, 0x20)
            let from := start
            mstore8(0, 1)
            for { let last := sub(count, 1) } last {} {
                if iszero(gt(xor(index, 1), last)) {
                    let at := mul(46, and(index, 1))
                    let sibling := mload(add(from, 22))
                    mstore(sub(47, at), mload(from))
                    mstore(sub(69, at), sibling)
                    mstore(add(1, at), hash)
                    at := add(23, at)
                    mstore(at, or(shl(64, sums), and(mload(at), 0xffffffffffffffff)))
                    hash := keccak256(0, 93)
                    sibling := shr(64, sibling)
                    over := or(over, or(sibling, sums))
                    sums := add(sums, sibling)
                    from := add(from, 46)
                }
                index := shr(1, index)
                last := shr(1, last)
            }
            mstore(0x40, free)
            mstore(0x60, 0)
            used := sub(from, start)
        }
        (root, total) = (hash & HASH, sums | over & GUARDS);
    }
}
