// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {Forward, ForwardStatus, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
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

    /* FOUND SEQUENCES */

    /// @dev A buyer that removed the wallet it paid with is bound: its delivery reaches the participant's other wallet.
    function test_sequence_offerAcceptRemoveWalletDeliver() public {
        _handler.offer(0, 0, 100, 50, 10);
        _handler.accept(0);
        _handler.moveToAnotherWallet();
        (IERC1155 credits, uint256 credit) = _handler.creditsOf();
        Forward memory f = _forwards.forwardOf(1);
        address seller = _handler.walletOf(f.seller);
        vm.prank(seller);
        _forwards.deliver(1, UnitId.wrap(credit), 100);
        uint256 owed = _forwards.payoutOf(ParticipantId.unwrap(f.seller), uint160(f.currency));
        assertEq(owed, 100 * (uint256(f.price) + f.bond), "paid, and the bond");
        assertEq(credits.balanceOf(_handler.otherWallet(), credit), 100, "delivered to the participant");
    }

    /// @dev A buyer that is suspended is bound too, and gets its units and the rest of its money.
    function test_sequence_offerAcceptSuspendDeliverEnd() public {
        _handler.offer(0, 0, 100, 50, 10);
        _handler.accept(0);
        _handler.suspend(0, 0);
        _handler.deliver(0, 30);
        _checkPromises();
        _checkEnd();
    }

    function test_insiders_reachEveryAct() public {
        _play(400, 5);
    }
}
