// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../types/Ids.sol";

/// @dev What units of a batch that was set apart may be given up for.
enum OutcomeUse {
    None, //    not set apart
    Waiting, // nothing yet: no Party has acquired them
    Marked, //  the use that they are authorised for
    Free //     as any other unit: the authorisation has lapsed
}

/// @dev A batch that was set apart: one slot.
struct Outcome {
    UnitId source; //   batch it was set apart from; 0: not set apart
    uint16 party; //    Party that acquires or has acquired it, ISO 3166-1 numeric; 0: other purposes
    OutcomeUse use;
}

/// @title IOutcomeBatches
/// @notice Batches of units that a Party authorised for use abroad, apart from those they came from.
/// @dev Caller of both acts: a controller of credits whose rights name the exit SetApart. A batch has the number 2^61 plus one
/// of its own ({BatchNumbers}), the scheme, vintage, project and serial numbers of its units.
interface IOutcomeBatches {
    /// @notice Emitted when units are set apart. They exit their batch as SetApart, and are issued as another.
    /// @param ref of the controller
    event BatchSetApart(
        UnitId indexed id, UnitId indexed source, address indexed wallet, uint64 first, uint64 last, bytes32 ref
    );
    /// @notice Emitted when the use of a batch that was set apart changes.
    event OutcomeUseSet(UnitId indexed id, uint16 indexed party, OutcomeUse use);

    /// @notice Thrown when the caller is no controller of credits whose rights name the exit SetApart.
    error IssuanceNotSettingApart(address caller);
    /// @notice Thrown when units would be set apart twice, or a batch was never set apart.
    error IssuanceNotApart(UnitId id);
    /// @notice Thrown when a batch has as many parts set apart as it may have. Remedy: authorise units of another batch.
    error IssuanceTooManyApart(UnitId id, uint256 most);

    /// @notice Sets the next `amountT` serial numbers of a batch apart, out of free units of `from`.
    /// @return into the batch they are now
    /// @return first the first of their serial numbers
    function setApart(address from, UnitId id, uint64 amountT, OutcomeUse use, bytes32 ref)
        external
        returns (UnitId into, uint64 first);

    /// @notice Sets the use that a batch may be given up for.
    function setUse(UnitId id, uint16 party, OutcomeUse use) external;

    /// @notice The batches that were set apart from a batch, in order: 128 at most, for an act on it reaches all of them.
    function apartFrom(UnitId id) external view returns (UnitId[] memory ids);

    /// @notice A batch that was set apart; all zero for others.
    function outcomeOf(UnitId id) external view returns (Outcome memory);
}
