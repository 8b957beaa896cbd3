// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditPayouts} from "../../interfaces/power/ICreditPayouts.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {BillShares, ICreditBills, Tariff} from "../../interfaces/power/ICreditBills.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Applications} from "../parties/Applications.sol";
import {BillsCase} from "./BillsCase.sol";

/// @dev How bills are divided, and that each pays at once.
contract CreditBillsTest is BillsCase {
    /* tariffs */

    function test_publishTariff_saysHowBillsAreDivided() public {
        Tariff memory terms = _shares(1_000_000, 0, 0, 0);
        vm.expectEmit(address(bills));
        emit ICreditBills.TariffPublished(2, JURISDICTION, terms, province);
        assertEq(_publish(terms), 2);
        assertEq(bills.tariffOf(2).generationPpm, 1_000_000);
        assertEq(bills.tariffCount(), 2);
    }

    function test_publishTariff_isTheSupervisors() public {
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, town, SCHEME, JURISDICTION, Powers.RULES)
        );
        bills.publishTariff(_shares(1, 1, 1, 1), JURISDICTION);
    }

    function test_publishTariff_refusesSharesThatCannotBe() public {
        _refusesTariff(_shares(600_000, 100_000, 200_000, 100_001));
        Tariff memory t = _shares(1, 1, 1, 1);
        t.generator = NOBODY;
        _refusesTariff(t);
        t = _shares(1, 1, 1, 1);
        t.transmitter = NOBODY;
        _refusesTariff(t);
        t = _shares(1, 1, 1, 1);
        t.distributor = NOBODY;
        _refusesTariff(t);
        t = _shares(1, 1, 1, 1);
        t.seller = NOBODY;
        _refusesTariff(t);
        t = _shares(1, 1, 1, 1);
        t.remainderTo = NOBODY;
        _refusesTariff(t);
        t = _shares(1, 1, 1, 1);
        t.closed = true;
        _refusesTariff(t);
    }

    function _refusesTariff(Tariff memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsBadTariff.selector, terms));
        _publish(terms);
    }

    function test_closeTariff_endsIt() public {
        vm.prank(town);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, town, SCHEME, JURISDICTION, Powers.RULES)
        );
        bills.closeTariff(tariff);
        vm.expectEmit(address(bills));
        emit ICreditBills.TariffClosed(tariff, province);
        vm.prank(province);
        bills.closeTariff(tariff);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTariffNotOpen.selector, tariff));
        bills.payBill(tariff, series, 1, REF, 0);
    }

    /// @dev Where those live whom it pays makes no difference.
    function test_closeTariff_isOfTheProvinceThatPublishedIt() public {
        address wallet = makeAddr("fund of another province");
        Tariff memory terms = _shares(0, 0, 0, 0);
        terms.remainderTo = Applications.join(participants, wallet, 2, JURISDICTION + 1, 0, officer);
        uint32 next = _publish(terms);
        schemes.grantOffice(stranger, SCHEME, JURISDICTION + 1, Powers.ALL);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, SCHEME, JURISDICTION, Powers.RULES)
        );
        bills.closeTariff(next);
    }

    function test_tariffOf_knowsWhatWasPublished() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTariffNotOpen.selector, 9));
        bills.tariffOf(9);
    }

    /* bills */

    function test_payBill_dividesAmongTheFour() public {
        BillShares memory due = BillShares(600_000, 100_000, 200_000, 99_999, 1);
        vm.expectEmit(address(bills));
        emit ICreditBills.BillPaid(tariff, series, alice, 1_000_000, due, REF);
        _pay(1_000_000);
        assertEq(_owed(plantId), 600_000);
        assertEq(_owed(gridId), 100_000);
        assertEq(_owed(networkId), 200_000);
        assertEq(_owed(shopId), 99_999);
        assertEq(_owed(fundId), 1);
        assertEq(_held(alice), HERS - 1_000_000);
    }

    /// @dev Each share is rounded down, and nothing is lost.
    function testFuzz_payBill_divides(uint64 amount, uint24[4] memory ppm) public {
        amount = uint64(bound(amount, 1, HERS));
        uint256 left = 1_000_000;
        for (uint256 i = 0; i < 4; ++i) {
            ppm[i] = uint24(bound(ppm[i], 0, left));
            left -= ppm[i];
        }
        tariff = _publish(_shares(ppm[0], ppm[1], ppm[2], ppm[3]));
        BillShares memory s = _pay(amount);
        assertEq(_owed(plantId), uint256(amount) * ppm[0] / 1_000_000);
        assertEq(_owed(gridId), uint256(amount) * ppm[1] / 1_000_000);
        assertEq(_owed(networkId), uint256(amount) * ppm[2] / 1_000_000);
        assertEq(_owed(shopId), uint256(amount) * ppm[3] / 1_000_000);
        assertEq(_owed(plantId) + _owed(gridId) + _owed(networkId) + _owed(shopId) + _owed(fundId), amount);
        assertEq(_owed(fundId), s.remainder);
        assertEq(_held(alice), HERS - amount);
        assertEq(keccak256(abi.encode(bills.sharesOf(tariff, amount))), keccak256(abi.encode(s)));
    }

    function test_payBill_isOfSomething() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNothingToPay.selector, tariff));
        bills.payBill(tariff, series, 0, REF, 0);
    }

    function test_payBill_takesFromTheCallerAlone() public {
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, address(bills), bob)
        );
        bills.payBill(tariff, series, 1_000_000, REF, 0);
    }

    /// @dev Who asked a node that left the payment out paid once more.
    function test_payBill_isNotPaidTwice_byWhoBelievesThatItIsUnpaid() public {
        _pay(600_000);
        assertEq(bills.paidOf(alice, REF), 600_000);
        vm.startPrank(alice);
        for (uint256 i; i < 2; ++i) {
            uint256 believed = i == 0 ? 0 : 600_001;
            vm.expectRevert(
                abi.encodeWithSelector(ICreditBills.BillsPaidBefore.selector, alice, REF, 600_000, believed)
            );
            bills.payBill(tariff, series, 600_000, REF, believed);
        }
        bills.payBill(tariff, series, 400_000, REF, 600_000); // in two parts
        bills.payBill(tariff, series, 1_000_000, "another bill", 0);
        vm.stopPrank();
        assertEq(bills.paidOf(alice, REF), 1_000_000);
        assertEq(bills.paidOf(bob, REF), 0);
        assertEq(_held(alice), HERS - 2_000_000);
    }

    /* payees */

    /// @dev One payee that refused, was suspended or closed stopped every bill of the tariff.
    function test_payBill_isStoppedByNoPayee() public {
        vm.etch(shop, hex"fe");
        _suspend(networkId);
        vm.startPrank(officer);
        participants.suspend(gridId, "gone");
        participants.close(gridId);
        vm.stopPrank();
        _pay(1_000_000);
        assertEq(_held(alice), HERS - 1_000_000);
        assertEq(_held(address(bills)), 1_000_000);
        _withdraw(plant, plantId);
        assertEq(_held(plant), 600_000);
        assertEq(_owed(plantId), 0);
    }

    function test_withdrawPayout_isThePayees_toItsOwnWallets() public {
        _pay(1_000_000);
        uint256 unit = UnitId.unwrap(series);
        uint256 payee = ParticipantId.unwrap(plantId);
        address[2] memory callers = [shop, plant];
        for (uint256 i; i < 2; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, callers[i], payee, shop));
            payouts.withdrawPayout(payee, unit, shop);
        }
        vm.prank(stranger); // no participant's, as is payee 0
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, stranger, 0, stranger));
        payouts.withdrawPayout(0, unit, stranger);

        address clerk = makeAddr("clerk");
        _addWallet(plant, clerk, WalletRights.ALL - WalletRights.WITHDRAW);
        vm.prank(clerk);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, clerk, payee, plant));
        payouts.withdrawPayout(payee, unit, plant);

        vm.expectEmit(address(bills));
        emit IPayouts.PayoutWithdrawn(payee, unit, plant, 600_000);
        _withdraw(plant, plantId);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNothingOwed.selector, payee, unit));
        vm.prank(plant);
        payouts.withdrawPayout(payee, unit, plant);
    }

    /// @dev What it is owed waits until it is reinstated, or may receive again.
    function test_withdrawPayout_waitsForAPayeeThatCannotReceive() public {
        _pay(1_000_000);
        uint256 unit = UnitId.unwrap(series);
        uint256 payee = ParticipantId.unwrap(shopId);
        _suspend(shopId);
        vm.prank(shop);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, shop, payee, shop));
        payouts.withdrawPayout(payee, unit, shop);
        vm.prank(officer);
        participants.reinstate(shopId);
        _withdraw(shop, shopId);
        assertEq(_held(shop), 99_999);
    }

    /// @dev Of a closed payee, too: no credits stay outstanding for ever.
    function test_expirePayout_endsWhatIsLeft() public {
        _pay(1_000_000);
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(ICreditPayouts.CreditPayoutsStillGood.selector, series, EXPIRY));
        bills.expirePayout(plantId, series);
        vm.warp(EXPIRY + 1);
        uint64 outstanding = energy.seriesOf(series).outstanding;
        vm.expectEmit(address(bills));
        emit ICreditPayouts.PayoutExpired(plantId, series, 600_000, stranger);
        vm.prank(stranger);
        bills.expirePayout(plantId, series);
        assertEq(energy.seriesOf(series).outstanding, outstanding - 600_000);
        assertEq(_owed(plantId), 0);
        assertEq(_owed(gridId), 100_000);
    }

    function test_payBill_takesASeriesForBillsThatDoesNotPassFromHandToHand() public {
        series = _open(CreditUses.BILLS, ParticipantKinds.TRADER);
        deposit = _cover(series, COVER);
        _grantTo(alice, 1_000_000);
        _pay(1_000_000);
        assertEq(_owed(plantId), 600_000);
    }
}
