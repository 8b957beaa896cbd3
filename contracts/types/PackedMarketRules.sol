// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Rules of a market, low to high: `band ppm 20 | taker ppm 16 | maker ppm 16 | minimum 32 | maximum 32 | holding limit 34
/// | close rule 4 | sessions 28 | block ppm 20 | block minimum 32 | block session 14 | taker levels 8`. Sessions are quarter
/// hours of 7 bits: open, close, open, close. A market always has sessions, so its word is never 0.
type PackedMarketRules is uint256;

using PackedMarketRulesLib for PackedMarketRules global;

/// @title PackedMarketRulesLib
library PackedMarketRulesLib {
    /// @dev Rules of the order book, without sessions and block trades: {withSessionBound}, {withBlockTrades}. Each value
    /// fits its field.
    function pack(
        uint256 bandPpm_,
        uint256 takerPpm_,
        uint256 makerPpm_,
        uint256 minimum_,
        uint256 maximum_,
        uint256 holdingLimit_,
        uint256 closeRule_,
        uint256 takerLevels_
    ) internal pure returns (PackedMarketRules) {
        return PackedMarketRules.wrap(
            bandPpm_ | (takerPpm_ << 20) | (makerPpm_ << 36) | (minimum_ << 52) | (maximum_ << 84)
                | (holdingLimit_ << 116) | (closeRule_ << 150) | (takerLevels_ << 248)
        );
    }

    /// @dev Sets rules of block trades, which were 0. The session is two quarter hours.
    function withBlockTrades(PackedMarketRules r, uint256 ppm, uint256 minimum_, uint256 opens, uint256 closes)
        internal
        pure
        returns (PackedMarketRules)
    {
        return PackedMarketRules.wrap(
            PackedMarketRules.unwrap(r) | (ppm << 182) | (minimum_ << 202) | ((opens & 0x7f) << 234) | (closes << 241)
        );
    }

    /// @dev Sets bound `i` of the sessions (open, close, open, close), which was 0.
    function withSessionBound(PackedMarketRules r, uint256 i, uint256 quarter)
        internal
        pure
        returns (PackedMarketRules)
    {
        return PackedMarketRules.wrap(PackedMarketRules.unwrap(r) | (quarter << (154 + 7 * i)));
    }

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

    /// @dev Bound `i` of the sessions: open, close, open, close [quarter hours].
    function sessionBound(PackedMarketRules r, uint256 i) internal pure returns (uint256) {
        return (r.sessions() >> (7 * i)) & 0x7f;
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

    /// @dev [quarter hours]
    function blockOpens(PackedMarketRules r) internal pure returns (uint256) {
        return r.blockSession() & 0x7f;
    }

    /// @dev [quarter hours]
    function blockCloses(PackedMarketRules r) internal pure returns (uint256) {
        return r.blockSession() >> 7;
    }

    /// @dev 0 = all.
    function takerLevels(PackedMarketRules r) internal pure returns (uint256) {
        return PackedMarketRules.unwrap(r) >> 248;
    }
}
