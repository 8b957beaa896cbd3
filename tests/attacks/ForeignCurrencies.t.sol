// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {IExchangeReceiver} from "../../interfaces/market/IExchangeReceiver.sol";
import {MarketId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "../market/MarketBase.sol";
import {RulesDouble, SchemesDouble} from "../market/MarketDoubles.sol";
import {TellingCurrency} from "../market/TellingCurrency.sol";

/// @notice An officer of another scheme lists a currency of its own, in league with Mallory: it says what it likes of
/// who has sent it.
contract ForeignCurrenciesTest is MarketBase {
    SchemeId private constant SOUTH = SchemeId.wrap(2);
    UnitId private constant SOUTHERN = UnitId.wrap((uint256(1) << 96) | (uint256(2) << 80) | (uint256(2020) << 64));

    TellingCurrency private telling;
    MarketId private theirs;
    uint24 private aliceId;
    address private alice;
    address private mallory;

    function setUp() public override {
        super.setUp();
        address south = makeAddr("officer of the south");
        SchemesDouble(address(rules)).grantIn(south, SOUTH, 16);
        telling = new TellingCurrency();
        vm.prank(south);
        theirs = exchange.createMarket(SOUTHERN, SOUTH, address(telling), _config());
        (aliceId, alice) = _trader("alice", 0, 100_000);
        (, mallory) = _join("mallory");
        _open(FIRST_DAY);
        exchange.openDay(theirs);
    }

    function _newRules() internal override returns (RulesDouble) {
        return new SchemesDouble();
    }

    function _tell(address from, uint256 amount, bytes memory data) private {
        telling.tell(address(exchange), from, amount, data);
    }

    /// @dev Paid out to Mallory it would be what the honest market's accounts own.
    function test_money_thatNeverCameIntoAnHonestMarket() public {
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeReceiver.ExchangeForeignCurrency.selector, address(telling), market)
        );
        _tell(mallory, 1_000, abi.encode(market));

        _tell(mallory, 1_000, abi.encode(theirs));
        vm.startPrank(mallory);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("currency")));
        exchange.moveCash(theirs, market, 100_000);
        vm.expectRevert();
        exchange.withdrawCash(theirs, 1_000, mallory);
        vm.stopPrank();
        assertEq(currency.balanceOf(address(exchange)), 100_000);
        assertEq(exchange.marketAssets(market).cash, 100_000 * 100);
    }

    /// @dev Alone, and after an order in its own market, which stands for one that was checked.
    function test_order_ofAnHonestTraderByACurrencyOfAnotherScheme() public {
        uint256 order = OrderRequest.unwrap(_order(BUY, 4_750, 10, DAY_ORDER));
        uint256 own = (order & ~(uint256(type(uint16).max) << 48)) | (uint256(MarketId.unwrap(theirs)) << 48);
        bytes memory refusal = abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, theirs);
        vm.expectRevert(refusal);
        _tell(alice, 1, abi.encode(theirs, order));
        vm.expectRevert(refusal);
        _tell(alice, 100_000, abi.encode(theirs, own, order));
        assertEq(_account(aliceId).cashInBids, 0);
        assertEq(_account(aliceId).cashFree, 100_000 * 100);
    }
}
