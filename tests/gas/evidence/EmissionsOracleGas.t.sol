// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId} from "../../../interfaces/types/Ids.sol";
import {BatchItem, ReportBatch} from "../../../interfaces/evidence/IEmissionsOracle.sol";
import {ParticipantKinds} from "../../../interfaces/parties/IParticipants.sol";
import {EvidenceBase} from "../../evidence/EvidenceBase.sol";

/// @dev Gas of whole transactions: run with `--isolate`. Every check is on; nothing is warm but what one call warms.
contract EmissionsOracleGasTest is EvidenceBase {
    uint256 private constant BATCH = 100;

    function setUp() public override {
        super.setUp();
        // Steady state: the oracle has taken reports before, and somebody has an interest in somebody.
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[2], ParticipantId.wrap(200), true);
    }

    function test_gas_report() public {
        uint256 one = _measure(1);
        uint256 two = _measure(2);
        uint256 three = _measure(3);
        vm.snapshotValue("oracle", "report_3_signatures", one);
        vm.snapshotValue("oracle", "report_5_signatures", two);
        vm.snapshotValue("oracle", "report_7_signatures", three);
        vm.snapshotValue("oracle", "each_further_signature", (three - two + 1) / 2);
        assertLe(two, 92_000);
        assertLe((three - two + 1) / 2, 4_500);
    }

    function test_gas_batch() public {
        Report[] memory reports = new Report[](BATCH);
        for (uint256 i; i < BATCH; ++i) {
            (ParticipantId operator,,) =
                _participant(string.concat("operator ", vm.toString(i)), ParticipantKinds.EMITTER);
            reports[i] = _report();
            reports[i].installation = InstallationId.unwrap(_installation(operator, COAL, CAPACITY_KW));
            reports[i].linesRoot = keccak256(abi.encode("lines", i));
            reports[i].evidenceRoot = keccak256(abi.encode("evidence", i));
        }
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(reports);

        _submitBatch(batch, items);
        uint256 used = vm.lastCallGas().gasTotalUsed;

        vm.snapshotValue("oracle", "batch_100", used);
        vm.snapshotValue("oracle", "batch_100_per_report", (used + BATCH - 1) / BATCH);
        assertLe((used + BATCH - 1) / BATCH, 34_000);
    }

    function _measure(uint256 count) private returns (uint256) {
        Report memory r = _report();
        r.installation = InstallationId.unwrap(_installation(emitter, COAL, CAPACITY_KW));
        bytes32[] memory signatures = _signed(r, _terms(), count);
        _submit(r, _word(_terms(), count), signatures);
        return vm.lastCallGas().gasTotalUsed;
    }
}
