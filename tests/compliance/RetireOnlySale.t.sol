// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientLots, OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {PurchaseCase} from "./PurchaseCase.sol";

/// @dev A batch its developer has bound, from its binding to the certificate: the real credits, book and registry.
contract RetireOnlySaleTest is PurchaseCase {
    uint256 private constant IOC = 1;
    uint256 private constant GTC = 3;

    UnitId private forRetirement;
    OrderId private ask;

    /// @dev The developer has 10,000 t bound, 500 lots of 10 t of them in the market, 100 lots of these on offer.
    function setUp() public override {
        super.setUp();
        forRetirement = _batch(2, 10_000);
        vm.prank(dora);
        issuance.setRetireOnly(forRetirement);
        market = _createMarket(forRetirement, 0);
        exchange.openDay(market);
        _give(forRetirement, 5_000);
        ask = _place(dora, SELL, 100, GTC);
        _fund(alice, 1_000_000);
    }

    function _createMarket(UnitId unit, uint32 bandPpm) private returns (MarketId) {
        MarketConfig memory config = _config();
        config.rules.bandPpm = bandPpm;
        vm.prank(officer);
        return exchange.createMarket(unit, SCHEME, address(currency), config);
    }

    function _give(UnitId unit, uint256 amount) private {
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(exchange), UnitId.unwrap(unit), amount, "");
    }

    function _place(address wallet, uint256 side, uint256 lots, uint256 tif) private returns (OrderId id) {
        OrderRequest request =
            OrderRequest.wrap(lots | 100 << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64 | tif << 65);
        vm.prank(wallet);
        (id,,) = exchange.place(request);
    }

    /// @dev Alice has `lots` in her account and nothing outside, and none of it can go to anybody.
    function _expectBound(uint256 lots) private {
        assertEq(_account(alpha).lots, lots);
        assertEq(_account(alpha).lotsFree, 0);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(forRetirement)), 0);
        bytes memory why = abi.encodeWithSelector(BookInsufficientLots.selector, 0, 1);
        vm.expectRevert(why);
        this.sell(alice);
        vm.startPrank(alice);
        vm.expectRevert(why);
        exchange.withdrawUnits(market, 1, alice);
        vm.stopPrank();
    }

    /// @dev Called from outside, so that a revert is the whole order's.
    function sell(address wallet) external {
        _place(wallet, SELL, 1, IOC);
    }

    function test_whatIsBought_canOnlyBeRetired() public {
        _place(alice, BUY, 10, IOC);
        _expectBound(10);
        vm.warp(block.timestamp + 3 days); // Monday
        exchange.openDay(market);
        _expectBound(10);

        vm.prank(alice);
        uint256 number = registry.retireFromLedger(forRetirement, 40, _claim(), stranger);
        assertEq(registry.certificate(number).amount, 40);
        assertEq(registry.certificate(number).holder, stranger);
        assertEq(credits.exitedOf(forRetirement, Exit.Retired), 40);
        _expectBound(6);
    }

    function test_whatIsBoughtToRetire_isRetired() public {
        _place(alice, BUY, 10, IOC);
        (uint256 number, uint256 filled) = _buy(alice, _purchase(100, 20), alice);
        assertEq(filled, 20);
        assertEq(registry.certificate(number).amount, 200);
        assertEq(UnitId.unwrap(registry.certificate(number).unit), UnitId.unwrap(forRetirement));
        _expectBound(10);
    }

    function test_theSeller_takesBackWhatIsUnsold() public {
        _place(alice, BUY, 10, IOC);
        vm.startPrank(dora);
        exchange.cancel(ask);
        exchange.withdrawUnits(market, 490, dora);
        vm.stopPrank();
        assertEq(_account(developer).lots, 0);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(forRetirement)), 9_900);
        _give(forRetirement, 100); // and may bring it again
        assertEq(_account(developer).lotsFree, 10);
    }

    function test_theSeller_handsItToNobodyOutsideTheMarket() public {
        assertFalse(credits.canTransfer(dora, alice, UnitId.unwrap(forRetirement), 1));
        vm.prank(dora);
        vm.expectRevert();
        credits.safeTransferFrom(dora, alice, UnitId.unwrap(forRetirement), 1, "");
    }

    function test_createMarket_hasNoBandForBoundCredits() public {
        UnitId other = _batch(3, 100);
        vm.prank(dora);
        issuance.setRetireOnly(other);
        MarketConfig memory config = _config();
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("bandPpm")));
        exchange.createMarket(other, SCHEME, address(currency), config);
    }

    function test_deposit_isRefusedOfCreditsBoundAfterTheirMarketWasMade() public {
        UnitId other = _batch(3, 100);
        _createMarket(other, 0);
        vm.prank(dora);
        issuance.setRetireOnly(other);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeRetireOnly.selector, other));
        _give(other, 10);
    }
}
