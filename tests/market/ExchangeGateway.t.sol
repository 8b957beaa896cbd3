// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeGateway, Permit, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {HostileCurrency} from "./GatewayDoubles.sol";
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

    // ------------------------------------------------------------------ hostile currencies

    function _hostile() private returns (HostileCurrency hostile) {
        hostile = new HostileCurrency();
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | 7);
        vm.prank(officer);
        market = exchange.createMarket(other, SCHEME, address(hostile), _config());
        exchange.openDay(market);
        hostile.mint(buyer, 60_000);
        vm.prank(buyer);
        hostile.approve(address(exchange), type(uint256).max);
    }

    function _deposit() private {
        Permit memory none;
        vm.prank(buyer);
        gateway.depositAndPlace(market, 60_000, none, _orders());
    }

    /// @dev A currency that comes back acts for itself, which is nobody: the gateway's caller is who it acts for.
    function test_depositAndPlace_aCurrencyThatComesBackActsForItself() public {
        HostileCurrency hostile = _hostile();
        Permit memory none;
        hostile.attack(address(gateway), abi.encodeCall(IExchangeGateway.depositAndPlace, (market, 0, none, _orders())));
        _deposit();
        assertEq(hostile.calls(), 2, "in the permit and in the transfer");
        assertEq(hostile.succeeded(), 0);
        assertEq(_account(buyerId).cash, 6_000_000);
        assertEq(_account(buyerId).cashInBids, 4_800_000 + 1_440);
    }

    /// @dev A signed order that a currency sends on in the middle of a deposit is one order more, and counts once.
    function test_depositAndPlace_aSignedOrderSentInBetweenCountsOnce() public {
        HostileCurrency hostile = _hostile();
        SignedOrder memory order;
        order.wallet = buyer;
        order.terms.market = market;
        order.terms.tick = 4_700;
        order.terms.lots = 1;
        order.deadline = uint64(block.timestamp);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, gateway.orderDigest(order));
        hostile.attack(
            address(gateway), abi.encodeCall(IExchangeGateway.placeSigned, (order, abi.encodePacked(r, s, v)))
        );
        _deposit();
        assertEq(hostile.calls(), 2);
        assertEq(hostile.succeeded(), 1, "the permit came before the cash, the transfer after it was credited");
        assertEq(_account(buyerId).cashInBids, 4_800_000 + 1_440 + 470_000 + 141);
        assertEq(hostile.balanceOf(address(exchange)), 60_000);
        assertEq(exchange.marketAssets(market).cash, 6_000_000);
    }

    function test_depositAndPlace_aCurrencyThatSaysNoDepositsAndPlacesNothing() public {
        HostileCurrency hostile = _hostile();
        hostile.setLies(true);
        Permit memory none;
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(hostile)));
        gateway.depositAndPlace(market, 60_000, none, _orders());
        assertEq(_account(buyerId).cash, 0);
    }
}
