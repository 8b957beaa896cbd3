// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {Openings} from "../../../contracts/power/lib/Openings.sol";
import {PackedCurveLib} from "../../../contracts/types/PackedCurve.sol";

/// @dev What is accepted of a part of curves. Bids of 100 Wh at 9, 50 at 7 and 30 at 5 at node 0, offers of 40 Wh at 6 and 60 at 7 at
/// node 1.
contract OpeningsTest is Test {
    uint256 private constant ALL = type(uint256).max;
    uint256[] private words;

    function setUp() public {
        words.push(3 << 48);
        words.push(9 | 100 << 32 | (7 | 50 << 32) << 64 | (5 | 30 << 32) << 128);
        words.push(1 << 32 | 1 << 40 | 2 << 48);
        words.push(6 | 40 << 32 | (7 | 60 << 32) << 64);
    }

    function part(
        uint256[] calldata curves,
        uint256 node,
        uint256 from,
        uint256 to,
        uint256 price,
        uint256[] calldata margins
    ) external pure returns (uint256[2] memory energy, uint256[2] memory loose) {
        return Openings.acceptedOf(curves, node, from, to, price, margins);
    }

    function better(uint256[] calldata curves, uint256 node, uint256 price)
        external
        pure
        returns (uint256[2] memory energy)
    {
        Openings.addBetter(energy, curves, node, price);
    }

    function _part(uint256 node, uint256 from, uint256 to, uint256 price, uint256 given, uint256 limits)
        private
        view
        returns (uint256 bought, uint256 sold, uint256 loose)
    {
        uint256[] memory margins = new uint256[](1);
        margins[0] = node == 0 ? given | limits << 32 : (given | limits << 32) << 192;
        (uint256[2] memory energy, uint256[2] memory open) = this.part(words, node, from, to, price, margins);
        return (energy[0], energy[1], open[0] + open[1]);
    }

    function _assertPart(uint256 node, uint256 from, uint256 to, uint256 price, uint256[3] memory due) private view {
        (uint256 bought, uint256 sold, uint256 loose) = _part(node, from, to, price, 33, 100);
        assertEq(bought, due[0]);
        assertEq(sold, due[1]);
        assertEq(loose, due[2]);
    }

    function test_acceptedOf_betterAndWorseSteps() public view {
        _assertPart(0, 0, ALL, 8, [uint256(100), 0, 0]);
        _assertPart(0, 20, 60, 8, [uint256(40), 0, 0]); // inside the first
        _assertPart(0, 90, 120, 8, [uint256(10), 0, 0]); // across two
        _assertPart(0, 100, 180, 8, [uint256(0), 0, 0]);
        _assertPart(0, 180, ALL, 4, [uint256(0), 0, 0]); // offers at another node
        _assertPart(1, 0, ALL, 10, [uint256(0), 100, 0]);
        _assertPart(1, 210, 230, 10, [uint256(0), 20, 0]);
        _assertPart(1, 0, 180, 10, [uint256(0), 0, 0]);
    }

    function test_acceptedOf_aPartOfAStepAtThePrice() public view {
        _assertPart(0, 100, 150, 7, [uint256(16), 0, 1]); // 33 of 100 are accepted
        _assertPart(0, 90, 110, 7, [uint256(10 + 3), 0, 1]);
        _assertPart(1, 220, 280, 7, [uint256(0), 19, 1]);
    }

    /// @dev Parts that follow each other have at most what the step has, and at least that with a watt-hour each.
    function testFuzz_acceptedOf_partsComeToTheWhole(uint256 cut, uint256 given) public view {
        (cut, given) = (100 + cut % 51, given % 51);
        (uint256 first,, uint256 a) = _part(0, 100, cut, 7, given, 50);
        (uint256 second,, uint256 b) = _part(0, cut, 150, 7, given, 50);
        assertLe(first + second, given);
        assertGe(first + second + a + b, given);
    }

    function test_addBetter_isAllBeyondThePrice() public view {
        uint256[2][4] memory due = [[uint256(0), 0], [uint256(100), 0], [uint256(150), 0], [uint256(180), 0]];
        uint256[4] memory prices = [uint256(9), 7, 5, 4];
        for (uint256 i; i < 4; ++i) {
            uint256[2] memory found = this.better(words, 0, prices[i]);
            assertEq(found[0], due[i][0]);
            assertEq(found[1], due[i][1]);
        }
        assertEq(this.better(words, 1, 7)[PackedCurveLib.OFFER], 40);
        assertEq(this.better(words, 1, 8)[PackedCurveLib.OFFER], 100);
    }
}
