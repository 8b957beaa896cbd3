// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerMarket, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {Clearing} from "../../contracts/power/lib/Clearing.sol";
import {VectorCase} from "./VectorCase.sol";

/// @dev Sixty rounds drawn at random: the solver's clearing passes, each change of one lane is refused for the reason that
/// the plain model gives, and so is each bidder left out.
contract ClearingVectorsTest is VectorCase {
    uint256 private constant PER_TEST = 12; // a test may use 2^30 gas

    uint256 private _refused;
    bytes4[8] private _faults = [
        Clearing.ClearingOverCapacity.selector,
        Clearing.ClearingArcNotFull.selector,
        Clearing.ClearingArcLoses.selector,
        Clearing.ClearingCircle.selector,
        Clearing.ClearingOtherLimits.selector,
        Clearing.ClearingOverLimit.selector,
        Clearing.ClearingUnbalanced.selector,
        Clearing.ClearingNotTheMiddle.selector
    ];

    function test_clear_agreesWithThePlainModel_00() public {
        _range(0);
    }

    function test_clear_agreesWithThePlainModel_12() public {
        _range(12);
    }

    function test_clear_agreesWithThePlainModel_24() public {
        _range(24);
    }

    function test_clear_agreesWithThePlainModel_36() public {
        _range(36);
    }

    function test_clear_agreesWithThePlainModel_48() public {
        _range(48);
    }

    function _range(uint256 first) private {
        uint256 time = vm.getBlockTimestamp();
        for (uint256 i = first; i < first + PER_TEST; ++i) {
            vm.warp(time);
            string memory at = string.concat(".cases[", vm.toString(i), "]");
            Proposal memory c = _load(at);
            _mutate(at, c);
            _leaveOut(c);
            _clear(c);
            _assertOutcome(at);
        }
        assertGt(_refused, 300);
    }

    function _mutate(string memory at, Proposal memory c) private {
        uint256[] memory lists = _array(at, ".lists");
        uint256[] memory places = _array(at, ".places");
        uint256[] memory values = _array(at, ".values");
        uint256[] memory faults = _array(at, ".faults");
        for (uint256 i; i < lists.length; ++i) {
            uint256[] memory list = lists[i] == 0 ? c.prices : lists[i] == 1 ? c.flows : c.margins;
            uint256 kept = list[places[i] / 8];
            uint256 shift = places[i] % 8 * 32;
            list[places[i] / 8] = (kept & ~(uint256(type(uint32).max) << shift)) | values[i] << shift;
            vm.expectPartialRevert(_faults[faults[i]]);
            _clear(c);
            list[places[i] / 8] = kept;
            ++_refused;
        }
    }

    /// @dev Each bidder is left out once, and each two neighbours change places: no other condition need tell.
    function _leaveOut(Proposal memory c) private {
        for (uint256 i; i < c.curves.length; ++i) {
            uint256[][] memory less = new uint256[][](c.curves.length - 1);
            for (uint256 j; j < less.length; ++j) {
                less[j] = c.curves[j < i ? j : j + 1];
            }
            vm.expectRevert();
            _clear(Proposal(less, c.margins, c.prices, c.flows, c.arcs));
            ++_refused;
            if (i == 0) continue;
            (c.curves[i - 1], c.curves[i]) = (c.curves[i], c.curves[i - 1]);
            vm.expectPartialRevert(IPowerMarket.PowerOtherCurves.selector);
            _clear(c);
            (c.curves[i - 1], c.curves[i]) = (c.curves[i], c.curves[i - 1]);
            ++_refused;
        }
    }
}
