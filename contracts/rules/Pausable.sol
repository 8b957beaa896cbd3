// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {PauseState} from "./PauseState.sol";

/// @title Pausable
/// @notice The guardian's two acts at a contract; see {IPausable}.
abstract contract Pausable is IPausable, PauseState {
    /// @inheritdoc IPausable
    function pause(uint256 length) external {
        _requireGuardian();
        if (length == 0 || length > LONGEST) revert PauseBadLength(length, LONGEST);
        uint256 earliest = _earliest();
        if (block.timestamp < earliest) revert PauseTooSoon(earliest);

        // 40 bits of seconds last 34,000 years; the length is below 2^17.
        (_pauseUntil, _pauseLength, _pauseEnded) = (uint40(block.timestamp + length), uint24(length), false);
        emit Paused(msg.sender, _pauseUntil);
    }

    /// @inheritdoc IPausable
    function unpause() external {
        _requireGuardian();
        if (block.timestamp >= _pauseUntil || _pauseEnded) revert PauseNotInForce();

        _pauseEnded = true;
        emit Unpaused(msg.sender);
    }

    /// @inheritdoc IPausable
    function pausedUntil() external view returns (uint40 until, uint40 next) {
        if (block.timestamp < _pauseUntil && !_pauseEnded) until = _pauseUntil;
        uint256 earliest = _earliest();
        if (block.timestamp < earliest) next = uint40(earliest); // two days more than 40 bits hold
    }

    /// @dev The role of the function decides, as for OpenZeppelin's `restricted`; a pause never waits.
    function _requireGuardian() private view {
        (bool may,) = IAccessManager(_manager()).canCall(msg.sender, address(this), msg.sig);
        if (!may) revert PauseNotGuardian(msg.sender);
    }

    function _earliest() private view returns (uint256) {
        return _pauseUntil == 0 ? 0 : _pauseUntil + REST;
    }

    /// @dev Manager of the roles.
    function _manager() internal view virtual returns (address);
}
