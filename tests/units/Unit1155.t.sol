// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {VenueStub} from "./Stubs.sol";
import {UnitCase} from "./UnitCase.sol";

/// @dev Who may hold and move what; named exits. Of the one base, shown on allowances (own wallets) and offset credits
/// (participants).
contract Unit1155Test is UnitCase {
    /* PERMISSION OF BOTH SIDES */

    function test_transfer_revertsFromASuspendedParticipant() public {
        _suspend(alpha);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
        _move(allowances, alice, aliceDesk, a, 1);
    }

    function test_transfer_revertsToASuspendedParticipant() public {
        _suspend(beta);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, bob));
        _move(credits, dora, bob, c, 1);
    }

    function test_transfer_revertsFromAClosedParticipant() public {
        vm.prank(officer);
        participants.close(developer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, dora));
        _move(credits, dora, bob, c, 1);
    }

    function test_transfer_revertsToAnApplicant() public {
        address newcomer = makeAddr("newcomer");
        vm.prank(newcomer);
        participants.applyFor(2, JURISDICTION, 0);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, newcomer));
        _move(credits, dora, newcomer, c, 1);
    }

    function test_transfer_revertsToAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, stranger));
        _move(credits, dora, stranger, c, 1);
    }

    function test_transfer_revertsFromAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, stranger));
        _move(credits, stranger, bob, c, 0);
    }

    function test_transfer_resumesAfterReinstatement() public {
        _suspend(alpha);
        vm.prank(officer);
        participants.reinstate(alpha);
        _move(allowances, alice, aliceDesk, a, 1);
        assertEq(allowances.balanceOf(aliceDesk, a), 1);
    }

    function test_transfer_reachesASuspendedParticipantsSecondWallet() public {
        _suspend(alpha);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, aliceDesk));
        _move(credits, dora, aliceDesk, c, 1);
    }

    function test_batchTransfer_asksForPermissionToo() public {
        _suspend(beta);
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (c, 1);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, bob));
        credits.safeBatchTransferFrom(dora, bob, ids, values, "");
    }

    /* CUSTODY */

    function test_ownWallets_revertsBetweenParticipants() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitOwnWalletsOnly.selector, alice, bob));
        _move(allowances, alice, bob, a, 1);
    }

    function test_ownWallets_movesBetweenWalletsOfOneParticipant() public {
        _move(allowances, alice, aliceDesk, a, 10);
        assertEq(allowances.balanceOf(aliceDesk, a), 10);
    }

    function test_ownWallets_movesToAndFromTheVenue() public {
        _move(allowances, alice, address(venue), a, 10);
        venue.give(allowances, bob, allowance, 10);
        assertEq(allowances.balanceOf(bob, a), 10);
    }

    function test_participants_movesBetweenParticipants() public {
        _move(credits, dora, bob, c, 10);
        assertEq(credits.balanceOf(bob, c), 10);
    }

    function test_participants_revertsWithoutTheRightToTrade() public {
        address clerk = makeAddr("clerk");
        _addWallet(dora, clerk, WalletRights.ALL - WalletRights.TRADE);
        _move(credits, dora, clerk, c, 10);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTradeRightMissing.selector, clerk));
        _move(credits, clerk, bob, c, 10);
    }

    function test_participants_givesToItsOwnWalletsWithoutTheRightToTrade() public {
        address clerk = makeAddr("clerk");
        _addWallet(dora, clerk, WalletRights.REPORT);
        _move(credits, dora, clerk, c, 10);
        _move(credits, clerk, dora, c, 10);
        assertEq(credits.balanceOf(dora, c), 10_000);
    }

    function test_free_movesBetweenStrangersButNotSuspended() public {
        IAllowances free = IAllowances(_deployAllowances(Custody.Free));
        free.setController(controller, ISSUE);
        vm.prank(controller);
        free.issue(stranger, allowance, 10, REF);
        _move(free, stranger, makeAddr("another"), a, 1);
        _move(free, stranger, bob, a, 1);
        _suspend(beta);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, bob));
        _move(free, stranger, bob, a, 1);
    }

    function test_venue_takesNothingFromASuspendedParticipant() public {
        _suspend(alpha);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
        _move(allowances, alice, address(venue), a, 1);
    }

    function test_venue_givesNothingToAStranger() public {
        _move(allowances, alice, address(venue), a, 10);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, stranger));
        venue.give(allowances, stranger, allowance, 1);
    }

    function test_venue_handsUnitsToAControllerThatExits() public {
        _move(allowances, alice, address(venue), a, 10);
        venue.give(allowances, ender, allowance, 10);
        vm.prank(ender);
        allowances.exit(ender, allowance, 10, Exit.Surrendered, REF);
        assertEq(allowances.exitedOf(allowance, Exit.Surrendered), 10);
    }

    function test_controllerThatExits_isHandedUnitsAndGivesThemBack() public {
        assertTrue(allowances.canTransfer(alice, ender, a, 5));
        _move(allowances, alice, ender, a, 5);
        assertEq(allowances.balanceOf(ender, a), 5);

        vm.startPrank(ender);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, ender));
        allowances.safeTransferFrom(ender, alice, a, 5, "");
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, ender, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        allowances.forcedTransfer(alice, bob, a, 1); // nobody's but what it holds itself
        allowances.forcedTransfer(ender, alice, a, 5);
        vm.stopPrank();
        assertEq(allowances.balanceOf(alice, a), 1000);
    }

    function test_controllerThatDoesNotExit_getsNothingFromAWallet() public {
        allowances.setController(ender, ISSUE | FORCE);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, ender));
        _move(allowances, alice, ender, a, 1);
    }

    function test_contractItself_receivesNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, address(credits)));
        _move(credits, dora, address(credits), c, 1);
    }

    /* VIEWS OF ERC-7943 */

    function test_interfaceId_isThePinnedOne() public pure {
        assertEq(bytes32(type(IERC7943MultiToken).interfaceId), bytes32(bytes4(0x41c4fbad)));
    }

    function test_canSend_saysWho() public {
        assertTrue(credits.canSend(dora));
        assertTrue(credits.canSend(address(venue)));
        assertFalse(credits.canSend(stranger));
        assertFalse(credits.canSend(address(0)));
        assertFalse(credits.canSend(address(credits)));
        _suspend(developer);
        assertFalse(credits.canSend(dora));
    }

    function test_canReceive_saysWho() public {
        assertTrue(credits.canReceive(bob));
        assertTrue(credits.canReceive(address(venue)));
        assertTrue(allowances.canReceive(ender));
        assertFalse(credits.canReceive(stranger));
        assertFalse(credits.canReceive(address(0)));
        assertFalse(credits.canReceive(address(credits)));
        _suspend(beta);
        assertFalse(credits.canReceive(bob));
    }

    /// @dev Whatever the parties and amounts, within the balance: a transfer succeeds exactly when `canTransfer` said so.
    function testFuzz_canTransfer_saysWhatHappens(uint256 who, uint256 whom, uint256 amount, uint256 frozen, bool bad)
        public
    {
        address[5] memory all = [dora, bob, alice, stranger, address(venue)];
        address from = all[who % 5];
        address to = all[whom % 5];
        _move(credits, dora, bob, c, 3000);
        _move(credits, dora, alice, c, 3000);
        _move(credits, dora, address(venue), c, 3000);
        if (bad) _suspend(beta);
        amount = bound(amount, 0, credits.balanceOf(from, c));
        if (from != address(venue) && from != stranger) {
            vm.prank(officer);
            credits.setFrozenTokens(from, c, bound(frozen, 0, 4000));
        }

        bool said = credits.canTransfer(from, to, c, amount);
        vm.prank(from);
        (bool done,) = address(credits).call(abi.encodeCall(IERC1155.safeTransferFrom, (from, to, c, amount, "")));
        assertEq(done, said);
    }

    function test_canTransfer_doesNotLookAtTheBalance() public view {
        assertTrue(credits.canTransfer(bob, dora, c, 1_000_000));
    }

    function test_canTransfer_looksAtTheFreeze() public {
        vm.prank(officer);
        credits.setFrozenTokens(dora, c, 1);
        assertTrue(credits.canTransfer(dora, bob, c, 9999));
        assertFalse(credits.canTransfer(dora, bob, c, 10_000));
    }

    function test_canTransfer_refusesTheZeroAddress() public view {
        assertFalse(credits.canTransfer(address(0), bob, c, 0));
        assertFalse(credits.canTransfer(dora, address(0), c, 0));
    }

    /* EXITS */

    function testFuzz_exit_countsByKind(uint8 kind, uint256 amount) public {
        Exit exit = Exit(bound(kind, 1, uint256(type(Exit).max)));
        amount = bound(amount, 1, 1000);

        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(ender, alice, address(0), a, amount);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsExited(allowance, alice, exit, amount, REF);
        vm.prank(ender);
        allowances.exit(alice, allowance, amount, exit, REF);

        assertEq(allowances.balanceOf(alice, a), 1000 - amount);
        assertEq(allowances.issuedOf(allowance), 1000);
        assertEq(allowances.totalSupply(allowance), 1000 - amount);
        for (uint256 k = 0; k <= uint256(type(Exit).max); ++k) {
            assertEq(allowances.exitedOf(allowance, Exit(k)), k == uint256(exit) ? amount : 0);
        }
    }

    function test_exit_revertsForOneWhoIsNoController() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, alice, EXIT));
        allowances.exit(alice, allowance, 1, Exit.Cancelled, REF);
    }

    function test_exit_revertsForTheAdministrator() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, address(this), EXIT));
        allowances.exit(alice, allowance, 1, Exit.Cancelled, REF);
    }

    function test_exit_revertsForAControllerThatOnlyIssues() public {
        allowances.setController(controller, ISSUE);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, controller, EXIT));
        allowances.exit(alice, allowance, 1, Exit.ClawedBack, REF);
    }

    function test_exit_revertsForAKindTheControllerIsNotFor() public {
        allowances.setController(ender, EXIT | 1 << (8 + uint256(Exit.Retired)) | 1 << (8 + uint256(Exit.Cancelled)));
        vm.startPrank(ender);
        allowances.exit(alice, allowance, 1, Exit.Retired, REF);
        allowances.exit(alice, allowance, 1, Exit.Cancelled, REF);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, ender, EXIT));
        allowances.exit(alice, allowance, 1, Exit.Surrendered, REF);
        vm.stopPrank();
    }

    function test_exit_revertsWithoutAKind() public {
        vm.prank(ender);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitExitKindMissing.selector, allowance));
        allowances.exit(alice, allowance, 1, Exit.None, REF);
    }

    function test_exit_revertsForNothing() public {
        vm.prank(ender);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitZeroAmount.selector, allowance));
        allowances.exit(alice, allowance, 0, Exit.Surrendered, REF);
    }

    function test_exit_revertsBeyondTheBalance() public {
        vm.prank(ender);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, alice, 1000, 1001, a)
        );
        allowances.exit(alice, allowance, 1001, Exit.Surrendered, REF);
    }

    function test_exit_revertsForTheVenue() public {
        _move(allowances, alice, address(venue), a, 10);
        vm.prank(enforcer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        allowances.exit(address(venue), allowance, 1, Exit.ClawedBack, REF);
    }

    function test_exit_leavesFrozenUnits() public {
        vm.prank(officer);
        allowances.setFrozenTokens(alice, a, 900);
        vm.startPrank(ender);
        allowances.exit(alice, allowance, 100, Exit.ClawedBack, REF);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, a, 1, 0)
        );
        allowances.exit(alice, allowance, 1, Exit.ClawedBack, REF);
        vm.stopPrank();
    }

    function test_exit_takesFrozenUnitsOnlyByForceAndOnlyForForcedKinds() public {
        vm.prank(officer);
        allowances.setFrozenTokens(alice, a, 1000);
        vm.startPrank(enforcer);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, alice, a, 1, 0)
        );
        allowances.exit(alice, allowance, 1, Exit.Retired, REF);

        vm.expectEmit(address(allowances));
        emit IERC7943MultiToken.Frozen(alice, a, 999);
        allowances.exit(alice, allowance, 1, Exit.ClawedBack, REF);
        vm.stopPrank();
        assertEq(allowances.getFrozenTokens(alice, a), 999);
    }

    function test_exit_letsASuspendedParticipantSurrenderOnly() public {
        _suspend(alpha);
        vm.startPrank(ender);
        allowances.exit(alice, allowance, 1, Exit.Surrendered, REF);
        allowances.exit(alice, allowance, 1, Exit.ClawedBack, REF);
        Exit[4] memory free = [Exit.Retired, Exit.Cancelled, Exit.BankedAway, Exit.Released];
        for (uint256 i = 0; i < free.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, alice));
            allowances.exit(alice, allowance, 1, free[i], REF);
        }
        vm.stopPrank();
    }

    /* WIRING */

    function test_setController_isRestricted() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, officer));
        allowances.setController(officer, EXIT);
    }

    function test_setController_saysWhatWasAndIs() public {
        vm.expectEmit(address(allowances));
        emit IUnit1155.ControllerSet(ender, EXIT, 0);
        allowances.setController(ender, 0);
        assertEq(allowances.rightsOf(ender), 0);
    }

    function test_setVenue_isRestricted() public {
        IAllowances fresh = IAllowances(_deployAllowances(Custody.OwnWallets));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, officer));
        fresh.setVenue(address(venue));
    }

    function test_setVenue_holdsForEver() public {
        address second = address(new VenueStub());
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueRefused.selector, address(venue), second));
        allowances.setVenue(second);
    }

    function test_setVenue_revertsForNobodyAndForAWallet() public {
        IAllowances fresh = IAllowances(_deployAllowances(Custody.OwnWallets));
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueRefused.selector, address(0), address(0)));
        fresh.setVenue(address(0));
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueRefused.selector, address(0), bob));
        fresh.setVenue(bob);
        vm.expectEmit(address(fresh));
        emit IUnit1155.VenueSet(address(venue));
        fresh.setVenue(address(venue));
        assertEq(fresh.venue(), address(venue));
    }

    function test_views_sayWhatTheClassIs() public view {
        assertEq(allowances.unitClass(), 1);
        assertEq(credits.unitClass(), 2);
        assertEq(uint256(allowances.custody()), uint256(Custody.OwnWallets));
        assertEq(uint256(credits.custody()), uint256(Custody.Participants));
    }
}
