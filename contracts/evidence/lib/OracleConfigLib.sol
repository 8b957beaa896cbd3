// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClassBounds, OracleRules} from "../../../interfaces/evidence/IEmissionsConfig.sol";
import {IEmissionsReports} from "../../../interfaces/evidence/IEmissionsOracle.sol";
import {PPM} from "../../types/Ppm.sol";

/// @title OracleConfigLib
/// @notice Layout of a scheme's configuration words: digest, rules, bounds by class, signers; see {SignerSet} for the
/// last.
/// @dev rules   signers 8 · classes 8 · minBodies 8 · minAssurance 8 · maxMateriality 32 · maxAge 32 · maxSkew 32 ·
///              reportDays 16 · disputeWindow 32 · latest validFrom 16 · earliest validUntil 16 (of all signers) · zone 32
///      bounds  minPower 32 · maxPower 32 · minHeat 32 · maxHeat 32 · maxLoad 32 · maxHeatLoad 32 · base 40 · scope 8
library OracleConfigLib {
    uint256 internal constant DIGEST = 0;
    uint256 internal constant RULES = 1;
    uint256 internal constant HEAD = 2;

    uint256 internal constant REASONABLE = 2;

    /// @dev Bounds are in 1/10,000 t.
    uint256 private constant TENTHOUSANDTHS = 1e4;
    uint256 private constant KW_PER_MW = 1000;

    function digestOf(uint256[] memory words) internal pure returns (bytes32) {
        return bytes32(words[DIGEST]);
    }

    /* RULES */

    function packRules(OracleRules calldata r, uint256 window, uint256 signers, uint256 classes)
        internal
        pure
        returns (uint256)
    {
        return signers | classes << 8 | uint256(r.minBodies) << 16 | uint256(r.minAssurance) << 24
            | uint256(r.maxMateriality) << 32 | uint256(r.maxAge) << 64 | uint256(r.maxSkew) << 96
            | uint256(r.reportDays) << 128 | window << 144;
    }

    function withDates(uint256 rules, uint256 latestFrom_, uint256 earliestUntil_) internal pure returns (uint256) {
        return rules | latestFrom_ << 176 | earliestUntil_ << 192;
    }

    /// @param utcOffset [s] east of UTC, in which the scheme's years begin
    function withZone(uint256 rules, int32 utcOffset) internal pure returns (uint256) {
        return rules | uint256(uint32(utcOffset)) << 208; // two's complement in 32 bits
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

    /// @dev [days] the day from which every person of the set is accredited
    function latestFrom(uint256 rules) internal pure returns (uint256) {
        return uint16(rules >> 176);
    }

    /// @dev [days] the day from which the first person no longer is
    function earliestUntil(uint256 rules) internal pure returns (uint256) {
        return uint16(rules >> 192);
    }

    /// @dev [s] east of UTC
    function zoneOf(uint256 rules) internal pure returns (int256) {
        return int32(uint32(rules >> 208)); // its 32 bits
    }

    /// @dev Index of the first signer's word.
    function firstSigner(uint256 rules) internal pure returns (uint256) {
        return HEAD + uint8(rules >> 8);
    }

    /// @notice Reverts unless an opinion's assurance and materiality are within the rules.
    function requireTerms(uint256 rules, uint256 assurance, uint256 materialityPpm) internal pure {
        if (assurance < minAssurance(rules) || assurance > REASONABLE) {
            revert IEmissionsReports.EmissionsAssurance(assurance, minAssurance(rules), REASONABLE);
        }
        if (materialityPpm > maxMateriality(rules)) {
            revert IEmissionsReports.EmissionsMaterialityTooHigh(materialityPpm, maxMateriality(rules));
        }
    }

    /// @notice Reverts unless a signature was given within these times [s].
    function requireSignedAt(uint256 signedAt, uint256 earliest, uint256 latest) internal pure {
        if (signedAt < earliest || signedAt > latest) {
            revert IEmissionsReports.EmissionsSignedAt(signedAt, earliest, latest);
        }
    }

    /* BOUNDS */

    function packBounds(ClassBounds calldata b) internal pure returns (uint256) {
        return uint256(b.minPower) | uint256(b.maxPower) << 32 | uint256(b.minHeat) << 64 | uint256(b.maxHeat) << 96
            | uint256(b.maxLoadPpm) << 128 | uint256(b.maxHeatLoad) << 160 | uint256(b.baseT) << 192 | uint256(b.scope)
            << 232;
    }

    /// @dev Bounds of a class; 0 when it has none.
    function boundsAt(uint256[] memory words, uint256 rules, uint256 class) internal pure returns (uint256) {
        return class < uint8(rules >> 8) ? words[HEAD + class] : 0;
    }

    /// @dev Accreditation [bit] a class asks for.
    function scopeBit(uint256 bounds) internal pure returns (uint256) {
        return 1 << (bounds >> 232);
    }

    /// @notice Most power [MWh] and heat [GJ] that `capacityHours` [kWh] can give.
    /// @dev Assumes 56 bits of capacity-hours: times 32 bits, far below 2^256.
    function mostOutput(uint256 bounds, uint256 capacityHours) internal pure returns (uint256 power, uint256 heat) {
        unchecked {
            power = capacityHours * uint32(bounds >> 128) / (KW_PER_MW * PPM);
            heat = capacityHours * uint32(bounds >> 160) / (KW_PER_MW * TENTHOUSANDTHS);
        }
    }

    /// @notice Least and most emissions [t × 1e4] that an output of power [MWh] and heat [GJ] can have.
    /// @dev Assumes 40-bit amounts: times 32-bit bounds, far below 2^256.
    function emissionRange(uint256 bounds, uint256 power, uint256 heat)
        internal
        pure
        returns (uint256 least, uint256 most)
    {
        unchecked {
            least = power * uint32(bounds) + heat * uint32(bounds >> 64);
            most = power * uint32(bounds >> 32) + heat * uint32(bounds >> 96) + uint256(uint40(bounds >> 192))
                * TENTHOUSANDTHS;
        }
    }

    /// @notice Emissions [t] in the unit of the bounds [t × 1e4].
    function scaled(uint256 emissionsT) internal pure returns (uint256) {
        unchecked {
            return emissionsT * TENTHOUSANDTHS; // 40 bits of tonnes
        }
    }
}
