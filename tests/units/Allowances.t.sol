// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ReceiverStub, SparingReceiver} from "./Stubs.sol";
import {UnitsBase} from "./UnitsBase.sol";

contract AllowancesTest is UnitsBase {
    uint256 internal constant MOST = 2 ** 42 - 1;

    function test_issue_creditsAndSaysSo() public {
        vm.expectEmit(address(allowances));
        emit IERC1155.TransferSingle(controller, address(0), alice, UnitId.unwrap(allowance), 5);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsIssued(allowance, REF, 5, 1);
        _issue(alice, 5);
        assertEq(allowances.balanceOf(alice, UnitId.unwrap(allowance)), 5);
        assertEq(allowances.issuedOf(allowance), 5);
        assertEq(allowances.totalSupply(allowance), 5);
    }

    function test_issue_revertsForOneWhoMayNotIssue() public {
        allowances.setController(controller, EXIT | FORCE);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, controller, ISSUE));
        _issue(alice, 5);
    }

    function test_issue_revertsForTheAdministrator() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, address(this), ISSUE));
        allowances.issue(alice, allowance, 5, REF);
    }

    function test_issue_revertsBeforeDisclosure() public {
        UnitId later = _id(1, VINTAGE + 2, 0);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, SCHEME, VINTAGE + 2));
        allowances.issue(alice, later, 5, REF);
    }

    function test_issue_revertsForAnotherClass() public {
        UnitId credit = _id(2, VINTAGE, 0);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitWrongClass.selector, credit, 1));
        allowances.issue(alice, credit, 5, REF);
    }

    function test_issue_revertsForAnIdWithBitsBeyondItsFields() public {
        UnitId odd = UnitId.wrap(UnitId.unwrap(allowance) | 1 << 104);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitWrongClass.selector, odd, 1));
        allowances.issue(alice, odd, 5, REF);
    }

    function test_issue_revertsForNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitZeroAmount.selector, allowance));
        _issue(alice, 0);
    }

    function test_issue_revertsToTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        _issue(address(0), 1);
    }

    function testFuzz_issue_staysWithin42Bits(uint256 first, uint256 second) public {
        first = bound(first, 1, MOST);
        second = bound(second, MOST - first + 1, type(uint256).max);
        _issue(alice, first);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitAmountTooLarge.selector, allowance, second));
        _issue(bob, second);
    }

    function test_issue_reachesASuspendedParticipant() public {
        _suspend(alpha);
        _issue(alice, 5);
        assertEq(allowances.balanceOf(alice, UnitId.unwrap(allowance)), 5);
    }

    function test_issue_callsTheHook() public {
        SparingReceiver receiver = new SparingReceiver();
        vm.expectCall(
            address(receiver),
            abi.encodeCall(receiver.onERC1155Received, (controller, address(0), UnitId.unwrap(allowance), 5, ""))
        );
        _issue(address(receiver), 5);
        assertEq(receiver.balanceSeen(), 5);
    }

    function testFuzz_issueBatch_creditsEach(uint64[8] memory amounts) public {
        (ParticipantId[] memory to, uint256[] memory list) = _batchOf(8, 0);
        uint256 total = 0;
        uint256 recipients = 0;
        for (uint256 i = 0; i < 8; ++i) {
            list[i] = amounts[i] >> 25; // eight of them fit 42 bits
            total += list[i];
            if (list[i] != 0) ++recipients;
        }
        vm.assume(total != 0);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsIssued(allowance, REF, total, recipients);
        vm.prank(controller);
        allowances.issueBatch(to, allowance, list, REF);
        for (uint256 i = 0; i < 8; ++i) {
            assertEq(allowances.balanceOf(_wallet(i), UnitId.unwrap(allowance)), list[i]);
        }
        assertEq(allowances.issuedOf(allowance), total);
    }

    function test_issueBatch_creditsOneRecipientTwice() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 7);
        (to[0], to[1]) = (alpha, alpha);
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        assertEq(allowances.balanceOf(alice, UnitId.unwrap(allowance)), 14);
    }

    function test_issueBatch_revertsForOneWhoMayNotIssue() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 7);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, address(this), ISSUE));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_revertsBeforeDisclosure() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 7);
        UnitId later = _id(1, VINTAGE + 2, 0);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, SCHEME, VINTAGE + 2));
        allowances.issueBatch(to, later, amounts, REF);
    }

    function test_issueBatch_revertsForUnequalLengths() public {
        (ParticipantId[] memory to,) = _batchOf(2, 7);
        uint256[] memory amounts = new uint256[](3);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitLengthMismatch.selector, 2, 3));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_revertsForTooManyItems() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = (new ParticipantId[](201), new uint256[](201));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, 201, 200));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_revertsForNothing() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 0);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitZeroAmount.selector, allowance));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_revertsToNobody() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 7);
        to[1] = ParticipantId.wrap(999);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_revertsBeyond42Bits() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, MOST);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitAmountTooLarge.selector, allowance, 2 * MOST));
        allowances.issueBatch(to, allowance, amounts, REF);
    }

    function test_issueBatch_callsTheHooksWhenAllIsDone() public {
        SparingReceiver receiver = new SparingReceiver();
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(3, 7);
        to[0] = to[2] = _register(address(receiver));
        vm.expectCall(address(receiver), abi.encodePacked(receiver.onERC1155Received.selector), 2);
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        assertEq(receiver.balanceSeen(), 14);
    }

    /// @dev Who registers after the id began may hold something already; so may nobody who had his seat before.
    function test_issueBatch_creditsAWalletWhoseSeatIsYounger() public {
        _issue(stranger, 5);
        (ParticipantId[] memory to, uint256[] memory amounts) = _batchOf(2, 7);
        to[1] = _register(stranger);
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        assertEq(allowances.balanceOf(_wallet(0), UnitId.unwrap(allowance)), 7);
        assertEq(allowances.balanceOf(stranger, UnitId.unwrap(allowance)), 12);
    }

    /* EXIT OF WHAT IS FREE */

    function testFuzz_exitFree_takesWhatIsFreeAndNoMore(uint256 frozen, uint256 most) public {
        _issue(alice, 100);
        frozen = bound(frozen, 0, 200);
        vm.prank(officer);
        allowances.setFrozenTokens(alice, UnitId.unwrap(allowance), frozen);
        uint256 free = frozen < 100 ? 100 - frozen : 0;
        uint256 expected = most < free ? most : free;

        vm.prank(controller);
        assertEq(allowances.exitFree(alice, allowance, most, Exit.ClawedBack, REF), expected);
        assertEq(allowances.balanceOf(alice, UnitId.unwrap(allowance)), 100 - expected);
        assertEq(allowances.getFrozenTokens(alice, UnitId.unwrap(allowance)), frozen);
        assertEq(allowances.exitedOf(allowance, Exit.ClawedBack), expected);
    }

    function test_exitFree_isForControllersThatExit() public {
        _issue(alice, 100);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, address(this), EXIT));
        allowances.exitFree(alice, allowance, 1, Exit.ClawedBack, REF);
        allowances.setController(address(this), EXIT | 1 << (8 + uint256(Exit.Surrendered)));
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, address(this), EXIT));
        allowances.exitFree(alice, allowance, 1, Exit.ClawedBack, REF);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        allowances.exitFree(address(venue), allowance, 1, Exit.Surrendered, REF);
    }

    /// @dev As many new participants, and as much for each.
    function _batchOf(uint256 count, uint256 amount)
        internal
        returns (ParticipantId[] memory to, uint256[] memory amounts)
    {
        to = new ParticipantId[](count);
        amounts = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            (to[i], amounts[i]) = (_register(_wallet(i)), amount);
        }
    }

    function _wallet(uint256 i) internal pure returns (address) {
        return address(uint160(1000 + i));
    }

    /* PAUSE */

    function test_aPause_stopsIssueAndNoTransfer() public {
        _issue(alice, 5);
        allowances.setController(controller, ISSUE);
        IPausable(address(allowances)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        _issue(alice, 5);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        _issue(alice, 5);
        assertEq(allowances.balanceOf(alice, UnitId.unwrap(allowance)), 10);
    }

    /// @dev Most issuers end units too, which is no way around a pause: banking alone goes on.
    function test_aPause_stopsEveryIssuerButThatOfBanking() public {
        IPausable(address(allowances)).pause(1 days);
        for (uint256 kind = 1; kind <= uint256(type(Exit).max); ++kind) {
            allowances.setController(controller, ISSUE | EXIT | 1 << (8 + kind));
            if (kind != uint256(Exit.BankedAway)) {
                vm.expectRevert(
                    abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days)
                );
            }
            _issue(alice, 5);
        }
        assertEq(allowances.issuedOf(allowance), 5);
    }

    /// @dev A right to every exit would name banking without a word of it.
    function test_aPause_stopsAnIssuerThatMayEndUnitsInAnyWay() public {
        allowances.setController(controller, ISSUE | EXIT);
        IPausable(address(allowances)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        _issue(alice, 5);
    }
}
