// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IPausable
/// @notice A guardian stops issue, settlement and exits of money of one contract for a bounded time, and moves nothing.
/// @dev A pause lasts a day at most; the next may begin two days after its announced end. A stated time that falls between
/// the pause's beginning and a day after its announced end moves by the announced length, so that each has at least the
/// time after the pause that it had when the pause began. It cannot move again: the next pause begins later.
interface IPausable {
    /// @notice Emitted when the guardian pauses this contract.
    /// @param until [s] announced end
    event Paused(address indexed by, uint40 until);

    /// @notice Emitted when the guardian ends a pause early. Moved times stay where the pause moved them to.
    event Unpaused(address indexed by);

    /// @notice Thrown when an act is paused. Repeat it at `until` [s] or later; its deadline has moved with the pause.
    error PauseInForce(uint40 until);
    /// @notice Thrown when a pause has no length or too much [s]. Pause for at most `longest`.
    error PauseBadLength(uint256 length, uint256 longest);
    /// @notice Thrown when a pause follows another too soon. Wait until `earliest` [s].
    error PauseTooSoon(uint256 earliest);
    /// @notice Thrown when no pause is there to end. Nothing is to be done.
    error PauseNotInForce();
    /// @notice Thrown when the caller is no guardian. Ask the holder of the guardian's role.
    error PauseNotGuardian(address caller);

    /// @notice Pauses this contract's issue, settlement and exits of money. Caller: a guardian.
    /// @param length [s] at most a day
    function pause(uint256 length) external;

    /// @notice Ends the pause now. Caller: a guardian.
    function unpause() external;

    /// @notice End of the pause in force, 0 if none; and when the next may begin, 0 if at once [s].
    function pausedUntil() external view returns (uint40 until, uint40 next);
}
