// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookNotFilled, OrderId, OrderRequest, TimeInForce} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeGateway} from "../../interfaces/market/IExchangeGateway.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Orders under their wallet's own numbers: the next step is sent without waiting for a receipt.
contract NamedOrdersTest is MarketBase {
    IExchangeGateway private gateway;
    uint24 private sellerId;
    address private seller;
    address private other;

    function setUp() public override {
        super.setUp();
        gateway = IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(gateway), 8);
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (, other) = _trader("other", 1_000, 100_000_000);
        _open(FIRST_DAY);
    }

    function _sell(uint16 tick, uint32 lots) private view returns (OrderRequest) {
        return _order(SELL, tick, lots, DAY_ORDER);
    }

    function _placeAs(address wallet, uint256 number, OrderRequest request) private returns (OrderId) {
        vm.prank(wallet);
        return gateway.placeNamed(number, request);
    }

    function test_placeNamed_isTheCallersOrderUnderItsNumber() public {
        vm.expectEmit(true, true, false, false, address(gateway));
        emit IExchangeGateway.OrderNamed(seller, 7, OrderId.wrap(0));
        OrderId id = _placeAs(seller, 7, _sell(4_810, 10));
        (bool used, OrderId named) = gateway.namedOrder(seller, 7);
        assertTrue(used && OrderId.unwrap(named) == OrderId.unwrap(id));
        assertEq(_account(sellerId).lotsInAsks, 10);
        (used,) = gateway.namedOrder(other, 7);
        assertFalse(used, "numbers are each wallet's own");
    }

    function test_placeNamed_takesANumberOnce_alsoOfAnOrderThatTradedWhole() public {
        _place(other, BUY, 4_800, 10);
        OrderId id = _placeAs(seller, 7, _sell(4_800, 10));
        assertEq(OrderId.unwrap(id), 0);
        (bool used, OrderId named) = gateway.namedOrder(seller, 7);
        assertTrue(used && OrderId.unwrap(named) == 0);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNumberUsed.selector, seller, 7));
        gateway.placeNamed(7, _sell(4_810, 10));
        _placeAs(other, 7, _sell(4_820, 10));
    }

    function test_cancelNamed_endsThoseThatRestAndSkipsTheRest() public {
        _place(other, BUY, 4_800, 10);
        _placeAs(seller, 1, _sell(4_800, 10)); // trades whole
        _placeAs(seller, 2, _sell(4_810, 20));
        _placeAs(seller, 3, _sell(4_820, 30));
        uint256[] memory numbers = new uint256[](4);
        (numbers[0], numbers[1], numbers[2], numbers[3]) = (1, 2, 99, 2);
        vm.prank(seller);
        gateway.cancelNamed(numbers);
        assertEq(_account(sellerId).lotsInAsks, 30);
    }

    function test_cancelNamed_isBoundedAndOfOnesOwnOrders() public {
        _placeAs(seller, 1, _sell(4_810, 20));
        uint256[] memory numbers = new uint256[](201);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayTooManyOrders.selector, 201, 200));
        gateway.cancelNamed(numbers);
        numbers = new uint256[](1);
        numbers[0] = 1;
        vm.prank(other);
        gateway.cancelNamed(numbers);
        assertEq(_account(sellerId).lotsInAsks, 20, "it has no order of that number");
    }

    function test_replaceNamed_isBothOrNeither() public {
        _placeAs(seller, 1, _sell(4_810, 20));
        vm.prank(seller);
        gateway.replaceNamed(1, 2, _sell(4_820, 15));
        assertEq(_account(sellerId).lotsInAsks, 15);

        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(BookNotFilled.selector, 0, 5));
        gateway.replaceNamed(2, 3, _order(SELL, 4_800, 5, uint256(TimeInForce.FillOrKill)));
        assertEq(_account(sellerId).lotsInAsks, 15, "the old one stands");
        (bool used,) = gateway.namedOrder(seller, 3);
        assertFalse(used, "the number may come again");

        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNumberUnknown.selector, seller, 9));
        gateway.replaceNamed(9, 3, _sell(4_820, 5));
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNumberUsed.selector, seller, 1));
        gateway.replaceNamed(2, 1, _sell(4_820, 5));
    }

    function test_placeNamed_needsTheGatewaysRight() public {
        exchange.setController(address(gateway), 0);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(gateway), 8));
        gateway.placeNamed(1, _sell(4_810, 20));
    }
}
