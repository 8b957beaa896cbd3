// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/BookTypes.sol";
import {IExchangeGateway, Permit} from "../../interfaces/IExchangeGateway.sol";
import {IExchangeBase} from "../../interfaces/IExchangeBase.sol";
import {MarketBase} from "./MarketBase.sol";

contract ExchangeGatewayTest is MarketBase {
    IExchangeGateway private gateway;
    uint24 private buyerId;
    address private buyer;
    uint256 private key;

    function setUp() public override {
        super.setUp();
        gateway = IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(gateway), 8);
        (buyerId, buyer) = _join("buyer");
        (, key) = makeAddrAndKey("buyer");
        currency.mint(buyer, 100_000);
        _open(FIRST_DAY);
    }

    function _permit(uint256 amount) private view returns (Permit memory p) {
        p.deadline = block.timestamp + 1 hours;
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash =
            keccak256(abi.encode(typehash, buyer, address(exchange), amount, currency.nonces(buyer), p.deadline));
        (p.v, p.r, p.s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", currency.DOMAIN_SEPARATOR(), hash)));
    }

    function _orders() private view returns (OrderRequest[] memory requests) {
        requests = new OrderRequest[](1);
        requests[0] = _order(BUY, 4_800, 10, DAY_ORDER);
    }

    function test_depositAndPlace_isOneTransaction() public {
        Permit memory p = _permit(60_000);
        OrderRequest[] memory orders = _orders();
        vm.prank(buyer);
        gateway.depositAndPlace(market, 60_000, p, orders);
        assertEq(_account(buyerId).cash, 6_000_000);
        assertEq(_account(buyerId).cashInBids, 4_800_000 + 1_440);
        assertEq(currency.balanceOf(buyer), 40_000);
    }

    function test_depositAndPlace_survivesAPermitSentOnByOthers() public {
        Permit memory p = _permit(60_000);
        currency.permit(buyer, address(exchange), 60_000, p.deadline, p.v, p.r, p.s);
        vm.prank(buyer);
        gateway.depositAndPlace(market, 60_000, p, _orders());
        assertEq(_account(buyerId).cash, 6_000_000);
    }

    function test_depositAndPlace_revertsWithoutAPermit() public {
        Permit memory p = _permit(59_999);
        vm.prank(buyer);
        vm.expectRevert();
        gateway.depositAndPlace(market, 60_000, p, _orders());
    }

    function test_depositAndPlace_actsForItsCallerOnly() public {
        Permit memory p = _permit(60_000);
        (, address thief) = _trader("thief", 0, 0);
        vm.prank(thief);
        vm.expectRevert();
        gateway.depositAndPlace(market, 60_000, p, _orders());
    }

    function test_depositAndPlace_needsTheGatewaysRight() public {
        exchange.setController(address(gateway), 0);
        Permit memory p = _permit(60_000);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(gateway), 8));
        gateway.depositAndPlace(market, 60_000, p, _orders());
    }
}
