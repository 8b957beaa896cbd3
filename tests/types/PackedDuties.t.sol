// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedDuties, PackedDutiesLib} from "../../contracts/types/PackedDuties.sol";

contract PackedDutiesTest is Test {
    function testFuzz_pack_keepsItsFields(uint16 spread, uint32 lots, uint32 ppm, uint32 from, uint32 until)
        public
        pure
    {
        PackedDuties d = PackedDutiesLib.pack(spread, lots, ppm, from, until);
        assertEq(d.maximumSpread(), spread);
        assertEq(d.minimumLots(), lots);
        assertEq(d.presencePpm(), ppm);
        assertEq(d.fromDay(), from);
        assertEq(d.untilDay(), until);
    }
}
