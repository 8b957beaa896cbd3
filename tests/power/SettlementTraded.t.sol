// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ShownBid} from "../../interfaces/power/IBidProofs.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, ITradedEnergy, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev The seller has sold 30 Wh by contract beside the market and bought 10: its imbalance is without them.
contract SettlementTradedTest is SettlementCase {
    ITradedEnergy private trades;

    function _trades() internal override returns (ITradedEnergy) {
        bytes memory parts = abi.encode(market, meters, participants, schemes, uint256(0));
        trades = ITradedEnergy(vm.deployCode("PowerTrades.sol:PowerTrades", parts));
        return trades;
    }

    function setUp() public override {
        super.setUp();
        _street(700, 1_000);
        _mock(0, 30, 10);
        _ready();
    }

    function _mock(uint256 line, uint256 sold, uint256 bought) private {
        vm.mockCall(
            address(trades),
            abi.encodeCall(ITradedEnergy.positionOf, (lines[line].account, node, interval)),
            abi.encode(sold, bought)
        );
    }

    /// @dev The line is false with any other energy by contracts, and right with this.
    function test_disputeLine_byContractsBesideTheMarket() public {
        int48[4] memory stated = [int48(0), 30, -20, 20];
        for (uint256 i; i < 4; ++i) {
            (lines[0].tradedWh, lines[1].tradedWh) = (stated[i], -stated[i]);
            uint256 snapshot = vm.snapshotState();
            RunTotals memory t = _reckon();
            _post(t);
            ShownLine memory shown = _show(t, 0);
            if (i == 3) vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, shown, _reading(0));
            if (i != 3) assertEq(_state().postedAt, 0);
            vm.revertToState(snapshot);
        }
    }

    /// @dev Its energy is missing in the run without a line, and a line of it in the list without a place: the day could not be paid.
    function test_enrol_ofWhoTradedWhereItNeverJoined() public {
        PowerAccountId stranger13 = PowerAccountId.wrap(FIRST_PSEUDONYM + 13);
        _mock(0, 0, 20);
        lines[0].tradedWh = -20;
        RunTotals memory t = _reckon();
        vm.expectPartialRevert(ISettlementRecords.SettlementEnergyOpen.selector);
        _post(t);
        lines.push();
        (lines[3].account, lines[3].tradedWh) = (stranger13, 20);

        ShownBid[] memory none = new ShownBid[](0);
        _mock(3, 20, 20); // it has no more sold than bought
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoMember.selector, node, stranger13, 0));
        settlement.enrol(node, interval, stranger13, none, margins);
        _mock(3, 20, 0);
        vm.prank(stranger);
        settlement.enrol(node, interval, stranger13, none, margins);
        assertEq(settlement.firstLineOf(node, day, stranger13), interval);
        _post(_reckon());
        assertTrue(_state().postedAt != 0);
    }
}
