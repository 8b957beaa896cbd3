// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev An arc of the grid in one word, low to high: `capacity 32 | cost 32 | efficiency 32 | from 8 | to 8 | line 8 | table 16
/// | version 16 | since 40`. Capacity is in Wh per interval, the cost in micro-credits per kWh sent, the efficiency in ppm of
/// what is sent, `since` in seconds. A version is at least 1, so the word of an arc is never 0.
type PackedArc is uint256;

using PackedArcLib for PackedArc global;

/// @title PackedArcLib
library PackedArcLib {
    uint256 internal constant PPM = 1_000_000;

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

    /// @dev What arrives of `flow` Wh sent, rounded down.
    function arriving(PackedArc w, uint256 flow) internal pure returns (uint256) {
        return flow * efficiency(w) / PPM;
    }
}
