// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {UnitId} from "../../interfaces/Ids.sol";
import {WalletRights} from "../../interfaces/IParticipants.sol";
import {IUnit1155} from "../../interfaces/IUnit1155.sol";
import {DeafStub, ReceiverStub} from "./Stubs.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev What ERC-1155 promises, told once and asked of every unit contract. `holder`, `other` and the two receivers are
/// wallets of one participant, so that every custody rule lets them deal.
abstract contract ERC1155Behaviour is UnitsBase {
    IUnit1155 internal token;
    uint256 internal id;
    uint256 internal id2;
    address internal holder;
    address internal other = makeAddr("other");
    address internal operator = makeAddr("operator");
    ReceiverStub internal receiver;
    DeafStub internal deaf;

    uint256 internal constant HELD = 1000;
    uint256 internal constant HELD2 = 500;
    uint256 internal constant MANY = 200;
    bytes internal constant DATA = hex"c0ffee";

    /// @dev Sets `token`, `id`, `id2` and `holder`, and gives `holder` HELD and HELD2 of them.
    function _prepare() internal virtual;

    /// @dev Another amount of `id` to `to`, however the class brings units into being.
    function _give(address to, uint256 amount) internal virtual;

    function setUp() public override {
        super.setUp();
        _prepare();
        receiver = new ReceiverStub();
        deaf = new DeafStub();
        _addWallet(holder, other, WalletRights.ALL);
        _addWallet(holder, address(receiver), WalletRights.ALL);
        _addWallet(holder, address(deaf), WalletRights.ALL);
    }

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

    function test_uri_isDataBuiltFromTheId() public view {
        bytes memory uri = bytes(token.uri(id));
        assertGt(uri.length, 60);
        bytes memory head = "data:application/json;utf8,";
        for (uint256 i = 0; i < head.length; ++i) {
            assertEq(bytes32(uri[i]), bytes32(head[i]));
        }
    }

    function test_uri_revertsForAnotherClass() public {
        uint256 foreign = id + (uint256(7) << 96);
        vm.expectRevert(
            abi.encodeWithSelector(IUnit1155.UnitWrongClass.selector, UnitId.wrap(foreign), token.unitClass())
        );
        token.uri(foreign);
    }

    /* helpers */

    function _approve(bool approved) internal {
        vm.prank(holder);
        token.setApprovalForAll(operator, approved);
    }

    function _send(address by, address from, address to, uint256 amount) internal {
        vm.prank(by);
        token.safeTransferFrom(from, to, id, amount, "");
    }

    function _sendBatch(address by, address from, address to, uint256[] memory ids, uint256[] memory values) internal {
        vm.prank(by);
        token.safeBatchTransferFrom(from, to, ids, values, "");
    }

    function _expectInsufficient(address account, uint256 balance, uint256 needed, uint256 id_) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, account, balance, needed, id_)
        );
    }

    function _expectMissingApproval(address by, address owner) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, by, owner));
    }

    function _expectInvalidReceiver(address to) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, to));
    }

    function _repeat(uint256 count) internal view returns (uint256[] memory ids, uint256[] memory values) {
        ids = new uint256[](count);
        values = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            (ids[i], values[i]) = (id, 1);
        }
    }

    function _one(uint256 a) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }

    function _two(uint256 a, uint256 b) internal pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }

    function _one(address a) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _two(address a, address b) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }
}
