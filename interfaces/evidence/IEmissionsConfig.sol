// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../types/Ids.sol";

/// @dev Roles a person of a verification body is accredited for. Bits of `Signer.roles`.
library SignerRoles {
    uint8 internal constant LEAD = 1; //     leads the verification
    uint8 internal constant REVIEWER = 2; // reviews it, without having taken part
}

/// @dev One person of a verification body, as accredited.
struct Signer {
    address key;
    ParticipantId body;
    uint8 roles; //        see {SignerRoles}
    uint24 scopes; //      bit s: may verify scope s
    uint16 validFrom; //   [days since 1970-01-01 UTC] first day
    uint16 validUntil; //  [days since 1970-01-01 UTC] first day no longer
}

/// @dev Plausible output and emissions of one benchmark class. A report outside is refused. All zero: the class takes
/// no reports.
struct ClassBounds {
    uint32 minPower; //    [t/MWh × 1e4]
    uint32 maxPower; //    [t/MWh × 1e4]
    uint32 minHeat; //     [t/GJ × 1e4]
    uint32 maxHeat; //     [t/GJ × 1e4]
    uint32 maxLoadPpm; //  [ppm] MWh ≤ capacity × hours of the year × this; never 0
    uint32 maxHeatLoad; // [GJ/MWh × 1e4] GJ ≤ capacity × hours of the year × this
    uint40 baseT; //       [t] on top of the upper bound: process emissions, start-up of a plant that hardly ran
    uint8 scope; //        accreditation a signer needs, 0..23
}

/// @dev The rest of a scheme's configuration.
struct OracleRules {
    uint8 minBodies; //        opinions a report needs, 1..8; batches are allowed only with 1
    uint8 minAssurance; //     1 limited, 2 reasonable
    uint32 maxMateriality; //  [ppm]
    uint32 maxAge; //          [s] a signature older than this is stale
    uint32 maxSkew; //         [s] a signature may be this far in the future
    uint16 reportDays; //      [days] after the end of the year in which reports are taken; never 0
}

/// @title IEmissionsConfig
/// @notice Accreditation of signers, plausibility bounds and report rules of each scheme; conflicts of interest.
/// @dev The half of {IEmissionsOracle} that the EmissionsOracle's extension answers.
interface IEmissionsConfig {
    /// @notice Emitted when a scheme's signer set, bounds and rules are replaced.
    /// @param digest configuration digest that reports are signed for from now on
    /// @param pointer the contract whose code holds the words
    /// @param words digest, rules, bounds by class, signers: layouts in {OracleConfigLib} and {SignerSet}
    event OracleConfigured(
        SchemeId indexed scheme,
        uint16 indexed version,
        bytes32 indexed digest,
        bytes32 oldDigest,
        address pointer,
        uint256[] words
    );

    /// @notice Emitted when a body declares an interest in an operator or developer, or an officer sets or lifts one.
    event InterestSet(
        SchemeId indexed scheme,
        ParticipantId indexed body,
        ParticipantId indexed participant,
        bool interested,
        address by
    );

    /// @notice Thrown when the scheme has no signer set.
    error EmissionsNotConfigured(SchemeId scheme);
    /// @notice Thrown when a call carries no item or more than its bound.
    error EmissionsTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when signers are not in strictly rising order of keys, or a key is zero.
    error EmissionsSignerOrder(uint256 index, address key);
    /// @notice Thrown when a signer has no or unknown roles, no scope, or dates out of order.
    error EmissionsBadSigner(uint256 index, address key);
    /// @notice Thrown when a signer's body is not an active verification body.
    error EmissionsNotBody(ParticipantId body);
    /// @notice Thrown when bounds contradict themselves; the word as in {OracleConfigLib}.
    error EmissionsBadBounds(uint256 class, uint256 bounds);
    /// @notice Thrown when the rules are outside their limits; the word as in {OracleConfigLib}.
    error EmissionsBadRules(uint256 rules, uint256 disputeWindow);
    /// @notice Thrown when a 257th body would be registered.
    error EmissionsTooManyBodies(uint256 limit);
    /// @notice Thrown when the body was never in a signer set.
    error EmissionsUnknownBody(ParticipantId body);

    /// @notice Replaces signer set, bounds and rules of a scheme. Caller: power ACCREDIT in all of the scheme.
    /// @param bounds by benchmark class, class 0 first; at most 16
    /// @param signers at most 255, in strictly rising order of keys
    /// @dev The dispute window is the scheme's parameter `mrv.dispute_window_s` of this moment.
    function configure(
        SchemeId scheme,
        OracleRules calldata rules,
        ClassBounds[] calldata bounds,
        Signer[] calldata signers
    ) external returns (bytes32 digest);

    /// @notice Declares or lifts an interest of `body` in `participant`. Caller: power ACCREDIT in all of the
    /// scheme; or the body itself (MANAGE), which may declare but not lift.
    function setInterest(SchemeId scheme, ParticipantId body, ParticipantId participant, bool interested) external;

    /// @notice A scheme's configuration: digest, rules, bounds by class, signers; layouts in {OracleConfigLib} and
    /// {SignerSet}.
    function configWords(SchemeId scheme) external view returns (uint256[] memory);

    /// @notice A scheme's signer set, in the order signatures refer to.
    function signersOf(SchemeId scheme) external view returns (Signer[] memory);
}
