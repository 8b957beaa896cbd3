// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {SchemeId} from "../../interfaces/types/Ids.sol";
import {RecordWord, ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {Campaign} from "./Campaign.sol";
import {OracleInsiders} from "./OracleInsiders.sol";

/// @dev Promises about emission reports, whatever operators, verifiers and officers sign.
contract OraclesTest is Campaign {
    uint16 private constant YEAR = 2020;
    uint256 private constant PLANTS = 4;

    OracleInsiders private _handler;
    IEmissionsReports private _oracle;

    function setUp() public {
        _handler = new OracleInsiders();
        _handler.setUp();
        _oracle = _handler.oracleOf();
        _enlist(_handler);
    }

    /// @dev One record for each plant and year: the last report, determination or ruling that was accepted, in its window, with
    /// rising revisions; final figures are those alone.
    function _checkPromises() internal view override {
        for (uint256 i = 0; i < PLANTS; ++i) {
            OracleInsiders.Book memory b = _handler.bookOf(i);
            RecordWord w = _oracle.record(_handler.plants(i), YEAR);
            assertEq(uint256(w.recordStatus()), uint256(b.status), "status");
            assertEq(w.recordRevision(), b.revision, "revision");
            assertEq(w.recordEmissions(), b.emissionsT, "emissions");
            assertEq(w.recordPower(), b.powerMwh, "output");
            if (b.status == ReportStatus.Reported) assertEq(w.recordFinalAt(), b.finalAt, "window");
            assertEq(_oracle.disputedBy(_handler.plants(i), YEAR), b.disputedBy, "who disputes");
            (bool isFinal, uint256 emissionsT,,) = _oracle.finalReport(_handler.plants(i), YEAR);
            assertEq(isFinal, _handler.isFinal(i), "final");
            assertEq(emissionsT, isFinal ? b.emissionsT : 0, "final figure");
        }
        for (uint256 body = 0; body < 3; ++body) {
            assertEq(_oracle.lastSequence(SchemeId.wrap(1), _handler.bodyOf(body)), _handler.batches(body), "batches");
        }
    }

    /// @dev Every report comes to an end: with operators and bodies silent, the authority resolves and determines, and each
    /// figure is final.
    function _checkEnd() internal override {
        uint256 from = 1_609_459_200 + 180 days; // determinations
        if (vm.getBlockTimestamp() < from) vm.warp(from);
        vm.warp(vm.getBlockTimestamp() + 30 days);
        for (uint256 i = 0; i < PLANTS; ++i) {
            if (_handler.bookOf(i).status == ReportStatus.Disputed) _handler.resolveOne(i, false);
            if (!_handler.isFinal(i)) _handler.determineOne(i, 1);
            (bool isFinal,,,) = _oracle.finalReport(_handler.plants(i), YEAR);
            assertTrue(isFinal, "a year without a final figure");
        }
        _checkPromises();
    }

    /* FOUND SEQUENCES */

    /// @dev A report that became final is neither revised nor disputed, before or after a true-up could read it.
    function test_sequence_reportFinalRevise() public {
        _handler.report(0, 0, 1);
        vm.warp(vm.getBlockTimestamp() + 31 days);
        _handler.revise(0, 0, 8);
        _handler.disputeReport(0, 0);
        _checkPromises();
        _checkEnd();
    }

    /// @dev An annulled report is followed by its revision, and by no earlier one.
    function test_sequence_reportDisputeAnnulReport() public {
        _handler.report(0, 0, 1);
        _handler.disputeReport(0, 1);
        _handler.resolveOne(0, true);
        _handler.report(0, 0, 2);
        _checkPromises();
        _checkEnd();
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(400, 1);
    }
}
