// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

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
}
