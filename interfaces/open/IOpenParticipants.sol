// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {IParticipantSource} from "../rules/ILedgerSources.sol";
import {IReporterSource} from "../rules/IReportSources.sol";

/// @title IOpenParticipants
/// @notice A register without admission: an account that joins is an active participant with every right and kind.
/// @dev One address, one participant; one call, once. Numbers run from 1.
/// @dev Warning: one person can join any number of times. Holding limits, same-day resale and the refusal of self-trades
/// bind a participant, so here a person can evade them.
interface IOpenParticipants is IParticipantSource, IReporterSource {
    /// @notice Emitted when an address became a participant.
    event OpenParticipantJoined(ParticipantId indexed id, address indexed wallet);

    /// @notice Emitted when a participant declared an installation of its own.
    event OpenInstallationDeclared(
        InstallationId indexed id,
        ParticipantId indexed operator,
        SchemeId indexed scheme,
        uint16 jurisdiction,
        uint8 benchmarkClass,
        uint40 capacityKw
    );

    /// @notice Thrown when the caller has joined before.
    error OpenParticipantsJoined(address wallet, ParticipantId id);

    /// @notice Thrown when the caller has not joined.
    error OpenParticipantsUnknown(address wallet);

    /// @notice Thrown when all numbers are given.
    error OpenParticipantsFull(uint256 most);

    /// @notice Thrown when an installation names no scheme.
    error OpenParticipantsSchemeMissing();

    /// @notice Thrown when more installations are asked for than allowed.
    error OpenParticipantsTooMany(uint256 count, uint256 most);

    /// @notice Makes the caller a participant.
    function join() external returns (ParticipantId id);

    /// @notice Declares an installation of the caller's, which then signs its reports.
    /// @param capacityKw [kW] what its output is checked against
    function declareInstallation(SchemeId scheme, uint16 jurisdiction, uint8 benchmarkClass, uint40 capacityKw)
        external
        returns (InstallationId id);

    /// @notice The highest number of a participant given so far.
    function participantCount() external view returns (uint256);

    /// @notice The highest number of an installation given so far.
    function installationCount() external view returns (uint256);
}
