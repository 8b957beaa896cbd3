// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletMirror, IWalletMirrors} from "../../interfaces/parties/IWalletMirror.sol";
import {PartiesTest} from "./PartiesTest.sol";

contract WalletsTest is PartiesTest {
    address internal TRADER = makeAddr("trading desk");
    address internal FRESH = makeAddr("fresh key");

    ParticipantId internal a;
    ParticipantId internal b;

    function setUp() public override {
        super.setUp();
        a = active(PLANT_A, EMITTER);
        b = active(PLANT_B, EMITTER);
    }

    /* INVITE AND CONFIRM */

    function testFuzz_confirmWallet_addsItWithTheRightsInvited(uint8 rights) public {
        rights = uint8(bound(rights, 1, WalletRights.ALL));

        vm.expectEmit(address(parties));
        emit IParticipants.WalletInvited(a, TRADER, rights);
        vm.prank(PLANT_A);
        parties.addWallet(TRADER, rights);
        assertEq(parties.invitation(a, TRADER), rights);
        assertOwner(TRADER, NOBODY, 0);

        vm.expectEmit(address(parties));
        emit IParticipants.WalletAdded(a, TRADER, rights);
        vm.prank(TRADER);
        parties.confirmWallet(a);

        assertOwner(TRADER, a, rights);
        assertEq(parties.invitation(a, TRADER), 0);
        assertWallets(a, PLANT_A, TRADER);
    }

    function test_addWallet_revertsWithoutTheRightToManage() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        expectMissingRight(TRADER, WalletRights.TRADE);
        vm.prank(TRADER);
        parties.addWallet(FRESH, WalletRights.TRADE);
    }

    function test_addWallet_revertsForStrangers() public {
        expectMissingRight(STRANGER, 0);
        vm.prank(STRANGER);
        parties.addWallet(FRESH, WalletRights.TRADE);
    }

    function test_addWallet_revertsForUnknownRights() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadRights.selector, 32));
        vm.prank(PLANT_A);
        parties.addWallet(FRESH, 32);
    }

    function test_addWallet_revertsForTheClosed() public {
        close(a);
        expectWrongStatus(a);
        vm.prank(PLANT_A);
        parties.addWallet(FRESH, WalletRights.TRADE);
    }

    function test_addWallet_withRightsZeroTakesTheInvitationBack() public {
        vm.startPrank(PLANT_A);
        parties.addWallet(TRADER, WalletRights.TRADE);
        parties.addWallet(TRADER, 0);
        vm.stopPrank();
        expectNotInvited(TRADER, a);
        vm.prank(TRADER);
        parties.confirmWallet(a);
    }

    /// @dev A wallet that joins a suspended participant is suspended as the others are, and reinstated with them.
    function test_confirmWallet_ofTheSuspendedIsSuspended() public {
        vm.prank(PLANT_A);
        parties.addWallet(TRADER, WalletRights.TRADE);
        suspend(a);
        vm.prank(TRADER);
        parties.confirmWallet(a);
        (,, ParticipantStatus status) = parties.walletOf(TRADER);
        assertEq(uint8(status), uint8(ParticipantStatus.Suspended));
        vm.prank(MINISTRY);
        parties.reinstate(a);
        (,, status) = parties.walletOf(TRADER);
        assertEq(uint8(status), uint8(ParticipantStatus.Active));
    }

    /// @dev All eight wallets repeat the status, and all of them are freed of it again.
    function test_suspend_reachesEveryWallet() public {
        for (uint160 i = 1; i < 8; ++i) {
            withWallet(PLANT_A, a, address(i), WalletRights.TRADE);
        }
        suspend(a);
        _assertStatusOfAll(ParticipantStatus.Suspended);
        vm.prank(MINISTRY);
        parties.reinstate(a);
        _assertStatusOfAll(ParticipantStatus.Active);
        close(a);
        _assertStatusOfAll(ParticipantStatus.Closed);
    }

    function _assertStatusOfAll(ParticipantStatus expected) private view {
        address[] memory wallets = parties.walletsOf(a);
        assertEq(wallets.length, 8);
        for (uint256 i; i < 8; ++i) {
            (,, ParticipantStatus status) = parties.walletOf(wallets[i]);
            assertEq(uint8(status), uint8(expected), vm.toString(i));
        }
    }

    /// @dev The exchange is told of every wallet that loses its rights with its participant.
    function test_suspend_tellsTheMirrorOfEveryWallet() public {
        address mirror = makeAddr("mirror");
        vm.prank(ADMIN);
        IWalletMirrors(address(parties)).setMirror(mirror);
        for (uint160 i = 1; i < 8; ++i) {
            withWallet(PLANT_A, a, address(i), WalletRights.TRADE);
        }
        address[] memory wallets = parties.walletsOf(a);
        for (uint256 i; i < 8; ++i) {
            bytes memory call = abi.encodeCall(IWalletMirror.sync, (wallets[i]));
            vm.mockCall(mirror, call, "");
            vm.expectCall(mirror, call, 2);
        }
        suspend(a);
        close(a);
    }

    function test_confirmWallet_revertsForTheUninvited() public {
        expectNotInvited(STRANGER, a);
        vm.prank(STRANGER);
        parties.confirmWallet(a);
    }

    function test_confirmWallet_usesAnInvitationOnce() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        vm.prank(PLANT_A);
        parties.removeWallet(TRADER);
        expectNotInvited(TRADER, a);
        vm.prank(TRADER);
        parties.confirmWallet(a);
    }

    function test_confirmWallet_revertsForAWalletOfAnother() public {
        vm.prank(PLANT_A);
        parties.addWallet(PLANT_B, WalletRights.TRADE);
        expectTaken(PLANT_B, b);
        vm.prank(PLANT_B);
        parties.confirmWallet(a);
    }

    function test_confirmWallet_revertsForTheClosed() public {
        vm.prank(PLANT_A);
        parties.addWallet(TRADER, WalletRights.TRADE);
        close(a);
        expectWrongStatus(a);
        vm.prank(TRADER);
        parties.confirmWallet(a);
    }

    function test_confirmWallet_revertsForTheNinth() public {
        for (uint160 i = 1; i < 8; ++i) {
            withWallet(PLANT_A, a, address(i), WalletRights.TRADE);
        }
        assertEq(parties.walletsOf(a).length, 8);

        vm.prank(PLANT_A);
        parties.addWallet(TRADER, WalletRights.TRADE);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooManyWallets.selector, a, 8));
        vm.prank(TRADER);
        parties.confirmWallet(a);
    }

    function test_aHostileInvitationBlocksNobody() public {
        vm.prank(PLANT_B);
        parties.addWallet(TRADER, WalletRights.TRADE);
        withWallet(PLANT_A, a, TRADER, WalletRights.SURRENDER);
        assertOwner(TRADER, a, WalletRights.SURRENDER);
    }

    /* RIGHTS */

    function test_setRights_changesThem() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        vm.expectEmit(address(parties));
        emit IParticipants.WalletRightsChanged(a, TRADER, WalletRights.TRADE, WalletRights.ALL);
        vm.prank(PLANT_A);
        parties.setRights(TRADER, WalletRights.ALL);
        assertOwner(TRADER, a, WalletRights.ALL);
    }

    function test_setRights_revertsForNoneOrUnknown() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadRights.selector, 0));
        vm.prank(PLANT_A);
        parties.setRights(TRADER, 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsBadRights.selector, 33));
        vm.prank(PLANT_A);
        parties.setRights(TRADER, 33);
    }

    function test_setRights_revertsForAWalletOfAnother() public {
        expectNotWalletOf(PLANT_B, a);
        vm.prank(PLANT_A);
        parties.setRights(PLANT_B, WalletRights.TRADE);
    }

    function test_setRights_revertsWhenOneGivesUpManaging() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsOwnWallet.selector, PLANT_A));
        vm.prank(PLANT_A);
        parties.setRights(PLANT_A, WalletRights.TRADE);
    }

    function test_setRights_revertsWithoutTheRightToManage() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        expectMissingRight(TRADER, WalletRights.TRADE);
        vm.prank(TRADER);
        parties.setRights(TRADER, WalletRights.ALL);
    }

    /* REMOVE AND PRIMARY */

    function test_removeWallet_closesTheGapItLeaves() public {
        withWallet(PLANT_A, a, address(1), WalletRights.TRADE);
        withWallet(PLANT_A, a, address(2), WalletRights.TRADE);
        withWallet(PLANT_A, a, address(3), WalletRights.TRADE);

        vm.expectEmit(address(parties));
        emit IParticipants.WalletRemoved(a, address(1));
        vm.prank(PLANT_A);
        parties.removeWallet(address(1));

        address[] memory wallets = parties.walletsOf(a);
        assertEq(wallets.length, 3);
        assertEq(wallets[1], address(3));
        assertEq(wallets[2], address(2));
        assertOwner(address(1), NOBODY, 0);
        // The moved one is found at its new place.
        vm.prank(PLANT_A);
        parties.removeWallet(address(3));
        assertWallets(a, PLANT_A, address(2));
    }

    function test_removeWallet_freesItForAnother() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        vm.prank(PLANT_A);
        parties.removeWallet(TRADER);
        withWallet(PLANT_B, b, TRADER, WalletRights.ALL);
        assertOwner(TRADER, b, WalletRights.ALL);
    }

    function test_removeWallet_revertsForOnesOwn() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.ALL);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsOwnWallet.selector, TRADER));
        vm.prank(TRADER);
        parties.removeWallet(TRADER);
    }

    function test_removeWallet_revertsForThePrimary() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.ALL);
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsPrimaryWallet.selector, PLANT_A));
        vm.prank(TRADER);
        parties.removeWallet(PLANT_A);
    }

    function test_removeWallet_revertsForAWalletOfAnother() public {
        expectNotWalletOf(PLANT_B, a);
        vm.prank(PLANT_A);
        parties.removeWallet(PLANT_B);
    }

    function test_removeWallet_revertsWithoutTheRightToManage() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        expectMissingRight(TRADER, WalletRights.TRADE);
        vm.prank(TRADER);
        parties.removeWallet(PLANT_A);
    }

    function test_setPrimaryWallet_swapsTheTwo() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.ALL);
        vm.expectEmit(address(parties));
        emit IParticipants.PrimaryWalletChanged(a, PLANT_A, TRADER);
        vm.prank(PLANT_A);
        parties.setPrimaryWallet(TRADER);

        assertEq(parties.primaryWallet(a), TRADER);
        assertWallets(a, TRADER, PLANT_A);
        // The old one can be removed now, the new one cannot.
        vm.prank(TRADER);
        parties.removeWallet(PLANT_A);
        assertOwner(PLANT_A, NOBODY, 0);
    }

    function test_setPrimaryWallet_revertsForThePrimary() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsPrimaryWallet.selector, PLANT_A));
        vm.prank(PLANT_A);
        parties.setPrimaryWallet(PLANT_A);
    }

    function test_setPrimaryWallet_revertsForAWalletOfAnother() public {
        expectNotWalletOf(PLANT_B, a);
        vm.prank(PLANT_A);
        parties.setPrimaryWallet(PLANT_B);
    }

    function test_setPrimaryWallet_revertsWithoutTheRightToManage() public {
        withWallet(PLANT_A, a, TRADER, WalletRights.TRADE);
        expectMissingRight(TRADER, WalletRights.TRADE);
        vm.prank(TRADER);
        parties.setPrimaryWallet(TRADER);
    }

    /* STEPS AND EXPECTATIONS */

    function assertOwner(address wallet, ParticipantId id, uint8 rights) private view {
        (ParticipantId owner, uint8 has,) = parties.walletOf(wallet);
        assertId(owner, id);
        assertEq(has, rights);
    }

    function assertWallets(ParticipantId id, address first, address second) private view {
        address[] memory wallets = parties.walletsOf(id);
        assertEq(wallets.length, 2);
        assertEq(wallets[0], first);
        assertEq(wallets[1], second);
    }

    function expectMissingRight(address wallet, uint8 rights) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsMissingRight.selector, wallet, rights, WalletRights.MANAGE)
        );
    }

    function expectNotInvited(address wallet, ParticipantId id) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotInvited.selector, wallet, id));
    }

    function expectTaken(address wallet, ParticipantId id) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsWalletTaken.selector, wallet, id));
    }

    function expectNotWalletOf(address wallet, ParticipantId id) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsNotWalletOf.selector, wallet, id));
    }

    function expectWrongStatus(ParticipantId id) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantsWrongStatus.selector, id, ParticipantStatus.Closed)
        );
    }
}
