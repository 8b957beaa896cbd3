// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedMarketRules, PackedMarketRulesLib} from "../../contracts/types/PackedMarketRules.sol";

contract PackedMarketRulesTest is Test {
    function testFuzz_haveTheirPlaces(uint32 a, uint16 b, uint16 c, uint32 d, uint32 e, uint40 f) public pure {
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

    function testFuzz_pack_setsEachField(uint32 lots, uint16 fee, uint8 levels) public pure {
        uint256 ppm = lots & 0xfffff;
        PackedMarketRules r = PackedMarketRulesLib.pack(ppm, fee, fee / 2, lots / 2, lots, lots, 1, levels);
        r = r.withBlockTrades(ppm / 2, lots / 3, 52, 60).withSessionBound(0, 38).withSessionBound(3, 60);
        assertEq(r.bandPpm(), ppm);
        assertEq(r.takerPpm(), fee);
        assertEq(r.makerPpm(), fee / 2);
        assertEq(r.minimum(), lots / 2);
        assertEq(r.maximum(), lots);
        assertEq(r.holdingLimit(), lots);
        assertEq(r.closeRule(), 1);
        assertEq(r.sessions(), 38 | (60 << 21));
        assertEq(r.blockPpm(), ppm / 2);
        assertEq(r.blockMinimum(), lots / 3);
        assertEq(r.blockSession(), 52 | (60 << 7));
        assertEq(r.blockOpens(), 52);
        assertEq(r.blockCloses(), 60);
        assertEq(r.sessionBound(0), 38);
        assertEq(r.sessionBound(3), 60);
        assertEq(r.takerLevels(), levels);
    }
}
