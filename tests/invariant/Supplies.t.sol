// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {Forward, ForwardStatus, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {ICreditBills, Invoice, InvoiceStatus} from "../../interfaces/power/ICreditBills.sol";
import {IEnergyCredits, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {Campaign} from "./Campaign.sol";
import {EnergyInsiders} from "./EnergyInsiders.sol";
import {ForwardInsiders} from "./ForwardInsiders.sol";

/// @dev Promises about what is to be delivered: energy credits with bills, invoices and pledges of them, and forward purchases,
/// whatever town, payees, buyers, sellers and lenders do.
contract SuppliesTest is Campaign {
    uint256 private constant PEOPLE = 8;

    EnergyInsiders private _handler;
    IEnergyCredits private _energy;
    UnitId private _series;
    ICreditBills private _bills;
    ForwardInsiders private _dealers;
    IForwardPurchases private _forwards;

    function setUp() public {
        _handler = new EnergyInsiders();
        _handler.setUp();
        (_energy, _series) = _handler.seriesId();
        _bills = _handler.billsOf();
        _dealers = new ForwardInsiders();
        _dealers.setUp();
        _forwards = _dealers.forwards();
        _enlist(_handler);
        _enlist(_dealers);
    }

    function _checkPromises() internal view override {
        _whatIsOutstandingIsCovered();
        _custodiansHoldWhatTheyOwe();
        _forwardsHoldWhatIsNotDelivered();
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

    /// @dev The money here is price and bond of what is not delivered yet, forward by forward, and what is to be collected.
    function _forwardsHoldWhatIsNotDelivered() private view {
        uint256 money = _dealers.cashHeld();
        for (uint256 who = 0; who < _dealers.people(); ++who) {
            money += _dealers.cashFor(who);
        }
        assertEq(_dealers.currency().balanceOf(address(_forwards)), money, "money of forwards");
        uint256 count = _forwards.count();
        for (uint256 id = count < 10 ? 1 : count - 9; id <= count; ++id) {
            if (_forwards.forwardOf(id).status == ForwardStatus.Ended) {
                assertEq(_dealers.escrowed(id), 0, "an ended forward is still counted");
                continue;
            }
            uint256 left = _forwards.forwardOf(id).amount - _forwards.forwardOf(id).delivered;
            assertEq(left, _dealers.left(id), "left to deliver");
            assertEq(left * _forwards.forwardOf(id).price, _dealers.escrowed(id), "price of what is left");
        }
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
        _everyForwardEnds();
        _checkPromises();
    }

    /// @dev With all silent, strangers end each forward after its deadline.
    function _everyForwardEnds() private {
        vm.warp(vm.getBlockTimestamp() + 31 days);
        for (uint256 id = 1; id <= _forwards.count(); ++id) {
            if (_forwards.forwardOf(id).status != ForwardStatus.Ended && _dealers.left(id) != 0) _dealers.endOne(id);
        }
        assertEq(_dealers.cashHeld(), 0, "money left in forwards");
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

    /// @dev A buyer that removed the wallet it paid with is bound: its delivery reaches the participant's other wallet.
    function test_sequence_offerAcceptRemoveWalletDeliver() public {
        _dealers.offer(0, 0, 100, 50, 10);
        _dealers.accept(0);
        _dealers.moveToAnotherWallet();
        (IERC1155 credits, uint256 credit) = _dealers.creditsOf();
        Forward memory f = _forwards.forwardOf(1);
        address seller = _dealers.walletOf(f.seller);
        vm.prank(seller);
        _forwards.deliver(1, UnitId.wrap(credit), 100);
        uint256 owed = _forwards.payoutOf(ParticipantId.unwrap(f.seller), uint160(f.currency));
        assertEq(owed, 100 * (uint256(f.price) + f.bond), "paid, and the bond");
        assertEq(credits.balanceOf(_dealers.otherWallet(), credit), 100, "delivered to the participant");
    }

    /// @dev A buyer that is suspended is bound too, and gets its units and the rest of its money.
    function test_sequence_offerAcceptSuspendDeliverEnd() public {
        _dealers.offer(0, 0, 100, 50, 10);
        _dealers.accept(0);
        _dealers.suspend(0, 0);
        _dealers.deliver(0, 30);
        _checkPromises();
        _checkEnd();
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(900, 1);
    }
}
