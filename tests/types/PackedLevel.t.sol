// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedLevel, PackedLevelLib} from "../../contracts/types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../../contracts/types/PackedOrder.sol";

contract PackedLevelTest is Test {
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
        m = l.newQueue(day);
        assertEq(m.epoch(), uint24(unchecked_(epoch)));
        assertEq(m.lots() + m.head() + m.tail(), 0);
        assertEq(m.day(), day);
    }

    function unchecked_(uint24 epoch) private pure returns (uint24 next) {
        unchecked {
            next = epoch + 1;
        }
    }

    function testFuzz_orders_areReadWrittenAndReduced(uint8 voids, uint32 lots, uint24 owner) public pure {
        voids = uint8(bound(voids, 0, 31));
        PackedOrder order = PackedOrderLib.pack(lots, owner, voids);
        PackedLevel l = PackedLevel.wrap(0).newQueue(7).extended(lots).withFirstOrder(1, order);
        assertEq(PackedOrder.unwrap(l.orderAt(1)), PackedOrder.unwrap(order));
        assertEq(PackedOrder.unwrap(l.orderAt(0)), 0);
        assertEq(l.ordersFrom(1), PackedOrder.unwrap(order));
        assertEq(l.ordersFrom(0), PackedOrder.unwrap(order) << 64);
        assertEq(
            PackedOrder.unwrap(PackedOrderLib.orderAt(l.asSlot(), PackedOrderLib.placeOf(1))), PackedOrder.unwrap(order)
        );
        PackedLevel less = l.withOrderReduced(1, lots / 3);
        assertEq(less.orderAt(1).lots(), lots - lots / 3);
        assertEq(less.orderAt(1).owner(), owner);
        assertEq(less.lots(), lots);
        assertEq(
            PackedLevel.unwrap(l.withoutOrder(1)), PackedLevel.unwrap(PackedLevel.wrap(0).newQueue(7).extended(lots))
        );
    }
}
