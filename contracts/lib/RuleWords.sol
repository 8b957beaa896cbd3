// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Rules of a market, low to high: `band ppm 32 | taker ppm 16 | maker ppm 16 | minimum 32 | maximum 32 | holding limit 40
/// | close rule 8 | sessions 28 | 0 52`. Sessions are four quarter hours of 7 bits: open, close, open, close. A market
/// always has sessions, so its word is never 0.
type RuleWord is uint256;

using RuleWords for RuleWord global;

/// @title RuleWords
library RuleWords {
    function bandPpm(RuleWord r) internal pure returns (uint256) {
        return uint32(RuleWord.unwrap(r));
    }

    function takerPpm(RuleWord r) internal pure returns (uint256) {
        return uint16(RuleWord.unwrap(r) >> 32);
    }

    function makerPpm(RuleWord r) internal pure returns (uint256) {
        return uint16(RuleWord.unwrap(r) >> 48);
    }

    function minimum(RuleWord r) internal pure returns (uint256) {
        return uint32(RuleWord.unwrap(r) >> 64);
    }

    function maximum(RuleWord r) internal pure returns (uint256) {
        return uint32(RuleWord.unwrap(r) >> 96);
    }

    function holdingLimit(RuleWord r) internal pure returns (uint256) {
        return uint40(RuleWord.unwrap(r) >> 128);
    }

    function closeRule(RuleWord r) internal pure returns (uint256) {
        return uint8(RuleWord.unwrap(r) >> 168);
    }

    function sessions(RuleWord r) internal pure returns (uint256) {
        return (RuleWord.unwrap(r) >> 176) & ((1 << 28) - 1);
    }
}
