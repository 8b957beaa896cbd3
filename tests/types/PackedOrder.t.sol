// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedOrder, PackedOrderLib} from "../../contracts/types/PackedOrder.sol";

contract PackedOrderTest is Test {
    function testFuzz_order_isPutAndRead(uint256 word, uint8 place, uint32 lots, uint24 owner, uint8 voids)
        public
        pure
    {
        place = uint8(bound(place, 0, 3));
        voids = uint8(bound(voids, 0, 31));
        PackedOrder e = PackedOrderLib.pack(lots, owner, voids);
        uint256 put = PackedOrderLib.put(word, place, e);
        assertEq(PackedOrderLib.orderAt(put, place).lots(), lots);
        assertEq(PackedOrderLib.orderAt(put, place).owner(), owner);
        assertEq(PackedOrderLib.orderAt(put, place).flags(), voids);
        uint256 others = ~(uint256(type(uint64).max) << (uint256(place) * 64));
        assertEq(put & others, word & others);
    }

    function testFuzz_slot_isReadFromAnOrderOnAndReduced(uint256 word, uint24 index, uint32 lots, uint24 owner)
        public
        pure
    {
        index = uint24(bound(index, 2, type(uint24).max));
        uint256 place = (uint256(index) - 2) % 4;
        assertEq(PackedOrderLib.placeOf(index), place);
        PackedOrder order = PackedOrderLib.pack(lots, owner, 0);
        word = PackedOrderLib.put(word, place, order);
        assertEq(uint64(PackedOrderLib.ordersFrom(word, index)), PackedOrder.unwrap(order));
        uint256 less = PackedOrderLib.reduced(word, index, lots / 2);
        assertEq(
            PackedOrder.unwrap(PackedOrderLib.orderAt(less, place)),
            PackedOrder.unwrap(order.withLots(lots, lots - lots / 2))
        );
        assertEq(PackedOrderLib.put(less, place, order), word);
    }

    function testFuzz_lastDay_isPutAndRead(uint256 word, uint24 index, uint16 day) public pure {
        uint256 put = PackedOrderLib.putLastDay(word, index, day);
        assertEq(PackedOrderLib.lastDayAt(put, index), day);
        uint256 others = ~(uint256(type(uint16).max) << (uint256(index) % 16 * 16));
        assertEq(put & others, word & others);
    }
}
