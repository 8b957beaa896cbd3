// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {OpinionWord, RecordWord, ReportStatus, ReportWord} from "../../interfaces/types/ReportTypes.sol";

/// @title RecordWordLib
/// @notice Writes a {RecordWord}: the layout, and its readers, are beside the type.
/// @dev Times fit 32 bits until 2106.
library RecordWordLib {
    uint256 private constant POWER = 40;
    uint256 private constant HEAT = 80;
    uint256 private constant REVISION = 120;
    uint256 private constant STATUS = 128;
    uint256 private constant SUBMITTED = 136;
    uint256 private constant FINAL = 168;
    uint256 private constant CONFIG = 200;
    uint256 private constant BODY = 216;
    uint256 private constant BODIES = 240;

    /// @dev Emissions, power and heat, here at 0 and in a {ReportWord} at 56.
    uint256 private constant AMOUNTS_MASK = (1 << 120) - 1;
    uint256 private constant REPORTED_AMOUNTS = 56;
    uint256 private constant STATUS_MASK = uint256(type(uint8).max) << STATUS;
    uint256 private constant FINAL_MASK = uint256(type(uint32).max) << FINAL;

    /// @dev In the terms of an {IEmissionsReports-EmissionsReported}.
    uint256 private constant TERMS_PERSONS = 80;
    uint256 private constant TERMS_SEQUENCE = 208;
    uint256 private constant TERMS_QUALIFIED = 255;

    /// @notice Storage key of a record: `year << 32 | installation`.
    function keyOf(InstallationId installation, uint16 year) internal pure returns (uint256) {
        return uint256(year) << 32 | InstallationId.unwrap(installation);
    }

    /// @notice Storage key of a report's record: its low 48 bits.
    function keyOf(ReportWord report) internal pure returns (uint256) {
        return uint48(ReportWord.unwrap(report));
    }

    /* A REPORT */

    /// @notice The part that all reports of one call share: status, times, configuration.
    function reported(uint256 submittedAt, uint256 finalAt, uint256 config) internal pure returns (RecordWord) {
        return RecordWord.wrap(
            uint256(ReportStatus.Reported) << STATUS | submittedAt << SUBMITTED | finalAt << FINAL | config << CONFIG
        );
    }

    /// @dev Assumes that `shared` has no bodies yet.
    function signedBy(RecordWord shared, uint256 firstBody, uint256 bodies) internal pure returns (RecordWord) {
        return RecordWord.wrap(RecordWord.unwrap(shared) | firstBody << BODY | bodies << BODIES);
    }

    /// @notice The record of one report; `shared` has the rest.
    function withReport(RecordWord shared, ReportWord report) internal pure returns (RecordWord) {
        return RecordWord.wrap(
            ReportWord.unwrap(report) >> REPORTED_AMOUNTS & AMOUNTS_MASK | uint256(report.reportedRevision())
                << REVISION | RecordWord.unwrap(shared)
        );
    }

    /// @notice Persons and batch sequence, as the terms of the event hold them.
    function eventPersons(uint256 persons, uint256 sequence) internal pure returns (uint256) {
        return persons << TERMS_PERSONS | sequence << TERMS_SEQUENCE;
    }

    /// @notice Persons of a report that came alone, and whether their opinion is qualified, as the terms hold them.
    function eventOpinion(OpinionWord opinion) internal pure returns (uint256) {
        return eventPersons(opinion.opinionPersons(), 0) | opinion.opinionQualified() << TERMS_QUALIFIED;
    }

    /// @notice Terms of the event.
    function eventTerms(RecordWord shared, uint256 persons) internal pure returns (uint256) {
        return RecordWord.unwrap(shared) >> FINAL | persons;
    }

    /* LATER */

    /// @notice Amounts set by the authority, final at once.
    function determined(uint40 emissionsT, uint40 powerMwh, uint40 heatGj, uint8 revision)
        internal
        view
        returns (RecordWord)
    {
        return RecordWord.wrap(
            uint256(emissionsT) | uint256(powerMwh) << POWER | uint256(heatGj) << HEAT | uint256(revision) << REVISION
                | uint256(ReportStatus.Determined) << STATUS | block.timestamp << SUBMITTED | block.timestamp << FINAL
        );
    }

    function withStatus(RecordWord w, ReportStatus status) internal pure returns (RecordWord) {
        return RecordWord.wrap(RecordWord.unwrap(w) & ~STATUS_MASK | uint256(status) << STATUS);
    }

    function finalNow(RecordWord w) internal view returns (RecordWord) {
        return RecordWord.wrap(RecordWord.unwrap(w) & ~FINAL_MASK | block.timestamp << FINAL);
    }
}
