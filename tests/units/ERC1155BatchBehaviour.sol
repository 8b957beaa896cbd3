// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ReceiverStub} from "./Stubs.sol";
import {ERC1155Case} from "./ERC1155Case.sol";

/// @dev What ERC-1155 promises of batches.
abstract contract ERC1155BatchBehaviour is ERC1155Case {
    /* balanceOfBatch */

    function test_balanceOfBatch_revertsWhenThereAreMoreAccounts() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 1, 2));
        token.balanceOfBatch(_two(holder, other), _one(id));
    }

    function test_balanceOfBatch_revertsWhenThereAreMoreIds() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 2, 1));
        token.balanceOfBatch(_one(holder), _two(id, id2));
    }

    function test_balanceOfBatch_keepsTheOrder() public view {
        uint256[] memory balances = token.balanceOfBatch(_two(holder, other), _two(id2, id));
        assertEq(balances[0], HELD2);
        assertEq(balances[1], 0);
    }

    function test_balanceOfBatch_answersTheSameAccountTwice() public view {
        uint256[] memory balances = token.balanceOfBatch(_two(holder, holder), _two(id, id2));
        assertEq(balances[0], HELD);
        assertEq(balances[1], HELD2);
    }

    function test_balanceOfBatch_answersNothingWithNothing() public view {
        assertEq(token.balanceOfBatch(new address[](0), new uint256[](0)).length, 0);
    }

    function test_balanceOfBatch_takesTheZeroAddress() public view {
        assertEq(token.balanceOfBatch(_one(address(0)), _one(id))[0], 0);
    }

    /* safeBatchTransferFrom */

    function testFuzz_safeBatchTransferFrom_moves(uint256 a, uint256 b) public {
        a = bound(a, 0, HELD);
        b = bound(b, 0, HELD2);
        _sendBatch(holder, holder, other, _two(id, id2), _two(a, b));
        assertEq(token.balanceOf(holder, id), HELD - a);
        assertEq(token.balanceOf(holder, id2), HELD2 - b);
        assertEq(token.balanceOf(other, id), a);
        assertEq(token.balanceOf(other, id2), b);
    }

    function test_safeBatchTransferFrom_emits() public {
        vm.expectEmit(address(token));
        emit IERC1155.TransferBatch(holder, holder, other, _two(id, id2), _two(uint256(3), uint256(4)));
        _sendBatch(holder, holder, other, _two(id, id2), _two(uint256(3), uint256(4)));
    }

    function test_safeBatchTransferFrom_movesNothingOfNothing() public {
        uint256[] memory none = new uint256[](0);
        vm.expectEmit(address(token));
        emit IERC1155.TransferBatch(holder, holder, other, none, none);
        _sendBatch(holder, holder, other, none, none);
    }

    function test_safeBatchTransferFrom_movesZeroAmounts() public {
        _sendBatch(holder, holder, other, _two(id, id2), _two(uint256(0), uint256(0)));
        assertEq(token.balanceOf(holder, id), HELD);
    }

    function test_safeBatchTransferFrom_addsUpRepeatedIds() public {
        _sendBatch(holder, holder, other, _two(id, id), _two(uint256(30), uint256(40)));
        assertEq(token.balanceOf(other, id), 70);
        assertEq(token.balanceOf(holder, id), HELD - 70);
    }

    function test_safeBatchTransferFrom_revertsWhenRepeatedIdsExceedTheBalance() public {
        _expectInsufficient(holder, HELD - 600, 600, id);
        _sendBatch(holder, holder, other, _two(id, id), _two(uint256(600), uint256(600)));
    }

    function test_safeBatchTransferFrom_toOneselfChangesNothing() public {
        _sendBatch(holder, holder, holder, _two(id, id2), _two(HELD, HELD2));
        assertEq(token.balanceOf(holder, id), HELD);
        assertEq(token.balanceOf(holder, id2), HELD2);
    }

    function test_safeBatchTransferFrom_movesAllOrNothing() public {
        vm.prank(holder);
        try token.safeBatchTransferFrom(holder, other, _two(id, id2), _two(uint256(1), HELD2 + 1), "") {
            fail("accepted");
        } catch {}
        assertEq(token.balanceOf(other, id), 0);
    }

    function test_safeBatchTransferFrom_revertsBeyondTheFirstBalance() public {
        _expectInsufficient(holder, HELD, HELD + 1, id);
        _sendBatch(holder, holder, other, _two(id, id2), _two(HELD + 1, uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsBeyondTheLastBalance() public {
        _expectInsufficient(holder, HELD2, HELD2 + 1, id2);
        _sendBatch(holder, holder, other, _two(id, id2), _two(uint256(1), HELD2 + 1));
    }

    function test_safeBatchTransferFrom_revertsWhenThereAreMoreIds() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 2, 1));
        _sendBatch(holder, holder, other, _two(id, id2), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsWhenThereAreMoreValues() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 1, 2));
        _sendBatch(holder, holder, other, _one(id), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsToTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        _sendBatch(holder, holder, address(0), _one(id), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsFromTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidSender.selector, address(0)));
        _sendBatch(address(0), address(0), other, _one(id), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_takesAnApprovedOperator() public {
        _approve(true);
        vm.expectEmit(address(token));
        emit IERC1155.TransferBatch(operator, holder, other, _one(id), _one(uint256(1)));
        _sendBatch(operator, holder, other, _one(id), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsForOneNotApproved() public {
        _expectMissingApproval(operator, holder);
        _sendBatch(operator, holder, other, _one(id), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsForOneNotApprovedEvenForNothing() public {
        _expectMissingApproval(operator, holder);
        _sendBatch(operator, holder, other, new uint256[](0), new uint256[](0));
    }

    function test_safeBatchTransferFrom_callsTheBatchHookOnce() public {
        vm.prank(holder);
        token.safeBatchTransferFrom(holder, address(receiver), _two(id, id2), _two(uint256(5), uint256(6)), DATA);
        assertEq(receiver.calls(), 1);
        assertEq(receiver.operator(), holder);
        assertEq(receiver.from(), holder);
        assertEq(receiver.ids(1), id2);
        assertEq(receiver.values(1), 6);
        assertEq(receiver.data(), DATA);
    }

    function test_safeBatchTransferFrom_callsTheBatchHookForOneItemToo() public {
        _sendBatch(holder, holder, address(receiver), _one(id), _one(uint256(1)));
        assertEq(receiver.calls(), 1);
        assertEq(receiver.values(0), 1);
    }

    function test_safeBatchTransferFrom_hasMovedEverythingBeforeTheHook() public {
        _sendBatch(holder, holder, address(receiver), _two(id, id), _two(uint256(5), uint256(6)));
        assertEq(receiver.balanceSeen(), 11);
    }

    function test_safeBatchTransferFrom_revertsWhenTheHookAnswersAnotherValue() public {
        receiver.set(ReceiverStub.Answer.WrongValue);
        _expectInvalidReceiver(address(receiver));
        _sendBatch(holder, holder, address(receiver), _two(id, id2), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsWhenTheHookRevertsWithoutAWord() public {
        receiver.set(ReceiverStub.Answer.RevertEmpty);
        _expectInvalidReceiver(address(receiver));
        _sendBatch(holder, holder, address(receiver), _two(id, id2), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_passesTheHooksReasonOn() public {
        receiver.set(ReceiverStub.Answer.RevertReason);
        vm.expectRevert("receiver: no");
        _sendBatch(holder, holder, address(receiver), _two(id, id2), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_passesTheHooksErrorOn() public {
        receiver.set(ReceiverStub.Answer.RevertCustom);
        vm.expectRevert(abi.encodeWithSelector(ReceiverStub.ReceiverSaysNo.selector, 7));
        _sendBatch(holder, holder, address(receiver), _two(id, id2), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_passesTheHooksPanicOn() public {
        receiver.set(ReceiverStub.Answer.Panic);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 1));
        _sendBatch(holder, holder, address(receiver), _two(id, id2), _two(uint256(1), uint256(1)));
    }

    function test_safeBatchTransferFrom_revertsForAContractWithoutTheHook() public {
        _expectInvalidReceiver(address(deaf));
        _sendBatch(holder, holder, address(deaf), _one(id), _one(uint256(1)));
    }

    function test_safeBatchTransferFrom_takesAsManyItemsAsAllowed() public {
        (uint256[] memory ids, uint256[] memory values) = _repeat(MANY);
        _sendBatch(holder, holder, other, ids, values);
        assertEq(token.balanceOf(other, id), MANY);
    }

    function test_safeBatchTransferFrom_revertsForMoreItems() public {
        (uint256[] memory ids, uint256[] memory values) = _repeat(MANY + 1);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, MANY + 1, MANY));
        _sendBatch(holder, holder, other, ids, values);
    }
}
