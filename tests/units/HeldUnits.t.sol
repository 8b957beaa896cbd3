// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {UnitCase} from "./UnitCase.sol";

/// @dev Units that a rule brings to a wallet which refuses them: held for its participant, and all that can happen to them.
contract HeldUnitsTest is UnitCase {
    RefusingWallet internal wallet;
    ParticipantId internal gamma;
    address internal account; // held account of GAMMA
    address internal accepting = makeAddr("gamma's accepting wallet");

    function setUp() public override {
        super.setUp();
        wallet = new RefusingWallet();
        gamma = _register(address(wallet));
        account = HeldAccounts.accountOf(gamma);
        wallet.act(
            address(participants),
            abi.encodeCall(participants.addWallet, (accepting, WalletRights.WITHDRAW | WalletRights.SURRENDER))
        );
        vm.prank(accepting);
        participants.confirmWallet(gamma);
        wallet.set(RefusingWallet.Mood.Revert);
    }

    function _freeze(address holder, uint256 amount) private {
        vm.prank(officer);
        allowances.setFrozenTokens(holder, a, amount);
    }

    /* WHERE */

    function test_account_isTheHashAndTheNumber() public pure {
        bytes32 hash = keccak256("tonne: held for a participant");
        uint160 prefix = uint160(uint256(hash)) >> 24 << 24;
        assertEq(HeldAccounts.accountOf(ParticipantId.wrap(7)), address(prefix + 7));
    }

    function testFuzz_account_isReadBackAndNoOtherIs(ParticipantId owner, address other) public pure {
        assertEq(ParticipantId.unwrap(HeldAccounts.ownerOf(HeldAccounts.accountOf(owner))), ParticipantId.unwrap(owner));
        if (uint160(other) >> 24 != HeldAccounts.PREFIX >> 24) {
            assertEq(ParticipantId.unwrap(HeldAccounts.ownerOf(other)), 0);
        }
    }

    /* REFUSED */

    function test_refusal_leavesTheUnitsHeld() public {
        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(controller, address(0), address(wallet), a, 50);
        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(controller, address(wallet), account, a, 50);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsHeld(gamma, allowance, address(wallet), 50);
        _issue(address(wallet), 50);

        assertEq(allowances.balanceOf(address(wallet), a), 0);
        assertEq(allowances.balanceOf(account, a), 50);
        assertEq(allowances.totalSupply(allowance), 1050);
    }

    function test_acceptance_leavesThemOnTheWallet() public {
        wallet.set(RefusingWallet.Mood.Accept);
        _issue(address(wallet), 50);
        assertEq(allowances.balanceOf(address(wallet), a), 50);
        assertEq(allowances.balanceOf(account, a), 0);
    }

    /// @dev A refuser without a participant to hold the units for.
    function test_refusal_ofOneWhoIsNoParticipantStands() public {
        RefusingWallet stranger_ = new RefusingWallet();
        stranger_.set(RefusingWallet.Mood.Revert);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(stranger_)));
        _issue(address(stranger_), 5);
    }

    function test_refusal_doesNotStopTheRestOfTheBatch() public {
        ParticipantId[] memory to = new ParticipantId[](3);
        (to[0], to[1], to[2]) = (alpha, gamma, beta);
        uint256[] memory amounts = new uint256[](3);
        (amounts[0], amounts[1], amounts[2]) = (1, 2, 3);
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        assertEq(allowances.balanceOf(alice, a), 1001);
        assertEq(allowances.balanceOf(account, a), 2);
        assertEq(allowances.balanceOf(bob, a), 3);
    }

    /// @dev Ordinary transfers keep the standard: the refusal and its reason stand.
    function test_refusal_ofAnOrdinaryTransferStands() public {
        vm.prank(dora);
        vm.expectRevert("units refused");
        credits.safeTransferFrom(dora, address(wallet), c, 5, "");
    }

    /// @dev A wallet that gives the units away inside its hook and refuses them then is left with what it has.
    function test_refusal_afterMovingThemOnHoldsTheRest() public {
        wallet.set(RefusingWallet.Mood.Accept);
        _issue(address(wallet), 10);
        _issue(accepting, 1); // a new slot would cost more than the hook has
        wallet.setAccomplice(accepting);
        wallet.set(RefusingWallet.Mood.MoveOnThenRefuse);
        _issue(address(wallet), 50);

        assertEq(allowances.balanceOf(accepting, a), 51);
        assertEq(allowances.balanceOf(account, a), 10);
        assertEq(allowances.balanceOf(address(wallet), a), 0);
        assertEq(allowances.totalSupply(allowance), 1061);
    }

    /// @dev The hook has its gas or the call fails: a caller cannot starve the hook of an honest wallet.
    function test_hook_isNeverStarvedByTheCaller() public {
        wallet.set(RefusingWallet.Mood.Accept);
        uint256 held;
        uint256 refused;
        for (uint256 gas_ = 60_000; gas_ < 260_000; gas_ += 1000) {
            vm.prank(controller);
            try allowances.issue{gas: gas_}(address(wallet), allowance, 1, REF) {
                held = allowances.balanceOf(account, a);
                assertEq(held, 0, "held for want of gas");
            } catch {
                ++refused;
            }
        }
        assertGt(refused, 0);
        assertGt(allowances.balanceOf(address(wallet), a), 0);
    }

    function test_forcedTransfer_isNotStoppedByTheReceiver() public {
        vm.prank(officer);
        allowances.forcedTransferByOrder(alice, address(wallet), allowance, 30, REASON);
        assertEq(allowances.balanceOf(account, a), 30);
        assertEq(allowances.balanceOf(alice, a), 970);
    }

    function test_forcedTransfer_reachesWhatIsHeld() public {
        _issue(address(wallet), 50);
        vm.prank(officer);
        allowances.forcedTransferByOrder(account, bob, allowance, 20, REASON);
        assertEq(allowances.balanceOf(bob, a), 20);
        assertEq(allowances.balanceOf(account, a), 30);
    }

    function test_forcedTransfer_toTheHeldAccountOfNoParticipantReverts() public {
        address nowhere = HeldAccounts.accountOf(ParticipantId.wrap(9999));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, nowhere));
        credits.forcedTransferByOrder(dora, nowhere, credit, 30, REASON);
    }

    function test_forcedTransfer_toNoAddressReverts() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        allowances.forcedTransferByOrder(alice, address(0), allowance, 30, REASON);
    }

    /// @dev By the jurisdiction of the participant they are held for.
    function test_freeze_ofWhatIsHeldIsForAnOfficeOfItsJurisdiction() public {
        _issue(address(wallet), 50);
        _freeze(account, 20);
        assertEq(allowances.freeOf(account, allowance), 30);
        vm.prank(stranger);
        vm.expectRevert();
        allowances.setFrozenTokens(account, a, 0);
    }

    /* A FREEZE GOES WITH THEM */

    function test_refusal_doesNotLeaveAFreezeBehind() public {
        _freeze(address(wallet), 40); // on a wallet without units: it holds what comes
        _issue(address(wallet), 50);
        assertEq(allowances.getFrozenTokens(account, a), 40);
        assertEq(allowances.getFrozenTokens(address(wallet), a), 0);
        assertEq(allowances.freeOf(account, allowance), 10);

        vm.prank(accepting);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, account, a, 11, 10)
        );
        allowances.claim(allowance, 11, accepting);
    }

    /// @dev Else a holder would free what an authority froze there, by refusing a frozen unit more.
    function test_refusal_addsToTheFreezeOfWhatIsHeldAlready() public {
        _issue(address(wallet), 50);
        _freeze(account, 30);
        _freeze(address(wallet), 40);
        _issue(address(wallet), 10);
        assertEq(allowances.getFrozenTokens(account, a), 40);
        assertEq(allowances.getFrozenTokens(address(wallet), a), 30);
        assertEq(allowances.freeOf(account, allowance), 20);
    }

    /// @dev What the freeze holds beyond the refused units stays on the wallet for what comes next.
    function testFuzz_refusal_keepsTheSumOfFreezes(uint256 before, uint256 frozen, uint256 amount) public {
        (before, frozen, amount) = (bound(before, 0, 100), bound(frozen, 0, 300), bound(amount, 1, 100));
        wallet.set(RefusingWallet.Mood.Accept);
        if (before != 0) _issue(address(wallet), before);
        _freeze(address(wallet), frozen);
        wallet.set(RefusingWallet.Mood.Garbage);
        _issue(address(wallet), amount);

        uint256 onWallet = allowances.getFrozenTokens(address(wallet), a);
        uint256 onHeld = allowances.getFrozenTokens(account, a);
        assertEq(onWallet + onHeld, frozen);
        assertEq(allowances.balanceOf(address(wallet), a), before);
        assertLe(onHeld, amount);
        // No unit is freed that would have been frozen on the wallet.
        uint256 free = frozen < before + amount ? before + amount - frozen : 0;
        assertEq(allowances.freeOf(address(wallet), allowance) + allowances.freeOf(account, allowance), free);
    }

    /* CLAIM */

    function test_claim_bringsThemToAnAcceptingWallet() public {
        _issue(address(wallet), 50);
        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(accepting, account, accepting, a, 20);
        vm.expectEmit(address(allowances));
        emit IUnit1155.HeldUnitsClaimed(gamma, allowance, accepting, 20);
        vm.prank(accepting);
        allowances.claim(allowance, 20, accepting);
        assertEq(allowances.balanceOf(accepting, a), 20);
        assertEq(allowances.balanceOf(account, a), 30);
    }

    function test_claim_followsTheStandard() public {
        _issue(address(wallet), 50);
        vm.prank(accepting);
        vm.expectRevert("units refused");
        allowances.claim(allowance, 20, address(wallet));
    }

    function test_claim_isForAWalletOfItsOwnOnly() public {
        _issue(address(wallet), 50);
        vm.prank(accepting);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotClaimant.selector, accepting, alice));
        allowances.claim(allowance, 20, alice);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotClaimant.selector, alice, accepting));
        allowances.claim(allowance, 20, accepting);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotClaimant.selector, stranger, stranger));
        allowances.claim(allowance, 20, stranger);
    }

    function test_claim_needsTheRightToWithdraw() public {
        _issue(address(wallet), 50);
        wallet.act(address(participants), abi.encodeCall(participants.setRights, (accepting, WalletRights.SURRENDER)));
        vm.prank(accepting);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotClaimant.selector, accepting, accepting));
        allowances.claim(allowance, 20, accepting);
    }

    function test_claim_waitsForReinstatement() public {
        _issue(address(wallet), 50);
        _suspend(gamma);
        vm.prank(accepting);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotClaimant.selector, accepting, accepting));
        allowances.claim(allowance, 20, accepting);
        vm.prank(officer);
        participants.reinstate(gamma);
        vm.prank(accepting);
        allowances.claim(allowance, 20, accepting);
    }

    function test_claim_revertsBeyondWhatIsHeld() public {
        _issue(address(wallet), 50);
        vm.prank(accepting);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, account, 50, 51, a));
        allowances.claim(allowance, 51, accepting);
    }

    function test_claim_ofALockedBatchWaits() public {
        vm.prank(officer);
        credits.forcedTransferByOrder(dora, address(wallet), credit, 70, REASON);
        assertEq(credits.balanceOf(account, c), 70);
        vm.prank(officer);
        batchDesk.setLocked(credit, true, REASON);
        vm.prank(accepting);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, accepting, accepting, c, 70)
        );
        credits.claim(credit, 70, accepting);
        vm.prank(officer);
        batchDesk.setLocked(credit, false, REASON);
        vm.prank(accepting);
        credits.claim(credit, 70, accepting);
        assertEq(credits.balanceOf(accepting, c), 70);
    }

    /* EXITS */

    function test_exit_reachesWhatIsHeldByEveryForcedKind() public {
        _issue(address(wallet), 50);
        vm.startPrank(ender);
        allowances.exit(account, allowance, 10, Exit.ClawedBack, REF);
        allowances.exit(account, allowance, 10, Exit.Expired, REF);
        assertEq(allowances.exitFree(account, allowance, 100, Exit.ClawedBack, REF), 30);
        vm.stopPrank();
        assertEq(allowances.balanceOf(account, a), 0);
    }

    /// @dev To retire, cancel or bank them the participant claims them first.
    function test_exit_byChoiceIsForWalletsOnly() public {
        _issue(address(wallet), 50);
        vm.prank(ender);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotSend.selector, account));
        allowances.exit(account, allowance, 10, Exit.Retired, REF);
    }

    function test_surrender_drawsOnWhatIsHeld() public {
        wallet.set(RefusingWallet.Mood.Accept);
        _issue(address(wallet), 20);
        wallet.set(RefusingWallet.Mood.Revert);
        _issue(address(wallet), 50);
        vm.expectEmit(address(allowances));
        emit IUnit1155.HeldUnitsClaimed(gamma, allowance, address(wallet), 40);
        vm.prank(ender);
        allowances.exit(address(wallet), allowance, 60, Exit.Surrendered, REF);
        assertEq(allowances.balanceOf(account, a), 10);
        assertEq(allowances.balanceOf(address(wallet), a), 0);
        assertEq(allowances.exitedOf(allowance, Exit.Surrendered), 60);
    }

    function test_surrender_drawsOnFreeUnitsOnly() public {
        _issue(address(wallet), 50);
        _freeze(account, 20);
        vm.prank(ender);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, address(wallet), 0, 31, a)
        );
        allowances.exit(address(wallet), allowance, 31, Exit.Surrendered, REF);
        vm.prank(ender);
        allowances.exit(address(wallet), allowance, 30, Exit.Surrendered, REF);
    }

    function test_surrender_drawsOnNothingHeldForAnother() public {
        _issue(address(wallet), 50);
        vm.prank(ender);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, bob, 0, 10, a));
        allowances.exit(bob, allowance, 10, Exit.Surrendered, REF);
    }

    function test_otherExits_doNotDrawOnWhatIsHeld() public {
        _issue(address(wallet), 50);
        vm.prank(ender);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, address(wallet), 0, 10, a)
        );
        allowances.exit(address(wallet), allowance, 10, Exit.BankedAway, REF);
    }

    /* ISSUE OF CREDITS */

    function test_issue_toASuspendedDeveloperIsHeld() public {
        _report(7, 100, 0);
        _suspend(developer);
        vm.prank(officer);
        UnitId id = issuance.issueFromReport(7);
        assertEq(credits.balanceOf(HeldAccounts.accountOf(developer), UnitId.unwrap(id)), 100);
        vm.prank(officer);
        participants.reinstate(developer);
        vm.prank(dora);
        credits.claim(id, 100, dora);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 100);
    }
}
