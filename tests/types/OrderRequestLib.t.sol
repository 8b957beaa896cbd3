// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {OrderRequestLib} from "../../contracts/types/OrderRequestLib.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";

contract OrderRequestLibTest is Test {
    using OrderRequestLib for OrderRequest;

    function test_capsHaveDefaults() public pure {
        assertEq(OrderRequest.wrap(0).records(), 200);
        assertEq(OrderRequest.wrap(0).holes(), 200);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).records(), 5);
        assertEq(OrderRequest.wrap(uint256(5) << 72 | uint256(6) << 84).holes(), 6);
    }

    function testFuzz_pack_keepsItsFields(uint32 lots, uint16 tick, uint16 market, bool sell, uint8 force) public pure {
        force = uint8(bound(force, 0, 4));
        OrderRequest r = OrderRequestLib.pack(lots, tick, market, sell ? 1 : 0, force);
        assertEq(r.lots(), lots);
        assertEq(r.tick(), tick);
        assertEq(r.market(), market);
        assertEq(r.side(), sell ? 1 : 0);
        assertEq(r.timeInForce(), force);
        assertTrue(r.isPlain() == (force == 0));
    }

    function testFuzz_with_setsEachOption(uint32 minimum, uint64 cost, uint16 caps, uint8 mode) public pure {
        mode = uint8(bound(mode, 0, 2));
        cost &= (1 << 52) - 1;
        uint256 cap = bound(caps, 1, 0xfff);
        OrderRequest r = OrderRequestLib.pack(1, 2, 3, 1, OrderRequestLib.GOOD_TILL_DATE);
        r = r.withBounds(minimum, cost).withOptions(true, mode, cap).withCaps(cap, 5, cap / 2);
        assertEq(r.minimum(), minimum);
        assertEq(r.maximumCost(), cost);
        assertTrue(r.postOnly());
        assertEq(r.selfTrade(), mode);
        assertEq(r.expiry(), cap);
        assertEq(r.records(), cap);
        assertEq(r.holes(), 5);
        assertEq(r.levels(), cap / 2);
        assertEq(r.lots(), 1);
        assertFalse(r.malformed());
    }
}
