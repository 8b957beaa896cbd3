// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {InstallationId} from "../../interfaces/types/Ids.sol";
import {ReportBatch, BatchItem} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {EvidenceBase} from "../evidence/EvidenceBase.sol";

/// @dev An operator and its body, who sign what they like: allocation trued up on one report, obligation assessed on another.
contract InsiderReportsTest is EvidenceBase {
    function test_restatement_doesNotChangeAFinalReport() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW);
        (bool isFinal, uint256 emissionsT, uint256 allocatedOn,) =
            oracle.finalReport(InstallationId.wrap(r.installation), r.year);
        assertTrue(isFinal);

        _idle(r);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsFinal.selector, plant, r.year));
        this.submitNow(r);
        (, uint256 owed, uint256 output,) = oracle.finalReport(plant, r.year);
        assertEq(owed, emissionsT);
        assertEq(output, allocatedOn);
    }

    /// @dev Nor by a batch, which a body signs without the operator.
    function test_restatement_ofAFinalReportIsPassedOverInABatch() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW);
        _idle(r);
        Report[] memory reports = new Report[](1);
        reports[0] = r;
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(reports);
        vm.expectEmit(address(oracle));
        emit IEmissionsReports.BatchItemSkipped(plant, r.year, _record(r));
        _submitBatch(batch, items);
    }

    function submitNow(Report memory r) external {
        _submit(r);
    }

    function _idle(Report memory r) private pure {
        r.revision = 2;
        (r.emissionsT, r.powerMwh, r.heatGj) = (0, 0, 0);
    }
}
