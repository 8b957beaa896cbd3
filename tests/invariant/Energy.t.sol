// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditBills, Invoice, InvoiceStatus} from "../../interfaces/power/ICreditBills.sol";
import {IEnergyCredits, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {Campaign} from "./Campaign.sol";
import {EnergyInsiders} from "./EnergyInsiders.sol";

/// @dev Promises about energy credits, bills, invoices and pledges of them, whatever town, payees, buyers and lenders do.
contract EnergyTest is Campaign {
    uint256 private constant PEOPLE = 8;

    EnergyInsiders private _handler;
    IEnergyCredits private _energy;
    UnitId private _series;
    ICreditBills private _bills;

    function setUp() public {
        _handler = new EnergyInsiders();
        _handler.setUp();
        (_energy, _series) = _handler.seriesId();
        _bills = _handler.billsOf();
        _enlist(_handler);
    }

    function _checkPromises() internal view override {
        _whatIsOutstandingIsCovered();
        _custodiansHoldWhatTheyOwe();
    }

    /// @dev Outstanding = issued less every exit, within limit and collateral.
    function _whatIsOutstandingIsCovered() private view {
        Series memory s = _energy.seriesOf(_series);
        uint256 left = _handler.redeemed() + _handler.reclaimed() + _handler.swept();
        assertEq(s.outstanding, _handler.granted() - left, "outstanding");
        assertEq(s.outstanding, _energy.totalSupply(_series), "supply");
        assertEq(_energy.issuedOf(_series), _handler.granted(), "issued");
        assertEq(_energy.exitedOf(_series, Exit.Released), _handler.redeemed(), "redeemed");
        assertEq(_energy.exitedOf(_series, Exit.ClawedBack), _handler.reclaimed(), "reclaimed");
        assertEq(_energy.exitedOf(_series, Exit.Expired), _handler.swept(), "expired");
        assertEq(s.collateral, _handler.collateral(), "collateral");
        assertLe(s.outstanding, s.collateral, "uncovered");
        assertLe(s.outstanding, s.limit, "over the limit");
    }

    /// @dev Bills hold the escrow of funded invoices and what they owe, pledges what is pledged; all there is, is theirs or the
    /// participants'.
    function _custodiansHoldWhatTheyOwe() private view {
        uint256 id = UnitId.unwrap(_series);
        uint256 inPledge = _energy.balanceOf(address(_handler.pledges()), id);
        uint256 released;
        uint256 owed;
        uint256 sum;
        for (uint256 who = 0; who < PEOPLE; ++who) {
            owed += _handler.owedTo(who);
            released += _handler.owedByPledges(who);
            sum += _energy.balanceOf(_handler.walletOf(who), id);
        }
        assertEq(inPledge, _handler.inPledge() + released, "pledged");
        uint256 inBills = _energy.balanceOf(address(_bills), id);
        assertEq(inBills, _handler.escrowed() + owed, "in bills");
        assertEq(sum + inBills + inPledge, _energy.totalSupply(_series), "held by participants and custodians");
    }

    /// @dev Every escrow can be freed: with buyers, sellers and lenders silent, strangers end each funded invoice after its
    /// deadline, and the province returns each pledge.
    function _checkEnd() internal override {
        vm.warp(vm.getBlockTimestamp() + 21 days);
        for (uint256 id = 1; id <= _bills.invoiceCount(); ++id) {
            if (_bills.invoiceOf(id).status == InvoiceStatus.Funded) _handler.endOne(id);
        }
        for (uint256 id = 1; id <= _handler.pledges().count(); ++id) {
            uint256 amount = _handler.pledgedIn(id);
            if (amount != 0) _handler.orderOne(id, amount, false);
        }
        assertEq(_handler.escrowed(), 0, "escrow left");
        assertEq(_handler.inPledge(), 0, "pledges left");
        _checkPromises();
    }

    /* FOUND SEQUENCES */

    /// @dev A suspended pledgor's pledge ends by an order: the credits are owed to it until it can receive.
    function test_sequence_pledgeSuspendOrder() public {
        _pledgeAndSuspend();
        _orderIsOwed();
        _checkPromises();
    }

    function _orderIsOwed() private {
        _handler.orderOne(1, 1_000_000, false);
        assertEq(_handler.owedByPledges(0), 1_000_000, "owed to a suspended pledgor");
    }

    /// @dev Nor does it wait for ever: any account ends it after the expiry of the credits.
    function test_sequence_pledgeSuspendExpire() public {
        _pledgeAndSuspend();
        vm.warp(uint256(_energy.seriesOf(_series).expiry) + 1);
        _handler.pledges().expire(1);
        assertEq(_energy.balanceOf(address(_handler.pledges()), UnitId.unwrap(_series)), 0, "pledges left");
    }

    function _pledgeAndSuspend() private {
        _handler.pledge(0, 1, 1_000_000);
        _handler.suspend(0, 0);
        _checkPromises();
    }

    function test_insiders_reachEveryAct() public {
        _play(600, 1);
    }
}
