// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../../interfaces/types/Ids.sol";
import {
    IProjectRegister,
    IProjectReports,
    Methodology,
    MonitoringReport,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev Attempts to issue what the project can not have achieved, or what nobody would verify any more: a report of the second
/// half of 2020 is final and not issued yet.
contract PendingCreditsTest is AttackCase {
    uint64 internal pending;

    function setUp() public override {
        super.setUp();
        pending = _submit(_monitored(HALF, uint64(YEAR_END)), FROM);
        vm.warp(block.timestamp + WINDOW);
    }

    /* PROMISES */

    function test_promise_beyondTheCap() public {
        _beyond(2021, 10_000_000, 200_000);
        _promise(2021, 150_000);
        _beyond(2021, 50_001, 50_000);
        _promise(2021, 50_000);
    }

    /// @dev 80,000 t of the first half of 2020 are issued; the cap is of 365 days, and 2020 has 366, less
    /// the eight hours that the project is credited from after the year began in the scheme's zone.
    function test_promise_besideWhatReportsIssued() public {
        assertEq(issuance.expectedOf(project, 2020), 80_000);
        _beyond(2020, 120_366, 120_365);
        vm.prank(authority);
        issuance.issueFromReport(pending);
        _beyond(2020, 40_366, 40_365);
        _promise(2020, 40_365);
    }

    /// @dev The crediting period ends on 30 December 2030.
    function test_promise_forAYearCreditedInPart() public {
        _beyond(2030, 199_087, 199_086); // 363 days of 365, and eight hours of the scheme's zone
    }

    function test_promise_invalidatedMakesRoomOnce() public {
        UnitId ahead = _promise(2021, 200_000);
        vm.prank(authority);
        batchDesk.invalidate(ahead, WHY);
        assertEq(issuance.expectedOf(project, 2021), 0);
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, ahead, BatchStatus.Invalidated)
        );
        batchDesk.invalidate(ahead, WHY);
        _promise(2021, 200_000);
    }

    function test_promise_keptInPartMakesRoomForTheRest() public {
        UnitId ahead = _promise(2020, 100_000);
        vm.prank(authority);
        issuance.verify(ahead, pending); // 80,000 t
        assertEq(issuance.expectedOf(project, 2020), 160_000);
    }

    /* REPORTS THAT WAIT */

    function test_pending_ofASuspendedProject() public {
        UnitId ahead = _promise(2020, 1_000);
        vm.startPrank(authority);
        batchDesk.setSuspended(project, true, WHY);
        _nothing(
            ahead,
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, project, ProjectStatus.Suspended)
        );
        batchDesk.setSuspended(project, false, WHY);
        assertEq(credits.issuedOf(issuance.issueFromReport(pending)), 80_000);
        vm.stopPrank();
    }

    function test_pending_ofAWithdrawnMethodology() public {
        UnitId ahead = _promise(2020, 1_000);
        _withdraw();
        bytes memory withdrawn = abi.encodeWithSelector(IProjectRegister.ProjectsUnknownMethodology.selector, FOREST);
        vm.startPrank(authority);
        _nothing(ahead, withdrawn);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceProjectRefused.selector, project, 2021));
        issuance.issueExAnte(project, 2021, 10, WHY);
        vm.expectRevert(withdrawn);
        projects.renew(project, UNTIL + 1, WHY);
        vm.stopPrank();
    }

    function test_registered_underAMethodologyWithdrawnSince() public {
        vm.prank(dora);
        project = projects.register(FOREST, 156, FROM, UNTIL, keccak256("its forest"), _place(), new bytes32[](0), WHY);
        _withdraw();
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknownMethodology.selector, FOREST));
        projects.validate(project, 200_000, WHY);
    }

    function test_pending_ofABodyWithAnInterestByNow() public {
        UnitId ahead = _promise(2020, 1_000);
        vm.startPrank(authority);
        oracle.setInterest(CHINA, bodies[0], developer, true);
        _nothing(ahead, abi.encodeWithSelector(IProjectReports.ProjectsInterest.selector, developer, bodies[0]));
        vm.stopPrank();
    }

    /* TERMS */

    /// @dev A project registered under a buffer of at least 10 % would report without one.
    function test_terms_rewrittenUnderAProject() public {
        project = _project(keccak256("another forest"));
        Methodology memory lax = _methodology();
        (lax.minBufferPpm, lax.maxBufferPpm) = (0, 50_000);
        vm.prank(authority);
        vm.expectEmit(address(projects));
        emit IProjectRegister.MethodologySet(FOREST, CHINA, 2, lax, WHY, authority);
        projects.setMethodology(FOREST, lax, WHY);
        assertEq(projects.termsOf(project).minBufferPpm, 100_000);
        assertEq(projects.project(project).version, 1);
        assertEq(projects.termsAt(FOREST, 1).minBufferPpm, 100_000);
        assertEq(projects.termsAt(FOREST, 2).minBufferPpm, 0);
        assertEq(projects.versionOf(FOREST), 2);

        vm.warp(NOW);
        MonitoringReport memory r = _monitored(FROM, HALF);
        r.bufferPpm = 0;
        _refused(dora, r, 0, abi.encodeWithSelector(IProjectReports.ProjectsBadBuffer.selector, 0, 100_000, 300_000));
        r = _monitored(FROM, HALF);
        r.evidenceRoot = keccak256("evidence of another forest");
        _submit(r, 0);
    }

    function test_terms_ofTheNewestVersionFromARenewalOn() public {
        Methodology memory strict = _methodology();
        (strict.minBufferPpm, strict.maxBufferPpm) = (200_000, 300_000);
        vm.startPrank(authority);
        projects.setMethodology(FOREST, strict, WHY);
        projects.renew(project, UNTIL + 365 days, WHY);
        vm.stopPrank();
        assertEq(projects.project(project).version, 2);
        assertEq(projects.termsOf(project).minBufferPpm, 200_000);
    }

    /* HELP */

    function _withdraw() private {
        Methodology memory m = _methodology();
        m.active = false;
        vm.prank(authority);
        projects.setMethodology(FOREST, m, WHY);
    }

    function _promise(uint16 vintage, uint64 quantityT) private returns (UnitId) {
        vm.prank(authority);
        return issuance.issueExAnte(project, vintage, quantityT, WHY);
    }

    function _beyond(uint16 vintage, uint64 quantityT, uint256 mostT) private {
        vm.expectRevert(
            abi.encodeWithSelector(IIssuance.IssuanceBeyondCap.selector, project, vintage, quantityT, mostT)
        );
        _promise(vintage, quantityT);
    }

    /// @dev Neither way to issue from the pending report; called as the authority.
    function _nothing(UnitId ahead, bytes memory error_) private {
        vm.expectRevert(error_);
        issuance.issueFromReport(pending);
        vm.expectRevert(error_);
        issuance.verify(ahead, pending);
    }
}
