// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IProfiles, ProfileKind, ProfileRecord} from "../../interfaces/parties/IProfiles.sol";
import {PartiesTest} from "./PartiesTest.sol";

/// @title ProfilesTest
contract ProfilesTest is PartiesTest {
    bytes32 private constant FIRST = keccak256("a document");
    bytes32 private constant SECOND = keccak256("another document");
    bytes32 private constant WHY = keccak256("why");
    bytes32 private constant PROJECT = bytes32(uint256(3));
    ProfileKind private constant SELF = ProfileKind.Participant;

    IProfiles private profiles;
    ParticipantId private a;
    ParticipantId private b;

    function setUp() public override {
        super.setUp();
        profiles = IProfiles(vm.deployCode("Profiles.sol:Profiles", abi.encode(parties)));
        a = active(PLANT_A, ParticipantKinds.DEVELOPER);
        b = active(PLANT_B, ParticipantKinds.DEVELOPER);
    }

    function _subject(ParticipantId id) private pure returns (bytes32) {
        return bytes32(uint256(ParticipantId.unwrap(id)));
    }

    function _publish(address wallet, ProfileKind kind, bytes32 subject, bytes32 hash) private {
        vm.prank(wallet);
        profiles.publish(kind, subject, hash);
    }

    function _hash(ProfileKind kind, bytes32 subject, ParticipantId by) private view returns (bytes32) {
        return profiles.profileOf(kind, subject, by).documentHash;
    }

    function test_publish_keepsTheLastDocumentAndCountsThem() public {
        vm.expectEmit(address(profiles));
        emit IProfiles.ProfilePublished(SELF, _subject(a), a, FIRST, 1, PLANT_A);
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        skip(1 days);
        vm.expectEmit(address(profiles));
        emit IProfiles.ProfilePublished(SELF, _subject(a), a, SECOND, 2, PLANT_A);
        _publish(PLANT_A, SELF, _subject(a), SECOND);

        ProfileRecord memory kept = profiles.profileOf(SELF, _subject(a), a);
        assertEq(kept.documentHash, SECOND);
        assertEq(kept.changedAt, block.timestamp);
        assertEq(kept.revision, 2);
    }

    function test_publish_namesNoOtherParticipant() public {
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesBadSubject.selector, SELF, _subject(b)));
        _publish(PLANT_A, SELF, _subject(b), FIRST);
    }

    function test_publish_takesNoOthersPlace() public {
        _publish(PLANT_A, ProfileKind.Project, PROJECT, FIRST);
        _publish(PLANT_B, ProfileKind.Project, PROJECT, SECOND);
        assertEq(_hash(ProfileKind.Project, PROJECT, a), FIRST);
        assertEq(_hash(ProfileKind.Project, PROJECT, b), SECOND);
        assertEq(_hash(ProfileKind.Source, PROJECT, a), 0);
    }

    function test_publish_needsTheRightToManage() public {
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNotManager.selector, STRANGER, NOBODY, 0));
        _publish(STRANGER, SELF, _subject(a), FIRST);

        uint8 rest = 31 & ~WalletRights.MANAGE;
        withWallet(PLANT_A, a, STRANGER, rest);
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNotManager.selector, STRANGER, a, rest));
        _publish(STRANGER, SELF, _subject(a), FIRST);
    }

    function test_publish_needsAnActiveParticipant() public {
        vm.prank(BUREAU_HUBEI);
        parties.suspend(a, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNotManager.selector, PLANT_A, a, 31));
        _publish(PLANT_A, SELF, _subject(a), FIRST);
    }

    function test_publish_refusesWhatIsNoSubjectAndNoChange() public {
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesBadSubject.selector, ProfileKind.None, PROJECT));
        _publish(PLANT_A, ProfileKind.None, PROJECT, FIRST);
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesBadSubject.selector, ProfileKind.Source, bytes32(0)));
        _publish(PLANT_A, ProfileKind.Source, 0, FIRST);
        bytes memory same = abi.encodeWithSelector(IProfiles.ProfilesNoChange.selector, SELF, _subject(a), a);
        vm.expectRevert(same);
        _publish(PLANT_A, SELF, _subject(a), 0);
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        vm.expectRevert(same);
        _publish(PLANT_A, SELF, _subject(a), 0);
        vm.expectRevert(same);
        _publish(PLANT_A, SELF, _subject(a), FIRST);
    }

    function test_withdraw_takesTheHashAwayAndKeepsTheCount() public {
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        vm.expectEmit(address(profiles));
        emit IProfiles.ProfileWithdrawn(SELF, _subject(a), a, PLANT_A, WHY);
        vm.prank(PLANT_A);
        profiles.withdraw(SELF, _subject(a), a, WHY);
        assertEq(_hash(SELF, _subject(a), a), 0);
        assertEq(profiles.profileOf(SELF, _subject(a), a).revision, 1);

        vm.prank(PLANT_A);
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNoChange.selector, SELF, _subject(a), a));
        profiles.withdraw(SELF, _subject(a), a, WHY);
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        assertEq(profiles.profileOf(SELF, _subject(a), a).revision, 2);
    }

    function test_withdraw_isForItsParticipantAlsoSuspendedAndForItsRegistrar() public {
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        address abroad = BUREAU_HUNAN;
        for (uint256 i = 0; i < 3; ++i) {
            address other = [STRANGER, PLANT_B, abroad][i];
            vm.prank(other);
            vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNotWithdrawer.selector, other, a));
            profiles.withdraw(SELF, _subject(a), a, WHY);
        }
        vm.prank(BUREAU_HUBEI);
        profiles.withdraw(SELF, _subject(a), a, WHY);

        _publish(PLANT_A, SELF, _subject(a), SECOND);
        vm.prank(BUREAU_HUBEI);
        parties.suspend(a, WHY);
        vm.prank(PLANT_A);
        profiles.withdraw(SELF, _subject(a), a, WHY);
        assertEq(_hash(SELF, _subject(a), a), 0);
    }

    function test_withdraw_needsTheRightToManage() public {
        _publish(PLANT_A, SELF, _subject(a), FIRST);
        withWallet(PLANT_A, a, STRANGER, 31 & ~WalletRights.MANAGE);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IProfiles.ProfilesNotWithdrawer.selector, STRANGER, a));
        profiles.withdraw(SELF, _subject(a), a, WHY);
    }
}
