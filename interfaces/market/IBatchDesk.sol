// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ProjectId} from "../evidence/IProjects.sol";
import {UnitId} from "../types/Ids.sol";
import {IExchange} from "./IExchange.sol";

/// @dev Causes of the lock of a batch, bits of a mask.
library LockCauses {
    uint8 internal constant ORDER = 1; //   an officer's order about the batch
    uint8 internal constant PROJECT = 2; // its project is suspended
    uint8 internal constant SOURCE = 4; //  an officer's order about the batch that it was set apart from
}

/// @title IBatchDesk
/// @notice Locks, unlocks and invalidates batches of credits, and suspends projects: in the register below and on the exchange
/// by one act.
/// @dev The desk is the only contract that OffsetCredits and Projects take these acts from. Each sets the state there and bars
/// the batch's market ({IExchangeCore-syncUnit}) in one transaction: no order is placed or filled after it, and a fill asks for
/// no batch. The offices are those of the batch's or project's scheme; no caller gains a power by it.
/// @dev A batch is locked as long as one cause is left: an officer's order about it or the batch that it was set apart from, or
/// the suspension of its project.
interface IBatchDesk {
    /// @notice Emitted when the causes of a batch's lock change; `BatchStatusChanged` beside it when it is locked or unlocked.
    /// @param actor the officer; where a suspension is carried on, who asked for it
    /// @param causes {LockCauses}; 0 = unlocked
    event LockCausesChanged(UnitId indexed id, address indexed actor, uint8 causes, bytes32 reason);

    /// @notice Emitted when a suspension, or its end, has been carried to batches of a project.
    /// @param next Place of the first batch that was not looked at; 0 = all were
    event SuspensionCarried(ProjectId indexed project, address indexed actor, bool suspended, uint256 next);

    /// @notice Thrown when an order to lock or unlock changes nothing. See {causesOf}: a batch whose project is suspended is
    /// unlocked with the project.
    error BatchDeskUnchanged(UnitId id, uint8 causes);

    /// @notice Locks a batch while its validity is examined, or withdraws that order. Caller: power FREEZE.
    /// @dev Reaches all batches that were set apart from it, at most 128; an order about one of these reaches it alone.
    function setLocked(UnitId id, bool locked, bytes32 reason) external;

    /// @notice Invalidates a locked or ex-ante batch, and all batches that were set apart from it. Caller: power ISSUE.
    /// @dev Warning: cannot be undone. Earlier retirements and surrenders keep their record; the market stays barred.
    function invalidate(UnitId id, bytes32 reason) external;

    /// @notice Suspends a project and locks its active batches, or ends both. Caller: power REGISTER.
    /// @return next Place of the first batch that was not looked at, see {pull}; 0 = all were
    function setSuspended(ProjectId project, bool suspended, bytes32 reason) external returns (uint256 next);

    /// @notice Carries the status of a project to its batches from place `from` on, 100 in a call. Anyone.
    /// @return next As in {setSuspended}
    function pull(ProjectId project, uint256 from) external returns (uint256 next);

    /// @notice Why a batch is locked ({LockCauses}); also why it was when it was invalidated.
    function causesOf(UnitId id) external view returns (uint8);

    /// @notice The exchange whose markets are barred; zero where credits are held without one.
    function EXCHANGE() external view returns (IExchange);
}
