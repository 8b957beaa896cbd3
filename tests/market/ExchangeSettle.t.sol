// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots
} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketRules, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

contract ExchangeSettleTest is MarketBase {
    ParticipantId private constant HOUSE = ParticipantId.wrap(0);

    address private desk = makeAddr("desk");
    uint24 private sellerId;
    uint24 private buyerId;
    address private seller;
    address private buyer;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (buyerId, buyer) = _trader("buyer", 100, 1_000_000);
        exchange.setController(desk, 16);
        _open(FIRST_DAY);
        exchange.syncHolding(_id(sellerId), market);
        exchange.syncHolding(_id(buyerId), market);
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.holdingLimit = 1_500;
    }

    function _settle(ParticipantId from, ParticipantId to, uint256 lots, uint256 cash, Settlement kind) private {
        vm.prank(desk);
        exchange.settle(market, from, to, lots, cash, kind, "ticket");
    }

    function _id(uint24 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    function _house() private view returns (Account memory) {
        return exchange.account(exchange.houseOf(desk), market);
    }

    function test_settle_tradesLotsForCash() public {
        vm.expectEmit(address(exchange));
        emit IExchangeBase.Settled(
            _accountId(sellerId), _accountId(buyerId), desk, Settlement.Trade, 300, 7_000, "ticket"
        );
        _settle(_id(sellerId), _id(buyerId), 300, 7_000, Settlement.Trade);
        Account memory a = _account(sellerId);
        assertEq(a.lots, 700);
        assertEq(a.cash, 100_007_000);
        a = _account(buyerId);
        assertEq(a.lots, 400);
        assertEq(a.lotsBought, 300);
        assertEq(a.lotsFree, 100);
        assertEq(a.cash, 99_993_000);
        assertEq(a.room, 1_100);
    }

    function test_settle_revertsOnWhatIsNotFree() public {
        _place(seller, SELL, 4_800, 800);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 200, 201));
        _settle(_id(sellerId), _id(buyerId), 201, 0, Settlement.Trade);
        _place(buyer, BUY, 4_700, 10);
        uint256 free = _account(buyerId).cashFree;
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, free, free + 1));
        _settle(_id(sellerId), _id(buyerId), 1, free + 1, Settlement.Trade);
        _settle(_id(sellerId), _id(buyerId), 200, free, Settlement.Trade);
    }

    /// @dev Whatever a field of an account could not hold is not free there either.
    function test_settle_revertsOnMoreThanAFieldHolds() public {
        uint256 free = _account(buyerId).cashFree;
        for (uint256 width = 33; width < 256; ++width) {
            uint256 much = 1 << width;
            vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, much));
            _settle(_id(sellerId), _id(buyerId), much, 0, Settlement.Trade);
            vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, much));
            _settle(_id(sellerId), HOUSE, much, 0, Settlement.Hold);
            vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, free, much));
            _settle(_id(sellerId), _id(buyerId), 0, much, Settlement.Trade);
        }
    }

    function test_settle_doesNotResellWhatWasBoughtToday() public {
        _settle(_id(sellerId), _id(buyerId), 300, 0, Settlement.Trade);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 100, 101));
        _settle(_id(buyerId), _id(sellerId), 101, 0, Settlement.Trade);
        vm.warp(_at(FIRST_DAY + 3));
        _settle(_id(buyerId), _id(sellerId), 400, 0, Settlement.Trade);
    }

    function test_settle_keepsTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_id(buyerId), market, 400);
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(300), 301));
        _settle(_id(sellerId), _id(buyerId), 301, 0, Settlement.Trade);
        _settle(_id(sellerId), _id(buyerId), 300, 0, Settlement.Trade);
    }

    function test_settle_holdsAndReturnsWithoutARoundabout() public {
        int256 room = _account(sellerId).room;
        _settle(_id(sellerId), HOUSE, 600, 0, Settlement.Hold);
        assertEq(_account(sellerId).room, room, "what is held elsewhere still counts");
        assertEq(_house().lots, 600);
        assertEq(_house().lotsFree, 600, "nothing is bought today in a house");
        _settle(HOUSE, _id(sellerId), 400, 0, Settlement.Return);
        assertEq(_account(sellerId).room, room);
        assertEq(_account(sellerId).lotsFree, 800);
        _settle(HOUSE, _id(buyerId), 200, 5_000, Settlement.Trade);
        assertEq(_house().cash, 5_000);
        assertEq(_account(buyerId).lotsBought, 200);
    }

    function test_syncHolding_countsWhatDesksHold() public {
        int256 room = _account(sellerId).room;
        _settle(_id(sellerId), HOUSE, 600, 0, Settlement.Hold);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, room, "nobody makes room by a pledge");
        _settle(HOUSE, _id(sellerId), 600, 0, Settlement.Return);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, room);
        assertEq(_account(sellerId).lots, 1_000);
    }

    function test_disown_makesRoomForWhatWentToAnother() public {
        int256 room = _account(sellerId).room;
        _settle(_id(sellerId), HOUSE, 600, 0, Settlement.Hold);
        _settle(HOUSE, _id(buyerId), 200, 0, Settlement.Trade);
        vm.startPrank(desk);
        exchange.disown(market, _id(sellerId), 200);
        assertEq(_account(sellerId).room, room + 200);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, room + 200);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 400, 401));
        exchange.disown(market, _id(sellerId), 401);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), uint256(16))
        );
        exchange.disown(market, _id(sellerId), 1);
    }

    function test_settle_returnsWhatWasNeverHeld() public {
        _settle(_id(buyerId), HOUSE, 50, 0, Settlement.Trade);
        _settle(HOUSE, _id(sellerId), 50, 0, Settlement.Return);
        assertEq(_account(sellerId).lots, 1_050);
    }

    function test_settle_holdsCash() public {
        _settle(HOUSE, _id(buyerId), 0, 5_000, Settlement.Trade);
        assertEq(_house().cash, 5_000);
        assertEq(_house().room, type(int256).max);
        _settle(_id(buyerId), HOUSE, 0, 5_000, Settlement.Trade);
        assertEq(_account(buyerId).cash, 100_000_000);
    }

    function test_settle_revertsForTheFrozenWhoGive() public {
        vm.prank(officer);
        exchange.freezeAccount(_id(sellerId), market, true);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sellerId), market));
        _settle(_id(sellerId), _id(buyerId), 1, 0, Settlement.Trade);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sellerId), market));
        _settle(_id(buyerId), _id(sellerId), 0, 1, Settlement.Trade);
        _settle(_id(buyerId), _id(sellerId), 1, 0, Settlement.Trade);
    }

    function test_settle_isForDesksAndTheirOwnHouse() public {
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), uint256(16))
        );
        exchange.settle(market, _id(sellerId), _id(buyerId), 1, 0, Settlement.Trade, "");

        address other = makeAddr("other desk");
        exchange.setController(other, 16);
        ParticipantId house = exchange.houseOf(other);
        assertTrue(ParticipantId.unwrap(house) != ParticipantId.unwrap(exchange.houseOf(desk)));
        _refuse(_id(sellerId), house, Settlement.Hold);
        _refuse(house, _id(sellerId), Settlement.Return);
        _refuse(house, _id(sellerId), Settlement.Trade);
        _refuse(_id(sellerId), _id(buyerId), Settlement.Hold);
        _refuse(_id(sellerId), _id(buyerId), Settlement.Return);
        _refuse(_id(sellerId), _id(buyerId), Settlement.Proceeds);
        _refuse(_id(sellerId), _id(sellerId), Settlement.Trade);
    }

    function _refuse(ParticipantId from, ParticipantId to, Settlement kind) private {
        vm.prank(desk);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadSettlement.selector, from, to, kind));
        exchange.settle(market, from, to, 1, 0, kind, "");
    }

    function test_settle_revertsOnNothingAndOnReturnsForCash() public {
        vm.expectRevert(IExchangeBase.ExchangeZeroAmount.selector);
        _settle(_id(sellerId), _id(buyerId), 0, 0, Settlement.Trade);
        ParticipantId house = exchange.houseOf(desk);
        vm.expectRevert(
            abi.encodeWithSelector(
                IExchangeBase.ExchangeBadSettlement.selector, house, _id(sellerId), Settlement.Return
            )
        );
        _settle(HOUSE, _id(sellerId), 0, 1, Settlement.Return);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, MarketId.wrap(99)));
        vm.prank(desk);
        exchange.settle(MarketId.wrap(99), _id(sellerId), _id(buyerId), 1, 0, Settlement.Trade, "");
    }

    function test_houses_areNeverSomebodysNumber() public {
        assertEq(ParticipantId.unwrap(exchange.houseOf(desk)), 0xFFFF01);
        exchange.setController(desk, 0);
        exchange.setController(desk, 16);
        assertEq(ParticipantId.unwrap(exchange.houseOf(desk)), 0xFFFF01, "a house stays");
        address wallet = makeAddr("impostor");
        participants.add(0xFFFF01, wallet, ALL_RIGHTS);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, wallet));
        vm.prank(wallet);
        exchange.withdrawCash(market, 1, wallet);
    }

    // ------------------------------------------------------------------ months

    /// @dev Friday 16 July 2021 opens; 30 July and 2 August are trading days.
    function test_listedMonth_sumsTheDaysOfAMonth() public {
        uint256 july = 2021 * 12 + 6;
        _place(seller, SELL, 4_800, 100);
        _take(buyer, BUY, 4_800, 10);
        _assertMonth(july, 10, 10 * 480_000);
        _open(FIRST_DAY + 14);
        _assertMonth(july, 10, 10 * 480_000);
        _place(seller, SELL, 4_900, 100);
        _take(buyer, BUY, 4_900, 5);
        _assertMonth(july, 15, 10 * 480_000 + 5 * 490_000);
        _open(FIRST_DAY + 17);
        _place(seller, SELL, 4_900, 1);
        _take(buyer, BUY, 4_900, 1);
        _assertMonth(july, 15, 10 * 480_000 + 5 * 490_000);
        _assertMonth(july + 1, 1, 490_000);
        _assertMonth(july - 1, 0, 0);
    }

    function _assertMonth(uint256 month, uint256 lots, uint256 turnover) private view {
        (uint256 lots_, uint256 turnover_) = exchange.listedMonth(market, month);
        assertEq(lots_, lots);
        assertEq(turnover_, turnover);
    }
}
