// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IBatchDesk, LockCauses} from "../../interfaces/market/IBatchDesk.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {IIssuance, Split} from "../../interfaces/units/IIssuance.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Monitoring, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {UnitsBase} from "./UnitsBase.sol";

contract OffsetCreditsTest is UnitsBase {
    /* SERIALS */

    function test_batch_revertsForOneThatIsNot() public {
        UnitId id = _id(2, VINTAGE, 7);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.batch(id);
        _report(7, 100, 0);
        assertEq(UnitId.unwrap(issuance.batchOfReport(7)), 0);
    }

    function testFuzz_exit_attachesSerialsFirstInFirstOut(uint16[8] memory amounts) public {
        UnitId id = _batch(7, 1_000_000, 100_000);
        uint64 next = credits.batch(id).blocks[0].first;
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

    /// @dev A Party proves the use of an outcome by it.
    function test_exit_remembersNothingButSurrendersAsSuch() public {
        UnitId id = _batch(7, 100);
        Exit[3] memory kinds = [Exit.Surrendered, Exit.Retired, Exit.Cancelled];
        for (uint256 i = 0; i < kinds.length; ++i) {
            vm.prank(controller);
            SerialBlock[] memory blocks = credits.exitWithSerials(dora, id, 10, kinds[i], REF);
            assertEq(credits.wasSurrenderOf(id, blocks, REF), kinds[i] == Exit.Surrendered);
        }
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
        issuance.reverseUnavoidable(id, id, 10, REASON);
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

    function test_reverse_revertsForTheVenue() public {
        UnitId id = _batch(7, 100);
        vm.prank(address(issuance));
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(venue)));
        credits.reverse(id, address(venue), 1, REF);
    }

    function test_batchesThatAreNot_areUnknown() public {
        UnitId id = _id(2, VINTAGE, 9);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.originOf(id);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        credits.exitWithSerials(dora, id, 1, Exit.Retired, REF);
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
        batchDesk.setLocked(id, true, REASON);

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
        batchDesk.setLocked(id, true, REASON);
        vm.expectEmit(address(credits));
        emit IOffsetCredits.BatchStatusChanged(id, BatchStatus.Locked, BatchStatus.Active, officer, REASON);
        batchDesk.setLocked(id, false, REASON);
        vm.stopPrank();
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(id), 1, "");
    }

    function test_lock_leavesOtherBatchesAlone() public {
        UnitId id = _batch(7, 100);
        UnitId second = _batch(8, 100);
        vm.prank(officer);
        batchDesk.setLocked(id, true, REASON);
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(second), 1, "");
    }

    function test_status_goesOneWay() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IBatchDesk.BatchDeskUnchanged.selector, id, 0));
        batchDesk.setLocked(id, false, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Active));
        batchDesk.invalidate(id, REASON);
        batchDesk.setLocked(id, true, REASON);
        vm.expectRevert(abi.encodeWithSelector(IBatchDesk.BatchDeskUnchanged.selector, id, LockCauses.ORDER));
        batchDesk.setLocked(id, true, REASON);
        batchDesk.invalidate(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        batchDesk.setLocked(id, false, REASON);
        vm.stopPrank();
    }

    function test_status_needsThePowers() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(dora);
        bytes memory noFreeze = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.FREEZE);
        bytes memory noIssue = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE);
        vm.expectRevert(noFreeze);
        batchDesk.setLocked(id, true, REASON);
        vm.expectRevert(noFreeze);
        batchDesk.setLocked(id, false, REASON);
        vm.expectRevert(noIssue);
        batchDesk.invalidate(id, REASON);
        vm.expectRevert(noIssue);
        issuance.reverseUnavoidable(id, id, 1, REASON);
        vm.stopPrank();
    }

    function test_status_revertsForABatchThatIsNot() public {
        UnitId id = _id(2, VINTAGE, 9);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, id));
        batchDesk.setLocked(id, true, REASON);
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
        issuance.reverseUnavoidable(id, id, 15, REASON);
        assertEq(_buffer(id), 5);
        assertEq(credits.exitedOf(id, Exit.Reversed), 15);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 80);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, address(credits), 5, 6, UnitId.unwrap(id)
            )
        );
        issuance.reverseUnavoidable(id, id, 6, REASON);
        vm.stopPrank();
    }

    function test_reverseFromBuffer_worksOnALockedBatchNotOnAnInvalidOne() public {
        UnitId id = _batch(7, 100, 200_000);
        vm.startPrank(officer);
        batchDesk.setLocked(id, true, REASON);
        issuance.reverseUnavoidable(id, id, 1, REASON);
        batchDesk.invalidate(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, BatchStatus.Invalidated));
        issuance.reverseUnavoidable(id, id, 1, REASON);
        vm.stopPrank();
    }

    function _buffer(UnitId id) internal view returns (uint256) {
        return credits.balanceOf(address(credits), UnitId.unwrap(id));
    }

    function _invalidate(UnitId id) internal {
        vm.startPrank(officer);
        batchDesk.setLocked(id, true, REASON);
        batchDesk.invalidate(id, REASON);
        vm.stopPrank();
    }
}
