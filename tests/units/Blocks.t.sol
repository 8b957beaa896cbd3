// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {IOutcomeBatches, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {Batch, BatchStatus, IOffsetCredits, Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Blocks of other registries, who may issue, and batches that can only be retired.
contract BlocksTest is UnitsBase {
    UnitId internal foreign = _id(2, VINTAGE, 1 << 63 | 1);

    /* BLOCKS */

    function test_issueBlock_opensABatchAndAppends() public {
        _block(alice, 101, 110);
        _block(bob, 501, 520);
        Batch memory b = credits.batch(foreign);
        assertEq(b.blocks.length, 2);
        assertEq(b.blocks[1].first, 501);
        assertEq(b.inUse, 0);
        assertEq(b.next, 101);
        assertEq(credits.balanceOf(bob, UnitId.unwrap(foreign)), 20);
        (address issuer, uint64 number) = credits.originOf(foreign);
        assertEq(issuer, immobilisation);
        assertEq(number, 1 << 63 | 1);
    }

    function test_batch_tellsTheBlockThatTheNextExitTakesFrom() public {
        _block(alice, 101, 110);
        _block(alice, 501, 520);
        vm.prank(controller);
        credits.exit(alice, foreign, 12, Exit.Retired, REF);
        assertEq(credits.batch(foreign).inUse, 1);
        assertEq(credits.batch(foreign).next, 503);
    }

    function test_reportOf_isOfNoBatchThatAnotherIssuerOpened() public {
        _block(alice, 101, 110);
        bytes memory refusal = abi.encodeWithSelector(IIssuance.IssuanceUnknownBatch.selector, foreign);
        vm.expectRevert(refusal);
        issuance.reportOf(foreign);
        vm.expectRevert(refusal);
        issuance.projectOf(foreign);
    }

    function testFuzz_exit_walksBlocksFirstInFirstOut(uint8[5] memory sizes, uint16[6] memory amounts) public {
        uint256 total;
        uint64[5] memory firsts;
        for (uint64 i = 0; i < 5; ++i) {
            firsts[i] = 1000 * (5 - i); // the numbers fall, the order is that of arrival
            _block(alice, firsts[i], firsts[i] + sizes[i]);
            total += uint256(sizes[i]) + 1;
        }
        (uint256 place, uint64 next) = (0, firsts[0]);
        for (uint256 i = 0; i < 6 && total != 0; ++i) {
            uint256 amount = bound(amounts[i], 1, total);
            total -= amount;
            vm.prank(controller);
            SerialBlock[] memory blocks = credits.exitWithSerials(alice, foreign, amount, Exit.Retired, REF);
            for (uint256 k = 0; k < blocks.length; ++k) {
                if (next > firsts[place] + sizes[place]) (place, next) = (place + 1, firsts[place + 1]);
                assertEq(blocks[k].registry, 2);
                assertEq(blocks[k].series, 9);
                assertEq(blocks[k].first, next);
                assertLe(blocks[k].last, firsts[place] + sizes[place]);
                amount -= blocks[k].last - blocks[k].first + 1;
                next = blocks[k].last + 1;
            }
            assertEq(amount, 0);
        }
    }

    function test_issueBlock_revivesABatchThatWasUsedUp() public {
        _block(alice, 101, 110);
        vm.prank(controller);
        credits.exit(alice, foreign, 10, Exit.Retired, REF);
        _block(alice, 201, 210);
        vm.prank(controller);
        SerialBlock[] memory blocks = credits.exitWithSerials(alice, foreign, 1, Exit.Retired, REF);
        assertEq(blocks.length, 1);
        assertEq(blocks[0].first, 201);
    }

    function test_issueBlock_holdsThirtyTwoBlocksAndNoMore() public {
        for (uint64 i = 1; i <= 32; ++i) {
            _block(alice, 10 * i, 10 * i + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetTooManyBlocks.selector, foreign, 32));
        this.issueBlockOf(alice, 1000, 1001);
        vm.prank(controller);
        assertEq(credits.exitWithSerials(alice, foreign, 64, Exit.Retired, REF).length, 32);
    }

    function test_issueBlock_keepsEachBlockWhole() public {
        SerialBlock[] memory told = new SerialBlock[](3);
        told[0] = SerialBlock(2, type(uint32).max, 1, 1 << 32);
        told[1] = SerialBlock(2, 0, type(uint64).max - 2, type(uint64).max - 1);
        told[2] = SerialBlock(2, 7, 5, 5);
        Recipient[] memory to = new Recipient[](1);
        for (uint256 i = 0; i < 3; ++i) {
            to[0] = Recipient(alice, told[i].last - told[i].first + 1);
            vm.prank(immobilisation);
            credits.issueBlock(foreign, to, told[i], REF);
        }
        assertEq(keccak256(abi.encode(credits.batch(foreign).blocks)), keccak256(abi.encode(told)));
        vm.prank(controller);
        SerialBlock[] memory gone = credits.exitWithSerials(alice, foreign, (1 << 32) + 3, Exit.Retired, REF);
        assertEq(keccak256(abi.encode(gone)), keccak256(abi.encode(told)));
    }

    function test_issueBlock_refusesWhatDoesNotFitItsPlace() public {
        SerialBlock memory b = SerialBlock(2, 1 << 32, 5, 6);
        _refuseBlock(b, foreign, 2, abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 2, 5, 6));
        b = SerialBlock(2, 0, 5, 5 + (1 << 32));
        bytes memory refusal = abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 2, 5, 5 + (1 << 32));
        _refuseBlock(b, foreign, (1 << 32) + 1, refusal);
        _block(alice, 101, 110);
        b = SerialBlock(3, 9, 5, 6);
        _refuseBlock(b, foreign, 2, abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 3, 5, 6));
    }

    function test_issueBlock_refusesWhatIsNoBlockOfAnotherRegistry() public {
        SerialBlock memory b = SerialBlock(1, 0, 5, 6);
        _refuseBlock(b, foreign, 2, abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 1, 5, 6));
        b = SerialBlock(2, 0, 6, 5);
        _refuseBlock(b, foreign, 2, abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 2, 6, 5));
        b = SerialBlock(2, 0, 5, 6);
        _refuseBlock(b, foreign, 3, abi.encodeWithSelector(IOffsetCredits.OffsetBlockRefused.selector, 2, 5, 6));
        UnitId own = _id(2, VINTAGE, 5);
        _refuseBlock(b, own, 2, abi.encodeWithSelector(IOffsetCredits.OffsetBatchRefused.selector, own));
    }

    function test_issueBlock_refusesALockedBatch() public {
        _block(alice, 101, 110);
        vm.prank(officer);
        batchDesk.setLocked(foreign, true, REASON);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, foreign, BatchStatus.Locked));
        this.issueBlockOf(alice, 201, 202);
    }

    /* WHO ISSUES */

    function test_issuers_areWiredOnceAndForEver() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetIssuersRefused.selector, address(issuance), address(this))
        );
        credits.setIssuers(address(this), address(this), address(this));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        credits.setIssuers(address(this), address(this), address(this));
    }

    function test_issue_isNobodyElses() public {
        credits.setController(controller, type(uint256).max);
        Recipient[] memory to = _to(alice, 2);
        address[4] memory others = [address(this), controller, officer, immobilisation];
        for (uint256 i = 0; i < 4; ++i) {
            vm.startPrank(others[i]);
            bytes memory no = abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, others[i]);
            vm.expectRevert(no);
            credits.issueOwn(_id(2, VINTAGE, 9), to, 0, REF, BatchStatus.Active, 0);
            vm.expectRevert(no);
            credits.verifyBatch(foreign, alice, to, 0, 0, REF);
            vm.expectRevert(no);
            credits.setBatchStatus(foreign, BatchStatus.Locked, officer, REASON);
            vm.expectRevert(no);
            credits.setRetireOnly(foreign, alpha);
            vm.stopPrank();
        }
        vm.prank(address(issuance));
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, address(issuance)));
        credits.issueBlock(foreign, to, SerialBlock(2, 0, 5, 6), REF);
    }

    function test_issueOwn_takesNoForeignOrUsedIdAndNoOtherStatus() public {
        UnitId id = _batch(7, 100);
        vm.startPrank(address(issuance));
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchRefused.selector, foreign));
        credits.issueOwn(foreign, _to(alice, 1), 0, REF, BatchStatus.Active, 0);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchRefused.selector, id));
        credits.issueOwn(id, _to(alice, 1), 0, REF, BatchStatus.Active, 0);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetStatusRefused.selector, BatchStatus.Locked));
        credits.issueOwn(_id(2, VINTAGE, 8), _to(alice, 1), 0, REF, BatchStatus.Locked, 0);
        vm.stopPrank();
    }

    /* RETIRE ONLY */

    function test_setRetireOnly_isOfAnActiveBatch() public {
        UnitId id = _batch(7, 100);
        BatchStatus[2] memory barred = [BatchStatus.Locked, BatchStatus.Invalidated];
        for (uint256 i; i < 2; ++i) {
            vm.prank(officer);
            if (i == 0) batchDesk.setLocked(id, true, REASON);
            else batchDesk.invalidate(id, REASON);
            vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, id, barred[i]));
            vm.prank(dora);
            issuance.setRetireOnly(id);
        }
        assertFalse(credits.batch(id).retireOnly);
    }

    function test_retireOnly_letsUnitsBeSoldAndRetiredAndNothingElse() public {
        UnitId id = _batch(7, 100, 100_000);
        uint256 raw = UnitId.unwrap(id);
        address desk = makeAddr("dora desk");
        _addWallet(dora, desk, 31);
        vm.prank(dora);
        issuance.setRetireOnly(id);
        assertTrue(credits.batch(id).retireOnly);
        assertTrue(credits.batch(id).seller == developer);

        vm.startPrank(dora);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, dora, bob, raw, 1));
        credits.safeTransferFrom(dora, bob, raw, 1, "");
        credits.safeTransferFrom(dora, desk, raw, 10, "");
        credits.safeTransferFrom(dora, address(venue), raw, 50, "");
        vm.stopPrank();

        bytes4 stuck = IERC7943MultiToken.ERC7943CannotTransfer.selector;
        vm.expectRevert(abi.encodeWithSelector(stuck, address(venue), bob, raw, 10));
        venue.give(credits, bob, id, 10); // who bought takes nothing out
        venue.give(credits, desk, id, 10); // the seller takes back
        venue.give(credits, controller, id, 40); // to its end
        for (uint8 kind = 1; kind <= 9; ++kind) {
            if (kind == 2 || kind == 7) continue; // retired; invalidated is another status's
            if (kind == 4 || kind == 5 || kind == 8) continue; // imposed by rules
            vm.prank(controller);
            vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetRetireOnly.selector, id));
            credits.exit(controller, id, 1, Exit(kind), REF);
        }
        vm.prank(controller);
        credits.exit(controller, id, 40, Exit.Retired, REF);
    }

    function test_retireOnly_stopsWhileLocked() public {
        UnitId id = _batch(7, 100);
        vm.prank(dora);
        issuance.setRetireOnly(id);
        vm.prank(officer);
        batchDesk.setLocked(id, true, REASON);
        assertFalse(credits.canTransfer(dora, address(venue), UnitId.unwrap(id), 1));
        vm.prank(officer);
        batchDesk.setLocked(id, false, REASON);
        assertTrue(credits.canTransfer(dora, address(venue), UnitId.unwrap(id), 1));
        assertFalse(credits.canTransfer(dora, bob, UnitId.unwrap(id), 1));
    }

    function test_retireOnly_isTheSellersWhoHoldsAll() public {
        UnitId id = _batch(7, 100, 100_000);
        _addWallet(dora, makeAddr("clerk"), 15); // every right but to manage
        vm.prank(makeAddr("clerk"));
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotSeller.selector, id, makeAddr("clerk"), 0, 90));
        issuance.setRetireOnly(id);
        vm.startPrank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(id), 1, "");
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotSeller.selector, id, dora, 89, 90));
        issuance.setRetireOnly(id);
        vm.stopPrank();
        vm.prank(bob);
        credits.safeTransferFrom(bob, dora, UnitId.unwrap(id), 1, "");
        vm.prank(dora);
        credits.safeTransferFrom(dora, makeAddr("clerk"), UnitId.unwrap(id), 90, "");
        vm.prank(makeAddr("clerk")); // who holds all now
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotSeller.selector, id, makeAddr("clerk"), 90, 90));
        issuance.setRetireOnly(id);
    }

    function test_retireOnly_isNobodysWhereNothingIsHeld() public {
        UnitId id = _batch(7, 100);
        credits.setController(controller, 2); // exits of every kind
        vm.prank(controller);
        credits.exit(dora, id, 100, Exit.Cancelled, REF);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNotSeller.selector, id, bob, 0, 0));
        issuance.setRetireOnly(id);
    }

    /// @dev Blocks of another registry keep its numbers: nothing of them is set apart here.
    function test_setApart_isOfBatchesThatWereIssuedHere() public {
        _block(alice, 101, 110);
        credits.setController(controller, 2 | 1 << (8 + uint256(Exit.SetApart)));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOutcomeBatches.IssuanceNotApart.selector, foreign));
        issuance.setApart(alice, foreign, 1, OutcomeUse.Free, REF);
    }

    function test_retireOnly_takesNoFurtherBlocks() public {
        _block(alice, 101, 110);
        vm.prank(alice);
        issuance.setRetireOnly(foreign);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetRetireOnly.selector, foreign));
        this.issueBlockOf(bob, 201, 202);
    }

    /* SHORT FORMS */

    function issueBlockOf(address to, uint64 first, uint64 last) external {
        vm.prank(immobilisation);
        credits.issueBlock(foreign, _to(to, last - first + 1), SerialBlock(2, 9, first, last), REF);
    }

    function _block(address to, uint64 first, uint64 last) private {
        this.issueBlockOf(to, first, last);
    }

    function _refuseBlock(SerialBlock memory b, UnitId id, uint64 amount, bytes memory why) private {
        vm.prank(immobilisation);
        vm.expectRevert(why);
        credits.issueBlock(id, _to(alice, amount), b, REF);
    }

    function _to(address to, uint64 amount) private pure returns (Recipient[] memory recipients) {
        recipients = new Recipient[](1);
        recipients[0] = Recipient(to, amount);
    }
}
