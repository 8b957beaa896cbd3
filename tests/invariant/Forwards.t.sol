// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ForwardStatus, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {Campaign} from "./Campaign.sol";
import {ForwardInsiders} from "./ForwardInsiders.sol";

/// @dev Promises about forward purchases, whatever buyers and sellers do.
contract ForwardsTest is Campaign {
    ForwardInsiders private _handler;
    IForwardPurchases private _forwards;

    function setUp() public {
        _handler = new ForwardInsiders();
        _handler.setUp();
        _forwards = _handler.forwards();
        _enlist(_handler);
    }

    /// @dev The money here is price and bond of what is not delivered yet, forward by forward, and what is to be collected.
    function _checkPromises() internal view override {
        uint256 money = _handler.cashHeld();
        for (uint256 who = 0; who < _handler.people(); ++who) {
            money += _handler.cashFor(who);
        }
        assertEq(_handler.currency().balanceOf(address(_forwards)), money, "money of forwards");
        uint256 count = _forwards.count();
        for (uint256 id = count < 10 ? 1 : count - 9; id <= count; ++id) {
            if (_forwards.forwardOf(id).status == ForwardStatus.Ended) {
                assertEq(_handler.escrowed(id), 0, "an ended forward is still counted");
                continue;
            }
            uint256 left = _forwards.forwardOf(id).amount - _forwards.forwardOf(id).delivered;
            assertEq(left, _handler.left(id), "left to deliver");
            assertEq(left * _forwards.forwardOf(id).price, _handler.escrowed(id), "price of what is left");
        }
    }

    /// @dev Every escrow can be freed: with all silent, strangers end each forward after its deadline.
    function _checkEnd() internal override {
        vm.warp(vm.getBlockTimestamp() + 31 days);
        for (uint256 id = 1; id <= _forwards.count(); ++id) {
            if (_forwards.forwardOf(id).status != ForwardStatus.Ended && _handler.left(id) != 0) _handler.endOne(id);
        }
        assertEq(_handler.cashHeld(), 0, "money left in forwards");
        _checkPromises();
    }

    function test_insiders_reachEveryAct() public {
        _play(400, 5);
    }
}
