// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {IIssuance, Split} from "../../interfaces/units/IIssuance.sol";
import {OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Monitoring, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {UnitsBase} from "./UnitsBase.sol";

contract IssuanceTest is UnitsBase {
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
        emit IOffsetCredits.BatchIssued(id, 1, 1001, 201, BatchStatus.Active);
        vm.expectEmit(address(issuance));
        emit IIssuance.CreditsIssued(id, 7, ProjectId.wrap(1), dora, Split(201, 0, 0, 800));
        vm.prank(officer);
        UnitId made = issuance.issueFromReport(7);
        assertEq(UnitId.unwrap(made), UnitId.unwrap(id));
        assertEq(UnitId.unwrap(issuance.batchOfReport(7)), UnitId.unwrap(id));

        Batch memory batch = credits.batch(id);
        assertEq(batch.blocks[0].first, 1);
        assertEq(batch.blocks[0].last, 1001);
        assertEq(batch.next, 1);
        assertEq(batch.blocks[0].registry, 1);
        assertEq(uint256(batch.status), uint256(BatchStatus.Active));
        assertEq(batch.blocks.length, 1);
        assertFalse(batch.retireOnly);
        (address issuer, uint64 number) = credits.originOf(id);
        assertEq(issuer, address(issuance));
        assertEq(number, 7);
        assertEq(issuance.reportOf(id), 7);
    }

    function testFuzz_issueFromReport_neverOverlaps(uint32[6] memory sizes) public {
        uint64 next = 1;
        for (uint64 i = 0; i < 6; ++i) {
            uint64 size = uint64(sizes[i]) + 1;
            Batch memory batch = credits.batch(_batch(i + 1, size, 100_000));
            assertEq(batch.blocks[0].first, next);
            assertEq(batch.blocks[0].last, next + size - 1);
            next = batch.blocks[0].last + 1;
        }
        assertEq(credits.nextSerial(), next);
    }

    function test_issueFromReport_revertsTwice() public {
        UnitId id = _batch(7, 100);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, 7, id));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_revertsTwiceAfterInvalidation() public {
        UnitId id = _batch(7, 100);
        _invalidate(id);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, 7, id));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_revertsBeforeTheReportIsFinal() public {
        projects.set(7, _monitoring(100, 0), false);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceReportNotFinal.selector, 7));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_revertsForNothing() public {
        _report(7, 0, 0);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceNothing.selector, 7));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_revertsWithoutThePower() public {
        _report(7, 100, 0);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, 0, Powers.ISSUE));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_revertsForTheAdministratorAndForControllers() public {
        _report(7, 100, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, address(this), SCHEME, 0, Powers.ISSUE)
        );
        issuance.issueFromReport(7);
        credits.setController(controller, ISSUE | EXIT | FORCE);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, controller, SCHEME, 0, Powers.ISSUE));
        issuance.issueFromReport(7);
    }

    function test_issueFromReport_holdsThemForASuspendedDeveloper() public {
        _report(7, 100, 0);
        _suspend(developer);
        vm.prank(officer);
        UnitId id = issuance.issueFromReport(7);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 0);
        assertEq(credits.balanceOf(HeldAccounts.accountOf(developer), UnitId.unwrap(id)), 100);
    }

    function test_issueFromReport_canGoWhollyToTheBuffer() public {
        UnitId id = _batch(7, 100, 1_000_000);
        assertEq(_buffer(id), 100);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(id)), 0);
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

    function test_aPause_stopsIssue() public {
        _report(7, 1001, 200_000);
        IPausable(address(issuance)).pause(1 days);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        issuance.issueFromReport(7);
    }

    function test_aPause_stopsUnitsSetApart() public {
        UnitId id = _batch(7, 100);
        credits.setController(controller, EXIT | 1 << (8 + uint256(Exit.SetApart)));
        IPausable(address(issuance)).pause(1 days);
        vm.startPrank(controller);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        issuance.setApart(dora, id, 10, OutcomeUse.Marked, REF);
        skip(1 days);
        issuance.setApart(dora, id, 10, OutcomeUse.Marked, REF);
        vm.stopPrank();
    }
}
