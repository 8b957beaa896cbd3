// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId} from "../types/Ids.sol";

/// @dev All lines of one report, each as canonical JSON in UTF-8, in the order that was signed.
struct LinesOfReport {
    InstallationId installation;
    uint16 year;
    uint8 revision;
    bytes[] lines;
}

/// @title IPublishedLines
/// @notice Puts the lines of reports on chain, so that tonnes of product can be read from events alone.
/// @dev The {EmissionsOracle} has a report's totals and the root of its lines, which operator and bodies signed. An event
/// here has lines and the root that they come to, worked out by this contract as {Merkle} does. Lines are those of a report
/// when plant, year, revision and root are those of its {IEmissionsReports.EmissionsReported}; under any other root they
/// are without meaning, and readers pass over them. Hence any account may publish, and none can alter, hide or replace
/// lines: published twice, they are the same.
interface IPublishedLines {
    /// @notice Emitted for each report.
    /// @param linesRoot over `lines`, in their order
    event LinesPublished(
        InstallationId indexed installation,
        uint16 indexed year,
        bytes32 indexed linesRoot,
        uint8 revision,
        bytes[] lines
    );

    /// @notice Thrown when a report has no line or more than a report can have. Remedy: publish its lines as they were signed.
    error PublishedLinesBadCount(InstallationId installation, uint256 given, uint256 most);

    /// @notice Publishes the lines of reports. Any caller.
    /// @dev Warning: cannot be undone, and a line names fuels with their carbon, which an operator may want to keep.
    function publish(LinesOfReport[] calldata reports) external;
}
