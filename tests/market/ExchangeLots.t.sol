// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookReader} from "../../contracts/market/BookReader.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A market in lots of 1,000 units: the ledger counts lots, the token units.
contract ExchangeLotsTest is MarketBase {
    uint24 private sellerId;
    uint24 private buyerId;
    address private seller;
    address private buyer;

    function setUp() public override {
        super.setUp();
        _open(FIRST_DAY);
        (sellerId, seller) = _trader("seller", 5_000, 0);
        (buyerId, buyer) = _trader("buyer", 0, 100_000_000);
    }

    function _config() internal view override returns (MarketConfig memory config) {
        config = super._config();
        config.lotSize = 1_000;
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.holdingLimit = 4;
    }

    function test_deposit_countsLots() public view {
        assertEq(_account(sellerId).lots, 5);
        assertEq(exchange.marketAssets(market).lots, 5);
    }

    function test_deposit_revertsOnPartsOfALot() public {
        units.mint(seller, UnitId.unwrap(UNIT), 1_500);
        vm.startPrank(seller);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotWholeLots.selector, 1_500, 1_000));
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(UNIT), 1_500, "");
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotWholeLots.selector, 999, 1_000));
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(UNIT), 999, "");
        vm.stopPrank();
    }

    function test_place_tradesAndPaysByTheLot() public {
        _place(seller, SELL, 4_800, 3);
        (uint256 filled, uint256 cash) = _take(buyer, BUY, 4_800, 2);
        assertEq(filled, 2);
        assertEq(cash, 2 * 480_000 + 480);
        assertEq(_account(buyerId).lots, 2);
    }

    function test_withdrawUnits_paysOutUnits() public {
        vm.prank(seller);
        exchange.withdrawUnits(market, 2, seller);
        assertEq(units.balanceOf(seller, UnitId.unwrap(UNIT)), 2_000);
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), 3_000);
    }

    function test_debitUnits_sendsUnits() public {
        exchange.setController(address(this), 1);
        assertEq(exchange.debitUnits(ParticipantId.wrap(sellerId), market, 9, makeAddr("treasury")), 5);
        assertEq(units.balanceOf(makeAddr("treasury"), UnitId.unwrap(UNIT)), 5_000);
    }

    function test_holdingLimit_countsUnitsInWalletsAsLots() public {
        units.mint(buyer, UnitId.unwrap(UNIT), 2_999);
        exchange.syncHolding(ParticipantId.wrap(buyerId), market);
        assertEq(_account(buyerId).room, 1, "of 4,000 units 1,001 are left, a lot is 1,000");
    }

    function test_lens_revertsForAMarketThatIsNot() public {
        vm.expectRevert(abi.encodeWithSelector(BookReader.LensMarketUnknown.selector, MarketId.wrap(9)));
        lens.market(MarketId.wrap(9));
    }
}
