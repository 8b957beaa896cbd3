// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedMarket, PackedMarketLib} from "../../contracts/types/PackedMarket.sol";
import {BookStore} from "../../contracts/book/BookStore.sol";
import {PackedLevel, PackedLevelLib} from "../../contracts/types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../../contracts/types/PackedOrder.sol";
import {OrderIdLib} from "../../contracts/types/OrderIdLib.sol";
import {OrderRequestLib} from "../../contracts/types/OrderRequestLib.sol";
import {PackedMarketRules} from "../../contracts/types/PackedMarketRules.sol";
import {PackedWallet, PackedWalletLib} from "../../contracts/types/PackedWallet.sol";
import {BookFull, OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";

/// @dev The smaller words of the book.
contract BookWordsTest is Test {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;

    // ------------------------------------------------------------------ level and order

    function testFuzz_level_keepsItsFields(uint40 lots, uint24 epoch, uint16 day, uint24 tail, uint24 head)
        public
        pure
    {
        PackedLevel l = PackedLevel.wrap(
            (uint256(lots) << 128) | (uint256(epoch) << 168) | (uint256(day) << 192) | (uint256(tail) << 208)
                | (uint256(head) << 232) | type(uint128).max
        );
        assertEq(l.lots(), lots);
        assertEq(l.epoch(), epoch);
        assertEq(l.day(), day);
        assertEq(l.queue(), PackedLevelLib.queueOf(epoch, day));
        assertEq(l.tail(), tail);
        assertEq(l.head(), head);
        PackedLevel m = l.withHead(9).withoutLots(lots / 2);
        assertEq(m.head(), 9);
        assertEq(m.lots(), lots - lots / 2);
        assertEq(m.epoch(), epoch);
        assertEq(m.tail(), tail);
        m = l.renewed(day);
        assertEq(m.epoch(), uint24(unchecked_(epoch)));
        assertEq(m.lots() + m.head() + m.tail(), 0);
        assertEq(m.day(), day);
    }

    function unchecked_(uint24 epoch) private pure returns (uint24 next) {
        unchecked {
            next = epoch + 1;
        }
    }

    function testFuzz_entry_isPutAndPicked(uint256 word, uint8 place, uint32 lots, uint24 owner, uint8 voids)
        public
        pure
    {
        place = uint8(bound(place, 0, 3));
        voids = uint8(bound(voids, 0, 31));
        PackedOrder e = PackedOrderLib.pack(lots, owner, voids);
        uint256 put = PackedOrderLib.put(word, place, e);
        assertEq(PackedOrderLib.at(put, place).lots(), lots);
        assertEq(PackedOrderLib.at(put, place).owner(), owner);
        assertEq(PackedOrderLib.at(put, place).flags(), voids);
        uint256 others = ~(uint256(type(uint64).max) << (uint256(place) * 64));
        assertEq(put & others, word & others);
    }

    // ------------------------------------------------------------------ board

    function test_board_addsUpTheDay() public pure {
        PackedMarket b = PackedMarketLib.opened(3, 4_800, 4_320, 5_280, 7, 1);
        b = b.withBest(1, 4_810).withBest(0, 4_790);
        b = b.traded(4_811, 10, 2_000, 5).traded(4_812, 1, 100, 1);
        assertEq(b.ask(), 4_810);
        assertEq(b.bid(), 4_790);
        assertEq(b.best(0), 4_790);
        assertEq(b.best(1), 4_810);
        assertEq(b.last(), 4_812);
        assertEq(b.low(), 4_320);
        assertEq(b.high(), 5_280);
        assertEq(b.day(), 3);
        assertEq(b.volume(), 11);
        assertEq(b.turnover(), 2_100);
        assertEq(b.fees(), 6);
        assertEq(b.sessions(), 7);
        assertEq(b.withStatus(2).status(), 2);
        assertEq(b.withStatus(2).sessions(), 7);
    }

    function traded(uint256 volume, uint256 turnover, uint256 fees) external pure returns (PackedMarket) {
        return PackedMarketLib.opened(3, 1, 1, 1, 0, 1).traded(1, volume, turnover, fees);
    }

    function test_board_refusesToWrap() public {
        this.traded((1 << 36) - 1, (1 << 48) - 1, (1 << 40) - 1);
        vm.expectRevert(BookFull.selector);
        this.traded(1 << 36, 0, 0);
        vm.expectRevert(BookFull.selector);
        this.traded(0, 1 << 48, 0);
        vm.expectRevert(BookFull.selector);
        this.traded(0, 0, 1 << 40);
    }

    // ------------------------------------------------------------------ ids, rules, wallets

    function testFuzz_orderId_keepsItsFields(uint16 market, bool sell, uint16 tick, uint24 epoch, uint24 index)
        public
        pure
    {
        OrderId id = OrderIdLib.pack(market, sell ? 1 : 0, tick, epoch, index);
        assertEq(id.market(), market);
        assertEq(id.side(), sell ? 1 : 0);
        assertEq(id.tick(), tick);
        assertEq(id.epoch(), epoch);
        assertEq(id.index(), index);
    }

    function test_request_capsHaveDefaults() public pure {
        assertEq(OrderRequest.wrap(0).records(), 200);
        assertEq(OrderRequest.wrap(0).holes(), 200);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).records(), 5);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).holes(), 6);
    }

    function testFuzz_rules_haveTheirPlaces(uint32 a, uint16 b, uint16 c, uint32 d, uint32 e, uint40 f) public pure {
        a &= 0xfffff;
        f &= (1 << 34) - 1;
        PackedMarketRules r = PackedMarketRules.wrap(
            uint256(a) | (uint256(b) << 20) | (uint256(c) << 36) | (uint256(d) << 52) | (uint256(e) << 84)
                | (uint256(f) << 116) | (uint256(1) << 150) | (uint256(99) << 154)
        );
        _blockRules(a, e, r);
        assertEq(r.bandPpm(), a);
        assertEq(r.takerPpm(), b);
        assertEq(r.makerPpm(), c);
        assertEq(r.minimum(), d);
        assertEq(r.maximum(), e);
        assertEq(r.holdingLimit(), f);
        assertEq(r.closeRule(), 1);
        assertEq(r.sessions(), 99);
    }

    function _blockRules(uint256 ppm, uint256 minimum, PackedMarketRules r) private pure {
        r = PackedMarketRules.wrap(
            PackedMarketRules.unwrap(r) | (ppm << 182) | (minimum << 202) | (uint256(52 | (60 << 7)) << 234)
                | (uint256(5) << 248)
        );
        assertEq(r.blockPpm(), ppm);
        assertEq(r.blockMinimum(), minimum);
        assertEq(r.blockSession(), 52 | (60 << 7));
        assertEq(r.takerLevels(), 5);
        assertEq(r.sessions(), 99);
    }

    function testFuzz_wallet_mayTradeWhenActiveWithTheRight(uint24 id, uint8 rights, uint8 status) public pure {
        PackedWallet w = PackedWalletLib.pack(id, rights, status);
        assertEq(w.participant(), id);
        assertEq(w.rights(), rights);
        assertEq(w.status(), status);
        assertTrue(w.mayTrade() == (status == 2 && rights & 1 == 1));
    }

    /// @dev Every kind of word has slots of its own.
    function testFuzz_slots_neverMeet(uint16 market, uint8 side, uint16 tick, uint24 a, uint24 b) public pure {
        side = side % 2;
        uint256 key = BookStore.levelKey(market, side, tick);
        uint256[9] memory slots = [
            BookStore.walletSlot(address(uint160(a))),
            BookStore.configSlot(market),
            BookStore.boardSlot(market),
            BookStore.accountSlot(market, a),
            BookStore.levelSlot(key),
            BookStore.entriesSlot(key, b),
            BookStore.leafSlot(market, side, tick / 240),
            BookStore.rootSlot(market, side),
            BookStore.rulesSlot(market, side)
        ];
        for (uint256 i; i < 9; ++i) {
            for (uint256 j; j < i; ++j) {
                assertTrue(slots[i] != slots[j]);
            }
        }
        assertTrue(BookStore.entriesSlot(key, a) != BookStore.entriesSlot(key, b) || a == b);
        assertTrue(key != BookStore.levelKey(market, 1 - side, tick));
    }
}
