// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {IParticipants, ParticipantStatus, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {IWalletRecovery, Recovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {PartiesTest} from "./PartiesTest.sol";

/// @dev Company A: the owner's wallet (primary), a clerk's that may only report, and the thief's, with every right.
contract WalletRecoveryTest is PartiesTest {
    address internal THIEF = makeAddr("thief");
    address internal CLERK = makeAddr("clerk");
    address internal FRESH = makeAddr("fresh key");
    uint256 internal constant HEARING = 7 days;
    uint256 internal constant FREEZE = 30 days;

    ParticipantId internal a;
    ParticipantId internal b;

    function setUp() public override {
        super.setUp();
        a = active(PLANT_A, EMITTER);
        b = active(PLANT_B, EMITTER);
        withWallet(PLANT_A, a, CLERK, WalletRights.REPORT);
        withWallet(PLANT_A, a, THIEF, WalletRights.ALL);
    }

    /* THE THIEF */

    /// @dev It made itself the primary wallet, removed the owner's, and refused every replacement, suspended or not.
    function test_aThiefWithManage_stopsNothing() public {
        strip();
        suspend(a);
        claim(PLANT_A);

        (address[] memory wallets, uint8[] memory rights) = freshSet();
        join(FRESH, a);
        propose(wallets, rights);
        frozen(THIEF);
        recoveries.cancelRecovery(a);
        skip(HEARING);
        uphold(wallets, rights);

        assertEq(parties.walletsOf(a).length, 1);
        assertEq(parties.primaryWallet(a), FRESH);
        assertOwner(FRESH, a, WalletRights.ALL, ParticipantStatus.Suspended);
        assertOwner(THIEF, a, 0, ParticipantStatus.Suspended);
    }

    function test_aClaim_freezesEveryActOfManagement() public {
        InstallationId plant_ = registered(a);
        address guest = makeAddr("the thief's second wallet");
        vm.prank(THIEF);
        parties.addWallet(guest, WalletRights.ALL);
        claim(CLERK);

        frozen(THIEF);
        parties.addWallet(STRANGER, WalletRights.ALL);
        frozen(guest);
        parties.confirmWallet(a);
        frozen(THIEF);
        parties.setRights(PLANT_A, WalletRights.REPORT);
        frozen(THIEF);
        parties.removeWallet(CLERK);
        frozen(THIEF);
        parties.setPrimaryWallet(THIEF);
        frozen(THIEF);
        plants.offerInstallation(plant_, b);

        skip(FREEZE); // and no longer
        vm.prank(PLANT_A);
        parties.removeWallet(THIEF);
    }

    function test_aClaim_holdsAPlantThatTheThiefHasOffered() public {
        InstallationId plant_ = registered(a);
        vm.prank(THIEF);
        plants.offerInstallation(plant_, b);
        claim(PLANT_A);
        frozen(PLANT_B);
        plants.acceptInstallation(plant_);

        recoverFresh();
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsOfferVoid.selector, plant_));
        vm.prank(PLANT_B);
        plants.acceptInstallation(plant_);

        vm.prank(FRESH);
        plants.offerInstallation(plant_, b);
        vm.prank(PLANT_B);
        plants.acceptInstallation(plant_);
        assertId(plants.installation(plant_).operatorOf(), b);
    }

    function test_whatTheThiefInvited_isVoidAfterTheDecision() public {
        vm.prank(THIEF);
        parties.addWallet(STRANGER, WalletRights.ALL);
        recoverFresh();
        assertEq(parties.invitation(a, STRANGER), 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotInvited.selector, STRANGER, a));
        vm.prank(STRANGER);
        parties.confirmWallet(a);
    }

    /// @dev Else a false claim that is turned down would bring the thief back.
    function test_aRejection_leavesVoidWhatADecisionVoided() public {
        InstallationId plant_ = registered(a);
        vm.startPrank(THIEF);
        parties.addWallet(STRANGER, WalletRights.ALL);
        plants.offerInstallation(plant_, b);
        vm.stopPrank();
        recoverFresh();
        claim(FRESH);
        uint256 nextClaimAt = recoveries.recoveryOf(a).nextClaimAt;
        vm.prank(COURT);
        recoveries.rejectRecovery(a, DETAILS);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotInvited.selector, STRANGER, a));
        vm.prank(STRANGER);
        parties.confirmWallet(a);
        vm.expectRevert(abi.encodeWithSelector(IInstallations.InstallationsOfferVoid.selector, plant_));
        vm.prank(PLANT_B);
        plants.acceptInstallation(plant_);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryClaimTooSoon.selector, a, nextClaimAt));
        claim(FRESH);
    }

    function test_aRemovedWallet_mayClaimForAMonth() public {
        strip();
        (ParticipantId id, uint256 until) = recoveries.formerly(PLANT_A);
        assertId(id, a);
        assertEq(until, block.timestamp + 30 days);
        vm.warp(until);
        expectNotClaimant(PLANT_A);
        vm.warp(until - 1);
        claim(PLANT_A);
    }

    function test_aLostWallet_isNobodysEverAgain() public {
        recoverFresh();
        (WalletWord word,) = parties.readParties(THIEF, FRESH);
        assertTrue(word.isLost());
        assertFalse(word.isActive());
        assertEq(word.seatOf(), 0);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, THIEF, a));
        applied(THIEF, EMITTER, HUBEI);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, THIEF, a));
        join(THIEF, b);
        expectNotClaimant(THIEF);
        vm.startPrank(FRESH);
        bytes memory none = abi.encodeWithSelector(IParticipants.ParticipantsNotWalletOf.selector, THIEF, a);
        vm.expectRevert(none);
        parties.setRights(THIEF, WalletRights.ALL);
        vm.expectRevert(none);
        parties.setPrimaryWallet(THIEF);
        vm.expectRevert(none);
        parties.removeWallet(THIEF);
        vm.stopPrank();

        // Neither reinstating nor a later decision brings it back.
        suspend(a);
        vm.prank(MINISTRY);
        parties.reinstate(a);
        assertOwner(THIEF, a, 0, ParticipantStatus.Suspended);
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        wallets[0] = THIEF;
        propose(wallets, rights);
        skip(HEARING);
        vm.expectRevert(none);
        uphold(wallets, rights);
    }

    /* WHO CLAIMS, HOW OFTEN */

    function test_claimTheft_saysUntilWhen() public {
        uint256 until = block.timestamp + FREEZE;
        vm.expectEmit(address(parties));
        emit IWalletRecovery.TheftClaimed(a, CLERK, DETAILS, until, until + 90 days);
        claim(CLERK);
        Recovery memory r = recoveries.recoveryOf(a);
        assertEq(r.frozenUntil, until);
        assertEq(r.nextClaimAt, until + 90 days);
        assertEq(r.proposal, 0);
        assertEq(r.lapsesAt, 0);
    }

    function test_claimTheft_isNoStrangers() public {
        expectNotClaimant(STRANGER);
        expectNotClaimant(PLANT_B);
        expectNotClaimant(BUREAU_HUNAN);
        vm.prank(BUREAU_HUBEI);
        recoveries.claimTheft(a, DETAILS);
    }

    /// @dev A clerk's claims freeze a month in four at most; a registrar's none that follows.
    function test_claimTheft_byWallets_isBounded() public {
        claim(CLERK);
        uint256 until = block.timestamp + FREEZE;
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryFrozen.selector, a, until));
        claim(THIEF);
        skip(FREEZE);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryClaimTooSoon.selector, a, until + 90 days));
        claim(THIEF);
        vm.prank(BUREAU_HUBEI);
        recoveries.claimTheft(a, DETAILS);
        assertEq(recoveries.recoveryOf(a).nextClaimAt, until + 90 days);
        skip(90 days);
        claim(THIEF);
    }

    function test_rejectRecovery_endsAnAbusiveClaimAtOnce() public {
        claim(CLERK);
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        propose(wallets, rights);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.RecoveryRejected(a, COURT, DETAILS);
        vm.prank(COURT);
        recoveries.rejectRecovery(a, DETAILS);

        vm.prank(PLANT_A);
        parties.removeWallet(CLERK);
        skip(HEARING);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        uphold(wallets, rights);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        vm.prank(COURT);
        recoveries.rejectRecovery(a, DETAILS);
    }

    function test_answerTheft_isTheAccusedsToo_whileAClaimIsOpen() public {
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoClaim.selector, a));
        vm.prank(THIEF);
        recoveries.answerTheft(a, DETAILS);
        claim(PLANT_A);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.TheftAnswered(a, THIEF, DETAILS);
        vm.prank(THIEF);
        recoveries.answerTheft(a, DETAILS);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNotClaimant.selector, a, STRANGER));
        vm.prank(STRANGER);
        recoveries.answerTheft(a, DETAILS);
    }

    /* TWO OFFICES */

    /// @dev A registrar alone took any participant over that did not look for seven days.
    function test_aRegistrarAlone_replacesNothing() public {
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        join(FRESH, a);
        propose(wallets, rights);
        skip(HEARING);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNotArbiter.selector, MINISTRY, HUBEI));
        vm.prank(MINISTRY);
        recoveries.upholdRecovery(a, wallets, rights);

        // Nor one that is given both offices, nor one that changed office in between.
        vm.startPrank(ADMIN);
        recoveries.setArbiter(MINISTRY, HUBEI, true);
        recoveries.setArbiter(BUREAU_HUBEI, HUBEI, true);
        vm.stopPrank();
        expectOneOffice(MINISTRY, wallets, rights);
        expectOneOffice(BUREAU_HUBEI, wallets, rights);
        vm.prank(ADMIN);
        parties.setRegistrar(BUREAU_HUBEI, HUBEI, false);
        expectOneOffice(BUREAU_HUBEI, wallets, rights);
    }

    function test_anArbiterAlone_replacesNothing() public {
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotRegistrar.selector, COURT, HUBEI));
        vm.prank(COURT);
        recoveries.proposeRecovery(a, wallets, rights, DETAILS);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        uphold(wallets, rights);

        (wallets, rights) = proposedFresh();
        skip(HEARING);
        rights[0] = WalletRights.MANAGE;
        vm.expectPartialRevert(IWalletRecovery.RecoveryOtherSet.selector);
        uphold(wallets, rights);
    }

    function test_upholdRecovery_waitsForTheHearing_andLapses() public {
        (address[] memory wallets, uint8[] memory rights) = proposedFresh();
        Recovery memory r = recoveries.recoveryOf(a);
        assertEq(r.registrar, BUREAU_HUBEI);
        assertEq(r.decidableAt, block.timestamp + HEARING);
        assertEq(r.lapsesAt, r.decidableAt + 30 days);
        skip(HEARING - 1);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryHearing.selector, a, r.decidableAt));
        uphold(wallets, rights);

        vm.warp(r.lapsesAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        uphold(wallets, rights);
        vm.warp(r.lapsesAt);
        uphold(wallets, rights);
    }

    function test_setArbiter_isRestricted_andByJurisdiction() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, MINISTRY));
        vm.prank(MINISTRY);
        recoveries.setArbiter(MINISTRY, HUBEI, true);

        vm.startPrank(ADMIN);
        recoveries.setArbiter(COURT, 0, false);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.ArbiterSet(COURT, HUNAN, true);
        recoveries.setArbiter(COURT, HUNAN, true); // from here on abroad
        vm.stopPrank();
        assertTrue(recoveries.isArbiter(COURT, HUNAN));
        assertFalse(recoveries.isArbiter(COURT, HUBEI));
        (address[] memory wallets, uint8[] memory rights) = proposedFresh();
        skip(HEARING);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNotArbiter.selector, COURT, HUBEI));
        uphold(wallets, rights);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNotArbiter.selector, COURT, HUBEI));
        vm.prank(COURT);
        recoveries.rejectRecovery(a, DETAILS);
    }

    /* LOST, NOT STOLEN */

    function test_anOwnerThatManages_objects_whereNoTheftIsClaimed() public {
        (address[] memory wallets, uint8[] memory rights) = proposedFresh();
        vm.expectEmit(address(parties));
        emit IWalletRecovery.RecoveryCancelled(a, PLANT_A);
        vm.prank(PLANT_A);
        recoveries.cancelRecovery(a);
        skip(HEARING);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        uphold(wallets, rights);
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNoProposal.selector, a));
        vm.prank(PLANT_A);
        recoveries.cancelRecovery(a);
    }

    function test_cancelRecovery_isTheRegistrarsToo_andNoOthers() public {
        proposedFresh();
        address abroad = BUREAU_HUNAN; // of another place
        address[3] memory callers = [PLANT_B, CLERK, abroad];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotRegistrar.selector, callers[i], HUBEI));
            vm.prank(callers[i]);
            recoveries.cancelRecovery(a);
        }
        vm.prank(MINISTRY);
        recoveries.cancelRecovery(a);
    }

    function test_proposeRecovery_isRefusedWhileOnePends() public {
        (address[] memory wallets, uint8[] memory rights) = proposedFresh();
        uint256 lapse = recoveries.recoveryOf(a).lapsesAt;
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryPending.selector, a, lapse));
        propose(wallets, rights);
        vm.warp(lapse + 1);
        propose(wallets, rights);
    }

    function test_proposeRecovery_isTheRegistrarsOfItsJurisdiction_forTheLiving() public {
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotRegistrar.selector, BUREAU_HUNAN, HUBEI));
        vm.prank(BUREAU_HUNAN);
        recoveries.proposeRecovery(a, wallets, rights, DETAILS);
        close(a);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsWrongStatus.selector, a, ParticipantStatus.Closed)
        );
        propose(wallets, rights);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsWrongStatus.selector, a, ParticipantStatus.Closed)
        );
        claim(PLANT_A);
    }

    /* THE SET */

    function test_upholdRecovery_putsTheWholeSetInOneAct() public {
        address[] memory wallets = new address[](3);
        uint8[] memory rights = new uint8[](3);
        (wallets[0], wallets[1], wallets[2]) = (FRESH, CLERK, PLANT_A);
        (rights[0], rights[1], rights[2]) = (WalletRights.TRADE, WalletRights.SURRENDER, WalletRights.MANAGE);
        join(FRESH, a);
        propose(wallets, rights);
        skip(HEARING);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.WalletLost(a, THIEF);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.WalletRecovered(a, FRESH, WalletRights.TRADE);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.WalletRecovered(a, CLERK, WalletRights.SURRENDER);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.WalletRecovered(a, PLANT_A, WalletRights.MANAGE);
        vm.expectEmit(address(parties));
        emit IWalletRecovery.RecoveryUpheld(a, COURT, FRESH);
        uphold(wallets, rights);

        address[] memory now_ = parties.walletsOf(a);
        assertEq(now_.length, 3);
        for (uint256 i; i < 3; ++i) {
            assertEq(now_[i], wallets[i]);
            assertOwner(wallets[i], a, rights[i], ParticipantStatus.Active);
        }
        assertEq(parties.participant(a).walletCount, 3);
        assertId(recoveries.joining(FRESH), NOBODY);
        assertEq(recoveries.recoveryOf(a).proposal, 0);
        // The register finds them where they are now.
        vm.startPrank(PLANT_A);
        parties.removeWallet(CLERK);
        parties.setPrimaryWallet(PLANT_A);
        parties.removeWallet(FRESH);
        vm.stopPrank();
        assertEq(parties.walletsOf(a).length, 1);
    }

    function test_proposeRecovery_refusesASetThatIsNone() public {
        address[] memory wallets = new address[](2);
        uint8[] memory rights = new uint8[](2);
        (wallets[0], wallets[1]) = (FRESH, PLANT_A);
        (rights[0], rights[1]) = (WalletRights.TRADE, WalletRights.REPORT); // none manages
        expectBadSet(wallets, rights);
        (rights[0], rights[1]) = (WalletRights.MANAGE, 0);
        expectBadSet(wallets, rights);
        rights[1] = WalletRights.ALL + 1;
        expectBadSet(wallets, rights);
        rights[1] = WalletRights.TRADE;
        wallets[1] = FRESH;
        expectBadSet(wallets, rights);
        wallets[1] = address(0);
        expectBadSet(wallets, rights);
        expectBadSet(wallets, new uint8[](1));
        expectBadSet(new address[](0), new uint8[](0));
        (wallets, rights) = (new address[](9), new uint8[](9));
        for (uint160 i; i < 9; ++i) {
            (wallets[i], rights[i]) = (address(i + 1), WalletRights.ALL);
        }
        expectBadSet(wallets, rights);
    }

    function test_upholdRecovery_bindsNoWalletThatDidNotAgree() public {
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        propose(wallets, rights);
        skip(HEARING);
        bytes memory missing = abi.encodeWithSelector(IWalletRecovery.RecoveryNotJoined.selector, a, FRESH);
        vm.expectRevert(missing);
        uphold(wallets, rights);
        join(FRESH, b);
        vm.expectRevert(missing);
        uphold(wallets, rights);
        join(FRESH, a);
        join(FRESH, NOBODY);
        vm.expectRevert(missing);
        uphold(wallets, rights);
        join(FRESH, a);
        withWallet(PLANT_B, b, FRESH, WalletRights.TRADE);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, FRESH, b));
        uphold(wallets, rights);
    }

    /* STEPS AND EXPECTATIONS */

    /// @dev The thief's first minutes.
    function strip() private {
        vm.startPrank(THIEF);
        parties.setPrimaryWallet(THIEF);
        parties.removeWallet(PLANT_A);
        parties.removeWallet(CLERK);
        vm.stopPrank();
    }

    function claim(address by) private {
        vm.prank(by);
        recoveries.claimTheft(a, DETAILS);
    }

    function join(address wallet, ParticipantId id) private {
        vm.prank(wallet);
        recoveries.joinRecovery(id);
    }

    function propose(address[] memory wallets, uint8[] memory rights) private {
        vm.prank(BUREAU_HUBEI);
        recoveries.proposeRecovery(a, wallets, rights, DETAILS);
    }

    function uphold(address[] memory wallets, uint8[] memory rights) private {
        vm.prank(COURT);
        recoveries.upholdRecovery(a, wallets, rights);
    }

    function freshSet() private view returns (address[] memory wallets, uint8[] memory rights) {
        (wallets, rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (FRESH, WalletRights.ALL);
    }

    function proposedFresh() private returns (address[] memory wallets, uint8[] memory rights) {
        (wallets, rights) = freshSet();
        join(FRESH, a);
        propose(wallets, rights);
    }

    function recoverFresh() private {
        (address[] memory wallets, uint8[] memory rights) = freshSet();
        recovered(a, wallets, rights);
    }

    function frozen(address caller) private {
        uint256 until = recoveries.recoveryOf(a).frozenUntil;
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryFrozen.selector, a, until));
        vm.prank(caller);
    }

    function expectNotClaimant(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryNotClaimant.selector, a, caller));
        claim(caller);
    }

    function expectOneOffice(address caller, address[] memory wallets, uint8[] memory rights) private {
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryOneOffice.selector, caller));
        vm.prank(caller);
        recoveries.upholdRecovery(a, wallets, rights);
    }

    function expectBadSet(address[] memory wallets, uint8[] memory rights) private {
        vm.expectRevert(abi.encodeWithSelector(IWalletRecovery.RecoveryBadSet.selector, a));
        propose(wallets, rights);
    }

    function assertOwner(address wallet, ParticipantId owner, uint8 rights, ParticipantStatus status) private view {
        (ParticipantId id, uint8 may, ParticipantStatus found) = parties.walletOf(wallet);
        assertId(id, owner);
        assertEq(may, rights);
        assertTrue(found == status);
    }
}
