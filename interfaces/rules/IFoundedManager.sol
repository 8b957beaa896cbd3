// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title IFoundedManager
/// @notice OpenZeppelin's AccessManager with a founding: until then the deployer wires at once; afterwards every act of a
/// role waits, except those of the daily roles, and a guardian can cancel it.
/// @dev Waiting acts are scheduled by {IAccessManager-schedule} and made by {IAccessManager-execute}, or by calling the
/// function again, once the delay has passed; they lapse a week later.
interface IFoundedManager is IAccessManager {
    /// @notice Emitted when the deployment ends.
    /// @param delay [s] of every act of a role that is not daily; it never changes
    /// @param dailyRoles bit by role number: roles whose acts do not wait
    event Founded(address indexed by, address indexed guardian, uint32 delay, uint64 dailyRoles);

    /// @notice Thrown when an act is scheduled before the founding, when none waits. Call the function instead.
    error ManagerNotFounded();
    /// @notice Thrown when a deployment is founded a second time. Nothing is to be done: its delay never changes.
    error ManagerFounded();
    /// @notice Thrown when a delay is outside its bounds [s]. Found with a delay between `least` and `most`.
    error ManagerBadDelay(uint32 delay, uint32 least, uint32 most);
    /// @notice Thrown when the guardian is no address or an administrator. Name a key that administers nothing.
    error ManagerBadGuardian(address guardian);
    /// @notice Thrown when a daily role is the administrator's or has too high a number. Choose one from 1 to 63.
    error ManagerBadDailyRole(uint64 roleId);
    /// @notice Thrown when an act is scheduled too far ahead [s]. Schedule it for `latest` or earlier.
    error ManagerTooFarAhead(uint48 when, uint48 latest);
    /// @notice Thrown when an act of another account is cancelled by an account that is no guardian. Ask a guardian.
    error ManagerNotGuardian(address account);
    /// @notice Thrown when a guardian cancels the removal of its own role. Another guardian can cancel it.
    error ManagerOwnRemoval(address guardian);
    /// @notice Thrown when a role would get a guardian of its own. Grant the guardian's role instead.
    error ManagerOneGuardian(uint64 roleId);

    /// @notice Ends the deployment: appoints the guardian, fixes the delay for ever, and makes all other roles wait.
    /// @dev Caller: an administrator. What was granted with a shorter delay before waits as long from here on.
    /// @param delay_ [s]
    /// @param dailyRoles roles whose acts do not wait; the guardian's is always one
    function found(uint32 delay_, address guardian, uint64[] calldata dailyRoles) external;

    /// @notice [s] that acts of roles wait; 0 before the founding.
    function delay() external view returns (uint32);

    /// @notice Whether the acts of a role do not wait.
    function isDaily(uint64 roleId) external view returns (bool);

    /// @notice Role that cancels waiting acts and pauses contracts.
    function GUARDIAN() external view returns (uint64);
}
