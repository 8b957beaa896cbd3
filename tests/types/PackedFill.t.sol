// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedFill, PackedFillLib} from "../../contracts/types/PackedFill.sol";
import {PackedOrder, PackedOrderLib} from "../../contracts/types/PackedOrder.sol";

contract PackedFillTest is Test {
    function testFuzz_pack_keepsItsFields(uint16 tick, uint24 index, uint24 maker, uint32 lots, bool ended)
        public
        pure
    {
        index &= 0x7fffff;
        PackedOrder order = PackedOrderLib.pack(lots, maker, 0xff); // flags are no part of a record
        PackedFill f = PackedFillLib.pack(tick, index, order, ended ? PackedFillLib.ENDED : 0);
        assertEq(f.tick(), tick);
        assertEq(f.index(), index);
        assertEq(f.maker(), maker);
        assertEq(f.lots(), lots);
        assertTrue(f.ended() == ended);
        assertEq(PackedFill.unwrap(f) >> 8 * PackedFillLib.SIZE, 0);
    }
}
