// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../../interfaces/Ids.sol";
import {
    ClassBounds,
    Determination,
    IEmissionsOracle,
    OracleRules,
    ReportStatus,
    Signer
} from "../../interfaces/IEmissionsOracle.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {ParticipantKinds} from "../../interfaces/IParticipants.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev Who may sign, who may not, what happens when somebody objects, and when nobody reports.
contract OracleConfigTest is EvidenceBase {
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
        vm.warp(NOW + WINDOW);
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

    function test_dispute_refusesTooLate() public {
        _submit(_report());
        vm.warp(NOW + WINDOW);
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsDisputeTooLate.selector, plant, YEAR, NOW + WINDOW)
        );
        oracle.dispute(plant, YEAR, WHY);
    }

    function test_dispute_refusesStranger() public {
        _submit(_report());
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsNoStanding.selector, stranger, plant));
        oracle.dispute(plant, YEAR, WHY);
    }

    function test_dispute_refusesWhatIsNotReported() public {
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.None)
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
            abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Disputed)
        );
        oracle.submit(CHINA, _word(r), r.linesRoot, r.evidenceRoot, _word(_terms(), 1), signatures);
    }

    function test_resolve_refusesWhoDisputed() public {
        _submit(_report());
        vm.startPrank(authority);
        oracle.dispute(plant, YEAR, WHY);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsOwnDispute.selector, authority));
        oracle.resolve(plant, YEAR, true, WHY);
        vm.stopPrank();
    }

    function test_resolve_needsDisputeAndPower() public {
        _submit(_report());
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Reported)
        );
        oracle.resolve(plant, YEAR, true, WHY);
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, WHY);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, BEIJING, Powers.DISPUTE)
        );
        oracle.resolve(plant, YEAR, true, WHY);
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
            abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongStatus.selector, plant, YEAR, ReportStatus.Determined)
        );
        oracle.submit(CHINA, _word(r), r.linesRoot, r.evidenceRoot, _word(terms, 1), signatures);
    }

    function test_determine_refusesBeforeItsTime() public {
        vm.warp(YEAR_END + 180 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsDeterminationTooEarly.selector, YEAR_END + 180 days)
        );
        _determine();
    }

    function test_determine_refusesWhereAFinalReportStands() public {
        _submit(_report());
        vm.warp(YEAR_END + 180 days);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsFinal.selector, plant, YEAR));
        _determine();
    }

    function test_determine_refusesAnotherYear() public {
        vm.warp(YEAR_END + 180 days);
        Determination[] memory list = _list();
        list[0].year = 2019;
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsYearNotInPeriod.selector, 2019, 2020, 2020));
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
        vm.expectPartialRevert(IEmissionsOracle.EmissionsWrongScheme.selector);
        oracle.determine(CHINA, PERIOD, list);
        list[0].installation = InstallationId.wrap(0);
        vm.prank(authority);
        vm.expectPartialRevert(IEmissionsOracle.EmissionsUnknownInstallation.selector);
        oracle.determine(CHINA, PERIOD, list);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsTooMany.selector, 0, 200));
        oracle.determine(CHINA, PERIOD, new Determination[](0));
    }

    /* CONFIGURATION */

    function test_configure_keepsSignersAndBumpsTheVersion() public {
        bytes32 again = _configure();
        assertTrue(again != digest);
        (uint16 version, bytes32 kept,) = oracle.configOf(CHINA);
        assertEq(version, 2);
        assertEq(kept, again);
        Signer[] memory got = oracle.signersOf(CHINA);
        assertEq(got.length, signers.length);
        for (uint256 i; i < got.length; ++i) {
            assertEq(keccak256(abi.encode(got[i])), keccak256(abi.encode(signers[i])));
        }
    }

    function test_configure_needsThePower() public {
        vm.prank(secondOfficer);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, secondOfficer, CHINA, 0, Powers.ACCREDIT)
        );
        oracle.configure(CHINA, _rules(), _bounds(), signers);
    }

    function test_configure_refusesUnsortedOrZeroKeys() public {
        address key = signers[0].key;
        signers[0].key = signers[1].key;
        _refusedConfig(abi.encodeWithSelector(IEmissionsOracle.EmissionsSignerOrder.selector, 1, signers[1].key));
        signers[0].key = address(0);
        _refusedConfig(abi.encodeWithSelector(IEmissionsOracle.EmissionsSignerOrder.selector, 0, address(0)));
        signers[0].key = key;
        _configure();
    }

    function test_configure_refusesBadSigners() public {
        bytes memory error_ = abi.encodeWithSelector(IEmissionsOracle.EmissionsBadSigner.selector, 0, signers[0].key);
        Signer memory good = signers[0];
        signers[0].roles = 0;
        _refusedConfig(error_);
        signers[0].roles = 4;
        _refusedConfig(error_);
        signers[0] = good;
        signers[0].scopes = 0;
        _refusedConfig(error_);
        signers[0] = good;
        signers[0].validUntil = good.validFrom;
        _refusedConfig(error_);
    }

    function test_configure_refusesWhoIsNoVerificationBody() public {
        signers[0].body = emitter;
        _refusedConfig(abi.encodeWithSelector(IEmissionsOracle.EmissionsNotBody.selector, emitter));
        (ParticipantId body,,) = _participant("suspended body", ParticipantKinds.VERIFICATION_BODY);
        vm.prank(authority);
        participants.suspend(body, WHY);
        signers[0].body = body;
        _refusedConfig(abi.encodeWithSelector(IEmissionsOracle.EmissionsNotBody.selector, body));
    }

    function test_configure_refusesBadRules() public {
        for (uint256 i; i < 9; ++i) {
            OracleRules memory r = _rules();
            if (i == 0) r.minBodies = 0;
            if (i == 1) r.minBodies = 9;
            if (i == 2) r.minAssurance = 0;
            if (i == 3) r.minAssurance = 3;
            if (i == 4) r.maxMateriality = 1_000_001;
            if (i == 5) r.maxAge = 0;
            if (i == 6) r.maxAge = 367 days;
            if (i == 7) r.maxSkew = 1 days + 1;
            if (i == 8) r.reportDays = 0;
            vm.prank(authority);
            vm.expectPartialRevert(IEmissionsOracle.EmissionsBadRules.selector);
            oracle.configure(CHINA, r, _bounds(), signers);
        }
    }

    function test_configure_refusesBadBounds() public {
        for (uint256 i; i < 4; ++i) {
            ClassBounds[] memory b = _bounds();
            if (i == 0) b[COAL].minPower = b[COAL].maxPower + 1;
            if (i == 1) b[COAL].minHeat = b[COAL].maxHeat + 1;
            if (i == 2) b[COAL].scope = 24;
            if (i == 3) b[COAL].maxLoadPpm = 0;
            vm.prank(authority);
            vm.expectPartialRevert(IEmissionsOracle.EmissionsBadBounds.selector);
            oracle.configure(CHINA, _rules(), b, signers);
        }
    }

    function test_configure_refusesTooManyOrNone() public {
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsTooMany.selector, 17, 16));
        oracle.configure(CHINA, _rules(), new ClassBounds[](17), signers);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsTooMany.selector, 0, 16));
        oracle.configure(CHINA, _rules(), new ClassBounds[](0), signers);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsTooMany.selector, 256, 255));
        oracle.configure(CHINA, _rules(), _bounds(), new Signer[](256));
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsTooMany.selector, 0, 255));
        oracle.configure(CHINA, _rules(), _bounds(), new Signer[](0));
        vm.stopPrank();
    }

    /* INTERESTS */

    function test_setInterest_bodyDeclaresButDoesNotLift() public {
        vm.startPrank(bodyWallets[0]);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        assertTrue(oracle.hasInterest(CHINA, bodies[0], emitter));
        assertFalse(oracle.hasInterest(CHINA, bodies[1], emitter));
        assertFalse(oracle.hasInterest(OTHER, bodies[0], emitter));
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bodyWallets[0], CHINA, 0, Powers.ACCREDIT)
        );
        oracle.setInterest(CHINA, bodies[0], emitter, false);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        oracle.setInterest(CHINA, bodies[1], emitter, true);
        vm.stopPrank();
    }

    function test_setInterest_refusesUnknownBody() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsUnknownBody.selector, emitter));
        oracle.setInterest(CHINA, emitter, emitter, true);
    }

    /* HELP */

    function _refusedConfig(bytes memory error_) private {
        vm.prank(authority);
        vm.expectRevert(error_);
        oracle.configure(CHINA, _rules(), _bounds(), signers);
    }

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
