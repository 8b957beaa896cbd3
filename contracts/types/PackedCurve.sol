// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A portfolio curve: one word of head, low to high `account 32 | node 8 | side 8 | steps 8`, then its steps, four a word:
/// `price 32 | limit 32`, the first lowest. Energy is in Wh, prices in micro-credits per kWh. Prices of a bid fall from step
/// to step, those of an offer rise.
type PackedCurve is uint256;

using PackedCurveLib for PackedCurve global;

/// @title PackedCurveLib
library PackedCurveLib {
    uint256 internal constant BID = 0;
    uint256 internal constant OFFER = 1;
    uint256 internal constant MOST_STEPS = 32;
    uint256 internal constant STEP_BITS = 64;
    uint256 internal constant PER_WORD = 4;
    uint256 private constant HEAD_BITS = 56;

    function account(PackedCurve w) internal pure returns (uint256) {
        return uint32(PackedCurve.unwrap(w));
    }

    function node(PackedCurve w) internal pure returns (uint256) {
        return uint8(PackedCurve.unwrap(w) >> 32);
    }

    function side(PackedCurve w) internal pure returns (uint256) {
        return uint8(PackedCurve.unwrap(w) >> 40);
    }

    function steps(PackedCurve w) internal pure returns (uint256) {
        return uint8(PackedCurve.unwrap(w) >> 48);
    }

    /// @dev Node and side in one number, by which the curves of a bidder rise.
    function class(PackedCurve w) internal pure returns (uint256) {
        return 2 * node(w) + side(w);
    }

    /// @dev Whether it has a side and steps that there are, and no bit beyond its fields.
    function isPlain(PackedCurve w) internal pure returns (bool) {
        uint256 count = steps(w);
        return PackedCurve.unwrap(w) >> HEAD_BITS == 0 && side(w) <= OFFER && count != 0 && count <= MOST_STEPS;
    }

    /// @notice Words of so many steps.
    function words(uint256 count) internal pure returns (uint256) {
        return (count + PER_WORD - 1) / PER_WORD;
    }

    /// @notice Lane `index` of 32 bits, eight to a word.
    function lane(uint256 word, uint256 index) internal pure returns (uint256) {
        return uint32(word >> (index % 8 * 32));
    }

    /// @notice Words that `count` lanes of 32 bits need.
    function laneWords(uint256 count) internal pure returns (uint256) {
        return (count + 7) / 8;
    }

    /// @notice The running hash with one part more.
    function chain(bytes32 hash, bytes32 part) internal pure returns (bytes32 next) {
        assembly ("memory-safe") {
            mstore(0x00, hash)
            mstore(0x20, part)
            next := keccak256(0x00, 0x40)
        }
    }

    /// @notice Hash of the words as they stand.
    function hashOf(uint256[] calldata list) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, list.offset, shl(5, list.length))
            hash := keccak256(data, shl(5, list.length))
        }
    }

    /// @notice What of `limit` is accepted of a step at the price, or of a customer's part of it: of all `limits` there, in the
    /// order of opening, `given` are accepted. Parts that follow each other add up exactly.
    /// @param past [Wh] limits ahead of it at the price
    function share(uint256 given, uint256 limits, uint256 past, uint256 limit) internal pure returns (uint256) {
        return limits == 0 ? 0 : given * (past + limit) / limits - given * past / limits; // 32 bits and sums of them
    }
}
