// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedFlows} from "../../contracts/types/PackedFlows.sol";

contract PackedFlowsTest is Test {
    function _check(PackedFlows f, int256 lots, int256 cash, uint256 settled, uint256 since) private pure {
        assertEq(f.lots(), lots);
        assertEq(f.cash(), cash);
        assertEq(f.settled(), settled);
        assertEq(f.since(), since);
    }

    /// @dev Each field of either sign leaves the others.
    function testFuzz_fields_areApart(int56 lots, uint64 first, int72 cash, uint72 settled, uint40 since) public pure {
        PackedFlows f = PackedFlows.wrap(0).addLots(0, uint256(int256(lots)));
        _check(f, lots, 0, 0, 0);
        f = f.begun(first, since);
        _check(f, lots, int256(uint256(first)), 0, since);
        f = f.addSettled(settled);
        _check(f, lots, int256(uint256(first)), settled, since);
        f = f.addCash(cash);
        _check(f, lots, int256(uint256(first)) + cash, settled, since);
        f = f.addLots(0, uint256(-int256(lots))).addLots(0, uint256(int256(-1)));
        _check(f, -1, int256(uint256(first)) + cash, settled, since);
        f = f.addCash(-int256(uint256(first)) - cash);
        _check(f, -1, 0, settled, since);
    }

    /// @dev Four accounts that share a word: what one does, of either sign, leaves the others.
    function testFuzz_lots_ofFourAccountsAreApart(int56[4] memory first, int56[4] memory then) public pure {
        PackedFlows f;
        for (uint256 lane; lane < 4; ++lane) {
            f = f.addLots(lane, uint256(int256(first[lane])));
        }
        for (uint256 i = 4; i != 0; --i) {
            f = f.addLots(i - 1, uint256(int256(then[i - 1])));
        }
        for (uint256 lane; lane < 4; ++lane) {
            assertEq(f.lots(lane), int256(first[lane]) + then[lane]);
        }
    }

    /// @dev Every four of nothing, a lot of either sign, and more than a ledger holds of either sign.
    function test_lots_ofFourAccountsAreApartAtTheirEdges() public pure {
        int256[5] memory edges = [int256(0), 1, -1, 1 << 61, -(1 << 61)];
        for (uint256 place; place < 5 ** 4; ++place) {
            PackedFlows f;
            for ((uint256 lane, uint256 rest) = (0, place); lane < 4; (lane, rest) = (lane + 1, rest / 5)) {
                f = f.addLots(lane, uint256(edges[rest % 5]));
            }
            for ((uint256 lane, uint256 rest) = (0, place); lane < 4; (lane, rest) = (lane + 1, rest / 5)) {
                assertEq(f.lots(lane), edges[rest % 5]);
            }
        }
    }
}
