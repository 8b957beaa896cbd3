// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../types/Ids.sol";

/// @dev A month's package to go on record.
struct MonthItem {
    InstallationId installation;
    uint16 year;
    uint8 month; //     1..12
    bytes32 digest; //  EIP-712 digest that the operator signed; never 0
}

/// @dev Record of a month; all zero: none.
struct MonthRecord {
    bytes32 digest; //  of the last package
    uint40 firstAt; //  [s] first record: a deadline is measured by it
    uint40 lastAt; //   [s] last record
    uint16 revision; // 1 for the first package, one more for each correction
}

/// @title IMonthlyEvidence
/// @notice When the evidence of a plant's month was there, and which it was.
/// @dev A package holds a month's key parameters, activity data, factors and documents; it stays with the operator. Here
/// is only the digest that the operator signed, EIP-712, domain "tonne MonthlyEvidence" version "1" with chain id and
/// this contract:
///
/// `MonthPackage(uint32 installation,uint16 year,uint8 month,uint64 emissionsKg,uint64 powerMwh,uint64 heatGj,
/// bytes32 linesRoot,bytes32 parametersRoot,bytes32 evidenceRoot,uint64 signedAt)`
///
/// The deadline of a month's evidence is a rule of the scheme; a late record is accepted, and its date shows it. A
/// correction does not replace the first record's time: it sets the last time and counts the revisions.
interface IMonthlyEvidence {
    /// @notice Emitted for each package.
    /// @param month year × 100 + month: 202103 is March 2021
    /// @param operator of the plant at that moment
    event MonthRecorded(
        InstallationId indexed installation,
        uint256 indexed month,
        ParticipantId indexed operator,
        bytes32 digest,
        uint16 revision,
        address by
    );

    /// @notice Thrown when a call has no item or more than 120.
    error MonthsBadCount(uint256 count);
    /// @notice Thrown unless the caller is a wallet of the plant's operator with the right to report.
    error MonthsNotReporter(InstallationId installation, address wallet, uint8 rights);
    /// @notice Thrown for a month that is none, or is not over anywhere on earth.
    error MonthsNotOver(uint16 year, uint8 month);
    /// @notice Thrown for a digest that is 0 or is that on record already.
    error MonthsNoChange(InstallationId installation, uint16 year, uint8 month);

    /// @notice Puts months' packages on record, of one plant or several, at most 120.
    function record(MonthItem[] calldata items) external;

    /// @notice Record of a plant's month.
    function monthOf(InstallationId installation, uint16 year, uint8 month) external view returns (MonthRecord memory);
}
