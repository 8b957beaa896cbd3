// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC7572} from "../../interfaces/standards/IERC7572.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ReceiverStub} from "./Stubs.sol";
import {ERC1155Case} from "./ERC1155Case.sol";

/// @dev What ERC-1155 promises, told once and asked of every unit contract; of batches in {ERC1155BatchBehaviour}.
abstract contract ERC1155Behaviour is ERC1155Case {
    /* balanceOf */

    function test_balanceOf_isZeroForOneWhoNeverHeld() public view {
        assertEq(token.balanceOf(stranger, id), 0);
    }

    function test_balanceOf_isZeroForTheZeroAddress() public view {
        assertEq(token.balanceOf(address(0), id), 0);
    }

    function test_balanceOf_isWhatWasGiven() public view {
        assertEq(token.balanceOf(holder, id), HELD);
    }

    function test_balanceOf_keepsIdsApart() public view {
        assertEq(token.balanceOf(holder, id2), HELD2);
        assertEq(token.balanceOf(holder, id ^ 1 << 40), 0);
    }

    /* setApprovalForAll */

    function test_setApprovalForAll_approves() public {
        assertFalse(token.isApprovedForAll(holder, operator));
        _approve(true);
        assertTrue(token.isApprovedForAll(holder, operator));
    }

    function test_setApprovalForAll_emits() public {
        vm.expectEmit(address(token));
        emit IERC1155.ApprovalForAll(holder, operator, true);
        _approve(true);
    }

    function test_setApprovalForAll_revokes() public {
        _approve(true);
        vm.expectEmit(address(token));
        emit IERC1155.ApprovalForAll(holder, operator, false);
        _approve(false);
        assertFalse(token.isApprovedForAll(holder, operator));
    }

    function test_setApprovalForAll_canBeRepeated() public {
        _approve(true);
        _approve(true);
        assertTrue(token.isApprovedForAll(holder, operator));
    }

    function test_setApprovalForAll_isPerOwner() public {
        _approve(true);
        assertFalse(token.isApprovedForAll(other, operator));
    }

    function test_setApprovalForAll_isPerOperator() public {
        _approve(true);
        assertFalse(token.isApprovedForAll(holder, stranger));
    }

    function test_setApprovalForAll_isNotMutual() public {
        _approve(true);
        assertFalse(token.isApprovedForAll(operator, holder));
    }

    function test_setApprovalForAll_takesOneself() public {
        vm.prank(holder);
        token.setApprovalForAll(holder, true);
        assertTrue(token.isApprovedForAll(holder, holder));
    }

    function test_setApprovalForAll_revertsForTheZeroAddress() public {
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidOperator.selector, address(0)));
        token.setApprovalForAll(address(0), true);
    }

    /* safeTransferFrom */

    function testFuzz_safeTransferFrom_moves(uint256 amount) public {
        amount = bound(amount, 0, HELD);
        _send(holder, holder, other, amount);
        assertEq(token.balanceOf(holder, id), HELD - amount);
        assertEq(token.balanceOf(other, id), amount);
    }

    function test_safeTransferFrom_emits() public {
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(holder, holder, other, id, 10);
        _send(holder, holder, other, 10);
    }

    function test_safeTransferFrom_movesEverything() public {
        _send(holder, holder, other, HELD);
        assertEq(token.balanceOf(holder, id), 0);
    }

    function test_safeTransferFrom_movesNothingAndSaysSo() public {
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(holder, holder, other, id, 0);
        _send(holder, holder, other, 0);
        assertEq(token.balanceOf(holder, id), HELD);
    }

    function test_safeTransferFrom_leavesOtherIdsAlone() public {
        _send(holder, holder, other, 10);
        assertEq(token.balanceOf(holder, id2), HELD2);
        assertEq(token.balanceOf(other, id2), 0);
    }

    function test_safeTransferFrom_addsToWhatWasThere() public {
        _send(holder, holder, other, 10);
        _send(holder, holder, other, 7);
        assertEq(token.balanceOf(other, id), 17);
    }

    function test_safeTransferFrom_goesBack() public {
        _send(holder, holder, other, 10);
        _send(other, other, holder, 10);
        assertEq(token.balanceOf(holder, id), HELD);
    }

    function test_safeTransferFrom_toOneselfChangesNothing() public {
        _send(holder, holder, holder, HELD);
        assertEq(token.balanceOf(holder, id), HELD);
    }

    function test_safeTransferFrom_toOneselfRevertsBeyondTheBalance() public {
        _expectInsufficient(holder, HELD, HELD + 1, id);
        _send(holder, holder, holder, HELD + 1);
    }

    function test_safeTransferFrom_revertsBeyondTheBalance() public {
        _expectInsufficient(holder, HELD, HELD + 1, id);
        _send(holder, holder, other, HELD + 1);
    }

    function test_safeTransferFrom_revertsForTheLargestNumber() public {
        _expectInsufficient(holder, HELD, type(uint256).max, id);
        _send(holder, holder, other, type(uint256).max);
    }

    function test_safeTransferFrom_revertsWithoutBalance() public {
        _expectInsufficient(other, 0, 1, id);
        _send(other, other, holder, 1);
    }

    function test_safeTransferFrom_revertsToTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        _send(holder, holder, address(0), 1);
    }

    function test_safeTransferFrom_revertsFromTheZeroAddress() public {
        vm.prank(address(0));
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidSender.selector, address(0)));
        token.safeTransferFrom(address(0), other, id, 1, "");
    }

    function test_safeTransferFrom_takesAnApprovedOperator() public {
        _approve(true);
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(operator, holder, other, id, 10);
        _send(operator, holder, other, 10);
        assertEq(token.balanceOf(other, id), 10);
    }

    function test_safeTransferFrom_doesNotUseAnApprovalUp() public {
        _approve(true);
        _send(operator, holder, other, 10);
        assertTrue(token.isApprovedForAll(holder, operator));
    }

    function test_safeTransferFrom_leavesTheOperatorsBalanceAlone() public {
        _approve(true);
        _send(operator, holder, other, 10);
        assertEq(token.balanceOf(operator, id), 0);
    }

    function test_safeTransferFrom_revertsForOneNotApproved() public {
        _expectMissingApproval(operator, holder);
        _send(operator, holder, other, 1);
    }

    function test_safeTransferFrom_revertsForOneNotApprovedEvenForNothing() public {
        _expectMissingApproval(operator, holder);
        _send(operator, holder, other, 0);
    }

    function test_safeTransferFrom_revertsForARevokedOperator() public {
        _approve(true);
        _approve(false);
        _expectMissingApproval(operator, holder);
        _send(operator, holder, other, 1);
    }

    function test_safeTransferFrom_revertsForAnotherWalletOfTheSameParticipant() public {
        _expectMissingApproval(other, holder);
        _send(other, holder, other, 1);
    }

    function test_safeTransferFrom_revertsForThePresentOwnerWhenTakingFromAnother() public {
        _send(holder, holder, other, 5);
        _expectMissingApproval(holder, other);
        _send(holder, other, holder, 5);
    }

    function test_safeTransferFrom_callsTheHook() public {
        vm.prank(holder);
        token.safeTransferFrom(holder, address(receiver), id, 10, DATA);
        assertEq(receiver.calls(), 1);
        assertEq(receiver.operator(), holder);
        assertEq(receiver.from(), holder);
        assertEq(receiver.ids(0), id);
        assertEq(receiver.values(0), 10);
        assertEq(receiver.data(), DATA);
    }

    function test_safeTransferFrom_namesTheOperatorToTheHook() public {
        _approve(true);
        _send(operator, holder, address(receiver), 10);
        assertEq(receiver.operator(), operator);
        assertEq(receiver.from(), holder);
    }

    function test_safeTransferFrom_callsTheHookForNothing() public {
        _send(holder, holder, address(receiver), 0);
        assertEq(receiver.calls(), 1);
    }

    function test_safeTransferFrom_hasMovedBeforeTheHook() public {
        _send(holder, holder, address(receiver), 10);
        assertEq(receiver.balanceSeen(), 10);
        assertEq(receiver.senderBalanceSeen(), HELD - 10);
    }

    function test_safeTransferFrom_callsNoHookOfOneWithoutCode() public {
        _send(holder, holder, other, 10);
        assertEq(receiver.calls(), 0);
    }

    function test_safeTransferFrom_revertsWhenTheHookAnswersAnotherValue() public {
        receiver.set(ReceiverStub.Answer.WrongValue);
        _expectInvalidReceiver(address(receiver));
        _send(holder, holder, address(receiver), 1);
    }

    function test_safeTransferFrom_revertsWhenTheHookRevertsWithoutAWord() public {
        receiver.set(ReceiverStub.Answer.RevertEmpty);
        _expectInvalidReceiver(address(receiver));
        _send(holder, holder, address(receiver), 1);
    }

    function test_safeTransferFrom_passesTheHooksReasonOn() public {
        receiver.set(ReceiverStub.Answer.RevertReason);
        vm.expectRevert("receiver: no");
        _send(holder, holder, address(receiver), 1);
    }

    function test_safeTransferFrom_passesTheHooksErrorOn() public {
        receiver.set(ReceiverStub.Answer.RevertCustom);
        vm.expectRevert(abi.encodeWithSelector(ReceiverStub.ReceiverSaysNo.selector, 7));
        _send(holder, holder, address(receiver), 1);
    }

    function test_safeTransferFrom_passesTheHooksPanicOn() public {
        receiver.set(ReceiverStub.Answer.Panic);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 1));
        _send(holder, holder, address(receiver), 1);
    }

    function test_safeTransferFrom_revertsForAContractWithoutTheHook() public {
        _expectInvalidReceiver(address(deaf));
        _send(holder, holder, address(deaf), 1);
    }

    function test_safeTransferFrom_leavesNoTraceWhenTheHookRefuses() public {
        receiver.set(ReceiverStub.Answer.WrongValue);
        vm.prank(holder);
        try token.safeTransferFrom(holder, address(receiver), id, 1, "") {
            fail("accepted");
        } catch {}
        assertEq(token.balanceOf(holder, id), HELD);
        assertEq(token.balanceOf(address(receiver), id), 0);
    }

    function test_safeTransferFrom_cannotBeSpentAgainFromTheHook() public {
        receiver.set(ReceiverStub.Answer.SpendAgain);
        vm.prank(holder);
        token.setApprovalForAll(address(receiver), true);
        // The hook takes 600 again where 400 are left.
        _expectInsufficient(holder, 400, 600, id);
        _send(holder, holder, address(receiver), 600);
    }

    /* coming and going */

    function test_give_addsToTheBalance() public {
        uint256 before = token.balanceOf(other, id);
        _give(other, 12);
        assertEq(token.balanceOf(other, id), before + 12);
    }

    function testFuzz_safeTransferFrom_keepsTheSum(uint256 amount, uint256 back) public {
        amount = bound(amount, 0, HELD);
        back = bound(back, 0, amount);
        _send(holder, holder, other, amount);
        _send(other, other, address(receiver), back);
        assertEq(
            token.balanceOf(holder, id) + token.balanceOf(other, id) + token.balanceOf(address(receiver), id), HELD
        );
    }

    /* ERC-165, metadata */

    function test_supportsInterface_ofERC165() public view {
        assertTrue(token.supportsInterface(type(IERC165).interfaceId));
    }

    function test_supportsInterface_ofERC1155() public view {
        assertTrue(token.supportsInterface(0xd9b67a26));
        assertEq(bytes32(type(IERC1155).interfaceId), bytes32(bytes4(0xd9b67a26)));
    }

    function test_supportsInterface_ofMetadata() public view {
        assertTrue(token.supportsInterface(type(IERC1155MetadataURI).interfaceId));
    }

    function test_supportsInterface_ofERC7943() public view {
        assertTrue(token.supportsInterface(0x41c4fbad));
    }

    function test_supportsInterface_notOfNothing() public view {
        assertFalse(token.supportsInterface(0xffffffff));
    }

    function test_supportsInterface_notOfTheReceiver() public view {
        assertFalse(token.supportsInterface(type(IERC1155Receiver).interfaceId));
    }

    function test_supportsInterface_isCheap() public view {
        uint256 before = gasleft();
        token.supportsInterface(0x41c4fbad);
        assertLt(before - gasleft(), 30_000);
    }

    function test_uri_isTheRenderersData() public view {
        assertEq(token.uri(id), renderer.uri(token, UnitId.wrap(id)));
    }

    function test_contractURI_isTheRenderersData() public view {
        assertEq(IERC7572(address(token)).contractURI(), renderer.contractURI(token));
    }

    function test_uri_revertsForAnotherClass() public {
        uint256 foreign = id + (uint256(7) << 96);
        vm.expectRevert(
            abi.encodeWithSelector(IUnit1155.UnitWrongClass.selector, UnitId.wrap(foreign), token.unitClass())
        );
        token.uri(foreign);
    }
}
