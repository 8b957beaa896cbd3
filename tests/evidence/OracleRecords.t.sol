// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {Determination, IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IEmissionsConfig} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {RecordWord, ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev What happens when somebody objects, and when nobody reports.
contract OracleRecordsTest is EvidenceBase {
    bytes32 private constant WHY = keccak256("why");

    /* DISPUTES */

    function test_dispute_byOperatorThenResolved() public {
        _submit(_report());
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, WHY);
        assertEq(oracle.disputedBy(plant, YEAR), emitterWallet);
        vm.warp(NOW + WINDOW);
        assertFalse(_isFinal());

        vm.prank(secondOfficer);
        oracle.resolve(plant, YEAR, false, WHY);
        assertTrue(_isFinal());
        assertEq(oracle.disputedBy(plant, YEAR), address(0));
    }

    function test_dispute_upheldNeverRevivesAnOlderReport() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW - 1);
        r.revision = 2;
        _submit(r);
        vm.prank(authority);
        oracle.dispute(plant, YEAR, WHY);
        vm.prank(secondOfficer);
        oracle.resolve(plant, YEAR, true, WHY);
        vm.warp(NOW + 5 * WINDOW);
        assertFalse(_isFinal());
        assertEq(uint256(_record(r).recordStatus()), uint256(ReportStatus.Annulled));

        r.revision = 3;
        _submit(r);
        assertEq(uint256(_record(r).recordStatus()), uint256(ReportStatus.Reported));
    }

    function test_records_areThoseAskedForInTheirOrder() public {
        Report memory r = _report();
        _submit(r);
        InstallationId[] memory asked = new InstallationId[](2);
        (asked[0], asked[1]) = (InstallationId.wrap(999), plant);
        RecordWord[] memory words = oracle.records(asked, YEAR);
        assertEq(words.length, 2);
        assertEq(RecordWord.unwrap(words[0]), 0);
        assertEq(RecordWord.unwrap(words[1]), RecordWord.unwrap(_record(r)));
        assertEq(words[1].recordEmissions(), EMISSIONS_T);

        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 501, 500));
        oracle.records(new InstallationId[](501), YEAR);
        assertEq(oracle.records(new InstallationId[](500), YEAR).length, 500);
    }

    function test_dispute_refusesTooLate() public {
        _submit(_report());
        vm.warp(NOW + WINDOW);
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsDisputeTooLate.selector, plant, YEAR, NOW + WINDOW)
        );
        oracle.dispute(plant, YEAR, WHY);
    }

    function test_dispute_refusesStranger() public {
        _submit(_report());
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNoStanding.selector, stranger, plant));
        oracle.dispute(plant, YEAR, WHY);
    }

    function test_dispute_refusesWhatIsNotReported() public {
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.None)
        );
        oracle.dispute(plant, YEAR, WHY);
    }

    function test_submit_refusesWhileDisputed() public {
        Report memory r = _report();
        _submit(r);
        vm.prank(authority);
        oracle.dispute(plant, YEAR, WHY);
        r.revision = 2;
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Disputed)
        );
        oracle.submit(CHINA, _word(r), r.linesRoot, r.evidenceRoot, _word(_terms(), 1), signatures);
    }

    function test_resolve_refusesWhoDisputed() public {
        _submit(_report());
        vm.startPrank(authority);
        oracle.dispute(plant, YEAR, WHY);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsOwnDispute.selector, authority));
        oracle.resolve(plant, YEAR, true, WHY);
        vm.stopPrank();
    }

    function test_resolve_needsDisputeAndPower() public {
        _submit(_report());
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Reported)
        );
        oracle.resolve(plant, YEAR, true, WHY);
        address abroad = makeAddr("officer of another scheme");
        schemes.createScheme(SchemeId.wrap(99), "other", 0, 30, WHY);
        schemes.grantOffice(abroad, SchemeId.wrap(99), 0, Powers.ALL);
        address neighbour = makeAddr("officer of another place");
        schemes.grantOffice(neighbour, CHINA, BEIJING + 1, Powers.ALL);
        address[3] memory others = [abroad, neighbour, stranger];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNoStanding.selector, others[i], plant));
            vm.prank(others[i]);
            oracle.dispute(plant, YEAR, WHY);
        }
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, WHY);
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, others[i], CHINA, BEIJING, Powers.DISPUTE)
            );
            oracle.resolve(plant, YEAR, true, WHY);
        }
    }

    function test_resolve_keepsWhatFellWhateverFollows() public {
        _submit(_report());
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, WHY);
        assertEq(RecordWord.unwrap(oracle.fallenReport(plant, YEAR)), 0);
        vm.prank(authority);
        oracle.resolve(plant, YEAR, true, WHY);

        uint256 fallen = RecordWord.unwrap(oracle.record(plant, YEAR));
        assertEq(RecordWord.unwrap(oracle.fallenReport(plant, YEAR)), fallen);
        vm.warp(YEAR_END + 180 days);
        _determine();
        assertEq(RecordWord.unwrap(oracle.fallenReport(plant, YEAR)), fallen);
        assertTrue(RecordWord.unwrap(oracle.record(plant, YEAR)) != fallen);
    }

    /// @dev A year can be reported falsely twice, and each time be charged to who signed then.
    function test_resolve_keepsTheLastThatFell() public {
        Report memory r = _report();
        for (uint8 revision = 1; revision < 3; ++revision) {
            r.revision = revision;
            _submit(r);
            vm.prank(emitterWallet);
            oracle.dispute(plant, YEAR, WHY);
            vm.prank(authority);
            oracle.resolve(plant, YEAR, true, WHY);
            RecordWord fallen = oracle.fallenReport(plant, YEAR);
            assertEq(fallen.recordRevision(), revision);
            assertEq(RecordWord.unwrap(fallen), RecordWord.unwrap(_record(r)));
        }
    }

    function test_resolve_keepsNothingOfWhatStands() public {
        _submit(_report());
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, WHY);
        vm.prank(authority);
        oracle.resolve(plant, YEAR, false, WHY);
        assertEq(RecordWord.unwrap(oracle.fallenReport(plant, YEAR)), 0);
    }

    /* DETERMINATION */

    function test_determine_endsSilence() public {
        vm.warp(YEAR_END + 180 days);
        _determine();
        (bool isFinal, uint256 t, uint256 mwh, uint256 gj) = oracle.finalReport(plant, YEAR);
        assertTrue(isFinal);
        assertEq(t, 9);
        assertEq(mwh, 8);
        assertEq(gj, 7);

        Report memory r = _report();
        r.signedAt = uint40(block.timestamp - 2 days);
        Terms memory terms = _terms();
        terms.signedAt = uint40(block.timestamp);
        bytes32[] memory signatures = _signed(r, terms, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEmissionsReports.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Determined
            )
        );
        oracle.submit(CHINA, _word(r), r.linesRoot, r.evidenceRoot, _word(terms, 1), signatures);
    }

    function test_determine_refusesBeforeItsTime() public {
        vm.warp(YEAR_END + 180 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsReports.EmissionsDeterminationTooEarly.selector, YEAR_END + 180 days)
        );
        _determine();
    }

    function test_determine_refusesWhereAFinalReportStands() public {
        _submit(_report());
        vm.warp(YEAR_END + 180 days);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsFinal.selector, plant, YEAR));
        _determine();
    }

    function test_determine_refusesAnotherYear() public {
        vm.warp(YEAR_END + 180 days);
        Determination[] memory list = _list();
        list[0].year = 2019;
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsYearNotInPeriod.selector, 2019, 2020, 2020));
        oracle.determine(CHINA, PERIOD, list);
    }

    function test_determine_needsThePower() public {
        vm.warp(YEAR_END + 180 days);
        vm.prank(secondOfficer);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, secondOfficer, CHINA, BEIJING, Powers.DETERMINE)
        );
        oracle.determine(CHINA, PERIOD, _list());
    }

    function test_determine_refusesForeignOrUnknownPlant() public {
        vm.warp(YEAR_END + 180 days);
        Determination[] memory list = _list();
        list[0].installation = _installationIn(emitter, OTHER, COAL, CAPACITY_KW);
        vm.prank(authority);
        vm.expectPartialRevert(IEmissionsReports.EmissionsWrongScheme.selector);
        oracle.determine(CHINA, PERIOD, list);
        list[0].installation = InstallationId.wrap(0);
        vm.prank(authority);
        vm.expectPartialRevert(IEmissionsReports.EmissionsUnknownInstallation.selector);
        oracle.determine(CHINA, PERIOD, list);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 0, 200));
        oracle.determine(CHINA, PERIOD, new Determination[](0));
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 201, 200));
        oracle.determine(CHINA, PERIOD, new Determination[](201));
        vm.prank(authority);
        vm.expectPartialRevert(IEmissionsReports.EmissionsUnknownInstallation.selector); // as many as may be
        oracle.determine(CHINA, PERIOD, new Determination[](200));
    }

    /* HELP */

    function _list() private view returns (Determination[] memory list) {
        list = new Determination[](1);
        list[0] =
            Determination({installation: plant, year: YEAR, emissionsT: 9, powerMwh: 8, heatGj: 7, reasonHash: WHY});
    }

    function _determine() private {
        vm.prank(authority);
        oracle.determine(CHINA, PERIOD, _list());
    }

    function _isFinal() private view returns (bool isFinal) {
        (isFinal,,,) = oracle.finalReport(plant, YEAR);
    }
}
