// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, ParticipantId, UnitId} from "../types/Ids.sol";

/// @dev Cash of a seller that is held.
struct ProceedsHold {
    UnitId unit; //          the batch that was sold
    MarketId market;
    ParticipantId seller;
    uint64 cash; //          [0.0001 currency]; 0 once it is released
    uint40 until; //         [s] from then on any account releases it
}

/// @title IProceedsHolds
/// @notice Holds of what a seller got for a batch that is locked or invalidated, for a bounded time.
/// @dev A settling contract of the Exchange: held cash lies in its custody account of the market, and goes back to the seller's
/// account there, to no one else.
/// @dev What a seller got is reckoned from what the chain knows: the lots its account has sold more than bought, at the mean
/// price of the market's listed trades since a day. So an account that only bought, or bought as much as it sold, is never
/// held; and the sum stays below what the whole market turned over. Each stretch of time is held for once: cash that came
/// back is not held again.
interface IProceedsHolds {
    /// @notice Emitted when cash of a seller is held.
    /// @param since first moment of the local day from which trades count [s]
    /// @param cash [0.0001 currency]
    event ProceedsHeld(
        uint256 indexed id,
        UnitId indexed unit,
        ParticipantId indexed seller,
        MarketId market,
        uint64 cash,
        uint40 since,
        uint40 until,
        address officer,
        bytes32 reason
    );

    /// @notice Emitted when held cash is back in the seller's account.
    /// @param actor the officer, or who asked for it once the hold was over
    event ProceedsReleased(uint256 indexed id, address indexed actor, uint64 cash, bytes32 reason);

    /// @notice Thrown when the batch has no market, or may be traded. Lock it first.
    error ProceedsNotBarred(UnitId unit);
    /// @notice Thrown when trades would count from a time to come, from more than a year ago, or from one that was held for
    /// already. Remedy: a time from `earliest` on.
    error ProceedsBadTime(uint256 since, uint256 earliest);
    /// @notice Thrown when nothing, or more than the seller got, would be held. See {proceedsOf}.
    error ProceedsTooMuch(uint256 cash, uint256 most);
    /// @notice Thrown when the seller's account is frozen: nothing leaves it anyway. Hold once it is free.
    error ProceedsAccountFrozen(ParticipantId seller, MarketId market);
    /// @notice Thrown when there is no such hold, or it was released.
    error ProceedsNotHeld(uint256 id);

    /// @notice Holds up to `cash` of what `seller` got for a batch in trades since a time, for 90 days. Caller: power FREEZE in
    /// the batch's scheme.
    /// @dev Ends the seller's orders in the market where what is free does not suffice. Holds what there is, if less.
    /// @param cash [0.0001 currency], at most {proceedsOf}
    /// @param since [s] within the last 366 days; counts from the beginning of its local day
    function hold(UnitId unit, ParticipantId seller, uint64 cash, uint40 since, bytes32 reason)
        external
        returns (uint256 id);

    /// @notice Gives held cash back to the seller's account. Caller: power FREEZE in the batch's scheme; any account once the
    /// time is over, or the batch may be traded again.
    function release(uint256 id, bytes32 reason) external;

    /// @notice What a seller got for a batch since a time, as the chain knows it [0.0001 currency]: the lots it has sold on
    /// balance, at most the market's volume since then, at the market's mean price since then, rounded down.
    function proceedsOf(UnitId unit, ParticipantId seller, uint40 since) external view returns (uint256 cash);

    function holdOf(uint256 id) external view returns (ProceedsHold memory);

    /// @notice Number of the last hold; numbers run from 1.
    function holdCount() external view returns (uint256);
}
