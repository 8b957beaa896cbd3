// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, Side} from "../../interfaces/types/BookTypes.sol";
import {DepthLevel} from "../../interfaces/market/IExchangeLens.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Long queues: no number of orders of one lot, open or cancelled, closes a price.
contract ExchangeQueuesTest is MarketBase {
    uint256 private constant BATCH = 200;
    uint256 private constant BATCHES = 165;
    uint256 private constant ORDERS = BATCHES * BATCH; // more than 2^15

    uint24 private sellerId;
    address private seller;
    address private buyer;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", ORDERS + 10, 0);
        (, buyer) = _trader("buyer", 0, 1_000_000_000);
        _open(FIRST_DAY);
    }

    /// @dev Orders of one lot at one price; the ids of the first of each batch.
    function _fillQueue() private returns (OrderId first) {
        OrderRequest[] memory requests = new OrderRequest[](BATCH);
        for (uint256 i; i < BATCH; ++i) {
            requests[i] = _order(SELL, 4_810, 1, DAY_ORDER);
        }
        for (uint256 i; i < BATCHES; ++i) {
            vm.prank(seller);
            OrderId id = exchange.batch(new OrderId[](0), requests)[0];
            if (i == 0) first = id;
        }
    }

    function test_place_queuesAreNotClosedByTheirLength() public {
        _fillQueue();
        OrderId last = _place(seller, SELL, 4_810, 7);
        assertEq(OrderId.unwrap(last) & 0xffffff, ORDERS);
        uint256 bought;
        for (uint256 calls; calls < BATCHES; ++calls) {
            (uint256 filled,) = _take(buyer, BUY, 4_810, 300);
            assertEq(filled, BATCH, "each call moves on by its cap of records");
            bought += filled;
        }
        assertEq(bought, ORDERS);
        (uint256 rest,) = _take(buyer, BUY, 4_810, 300);
        assertEq(rest, 7);
        assertEq(_account(sellerId).lots, 3);
        assertEq(lens.market(market).askTick, 0);
        _place(seller, SELL, 4_810, 1);
        (rest,) = _take(buyer, BUY, 4_810, 1);
        assertEq(rest, 1, "the price is as good as new");
    }

    /// @dev Two cancelled orders end the first queue, one begins the second; the cap allows one.
    function test_place_doesNotLookBehindTheLastOpenOrder() public {
        _place(seller, SELL, 4_810, 1);
        OrderId[3] memory given =
            [_place(seller, SELL, 4_810, 1), _place(seller, SELL, 4_810, 1), _place(seller, SELL, 4_811, 1)];
        _place(seller, SELL, 4_811, 1);
        for (uint256 i; i < 3; ++i) {
            vm.prank(seller);
            exchange.cancel(given[i]);
        }
        vm.prank(buyer);
        (, uint256 filled,) = exchange.place(_with(_order(BUY, 4_811, 2, 1), uint256(1) << 84));
        assertEq(filled, 2);
    }

    function test_place_queuesAreNotClosedByCancelledOrders() public {
        OrderId first = _fillQueue();
        OrderId last = _place(seller, SELL, 4_810, 7);
        OrderId[] memory ids = new OrderId[](BATCH);
        for (uint256 i; i < BATCHES; ++i) {
            for (uint256 j; j < BATCH; ++j) {
                ids[j] = OrderId.wrap(OrderId.unwrap(first) + i * BATCH + j);
            }
            vm.prank(seller);
            exchange.batch(ids, new OrderRequest[](0));
        }
        (uint256 lots,) = lens.order(last);
        assertEq(lots, 7);
        DepthLevel[] memory asks = lens.depth(market, Side.Sell, 1);
        assertEq(asks[0].orders, 1);

        // Each call steps over as many as it asks to, and what it has stepped over stays behind.
        uint256 calls;
        uint256 filled;
        while (filled == 0) {
            vm.prank(buyer);
            (, filled,) = exchange.place(_with(_order(BUY, 4_810, 7, IOC), uint256(4_095) << 84));
            ++calls;
        }
        assertEq(filled, 7);
        assertEq(calls, ORDERS / 4_095 + 1);
    }
}
