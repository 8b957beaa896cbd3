// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights,
    WalletWord
} from "../../interfaces/parties/IParticipants.sol";
import {PartiesTest} from "./PartiesTest.sol";

contract ParticipantsTest is PartiesTest {
    ParticipantId internal constant FIRST = ParticipantId.wrap(1);

    /* APPLY */

    function testFuzz_applyFor_givesTheNextNumberAndAllRights(uint16 kinds, uint16 jurisdiction) public {
        kinds = uint16(bound(kinds, 1, ParticipantKinds.ALL));
        jurisdiction = uint16(bound(jurisdiction, 1, type(uint16).max));

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantApplied(FIRST, PLANT_A, jurisdiction, kinds, DETAILS);
        ParticipantId id = applied(PLANT_A, kinds, jurisdiction);

        assertId(id, FIRST);
        assertId(applied(PLANT_B, kinds, jurisdiction), ParticipantId.wrap(2));
        assertEq(parties.participantCount(), 2);
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = parties.walletOf(PLANT_A);
        assertId(owner, id);
        assertEq(rights, WalletRights.ALL);
        assertTrue(status == ParticipantStatus.Applied);
        Participant memory p = parties.participant(id);
        assertEq(p.primary, PLANT_A);
        assertEq(p.kinds, kinds);
        assertEq(p.jurisdiction, jurisdiction);
        assertEq(p.walletCount, 1);
        assertEq(parties.primaryWallet(id), PLANT_A);
        assertEq(parties.walletsOf(id).length, 1);
        assertEq(parties.walletsOf(id)[0], PLANT_A);
    }

    function test_applyFor_revertsWithoutKinds() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadKinds.selector, 0));
        applied(PLANT_A, 0, HUBEI);
    }

    function test_applyFor_revertsForAnUnknownKind() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadKinds.selector, 64));
        applied(PLANT_A, 64, HUBEI);
    }

    function test_applyFor_revertsForJurisdictionZero() public {
        vm.expectRevert(IParticipants.ParticipantsZeroJurisdiction.selector);
        applied(PLANT_A, EMITTER, 0);
    }

    function test_applyFor_revertsForAWalletInUse() public {
        ParticipantId id = applied(PLANT_A, EMITTER, HUBEI);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, PLANT_A, id));
        applied(PLANT_A, EMITTER, HUBEI);
    }

    /* APPROVE */

    function test_approve_activatesABatch() public {
        ParticipantId[] memory ids = new ParticipantId[](2);
        ids[0] = applied(PLANT_A, EMITTER, HUBEI);
        ids[1] = applied(PLANT_B, EMITTER, HUBEI);

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantApproved(ids[0], BUREAU_HUBEI);
        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantApproved(ids[1], BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        parties.approve(ids);

        assertStatus(ids[0], ParticipantStatus.Active);
        assertStatus(ids[1], ParticipantStatus.Active);
    }

    function test_approve_revertsAWholeBatchForOneOfAnotherJurisdiction() public {
        ParticipantId[] memory ids = new ParticipantId[](2);
        ids[0] = applied(PLANT_A, EMITTER, HUBEI);
        ids[1] = applied(PLANT_B, EMITTER, HUNAN);

        expectNotRegistrar(BUREAU_HUBEI, HUNAN);
        vm.prank(BUREAU_HUBEI);
        parties.approve(ids);
    }

    function test_approve_isOpenToTheRegistrarOfAll() public {
        ParticipantId id = applied(PLANT_A, EMITTER, HUNAN);
        approve(id);
        assertStatus(id, ParticipantStatus.Active);
    }

    function test_approve_revertsForWhoeverIsNoApplicant() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectWrongStatus(id, ParticipantStatus.Active);
        approve(id);
    }

    function test_approve_revertsBeyond200() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooMany.selector, 201, 200));
        vm.prank(MINISTRY);
        parties.approve(new ParticipantId[](201));
    }

    /* SUSPEND, REINSTATE, CLOSE */

    function test_suspend_andReinstate() public {
        ParticipantId id = active(PLANT_A, EMITTER);

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantSuspended(id, BUREAU_HUBEI, DETAILS);
        vm.prank(BUREAU_HUBEI);
        parties.suspend(id, DETAILS);
        assertStatus(id, ParticipantStatus.Suspended);

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantReinstated(id, BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        parties.reinstate(id);
        assertStatus(id, ParticipantStatus.Active);
    }

    function test_suspend_revertsForAnotherBureau() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.suspend(id, DETAILS);
    }

    function test_suspend_revertsForAnApplicant() public {
        ParticipantId id = applied(PLANT_A, EMITTER, HUBEI);
        expectWrongStatus(id, ParticipantStatus.Applied);
        suspend(id);
    }

    function test_reinstate_revertsForAnotherBureau() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        suspend(id);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.reinstate(id);
    }

    function test_reinstate_revertsForWhoeverIsNotSuspended() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectWrongStatus(id, ParticipantStatus.Active);
        vm.prank(MINISTRY);
        parties.reinstate(id);
    }

    function test_close_endsItForEver() public {
        ParticipantId id = active(PLANT_A, EMITTER);

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantClosed(id, BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        parties.close(id);
        assertStatus(id, ParticipantStatus.Closed);

        expectWrongStatus(id, ParticipantStatus.Closed);
        close(id);
        expectWrongStatus(id, ParticipantStatus.Closed);
        approve(id);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, PLANT_A, id));
        applied(PLANT_A, EMITTER, HUBEI);
    }

    function test_close_refusesAnApplicationAndEndsASuspension() public {
        ParticipantId a = applied(PLANT_A, EMITTER, HUBEI);
        ParticipantId b = active(PLANT_B, EMITTER);
        suspend(b);
        close(a);
        close(b);
        assertStatus(a, ParticipantStatus.Closed);
        assertStatus(b, ParticipantStatus.Closed);
    }

    function test_close_revertsForAnotherBureau() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.close(id);
    }

    function test_close_revertsWhileItOperatesAnInstallation() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        registered(id);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsHasInstallations.selector, id, 1));
        close(id);
    }

    function test_close_revertsForNobody() public {
        expectUnknown(ParticipantId.wrap(9));
        close(ParticipantId.wrap(9));
    }

    /* GROUP AND KINDS */

    function test_setGroup_tellsOldAndNew() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        vm.startPrank(BUREAU_HUBEI);
        parties.setGroup(id, 7);
        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantGrouped(id, 8, 7);
        parties.setGroup(id, 8);
        vm.stopPrank();
        assertEq(parties.participant(id).group, 8);
    }

    function test_setGroup_revertsForAnotherBureau() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.setGroup(id, 7);
    }

    function test_setGroup_revertsForTheClosed() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        close(id);
        expectWrongStatus(id, ParticipantStatus.Closed);
        vm.prank(MINISTRY);
        parties.setGroup(id, 7);
    }

    function test_setKinds_tellsOldAndNew() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantKindsChanged(id, EMITTER, EMITTER | ParticipantKinds.TRADER);
        vm.prank(BUREAU_HUBEI);
        parties.setKinds(id, EMITTER | ParticipantKinds.TRADER);
        assertEq(parties.participant(id).kinds, EMITTER | ParticipantKinds.TRADER);
    }

    function test_setKinds_revertsForAnotherBureau() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.setKinds(id, EMITTER);
    }

    function test_setKinds_revertsForTheClosed() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        close(id);
        expectWrongStatus(id, ParticipantStatus.Closed);
        vm.prank(MINISTRY);
        parties.setKinds(id, EMITTER);
    }

    function test_setKinds_revertsForAnUnknownKind() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadKinds.selector, 64));
        vm.prank(MINISTRY);
        parties.setKinds(id, 64);
    }

    /* REGISTRARS */

    function test_setRegistrar_isRestricted() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, MINISTRY));
        vm.prank(MINISTRY);
        parties.setRegistrar(MINISTRY, HUBEI, true);
    }

    function test_setRegistrar_unmakesOneToo() public {
        vm.expectEmit(address(parties));
        emit IParticipants.RegistrarSet(BUREAU_HUBEI, HUBEI, false);
        vm.prank(ADMIN);
        parties.setRegistrar(BUREAU_HUBEI, HUBEI, false);

        assertFalse(parties.isRegistrar(BUREAU_HUBEI, HUBEI));
        assertTrue(parties.isRegistrar(BUREAU_HUNAN, HUNAN));
        assertFalse(parties.isRegistrar(BUREAU_HUNAN, HUBEI));
        assertTrue(parties.isRegistrar(MINISTRY, HUBEI));
    }

    /* VIEWS OF NOBODY */

    function test_views_ofNobodyAreZero() public {
        (ParticipantId id, uint8 rights, ParticipantStatus status) = parties.walletOf(STRANGER);
        assertId(id, NOBODY);
        assertEq(rights, 0);
        assertTrue(status == ParticipantStatus.None);
        assertEq(parties.primaryWallet(FIRST), address(0));
        assertEq(parties.walletsOf(FIRST).length, 0);

        expectUnknown(FIRST);
        parties.participant(FIRST);
    }

    function test_primaryWalletAndWalletOf_readOneSlotEach() public {
        ParticipantId id = active(PLANT_A, EMITTER);

        vm.record();
        parties.primaryWallet(id);
        (bytes32[] memory reads,) = vm.accesses(address(parties));
        assertEq(reads.length, 1);

        vm.record();
        parties.walletOf(PLANT_A);
        (reads,) = vm.accesses(address(parties));
        assertEq(reads.length, 1);
    }

    function test_readParties_givesBothWords() public {
        ParticipantId id = active(PLANT_A, EMITTER);
        withWallet(PLANT_A, id, STRANGER, WalletRights.SURRENDER);
        ParticipantId other = applied(PLANT_B, EMITTER, HUBEI);

        (WalletWord a, WalletWord b) = parties.readParties(PLANT_A, STRANGER);
        assertTrue(a.areOneParty(b));
        assertTrue(a.areActive(b));
        assertTrue(a.may(WalletRights.ALL));
        assertTrue(b.may(WalletRights.SURRENDER));
        assertFalse(b.may(WalletRights.TRADE));

        (a, b) = parties.readParties(PLANT_B, makeAddr("nobody"));
        assertEq(uint24(WalletWord.unwrap(a)), ParticipantId.unwrap(other));
        assertTrue(a.isSomebody());
        assertFalse(a.isActive());
        assertFalse(a.areOneParty(b));
        assertEq(WalletWord.unwrap(b), 0);
    }

    /* EXPECTATIONS */

    function assertStatus(ParticipantId id, ParticipantStatus status) private view {
        assertTrue(parties.participant(id).status == status);
    }

    function expectNotRegistrar(address caller, uint16 jurisdiction) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotRegistrar.selector, caller, jurisdiction));
    }

    function expectWrongStatus(ParticipantId id, ParticipantStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWrongStatus.selector, id, status));
    }

    function expectUnknown(ParticipantId id) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsUnknown.selector, id));
    }
}
