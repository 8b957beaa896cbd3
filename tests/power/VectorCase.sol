// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerRound, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {PackedArc} from "../../contracts/types/PackedArc.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Rounds of `tests/vectors/clearings.json`, solved and judged by `tonne/power`.
abstract contract VectorCase is PowerCase {
    string internal json;

    function setUp() public override {
        super.setUp();
        json = vm.readFile(string.concat(vm.projectRoot(), "/tests/vectors/clearings.json"));
    }

    /// @dev Builds the grid of a case, places its orders by `accounts` pseudonyms and moves to the gate.
    function _load(string memory at, uint256 accounts) internal returns (Proposal memory c) {
        _build();
        uint256 carriers = vm.parseJsonUint(json, string.concat(at, ".carriers"));
        uint256 nodes = vm.parseJsonUint(json, string.concat(at, ".nodes"));
        for (uint256 i; i < nodes; ++i) {
            _node(uint8(i % carriers + 1), uint24(i / carriers));
        }
        uint256[] memory arcs = _array(at, ".arcs");
        for (uint256 i; i < arcs.length; ++i) {
            PackedArc w = PackedArc.wrap(arcs[i]);
            _arc(w.from(), w.to(), uint32(w.efficiency()), uint32(w.capacity()), uint32(w.cost()));
        }
        c.orders = _array(at, ".orders");
        c.accepted = _array(at, ".accepted");
        c.prices = _array(at, ".prices");
        c.flows = _array(at, ".flows");
        (, c.arcs) = grid.gridAt(uint256(interval) * 900);
        _deposit(sponsor, 1e15);
        _pseudonyms(accounts, 1e15);
        for (uint256 i; i < c.orders.length; ++i) {
            _place(vm.addr(_key(i % accounts)), c.orders[i]);
        }
        _toGate();
    }

    function _array(string memory at, string memory name) internal view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(at, name));
    }

    function _clear(Proposal memory c) internal {
        market.clear(interval, c);
    }

    /// @dev What the chain keeps is what the plain model says.
    function _assertOutcome(string memory at) internal view {
        PowerRound memory round = market.roundOf(interval);
        assertEq(round.welfare, vm.parseJsonInt(json, string.concat(at, ".outcome[0]")));
        assertEq(round.energyWh, vm.parseJsonUint(json, string.concat(at, ".outcome[1]")));
        assertEq(round.lossWh, vm.parseJsonUint(json, string.concat(at, ".outcome[2]")));
        assertEq(round.rent, vm.parseJsonInt(json, string.concat(at, ".outcome[3]")));
    }
}
