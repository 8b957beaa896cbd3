// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";

/// @title FoundedManager
/// @notice Roles of a market whose acts wait once it is founded; see {IFoundedManager}.
/// @dev The delay is read wherever OpenZeppelin asks for a membership, so that no order of grants, revocations and changes
/// of roles leads around it: whatever delay is stored for a member, {hasRole} answers the deployment's or a longer one.
contract FoundedManager is IFoundedManager, AccessManager {
    /// @inheritdoc IFoundedManager
    uint64 public constant GUARDIAN = 5;
    /// @dev Twice the longest pause, so that money can leave for a day at least before an act takes effect.
    uint32 private constant LEAST_DELAY = 2 days;
    uint32 private constant MOST_DELAY = 30 days;
    /// @dev Furthest ahead that an act can be scheduled, beyond the delay.
    uint48 private constant HORIZON = 30 days;

    /// @inheritdoc IFoundedManager
    uint32 public delay;
    uint64 private _dailyRoles;

    constructor(address administrator) AccessManager(administrator) {}

    /* FOUNDING */

    /// @inheritdoc IFoundedManager
    function found(uint32 delay_, address guardian, uint64[] calldata dailyRoles) external onlyAuthorized {
        if (delay != 0) revert ManagerFounded();
        if (delay_ < LEAST_DELAY || delay_ > MOST_DELAY) revert ManagerBadDelay(delay_, LEAST_DELAY, MOST_DELAY);
        (bool administers,) = hasRole(ADMIN_ROLE, guardian);
        if (guardian == address(0) || administers) revert ManagerBadGuardian(guardian);
        uint64 daily = uint64(1 << GUARDIAN);
        for (uint256 i = 0; i < dailyRoles.length; ++i) {
            uint64 role = dailyRoles[i];
            if (role == ADMIN_ROLE || role >= 64) revert ManagerBadDailyRole(role);
            daily |= uint64(1 << role);
        }

        (delay, _dailyRoles) = (delay_, daily);
        _grantRole(GUARDIAN, guardian, 0, 0);
        emit RoleLabel(GUARDIAN, "guardian");
        emit Founded(msg.sender, guardian, delay_, daily);
    }

    /// @inheritdoc IFoundedManager
    function isDaily(uint64 roleId) public view returns (bool) {
        return roleId < 64 && _dailyRoles >> roleId & 1 != 0;
    }

    /* WAITING */

    /// @inheritdoc IAccessManager
    function hasRole(uint64 roleId, address account)
        public
        view
        override(AccessManager, IAccessManager)
        returns (bool isMember, uint32 executionDelay)
    {
        (isMember, executionDelay) = super.hasRole(roleId, account);
        if (executionDelay < delay && !isDaily(roleId)) executionDelay = delay;
    }

    /// @inheritdoc IAccessManager
    function schedule(address target, bytes calldata data, uint48 when)
        public
        override(AccessManager, IAccessManager)
        returns (bytes32 operationId, uint32 nonce)
    {
        // What waited since before the founding could be made at once after it.
        if (delay == 0) revert ManagerNotFounded();
        uint48 latest = uint48(block.timestamp) + delay + HORIZON; // 48 bits of seconds last nine million years
        if (when > latest) revert ManagerTooFarAhead(when, latest);
        return super.schedule(target, data, when);
    }

    /* CANCELLING */

    /// @inheritdoc IAccessManager
    /// @dev By the account that scheduled it or a guardian: a thief of one administrator's key cannot stop the others.
    function cancel(address caller, address target, bytes calldata data)
        public
        override(AccessManager, IAccessManager)
        returns (uint32)
    {
        if (caller != msg.sender) {
            (bool guards,) = hasRole(GUARDIAN, msg.sender);
            if (!guards) revert ManagerNotGuardian(msg.sender);
            if (target == address(this) && _removes(msg.sender, data)) revert ManagerOwnRemoval(msg.sender);
        }
        return super.cancel(caller, target, data);
    }

    /// @dev Whether a call of this contract takes the guardian's role from `guardian`.
    function _removes(address guardian, bytes calldata data) private pure returns (bool) {
        if (data.length < 68 || bytes4(data[:4]) != this.revokeRole.selector) return false;
        (uint256 role, uint256 account) = abi.decode(data[4:68], (uint256, uint256));
        return role == GUARDIAN && account == uint160(guardian);
    }

    /// @inheritdoc IAccessManager
    /// @dev Every role's, the administrator's too: {cancel} asks for it.
    function getRoleGuardian(uint64) public pure override(AccessManager, IAccessManager) returns (uint64) {
        return GUARDIAN;
    }

    function _setRoleGuardian(uint64 roleId, uint64) internal pure override {
        revert ManagerOneGuardian(roleId);
    }
}
