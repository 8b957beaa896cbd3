// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountId} from "../types/BookTypes.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @title IHoldingLimits
/// @notice One limit for all that a participant, or its group, holds of a scheme's class of units.
/// @dev What may be held of a class is a pool. Each account of the Exchange has a share of it and buys up to its share: an
/// order or a fill looks at its own account only and costs nothing for the pool. At the last reckoning, shares (or lots,
/// where an account holds more), what wallets hold and what desks hold of the participant, over all markets of the class
/// and counted in units, were no more than the limit. Deposits and withdrawals move from one to the other and change
/// nothing of that; units that came from elsewhere, a new group and a new limit count from the next reckoning on, which
/// anybody may have made by {IExchangeExtension.syncHolding}.
/// @dev A group has one pool. Each member's claim, the sum above, is kept with the group's total; a reckoning gives a
/// member what the others leave.
interface IHoldingLimits {
    // ------------------------------------------------------------------ events
    // Shares are told by {IExchangeBase.HoldingLimitSet}.

    /// @notice An officer gave a pool a limit of its own [units]; 0 = the market rules' again.
    event PoolLimitSet(uint256 indexed pool, address indexed officer, uint256 limit);
    /// @notice A participant gave unused room [units] to another account of its pool.
    event RoomMoved(AccountId indexed from, AccountId indexed to, uint256 units);
    /// @notice What a member of a group was reckoned to have of its pool [units]; 0 when it has left.
    event GroupClaimSet(uint256 indexed pool, ParticipantId indexed participant, uint256 units);

    // ------------------------------------------------------------------ errors

    error LimitsNotExchange(address caller);
    error LimitsForeignWallet(address wallet, ParticipantId participant);
    /// @notice Room moves inside one pool only, from one account to another.
    error LimitsNotOnePool(AccountId from, AccountId to);
    error LimitsNotEnoughRoom(int256 room, uint256 lots);
    error LimitsNotWholeLots(uint256 units, uint256 lotSize);
    error LimitsTooManyMarkets(uint256 markets, uint256 maximum);
    error LimitsZeroLots();

    // ------------------------------------------------------------------ for the Exchange

    /// @notice Counts again what a participant holds and gives the account what its pool has left. When that does not cover
    /// what the account holds and `need` lots more, unused room of the participant's other accounts is taken.
    function allot(ParticipantId participant, MarketId market, uint256 need) external;

    /// @notice Gives the pool of an account a limit of its own, in the market's lots; 0 = the market rules' again.
    function order(ParticipantId participant, MarketId market, uint256 limit, address officer) external;

    /// @notice Takes note of markets created since the last call. Anyone.
    function learn() external;

    // ------------------------------------------------------------------ for traders

    /// @notice Gives an account room for `lots` more, as an order that is short of room does by itself; reverts when there
    /// is not enough.
    /// @dev Resting buy orders elsewhere reserve no room: they end when they are met and it is gone.
    function gatherRoom(MarketId market, uint256 lots) external;

    /// @notice Gives `lots` of unused room of the caller's participant in a market to an account of the same pool: its own
    /// in another market, or that of another member of its group.
    function moveRoom(MarketId from, ParticipantId to, MarketId market, uint256 lots) external;

    // ------------------------------------------------------------------ views

    /// @notice The pool that an account shares in.
    /// @return id `class 8 | scheme 16 | grouped 1 | participant or group 24`, high to low.
    /// @return limit [units]; 0 = none.
    /// @return others What other members of the group were last reckoned to have of it [units].
    /// @return room What the participant may still buy in the market, with all the room that could be gathered [lots];
    /// negative when more is held than the limit; type(int256).max = no limit.
    function poolOf(ParticipantId participant, MarketId market)
        external
        view
        returns (uint256 id, uint256 limit, uint256 others, int256 room);
}
