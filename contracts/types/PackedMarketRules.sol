// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Rules of a market, low to high: `band ppm 20 | taker ppm 16 | maker ppm 16 | minimum 32 | maximum 32 | holding limit 34
/// | close rule 4 | sessions 28 | block ppm 20 | block minimum 32 | block session 14 | taker levels 8`. Sessions are quarter
/// hours of 7 bits: open, close, open, close. A market always has sessions, so its word is never 0.
type PackedMarketRules is uint256;

using PackedMarketRulesLib for PackedMarketRules global;

/// @title PackedMarketRulesLib
library PackedMarketRulesLib {
    function bandPpm(PackedMarketRules r) internal pure returns (uint256) {
        return PackedMarketRules.unwrap(r) & 0xfffff;
    }

    function takerPpm(PackedMarketRules r) internal pure returns (uint256) {
        return uint16(PackedMarketRules.unwrap(r) >> 20);
    }

    function makerPpm(PackedMarketRules r) internal pure returns (uint256) {
        return uint16(PackedMarketRules.unwrap(r) >> 36);
    }

    function minimum(PackedMarketRules r) internal pure returns (uint256) {
        return uint32(PackedMarketRules.unwrap(r) >> 52);
    }

    function maximum(PackedMarketRules r) internal pure returns (uint256) {
        return uint32(PackedMarketRules.unwrap(r) >> 84);
    }

    function holdingLimit(PackedMarketRules r) internal pure returns (uint256) {
        return (PackedMarketRules.unwrap(r) >> 116) & ((1 << 34) - 1);
    }

    function closeRule(PackedMarketRules r) internal pure returns (uint256) {
        return (PackedMarketRules.unwrap(r) >> 150) & 0xf;
    }

    function sessions(PackedMarketRules r) internal pure returns (uint256) {
        return (PackedMarketRules.unwrap(r) >> 154) & ((1 << 28) - 1);
    }

    function blockPpm(PackedMarketRules r) internal pure returns (uint256) {
        return (PackedMarketRules.unwrap(r) >> 182) & 0xfffff;
    }

    /// @dev 0 = no block trades.
    function blockMinimum(PackedMarketRules r) internal pure returns (uint256) {
        return uint32(PackedMarketRules.unwrap(r) >> 202);
    }

    /// @dev Two quarter hours, open and close.
    function blockSession(PackedMarketRules r) internal pure returns (uint256) {
        return (PackedMarketRules.unwrap(r) >> 234) & ((1 << 14) - 1);
    }

    /// @dev 0 = all.
    function takerLevels(PackedMarketRules r) internal pure returns (uint256) {
        return PackedMarketRules.unwrap(r) >> 248;
    }
}
