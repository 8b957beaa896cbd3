// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {BatchItem, IEmissionsReports, ReportBatch} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {ClassBounds, OracleRules} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {RecordWord, ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev Reports in batches: root, count and totals under one body's two signatures.
contract EmissionsOracleBatchTest is EvidenceBase {
    uint256 private constant COUNT = 5;

    Report[] private _reports;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < COUNT; ++i) {
            Report memory r = _report();
            r.installation = InstallationId.unwrap(_installation(emitter, COAL, CAPACITY_KW));
            r.emissionsT += uint40(i);
            _reports.push(r);
        }
    }

    function test_submitBatch_keepsEveryReport() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        vm.prank(stranger);
        _submitBatch(batch, items);
        for (uint256 i; i < COUNT; ++i) {
            assertEq(_record(_reports[i]).recordEmissions(), EMISSIONS_T + i);
            assertEq(uint256(_record(_reports[i]).recordStatus()), uint256(ReportStatus.Reported));
            assertEq(ParticipantId.unwrap(_record(_reports[i]).recordBody()), ParticipantId.unwrap(bodies[0]));
            assertEq(_record(_reports[i]).recordBodies(), 1);
        }
        assertEq(oracle.lastSequence(CHINA, bodies[0]), 1);
    }

    function test_submitBatch_refusesRepetition() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        _submitBatch(batch, items);
        bytes memory error_ = abi.encodeWithSelector(IEmissionsReports.EmissionsBatchRepeated.selector, bodies[0], 1);
        _refused(error_, batch, items);
    }

    function test_submitBatch_refusesGapInSequence() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        batch.sequence = 2;
        _refused(
            abi.encodeWithSelector(IEmissionsReports.EmissionsBatchSequence.selector, bodies[0], 2, 1), batch, items
        );
    }

    function test_submitBatch_refusesWrongCount() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        batch.count = 4;
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBatchCount.selector, 4, 5, 200), batch, items);
        batch.count = 0;
        items = new BatchItem[](0);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBatchCount.selector, 0, 0, 200), batch, items);
        batch.count = 201;
        items = new BatchItem[](201);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBatchCount.selector, 201, 201, 200), batch, items);
        batch.count = 200; // as many as may be, all of them empty
        items = new BatchItem[](200);
        bytes32[4] memory signatures = _signBatch(batch);
        try oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items) {
            assertTrue(false, "empty");
        } catch (bytes memory why) {
            assertTrue(bytes4(why) != IEmissionsReports.EmissionsBatchCount.selector);
        }
    }

    function test_submitBatch_refusesWrongRoot() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32 right = batch.root;
        batch.root = keccak256("wrong");
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBatchRoot.selector, batch.root, right), batch, items);
    }

    function test_submitBatch_bindsTheOperatorsSignature() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        items[2].operatorSignature = keccak256("another");
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsBatchRoot.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    function test_submitBatch_refusesWrongTotals() public {
        for (uint256 i; i < 3; ++i) {
            (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
            bytes memory error_ = abi.encodeWithSelector(
                IEmissionsReports.EmissionsBatchTotals.selector,
                batch.totalEmissionsT,
                batch.totalPowerMwh,
                batch.totalHeatGj
            );
            if (i == 0) ++batch.totalEmissionsT;
            if (i == 1) ++batch.totalPowerMwh;
            if (i == 2) ++batch.totalHeatGj;
            _refused(error_, batch, items);
        }
    }

    function test_submitBatch_refusesOneBadItemAsAWhole() public {
        _reports[3].emissionsT = 0;
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsImplausibleIntensity.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
        assertEq(RecordWord.unwrap(_record(_reports[0])), 0);
    }

    function test_submitBatch_refusesReportSignedAfterTheBatch() public {
        _reports[1].signedAt = uint40(OPINION_AT + 1);
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsSignedAt.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    /// @dev A batch may be of two years: each report keeps to the times and the hours of its own.
    function test_submitBatch_measuresEachReportByItsOwnYear() public {
        OracleRules memory rules = _rules();
        rules.reportDays = 730;
        digest = _configureWith(rules);
        _reports[0].year = 2019;
        _reports[1].signedAt = uint40(YEAR_END - 30 days); // 2020 was not over
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsSignedAt.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);

        // The other way round: 2019 has a day less to run than 2020.
        (_reports[0].year, _reports[1].year, _reports[1].signedAt) = (2020, 2019, uint40(SIGNED_AT));
        (_reports[1].powerMwh, _reports[1].emissionsT) = (660 * 8761, 660 * 7710); // 0.88 t/MWh
        (batch, items) = _batchOf(_reports);
        signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsBeyondCapacity.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
        (_reports[0].year, _reports[1].year) = (2019, 2020);
        (batch, items) = _batchOf(_reports);
        _submitBatch(batch, items);
    }

    /// @dev The persons are accredited for the class of every report, not of the last alone.
    function test_submitBatch_asksForTheScopeOfEachClass() public {
        ClassBounds[] memory bounds = _bounds();
        bounds[2] = _bounds()[COAL]; // by itself, not the same one
        bounds[2].scope = 5;
        signers[place[0]].scopes = POWER_SCOPE;
        vm.prank(authority);
        digest = oracle.configure(CHINA, _rules(), bounds, signers);
        _reports[0].installation = InstallationId.unwrap(_installation(emitter, 2, CAPACITY_KW));
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(SignerSet.SignersWrongScope.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    /// @dev As a single report: one revision after another.
    function test_submitBatch_refusesAGapInRevisions() public {
        _reports[3].revision = 2;
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        Report memory r = _reports[3];
        _refused(
            abi.encodeWithSelector(
                IEmissionsReports.EmissionsWrongRevision.selector, InstallationId.wrap(r.installation), r.year, 2, 1
            ),
            batch,
            items
        );
    }

    function test_submitBatch_skipsWhatWasOvertaken() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        Report memory alone = _reports[2];
        alone.emissionsT += 500;
        _submit(alone);
        RecordWord standing = _record(alone);

        vm.expectEmit(address(oracle));
        emit IEmissionsReports.BatchItemSkipped(InstallationId.wrap(alone.installation), YEAR, standing);
        _submitBatch(batch, items);
        assertEq(RecordWord.unwrap(_record(alone)), RecordWord.unwrap(standing));
        assertEq(_record(_reports[4]).recordEmissions(), EMISSIONS_T + 4);
    }

    function test_submitBatch_refusesWhereTheSchemeWantsMoreBodies() public {
        OracleRules memory rules = _rules();
        rules.minBodies = 2;
        digest = _configureWith(rules);
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBatchNotAllowed.selector, CHINA, 2), batch, items);
    }

    function test_submitBatch_refusesTermsTheSchemeDoesNotAccept() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        batch.assurance = 1;
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 1, 2, 2), batch, items);
        batch.assurance = QUALIFIED | 2; // a qualification is of one report
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 130, 2, 2), batch, items);
        batch.assurance = 2;
        batch.materialityPpm = 60_000;
        _refused(
            abi.encodeWithSelector(IEmissionsReports.EmissionsMaterialityTooHigh.selector, 60_000, 50_000), batch, items
        );
    }

    function test_submitBatch_refusesPersonsOfAnotherBody() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32 hash = _hash(batch);
        bytes32[4] memory signatures;
        (signatures[0], signatures[1]) = _sign(keys[2], hash);
        (signatures[2], signatures[3]) = _sign(keys[3], hash);
        vm.expectRevert(abi.encodeWithSelector(SignerSet.SignersWrongBody.selector, place[2], bodies[1], bodies[0]));
        oracle.submitBatch(CHINA, batch, place[2], place[3], signatures, items);
    }

    function test_submitBatch_refusesForeignSignatures() public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        for (uint256 i; i < 2; ++i) {
            bytes32[4] memory signatures = _signBatch(batch);
            (signatures[2 * i], signatures[2 * i + 1]) = _sign(keys[4], _hash(batch));
            vm.expectPartialRevert(SignerSet.SignersBadSignature.selector);
            oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
        }
    }

    function test_submitBatch_refusesBodyWithAnInterest() public {
        vm.prank(bodyWallets[0]);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsInterest.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    /// @dev Interests lie in words of 256 participants: the first report's operator is in another word than the second's.
    function test_submitBatch_refusesAnInterestInADistantOperator() public {
        ParticipantId distant;
        while (ParticipantId.unwrap(distant) < 256) {
            (distant,,) = _participant(
                string.concat("neighbour ", vm.toString(ParticipantId.unwrap(distant))), ParticipantKinds.EMITTER
            );
        }
        _reports[1].installation = InstallationId.unwrap(_installation(distant, COAL, CAPACITY_KW));
        vm.prank(bodyWallets[0]);
        oracle.setInterest(CHINA, bodies[0], distant, true);
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectPartialRevert(IEmissionsReports.EmissionsInterest.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    function testFuzz_submitBatch_refusesAnyOtherItem(uint256 which, uint256 field, uint256 bit) public {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(_reports);
        bytes32[4] memory signatures = _signBatch(batch);
        BatchItem memory item = items[bound(which, 0, COUNT - 1)];
        bytes32 flip = bytes32(1 << bound(bit, 0, 255));
        field = bound(field, 0, 2);
        if (field == 0) item.linesRoot ^= flip;
        if (field == 1) item.evidenceRoot ^= flip;
        if (field == 2) item.operatorSignature ^= flip;
        vm.expectPartialRevert(IEmissionsReports.EmissionsBatchRoot.selector);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }

    function _refused(bytes memory error_, ReportBatch memory batch, BatchItem[] memory items) private {
        bytes32[4] memory signatures = _signBatch(batch);
        vm.expectRevert(error_);
        oracle.submitBatch(CHINA, batch, place[0], place[1], signatures, items);
    }
}
