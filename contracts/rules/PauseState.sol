// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";

/// @title PauseState
/// @notice The last pause of a contract, in a third of a slot; what it stops and which times it moves, see {IPausable}.
/// @dev Inherited behind OpenZeppelin's AccessManaged, it shares the slot of the authority.
abstract contract PauseState {
    /// @dev Longest pause [s].
    uint256 internal constant LONGEST = 1 days;
    /// @dev Least time between the announced end of a pause and the next [s].
    uint256 internal constant REST = 2 days;

    /// @dev Announced end [s].
    uint40 internal _pauseUntil;
    /// @dev Announced length [s].
    uint24 internal _pauseLength;
    bool internal _pauseEnded;

    function _requireUnpaused() internal view {
        if (block.timestamp < _pauseUntil && !_pauseEnded) revert IPausable.PauseInForce(_pauseUntil);
    }

    /// @dev A stated time as the last pause moved it [s]. It never reaches the beginning of the next pause.
    function _moved(uint256 time) internal view returns (uint256) {
        (uint256 until, uint256 length) = (_pauseUntil, _pauseLength);
        return time < until - length || time > until + (REST - LONGEST) ? time : time + length;
    }
}
