// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClaimedTotals, IInventories, Inventory} from "../../interfaces/compliance/IInventories.sol";
import {Certificate, CertificateAnswer, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {InventoryCase} from "./InventoryCase.sol";

/// @dev Certificates of retirement, claimed for an inventory.
contract InventoryClaimsTest is InventoryCase {
    function setUp() public override {
        super.setUp();
        certificates.set(1, _certificate(CREDIT, 40));
        certificates.set(2, _certificate(GREEN, 3e11));
        certificates.set(3, _certificate(CREDIT, 2));
    }

    function test_claim_addsCreditsAndElectricityApart() public {
        uint256[] memory numbers = new uint256[](3);
        (numbers[0], numbers[1], numbers[2]) = (3, 1, 2);
        vm.expectEmit(address(inventories));
        emit IInventories.CertificatesClaimed(emitter, YEAR, numbers, 3e11, 42, emitterWallet);
        vm.prank(emitterWallet);
        inventories.claim(YEAR, numbers);
        ClaimedTotals memory totals = inventories.claimedOf(emitter, YEAR);
        assertEq(totals.certificatesWh, 3e11);
        assertEq(totals.creditsT, 42);
        (ParticipantId organisation, uint16 year) = inventories.claimOf(2);
        assertTrue(organisation == emitter && year == YEAR);
    }

    function test_claim_isOnceForEver() public {
        _claim(1);
        _refusedClaim(1, abi.encodeWithSelector(IInventories.InventoriesClaimed.selector, 1, emitter, YEAR));
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesClaimed.selector, 1, emitter, YEAR));
        vm.prank(secondWallet);
        inventories.claim(YEAR, _one(1));
        uint256[] memory twice = new uint256[](2);
        (twice[0], twice[1]) = (2, 2);
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesClaimed.selector, 2, emitter, YEAR));
        vm.prank(emitterWallet);
        inventories.claim(YEAR, twice);
    }

    function test_claim_isOfItsHolder() public {
        vm.expectRevert(
            abi.encodeWithSelector(IInventories.InventoriesForeignCertificate.selector, 1, emitterWallet, emitter)
        );
        vm.prank(secondWallet);
        inventories.claim(YEAR, _one(1));
    }

    function test_claim_needsACertificate() public {
        _refusedClaim(9, abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateUnknown.selector, 9));
    }

    function test_claim_takesNoneThatWasDeclined() public {
        certificates.answer(1, CertificateAnswer.Declined);
        _refusedClaim(1, abi.encodeWithSelector(IInventories.InventoriesDeclined.selector, 1));
        certificates.answer(1, CertificateAnswer.Accepted);
        _claim(1);
    }

    function test_claim_isOfCreditsOrRenewableElectricity() public {
        UnitId allowance = UnitId.wrap(1 << 96 | 1 << 80 | 2020 << 64);
        certificates.set(4, _certificate(allowance, 1));
        _refusedClaim(4, abi.encodeWithSelector(IInventories.InventoriesOtherUnit.selector, 4, allowance));
    }

    function test_claim_isForDaysOfTheYear() public {
        Certificate memory c = _certificate(CREDIT, 1);
        (c.periodStart, c.periodEnd) = (LAST_DAY + 1, LAST_DAY + 9);
        certificates.set(4, c);
        _refusedClaim(4, _otherPeriod(4, c));
        (c.periodStart, c.periodEnd) = (FIRST_DAY - 9, FIRST_DAY - 1);
        certificates.set(5, c);
        _refusedClaim(5, _otherPeriod(5, c));
        (c.periodStart, c.periodEnd) = (LAST_DAY, LAST_DAY + 9);
        certificates.set(6, c);
        _claim(6);
        (c.periodStart, c.periodEnd) = (FIRST_DAY - 9, FIRST_DAY);
        certificates.set(7, c);
        _claim(7);
    }

    function _otherPeriod(uint256 number, Certificate memory c) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IInventories.InventoriesOtherPeriod.selector, number, c.periodStart, c.periodEnd, YEAR
            );
    }

    function test_claim_takesElectricityOfTheYearAlone() public {
        Certificate memory c = _certificate(UnitId.wrap(4 << 96 | 1 << 80 | 2019 << 64 | 1), 1);
        certificates.set(4, c);
        _refusedClaim(4, _otherPeriod(4, c));
    }

    function test_claim_needsTheRightToReport() public {
        address clerk = makeAddr("clerk");
        vm.prank(emitterWallet);
        participants.addWallet(clerk, WalletRights.MANAGE);
        vm.prank(clerk);
        participants.confirmWallet(emitter);
        vm.expectRevert(
            abi.encodeWithSelector(IInventories.InventoriesNotReporter.selector, clerk, emitter, WalletRights.MANAGE)
        );
        vm.prank(clerk);
        inventories.claim(YEAR, _one(1));
    }

    function test_claim_takes200AtMost() public {
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesCount.selector, 0, 200));
        inventories.claim(YEAR, new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IInventories.InventoriesCount.selector, 201, 200));
        inventories.claim(YEAR, new uint256[](201));
    }

    function test_inventory_statesWhatWasClaimed() public {
        _claim(1);
        _claim(2);
        Inventory memory i = _inventory();
        i.scope2MarketKg = 350_000;
        i.otherContractsWh = 75_000_000; // the least that allows such a figure
        _refused(i, _otherClaims(i));
        i.certificatesWh = 3e11;
        i.creditsT = 41;
        _refused(i, _otherClaims(i));
        i.creditsT = 40;
        _submit(i);
    }

    function _otherClaims(Inventory memory i) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IInventories.InventoriesOtherClaims.selector, i.certificatesWh, uint64(3e11), i.creditsT, uint64(40)
        );
    }

    function test_aRestatement_statesWhatWasClaimedSince() public {
        _submit(_inventory());
        _claim(3);
        Inventory memory again = _restated(_inventory());
        again.creditsT = 2;
        _submit(again);
        assertEq(inventories.versionOf(emitter, YEAR), 2);
    }
}
