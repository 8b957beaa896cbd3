// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {InstallationId} from "../../../interfaces/types/Ids.sol";
import {IPublishedLines, LinesOfReport} from "../../../interfaces/evidence/IPublishedLines.sol";

/// @dev Gas of a whole transaction: run with `--isolate`.
contract PublishedLinesGasTest is Test {
    /// @dev The five lines of a cement works with two kilns, of the vectors: nothing is written but the event.
    function test_gas_linesOfAReport() public {
        IPublishedLines published = IPublishedLines(vm.deployCode("PublishedLines.sol:PublishedLines"));
        string memory json = vm.readFile("tests/vectors/report_lines.json");
        LinesOfReport[] memory reports = new LinesOfReport[](1);
        bytes[] memory lines = new bytes[](5);
        for (uint256 k; k < 5; ++k) {
            lines[k] = bytes(vm.parseJsonString(json, string.concat(".reports[4].lines[", vm.toString(k), "]")));
        }
        reports[0] = LinesOfReport(InstallationId.wrap(7), 2024, 1, lines);
        published.publish(reports);
        uint256 used = vm.lastCallGas().gasTotalUsed;

        vm.snapshotValue("oracle", "lines_5", used);
        assertLe(used, 80_000);
    }
}
