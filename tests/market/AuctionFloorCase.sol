// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionTerms} from "../../interfaces/market/IAuction.sol";
import {AuctionCase} from "./AuctionCase.sol";

/// @dev An auction with a floor, and trades on the days before it.
abstract contract AuctionFloorCase is AuctionCase {
    uint256 internal constant LEAST = 1_000;
    /// @dev Lots and money for all trades of a test.
    uint256 internal constant STOCK = 1_000_000;

    address internal maker;
    address internal taker;

    function setUp() public virtual override {
        super.setUp();
        (, maker) = _trader("maker", STOCK, 0);
        (, taker) = _trader("taker", 0, 1_000_000_000);
    }

    function _floored() internal view returns (AuctionTerms memory t) {
        t = _terms();
        t.floorPpm = 950_000;
        t.floorVolumePpm = 100_000;
        t.floorDays = 3;
    }

    /// @dev Opens a trading day unless it is open, and trades.
    function _trade(uint256 day, uint256 tick, uint256 lots) internal {
        vm.warp(_at(day));
        if (lens.market(market).day != day) exchange.openDay(market);
        _place(maker, SELL, tick, lots);
        _take(taker, BUY, tick, lots);
    }

    /// @dev The auction's day: bids from eleven to noon.
    function _startOn(uint256 day) internal {
        vm.warp(_at(day));
        start = _at(day) + 1 hours;
    }

    function _announced(uint256 day) internal returns (AuctionId id) {
        _startOn(day);
        id = _opened(_floored());
    }

    /// @dev Friday, Monday and Tuesday.
    function _threeDays(uint256 first, uint256 second, uint256 third) internal {
        _trade(FIRST_DAY, first, LEAST);
        _trade(FIRST_DAY + 3, second, LEAST);
        _trade(FIRST_DAY + 4, third, LEAST);
    }
}
