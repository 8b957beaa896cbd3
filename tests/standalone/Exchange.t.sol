// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {CloseRule, IExchangeBase, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {PlainMoney, PlainToken} from "./Doubles.sol";

/// @dev The Exchange with nothing of this project beside it but an open register and a rule book of one owner. Units and
/// money are OpenZeppelin's.
contract ExchangeStandaloneTest is Test {
    uint256 private constant TOKEN_ID = 77;
    UnitId private constant UNIT = UnitId.wrap(TOKEN_ID);
    SchemeId private constant SCHEME = SchemeId.wrap(1);

    IExchange private exchange;
    IOpenParticipants private register;
    PlainToken private units;
    PlainMoney private money;
    MarketId private market;
    ParticipantId private seller;
    ParticipantId private buyer;

    address private owner = makeAddr("owner");
    address private sara = makeAddr("sara");
    address private bill = makeAddr("bill");

    function setUp() public {
        vm.warp(20_000 days + 12 hours);
        register = IOpenParticipants(vm.deployCode("OpenParticipants.sol:OpenParticipants"));
        address rules = vm.deployCode("OpenRules.sol:OpenRules", abi.encode(owner));
        address manager = address(new AccessManager(owner));
        exchange = IExchange(vm.deployCode("Exchange.sol:Exchange", abi.encode(manager, register, rules)));
        (units, money) = (new PlainToken(), new PlainMoney());

        vm.prank(sara);
        seller = register.join();
        vm.prank(bill);
        buyer = register.join();
        MarketConfig memory config = _config();
        vm.prank(owner);
        market = exchange.createMarket(UNIT, SCHEME, address(money), config);
        exchange.openDay(market);
    }

    /// @dev One token a lot, prices in cents, no band, no fees, all day.
    function _config() private view returns (MarketConfig memory config) {
        config.units = address(units);
        config.lotSize = 1;
        config.tickSize = 100;
        config.referenceTick = 500;
        config.feeAccount = seller;
        config.rules.minimumLots = 1;
        config.rules.maximumLots = 10_000;
        config.rules.closeRule = CloseRule.LastPrice;
        config.rules.sessions = [0, 96, 0, 0];
    }

    function _order(uint256 side, uint256 tick, uint256 lots) private view returns (OrderRequest) {
        return OrderRequest.wrap(lots | tick << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64);
    }

    function _fund() private {
        units.mint(sara, TOKEN_ID, 100);
        vm.prank(sara);
        units.safeTransferFrom(sara, address(exchange), TOKEN_ID, 100, "");
        money.mint(bill, 1_000_00);
        vm.startPrank(bill);
        money.approve(address(exchange), 1_000_00);
        exchange.depositCash(market, 1_000_00);
        vm.stopPrank();
    }

    function test_place_tradesBetweenTwoWhoJoined() public {
        _fund();
        vm.prank(sara);
        exchange.place(_order(1, 510, 60));
        vm.prank(bill);
        (OrderId resting, uint256 filled, uint256 cash) = exchange.place(_order(0, 510, 40));

        assertEq(OrderId.unwrap(resting), 0);
        assertEq(filled, 40);
        assertEq(cash, 40 * 5_1000);
        assertEq(exchange.account(seller, market).lots, 60);
        assertEq(exchange.account(buyer, market).lots, 40);

        vm.prank(sara);
        exchange.withdrawCash(market, 204_00, sara);
        assertEq(money.balanceOf(sara), 204_00);
        // What was bought can be taken out tomorrow.
        skip(1 days);
        vm.prank(bill);
        exchange.withdrawUnits(market, 40, bill);
        assertEq(units.balanceOf(bill, TOKEN_ID), 40);
    }

    function test_deposit_refusesWhoHasNotJoined() public {
        address nobody = makeAddr("nobody");
        units.mint(nobody, TOKEN_ID, 1);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, nobody));
        vm.prank(nobody);
        units.safeTransferFrom(nobody, address(exchange), TOKEN_ID, 1, "");
    }

    function test_halt_isForTheOwnerOfTheRules() public {
        _fund();
        vm.prank(owner);
        exchange.halt(market, "by hand");
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketHalted.selector, market));
        vm.prank(sara);
        exchange.place(_order(1, 510, 60));
    }
}
