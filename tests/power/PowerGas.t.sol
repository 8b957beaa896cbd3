// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {VectorCase} from "./VectorCase.sol";

/// @dev Gas of whole transactions, written to `snapshots/energy.json`. Run with `--isolate`.
///
/// State: 480 orders of 200 pseudonyms at 12 nodes with 36 arcs, in storage nothing but their running hash; the clearing is
/// the first of its interval, so that every slot it writes is new. Prices and flows are stored, losses and rent are booked.
/// forge-config: default.isolate = true
contract PowerGasTest is VectorCase {
    uint256 private constant CEILING = 780_000;

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function test_clear_12_nodes_480_orders_36_arcs() public {
        Proposal memory c = _load(".large", 200);
        assertEq(c.orders.length, 480);
        _clear(c);
        uint256 gas = _gas();
        vm.snapshotValue("energy", "clearing_12_nodes_480_orders_36_arcs", gas);
        assertLe(gas, CEILING);
        _assertOutcome(".large");
    }
}
