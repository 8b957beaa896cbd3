// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {Applications} from "../parties/Applications.sol";
import {UnitCase} from "./UnitCase.sol";

/// @dev Freezes and forced transfers, in wallets.
contract UnitOrdersTest is UnitCase {
    /* FREEZE */

    function test_freeze_emitsAndHolds() public {
        vm.expectEmit(address(credits));
        emit IERC7943MultiToken.Frozen(dora, c, 9000);
        vm.prank(officer);
        assertTrue(credits.setFrozenTokens(dora, c, 9000));
        assertEq(credits.getFrozenTokens(dora, c), 9000);
        assertEq(credits.freeOf(dora, credit), 1000);

        _move(credits, dora, bob, c, 1000);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, dora, c, 1, 0)
        );
        _move(credits, dora, bob, c, 1);
    }

    function test_freeze_saysBalanceWhereTheBalanceIsShort() public {
        vm.prank(officer);
        credits.setFrozenTokens(dora, c, 9000);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, dora, 10_000, 10_001, c)
        );
        _move(credits, dora, bob, c, 10_001);
    }

    function test_freeze_overwritesAndThaws() public {
        vm.startPrank(officer);
        credits.setFrozenTokens(dora, c, 9000);
        credits.setFrozenTokens(dora, c, 0);
        vm.stopPrank();
        _move(credits, dora, bob, c, 10_000);
        assertEq(credits.balanceOf(bob, c), 10_000);
    }

    function test_freeze_aboveTheBalanceHoldsWhatComesLater() public {
        vm.prank(officer);
        credits.setFrozenTokens(bob, c, type(uint64).max);
        _move(credits, dora, bob, c, 100);
        assertEq(credits.freeOf(bob, credit), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, bob, c, 1, 0)
        );
        _move(credits, bob, dora, c, 1);
    }

    function test_freeze_revertsForMoreThan64Bits() public {
        uint256 amount = uint256(type(uint64).max) + 1;
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitAmountTooLarge.selector, credit, amount));
        credits.setFrozenTokens(dora, c, amount);
    }

    function test_freeze_revertsForTheVenue() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        credits.setFrozenTokens(address(venue), c, 1);
    }

    function test_freeze_revertsForTheVenueEvenByAController() public {
        vm.prank(enforcer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        allowances.setFrozenTokens(address(venue), a, 1);
    }

    function test_freeze_revertsForTheBuffer() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(credits)));
        credits.setFrozenTokens(address(credits), c, 1);
    }

    function test_freeze_revertsForAnUnknownWallet() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitUnknownWallet.selector, stranger));
        credits.setFrozenTokens(stranger, c, 1);
    }

    function test_freeze_revertsWithoutThePower() public {
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bob, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        credits.setFrozenTokens(dora, c, 1);
    }

    function test_freeze_revertsForAnOfficerOfAnotherJurisdiction() public {
        address elsewhere = makeAddr("officer elsewhere");
        schemes.grantOffice(elsewhere, SCHEME, JURISDICTION + 1, Powers.ALL);
        vm.prank(elsewhere);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, elsewhere, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        credits.setFrozenTokens(dora, c, 1);
    }

    function test_freeze_takesAnOfficerOfTheJurisdiction() public {
        address local = makeAddr("local officer");
        schemes.grantOffice(local, SCHEME, JURISDICTION, Powers.FREEZE);
        vm.prank(local);
        credits.setFrozenTokens(dora, c, 1);
        assertEq(credits.getFrozenTokens(dora, c), 1);
    }

    function test_freeze_takesAControllerThatMayForce() public {
        vm.prank(enforcer);
        allowances.setFrozenTokens(alice, a, 1);
        assertEq(allowances.getFrozenTokens(alice, a), 1);
    }

    function test_freezeByOrder_keepsTheReason() public {
        vm.expectEmit(address(credits));
        emit IUnit1155.FreezeOrdered(dora, credit, officer, 5, REASON);
        vm.prank(officer);
        credits.freezeByOrder(dora, credit, 5, REASON);
    }

    /* FORCE */

    function test_forcedTransfer_movesAcrossParticipantsAndSaysSoInOrder() public {
        vm.prank(officer);
        allowances.setFrozenTokens(alice, a, 950);

        vm.expectEmit(address(allowances));
        emit IERC7943MultiToken.Frozen(alice, a, 900);
        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(officer, alice, bob, a, 100);
        vm.expectEmit(address(allowances));
        emit IERC7943MultiToken.ForcedTransfer(alice, bob, a, 100);
        vm.prank(officer);
        assertTrue(allowances.forcedTransfer(alice, bob, a, 100));

        assertEq(allowances.balanceOf(alice, a), 900);
        assertEq(allowances.balanceOf(bob, a), 100);
        assertEq(allowances.getFrozenTokens(alice, a), 900);
    }

    /// @dev Else it would take the units of any other jurisdiction for a participant of its own.
    function test_forcedTransfer_isForAnOfficerOfTheGiversJurisdiction() public {
        address abroad = makeAddr("abroad");
        Applications.join(participants, abroad, 2, JURISDICTION + 1, 0, officer);
        address elsewhere = makeAddr("officer elsewhere");
        schemes.grantOffice(elsewhere, SCHEME, JURISDICTION + 1, Powers.FREEZE);
        vm.prank(elsewhere);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, elsewhere, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        allowances.forcedTransfer(alice, abroad, a, 1);

        vm.prank(officer);
        allowances.forcedTransfer(alice, abroad, a, 1);
        vm.prank(elsewhere);
        allowances.forcedTransfer(abroad, alice, a, 1);
        assertEq(allowances.balanceOf(alice, a), 1000);
    }

    function test_forcedTransfer_thawsNoMoreThanItTakes() public {
        vm.startPrank(officer);
        allowances.setFrozenTokens(alice, a, 300);
        allowances.forcedTransfer(alice, bob, a, 700);
        assertEq(allowances.getFrozenTokens(alice, a), 300);
        allowances.forcedTransfer(alice, bob, a, 1);
        vm.stopPrank();
        assertEq(allowances.getFrozenTokens(alice, a), 299);
    }

    function test_forcedTransfer_takesFromASuspendedParticipant() public {
        _suspend(alpha);
        vm.prank(officer);
        allowances.forcedTransfer(alice, bob, a, 10);
        assertEq(allowances.balanceOf(bob, a), 10);
    }

    function test_forcedTransfer_revertsToASuspendedParticipant() public {
        _suspend(beta);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, bob));
        allowances.forcedTransfer(alice, bob, a, 10);
    }

    function test_forcedTransfer_revertsToAStrangerAndToTheVenue() public {
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, stranger));
        allowances.forcedTransfer(alice, stranger, a, 10);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, address(venue)));
        allowances.forcedTransfer(alice, address(venue), a, 10);
        vm.stopPrank();
    }

    function test_forcedTransfer_revertsToTheZeroAddress() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        allowances.forcedTransfer(alice, address(0), a, 10);
    }

    function test_forcedTransfer_revertsFromTheVenue() public {
        _move(allowances, alice, address(venue), a, 10);
        vm.prank(enforcer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        allowances.forcedTransfer(address(venue), bob, a, 10);
    }

    function test_forcedTransfer_revertsBeyondTheBalance() public {
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, alice, 1000, 1001, a)
        );
        allowances.forcedTransfer(alice, bob, a, 1001);
    }

    function test_forcedTransfer_revertsWithoutThePower() public {
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bob, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        allowances.forcedTransfer(alice, bob, a, 1);
    }

    function test_forcedTransfer_revertsForAControllerThatOnlyExits() public {
        vm.prank(ender);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, ender, SCHEME, JURISDICTION, Powers.FREEZE)
        );
        allowances.forcedTransfer(alice, bob, a, 1);
    }

    function test_forcedTransferByOrder_keepsTheReason() public {
        vm.expectEmit(address(allowances));
        emit IUnit1155.TransferOrdered(alice, bob, allowance, 7, officer, REASON);
        vm.prank(officer);
        allowances.forcedTransferByOrder(alice, bob, allowance, 7, REASON);
        assertEq(allowances.balanceOf(bob, a), 7);
    }
}
