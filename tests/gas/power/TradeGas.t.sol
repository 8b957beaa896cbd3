// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../../../interfaces/units/IEnergyCertificates.sol";
import {PowerContract, PowerSignatures} from "../../../interfaces/power/IPowerTrades.sol";
import {TradeCase} from "../../power/TradeCase.sol";

/// @dev Whole transactions, each alone: `snapshots/energy.json` [gas]. Accounts have funds; nothing is traded yet in these
/// intervals, so that positions and totals are new slots, four and eight intervals each.
/// forge-config: default.isolate = true
contract TradeGasTest is TradeCase {
    function _keep(string memory key) private {
        vm.snapshotValue("energy", key, vm.lastCallGas().gasTotalUsed);
    }

    function test_gas_trade() public {
        _agree(_neighbours());
        PowerContract memory t = _neighbours();
        t.fromInterval = t.untilInterval = interval + 8;
        PowerSignatures memory s = _signed(t);
        uint64 id = trades.agree(t, s, _none());
        _keep("trade_agree");
        _toEndOf(interval + 8);
        trades.execute(1, interval, 1, _none(), new MeteredLeaf[](0));
        trades.execute(id, interval + 8, 1, _none(), new MeteredLeaf[](0));
        _keep("trade_execute");
    }

    function test_gas_supply() public {
        PowerContract memory t = _supply();
        PowerSignatures memory s = _signed(t);
        uint64 id = trades.agree(t, s, _none());
        _keep("supply_agree_wheeled_96");
        trades.book(id, interval, 96, _none());
        _keep("supply_book_96_wheeled");
        MeteredLeaf[] memory leaves = _measured(interval, 601, 1_001);
        trades.execute(id, interval, 1, _none(), leaves);
        _keep("supply_execute_metered");
    }
}
