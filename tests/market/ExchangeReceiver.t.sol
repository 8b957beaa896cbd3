// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {IExchangeReceiver} from "../../interfaces/market/IExchangeReceiver.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";
import {TellingCurrency} from "./TellingCurrency.sol";

/// @dev Cash that a currency brings by ERC-1363, with orders.
contract ExchangeReceiverTest is MarketBase {
    UnitId private constant OTHER = UnitId.wrap((uint256(1) << 96) | (uint256(1) << 80) | (uint256(2019) << 64));

    uint24 private aliceId;
    address private alice;
    address private mallory;

    function setUp() public override {
        super.setUp();
        (aliceId, alice) = _join("alice");
        (, mallory) = _join("mallory");
        rules.disclose(2019);
        currency.mint(alice, 100_000);
        currency.mint(mallory, 100_000);
    }

    /// @dev One word for the market, then the orders.
    function _data(MarketId to, OrderRequest request) private pure returns (bytes memory) {
        return abi.encode(to, request);
    }

    function _send(address who, uint256 amount, bytes memory data) private {
        vm.prank(who);
        currency.transferAndCall(address(exchange), amount, data);
    }

    // ------------------------------------------------------------------ what it does

    function test_onTransferReceived_depositsAndPlacesWithoutAnApproval() public {
        _open(FIRST_DAY);
        vm.expectEmit(address(exchange));
        emit IExchangeCore.CashDeposited(_accountId(aliceId), alice, 100_000 * 100);
        _send(alice, 100_000, _data(market, _order(BUY, 4_750, 10, DAY_ORDER)));

        assertEq(_account(aliceId).cash, 100_000 * 100);
        assertEq(_account(aliceId).cashInBids, 10 * 475_000 + 1_425);
        assertEq(currency.balanceOf(address(exchange)), 100_000);
        assertEq(exchange.marketAssets(market).cash, 100_000 * 100);
        assertEq(currency.allowance(alice, address(exchange)), 0);
    }

    /// @dev The same account and book as by a deposit and an order.
    function test_onTransferReceived_endsWhereDepositAndOrderEnd() public {
        _open(FIRST_DAY);
        OrderRequest order = _order(BUY, 4_750, 10, DAY_ORDER);
        uint256 start = vm.snapshotState();
        _send(alice, 60_000, _data(market, order));
        bytes memory brought = abi.encode(_account(aliceId), exchange.marketAssets(market));
        vm.revertToState(start);

        vm.startPrank(alice);
        currency.approve(address(exchange), 60_000);
        exchange.depositCash(market, 60_000);
        exchange.place(order);
        vm.stopPrank();
        assertEq(brought, abi.encode(_account(aliceId), exchange.marketAssets(market)));
    }

    function test_onTransferReceived_depositsAtAnyHourWithoutOrders() public {
        _send(alice, 1_000, abi.encode(market));
        assertEq(_account(aliceId).cashFree, 1_000 * 100);
    }

    // ------------------------------------------------------------------ who may call

    function test_onTransferReceived_isForTheMarketsCurrencyOnly() public {
        TellingCurrency telling = new TellingCurrency();
        bytes memory refusal =
            abi.encodeWithSelector(IExchangeReceiver.ExchangeForeignCurrency.selector, address(telling), market);
        vm.expectRevert(refusal);
        telling.tell(address(exchange), mallory, 1_000, abi.encode(market));

        refusal = abi.encodeWithSelector(IExchangeReceiver.ExchangeForeignCurrency.selector, mallory, market);
        vm.expectRevert(refusal);
        vm.prank(mallory);
        IExchangeReceiver(address(exchange)).onTransferReceived(mallory, mallory, 1_000, abi.encode(market));
    }

    function test_onTransferReceived_refusesAnUnknownMarket() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, MarketId.wrap(9)));
        _send(alice, 1_000, abi.encode(uint256(9)));
    }

    // ------------------------------------------------------------------ whose money, whose orders

    function test_onTransferReceived_ordersCannotComeFromAnother() public {
        _open(FIRST_DAY);
        vm.prank(alice);
        currency.approve(mallory, 100_000);
        bytes memory data = _data(market, _order(BUY, 4_750, 10, DAY_ORDER));
        vm.prank(mallory);
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeForeignWallet.selector, mallory, ParticipantId.wrap(aliceId))
        );
        currency.transferFromAndCall(alice, address(exchange), 100_000, data);
        assertEq(currency.balanceOf(alice), 100_000);

        // Who may move the money may deposit it; it is Alice's.
        vm.prank(mallory);
        currency.transferFromAndCall(alice, address(exchange), 100_000, abi.encode(market));
        assertEq(_account(aliceId).cashFree, 100_000 * 100);
    }

    /// @dev Another wallet of the same participant orders for it, if it may trade.
    function test_onTransferReceived_ordersNeedTheRightToTrade() public {
        _open(FIRST_DAY);
        address clerk = makeAddr("clerk");
        participants.add(aliceId, clerk, ALL_RIGHTS & ~uint8(1));
        assertEq(ALL_RIGHTS & 1, 1);
        currency.mint(clerk, 100_000);
        bytes memory data = _data(market, _order(BUY, 4_750, 10, DAY_ORDER));
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, clerk, uint256(1)));
        _send(clerk, 100_000, data);
        _send(clerk, 100_000, abi.encode(market));
        assertEq(_account(aliceId).cashFree, 100_000 * 100);

        vm.prank(clerk);
        currency.approve(alice, 1);
        currency.mint(clerk, 1);
        vm.prank(alice);
        currency.transferFromAndCall(clerk, address(exchange), 1, data);
        assertGt(_account(aliceId).cashInBids, 0);
    }

    function test_onTransferReceived_refusesStrangers() public {
        address stranger = makeAddr("stranger");
        currency.mint(stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, stranger));
        _send(stranger, 1, abi.encode(market));
    }

    // ------------------------------------------------------------------ what it is told

    function test_onTransferReceived_readsWholeWordsOnly() public {
        bytes memory refusal = abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, MarketId.wrap(0));
        vm.expectRevert(refusal);
        _send(alice, 1, "");
        vm.expectRevert(refusal);
        _send(alice, 1, hex"0001");
        vm.expectRevert(refusal);
        _send(alice, 1, abi.encode(uint256(MarketId.unwrap(market)) | 1 << 16));
        vm.expectRevert(abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, market));
        _send(alice, 1, abi.encodePacked(abi.encode(market, uint256(0)), bytes1(0)));
    }

    /// @dev Of 63 bytes the last would be an order that ends in what follows the data.
    function test_onTransferReceived_readsNothingBeyondItsData() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, market));
        _send(alice, 1, abi.encodePacked(abi.encode(market), bytes31(0)));
    }

    function test_onTransferReceived_boundsOrdersAndMoney() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, 201, 200));
        _send(alice, 1, abi.encodePacked(abi.encode(market), new bytes(201 * 32)));
        vm.expectRevert(IExchangeBase.ExchangeZeroAmount.selector);
        _send(alice, 0, abi.encode(market));
        TellingCurrency telling = new TellingCurrency();
        vm.prank(officer);
        MarketId theirs = exchange.createMarket(OTHER, SCHEME, address(telling), _config());
        uint256 most = uint256((1 << 51) - 1) / 100;
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeLedgerFull.selector, type(uint256).max, most));
        telling.tell(address(exchange), mallory, type(uint256).max, abi.encode(theirs));
    }

    /// @dev A currency says that who has lots in its market sent money, with an order to sell them for it: money that came
    /// buys, no more.
    function test_onTransferReceived_sellsNothing() public {
        TellingCurrency telling = new TellingCurrency();
        vm.prank(officer);
        MarketId theirs = exchange.createMarket(OTHER, SCHEME, address(telling), _config());
        vm.warp(_at(FIRST_DAY));
        exchange.openDay(theirs);
        units.mint(alice, UnitId.unwrap(OTHER), 100);
        vm.prank(alice);
        units.safeTransferFrom(alice, address(exchange), UnitId.unwrap(OTHER), 100, "");
        (MarketId own, bytes memory refusal) =
            (market, abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, theirs));
        market = theirs;
        OrderRequest sale = _order(SELL, 4_750, 100, DAY_ORDER);
        OrderRequest purchase = _order(BUY, 4_750, 1, DAY_ORDER);
        market = own;
        vm.expectRevert(refusal);
        telling.tell(address(exchange), alice, 1_000_000, _data(theirs, sale));
        vm.expectRevert(refusal);
        telling.tell(address(exchange), alice, 1_000_000, abi.encode(theirs, purchase, sale));
        telling.tell(address(exchange), alice, 1_000_000, _data(theirs, purchase));
        assertEq(exchange.account(ParticipantId.wrap(aliceId), theirs).lotsInAsks, 0);
    }

    /// @dev An order that is refused takes the deposit with it.
    function test_onTransferReceived_isAllOrNothing() public {
        vm.expectRevert();
        _send(alice, 100_000, _data(market, _order(BUY, 4_750, 10, DAY_ORDER))); // no day is open
        assertEq(currency.balanceOf(alice), 100_000);
        assertEq(_account(aliceId).cash, 0);
    }

    /// @dev A frozen account takes money in and places nothing.
    function test_onTransferReceived_aFrozenAccountOrdersNothing() public {
        _open(FIRST_DAY);
        vm.prank(officer);
        exchange.freezeAccount(ParticipantId.wrap(aliceId), market, true);
        bytes memory data = _data(market, _order(BUY, 4_750, 10, DAY_ORDER));
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, ParticipantId.wrap(aliceId), market)
        );
        _send(alice, 100_000, data);
    }

    function test_currency_saysThatItHasTheStandard() public view {
        assertTrue(currency.supportsInterface(0xb0202a11)); // ERC-1363
    }
}
