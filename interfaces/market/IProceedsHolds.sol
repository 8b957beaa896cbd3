// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, ParticipantId, UnitId} from "../types/Ids.sol";

/// @dev Cash of a seller that is held.
struct ProceedsHold {
    UnitId unit; //          the batch that was sold
    MarketId market;
    ParticipantId seller;
    uint64 cash; //          [0.0001 currency], less what was released
    uint40 until; //         [s] from then on any account releases it
    address officer; //      who holds it: another one releases it before
}

/// @dev What an account had got for a batch at a time, from when its cash is counted on.
struct ProceedsMark {
    uint40 time; //          [s]
    int104 net; //           listed sales less purchases, after fees [0.0001 currency]
    uint104 settled; //      sales in block trades and auctions, after fees [0.0001 currency]
}

/// @title IProceedsHolds
/// @notice Holds of what a seller got for a batch that is locked or invalidated, for a bounded time.
/// @dev A settling contract of the Exchange: held cash lies in its custody account of the market, and goes back to the seller's
/// account there, to no one else.
/// @dev A hold is never above the proceeds of the seller since the stated time. The Exchange counts an account's cash from its first
/// deposit of credits on: what it has, less what came in and went out other than by trades, is what listed trades brought it on
/// balance, so that it sold for no less. For a time after that deposit this is taken from the first mark since then, or from the
/// last mark before with all the market's turnover up to the time: the account sold for no more. Each
/// stretch of time is held for once: cash that came back is not held again.
interface IProceedsHolds {
    /// @notice Emitted when cash of a seller is held.
    /// @param since trades count from then on [s]
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

    /// @notice Emitted when held cash, or a part of it, is back in the seller's account.
    /// @param actor the officer, or who asked for it once the hold was over
    event ProceedsReleased(uint256 indexed id, address indexed actor, uint64 cash, bytes32 reason);

    /// @notice Emitted when what an account got so far is marked.
    event ProceedsMarkSet(MarketId indexed market, ParticipantId indexed seller, int104 net, uint104 settled);

    /// @notice Thrown when the batch has no market, or may be traded. Lock it first.
    error ProceedsNotBarred(UnitId unit);
    /// @notice Thrown when trades would count from a time to come, from more than a year ago, or from one that was held for
    /// already. Remedy: a time from `earliest` on.
    error ProceedsBadTime(uint256 since, uint256 earliest);
    /// @notice Thrown when nothing, or more than the seller got, would be held, or more than is held released. See {proceedsOf}.
    error ProceedsTooMuch(uint256 cash, uint256 most);
    /// @notice Thrown when the seller's account is frozen: nothing leaves it anyway. Hold once it is free.
    error ProceedsAccountFrozen(ParticipantId seller, MarketId market);
    /// @notice Thrown when there is no such hold, or it was released.
    error ProceedsNotHeld(uint256 id);
    /// @notice Thrown when the officer who holds the cash would release it. Remedy: another officer decides.
    error ProceedsOneOffice(address officer);
    /// @notice Thrown when the account never brought credits or cash into the market: nothing of its cash is proceeds that are held.
    error ProceedsNotCounted(ParticipantId seller, MarketId market);
    /// @notice Thrown when the account was marked within a day. Remedy: mark it from `next` on [s].
    error ProceedsMarked(ParticipantId seller, MarketId market, uint256 next);

    /// @notice Holds up to `cash` of what `seller` got for a batch in trades since a time, for 90 days. Caller: power FREEZE in
    /// the batch's scheme. Marks the account.
    /// @dev Ends the seller's orders in the market where what is free does not suffice. Holds what there is, if less.
    /// @param cash [0.0001 currency], at most {proceedsOf}
    /// @param since [s] within the last 366 days, after the last hold
    function hold(UnitId unit, ParticipantId seller, uint64 cash, uint40 since, bytes32 reason)
        external
        returns (uint256 id);

    /// @notice Gives held cash, or a part of it, back to the seller's account. Caller: power FREEZE in the batch's scheme, and
    /// not the one who holds it; any account once the time is over, or the batch may be traded again.
    /// @param cash [0.0001 currency]
    function release(uint256 id, uint64 cash, bytes32 reason) external;

    /// @notice Marks the proceeds of an account so far, once a day: a hold since then is bounded more closely.
    /// Anyone.
    function mark(UnitId unit, ParticipantId seller) external;

    /// @notice The most that may be held of a seller for a batch since a time: never more than it got in listed trades, block trades
    /// and auctions since then, after fees; all of it where it did not buy and its cash is counted from there on.
    /// [0.0001 currency]
    function proceedsOf(UnitId unit, ParticipantId seller, uint40 since) external view returns (uint256 cash);

    /// @notice A mark of an account, in order of time from 0 on; zeros when there is none of that number.
    function markOf(UnitId unit, ParticipantId seller, uint256 number) external view returns (ProceedsMark memory);

    function markCount(UnitId unit, ParticipantId seller) external view returns (uint256);

    function holdOf(uint256 id) external view returns (ProceedsHold memory);

    /// @notice Number of the last hold; numbers run from 1.
    function holdCount() external view returns (uint256);
}
