// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookOrderNotOpen, BookOrderNotYours, OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {MarketDay} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Orders: cancelling, batches, deposit and order in one.
contract ExchangeOrdersTest is MarketBase {
    uint24 private sellerId;
    uint24 private buyerId;
    uint24 private otherId;
    address private seller;
    address private buyer;
    address private other;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (buyerId, buyer) = _trader("buyer", 1_000, 100_000_000);
        (otherId, other) = _trader("other", 1_000, 100_000_000);
        _open(FIRST_DAY);
    }

    function _refuse(address wallet, OrderRequest request, bytes memory reason) private {
        vm.prank(wallet);
        vm.expectRevert(reason);
        exchange.place(request);
    }

    // ------------------------------------------------------------------ cancelling

    function test_cancel_releasesExactly() public {
        OrderId ask = _place(seller, SELL, 4_810, 100);
        OrderId bid = _place(buyer, BUY, 4_790, 7);
        _take(other, SELL, 4_790, 3);
        vm.prank(seller);
        exchange.cancel(ask);
        vm.prank(buyer);
        exchange.cancel(bid);
        assertEq(_account(sellerId).lotsFree, 1_000);
        assertEq(_account(buyerId).cashInBids, 0);
        MarketDay memory day = lens.market(market);
        assertEq(day.askTick, 0);
        assertEq(day.bidTick, 0);
    }

    function test_cancel_findsTheNextBest() public {
        OrderId best = _place(seller, SELL, 4_801, 1);
        _place(seller, SELL, 5_200, 1);
        vm.prank(seller);
        exchange.cancel(best);
        assertEq(lens.market(market).askTick, 5_200);
    }

    function test_cancel_revertsForOthers() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotYours.selector, id, sellerId));
        exchange.cancel(id);
    }

    function test_cancel_revertsWithoutTheRightToTrade() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        participants.set(seller, sellerId, 2, 2);
        exchange.sync(seller);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, seller, 1));
        exchange.cancel(id);
    }

    function test_cancel_revertsTwice() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        _place(seller, SELL, 4_810, 100);
        vm.startPrank(seller);
        exchange.cancel(id);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotOpen.selector, id));
        exchange.cancel(id);
        vm.stopPrank();
    }

    function test_cancel_neverHitsANewerOrder() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.prank(seller);
        exchange.cancel(id);
        _place(seller, SELL, 4_810, 50);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotOpen.selector, id));
        exchange.cancel(id);
    }

    function test_cancel_worksAfterTheSessionOfTheSameDay() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.warp(_at(FIRST_DAY) + 10 hours);
        vm.prank(seller);
        exchange.cancel(id);
        assertEq(_account(sellerId).lotsFree, 1_000);
    }

    function test_cancel_revertsFromMidnightOn() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.warp((FIRST_DAY + 1) * 1 days - LOCAL - 1);
        assertEq(_account(sellerId).lotsInAsks, 100);
        vm.warp((FIRST_DAY + 1) * 1 days - LOCAL);
        assertEq(_account(sellerId).lotsInAsks, 0, "free at midnight, whoever opens what");
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotOpen.selector, id));
        exchange.cancel(id);
    }

    function test_cancel_clearsVoidOrdersForAnyone() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.prank(officer);
        exchange.freezeAccount(ParticipantId.wrap(sellerId), market, true);
        vm.prank(buyer);
        exchange.cancel(id);
        assertEq(lens.market(market).askTick, 0);
        assertEq(_account(sellerId).lotsFree, 1_000);
    }

    // ------------------------------------------------------------------ batches

    function test_batch_cancelsThenPlaces() public {
        OrderId[] memory old = new OrderId[](2);
        old[0] = _place(seller, SELL, 4_810, 600);
        old[1] = OrderId.wrap(12); // never given out: passed over
        OrderRequest[] memory requests = new OrderRequest[](2);
        requests[0] = _order(SELL, 4_811, 500, DAY_ORDER);
        requests[1] = _order(SELL, 4_812, 500, DAY_ORDER);
        vm.prank(seller);
        OrderId[] memory ids = exchange.batch(old, requests);
        (uint256 lots,) = lens.order(ids[1]);
        assertEq(lots, 500);
        assertEq(_account(sellerId).lotsInAsks, 1_000);
        assertEq(lens.market(market).askTick, 4_811);
    }

    function test_batch_matchesAgainstItself() public {
        OrderRequest[] memory requests = new OrderRequest[](2);
        requests[0] = _order(SELL, 4_810, 5, DAY_ORDER);
        requests[1] = _order(BUY, 4_810, 5, DAY_ORDER);
        vm.prank(seller);
        exchange.batch(new OrderId[](0), requests);
        assertEq(_account(sellerId).lots, 1_000);
        assertEq(_account(sellerId).lotsInAsks, 0, "its own sell order ended");
        assertEq(lens.market(market).bidTick, 4_810);
    }

    function test_batch_revertsWhenTooLong() public {
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, 201, 200));
        exchange.batch(new OrderId[](201), new OrderRequest[](0));
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, 201, 200));
        exchange.batch(new OrderId[](0), new OrderRequest[](201));
    }

    function test_batchFor_isForGatewaysOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), 8));
        exchange.batchFor(seller, new OrderId[](0), new OrderRequest[](0));
    }

    // ------------------------------------------------------------------ deposit and order

    function test_onReceived_depositsAndPlaces() public {
        units.mint(seller, UnitId.unwrap(UNIT), 10);
        bytes memory orders = abi.encode(_order(SELL, 4_810, 1_005, DAY_ORDER));
        vm.prank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(UNIT), 10, orders);
        assertEq(_account(sellerId).lots, 1_010);
        assertEq(_account(sellerId).lotsInAsks, 1_005);
    }

    function test_onReceived_ordersNeedTheOwnersWallet() public {
        units.mint(seller, UnitId.unwrap(UNIT), 10);
        vm.prank(seller);
        units.setApprovalForAll(buyer, true);
        bytes memory orders = abi.encode(_order(SELL, 4_810, 5, DAY_ORDER));
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeForeignWallet.selector, buyer, sellerId));
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(UNIT), 10, orders);
    }

    function test_onReceived_revertsOnHalfAWord() public {
        units.mint(seller, UnitId.unwrap(UNIT), 10);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, market));
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(UNIT), 10, new bytes(31));
    }

    function test_onReceived_refusesForeignUnits() public {
        units.mint(seller, 77, 10);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeForeignUnit.selector, address(units), 77));
        units.safeTransferFrom(seller, address(exchange), 77, 10, "");

        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeForeignUnit.selector, address(this), UnitId.unwrap(UNIT))
        );
        IReceiver(address(exchange)).onERC1155Received(seller, seller, UnitId.unwrap(UNIT), 10, "");
    }

    function test_onBatchReceived_depositsEach() public {
        units.mint(seller, UnitId.unwrap(UNIT), 10);
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (UnitId.unwrap(UNIT), 10);
        vm.prank(seller);
        units.safeBatchTransferFrom(seller, address(exchange), ids, values, "");
        assertEq(_account(sellerId).lots, 1_010);
    }
}

interface IReceiver {
    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4);
}
