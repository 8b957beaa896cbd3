// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientLots} from "../../interfaces/types/BookTypes.sol";
import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketConfig, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IRetireOnly} from "../../interfaces/rules/ILedgerSources.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";
import {UnitsDouble} from "./MarketDoubles.sol";

/// @dev Units of which the test says who made them retire-only.
contract RetireOnlyDouble is UnitsDouble, IRetireOnly {
    mapping(UnitId id => ParticipantId) public sellerOf;

    function bind(UnitId id, uint24 seller) external {
        sellerOf[id] = ParticipantId.wrap(seller);
    }
}

/// @dev A lasting market of credits that can only be retired: what is bought there stays bought.
contract RetireOnlyMarketTest is MarketBase {
    UnitId private constant CREDIT = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2020) << 64) | 7);
    uint256 private constant GTC = 3;

    RetireOnlyDouble private credits;
    uint24 private sellerId;
    uint24 private buyerId;
    address private seller;
    address private buyer;

    function setUp() public override {
        super.setUp();
        credits = new RetireOnlyDouble();
        (sellerId, seller) = _join("seller");
        (buyerId, buyer) = _join("buyer");
        credits.bind(CREDIT, sellerId);
        market = _create(CREDIT, 0);
        exchange.setController(address(this), 1 | 4 | 16);
        _open(FIRST_DAY);
        _give(seller, 1_000);
        _deposit(buyer, 0, 10_000_000);
    }

    function _create(UnitId unit, uint32 bandPpm) private returns (MarketId) {
        MarketConfig memory config = _config();
        config.units = address(credits);
        config.rules.bandPpm = bandPpm;
        vm.prank(officer);
        return exchange.createMarket(unit, SCHEME, address(currency), config);
    }

    function _give(address wallet, uint256 lots) private {
        credits.mint(wallet, UnitId.unwrap(CREDIT), lots);
        vm.prank(wallet);
        credits.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(CREDIT), lots, "");
    }

    function _rest(address wallet, uint256 side, uint256 lots) private returns (OrderId id) {
        vm.prank(wallet);
        (id,,) = exchange.place(_order(side, 4_800, lots, GTC));
    }

    /// @dev The buyer's account has `lots`, none of which it can sell, withdraw or set aside, today or later.
    function _expectBound(uint256 lots) private {
        Account memory a = _account(buyerId);
        assertEq(a.lots, lots);
        assertEq(a.lotsBought, lots);
        assertEq(a.lotsFree, 0);
        bytes memory why = abi.encodeWithSelector(BookInsufficientLots.selector, 0, 1);
        vm.startPrank(buyer);
        vm.expectRevert(why);
        exchange.place(_order(SELL, 4_800, 1, IOC));
        vm.expectRevert(why);
        exchange.withdrawUnits(market, 1, buyer);
        vm.stopPrank();
        vm.expectRevert(why);
        exchange.settle(market, ParticipantId.wrap(buyerId), ParticipantId.wrap(0), 1, 0, Settlement.Hold, 0);
    }

    function test_whatIsBought_isNeverSoldOrWithdrawn() public {
        _rest(seller, SELL, 1_000);
        _take(buyer, BUY, 4_800, 10);
        _expectBound(10);
        _open(FIRST_DAY + 3); // Monday
        _expectBound(10);
        _take(buyer, BUY, 4_800, 5); // the order outlived the weekend
        _expectBound(15);
        _deposit(buyer, 0, 100);
        _open(FIRST_DAY + 31);
        _deposit(buyer, 0, 100); // writes the account on the new day
        _expectBound(15);
    }

    function test_whatARestingOrderBought_isBoundToo() public {
        OrderId order = _rest(buyer, BUY, 100);
        _take(seller, SELL, 4_800, 10);
        _expectBound(10);
        _open(FIRST_DAY + 3);
        _take(seller, SELL, 4_800, 10); // met on another day
        _expectBound(20);
        _open(FIRST_DAY + 4);
        vm.prank(buyer);
        exchange.cancel(order); // written on another day
        _expectBound(20);
    }

    function test_whatADeskSoldOrAnAuthorityMoved_isBoundToo() public {
        exchange.settle(market, ParticipantId.wrap(sellerId), ParticipantId.wrap(buyerId), 10, 0, Settlement.Trade, 0);
        exchange.forcedTransfer(ParticipantId.wrap(sellerId), ParticipantId.wrap(buyerId), market, 5);
        _open(FIRST_DAY + 3);
        _expectBound(15);
    }

    function test_whatIsBought_leavesToBeRetired() public {
        _rest(seller, SELL, 1_000);
        _take(buyer, BUY, 4_800, 10);
        _open(FIRST_DAY + 3);
        address retirement = makeAddr("retirement");
        assertEq(exchange.debitUnits(ParticipantId.wrap(buyerId), market, 4, retirement), 4);
        assertEq(credits.balanceOf(retirement, UnitId.unwrap(CREDIT)), 4);
        _expectBound(6);
    }

    function test_theSellersOwn_staysFree() public {
        _rest(seller, SELL, 400);
        _open(FIRST_DAY + 3);
        assertEq(_account(sellerId).lotsFree, 600);
        vm.prank(seller);
        exchange.withdrawUnits(market, 600, seller);
        assertEq(credits.balanceOf(seller, UnitId.unwrap(CREDIT)), 600);
    }

    function test_createMarket_hasNoBandForUnitsThatCanOnlyBeRetired() public {
        UnitId other = UnitId.wrap(UnitId.unwrap(CREDIT) + 1);
        credits.bind(other, sellerId);
        MarketConfig memory config = _config();
        config.units = address(credits);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("bandPpm")));
        exchange.createMarket(other, SCHEME, address(currency), config);
    }

    function test_deposit_isRefusedWhereTheMarketWasMadeBefore() public {
        UnitId other = UnitId.wrap(UnitId.unwrap(CREDIT) + 1);
        _create(other, 0);
        credits.mint(seller, UnitId.unwrap(other), 10);
        vm.prank(seller);
        credits.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 1, "");
        credits.bind(other, sellerId);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeRetireOnly.selector, other));
        credits.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 1, "");
    }
}
