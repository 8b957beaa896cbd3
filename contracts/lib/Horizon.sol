// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Horizon
/// @notice Bounds of dates given in calls. A date that orders later changes, or locks something until it is over, is never
/// further ahead than this, so that a mistake or a malicious officer delays nothing for longer.
library Horizon {
    /// @notice Changes that an officer dates ahead.
    uint256 internal constant CHANGE = 366 days;
    /// @notice Terms of contracts, crediting periods and series.
    uint256 internal constant TERM = 100 * 366 days;

    /// @notice Thrown when a date is further ahead than it may be. Both in the unit of the argument: seconds, days, intervals
    /// or years. Remedy: a date up to `latest`.
    error HorizonExceeded(uint256 date, uint256 latest);

    /// @notice Reverts when `date` is after `latest`.
    function check(uint256 date, uint256 latest) internal pure {
        if (date > latest) revert HorizonExceeded(date, latest);
    }

    /// @notice Reverts when a change would take effect beyond {CHANGE} [s].
    function checkChange(uint256 date) internal view {
        check(date, block.timestamp + CHANGE);
    }

    /// @notice Reverts when a term would end beyond {TERM} [s].
    function checkTerm(uint256 date) internal view {
        check(date, block.timestamp + TERM);
    }
}
