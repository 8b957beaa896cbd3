// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClassBounds, OracleRules} from "../../interfaces/evidence/IEmissionsOracle.sol";

/// @title OracleWords
/// @notice Layout of a scheme's configuration: digest, rules, bounds by class, signers; see {SignerSet} for the last.
/// @dev rules   signers 8 · classes 8 · minBodies 8 · minAssurance 8 · maxMateriality 32 · maxAge 32 · maxSkew 32 ·
///              reportDays 16 · disputeWindow 32 · latest validFrom 16 · earliest validUntil 16 (of all signers)
///      bounds  minPower 32 · maxPower 32 · minHeat 32 · maxHeat 32 · maxLoad 32 · maxHeatLoad 32 · base 40 · scope 8
library OracleWords {
    uint256 internal constant DIGEST = 0;
    uint256 internal constant RULES = 1;
    uint256 internal constant HEAD = 2;

    function packRules(OracleRules calldata r, uint256 window, uint256 signers, uint256 classes)
        internal
        pure
        returns (uint256)
    {
        return signers | classes << 8 | uint256(r.minBodies) << 16 | uint256(r.minAssurance) << 24
            | uint256(r.maxMateriality) << 32 | uint256(r.maxAge) << 64 | uint256(r.maxSkew) << 96
            | uint256(r.reportDays) << 128 | window << 144;
    }

    function minBodies(uint256 rules) internal pure returns (uint256) {
        return uint8(rules >> 16);
    }

    function minAssurance(uint256 rules) internal pure returns (uint256) {
        return uint8(rules >> 24);
    }

    /// @dev [ppm]
    function maxMateriality(uint256 rules) internal pure returns (uint256) {
        return uint32(rules >> 32);
    }

    /// @dev [s]
    function maxAge(uint256 rules) internal pure returns (uint256) {
        return uint32(rules >> 64);
    }

    /// @dev [s]
    function maxSkew(uint256 rules) internal pure returns (uint256) {
        return uint32(rules >> 96);
    }

    /// @dev [days]
    function reportDays(uint256 rules) internal pure returns (uint256) {
        return uint16(rules >> 128);
    }

    /// @dev [s]
    function disputeWindow(uint256 rules) internal pure returns (uint256) {
        return uint32(rules >> 144);
    }

    /// @dev [days] from when every person of the set is accredited
    function latestFrom(uint256 rules) internal pure returns (uint256) {
        return uint16(rules >> 176);
    }

    /// @dev [days] from when the first person no longer is
    function earliestUntil(uint256 rules) internal pure returns (uint256) {
        return uint16(rules >> 192);
    }

    function withDates(uint256 rules, uint256 latestFrom_, uint256 earliestUntil_) internal pure returns (uint256) {
        return rules | latestFrom_ << 176 | earliestUntil_ << 192;
    }

    function digestOf(uint256[] memory words) internal pure returns (bytes32) {
        return bytes32(words[DIGEST]);
    }

    /// @dev Where the signers begin.
    function firstSigner(uint256 rules) internal pure returns (uint256) {
        return HEAD + uint8(rules >> 8);
    }

    /// @dev Bounds of a class; 0 when it has none.
    function boundsAt(uint256[] memory words, uint256 rules, uint256 class) internal pure returns (uint256) {
        return class < uint8(rules >> 8) ? words[HEAD + class] : 0;
    }

    function packBounds(ClassBounds calldata b) internal pure returns (uint256) {
        return uint256(b.minPower) | uint256(b.maxPower) << 32 | uint256(b.minHeat) << 64 | uint256(b.maxHeat) << 96
            | uint256(b.maxLoadPpm) << 128 | uint256(b.maxHeatLoad) << 160 | uint256(b.baseT) << 192 | uint256(b.scope)
            << 232;
    }

    /// @dev Accreditation [bit] a class asks for.
    function scopeBit(uint256 bounds) internal pure returns (uint256) {
        return 1 << (bounds >> 232);
    }
}
