// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IEmissionsConfig} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {OpinionWord, RecordWord, ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {OracleCase} from "./OracleCase.sol";

/// @dev Reports one by one: every guard has a test that fails without it.
contract EmissionsOracleTest is OracleCase {
    /* WHAT IS KEPT */

    function test_submit_keepsOneWord() public {
        Report memory r = _report();
        vm.prank(stranger);
        _submit(r);

        RecordWord w = _record(r);
        assertEq(w.recordEmissions(), EMISSIONS_T);
        assertEq(w.recordPower(), POWER_MWH);
        assertEq(w.recordHeat(), HEAT_GJ);
        assertEq(w.recordRevision(), 1);
        assertEq(uint256(w.recordStatus()), uint256(ReportStatus.Reported));
        assertEq(w.recordSubmittedAt(), NOW);
        assertEq(w.recordFinalAt(), NOW + WINDOW);
        assertEq(w.recordConfig(), 1);
        assertEq(ParticipantId.unwrap(w.recordBody()), ParticipantId.unwrap(bodies[0]));
        assertEq(uint8(RecordWord.unwrap(w) >> 240), 1);
    }

    function test_submit_saysEverythingInTheEvent() public {
        Report memory r = _report();
        uint256 terms = (NOW + WINDOW) | 1 << 32 | uint256(ParticipantId.unwrap(bodies[0])) << 48 | 2 << 72
            | OpinionWord.unwrap(_word(_terms(), 2)) >> 80 << 80;
        vm.expectEmit(address(oracle));
        emit IEmissionsReports.EmissionsReported(plant, emitter, _word(r), r.linesRoot, r.evidenceRoot, terms);
        _submit(r, _terms(), 2);
    }

    /// @dev The record is the one of an unqualified opinion; the event tells the two apart.
    function test_submit_tellsAQualifiedOpinion() public {
        Report memory r = _report();
        Terms memory t = _terms();
        t.assurance = QUALIFIED | 2;
        uint256 terms = (NOW + WINDOW) | 1 << 32 | uint256(ParticipantId.unwrap(bodies[0])) << 48 | 2 << 72
            | OpinionWord.unwrap(_word(t, 2)) >> 80 << 80 | 1 << 255;
        vm.expectEmit(address(oracle));
        emit IEmissionsReports.EmissionsReported(plant, emitter, _word(r), r.linesRoot, r.evidenceRoot, terms);
        uint256 before = vm.snapshotState();
        _submit(r, t, 2);
        RecordWord qualified = _record(r);
        vm.revertToState(before);
        _submit(r, _terms(), 2);
        assertEq(RecordWord.unwrap(_record(r)), RecordWord.unwrap(qualified));
    }

    function test_submit_isFinalOnlyAfterTheWindow() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW - 1);
        (bool isFinal, uint256 t,,) = oracle.finalReport(plant, YEAR);
        assertFalse(isFinal);
        assertEq(t, 0);
        vm.warp(NOW + WINDOW);
        uint256 mwh;
        uint256 gj;
        (isFinal, t, mwh, gj) = oracle.finalReport(plant, YEAR);
        assertTrue(isFinal);
        assertEq(t, EMISSIONS_T);
        assertEq(mwh, POWER_MWH);
        assertEq(gj, HEAT_GJ);
    }

    function test_submit_takesThreeBodies() public {
        Report memory r = _report();
        _submit(r, _terms(), 3);
        assertEq(uint8(RecordWord.unwrap(_record(r)) >> 240), 3);
    }

    /// @dev 1,000 t beyond what the output explains, and no tonne more.
    function test_submit_allowsTheBaseEmissionsOfAPlant() public {
        Report memory r = _report();
        (r.powerMwh, r.heatGj) = (1_000, 0);
        r.emissionsT = 2_301;
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        vm.expectPartialRevert(IEmissionsReports.EmissionsImplausibleIntensity.selector);
        _submit(r, _word(_terms(), 1), signatures);
        r.emissionsT = 2_300;
        signatures = _signed(r, _terms(), 1);
        _submit(r, _word(_terms(), 1), signatures);
    }

    function testFuzz_submit_plausibleOnly(uint40 emissionsT, uint40 powerMwh, uint40 heatGj) public {
        Report memory r = _report();
        r.emissionsT = uint40(bound(emissionsT, 0, 8e6));
        r.powerMwh = uint40(bound(powerMwh, 0, 6e6));
        r.heatGj = uint40(bound(heatGj, 0, 5e7));
        uint256 mostMwh = uint256(CAPACITY_KW) * 8784 / 1000;
        bool capacity = r.powerMwh <= mostMwh && uint256(r.heatGj) * 10_000 <= mostMwh * 72_000;
        uint256 least = uint256(r.powerMwh) * 6_000 + uint256(r.heatGj) * 500;
        uint256 most = uint256(r.powerMwh) * 13_000 + uint256(r.heatGj) * 1_600 + 1_000 * 10_000;
        bool plausible = uint256(r.emissionsT) * 10_000 >= least && uint256(r.emissionsT) * 10_000 <= most;

        bytes32[] memory signatures = _signed(r, _terms(), 1);
        if (!capacity) {
            vm.expectPartialRevert(IEmissionsReports.EmissionsBeyondCapacity.selector);
        } else if (!plausible) {
            vm.expectPartialRevert(IEmissionsReports.EmissionsImplausibleIntensity.selector);
        }
        _submit(r, _word(_terms(), 1), signatures);
    }

    /* REPETITION AND REVISION */

    function test_submit_refusesRepetition() public {
        Report memory r = _report();
        _submit(r);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsAlreadyReported.selector, plant, YEAR, 1), r);
    }

    function test_submit_refusesSameRevisionSignedByAnother() public {
        Report memory r = _report();
        _submit(r);
        r.emissionsT -= 1;
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsAlreadyReported.selector, plant, YEAR, 1), r);
    }

    function test_submit_refusesGapInRevisions() public {
        Report memory r = _report();
        r.revision = 2;
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsWrongRevision.selector, plant, YEAR, 2, 1), r);
        r.revision = 1;
        _submit(r);
        r.revision = 3;
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsWrongRevision.selector, plant, YEAR, 3, 2), r);
    }

    function test_submit_restatementOpensANewWindow() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW - 1);
        r.revision = 2;
        r.emissionsT += 1000;
        _submit(r);
        (bool isFinal,,,) = oracle.finalReport(plant, YEAR);
        assertFalse(isFinal);
        vm.warp(NOW + 2 * WINDOW);
        (, uint256 t,,) = oracle.finalReport(plant, YEAR);
        assertEq(t, EMISSIONS_T + 1000);
    }

    /* THE PLANT AND THE YEAR */

    function test_submit_refusesUnknownInstallation() public {
        Report memory r = _report();
        r.installation = 999;
        _refused(
            abi.encodeWithSelector(IEmissionsReports.EmissionsUnknownInstallation.selector, InstallationId.wrap(999)), r
        );
    }

    function test_submit_refusesInstallationOfAnotherScheme() public {
        Report memory r = _report();
        InstallationId other = _installationIn(emitter, OTHER, COAL, CAPACITY_KW);
        r.installation = InstallationId.unwrap(other);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsWrongScheme.selector, other, OTHER, CHINA), r);
    }

    function test_submit_refusesSchemeWithoutSigners() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsNotConfigured.selector, OTHER));
        oracle.submit(OTHER, _word(r), r.linesRoot, r.evidenceRoot, opinion, signatures);
    }

    function test_submit_refusesClassWithoutBounds() public {
        Report memory r = _report();
        InstallationId wind = _installation(emitter, 2, CAPACITY_KW);
        r.installation = InstallationId.unwrap(wind);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsClassWithoutBounds.selector, wind, 2), r);
        wind = _installation(emitter, 200, CAPACITY_KW);
        r.installation = InstallationId.unwrap(wind);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsClassWithoutBounds.selector, wind, 200), r);
    }

    function test_submit_refusesYearThatIsNotOverOrLongGone() public {
        Report memory r = _report();
        r.year = 2021;
        _refusedPartly(IEmissionsReports.EmissionsYearClosed.selector, r);
        r.year = 2019;
        _refusedPartly(IEmissionsReports.EmissionsYearClosed.selector, r);
    }

    function test_submit_refusesWrongTimes() public {
        bytes4 selector = IEmissionsReports.EmissionsSignedAt.selector;
        Report memory r = _report();
        uint256 yearEnd = YEAR_END - 8 hours; // in the scheme's zone
        r.signedAt = uint40(yearEnd - 1);
        _refused(abi.encodeWithSelector(selector, yearEnd - 1, yearEnd, NOW + 5 minutes), r);
        r.signedAt = uint40(NOW + 5 minutes + 1);
        _refusedPartly(selector, r);

        r = _report();
        Terms memory t = _terms();
        t.signedAt = r.signedAt - 1; // before its report
        _refusedWith(abi.encodeWithSelector(selector, t.signedAt, r.signedAt, NOW + 5 minutes), r, t);
        t.signedAt = uint40(NOW + 5 minutes + 1);
        _refusedWith(abi.encodeWithSelector(selector, t.signedAt, r.signedAt, NOW + 5 minutes), r, t);
    }

    function test_submit_refusesStaleSignature() public {
        Report memory r = _report();
        vm.warp(SIGNED_AT + 180 days + 1);
        _refusedPartly(IEmissionsReports.EmissionsSignedAt.selector, r);
    }

    /* REPLAY */

    function test_submit_refusesOldConfiguration() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        _configure();
        vm.expectPartialRevert(IEmissionsReports.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesSignaturesForAnotherChainOrContract() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.chainId(999);
        vm.expectPartialRevert(IEmissionsReports.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
        vm.chainId(31_337);
        domain = _domain("tonne EmissionsOracle", address(1));
        signatures = _signed(r, _terms(), 1);
        vm.expectPartialRevert(IEmissionsReports.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
    }
}
