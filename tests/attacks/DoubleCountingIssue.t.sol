// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {IEmissionsConfig, SignerRoles} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits, Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    ClaimKind,
    IProjectRegister,
    IProjectReports,
    MonitoringReport,
    ProjectId
} from "../../interfaces/evidence/IProjects.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {AttackCase} from "./AttackCase.sol";
import {HookWallet} from "./HookWallet.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev Attempts to make two units of one tonne; docs/double-counting.md names the line that refuses each.
contract DoubleCountingIssueTest is AttackCase {
    /* ISSUE TWICE FOR ONE PERIOD */

    function test_issueTwice_fromOneReport() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, reportId, credit));
        issuance.issueFromReport(reportId);
    }

    function test_issueTwice_aheadOfItsTimeAndAfter() public {
        vm.startPrank(authority);
        UnitId ahead = issuance.issueExAnte(project, 2020, 80_000, WHY);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, reportId, credit));
        issuance.verify(ahead, reportId);
        vm.stopPrank();
    }

    function test_issueTwice_reportedAgain() public {
        bytes memory already = abi.encodeWithSelector(IProjectReports.ProjectsAlreadyReported.selector, reportId);
        _refused(dora, _monitored(FROM, HALF), 0, already);
    }

    /// @dev Its wallet has code and an office: while the first issue hands it the units, it asks for the second.
    function test_issueTwice_fromWithinTheFirstByAnAdministrator() public {
        HookWallet wallet = new HookWallet();
        ParticipantId owner = _join(wallet);
        (address signer, uint256 key) = makeAddrAndKey("signer");
        wallet.act(address(participants), abi.encodeCall(IParticipants.addWallet, (signer, WalletRights.ALL)));
        vm.prank(signer);
        participants.confirmWallet(owner);
        vm.prank(admin);
        schemes.grantOffice(address(wallet), CHINA, 0, Powers.ALL);

        bytes32 source = keccak256("another forest");
        bytes memory answer = wallet.act(
            address(projects),
            abi.encodeCall(
                IProjectRegister.register, (FOREST, 156, FROM, UNTIL, source, _place(), new bytes32[](0), WHY)
            )
        );
        project = abi.decode(answer, (ProjectId));
        vm.startPrank(admin);
        _validate(project);
        UnitId ahead = issuance.issueExAnte(project, 2020, 80_000, WHY);
        vm.stopPrank();
        MonitoringReport memory r = _monitored(FROM, HALF);
        r.evidenceRoot = keccak256("its own evidence");
        uint64 report = projects.submit(r, _word(_terms(), 1), _signAll(r, key, bodies[0]), 0);
        vm.warp(block.timestamp + WINDOW);

        wallet.arm(address(issuance), abi.encodeCall(IIssuance.verify, (ahead, report)));
        answer = wallet.act(address(issuance), abi.encodeCall(IIssuance.issueFromReport, (report)));
        UnitId id = abi.decode(answer, (UnitId));
        assertEq(_held(address(wallet), id), 0); // its hook failed: the units are held for it
        assertTrue(credits.batch(ahead).status == BatchStatus.ExAnte);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, report, id));
        wallet.act(address(issuance), abi.encodeCall(IIssuance.verify, (ahead, report)));
    }

    function test_issueTwice_pastTheIssuerByAnAdministrator() public {
        Recipient[] memory to = new Recipient[](1);
        to[0] = Recipient(admin, 1);
        UnitId fresh = UnitId.wrap(UnitId.unwrap(credit) + 1);
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, admin));
        credits.issueOwn(fresh, to, 0, WHY, BatchStatus.Active, 0);
        vm.stopPrank();
    }

    function test_issueTwice_throughAnotherIssuerByAnAdministrator() public {
        HookWallet issuer = new HookWallet();
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetIssuersRefused.selector, address(issuance), address(issuer))
        );
        credits.setIssuers(address(issuer), admin, admin);
    }

    /* OVERLAPPING PERIODS */

    function test_overlappingPeriods_ofOneProject() public {
        _refused(dora, _monitored(HALF - 1, uint64(YEAR_END)), FROM, _overlap(HALF - 1, YEAR_END, FROM, HALF));
        _refused(dora, _monitored(FROM + 1, HALF - 1), FROM, _overlap(FROM + 1, HALF - 1, FROM, HALF));
    }

    function test_overlappingPeriods_throughATwinOfTheProject() public {
        project = _project(SOURCE);
        _refused(dora, _monitored(HALF - 1, uint64(YEAR_END)), FROM, _overlap(HALF - 1, YEAR_END, FROM, HALF));
    }

    function test_overlappingPeriods_afterAReleaseByAnAdministrator() public {
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsNotItsClaim.selector, SOURCE, FROM, HALF));
        projects.release(SOURCE, ClaimKind.Credit, reportId, FROM, HALF, 0);
    }

    function test_overlappingPeriods_afterALateDisputeByAnAdministrator() public {
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsDisputeTooLate.selector, reportId, NOW + WINDOW));
        projects.dispute(reportId, WHY);
    }

    /* ONE MWH AS CERTIFICATE AND CREDIT */

    function test_certificateAndCredit_creditFirstByAnAdministrator() public {
        vm.prank(admin);
        vm.expectRevert(_overlap(HALF - 1 hours, HALF, FROM, HALF));
        projects.claim(SOURCE, ClaimKind.Certificate, 1, HALF - 1 hours, HALF, FROM);
    }

    function test_certificateAndCredit_certificateFirst() public {
        address certificates = makeAddr("certificates");
        projects.setClaimant(certificates, true);
        vm.prank(certificates);
        projects.claim(SOURCE, ClaimKind.Certificate, 1, HALF, HALF + 1 hours, FROM);

        bytes memory taken = _overlap(HALF, YEAR_END, HALF, HALF + 1 hours);
        _refused(dora, _monitored(HALF, uint64(YEAR_END)), HALF, taken);
        // Not even who may claim can take away another's claim.
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectReports.ProjectsNotItsClaim.selector, SOURCE, HALF, HALF + 1 hours)
        );
        projects.release(SOURCE, ClaimKind.Certificate, 1, HALF, HALF + 1 hours, FROM);
    }

    function test_certificateAndCredit_byWhoMayNotClaim() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsNotClaimant.selector, authority));
        projects.claim(SOURCE, ClaimKind.Certificate, 1, HALF, HALF + 1 hours, FROM);
    }

    /* ISSUE AFTER INVALIDATION */

    function test_afterInvalidation_issueAgain() public {
        _invalidate();
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAlreadyIssued.selector, reportId, credit));
        issuance.issueFromReport(reportId);
    }

    function test_afterInvalidation_reportAgain() public {
        _invalidate();
        MonitoringReport memory r = _monitored(FROM, HALF);
        r.quantityT -= 1;
        _refused(dora, r, 0, _overlap(FROM, HALF, FROM, HALF));
    }

    function test_afterInvalidation_makeItValidByAnAdministrator() public {
        _invalidate();
        vm.startPrank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Invalidated)
        );
        batchDesk.setLocked(credit, false, WHY);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, admin));
        credits.setBatchStatus(credit, BatchStatus.Active, admin, WHY);
        vm.stopPrank();
    }

    function test_afterInvalidation_addABlockByAnAdministrator() public {
        _immobilise(FIRST, LAST, dora);
        vm.startPrank(admin);
        batchDesk.setLocked(foreign, true, WHY);
        batchDesk.invalidate(foreign, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, foreign, BatchStatus.Invalidated)
        );
        immobilisation.immobilise(_lodging(LAST + 1, LAST + 10), admin, FIRST);
        vm.stopPrank();
    }

    /* WHO SIGNS */

    function test_signers_aBodyWithAnInterest() public {
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[0], developer, true);
        bytes memory interest = abi.encodeWithSelector(IProjectReports.ProjectsInterest.selector, developer, bodies[0]);
        _refused(dora, _monitored(HALF, uint64(YEAR_END)), FROM, interest);
        _refused(admin, _monitored(HALF, uint64(YEAR_END)), FROM, interest);
    }

    function test_signers_anAdministratorForItself() public {
        (signers[place[0]].body, signers[place[1]].body) = (adminId, adminId);
        digest = _configure();
        vm.startPrank(admin);
        project = projects.register(FOREST, 156, FROM, UNTIL, keccak256("its forest"), _place(), new bytes32[](0), WHY);
        _validate(project);
        MonitoringReport memory r = _monitored(FROM, HALF);
        bytes32[6] memory signatures = _signAll(r, adminKey, adminId);
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsInterest.selector, adminId, adminId));
        projects.submit(r, opinion, signatures, 0);
        vm.stopPrank();
    }

    /// @dev Even one who is accredited for both roles.
    function test_signers_oneTwice() public {
        signers[place[0]].roles = SignerRoles.LEAD | SignerRoles.REVIEWER;
        digest = _configure();
        MonitoringReport memory r = _monitored(HALF, uint64(YEAR_END));
        bytes32[6] memory signatures = _signAll(r);
        (signatures[4], signatures[5]) = (signatures[2], signatures[3]);
        OpinionWord opinion = _withPersons(_word(_terms(), 1), 0, place[0], place[0]);
        vm.expectRevert(abi.encodeWithSelector(SignerSet.SignersRepeated.selector, place[0]));
        projects.submit(r, opinion, signatures, FROM);
    }

    /// @dev Who accredits cannot list one person's key in two places either.
    function test_signers_oneListedTwiceByAnAdministrator() public {
        signers[1].key = signers[0].key;
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsSignerOrder.selector, 1, signers[0].key));
        oracle.configure(CHINA, _rules(), _bounds(), signers);
    }

    /* HELP */

    function _join(HookWallet wallet) private returns (ParticipantId id) {
        uint16 kinds = ParticipantKinds.DEVELOPER;
        return Applications.join(participants, address(wallet), kinds, BEIJING, WHY, admin);
    }

    function _invalidate() private {
        vm.startPrank(authority);
        batchDesk.setLocked(credit, true, WHY);
        batchDesk.invalidate(credit, WHY);
        vm.stopPrank();
    }

    function _overlap(uint256 from, uint256 until, uint256 otherFrom, uint256 otherUntil)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, from, until, otherFrom, otherUntil);
    }
}
