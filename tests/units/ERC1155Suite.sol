// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {ERC1155Case} from "./ERC1155Case.sol";
import {ReceiverStub} from "./Stubs.sol";

/// @dev Properties that Solady's ERC-1155 suite fuzzes, in own words, for every unit contract. Left out are its tests of
/// internal functions, of minting several ids in one call, which no class does, and of minting to a receiver that refuses:
/// a rule's issue holds the units (see HeldUnits.t.sol).
abstract contract ERC1155Suite is ERC1155Case {
    uint256 private constant REFUSALS = 3;

    /* ARRANGE */

    /// @dev An amount of each id within the holding, and an operator that may be the holder itself.
    function _amounts(uint256 a, uint256 b) private pure returns (uint256, uint256) {
        return (bound(a, 0, HELD), bound(b, 0, HELD2));
    }

    function _by(bool self) private returns (address by) {
        by = self ? holder : operator;
        if (!self) _approve(true);
    }

    function _refuse(uint256 how) private {
        ReceiverStub.Answer[REFUSALS] memory answers =
            [ReceiverStub.Answer.WrongValue, ReceiverStub.Answer.RevertEmpty, ReceiverStub.Answer.Panic];
        receiver.set(answers[how % REFUSALS]);
    }

    function _unchanged() private view {
        assertEq(token.balanceOf(holder, id), HELD);
        assertEq(token.balanceOf(holder, id2), HELD2);
    }

    /* ISSUE */

    function testFuzz_suite_anIssueArrivesWhole(uint256 amount) public {
        amount = bound(amount, 1, 100_000);
        _give(other, amount);
        assertEq(token.balanceOf(other, id), amount);
        _unchanged();
    }

    /* APPROVAL */

    function testFuzz_suite_approvalIsWhatWasSaidLast(address to, bool first, bool last) public {
        vm.assume(to != address(0));
        vm.startPrank(holder);
        token.setApprovalForAll(to, first);
        token.setApprovalForAll(to, last);
        vm.stopPrank();
        assertEq(token.isApprovedForAll(holder, to), last);
    }

    /* TRANSFER */

    function testFuzz_suite_transferToAnAccount(uint256 amount, bool self) public {
        (amount,) = _amounts(amount, 0);
        address by = _by(self);
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(by, holder, other, id, amount);
        _send(by, holder, other, amount);
        assertEq(token.balanceOf(other, id), amount);
        assertEq(token.balanceOf(holder, id), HELD - amount);
        assertEq(token.balanceOf(holder, id2), HELD2);
    }

    function testFuzz_suite_transferToAReceiver(uint256 amount, bool self, bytes memory data) public {
        (amount,) = _amounts(amount, 0);
        address by = _by(self);
        vm.prank(by);
        token.safeTransferFrom(holder, address(receiver), id, amount, data);
        assertEq(receiver.operator(), by);
        assertEq(receiver.from(), holder);
        assertEq(receiver.ids(0), id);
        assertEq(receiver.values(0), amount);
        assertEq(receiver.data(), data);
        assertEq(token.balanceOf(address(receiver), id), amount);
    }

    function testFuzz_suite_transferToOneself(uint256 amount, bool self) public {
        (amount,) = _amounts(amount, 0);
        _send(_by(self), holder, holder, amount);
        _unchanged();
    }

    function testFuzz_suite_transferBeyondTheBalanceReverts(uint256 amount, bool self, bool toOneself) public {
        amount = bound(amount, HELD + 1, type(uint256).max);
        address by = _by(self);
        _expectInsufficient(holder, HELD, amount, id);
        _send(by, holder, toOneself ? holder : other, amount);
    }

    function testFuzz_suite_transferToZeroReverts(uint256 amount, bool self) public {
        (amount,) = _amounts(amount, 0);
        address by = _by(self);
        _expectInvalidReceiver(address(0));
        _send(by, holder, address(0), amount);
    }

    function testFuzz_suite_transferWithoutApprovalReverts(uint256 amount, address by) public {
        vm.assume(by != holder && by != address(0));
        _expectMissingApproval(by, holder);
        _send(by, holder, other, amount);
    }

    function testFuzz_suite_transferToOneWithoutHooksReverts(uint256 amount, bool self) public {
        (amount,) = _amounts(amount, 0);
        address by = _by(self);
        _expectInvalidReceiver(address(deaf));
        _send(by, holder, address(deaf), amount);
    }

    function testFuzz_suite_transferToARefuserReverts(uint256 amount, uint256 how, bool self) public {
        (amount,) = _amounts(amount, 0);
        address by = _by(self);
        _refuse(how);
        vm.expectRevert();
        _send(by, holder, address(receiver), amount);
        _unchanged();
    }

    /* BATCHES */

    function testFuzz_suite_batchToAnAccount(uint256 a, uint256 b, bool self) public {
        (a, b) = _amounts(a, b);
        address by = _by(self);
        (uint256[] memory ids, uint256[] memory values) = (_two(id, id2), _two(a, b));
        vm.expectEmit(address(token));
        emit IERC1155.TransferBatch(by, holder, other, ids, values);
        _sendBatch(by, holder, other, ids, values);
        assertEq(token.balanceOf(other, id), a);
        assertEq(token.balanceOf(other, id2), b);
        assertEq(token.balanceOf(holder, id), HELD - a);
        assertEq(token.balanceOf(holder, id2), HELD2 - b);
    }

    function testFuzz_suite_batchToAReceiver(uint256 a, uint256 b, bool self, bytes memory data) public {
        (a, b) = _amounts(a, b);
        address by = _by(self);
        vm.prank(by);
        token.safeBatchTransferFrom(holder, address(receiver), _two(id, id2), _two(a, b), data);
        assertEq(receiver.calls(), 1);
        assertEq(receiver.operator(), by);
        assertEq(receiver.from(), holder);
        assertEq(receiver.ids(1), id2);
        assertEq(receiver.values(0), a);
        assertEq(receiver.values(1), b);
        assertEq(receiver.data(), data);
    }

    /// @dev One id many times in a batch is its sum.
    function testFuzz_suite_batchOfOneIdIsItsSum(uint256[8] memory parts) public {
        uint256[] memory ids = new uint256[](8);
        uint256[] memory values = new uint256[](8);
        uint256 sum = 0;
        for (uint256 i = 0; i < 8; ++i) {
            (ids[i], values[i]) = (id, bound(parts[i], 0, HELD / 8));
            sum += values[i];
        }
        _sendBatch(holder, holder, other, ids, values);
        assertEq(token.balanceOf(other, id), sum);
        assertEq(token.balanceOf(holder, id), HELD - sum);
    }

    function testFuzz_suite_batchBeyondABalanceRevertsWhole(uint256 a, uint256 b, bool self) public {
        (a,) = _amounts(a, 0);
        b = bound(b, HELD2 + 1, type(uint256).max);
        address by = _by(self);
        _expectInsufficient(holder, HELD2, b, id2);
        _sendBatch(by, holder, other, _two(id, id2), _two(a, b));
        _unchanged();
    }

    function testFuzz_suite_batchToZeroReverts(uint256 a, uint256 b, bool self) public {
        (a, b) = _amounts(a, b);
        address by = _by(self);
        _expectInvalidReceiver(address(0));
        _sendBatch(by, holder, address(0), _two(id, id2), _two(a, b));
    }

    function testFuzz_suite_batchToOneWithoutHooksReverts(uint256 a, uint256 b, bool self) public {
        (a, b) = _amounts(a, b);
        address by = _by(self);
        _expectInvalidReceiver(address(deaf));
        _sendBatch(by, holder, address(deaf), _two(id, id2), _two(a, b));
    }

    function testFuzz_suite_batchToARefuserReverts(uint256 a, uint256 b, uint256 how, bool self) public {
        (a, b) = _amounts(a, b);
        address by = _by(self);
        _refuse(how);
        vm.expectRevert();
        _sendBatch(by, holder, address(receiver), _two(id, id2), _two(a, b));
        _unchanged();
    }

    function testFuzz_suite_batchWithoutApprovalReverts(uint256 a, uint256 b, address by) public {
        vm.assume(by != holder && by != address(0));
        _expectMissingApproval(by, holder);
        _sendBatch(by, holder, other, _two(id, id2), _two(a, b));
    }

    function testFuzz_suite_batchOfUnequalArraysReverts(uint8 left, uint8 right) public {
        left = uint8(bound(left, 0, MANY));
        right = uint8(bound(right, 0, MANY));
        vm.assume(left != right);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, left, right));
        _sendBatch(holder, holder, other, new uint256[](left), new uint256[](right));
    }

    /* VIEWS */

    function testFuzz_suite_balancesOfABatchAreEachOnesOwn(uint256 a, uint256 b) public {
        (a, b) = _amounts(a, b);
        _sendBatch(holder, holder, other, _two(id, id2), _two(a, b));
        address[] memory accounts = new address[](4);
        (accounts[0], accounts[1], accounts[2], accounts[3]) = (holder, other, holder, other);
        uint256[] memory ids = new uint256[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (id, id, id2, id2);
        uint256[] memory found = token.balanceOfBatch(accounts, ids);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(found[i], token.balanceOf(accounts[i], ids[i]));
        }
        assertEq(found[0] + found[1], HELD);
        assertEq(found[2] + found[3], HELD2);
    }

    function testFuzz_suite_balancesOfUnequalArraysRevert(uint8 left, uint8 right) public {
        vm.assume(left != right);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, right, left));
        token.balanceOfBatch(new address[](left), new uint256[](right));
    }
}
