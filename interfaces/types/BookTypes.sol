// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

// Types of the order book: incoming orders, resting orders, and the errors that refuse one.
// Lots are whole; cash is in 0.0001 of the currency; a price is a tick.

/// @dev An incoming order, packed low to high: `lots 32 | tick 16 | market 16 | side 1 | time in force 3 | post-only 1 |
/// self-trade mode 2 | 0 1 | records 12 | holes 12 | minimum 32 | maximum cost 52 | expiry 12 | levels 12 | 0 52`. See {OrderRequestLib};
/// {IExchangeLens.encode} and `tonne/market/order_encoding.py` make one from its parts.
type OrderRequest is uint256;

/// @dev A resting order: `index 24 | epoch 24 | tick 16 | side 8 | market 16`, low to high. Never used twice.
type OrderId is uint256;

/// @dev One account of the ledger: `market << 24 | participant`. This is what events are indexed by.
type AccountId is uint40;

enum Side {
    Buy,
    Sell
}

/// @dev `Day` rests until local midnight. The last two need a lasting market, one made without a band, and are refused
/// elsewhere; `GoodTillDate` rests until the midnight that ends the request's `expiry`, a market day.
enum TimeInForce {
    Day,
    ImmediateOrCancel,
    FillOrKill,
    GoodTillCancelled,
    GoodTillDate
}

/// @dev Self-trade prevention: cancel the resting order, cancel the incoming one, or decrement both by the smaller of the two.
enum SelfTrade {
    CancelResting,
    CancelIncoming,
    Decrement
}

/// @notice A reserved bit of the order is set, or a field holds an undefined value.
error BookOrderMalformed(OrderRequest request);
/// @notice The order would outlive the day; only a market made without a band keeps such orders.
error BookOrderOutlivesDay(TimeInForce timeInForce);
/// @notice A good-till-date order ends before today; both are market days.
error BookExpiryPassed(uint256 expiry, uint256 today);
/// @notice The tick is outside the day's band.
error BookTickOutsideBand(uint256 tick, uint256 low, uint256 high);
error BookLotsOutsideLimits(uint256 lots, uint256 minimum, uint256 maximum);
/// @notice The participant may buy only `room` lots more.
error BookHoldingLimitExceeded(int256 room, uint256 lots);
/// @notice Short of lots; what was bought today and what open sell orders reserve is not free.
error BookInsufficientLots(uint256 free, uint256 needed);
/// @notice Short of cash [0.0001 currency]; what open buy orders reserve is not free.
error BookInsufficientCash(uint256 free, uint256 needed);
/// @notice A post-only order would have traded with `bestTick`.
error BookWouldTake(uint256 bestTick);
/// @notice Fill-or-kill, or the order's minimum: less than `minimum` lots could be filled.
error BookNotFilled(uint256 filled, uint256 minimum);
/// @notice Filled, cancelled, cleared away, of a day that is over, or never placed.
error BookOrderNotOpen(OrderId order);
error BookOrderNotYours(OrderId order, uint24 owner);
/// @notice A counter of the level or of the day would overflow.
error BookFull();
