// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IEmissionsConfig} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    ClaimKind,
    IProjectRegister,
    IProjectReports,
    Methodology,
    MethodologyId,
    Monitoring,
    MonitoringReport,
    MonitoringStatus,
    ProjectId
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ProjectsCase} from "./ProjectsCase.sol";

/// @dev Reports on what a project did, and what is said against them.
contract MonitoringTest is ProjectsCase {
    /* MONITORING */

    function test_submit_keepsTheReport() public {
        uint64 reportId = _submit(_monitored(), 0);
        Monitoring memory m = projects.monitoring(reportId);
        assertEq(m.quantityT, 80_000);
        assertEq(m.bufferPpm, 150_000);
        assertEq(m.vintage, 2020);
        assertEq(uint256(m.status), uint256(MonitoringStatus.Reported));
        assertEq(ParticipantId.unwrap(m.body), ParticipantId.unwrap(bodies[0]));
        assertEq(m.finalAt, NOW + WINDOW);
        assertEq(projects.reportOf(m.reportHash), reportId);
        assertFalse(projects.isFinal(reportId));
        vm.warp(NOW + WINDOW);
        assertTrue(projects.isFinal(reportId));
        (ClaimKind kind, uint64 ref, uint64 until) = projects.claimAt(SOURCE, FROM);
        assertEq(uint256(kind), uint256(ClaimKind.Credit));
        assertEq(ref, reportId);
        assertEq(until, HALF);
    }

    function test_submit_tellsWhoSigned() public {
        vm.recordLogs();
        _submit(_monitored(), 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool told;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IProjectReports.MonitoringReported.selector) continue;
            (,, uint256 signers,) = abi.decode(logs[i].data, (MonitoringReport, Monitoring, uint256, uint16));
            assertEq(signers, 1 << place[0] | 1 << place[1]);
            told = true;
        }
        assertTrue(told);
    }

    function test_submit_refusesRepetition() public {
        uint64 reportId = _submit(_monitored(), 0);
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsAlreadyReported.selector, reportId), _monitored());
    }

    function test_submit_refusesOverlapEvenThroughAnotherProject() public {
        _submit(_monitored(), 0);
        MonitoringReport memory r = _monitored();
        r.periodFrom = HALF - 1;
        r.periodUntil = uint64(YEAR_END);
        bytes memory overlap =
            abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, HALF - 1, YEAR_END, FROM, HALF);
        _refusedAt(overlap, r, FROM);

        ProjectId twin = _register(); // same forest, registered once more
        _validateBy(authority, twin);
        r.project = twin;
        _refusedAt(overlap, r, FROM);
        r.periodFrom = HALF;
        _submit(r, FROM);
    }

    function test_submit_refusesWrongPeriod() public {
        for (uint256 i; i < 5; ++i) {
            MonitoringReport memory r = _monitored();
            if (i == 3) r.periodFrom = type(uint64).max;
            if (i == 4) r.periodUntil = type(uint64).max;
            if (i == 0) r.periodFrom = FROM - 1;
            if (i == 1) r.periodUntil = uint64(NOW + 1);
            if (i == 2) r.periodUntil = r.periodFrom;
            _refusedPartly(IProjectReports.ProjectsBadPeriod.selector, r);
        }
    }

    function test_submit_refusesVintageOutsideThePeriod() public {
        MonitoringReport memory r = _monitored();
        r.vintage = 2021;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadVintage.selector, 2021, 2020, 2020), r);
        r.vintage = 2019;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadVintage.selector, 2019, 2020, 2020), r);
    }

    function test_submit_refusesImplausibleQuantityAndBuffer() public {
        MonitoringReport memory r = _monitored();
        uint256 most = uint256(CAP_T) * 183 / 365;
        r.quantityT = uint64(most + 1);
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsImplausibleQuantity.selector, id, most + 1, most), r);
        r.quantityT = 0;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsImplausibleQuantity.selector, id, 0, most), r);
        r = _monitored();
        r.bufferPpm = 300_001;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadBuffer.selector, 300_001, 100_000, 300_000), r);
        r.bufferPpm = 99_999;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadBuffer.selector, 99_999, 100_000, 300_000), r);
    }

    /// @dev The time before, which another report may have claimed, is no part of it.
    function test_submit_boundsTheQuantityByThePeriodOfTheReport() public {
        MonitoringReport memory r = _monitored();
        (r.periodFrom, r.periodUntil) = (HALF, uint64(YEAR_END));
        uint256 most = uint256(CAP_T) * 183 / 365;
        r.quantityT = uint64(most + 1);
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsImplausibleQuantity.selector, id, most + 1, most), r);
    }

    function test_submit_refusesWrongTimesAndTerms() public {
        MonitoringReport memory r = _monitored();
        r.signedAt = r.periodUntil - 1;
        _refusedPartly(IEmissionsReports.EmissionsSignedAt.selector, r);
        r.signedAt = uint64(OPINION_AT + 1); // after the opinion
        _refusedPartly(IEmissionsReports.EmissionsSignedAt.selector, r);

        Terms memory t = _terms();
        t.assurance = 1;
        _refusedTerms(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 1, 2, 2), t);
        t.assurance = 3; // there is no more than reasonable
        _refusedTerms(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 3, 2, 2), t);
        t.assurance = QUALIFIED | 2; // nothing is credited under a qualified opinion
        _refusedTerms(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 130, 2, 2), t);
        t = _terms();
        t.materialityPpm = 50_001;
        _refusedTerms(abi.encodeWithSelector(IEmissionsReports.EmissionsMaterialityTooHigh.selector, 50_001, 50_000), t);
    }

    /// @dev Within the oracle's rules: at most 180 days old, at most five minutes ahead.
    function test_submit_refusesWhatWasSignedLongAgoOrLater() public {
        MonitoringReport memory r = _monitored();
        r.signedAt = uint64(NOW - 180 days - 1);
        _refused(
            abi.encodeWithSelector(
                IEmissionsReports.EmissionsSignedAt.selector, r.signedAt, NOW - 180 days, NOW + 5 minutes
            ),
            r
        );
        Terms memory t = _terms();
        t.signedAt = uint40(NOW + 5 minutes + 1);
        _refusedTerms(
            abi.encodeWithSelector(
                IEmissionsReports.EmissionsSignedAt.selector, t.signedAt, SIGNED_AT, NOW + 5 minutes
            ),
            t
        );
    }

    function test_submit_needsAMethodologyInForce() public {
        Methodology memory m = _methodology();
        m.active = false;
        vm.prank(authority);
        projects.setMethodology(FOREST, m, WHY);
        _refused(abi.encodeWithSelector(IProjectRegister.ProjectsUnknownMethodology.selector, FOREST), _monitored());
    }

    function test_submit_needsAnOracleOfTheScheme() public {
        _otherScheme();
        Methodology memory m = _methodology();
        (MethodologyId there, MonitoringReport memory r) = (MethodologyId.wrap(2), _monitored());
        m.scheme = OTHER;
        vm.prank(secondOfficer);
        projects.setMethodology(there, m, WHY);
        vm.prank(developerWallet);
        r.project = projects.register(there, 156, FROM, UNTIL, "elsewhere", _wuyi(), _meters(0), WHY);
        _validateBy(secondOfficer, r.project);
        _refused(abi.encodeWithSelector(IEmissionsConfig.EmissionsNotConfigured.selector, OTHER), r);
    }

    function test_submit_isSignedByAWalletThatReports() public {
        MonitoringReport memory r = _monitored();
        OpinionWord opinion = _word(_terms(), 1);
        bytes32[6] memory signatures = _signAll(r, _terms());
        (signatures[0], signatures[1]) = _sign(emitterKey, _hashOf(r)); // for itself
        vm.expectRevert(
            abi.encodeWithSelector(
                IProjectReports.ProjectsNotReporter.selector, id, emitterWallet, emitter, WalletRights.ALL
            )
        );
        projects.submit(r, opinion, signatures, 0);
        (address clerk, uint256 key) = _clerk(WalletRights.ALL - WalletRights.REPORT);
        (signatures[0], signatures[1]) = _sign(key, _hashOf(r));
        vm.expectRevert(
            abi.encodeWithSelector(
                IProjectReports.ProjectsNotReporter.selector,
                id,
                clerk,
                developer,
                WalletRights.ALL - WalletRights.REPORT
            )
        );
        projects.submit(r, opinion, signatures, 0);
    }

    function test_submit_refusesTwoBodies() public {
        MonitoringReport memory r = _monitored();
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord two = _word(_terms(), 2);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsMalformedOpinion.selector, two));
        projects.submit(r, two, signatures, 0);
    }

    function test_submit_refusesForeignSignatures() public {
        MonitoringReport memory r = _monitored();
        OpinionWord opinion = _word(_terms(), 1);
        for (uint256 i; i < 3; ++i) {
            bytes32[6] memory signatures = _signAll(r, _terms());
            (signatures[2 * i], signatures[2 * i + 1]) = _sign(keys[4], _hashOf(r));
            vm.expectPartialRevert(
                i == 0 ? IProjectReports.ProjectsNotReporter.selector : SignerSet.SignersBadSignature.selector
            );
            projects.submit(r, opinion, signatures, 0);
        }
    }

    function test_submit_refusesSuspendedDeveloper() public {
        vm.prank(authority);
        participants.suspend(developer, WHY);
        _refusedPartly(IProjectReports.ProjectsNotReporter.selector, _monitored());
    }

    function test_submit_refusesOutOfScope() public {
        signers[place[0]].scopes = POWER_SCOPE;
        digest = _configure();
        _refused(
            abi.encodeWithSelector(SignerSet.SignersWrongScope.selector, place[0], POWER_SCOPE, FOREST_SCOPE),
            _monitored()
        );
    }

    function test_submit_refusesBodyWithAnInterest() public {
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[0], developer, true);
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsInterest.selector, developer, bodies[0]), _monitored());
    }

    /// @dev Nobody needs to have said so.
    function test_submit_refusesADeveloperAsItsOwnBody() public {
        uint256 key = uint256(keccak256("body's own"));
        vm.prank(authority);
        participants.setKinds(bodies[0], ParticipantKinds.VERIFICATION_BODY | ParticipantKinds.DEVELOPER);
        vm.prank(bodyWallets[0]);
        participants.addWallet(vm.addr(key), WalletRights.ALL);
        vm.startPrank(vm.addr(key));
        participants.confirmWallet(bodies[0]);
        MonitoringReport memory r = _monitored();
        r.project = projects.register(FOREST, 156, FROM, UNTIL, "its own", _wuyi(), _meters(0), WHY);
        vm.stopPrank();
        _validateBy(authority, r.project);
        bytes32[6] memory signatures = _signAll(r, _terms());
        (signatures[0], signatures[1]) = _sign(key, _hashOf(r));
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsInterest.selector, bodies[0], bodies[0]));
        projects.submit(r, opinion, signatures, 0);
    }

    /* DISPUTES */

    function test_dispute_upheldFreesThePeriod() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsOwnDispute.selector, authority));
        projects.resolve(reportId, true, WHY, 0);
        schemes.grantOffice(secondOfficer, CHINA, 0, Powers.DISPUTE);
        vm.prank(secondOfficer);
        projects.resolve(reportId, true, WHY, 0);
        assertEq(uint256(projects.monitoring(reportId).status), uint256(MonitoringStatus.Annulled));
        vm.prank(secondOfficer); // no later word makes an annulled report final
        vm.expectRevert(
            abi.encodeWithSelector(IProjectReports.ProjectsReportStatus.selector, reportId, MonitoringStatus.Annulled)
        );
        projects.resolve(reportId, false, WHY, 0);
        vm.warp(NOW + WINDOW);
        assertFalse(projects.isFinal(reportId));
        vm.warp(NOW);

        MonitoringReport memory r = _monitored();
        r.quantityT -= 1;
        _submit(r, 0);
    }

    function test_resolve_isByTheOffice() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.DISPUTE));
        projects.resolve(reportId, true, WHY, 0);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsUnknownReport.selector, 9));
        projects.monitoring(9);
    }

    function test_dispute_dismissedMakesFinalAtOnce() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        assertFalse(projects.isFinal(reportId));
        schemes.grantOffice(secondOfficer, CHINA, 0, Powers.DISPUTE);
        vm.expectEmit(address(projects));
        emit IProjectReports.MonitoringResolved(reportId, secondOfficer, false, WHY);
        vm.prank(secondOfficer);
        projects.resolve(reportId, false, WHY, 0);
        assertTrue(projects.isFinal(reportId));
    }

    function test_dispute_isAnOfficersOfItsScheme() public {
        uint64 reportId = _submit(_monitored(), 0);
        address abroad = makeAddr("officer of another scheme");
        schemes.createScheme(SchemeId.wrap(99), "other", 0, 30, WHY);
        schemes.grantOffice(abroad, SchemeId.wrap(99), 0, Powers.ALL);
        bytes memory refusal =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, abroad, CHINA, 0, Powers.DISPUTE);
        vm.expectRevert(refusal);
        vm.prank(abroad);
        projects.dispute(reportId, WHY);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        vm.expectRevert(refusal);
        vm.prank(abroad);
        projects.resolve(reportId, true, WHY, 0);
    }

    function test_dispute_refusesTooLateUnknownAndUnpowered() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(developerWallet);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        projects.dispute(reportId, WHY);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsUnknownReport.selector, 9));
        projects.dispute(9, WHY);
        vm.expectPartialRevert(IProjectReports.ProjectsReportStatus.selector);
        projects.resolve(reportId, true, WHY, 0);
        vm.warp(NOW + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsDisputeTooLate.selector, reportId, NOW + WINDOW));
        projects.dispute(reportId, WHY);
        vm.stopPrank();
    }
}
