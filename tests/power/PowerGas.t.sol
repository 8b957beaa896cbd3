// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {VectorCase} from "./VectorCase.sol";

/// @dev Gas of whole transactions, written to `snapshots/energy.json`. Run with `--isolate`.
///
/// State: 480 steps of four bidders at 12 nodes, five a curve, with 36 arcs, in storage nothing but their running hash; the clearing is
/// the first of its interval, so that every slot it writes is new. Prices and flows are stored, losses and rent are booked.
/// forge-config: default.isolate = true
contract PowerGasTest is VectorCase {
    uint256 private constant CEILING = 650_000;

    function test_clear_12_nodes_480_steps_36_arcs() public {
        Proposal memory c = _load(".large");
        _clear(c);
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("energy", "clearing_12_nodes_480_steps_36_arcs", gas);
        assertLe(gas, CEILING);
        _assertOutcome(".large");
    }
}
