// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {BookFull, BookOrderMalformed, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase, MarketConfig, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {PackedAccount} from "../../contracts/types/PackedAccount.sol";
import {BookStore} from "../../contracts/book/BookStore.sol";
import {PackedMarketConfigLib} from "../../contracts/types/PackedMarketConfig.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev What bounds one call, markets that there are not, and calls that change nothing and say nothing.
contract ExchangeBoundsTest is MarketBase {
    MarketId private constant NOWHERE = MarketId.wrap(77);

    uint24 private aliceId;
    address private alice;

    function setUp() public override {
        super.setUp();
        (aliceId, alice) = _trader("alice", 1_000, 100_000_000);
        exchange.setController(address(this), 31);
        _open(FIRST_DAY);
    }

    function _p(uint24 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    function _tooMany(uint256 items) private {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, items, 200));
    }

    // ------------------------------------------------------------------ how much in one call

    function test_onERC1155Received_boundsTheOrdersOfADeposit() public {
        units.mint(alice, UnitId.unwrap(UNIT), 1);
        bytes memory orders = new bytes(201 * 32);
        _tooMany(201);
        vm.prank(alice);
        units.safeTransferFrom(alice, address(exchange), UnitId.unwrap(UNIT), 1, orders);
    }

    function test_onERC1155BatchReceived_boundsTheUnits() public {
        uint256[] memory ids = new uint256[](201);
        uint256[] memory values = new uint256[](201);
        for (uint256 i; i < 201; ++i) {
            (ids[i], values[i]) = (UnitId.unwrap(UNIT), 1);
        }
        units.mint(alice, UnitId.unwrap(UNIT), 201);
        _tooMany(201);
        vm.prank(alice);
        units.safeBatchTransferFrom(alice, address(exchange), ids, values, "");
    }

    function test_onERC1155BatchReceived_takesNoOrders() public {
        units.mint(alice, UnitId.unwrap(UNIT), 2);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], values[0]) = (UnitId.unwrap(UNIT), 1);
        (ids[1], values[1]) = (UnitId.unwrap(UNIT), 1);
        bytes memory order = abi.encode(_order(SELL, 4_800, 1, DAY_ORDER));
        vm.expectRevert(abi.encodeWithSelector(BookOrderMalformed.selector, OrderRequest.wrap(32)));
        vm.prank(alice);
        units.safeBatchTransferFrom(alice, address(exchange), ids, values, order);
    }

    /// @dev Said by the market's own contract, which should know better.
    function test_onERC1155Received_refusesADepositOfNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotWholeLots.selector, 0, 1));
        vm.prank(address(units));
        IERC1155Receiver(address(exchange)).onERC1155Received(alice, alice, UnitId.unwrap(UNIT), 0, "");
    }

    function test_syncParticipant_boundsMarketsAndWallets() public {
        _tooMany(201);
        exchange.syncParticipant(_p(aliceId), new MarketId[](201));
        for (uint160 i = 1; i <= 200; ++i) {
            participants.add(aliceId, address(uint160(0xA11CE000) + i), ALL_RIGHTS);
        }
        _tooMany(201);
        exchange.syncParticipant(_p(aliceId), new MarketId[](0));
    }

    function test_setController_boundsTheHouses() public {
        // The test has one; participants' numbers end with the 255th.
        for (uint160 i = 2; i <= 255; ++i) {
            exchange.setController(address(uint160(0xDE5C000) + i), 16);
        }
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, 256, 255));
        exchange.setController(makeAddr("one desk more"), 16);
    }

    function test_createMarket_boundsTheMarkets() public {
        uint256 most = type(uint16).max;
        vm.store(address(exchange), bytes32(uint256(1)), bytes32(most)); // that many there are now
        assertEq(exchange.marketCount(), most);
        MarketConfig memory config = _config();
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, most + 1, most));
        vm.prank(officer);
        exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 1), SCHEME, address(currency), config);
    }

    function test_openDay_endsWithTheLastDayThereIs() public {
        uint256 last = FIRST_DAY - 1 + PackedMarketConfigLib.MAX_DAY;
        rules.setTradingDay(last, true);
        rules.setTradingDay(last + 1, true);
        _open(last);
        vm.warp(_at(last + 1));
        vm.expectPartialRevert(IExchangeBase.ExchangeMarketClosed.selector);
        exchange.openDay(market);
    }

    /// @dev Else an account would look as if it had last been touched long ago.
    function test_withdrawCash_afterTheLastDayThereIsKeepsThatDay() public {
        vm.warp(_at(FIRST_DAY + 1 + PackedMarketConfigLib.MAX_DAY));
        vm.prank(alice);
        exchange.withdrawCash(market, 1, alice);
        uint256[] memory slots = new uint256[](1);
        slots[0] = BookStore.accountSlot(MarketId.unwrap(market), aliceId);
        assertEq(PackedAccount.wrap(exchange.load(slots)[0]).day(), PackedMarketConfigLib.MAX_DAY);
    }

    function test_listedMonth_knowsNoMonthsBeyondItsRange() public {
        _place(alice, SELL, 4_800, 10);
        (, address bob) = _trader("bob", 0, 10_000_000);
        _take(bob, BUY, 4_800, 10);
        uint256 month = 2021 * 12 + 6;
        vm.warp(_at(FIRST_DAY + 17)); // August
        exchange.openDay(market);
        (uint256 lots,) = exchange.listedMonth(market, month);
        assertEq(lots, 10);
        for (uint256 shift = 32; shift < 256; ++shift) {
            (lots,) = exchange.listedMonth(market, month | (1 << shift));
            assertEq(lots, 0, "another month's");
        }
    }

    // ------------------------------------------------------------------ markets that there are not

    function test_unknownMarkets_areRefusedEverywhere() public {
        bytes memory unknown = abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, NOWHERE);
        vm.expectRevert(unknown);
        exchange.forcedTransfer(_p(aliceId), _p(OPERATOR), NOWHERE, 1);
        vm.expectRevert(unknown);
        exchange.freezeAccount(_p(aliceId), NOWHERE, true);
        vm.expectRevert(unknown);
        exchange.syncHolding(_p(aliceId), NOWHERE);
        vm.expectRevert(unknown);
        exchange.settle(NOWHERE, _p(0), _p(aliceId), 1, 0, Settlement.Trade, 0);
    }

    // ------------------------------------------------------------------ nothing done, nothing said

    function test_debits_ofNothingSayNothing() public {
        vm.recordLogs();
        assertEq(exchange.debitUnits(_p(aliceId), market, 0, address(9)), 0);
        assertEq(exchange.debitCash(_p(aliceId), market, 99, address(9)), 0, "less than 0.01");
        assertEq(vm.getRecordedLogs().length, 0);
    }

    /// @dev Else 31 debits on one day would shut the account out though it had no orders.
    function test_debits_ofAnAccountWithoutOrdersVoidNothing() public {
        vm.recordLogs();
        exchange.freezeAccount(_p(aliceId), market, true);
        assertEq(vm.getRecordedLogs().length, 1, "frozen, and no orders ended");
        for (uint256 i; i < 40; ++i) {
            exchange.freezeAccount(_p(aliceId), market, i % 2 == 1);
        }
        exchange.freezeAccount(_p(aliceId), market, false);
        _place(alice, SELL, 4_800, 10);
    }

    function test_freezeAccount_twiceIsOnce() public {
        exchange.freezeAccount(_p(aliceId), market, true);
        vm.recordLogs();
        exchange.freezeAccount(_p(aliceId), market, true);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_sync_ofWhatIsKnownSaysNothing() public {
        exchange.sync(alice);
        vm.recordLogs();
        exchange.sync(alice);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_place_thatFillsNothingRecordsNothing() public {
        _place(alice, SELL, 4_800, 10);
        vm.recordLogs();
        vm.prank(alice);
        exchange.place(_with(_order(BUY, 4_800, 1, IOC), CANCEL_INCOMING));
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_place_ofANumberOfVoidsThatIsFullIsRefused() public {
        for (uint256 i; i < 31; ++i) {
            _place(alice, SELL, 4_800, 1);
            exchange.freezeAccount(_p(aliceId), market, true);
            exchange.freezeAccount(_p(aliceId), market, false);
        }
        bytes memory reason = abi.encodeWithSelector(IExchangeBase.ExchangeAccountVoided.selector, _p(aliceId), market);
        assertEq(lens.quote(_order(SELL, 4_800, 1, DAY_ORDER), _p(aliceId)).refusal, reason);
        vm.expectRevert(reason);
        vm.prank(alice);
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER));
    }

    // ------------------------------------------------------------------ full

    /// @dev What a level's word says, `more` added; 23 bits of index and 40 of lots are more than a test can fill.
    function _addToLevel(uint256 more) private {
        bytes32 slot = bytes32(BookStore.levelSlot(BookStore.levelKey(MarketId.unwrap(market), SELL, 4_800)));
        vm.store(address(exchange), slot, bytes32(uint256(vm.load(address(exchange), slot)) + more));
    }

    function _full(uint256 lots) private {
        vm.expectRevert(BookFull.selector);
        _place(alice, SELL, 4_800, lots);
    }

    function test_place_refusesAnOrderThatAQueueHasNoNumberFor() public {
        _place(alice, SELL, 4_800, 1);
        _addToLevel(((1 << 23) - 2) << 208); // the tail, 1 by now
        _place(alice, SELL, 4_800, 1);
        _full(1);
    }

    function test_place_refusesMoreLotsThanALevelCounts() public {
        _place(alice, SELL, 4_800, 1);
        _addToLevel(((1 << 40) - 7) << 128); // 5 lots are left
        _full(6);
        _place(alice, SELL, 4_800, 5);
        _full(1);
    }

    /// @dev A resting order that meets its holding limit is two records, what fits and its end.
    function test_place_withoutRoomForBothRecordsOfALimitStopsThere() public {
        (uint24 bobId, address bob) = _trader("bob", 0, 10_000_000);
        _place(bob, BUY, 4_800, 10);
        vm.prank(officer);
        exchange.setHoldingLimit(_p(bobId), market, 4);
        exchange.syncHolding(_p(bobId), market);
        OrderRequest sale = _order(SELL, 4_800, 10, IOC);
        assertEq(lens.quote(_with(sale, 1 << 72), _p(aliceId)).filled, 0);
        assertEq(lens.quote(_with(sale, 2 << 72), _p(aliceId)).filled, 4);
        vm.startPrank(alice);
        (, uint256 filled,) = exchange.place(_with(sale, 1 << 72));
        assertEq(filled, 0);
        assertEq(_account(bobId).lots, 0);
        (, filled,) = exchange.place(_with(sale, 2 << 72));
        vm.stopPrank();
        assertEq(filled, 4);
        assertEq(_account(bobId).lots, 4);
    }
}
