// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedAccount, PackedAccountLib} from "../../contracts/types/PackedAccount.sol";
import {PackedMarketConfig} from "../../contracts/types/PackedMarketConfig.sol";

contract PackedAccountTest is Test {
    /// @dev Cash, lots and limit as given; a third of each reserved or bought.
    function _account(uint256 cash, uint256 lots, uint256 limit, uint256 today)
        private
        pure
        returns (PackedAccount a, uint256, uint256)
    {
        cash = bound(cash, 0, PackedAccountLib.MAX_CASH / 2);
        lots = bound(lots, 0, PackedAccountLib.MAX_LOTS / 2);
        a = PackedAccount.wrap(0).asOf(bound(today, 1, (1 << 14) - 1), 0);
        a = a.withLimit(bound(limit, 1, PackedAccountLib.NO_LIMIT));
        a = a.buy(lots / 3, 0).addLots(lots - lots / 3).addCash(cash);
        a = a.reserveLots(lots / 3).reserveCash(cash / 3);
        return (a, cash, lots);
    }

    function testFuzz_fields_doNotTouchEachOther(uint256 cash, uint256 lots, uint256 limit, uint256 today) public pure {
        PackedAccount a;
        (a, cash, lots) = _account(cash, lots, limit, today);
        assertEq(a.cash(), cash);
        assertEq(a.inBids(), cash / 3);
        assertEq(a.lots(), lots);
        assertEq(a.inAsks(), lots / 3);
        assertEq(a.bought(), lots / 3);
        assertEq(a.freeCash(), cash - cash / 3);
        assertEq(a.freeLots(), lots - 2 * (lots / 3));
        assertFalse(a.frozen());
        assertTrue(a.withFrozen(true).frozen());
        assertEq(PackedAccount.unwrap(a.withFrozen(true).withFrozen(false)), PackedAccount.unwrap(a));
        assertEq(PackedAccount.unwrap(a.addCash(1).subCash(1)), PackedAccount.unwrap(a));
        assertEq(PackedAccount.unwrap(a.releaseLots(lots / 3).reserveLots(lots / 3)), PackedAccount.unwrap(a));
        assertEq(PackedAccount.unwrap(a.releaseCash(cash / 3).reserveCash(cash / 3)), PackedAccount.unwrap(a));
    }

    function testFuzz_asOf_keepsWhatIsOwned(uint256 cash, uint256 lots, uint256 limit, uint256 today) public pure {
        PackedAccount a;
        (a, cash, lots) = _account(cash, lots, limit, today);
        a = a.voided().reserveLots(lots / 3).withFrozen(true);
        PackedAccount b = a.asOf(a.day() == 9 ? 10 : 9, 0);
        assertEq(b.cash(), cash);
        assertEq(b.lots(), lots);
        assertEq(b.limit(), a.limit());
        assertTrue(b.frozen());
        assertEq(b.inBids() + b.inAsks() + b.bought() + b.voids(), 0);
        assertEq(PackedAccount.unwrap(a.asOf(a.day(), 0)), PackedAccount.unwrap(a), "the same day changes nothing");
    }

    function testFuzz_asOf_keepsOpenOrdersOfLastingMarkets(uint256 cash, uint256 lots, uint256 limit, uint256 today)
        public
        pure
    {
        PackedAccount a;
        (a, cash, lots) = _account(cash, lots, limit, today);
        a = a.voided().reserveLots(lots / 3).reserveCash(cash / 5).withFrozen(true);
        uint256 day = a.day() == 9 ? 10 : 9;
        PackedAccount b = a.asOf(day, 1);
        assertEq(b.cash(), cash);
        assertEq(b.lots(), lots);
        assertEq(b.inAsks(), lots / 3);
        assertEq(b.inBids(), cash / 5);
        assertEq(b.limit(), a.limit());
        assertEq(b.orderStamp(), a.orderStamp());
        assertEq(b.bought(), 0);
        assertEq(b.day(), day);
    }

    function testFuzz_asOf_forgetsNothingInRetireOnlyMarkets(uint256 cash, uint256 lots, uint256 limit, uint256 today)
        public
        pure
    {
        PackedAccount a;
        (a, cash, lots) = _account(cash, lots, limit, today);
        uint256 day = a.day() == 9 ? 10 : 9;
        PackedMarketConfig config = PackedMarketConfig.wrap(1 << 184).withRetireOnly();
        assertTrue(config.lasting() && config.retireOnly());
        PackedAccount b = a.asOf(day, config.lastingKind());
        assertEq(b.bought(), a.bought());
        assertEq(b.lots(), lots);
        assertEq(b.day(), day);
    }

    function testFuzz_fills_moveOneSideEach(uint256 cash, uint256 lots, uint256 n, uint256 money) public pure {
        PackedAccount a;
        (a, cash, lots) = _account(cash, lots, PackedAccountLib.NO_LIMIT, 1);
        n = bound(n, 0, lots / 3);
        money = bound(money, 0, cash / 3);
        PackedAccount b = a.fillAsk(n, money);
        assertEq(b.lots(), lots - n);
        assertEq(b.inAsks(), lots / 3 - n);
        assertEq(b.cash(), cash + money);
        assertEq(b.inBids(), cash / 3);
        b = a.fillBid(n, money);
        assertEq(b.lots(), lots + n);
        assertEq(b.bought(), lots / 3 + n);
        assertEq(b.cash(), cash - money);
        assertEq(b.inBids(), cash / 3 - money);
        b = a.sell(n, money);
        assertEq(b.lots(), lots - n);
        assertEq(b.inAsks(), lots / 3);
        assertEq(b.cash(), cash + money);
    }

    function testFuzz_isOrderLive_endsWithAVoidOrAFreeze(uint256 cash, uint256 lots, uint256 times) public pure {
        (PackedAccount a,,) = _account(cash, lots, PackedAccountLib.NO_LIMIT, 1);
        times = bound(times, 0, 40);
        for (uint256 i; i < times; ++i) {
            uint256 before = a.voids();
            a = a.voided();
            assertFalse(before != PackedAccountLib.MAX_VOIDS && a.isOrderLive(before));
            assertEq(a.inAsks() + a.inBids(), 0);
        }
        assertEq(a.voids(), times < 31 ? times : 31);
        assertTrue(a.isOrderLive(a.voids()));
        assertFalse(a.withFrozen(true).isOrderLive(a.voids()));
        assertFalse(a.isOrderLive(a.voids() | 0x40), "a spare bit of an order matches nothing");
    }

    function test_subLots_takesTheOldestFirst() public pure {
        PackedAccount a = PackedAccount.wrap(0).addLots(10).buy(5, 0).reserveLots(4);
        a = a.subLots(6);
        assertEq(a.bought(), 5);
        assertEq(a.freeLots(), 0);
        a = a.subLots(2);
        assertEq(a.lots(), 7);
        assertEq(a.bought(), 3);
        assertEq(a.freeLots(), 0);
    }

    function testFuzz_limit_followsTheLots(uint256 limit, uint256 lots, int256 shift) public pure {
        limit = bound(limit, 1, PackedAccountLib.MAX_LOTS - 1);
        lots = bound(lots, 0, PackedAccountLib.MAX_LOTS);
        shift = bound(shift, -int256(lots), int256(PackedAccountLib.MAX_LOTS - limit) - 1);
        PackedAccount a = PackedAccount.wrap(0).addLots(lots).withLimit(PackedAccountLib.LIMIT_BIAS + limit);
        assertEq(a.room(), int256(limit) - int256(lots));
        assertEq(a.shiftLimit(shift).room(), int256(limit) + shift - int256(lots));
        a = a.withLimit(PackedAccountLib.NO_LIMIT);
        assertEq(a.room(), type(int256).max);
        assertEq(PackedAccount.unwrap(a.shiftLimit(shift)), PackedAccount.unwrap(a), "no limit, nothing to shift");
    }

    function test_clampLimit_keepsClearOfTheMarks() public pure {
        assertEq(PackedAccountLib.clampLimit(0), 1);
        assertEq(PackedAccountLib.clampLimit(-5), 1);
        assertEq(PackedAccountLib.clampLimit(int256(PackedAccountLib.NO_LIMIT)), PackedAccountLib.NO_LIMIT - 1);
    }
}
