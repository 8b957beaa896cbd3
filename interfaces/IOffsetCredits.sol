// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "./Ids.sol";
import {ProjectId} from "./IProjects.sol";
import {Exit, IUnit1155} from "./IUnit1155.sol";

/// @dev A run of serial numbers, both ends included. One storage slot.
struct SerialBlock {
    uint32 registry; // 1 is this registry; others are numbered when their blocks are first immobilised
    uint64 series; //   issuance series inside that registry; 0 where it counts through
    uint64 first;
    uint64 last;
}

enum BatchStatus {
    None,
    Active,
    Locked, //      nothing of the batch moves or leaves; the way back is open
    Invalidated //  nothing of the batch moves again; holdings leave as invalidated
}

/// @dev One issuance of credits. The first five fields are one slot, read by every transfer and written by every exit.
struct Batch {
    uint64 first; //     first serial number
    uint64 last; //      last serial number
    uint64 next; //      the next serial number to attach to an exit
    uint32 registry; //  of the serial numbers; 1 is this registry
    BatchStatus status;
    //
    uint64 reportId; //  monitoring report, see {IProjects}
    uint64 series; //    issuance series of the serial numbers; 0 in this registry
    uint64 buffer; //    [t] issued to the buffer, for reversals
    uint40 issuedAt; //  [s]
}

/// @title IOffsetCredits
/// @notice Tonnes reduced or removed by a project [t], each issuance a batch with serial numbers of its own.
/// @dev Serial numbers come from one counter, so that two blocks of this registry cannot overlap. They attach to a
/// person at the exit, first in first out, and never before.
/// @dev The buffer of a batch is the balance of this contract itself, `balanceOf(address(this), id)`: nobody can
/// transfer it.
interface IOffsetCredits is IUnit1155 {
    /// @notice Emitted when a final monitoring report became credits. `UnitsIssued` beside it names the report's hash.
    /// @param amount Credited to the developer [t].
    /// @param buffer Credited to the buffer [t]; `amount + buffer` is the size of the block.
    event BatchIssued(
        UnitId indexed id,
        uint64 indexed reportId,
        ProjectId indexed project,
        address to,
        uint256 amount,
        uint256 buffer,
        uint64 firstSerial,
        uint64 lastSerial
    );

    /// @notice Emitted at every exit: exactly these serial numbers left.
    event SerialsAttached(
        UnitId indexed id, address indexed from, bytes32 indexed ref, Exit kind, SerialBlock[] blocks
    );

    /// @notice Emitted when the status of a batch changed.
    event BatchStatusChanged(
        UnitId indexed id, BatchStatus previous, BatchStatus status, address officer, bytes32 reason
    );

    /// @notice Thrown when a monitoring report is not final.
    error OffsetReportNotFinal(uint64 reportId);

    /// @notice Thrown when a monitoring report was turned into credits before.
    error OffsetAlreadyIssued(uint64 reportId, UnitId id);

    /// @notice Thrown when a monitoring report has nothing to credit.
    error OffsetNothingToIssue(uint64 reportId);

    /// @notice Thrown when a batch does not exist.
    error OffsetBatchUnknown(UnitId id);

    /// @notice Thrown when a batch is not in the status an act needs.
    error OffsetBatchStatus(UnitId id, BatchStatus status);

    /* ISSUE AND EXIT */

    /// @notice Turns the final monitoring report `reportId` into a batch: buffer share to the buffer, the rest to the
    /// developer's primary wallet. Officers with the power to issue. Once for each report.
    /// @dev The buffer's share is rounded up, the developer's down; together they are the reported quantity.
    function issueFromReport(uint64 reportId) external returns (UnitId id);

    /// @notice `exit`, and returns the serial numbers that left, in order.
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        returns (SerialBlock[] memory blocks);

    /* STATUS */

    /// @notice Locks a batch while its validity is examined, or ends the lock without consequence. Officers with the
    /// power to freeze.
    function setLocked(UnitId id, bool locked, bytes32 reason) external;

    /// @notice Declares a locked batch invalid for ever. Officers with the power to issue.
    /// @dev Warning: cannot be undone. What retired or surrendered before keeps its record.
    function invalidateBatch(UnitId id, bytes32 reason) external;

    /// @notice Takes the holdings of `holders`, frozen ones too, out of an invalidated batch; at most 200
    /// holders. Anybody. What is in the venue's ledger leaves through a controller that debits there.
    function clearInvalidated(UnitId id, address[] calldata holders) external;

    /// @notice Pays an unavoidable reversal of `amount` [t] out of the buffer of `id`. Officers with the power to issue.
    function reverseFromBuffer(UnitId id, uint256 amount, bytes32 reason) external;

    /* VIEWS */

    /// @notice The batch of `id`; reverts when there is none.
    function batch(UnitId id) external view returns (Batch memory);

    /// @notice The batch made from a monitoring report; zero if none.
    function batchOfReport(uint64 reportId) external view returns (UnitId id);

    /// @notice The next serial number this registry will issue.
    function nextSerial() external view returns (uint64);
}
