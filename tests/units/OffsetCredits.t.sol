// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {UnitId} from "../../interfaces/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/IERC7943MultiToken.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/IOffsetCredits.sol";
import {Monitoring, ProjectId} from "../../interfaces/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {UnitsBase} from "./UnitsBase.sol";

contract OffsetCreditsTest is UnitsBase {
    /* ISSUE */

    function testFuzz_issueFromReport_splitsWithoutLoss(uint64 quantity, uint24 ppm) public {
        quantity = uint64(bound(quantity, 1, 1e15));
        ppm = uint24(bound(ppm, 0, 1_000_000));
        UnitId id = _batch(7, quantity, ppm);

        uint256 buffer = _buffer(id);
        uint256 sold = credits.balanceOf(dora, UnitId.unwrap(id));
        assertEq(buffer + sold, quantity);
        // The smallest whole number that is no less than the share.
        assertGe(buffer * 1_000_000, uint256(quantity) * ppm);
        if (buffer != 0) assertLt((buffer - 1) * 1_000_000, uint256(quantity) * ppm);
        assertEq(credits.issuedOf(id), quantity);
    }

    function test_issueFromReport_saysWhat() public {
        _report(7, 1001, 200_000);
        UnitId id = _id(2, VINTAGE, 7);
        vm.expectEmit(address(credits));
        emit IUnit1155.UnitsIssued(id, keccak256("report"), 1001, 2);
        vm.expectEmit(address(credits));
        emit IOffsetCredits.BatchIssued(id, 7, ProjectId.wrap(1), dora, 800, 201, 1, 1001);
        vm.prank(officer);
        UnitId made = credits.issueFromReport(7);
        assertEq(UnitId.unwrap(made), UnitId.unwrap(id));
        assertEq(UnitId.unwrap(credits.batchOfReport(7)), UnitId.unwrap(id));

        Batch memory batch = credits.batch(id);
        assertEq(batch.first, 1);
        assertEq(batch.last, 1001);
        assertEq(batch.next, 1);
        assertEq(batch.registry, 1);
        assertEq(uint256(batch.status), uint256(BatchStatus.Active));
        assertEq(batch.reportId, 7);
        assertEq(batch.buffer, 201);
        assertEq(batch.issuedAt, block.timestamp);
    }

    function testFuzz_issueFromReport_neverOverlaps(uint32[6] memory sizes) public {
        uint64 next = 1;
        for (uint64 i = 0; i < 6; ++i) {
            uint64 size = uint64(sizes[i]) + 1;
            Batch memory batch = credits.batch(_batch(i + 1, size, 100_000));
            assertEq(batch.first, next);
            assertEq(batch.last, next + size - 1);
            next = batch.last + 1;
        }
        assertEq(credits.nextSerial(), next);
    }

    function test_issueFromReport_revertsTwice() public {
        UnitId id = _batch(7, 100);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetAlreadyIssued.selector, 7, id));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsTwiceAfterInvalidation() public {
        UnitId id = _batch(7, 100);
        _invalidate(id);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetAlreadyIssued.selector, 7, id));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsBeforeTheReportIsFinal() public {
        projects.set(7, _monitoring(100, 0), false);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetReportNotFinal.selector, 7));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsForNothing() public {
        _report(7, 0, 0);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNothingToIssue.selector, 7));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsWithoutThePower() public {
        _report(7, 100, 0);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsForTheAdministratorAndForControllers() public {
        _report(7, 100, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, address(this), SCHEME, 0, Powers.ISSUE)
        );
        credits.issueFromReport(7);
        credits.setController(controller, ISSUE | EXIT | FORCE);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, controller, SCHEME, 0, Powers.ISSUE));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_revertsToASuspendedDeveloper() public {
        _report(7, 100, 0);
        _suspend(developer);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, dora));
        credits.issueFromReport(7);
    }

    function test_issueFromReport_canGoWhollyToTheBuffer() public {
        UnitId id = _batch(7, 100, 1_000_000);
        assertEq(_buffer(id), 100);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 0);
    }

    function test_batch_revertsForOneThatIsNot() public {
        UnitId id = _id(2, VINTAGE, 7);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.batch(id);
        _report(7, 100, 0);
        assertEq(UnitId.unwrap(credits.batchOfReport(7)), 0);
    }

    /* SERIALS */

    function testFuzz_exit_attachesSerialsFirstInFirstOut(uint16[8] memory amounts) public {
        UnitId id = _batch(7, 1_000_000, 100_000);
        uint64 next = credits.batch(id).first;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 amount = uint256(amounts[i]) + 1;
            vm.prank(controller);
            SerialBlock[] memory blocks = credits.exitWithSerials(dora, id, amount, Exit(1 + (i % 3)), REF);
            assertEq(blocks.length, 1);
            assertEq(blocks[0].registry, 1);
            assertEq(blocks[0].series, 0);
            assertEq(blocks[0].first, next);
            assertEq(blocks[0].last, next + amount - 1);
            next = blocks[0].last + 1;
        }
        assertEq(credits.batch(id).next, next);
    }

    function test_exit_attachesSerialsToo() public {
        UnitId id = _batch(7, 100);
        SerialBlock[] memory blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: 1, last: 30});
        vm.expectEmit(address(credits));
        emit IOffsetCredits.SerialsAttached(id, dora, REF, Exit.Surrendered, blocks);
        vm.prank(controller);
        credits.exit(dora, id, 30, Exit.Surrendered, REF);
        assertEq(credits.exitedOf(id, Exit.Surrendered), 30);
    }

    function test_exit_usesTheWholeBlockAndNoMore() public {
        UnitId id = _batch(7, 100, 100_000);
        vm.prank(controller);
        credits.exit(dora, id, 90, Exit.Retired, REF);
        vm.prank(officer);
        credits.reverseFromBuffer(id, 10, REASON);
        assertEq(credits.batch(id).next, 101);
        assertEq(credits.totalSupply(id), 0);
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, dora, 0, 1, UnitId.unwrap(id))
        );
        credits.exit(dora, id, 1, Exit.Retired, REF);
    }

    function test_exit_revertsForOneWhoIsNoController() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(dora);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, dora, EXIT));
        credits.exit(dora, id, 1, Exit.Retired, REF);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitNotController.selector, dora, EXIT));
        credits.exitWithSerials(dora, id, 1, Exit.Retired, REF);
        vm.stopPrank();
    }

    function test_exit_revertsForABatchThatIsNot() public {
        UnitId id = _id(2, VINTAGE, 9);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.exit(dora, id, 1, Exit.Retired, REF);
    }

    function test_exit_revertsForTheBuffer() public {
        UnitId id = _batch(7, 100, 500_000);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(credits)));
        credits.exit(address(credits), id, 1, Exit.Reversed, REF);
    }

    /* LOCK, INVALIDATE, REVERSE */

    function test_lock_stopsTransfersExitsAndForce() public {
        UnitId id = _batch(7, 100);
        uint256 raw = UnitId.unwrap(id);
        vm.prank(officer);
        credits.setLocked(id, true, REASON);

        assertFalse(credits.canTransfer(dora, bob, raw, 1));
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, dora, bob, raw, 1));
        credits.safeTransferFrom(dora, bob, raw, 1, "");

        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, dora, bob, raw, 1));
        credits.forcedTransfer(dora, bob, raw, 1);

        Exit[3] memory kinds = [Exit.Surrendered, Exit.Retired, Exit.Cancelled];
        for (uint256 i = 0; i < kinds.length; ++i) {
            vm.prank(controller);
            vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Locked));
            credits.exit(dora, id, 1, kinds[i], REF);
        }
    }

    function test_unlock_opensTheWayAgain() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(officer);
        credits.setLocked(id, true, REASON);
        vm.expectEmit(address(credits));
        emit IOffsetCredits.BatchStatusChanged(id, BatchStatus.Locked, BatchStatus.Active, officer, REASON);
        credits.setLocked(id, false, REASON);
        vm.stopPrank();
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(id), 1, "");
    }

    function test_lock_leavesOtherBatchesAlone() public {
        UnitId id = _batch(7, 100);
        UnitId second = _batch(8, 100);
        vm.prank(officer);
        credits.setLocked(id, true, REASON);
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(second), 1, "");
    }

    function test_status_goesOneWay() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Active));
        credits.setLocked(id, false, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Active));
        credits.invalidateBatch(id, REASON);
        credits.setLocked(id, true, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Locked));
        credits.setLocked(id, true, REASON);
        credits.invalidateBatch(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        credits.setLocked(id, false, REASON);
        vm.stopPrank();
    }

    function test_status_needsThePowers() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(dora);
        bytes memory noFreeze = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.FREEZE);
        bytes memory noIssue = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE);
        vm.expectRevert(noFreeze);
        credits.setLocked(id, true, REASON);
        vm.expectRevert(noFreeze);
        credits.setLocked(id, false, REASON);
        vm.expectRevert(noIssue);
        credits.invalidateBatch(id, REASON);
        vm.expectRevert(noIssue);
        credits.reverseFromBuffer(id, 1, REASON);
        vm.stopPrank();
    }

    function test_status_revertsForABatchThatIsNot() public {
        UnitId id = _id(2, VINTAGE, 9);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.setLocked(id, true, REASON);
    }

    function test_clearInvalidated_takesEveryHoldingFrozenOnesToo() public {
        UnitId id = _batch(7, 100, 100_000);
        uint256 raw = UnitId.unwrap(id);
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, raw, 40, "");
        vm.prank(controller);
        credits.exit(bob, id, 10, Exit.Retired, REF);
        vm.prank(officer);
        credits.setFrozenTokens(bob, raw, 30);
        _invalidate(id);

        address[] memory holders = new address[](4);
        (holders[0], holders[1], holders[2], holders[3]) = (bob, dora, address(credits), alice);
        vm.prank(stranger);
        credits.clearInvalidated(id, holders);
        assertEq(credits.totalSupply(id), 0);
        assertEq(credits.exitedOf(id, Exit.Invalidated), 90);
        assertEq(credits.exitedOf(id, Exit.Retired), 10); // what was retired keeps its record
        assertEq(credits.getFrozenTokens(bob, raw), 0);
    }

    function test_clearInvalidated_revertsForAValidBatch() public {
        UnitId id = _batch(7, 100);
        address[] memory holders = new address[](1);
        holders[0] = dora;
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Active));
        credits.clearInvalidated(id, holders);
    }

    function test_clearInvalidated_revertsForTheVenueAndForTooMany() public {
        UnitId id = _batch(7, 100);
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(venue), UnitId.unwrap(id), 40, "");
        _invalidate(id);
        address[] memory holders = new address[](1);
        holders[0] = address(venue);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        credits.clearInvalidated(id, holders);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitTooManyItems.selector, 201, 200));
        credits.clearInvalidated(id, new address[](201));
    }

    function test_invalidated_leavesTheLedgerThroughAController() public {
        UnitId id = _batch(7, 100);
        uint256 raw = UnitId.unwrap(id);
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(venue), raw, 40, "");
        _invalidate(id);

        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, address(venue), dora, raw, 40)
        );
        venue.give(credits, dora, id, 40);
        venue.give(credits, controller, id, 40);
        vm.startPrank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        credits.exit(controller, id, 40, Exit.Retired, REF);
        credits.exit(controller, id, 40, Exit.Invalidated, REF);
        vm.stopPrank();
        assertEq(credits.exitedOf(id, Exit.Invalidated), 40);
    }

    function test_reverseFromBuffer_paysOutOfTheBufferOnly() public {
        UnitId id = _batch(7, 100, 200_000);
        vm.startPrank(officer);
        credits.reverseFromBuffer(id, 15, REASON);
        assertEq(_buffer(id), 5);
        assertEq(credits.exitedOf(id, Exit.Reversed), 15);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 80);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, address(credits), 5, 6, UnitId.unwrap(id)
            )
        );
        credits.reverseFromBuffer(id, 6, REASON);
        vm.stopPrank();
    }

    function test_reverseFromBuffer_worksOnALockedBatchNotOnAnInvalidOne() public {
        UnitId id = _batch(7, 100, 200_000);
        vm.startPrank(officer);
        credits.setLocked(id, true, REASON);
        credits.reverseFromBuffer(id, 1, REASON);
        credits.invalidateBatch(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        credits.reverseFromBuffer(id, 1, REASON);
        vm.stopPrank();
    }

    function _buffer(UnitId id) internal view returns (uint256) {
        return credits.balanceOf(address(credits), UnitId.unwrap(id));
    }

    function _invalidate(UnitId id) internal {
        vm.startPrank(officer);
        credits.setLocked(id, true, REASON);
        credits.invalidateBatch(id, REASON);
        vm.stopPrank();
    }
}
