// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev An arc of the grid in one word, low to high: `capacity 32 | cost 32 | efficiency 32 | from 8 | to 8 | line 8 | table 16
/// | version 16 | since 40`. Capacity is in Wh per interval, the cost in micro-credits per kWh sent, the efficiency in ppm of
/// the energy sent, `since` in seconds. A version is at least 1, so the word of an arc is never 0.
type PackedArc is uint256;

using PackedArcLib for PackedArc global;

/// @title PackedArcLib
library PackedArcLib {
    uint256 internal constant PPM = 1_000_000;

    function pack(
        uint32 capacity_,
        uint32 cost_,
        uint32 efficiency_,
        uint8 from_,
        uint8 to_,
        bool isLine_,
        uint16 table_,
        uint16 version_,
        uint40 since_
    ) internal pure returns (uint256) {
        return capacity_ | uint256(cost_) << 32 | uint256(efficiency_) << 64 | uint256(from_) << 96 | uint256(to_)
            << 104 | uint256(isLine_ ? 1 : 0) << 112 | uint256(table_) << 120 | uint256(version_) << 136
            | uint256(since_) << 152;
    }

    function capacity(PackedArc w) internal pure returns (uint256) {
        return uint32(PackedArc.unwrap(w));
    }

    function cost(PackedArc w) internal pure returns (uint256) {
        return uint32(PackedArc.unwrap(w) >> 32);
    }

    function efficiency(PackedArc w) internal pure returns (uint256) {
        return uint32(PackedArc.unwrap(w) >> 64);
    }

    function from(PackedArc w) internal pure returns (uint8) {
        return uint8(PackedArc.unwrap(w) >> 96);
    }

    function to(PackedArc w) internal pure returns (uint8) {
        return uint8(PackedArc.unwrap(w) >> 104);
    }

    /// @dev A line joins nodes of one carrier; a converter does not.
    function isLine(PackedArc w) internal pure returns (bool) {
        return uint8(PackedArc.unwrap(w) >> 112) != 0;
    }

    function table(PackedArc w) internal pure returns (uint16) {
        return uint16(PackedArc.unwrap(w) >> 120);
    }

    function version(PackedArc w) internal pure returns (uint16) {
        return uint16(PackedArc.unwrap(w) >> 136);
    }

    function since(PackedArc w) internal pure returns (uint40) {
        return uint40(PackedArc.unwrap(w) >> 152);
    }

    /// @dev Energy arriving of `flow` Wh sent, rounded down.
    function arriving(PackedArc w, uint256 flow) internal pure returns (uint256) {
        return flow * efficiency(w) / PPM;
    }
}
