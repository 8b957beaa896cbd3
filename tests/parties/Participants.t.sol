// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    Application,
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights,
    WalletWord
} from "../../interfaces/parties/IParticipants.sol";
import {Applications} from "./Applications.sol";
import {PartiesTest} from "./PartiesTest.sol";

contract ParticipantsTest is PartiesTest {
    ParticipantId internal constant FIRST = ParticipantId.wrap(1);

    /* APPLY */

    function testFuzz_applyFor_bindsNoNumber(uint16 kinds, uint16 jurisdiction) public {
        kinds = uint16(bound(kinds, 1, ParticipantKinds.ALL));
        jurisdiction = uint16(bound(jurisdiction, 1, type(uint16).max));

        vm.expectEmit(address(parties));
        emit IParticipants.ApplicationFiled(PLANT_A, jurisdiction, kinds, DETAILS);
        applied(PLANT_A, kinds, jurisdiction);

        assertEq(parties.applicationOf(PLANT_A), keccak256(abi.encode(kinds, jurisdiction, DETAILS)));
        assertEq(parties.participantCount(), 0);
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = parties.walletOf(PLANT_A);
        assertId(owner, NOBODY);
        assertEq(rights, 0);
        assertTrue(status == ParticipantStatus.None);
    }

    /// @dev Numbers of 24 bits were free: 16.7 million applications and no other could enter.
    function test_applyFor_exhaustsNoNumbers() public {
        for (uint160 i = 1; i <= 100; ++i) {
            applied(address(0xdead0000 + i), EMITTER, HUBEI);
            applied(address(0xdead0000 + i), EMITTER, HUNAN);
        }
        assertEq(parties.participantCount(), 0);
        assertId(active(PLANT_A, EMITTER), FIRST);
    }

    function test_applyFor_takesThePlaceOfTheEarlierOne() public {
        Application memory before = applied(PLANT_A, EMITTER, HUBEI);
        Application memory later = applied(PLANT_A, EMITTER, HUNAN);
        vm.expectEmit(address(parties));
        emit IParticipants.ApplicationPassedOver(PLANT_A, MINISTRY);
        assertId(approve(before), NOBODY);
        assertId(approve(later), FIRST);
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
        ParticipantId id = active(PLANT_A, EMITTER);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, PLANT_A, id));
        applied(PLANT_A, EMITTER, HUBEI);
    }

    /* APPROVE */

    function test_approve_givesNumbersToABatch() public {
        Application[] memory all = new Application[](2);
        all[0] = applied(PLANT_A, EMITTER, HUBEI);
        all[1] = applied(PLANT_B, EMITTER, HUBEI);

        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantApproved(FIRST, PLANT_A, HUBEI, EMITTER, BUREAU_HUBEI);
        vm.expectEmit(address(parties));
        emit IParticipants.ParticipantApproved(ParticipantId.wrap(2), PLANT_B, HUBEI, EMITTER, BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        ParticipantId[] memory ids = parties.approve(all);

        assertEq(parties.participantCount(), 2);
        assertStatus(ids[0], ParticipantStatus.Active);
        assertStatus(ids[1], ParticipantStatus.Active);
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = parties.walletOf(PLANT_A);
        assertId(owner, FIRST);
        assertEq(rights, WalletRights.ALL);
        assertTrue(status == ParticipantStatus.Active);
        Participant memory p = parties.participant(FIRST);
        assertEq(p.primary, PLANT_A);
        assertEq(p.kinds, EMITTER);
        assertEq(p.jurisdiction, HUBEI);
        assertEq(p.walletCount, 1);
        assertEq(parties.primaryWallet(FIRST), PLANT_A);
        assertEq(parties.walletsOf(FIRST).length, 1);
        assertEq(parties.walletsOf(FIRST)[0], PLANT_A);
        assertEq(parties.applicationOf(PLANT_A), 0);
    }

    /// @dev An applicant that joins elsewhere, or changes its application, does not stop the batch it is in.
    function test_approve_passesOverWhatChanged() public {
        ParticipantId a = active(PLANT_A, EMITTER);
        Application[] memory all = new Application[](3);
        all[0] = applied(STRANGER, EMITTER, HUBEI);
        all[1] = Applications.one(COURT, EMITTER, HUBEI, DETAILS)[0]; // never applied
        all[2] = applied(PLANT_B, EMITTER, HUBEI);
        withWallet(PLANT_A, a, STRANGER, WalletRights.TRADE);

        vm.expectEmit(address(parties));
        emit IParticipants.ApplicationPassedOver(STRANGER, BUREAU_HUBEI);
        vm.expectEmit(address(parties));
        emit IParticipants.ApplicationPassedOver(COURT, BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        ParticipantId[] memory ids = parties.approve(all);
        assertId(ids[0], NOBODY);
        assertId(ids[1], NOBODY);
        assertId(ids[2], ParticipantId.wrap(2));
        (ParticipantId owner,,) = parties.walletOf(STRANGER);
        assertId(owner, a);
    }

    function test_approve_revertsAWholeBatchForOneOfAnotherJurisdiction() public {
        Application[] memory all = new Application[](2);
        all[0] = applied(PLANT_A, EMITTER, HUBEI);
        all[1] = applied(PLANT_B, EMITTER, HUNAN);

        expectNotRegistrar(BUREAU_HUBEI, HUNAN);
        vm.prank(BUREAU_HUBEI);
        parties.approve(all);
    }

    function test_approve_isOpenToTheRegistrarOfAll() public {
        assertStatus(approve(applied(PLANT_A, EMITTER, HUNAN)), ParticipantStatus.Active);
    }

    function test_approve_usesAnApplicationOnce() public {
        Application memory application = applied(PLANT_A, EMITTER, HUBEI);
        approve(application);
        assertId(approve(application), NOBODY);
        assertEq(parties.participantCount(), 1);
    }

    function test_approve_revertsBeyond200() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooMany.selector, 201, 200));
        vm.prank(MINISTRY);
        parties.approve(new Application[](201));
    }

    /// @dev The numbers from 0xFFFF00 on are the exchange's own accounts.
    function test_approve_endsBelowTheVenuesOwnNumbers() public {
        // The counter is the first variable of the contract's own.
        bytes32 slot = _slotOfCounter();
        vm.store(address(parties), slot, bytes32(uint256(0xFFFEFE)));
        assertId(active(PLANT_A, EMITTER), ParticipantId.wrap(0xFFFEFF));
        Application memory next = applied(PLANT_B, EMITTER, HUBEI);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsFull.selector, 0xFFFEFF));
        vm.prank(MINISTRY);
        parties.approve(one(next));
    }

    function _slotOfCounter() private returns (bytes32) {
        vm.record();
        parties.participantCount();
        (bytes32[] memory reads,) = vm.accesses(address(parties));
        return reads[0];
    }

    /* REFUSE */

    function test_refuse_endsAnApplication_whichMayBeMadeAgain() public {
        Application memory application = applied(PLANT_A, EMITTER, HUBEI);
        vm.expectEmit(address(parties));
        emit IParticipants.ApplicationRefused(PLANT_A, BUREAU_HUBEI);
        vm.prank(BUREAU_HUBEI);
        parties.refuse(application);
        assertEq(parties.applicationOf(PLANT_A), 0);
        assertId(active(PLANT_A, EMITTER), FIRST);
    }

    function test_refuse_revertsForAnotherBureau() public {
        Application memory application = applied(PLANT_A, EMITTER, HUBEI);
        expectNotRegistrar(BUREAU_HUNAN, HUBEI);
        vm.prank(BUREAU_HUNAN);
        parties.refuse(application);
        application.jurisdiction = HUNAN;
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNoApplication.selector, PLANT_A));
        vm.prank(BUREAU_HUNAN);
        parties.refuse(application);
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
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, PLANT_A, id));
        applied(PLANT_A, EMITTER, HUBEI);
    }

    function test_close_endsASuspension() public {
        ParticipantId b = active(PLANT_B, EMITTER);
        suspend(b);
        close(b);
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
        ParticipantId other = active(PLANT_B, EMITTER);
        suspend(other);

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
