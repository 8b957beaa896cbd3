// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {ParticipantId} from "../../interfaces/Ids.sol";
import {IEmissionsOracle, OpinionWord} from "../../interfaces/IEmissionsOracle.sol";
import {ParticipantKinds} from "../../interfaces/IParticipants.sol";
import {
    Activity,
    ClaimKind,
    IProjects,
    Location,
    Methodology,
    MethodologyId,
    Monitoring,
    MonitoringReport,
    MonitoringStatus,
    ProjectId,
    ProjectKind,
    ProjectStatus,
    Site
} from "../../interfaces/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

contract ProjectsTest is EvidenceBase {
    MethodologyId private constant FOREST = MethodologyId.wrap(1);
    uint40 private constant FROM = uint40(YEAR_END - 366 days); // 2020-01-01
    uint40 private constant UNTIL = uint40(YEAR_END + 3650 days);
    uint64 private constant CAP_T = 200_000;
    bytes32 private constant SOURCE = keccak256("a forest");
    bytes32 private constant WHY = keccak256("why");
    uint64 private constant HALF = FROM + 183 days;

    IProjects private projects;
    ParticipantId private developer;
    address private developerWallet;
    uint256 private developerKey;
    ProjectId private id;

    function setUp() public override {
        super.setUp();
        projects = IProjects(vm.deployCode("Projects.sol:Projects", abi.encode(manager, participants, schemes, oracle)));
        domain = _domain("tonne Projects", address(projects));
        (developer, developerWallet, developerKey) = _participant("developer", ParticipantKinds.DEVELOPER);
        vm.prank(authority);
        projects.setMethodology(FOREST, _methodology(), WHY);
        id = _register();
        vm.prank(authority);
        projects.validate(id, CAP_T, WHY);
    }

    /* METHODOLOGIES AND PROJECTS */

    function test_setMethodology_refusesContradictions() public {
        for (uint256 i; i < 5; ++i) {
            Methodology memory m = _methodology();
            if (i == 0) m.activity = Activity.None;
            if (i == 1) m.kind = ProjectKind.None;
            if (i == 2) m.minBufferPpm = m.maxBufferPpm + 1;
            if (i == 3) m.maxBufferPpm = 1_000_001;
            if (i == 4) m.scope = 24;
            vm.prank(authority);
            vm.expectPartialRevert(IProjects.ProjectsBadMethodology.selector);
            projects.setMethodology(FOREST, m, WHY);
        }
        vm.prank(authority);
        vm.expectPartialRevert(IProjects.ProjectsBadMethodology.selector);
        projects.setMethodology(MethodologyId.wrap(0), _methodology(), WHY);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.REGISTER));
        projects.setMethodology(FOREST, _methodology(), WHY);
    }

    function test_register_refusesWhoIsNoDeveloper() public {
        vm.prank(emitterWallet);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsNotDeveloper.selector, emitterWallet, emitter, 31));
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
    }

    function test_register_refusesIncomplete() public {
        vm.startPrank(developerWallet);
        vm.expectRevert(IProjects.ProjectsIncomplete.selector);
        projects.register(FOREST, 0, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectRevert(IProjects.ProjectsIncomplete.selector);
        projects.register(FOREST, 156, FROM, UNTIL, 0, _wuyi(), _meters(0), WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsBadCrediting.selector, UNTIL, UNTIL));
        projects.register(FOREST, 156, UNTIL, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectPartialRevert(IProjects.ProjectsUnknownMethodology.selector);
        projects.register(MethodologyId.wrap(9), 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.stopPrank();
    }

    function test_register_keepsThePlaceAndProvesTheMeters() public {
        bytes32[] memory meters = _meters(3);
        ProjectId fresh = ProjectId.wrap(projects.projectCount() + 1);
        vm.expectEmit(address(projects));
        emit IProjects.ProjectRegistered(fresh, developer, FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY);
        vm.prank(developerWallet);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY);

        Site memory site = projects.siteOf(fresh);
        assertEq(site.location.latitude, 27_725_000);
        assertEq(site.location.longitude, 118_010_000);
        assertEq(site.meterCount, 3);
        bytes32[] memory proof = new bytes32[](1); // the third of three moves up alone
        proof[0] = Merkle.node(_leaf(meters[0]), _leaf(meters[1]));
        assertTrue(Merkle.verify(site.metersRoot, _leaf(meters[2]), 2, 3, proof));
        assertEq(projects.siteOf(id).metersRoot, 0);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsUnknown.selector, 99));
        projects.siteOf(ProjectId.wrap(99));
    }

    function test_register_refusesAPlaceThatIsNotOnEarth() public {
        int32[2][6] memory places = [
            [int32(90_000_001), 0],
            [int32(-90_000_001), 0],
            [int32(0), 180_000_001],
            [int32(0), -180_000_001],
            [int32(0), 0], // left out
            [type(int32).min, type(int32).max]
        ];
        for (uint256 i = 0; i < places.length; ++i) {
            Location memory place = Location(places[i][0], places[i][1]);
            vm.prank(developerWallet);
            vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsBadLocation.selector, place));
            projects.register(FOREST, 156, FROM, UNTIL, SOURCE, place, _meters(0), WHY);
        }
        vm.startPrank(developerWallet);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(90_000_000, 180_000_000), _meters(0), WHY);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(-90_000_000, -180_000_000), _meters(0), WHY);
        vm.stopPrank();
    }

    function test_register_refusesMetersWithoutANameOrNamedTwice() public {
        bytes32[] memory meters = _meters(2);
        (meters[0], meters[1]) = (meters[1], meters[1]);
        _refusedMeter(meters, 1);
        (meters[0], meters[1]) = (_meters(2)[1], _meters(2)[0]);
        _refusedMeter(meters, 1);
        meters[0] = 0;
        _refusedMeter(meters, 0);
    }

    function test_register_refusesTooManyMeters() public {
        vm.startPrank(developerWallet);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsTooManyMeters.selector, 65, 64));
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(65), WHY);
        ProjectId fresh = projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(64), WHY);
        vm.stopPrank();
        assertEq(projects.siteOf(fresh).meterCount, 64);
    }

    function test_validate_onceByTheOffice() public {
        ProjectId fresh = _register();
        vm.prank(developerWallet);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        projects.validate(fresh, CAP_T, WHY);
        vm.startPrank(authority);
        vm.expectRevert(IProjects.ProjectsIncomplete.selector);
        projects.validate(fresh, 0, WHY);
        projects.validate(fresh, CAP_T, WHY);
        vm.expectPartialRevert(IProjects.ProjectsWrongStatus.selector);
        projects.validate(fresh, CAP_T, WHY);
        vm.expectPartialRevert(IProjects.ProjectsUnknown.selector);
        projects.validate(ProjectId.wrap(99), CAP_T, WHY);
        vm.stopPrank();
    }

    function test_validate_bindsMetersToTheSource() public {
        ProjectId fresh = _registerOf(SOURCE, _meters(2));
        assertEq(projects.sourceOfMeter(bytes32(uint256(1))), 0);
        vm.expectEmit(address(projects));
        emit IProjects.MeterBound(bytes32(uint256(2)), SOURCE, authority);
        vm.prank(authority);
        projects.validate(fresh, CAP_T, WHY);
        assertEq(projects.sourceOfMeter(bytes32(uint256(1))), SOURCE);

        // The same plant in another project, with a meter more; not so another plant with one of its meters.
        ProjectId again = _registerOf(SOURCE, _meters(3));
        ProjectId other = _registerOf("another plant", _meters(1));
        vm.startPrank(authority);
        projects.validate(again, CAP_T, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsMeterBound.selector, uint256(1), SOURCE));
        projects.validate(other, CAP_T, WHY);
        vm.stopPrank();
        assertEq(projects.sourceOfMeter(bytes32(uint256(3))), SOURCE);
    }

    function test_bindMeter_byClaimantsOnceForEver() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsNotClaimant.selector, authority));
        projects.bindMeter("meter", SOURCE);
        address certificates = makeAddr("certificates");
        projects.setClaimant(certificates, true);
        vm.startPrank(certificates);
        projects.bindMeter("meter", SOURCE);
        projects.bindMeter("meter", SOURCE); // says it again
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsMeterBound.selector, bytes32("meter"), SOURCE));
        projects.bindMeter("meter", "other");
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsMeterBound.selector, 0, 0));
        projects.bindMeter(0, SOURCE);
        vm.stopPrank();
    }

    function _registerOf(bytes32 source, bytes32[] memory meters) private returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, source, _wuyi(), meters, WHY);
    }

    function test_setSuspended_stopsReports() public {
        vm.prank(authority);
        projects.setSuspended(id, true, WHY);
        _refused(
            abi.encodeWithSelector(IProjects.ProjectsWrongStatus.selector, id, ProjectStatus.Suspended), _monitored()
        );
        vm.prank(authority);
        projects.setSuspended(id, false, WHY);
        _submit(_monitored(), 0);
    }

    function test_renew_onlyExtends() public {
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsBadCrediting.selector, UNTIL, UNTIL));
        projects.renew(id, UNTIL, WHY);
        projects.renew(id, UNTIL + 1, WHY);
        assertEq(projects.project(id).creditingUntil, UNTIL + 1);
        vm.stopPrank();
    }

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

    function test_submit_refusesRepetition() public {
        uint64 reportId = _submit(_monitored(), 0);
        _refused(abi.encodeWithSelector(IProjects.ProjectsAlreadyReported.selector, reportId), _monitored());
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
        vm.prank(authority);
        projects.validate(twin, CAP_T, WHY);
        r.project = twin;
        _refusedAt(overlap, r, FROM);
        r.periodFrom = HALF;
        _submit(r, FROM);
    }

    function test_submit_refusesWrongPeriod() public {
        for (uint256 i; i < 3; ++i) {
            MonitoringReport memory r = _monitored();
            if (i == 0) r.periodFrom = FROM - 1;
            if (i == 1) r.periodUntil = uint64(NOW + 1);
            if (i == 2) r.periodUntil = r.periodFrom;
            _refusedPartly(IProjects.ProjectsBadPeriod.selector, r);
        }
    }

    function test_submit_refusesVintageOutsideThePeriod() public {
        MonitoringReport memory r = _monitored();
        r.vintage = 2021;
        _refused(abi.encodeWithSelector(IProjects.ProjectsBadVintage.selector, 2021, 2020, 2020), r);
        r.vintage = 2019;
        _refused(abi.encodeWithSelector(IProjects.ProjectsBadVintage.selector, 2019, 2020, 2020), r);
    }

    function test_submit_refusesImplausibleQuantityAndBuffer() public {
        MonitoringReport memory r = _monitored();
        uint256 most = uint256(CAP_T) * 183 / 365;
        r.quantityT = uint64(most + 1);
        _refused(abi.encodeWithSelector(IProjects.ProjectsImplausibleQuantity.selector, id, most + 1, most), r);
        r.quantityT = 0;
        _refused(abi.encodeWithSelector(IProjects.ProjectsImplausibleQuantity.selector, id, 0, most), r);
        r = _monitored();
        r.bufferPpm = 300_001;
        _refused(abi.encodeWithSelector(IProjects.ProjectsBadBuffer.selector, 300_001, 100_000, 300_000), r);
        r.bufferPpm = 99_999;
        _refused(abi.encodeWithSelector(IProjects.ProjectsBadBuffer.selector, 99_999, 100_000, 300_000), r);
    }

    function test_submit_refusesWrongTimesAndTerms() public {
        MonitoringReport memory r = _monitored();
        r.signedAt = r.periodUntil - 1;
        _refusedPartly(IEmissionsOracle.EmissionsSignedAt.selector, r);
        r.signedAt = uint64(OPINION_AT + 1); // after the opinion
        _refusedPartly(IEmissionsOracle.EmissionsSignedAt.selector, r);

        Terms memory t = _terms();
        t.assurance = 1;
        _refusedTerms(abi.encodeWithSelector(IEmissionsOracle.EmissionsAssurance.selector, 1, 2, 2), t);
        t = _terms();
        t.materialityPpm = 50_001;
        _refusedTerms(abi.encodeWithSelector(IEmissionsOracle.EmissionsMaterialityTooHigh.selector, 50_001, 50_000), t);
    }

    function test_submit_refusesTwoBodies() public {
        MonitoringReport memory r = _monitored();
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord two = _word(_terms(), 2);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsMalformedOpinion.selector, two));
        projects.submit(r, two, signatures, 0);
    }

    function test_submit_refusesForeignSignatures() public {
        MonitoringReport memory r = _monitored();
        OpinionWord opinion = _word(_terms(), 1);
        for (uint256 i; i < 3; ++i) {
            bytes32[6] memory signatures = _signAll(r, _terms());
            (signatures[2 * i], signatures[2 * i + 1]) = _sign(keys[4], _hashOf(r));
            vm.expectPartialRevert(
                i == 0 ? IProjects.ProjectsNotReporter.selector : SignerSet.SignersBadSignature.selector
            );
            projects.submit(r, opinion, signatures, 0);
        }
    }

    function test_submit_refusesSuspendedDeveloper() public {
        vm.prank(authority);
        participants.suspend(developer, WHY);
        _refusedPartly(IProjects.ProjectsNotReporter.selector, _monitored());
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
        _refused(abi.encodeWithSelector(IProjects.ProjectsInterest.selector, developer, bodies[0]), _monitored());
    }

    /* DISPUTES */

    function test_dispute_upheldFreesThePeriod() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsOwnDispute.selector, authority));
        projects.resolve(reportId, true, WHY, 0);
        schemes.grantOffice(secondOfficer, CHINA, 0, Powers.DISPUTE);
        vm.prank(secondOfficer);
        projects.resolve(reportId, true, WHY, 0);
        vm.warp(NOW + WINDOW);
        assertFalse(projects.isFinal(reportId));
        vm.warp(NOW);

        MonitoringReport memory r = _monitored();
        r.quantityT -= 1;
        _submit(r, 0);
    }

    function test_dispute_dismissedMakesFinalAtOnce() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(authority);
        projects.dispute(reportId, WHY);
        assertFalse(projects.isFinal(reportId));
        schemes.grantOffice(secondOfficer, CHINA, 0, Powers.DISPUTE);
        vm.prank(secondOfficer);
        projects.resolve(reportId, false, WHY, 0);
        assertTrue(projects.isFinal(reportId));
    }

    function test_dispute_refusesTooLateUnknownAndUnpowered() public {
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(developerWallet);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        projects.dispute(reportId, WHY);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsUnknownReport.selector, 9));
        projects.dispute(9, WHY);
        vm.expectPartialRevert(IProjects.ProjectsReportStatus.selector);
        projects.resolve(reportId, true, WHY, 0);
        vm.warp(NOW + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsDisputeTooLate.selector, reportId, NOW + WINDOW));
        projects.dispute(reportId, WHY);
        vm.stopPrank();
    }

    /* CLAIMS OF OTHERS */

    function test_claim_oneMomentOneUse() public {
        address certificates = makeAddr("certificates");
        vm.prank(certificates);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsNotClaimant.selector, certificates));
        projects.claim(SOURCE, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);

        projects.setClaimant(certificates, true);
        vm.startPrank(certificates);
        vm.expectPartialRevert(IProjects.ProjectsBadClaim.selector);
        projects.claim(0, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);
        vm.expectPartialRevert(IProjects.ProjectsBadClaim.selector);
        projects.claim(SOURCE, ClaimKind.None, 5, FROM, FROM + 1 hours, 0);
        projects.claim(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.stopPrank();
        _refusedPartly(IntervalSet.IntervalsOverlap.selector, _monitored());

        vm.expectPartialRevert(IProjects.ProjectsNotItsClaim.selector);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.startPrank(certificates);
        vm.expectPartialRevert(IProjects.ProjectsNotItsClaim.selector);
        projects.release(SOURCE, ClaimKind.Certificate, 6, FROM + 1 hours, FROM + 2 hours, 0);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.stopPrank();
        _submit(_monitored(), 0);
    }

    function test_setClaimant_isRestricted() public {
        vm.prank(stranger);
        vm.expectRevert();
        projects.setClaimant(stranger, true);
    }

    /* HELP */

    function _methodology() private pure returns (Methodology memory) {
        return Methodology({
            scheme: CHINA,
            activity: Activity.Removal,
            kind: ProjectKind.Forest,
            scope: 5,
            maxBufferPpm: 300_000,
            minBufferPpm: 100_000,
            active: true
        });
    }

    function _register() private returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
    }

    /// @dev In the hills of Wuyi.
    function _wuyi() private pure returns (Location memory) {
        return Location(27_725_000, 118_010_000);
    }

    function _meters(uint256 count) private pure returns (bytes32[] memory meters) {
        meters = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            meters[i] = bytes32(i + 1);
        }
    }

    function _leaf(bytes32 meter) private pure returns (bytes32) {
        return Merkle.leaf(abi.encodePacked(meter));
    }

    function _refusedMeter(bytes32[] memory meters, uint256 place) private {
        vm.prank(developerWallet);
        vm.expectRevert(abi.encodeWithSelector(IProjects.ProjectsBadMeter.selector, place, meters[place]));
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY);
    }

    /// @dev The first half of 2020.
    function _monitored() private view returns (MonitoringReport memory) {
        return MonitoringReport({
            project: id,
            periodFrom: FROM,
            periodUntil: HALF,
            vintage: 2020,
            quantityT: 80_000,
            bufferPpm: 150_000,
            linesRoot: keccak256("lines"),
            evidenceRoot: keccak256("evidence"),
            signedAt: uint64(SIGNED_AT)
        });
    }

    function _hashOf(MonitoringReport memory r) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
        );
        return keccak256(
            bytes.concat(
                abi.encode(typeHash, r.project, r.periodFrom, r.periodUntil, r.vintage, r.quantityT),
                abi.encode(r.bufferPpm, r.linesRoot, r.evidenceRoot, digest, r.signedAt)
            )
        );
    }

    function _opinionHash(MonitoringReport memory r, Terms memory t) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
        );
        return keccak256(
            abi.encode(
                typeHash,
                _hashOf(r),
                r.project,
                bodies[0],
                t.assurance,
                t.materialityPpm,
                r.quantityT,
                digest,
                t.signedAt
            )
        );
    }

    function _signAll(MonitoringReport memory r, Terms memory t) private view returns (bytes32[6] memory s) {
        (s[0], s[1]) = _sign(developerKey, _hashOf(r));
        (s[2], s[3]) = _sign(keys[0], _opinionHash(r, t));
        (s[4], s[5]) = _sign(keys[1], _opinionHash(r, t));
    }

    function _submit(MonitoringReport memory r, uint64 hint) private returns (uint64) {
        return projects.submit(r, _word(_terms(), 1), _signAll(r, _terms()), hint);
    }

    function _refused(bytes memory error_, MonitoringReport memory r) private {
        _refusedAt(error_, r, 0);
    }

    function _refusedAt(bytes memory error_, MonitoringReport memory r, uint64 hint) private {
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(error_);
        projects.submit(r, opinion, signatures, hint);
    }

    function _refusedTerms(bytes memory error_, Terms memory t) private {
        MonitoringReport memory r = _monitored();
        bytes32[6] memory signatures = _signAll(r, t);
        OpinionWord opinion = _word(t, 1);
        vm.expectRevert(error_);
        projects.submit(r, opinion, signatures, 0);
    }

    function _refusedPartly(bytes4 selector, MonitoringReport memory r) private {
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectPartialRevert(selector);
        projects.submit(r, opinion, signatures, 0);
    }
}
