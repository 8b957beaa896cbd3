// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";

/// @dev Meaning of a programme's label.
enum LabelKind {
    None,
    Endorsement, //   meets a quality label, e.g. ICVCM CCP
    Qualification, // a letter makes it eligible for a use, e.g. CORSIA
    Certification, // a certificate of another standard
    Insurance //      a policy covers reversal or revocation
}

/// @dev A label of a batch; days since 1970-01-01, both included. It holds on no day when it ended before it began.
struct Label {
    uint32 fromDay;
    uint32 untilDay;
    bytes32 evidence; // digest of the letter, assessment or policy; 0: there is no label
}

/// @title ILabels
/// @notice Labels of batches of credits, with dates and evidence. Each programme has a keeper, and only the keeper sets and
/// ends its labels. Authorisations by a Party are {IArticle6}'s, and are not repeated here.
/// @dev A label moves nothing and stops nothing: buyers filter by it. Ended labels stay in the events.
/// @dev Storage: programme → keeper and kind; (programme, unit) → {Label}; rebuilt from events.
interface ILabels {
    /// @notice Emitted when a programme gets a name, kind or keeper.
    /// @param keeper who sets and ends its labels; 0: none from now on
    /// @param name at most 64 bytes, e.g. `CORSIA first phase`
    event LabelProgrammeSet(uint16 indexed programme, address indexed keeper, LabelKind kind, string name);

    /// @notice Emitted for each batch that gets a label.
    /// @param detail at most 200 bytes: facts beyond the dates, e.g. the insurer and the sum
    event LabelGranted(uint16 indexed programme, UnitId indexed unit, Label label, address keeper, string detail);

    /// @notice Emitted when a label ends earlier than it was granted.
    /// @param lastDay [days since 1970-01-01] before `fromDay` when it never held
    event LabelEnded(uint16 indexed programme, UnitId indexed unit, uint32 lastDay, address keeper, bytes32 reason);

    /// @notice Thrown when the caller is not the programme's keeper. Remedy: ask `keeper`.
    error LabelsNotKeeper(uint16 programme, address caller, address keeper);
    /// @notice Thrown for programme 0, a programme without a kind, or a name of no or more than 64 bytes.
    error LabelsBadProgramme(uint16 programme, LabelKind kind, uint256 nameLength);
    /// @notice Thrown when a unit is no batch of credits that was issued. Remedy: a unit id of `tonne offsets find`.
    error LabelsUnknownBatch(UnitId unit);
    /// @notice Thrown when there is no evidence, the days are out of order, or the detail is longer than 200 bytes.
    error LabelsBadLabel(uint32 fromDay, uint32 untilDay, bytes32 evidence, uint256 detailLength);
    /// @notice Thrown when the batch has this label on a day from `fromDay` on. Remedy: end it first.
    error LabelsAlreadyLabelled(uint16 programme, UnitId unit, uint32 untilDay);
    /// @notice Thrown when a label would not end earlier than it does, or there is none.
    error LabelsNotEnding(uint16 programme, UnitId unit, uint32 lastDay, uint32 untilDay);
    /// @notice Thrown when a call names no batch or more than 32.
    error LabelsBadCount(uint256 count, uint256 limit);

    /// @notice Sets a programme. Its labels stay when the keeper changes. Restricted.
    function setProgramme(uint16 programme, address keeper, LabelKind kind, string calldata name) external;

    /// @notice Labels batches, at most 32. Caller: the programme's keeper.
    function grant(uint16 programme, UnitId[] calldata units, Label calldata label, string calldata detail) external;

    /// @notice Ends the label of batches earlier. Caller: the programme's keeper.
    function end(uint16 programme, UnitId[] calldata units, uint32 lastDay, bytes32 reason) external;

    /// @notice Keeper and kind of a programme.
    function programmeOf(uint16 programme) external view returns (address keeper, LabelKind kind);

    /// @notice The latest label of a batch; all zero without one.
    function labelOf(uint16 programme, UnitId unit) external view returns (Label memory);

    /// @notice Whether a batch has a label on a day.
    function isLabelled(uint16 programme, UnitId unit, uint32 day) external view returns (bool);
}
