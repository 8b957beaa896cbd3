// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountId} from "../types/BookTypes.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @title IHoldingLimits
/// @notice One limit for all that a participant, or its group, holds of a scheme's class of units.
/// @dev The limit of a class is a pool. Each account of the Exchange has a share of it and buys up to its share: an order or
/// a fill reads its own account only, so the pool costs it no gas. At the last count, the participant's shares (or lots,
/// where an account holds more), its wallets and its lots in custody, over all markets of the class and in units, were
/// within the limit. Deposits and withdrawals leave the sum unchanged; units received elsewhere, a new group and a new
/// limit apply from the next count on, which anyone may trigger by {IExchangeExtension.syncHolding}.
/// @dev A group has one pool. Each member's claim, the sum above, is stored with the group's total; a count gives a
/// member the part that the other members leave.
interface IHoldingLimits {
    // ------------------------------------------------------------------ events
    // Shares are told by {IExchangeBase.HoldingLimitSet}.

    /// @notice An officer gave a pool a limit of its own [units]; 0 = the market rules' again.
    event PoolLimitSet(uint256 indexed pool, address indexed officer, uint256 limit);
    /// @notice A participant gave unused room [units] to another account of its pool.
    event RoomMoved(AccountId indexed from, AccountId indexed to, uint256 units);
    /// @notice Claim of a group member on its pool [units]; 0 when it has left.
    event GroupClaimSet(uint256 indexed pool, ParticipantId indexed participant, uint256 units);

    // ------------------------------------------------------------------ errors

    error LimitsNotExchange(address caller);
    error LimitsForeignWallet(address wallet, ParticipantId participant);
    /// @notice Room moves inside one pool only, from one account to another.
    error LimitsNotOnePool(AccountId from, AccountId to);
    error LimitsNotEnoughRoom(int256 room, uint256 lots);
    error LimitsNotWholeLots(uint256 units, uint256 lotSize);
    /// @notice Thrown when a class with limits has as many markets as one count looks at. Delist one that is empty.
    error LimitsTooManyMarkets(uint256 markets, uint256 maximum);
    /// @notice Thrown when markets are not known yet. Call {learn}, then again.
    error LimitsNotLearned(uint256 known, uint256 markets);
    error LimitsZeroLots();

    // ------------------------------------------------------------------ for the Exchange

    /// @notice Recounts a participant's holdings and gives the account the rest of its pool. When that does not cover the
    /// account's lots and `need` more, unused room of the participant's other accounts is taken.
    function allot(ParticipantId participant, MarketId market, uint256 need) external;

    /// @notice Gives the pool of an account a limit of its own, in the market's lots; 0 = the market rules' again.
    function order(ParticipantId participant, MarketId market, uint256 limit, address officer) external;

    /// @notice Takes note of up to `maximum` markets created since the last call. Anyone.
    /// @dev A contract that takes another's place learns all markets first, in as many calls as wanted; see
    /// {IExchangeExtension.setController}.
    /// @return left Markets that are not known yet.
    function learn(uint256 maximum) external returns (uint256 left);

    /// @notice Counts a delisted market no more.
    function forget(MarketId market) external;

    // ------------------------------------------------------------------ for traders

    /// @notice Gives an account room for `lots` more, as an order that is short of room does by itself; reverts when there
    /// is not enough.
    /// @dev Resting buy orders elsewhere reserve no room: they end when they are matched and room is short.
    function gatherRoom(MarketId market, uint256 lots) external;

    /// @notice Gives `lots` of unused room of the caller's participant in a market to an account of the same pool: its own
    /// in another market, or that of another member of its group.
    function moveRoom(MarketId from, ParticipantId to, MarketId market, uint256 lots) external;

    // ------------------------------------------------------------------ views

    /// @notice Contract whose place this one takes; 0 = none. Limits of pools and claims of groups that were not set here
    /// are those of the predecessor, whose own ones do not change any more.
    function PREDECESSOR() external view returns (IHoldingLimits);

    /// @notice Limit that an officer gave a pool [units]; 0 = none.
    function orderedOf(uint256 pool) external view returns (uint256 limit);

    /// @notice Whether a class has had a limit, of a market's rules when it was made or by an officer's order: it then has no more
    /// markets than one count looks at.
    function isLimited(uint256 class) external view returns (bool);

    /// @notice Claims of all members of a group on its pool, at their last counts [units].
    function groupClaimsOf(uint256 pool) external view returns (uint256 units);

    /// @notice Claim of a participant on its group's pool, at the last count.
    /// @param own The pool that the participant would have alone.
    function claimOf(uint256 own) external view returns (uint256 units, uint24 group);

    /// @notice The pool that an account shares in.
    /// @return id `class 8 | scheme 16 | grouped 1 | participant or group 24`, high to low.
    /// @return limit [units]; 0 = none.
    /// @return others Claims of the group's other members at their last count [units].
    /// @return room Lots the participant may still buy in the market, with all the room that could be gathered;
    /// negative when more is held than the limit; type(int256).max = no limit.
    function poolOf(ParticipantId participant, MarketId market)
        external
        view
        returns (uint256 id, uint256 limit, uint256 others, int256 room);
}
