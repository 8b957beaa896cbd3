// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/types/BookTypes.sol";

/// @title OrderIdLib
/// @notice Fields of a resting order's id; the layout is at {OrderId}.
library OrderIdLib {
    function pack(uint256 market_, uint256 side_, uint256 tick_, uint256 epoch_, uint256 index_)
        internal
        pure
        returns (OrderId)
    {
        return OrderId.wrap(index_ | (epoch_ << 24) | (tick_ << 48) | (side_ << 64) | (market_ << 72));
    }

    /// @dev Tick, epoch and index: with market and side they make the id.
    function place(OrderId id) internal pure returns (uint64) {
        return uint64(OrderId.unwrap(id));
    }

    function ofPlace(uint256 market_, uint256 side_, uint64 place_) internal pure returns (OrderId) {
        return OrderId.wrap(place_ | (side_ << 64) | (market_ << 72));
    }

    /// @dev The order as events tell it: `last day 96 | lots 32 | id 128`, high to low.
    function withLots(OrderId id, uint256 lots, uint256 lastDay) internal pure returns (uint256) {
        return (lastDay << 160) | (lots << 128) | OrderId.unwrap(id);
    }

    function index(OrderId id) internal pure returns (uint256) {
        return uint24(OrderId.unwrap(id));
    }

    function epoch(OrderId id) internal pure returns (uint256) {
        return uint24(OrderId.unwrap(id) >> 24);
    }

    function tick(OrderId id) internal pure returns (uint256) {
        return uint16(OrderId.unwrap(id) >> 48);
    }

    /// @dev 0 buy, 1 sell; anything else was never given out.
    function side(OrderId id) internal pure returns (uint256) {
        return uint8(OrderId.unwrap(id) >> 64);
    }

    /// @dev With whatever stands above it: a market that does not exist has no orders.
    function market(OrderId id) internal pure returns (uint256) {
        return OrderId.unwrap(id) >> 72;
    }
}
