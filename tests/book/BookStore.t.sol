// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {BookStore} from "../../contracts/book/BookStore.sol";

contract BookStoreTest is Test {
    /// @dev Readers of storage, the audit's among them, look there.
    function test_slots_areWhereReadersLook() public pure {
        assertEq(BookStore.marketDataSlot(7), 0xb3 << 248 | 7);
    }

    /// @dev Every kind of word has slots of its own.
    function testFuzz_slots_neverMeet(uint16 market, uint8 side, uint16 tick, uint24 a, uint24 index) public pure {
        index = uint24(bound(index, 2, type(uint24).max - 4));
        side = side % 2;
        uint256 key = BookStore.levelKey(market, side, tick);
        uint256[10] memory slots = [
            BookStore.walletSlot(address(uint160(a))),
            BookStore.configSlot(market),
            BookStore.marketDataSlot(market),
            BookStore.accountSlot(market, a),
            BookStore.levelSlot(key),
            BookStore.ordersSlot(key, index),
            BookStore.lastDaysSlot(key, index),
            BookStore.leafSlot(market, side, tick / 240),
            BookStore.rootSlot(market, side),
            BookStore.rulesSlot(market, side)
        ];
        for (uint256 i; i < 10; ++i) {
            for (uint256 j; j < i; ++j) {
                assertTrue(slots[i] != slots[j]);
            }
        }
        assertEq(BookStore.ordersSlot(key, index) & type(uint24).max, (index - 2) / 4);
        assertTrue(BookStore.ordersSlot(key, index) != BookStore.ordersSlot(key, index + 4));
        assertTrue(key != BookStore.levelKey(market, 1 - side, tick));
    }
}
