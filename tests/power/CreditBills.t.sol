// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {BillShares, ICreditBills, Tariff} from "../../interfaces/power/ICreditBills.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
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
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTariffNotOpen.selector, tariff));
        _pay(1);
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
        assertEq(_held(plant), 600_000);
        assertEq(_held(grid), 100_000);
        assertEq(_held(network), 200_000);
        assertEq(_held(shop), 99_999);
        assertEq(_held(fund), 1);
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
        assertEq(_held(plant), uint256(amount) * ppm[0] / 1_000_000);
        assertEq(_held(grid), uint256(amount) * ppm[1] / 1_000_000);
        assertEq(_held(network), uint256(amount) * ppm[2] / 1_000_000);
        assertEq(_held(shop), uint256(amount) * ppm[3] / 1_000_000);
        assertEq(_held(plant) + _held(grid) + _held(network) + _held(shop) + _held(fund), amount);
        assertEq(_held(fund), s.remainder);
        assertEq(_held(alice), HERS - amount);
        assertEq(keccak256(abi.encode(bills.sharesOf(tariff, amount))), keccak256(abi.encode(s)));
    }

    function test_payBill_isOfSomething() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNothingToPay.selector, tariff));
        _pay(0);
    }

    function test_payBill_takesFromTheCallerAlone() public {
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, address(bills), bob)
        );
        bills.payBill(tariff, series, 1_000_000, REF);
    }

    function test_payBill_isAllOrNothing() public {
        _suspend(shopId);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, shop));
        _pay(1_000_000);
        assertEq(_held(plant), 0);
    }

    function test_payBill_takesASeriesForBillsThatDoesNotPassFromHandToHand() public {
        series = _open(CreditUses.BILLS, ParticipantKinds.TRADER);
        deposit = _cover(series, COVER);
        _grantTo(alice, 1_000_000);
        _pay(1_000_000);
        assertEq(_held(plant), 600_000);
    }
}
