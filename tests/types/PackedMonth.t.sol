// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedMonth} from "../../contracts/types/PackedMonth.sol";

contract PackedMonthTest is Test {
    function testFuzz_add_sumsBothFields(uint64 lots, uint48 turnover, uint32 more, uint48 moreTurnover) public pure {
        lots /= 2;
        PackedMonth m = PackedMonth.wrap(0).add(lots, turnover).add(more, moreTurnover);
        assertEq(m.lots(), uint256(lots) + more);
        assertEq(m.turnover(), uint256(turnover) + moreTurnover);
    }
}
