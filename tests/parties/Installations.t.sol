// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {
    IParticipants,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {PartiesTest} from "./PartiesTest.sol";

contract InstallationsTest is PartiesTest {
    ParticipantId internal a;
    ParticipantId internal b;

    function setUp() public override {
        super.setUp();
        a = active(PLANT_A, EMITTER);
        b = active(PLANT_B, EMITTER);
    }

    /* REGISTER */

    function testFuzz_registerInstallations_keepsEveryField(uint8 class, uint40 capacityKw, uint16 scheme) public {
        vm.assume(scheme != 0);
        InstallationData[] memory data = new InstallationData[](2);
        data[0] = InstallationData({
            operator: a,
            scheme: SchemeId.wrap(scheme),
            jurisdiction: HUBEI,
            benchmarkClass: class,
            capacityKw: capacityKw,
            detailsHash: DETAILS
        });
        data[1] = plant(b);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationRegistered(
            InstallationId.wrap(1), a, SchemeId.wrap(scheme), HUBEI, class, capacityKw, DETAILS
        );
        vm.prank(BUREAU_HUBEI);
        InstallationId first = plants.registerInstallations(data);

        assertEq(InstallationId.unwrap(first), 1);
        assertEq(plants.installationCount(), 2);
        InstallationWord w = plants.installation(first);
        assertId(w.operatorOf(), a);
        assertEq(SchemeId.unwrap(w.schemeOf()), scheme);
        assertEq(w.jurisdictionOf(), HUBEI);
        assertEq(w.classOf(), class);
        assertEq(w.capacityOf(), capacityKw);
        assertTrue(w.statusOf() == InstallationStatus.Open);
        assertId(w.buyerOf(), NOBODY);
        assertFalse(w.saleAccepted());
        assertEq(parties.participant(a).installationCount, 1);
        assertId(plants.installation(InstallationId.wrap(2)).operatorOf(), b);
    }

    function test_registerInstallations_revertsForAnotherBureau() public {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = plant(a);
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.registerInstallations(data);
    }

    /// @dev Of several plants each is of a bureau, not the first one alone.
    function test_registerInstallations_looksAtTheBureauOfEach() public {
        InstallationData[] memory data = new InstallationData[](2);
        (data[0], data[1]) = (plant(a), plant(a));
        data[0].jurisdiction = HUNAN;
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.registerInstallations(data);
        assertEq(parties.participant(a).installationCount, 0);
    }

    function test_registerInstallations_revertsForJurisdictionZero() public {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = plant(a);
        data[0].jurisdiction = 0;
        vm.expectRevert(IParticipants.ParticipantsZeroJurisdiction.selector);
        vm.prank(MINISTRY);
        plants.registerInstallations(data);
    }

    function test_registerInstallations_revertsForSchemeZero() public {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = plant(a);
        data[0].scheme = SchemeId.wrap(0);
        vm.expectRevert(IInstallations.InstallationsZeroScheme.selector);
        vm.prank(MINISTRY);
        plants.registerInstallations(data);
    }

    function test_registerInstallations_revertsForASuspendedOperator() public {
        suspend(a);
        expectWrongStatus(a, ParticipantStatus.Suspended);
        registered(a);
    }

    function test_registerInstallations_revertsForAnOperatorThatIsNoEmitter() public {
        ParticipantId trader = active(STRANGER, ParticipantKinds.TRADER);
        expectWrongKind(trader);
        registered(trader);
    }

    function test_registerInstallations_revertsBeyond200() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooMany.selector, 201, 200));
        vm.prank(MINISTRY);
        plants.registerInstallations(new InstallationData[](201));
    }

    /* CHANGE AND CLOSE */

    function testFuzz_changeInstallation_changesClassAndCapacityOnly(uint8 class, uint40 capacityKw) public {
        InstallationId id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationChanged(id, 1, class, 660_000, capacityKw, DETAILS);
        vm.prank(BUREAU_HUBEI);
        plants.changeInstallation(id, class, capacityKw, DETAILS);

        InstallationWord w = plants.installation(id);
        assertEq(w.classOf(), class);
        assertEq(w.capacityOf(), capacityKw);
        assertId(w.operatorOf(), a);
        assertId(w.buyerOf(), b);
        assertTrue(w.statusOf() == InstallationStatus.Open);
        assertEq(w.jurisdictionOf(), HUBEI);
    }

    function test_changeInstallation_revertsForAnotherBureau() public {
        InstallationId id = registered(a);
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.changeInstallation(id, 2, 1, DETAILS);
    }

    function test_changeInstallation_revertsForTheUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsUnknown.selector, 9));
        vm.prank(MINISTRY);
        plants.changeInstallation(InstallationId.wrap(9), 2, 1, DETAILS);
    }

    function test_closeInstallation_endsItAndItsOffer() public {
        InstallationId id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationClosed(id, a);
        vm.prank(BUREAU_HUBEI);
        plants.closeInstallation(id);

        InstallationWord w = plants.installation(id);
        assertTrue(w.statusOf() == InstallationStatus.Closed);
        assertId(w.buyerOf(), NOBODY);
        assertId(w.operatorOf(), a);
        assertEq(parties.participant(a).installationCount, 0);
        expectClosed(id);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
        close(a);
    }

    function test_aClosedInstallation_isClosedSoldAndChangedNoMore() public {
        InstallationId id = registered(a);
        vm.prank(BUREAU_HUBEI);
        plants.closeInstallation(id);

        expectClosed(id);
        vm.prank(BUREAU_HUBEI);
        plants.closeInstallation(id);
        expectClosed(id);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        expectClosed(id);
        vm.prank(BUREAU_HUBEI);
        plants.changeInstallation(id, 2, 1, DETAILS);
        expectClosed(id);
        vm.prank(BUREAU_HUBEI);
        plants.consentToSale(id);
        expectClosed(id);
        vm.prank(BUREAU_HUBEI);
        plants.refuseSale(id, DETAILS);
    }

    function test_closeInstallation_revertsForAnotherBureau() public {
        InstallationId id = registered(a);
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.closeInstallation(id);
    }

    /* SELL */

    function test_acceptInstallation_movesItToTheBuyer() public {
        InstallationId id = registered(a);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationOffered(id, a, b);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationSold(id, a, b);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);

        InstallationWord w = plants.installation(id);
        assertId(w.operatorOf(), b);
        assertId(w.buyerOf(), NOBODY);
        assertEq(parties.participant(a).installationCount, 0);
        assertEq(parties.participant(b).installationCount, 1);
        (, uint8 rights) = plants.reporterOf(id, PLANT_B);
        assertEq(rights, WalletRights.ALL);
        (, rights) = plants.reporterOf(id, PLANT_A);
        assertEq(rights, 0);
    }

    function test_offerInstallation_canBeTakenBack() public {
        InstallationId id = registered(a);
        vm.startPrank(PLANT_A);
        plants.offerInstallation(id, b);
        plants.offerInstallation(id, NOBODY);
        vm.stopPrank();
        expectNotBuyer(id, b, NOBODY);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
    }

    function test_offerInstallation_revertsForOthers() public {
        InstallationId id = registered(a);
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsNotOperator.selector, id, b, a));
        vm.prank(PLANT_B);
        plants.offerInstallation(id, b);
    }

    function test_offerInstallation_revertsWithoutTheRightToManage() public {
        InstallationId id = registered(a);
        withWallet(PLANT_A, a, STRANGER, WalletRights.TRADE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipants.ParticipantsMissingRight.selector, STRANGER, WalletRights.TRADE, WalletRights.MANAGE
            )
        );
        vm.prank(STRANGER);
        plants.offerInstallation(id, b);
    }

    function test_offerInstallation_revertsForItsOperator() public {
        InstallationId id = registered(a);
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsOwnBuyer.selector, id, a));
        vm.prank(PLANT_A);
        plants.offerInstallation(id, a);
    }

    function test_offerInstallation_revertsForTheSuspended() public {
        InstallationId id = registered(a);
        suspend(a);
        expectWrongStatus(a, ParticipantStatus.Suspended);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
    }

    function test_acceptInstallation_revertsForWhomItWasNotOfferedTo() public {
        InstallationId id = registered(a);
        ParticipantId c = active(STRANGER, EMITTER);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        expectNotBuyer(id, c, b);
        vm.prank(STRANGER);
        plants.acceptInstallation(id);
    }

    function test_acceptInstallation_revertsWithoutTheRightToManage() public {
        InstallationId id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsMissingRight.selector, STRANGER, 0, WalletRights.MANAGE)
        );
        vm.prank(STRANGER);
        plants.acceptInstallation(id);
    }

    function test_acceptInstallation_revertsWhenTheSellerWasSuspendedMeanwhile() public {
        InstallationId id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        suspend(a);
        expectWrongStatus(a, ParticipantStatus.Suspended);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
    }

    function test_acceptInstallation_revertsForABuyerThatIsNoActiveEmitter() public {
        InstallationId id = registered(a);
        ParticipantId trader = active(STRANGER, ParticipantKinds.TRADER);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, trader);
        expectWrongKind(trader);
        vm.prank(STRANGER);
        plants.acceptInstallation(id);

        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        suspend(b);
        expectWrongStatus(b, ParticipantStatus.Suspended);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
    }

    /* SELL, WITH CONSENT */

    function test_consentToSale_movesIt() public {
        InstallationId id = acceptedSale();
        assertTrue(plants.installation(id).saleAccepted());
        assertId(plants.installation(id).operatorOf(), a);

        vm.expectEmit(address(plants));
        emit IInstallations.InstallationSold(id, a, b);
        vm.prank(BUREAU_HUBEI);
        plants.consentToSale(id);

        InstallationWord w = plants.installation(id);
        assertId(w.operatorOf(), b);
        assertId(w.buyerOf(), NOBODY);
        assertFalse(w.saleAccepted());
    }

    function test_consentToSale_revertsForABuyerClosedMeanwhile() public {
        InstallationId id = acceptedSale();
        close(b);
        expectWrongStatus(b, ParticipantStatus.Closed);
        vm.prank(BUREAU_HUBEI);
        plants.consentToSale(id);
    }

    function test_consentToSale_revertsForAnotherBureau() public {
        InstallationId id = acceptedSale();
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.consentToSale(id);
    }

    function test_consentToSale_revertsBeforeTheBuyerAccepts() public {
        InstallationId id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsNoSale.selector, id));
        vm.prank(BUREAU_HUBEI);
        plants.consentToSale(id);
    }

    function test_refuseSale_endsTheOffer() public {
        InstallationId id = acceptedSale();
        vm.expectEmit(address(plants));
        emit IInstallations.InstallationSaleRefused(id, b, DETAILS);
        vm.prank(BUREAU_HUBEI);
        plants.refuseSale(id, DETAILS);
        assertId(plants.installation(id).buyerOf(), NOBODY);
        assertFalse(plants.installation(id).saleAccepted());
    }

    function test_refuseSale_revertsForAnotherBureau() public {
        InstallationId id = acceptedSale();
        expectNotRegistrar();
        vm.prank(BUREAU_HUNAN);
        plants.refuseSale(id, DETAILS);
    }

    function test_anAcceptedSale_isChangedByTheRegistrarOnly() public {
        InstallationId id = acceptedSale();
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsSaleAccepted.selector, id, b));
        vm.prank(PLANT_A);
        plants.offerInstallation(id, NOBODY);
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsSaleAccepted.selector, id, b));
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
    }

    function test_acceptInstallation_withConsentRefusesABuyerThatIsNoEmitter() public {
        needConsent();
        InstallationId id = registered(a);
        ParticipantId trader = active(STRANGER, ParticipantKinds.TRADER);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, trader);
        expectWrongKind(trader);
        vm.prank(STRANGER);
        plants.acceptInstallation(id);
    }

    function test_setSaleConsent_isRestricted() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, MINISTRY));
        vm.prank(MINISTRY);
        plants.setSaleConsent(SCHEME, true);
    }

    /// @dev The office is that of the plant's province, wherever its operator is registered; and the scheme is the plant's own.
    function test_aPlantInAnotherProvince_isOfItsOwnBureau() public {
        ParticipantId c = approve(applied(STRANGER, EMITTER, HUNAN));
        InstallationId id = registered(c);
        needConsent();
        vm.prank(STRANGER);
        plants.offerInstallation(id, b);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
        vm.startPrank(BUREAU_HUNAN); // of the operator
        expectNotRegistrar();
        plants.changeInstallation(id, 2, 1, DETAILS);
        expectNotRegistrar();
        plants.refuseSale(id, DETAILS);
        expectNotRegistrar();
        plants.consentToSale(id);
        expectNotRegistrar();
        plants.closeInstallation(id);
        vm.stopPrank();
        vm.startPrank(BUREAU_HUBEI);
        plants.changeInstallation(id, 2, 1, DETAILS);
        plants.consentToSale(id);
        plants.closeInstallation(id);
        vm.stopPrank();
        assertEq(parties.participant(c).installationCount, 0);
        assertEq(parties.participant(b).installationCount, 0);
    }

    /// @dev One scheme asks for consent, another one does not: a plant is sold by the rule of its own.
    function test_acceptInstallation_asksForTheConsentOfItsOwnScheme() public {
        needConsent();
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = plant(a);
        data[0].scheme = SchemeId.wrap(2);
        vm.prank(BUREAU_HUBEI);
        InstallationId elsewhere = plants.registerInstallations(data);
        InstallationId here = registered(a);
        vm.startPrank(PLANT_A);
        plants.offerInstallation(elsewhere, b);
        plants.offerInstallation(here, b);
        vm.stopPrank();
        vm.startPrank(PLANT_B);
        plants.acceptInstallation(elsewhere);
        plants.acceptInstallation(here);
        vm.stopPrank();
        assertId(plants.installation(elsewhere).operatorOf(), b);
        assertId(plants.installation(here).operatorOf(), a);
        assertTrue(plants.installation(here).saleAccepted());
    }

    /* VIEWS */

    function test_reporterOf_readsTwoSlots() public {
        InstallationId id = registered(a);
        withWallet(PLANT_A, a, STRANGER, WalletRights.REPORT);

        vm.record();
        (InstallationWord word, uint8 rights) = plants.reporterOf(id, STRANGER);
        (bytes32[] memory reads,) = vm.accesses(address(plants));

        assertEq(reads.length, 2);
        assertEq(rights, WalletRights.REPORT);
        assertId(word.operatorOf(), a);
        (, rights) = plants.reporterOf(id, PLANT_B);
        assertEq(rights, 0);
    }

    function test_reporterOf_anUnknownInstallationGivesNobodyRights() public view {
        (InstallationWord word, uint8 rights) = plants.reporterOf(InstallationId.wrap(9), PLANT_A);
        assertEq(InstallationWord.unwrap(word), 0);
        assertEq(rights, 0);
    }

    function test_reporterOf_aSuspendedOperatorStillReports() public {
        InstallationId id = registered(a);
        suspend(a);
        (, uint8 rights) = plants.reporterOf(id, PLANT_A);
        assertEq(rights, WalletRights.ALL);
    }

    function test_installationWords_areInTheOrderAsked() public {
        InstallationId[] memory ids = new InstallationId[](2);
        ids[0] = registered(b);
        ids[1] = InstallationId.wrap(9);
        InstallationWord[] memory words = plants.installationWords(ids);
        assertId(words[0].operatorOf(), b);
        assertEq(InstallationWord.unwrap(words[1]), 0);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooMany.selector, 201, 200));
        plants.installationWords(new InstallationId[](201));
        assertEq(plants.installationWords(new InstallationId[](200)).length, 200);
    }

    /* STEPS AND EXPECTATIONS */

    function needConsent() private {
        vm.expectEmit(address(plants));
        emit IInstallations.SaleConsentSet(SCHEME, true);
        vm.prank(ADMIN);
        plants.setSaleConsent(SCHEME, true);
        assertTrue(plants.saleConsentNeeded(SCHEME));
    }

    function acceptedSale() private returns (InstallationId id) {
        needConsent();
        id = registered(a);
        vm.prank(PLANT_A);
        plants.offerInstallation(id, b);
        vm.expectEmit(address(plants));
        emit IInstallations.InstallationSaleAccepted(id, b);
        vm.prank(PLANT_B);
        plants.acceptInstallation(id);
    }

    function expectClosed(InstallationId id) private {
        vm.expectRevert(
            abi.encodeWithSelector(IInstallations.InstallationsNotOpen.selector, id, InstallationStatus.Closed)
        );
    }

    function expectNotRegistrar() private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotRegistrar.selector, BUREAU_HUNAN, HUBEI));
    }

    function expectWrongStatus(ParticipantId id, ParticipantStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWrongStatus.selector, id, status));
    }

    function expectWrongKind(ParticipantId id) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsWrongKind.selector, id, ParticipantKinds.TRADER, EMITTER)
        );
    }

    function expectNotBuyer(InstallationId id, ParticipantId caller, ParticipantId buyer) private {
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsNotBuyer.selector, id, caller, buyer));
    }
}
