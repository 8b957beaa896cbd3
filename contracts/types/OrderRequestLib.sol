// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";

/// @title OrderRequestLib
/// @notice Fields of an incoming order; the layout is at {OrderRequest}.
library OrderRequestLib {
    /// @dev Caps of a request that names none.
    uint256 internal constant DEFAULT_CAP = 200;

    uint256 internal constant DAY = 0;
    uint256 internal constant IMMEDIATE_OR_CANCEL = 1;
    uint256 internal constant FILL_OR_KILL = 2;
    uint256 internal constant GOOD_TILL_CANCELLED = 3;
    uint256 internal constant GOOD_TILL_DATE = 4;

    uint256 internal constant CANCEL_RESTING = 0;
    uint256 internal constant CANCEL_INCOMING = 1;
    uint256 internal constant DECREMENT = 2;

    /// @dev Time in force, post-only, self-trade mode; minimum, maximum cost and all above.
    uint256 private constant OPTIONS = (uint256(0x7f) << 65) | (type(uint256).max << 96);
    uint256 private constant EXPIRY = 180;
    uint256 private constant LEVELS = 192;
    /// @dev Bit 71 and the highest 52 bits.
    uint256 private constant UNUSED = (uint256(1) << 71) | (type(uint256).max << 204);

    // ------------------------------------------------------------------ packing: each value fits its field

    /// @dev An order without options.
    function pack(uint256 lots_, uint256 tick_, uint256 market_, uint256 side_, uint256 timeInForce_)
        internal
        pure
        returns (OrderRequest)
    {
        return OrderRequest.wrap(lots_ | (tick_ << 32) | (market_ << 48) | (side_ << 64) | (timeInForce_ << 65));
    }

    /// @dev A buy order that fills at once, at least in part, and leaves nothing resting.
    function immediateBuy(uint16 market_, uint16 tick_, uint32 lots_, uint32 minimum_, uint256 maximumCost_)
        internal
        pure
        returns (OrderRequest)
    {
        return withBounds(pack(lots_, tick_, market_, 0, IMMEDIATE_OR_CANCEL), minimum_, maximumCost_);
    }

    /// @dev Sets options that were 0: least lots to fill, most cash of a buy's fills.
    function withBounds(OrderRequest r, uint256 minimum_, uint256 maximumCost_) internal pure returns (OrderRequest) {
        return OrderRequest.wrap(OrderRequest.unwrap(r) | (minimum_ << 96) | (maximumCost_ << 128));
    }

    /// @dev Sets options that were 0.
    function withOptions(OrderRequest r, bool postOnly_, uint256 selfTrade_, uint256 expiry_)
        internal
        pure
        returns (OrderRequest)
    {
        return OrderRequest.wrap(
            OrderRequest.unwrap(r) | (uint256(postOnly_ ? 1 : 0) << 68) | (selfTrade_ << 69) | (expiry_ << EXPIRY)
        );
    }

    /// @dev Sets caps that were 0, the defaults.
    function withCaps(OrderRequest r, uint256 records_, uint256 holes_, uint256 levels_)
        internal
        pure
        returns (OrderRequest)
    {
        return OrderRequest.wrap(OrderRequest.unwrap(r) | (records_ << 72) | (holes_ << 84) | (levels_ << LEVELS));
    }

    // ------------------------------------------------------------------ fields

    function lots(OrderRequest r) internal pure returns (uint256) {
        return uint32(OrderRequest.unwrap(r));
    }

    function tick(OrderRequest r) internal pure returns (uint256) {
        return uint16(OrderRequest.unwrap(r) >> 32);
    }

    function market(OrderRequest r) internal pure returns (uint256) {
        return uint16(OrderRequest.unwrap(r) >> 48);
    }

    /// @dev The two, which lie beside one another: `side 1 | market 16`.
    function marketSide(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> 48) & 0x1ffff;
    }

    /// @dev 0 buy, 1 sell.
    function side(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> 64) & 1;
    }

    function timeInForce(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> 65) & 7;
    }

    function postOnly(OrderRequest r) internal pure returns (bool) {
        return (OrderRequest.unwrap(r) >> 68) & 1 != 0;
    }

    function selfTrade(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> 69) & 3;
    }

    /// @dev Fill records that matching may write.
    function records(OrderRequest r) internal pure returns (uint256 cap) {
        cap = (OrderRequest.unwrap(r) >> 72) & 0xfff;
        if (cap == 0) cap = DEFAULT_CAP;
    }

    /// @dev Cancelled orders that matching may skip.
    function holes(OrderRequest r) internal pure returns (uint256 cap) {
        cap = (OrderRequest.unwrap(r) >> 84) & 0xfff;
        if (cap == 0) cap = DEFAULT_CAP;
    }

    function minimum(OrderRequest r) internal pure returns (uint256) {
        return uint32(OrderRequest.unwrap(r) >> 96);
    }

    /// @dev 0 = no maximum.
    function maximumCost(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> 128) & ((1 << 52) - 1);
    }

    /// @dev Last market day of a good-till-date order.
    function expiry(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> EXPIRY) & 0xfff;
    }

    /// @dev Price levels that the order may trade at; 0 = any number.
    function levels(OrderRequest r) internal pure returns (uint256) {
        return (OrderRequest.unwrap(r) >> LEVELS) & 0xfff;
    }

    /// @dev Whether an unfilled remainder may rest.
    function mayRest(uint256 force) internal pure returns (bool) {
        return force == DAY || force > FILL_OR_KILL;
    }

    /// @dev A day order without options: caps apart, nothing but lots, tick, market and side.
    function isPlain(OrderRequest r) internal pure returns (bool) {
        return OrderRequest.unwrap(r) & OPTIONS == 0;
    }

    /// @dev Whether a reserved bit is set, a value is undefined, or two options exclude each other.
    function malformed(OrderRequest r) internal pure returns (bool) {
        uint256 force = timeInForce(r);
        return OrderRequest.unwrap(r) & UNUSED != 0 || force > GOOD_TILL_DATE || selfTrade(r) > DECREMENT
            || (postOnly(r) && !mayRest(force)) || (force != GOOD_TILL_DATE && expiry(r) != 0);
    }
}
