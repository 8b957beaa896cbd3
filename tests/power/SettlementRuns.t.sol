// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerMarket, ScheduledFlow} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev A run against the flows of the clearing, by an arc each way to another node.
contract SettlementRunsTest is SettlementCase {
    uint256 private constant SLACK = 2 + 2; // [Wh] of a node, and of each of its arcs

    uint8 private out;
    uint8 private back;

    function setUp() public override {
        super.setUp();
        uint8 other = _node(1, 2);
        (out, back) = (_arc(node, other, 900_000, 10_000, 0), _arc(other, node, 900_000, 10_000, 0));
        _quiet();
        _read(1);
        _ready();
    }

    function _flow(uint8 arc, uint256 sentWh, uint256 arrivingWh) private {
        vm.mockCall(
            address(market),
            abi.encodeCall(IPowerMarket.scheduledOf, (interval, arc)),
            abi.encode(ScheduledFlow(sentWh, arrivingWh, 0))
        );
    }

    /// @dev What a node sells beyond what it buys goes out by its arcs, less what comes in by them.
    function test_post_balancesWhatFlows() public {
        RunTotals memory t = _reckon(); // nothing was sold
        _flow(out, 1_000, 900);
        _flow(back, 1_100, 990);
        _refused(t, -10);
        _flow(out, 1_000 - 10 + SLACK + 1, 900);
        _refused(t, -int256(SLACK + 1));
        _flow(out, 1_000 - 10 - SLACK - 1, 900);
        _refused(t, int256(SLACK + 1));
        _flow(out, 1_000 - 10 - SLACK, 900);
        _post(t);
    }

    /// @dev Without readings all are taken to have delivered what they sold.
    function test_post_withoutReadings_hasNoEnergyOfItsOwn() public {
        _next();
        _account(0, 0, 0, 0, 0);
        delete leaves;
        vm.warp((uint256(day) + 1) * 1 days + LATE + 1);
        RunTotals memory right = _reckon();
        for (uint256 i; i < 4; ++i) {
            RunTotals memory t = abi.decode(abi.encode(right), (RunTotals));
            if (i == 0) t.exportWh = 7;
            if (i == 1) t.chargedWh = 7;
            if (i == 2) t.longWh = 7;
            if (i == 3) t.shortWh = 7;
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISettlementRecords.SettlementEnergyOpen.selector, node, interval, int256(i == 0 ? int8(7) : int8(0))
                )
            );
            _post(t);
        }
        _post(right);
    }

    function _refused(RunTotals memory t, int256 residue) private {
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementNotScheduled.selector, node, interval, residue, SLACK)
        );
        _post(t);
    }
}
