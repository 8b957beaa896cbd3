// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

import {InstallationId} from "../../interfaces/types/Ids.sol";
import {IPublishedLines, LinesOfReport} from "../../interfaces/evidence/IPublishedLines.sol";

contract PublishedLinesTest is Test {
    InstallationId private constant PLANT = InstallationId.wrap(7);
    uint16 private constant YEAR = 2024;

    IPublishedLines private published;

    function setUp() public {
        published = IPublishedLines(vm.deployCode("PublishedLines.sol:PublishedLines"));
    }

    function _lines() private pure returns (bytes[] memory lines) {
        lines = new bytes[](3);
        lines[0] = '{"category":"output","product":"clinker","quantity":1000000}';
        lines[1] = '{"category":"process","product":"limestone","quantity":1000000}';
        lines[2] = '{"category":"combustion","product":"coal","quantity":120000}';
    }

    /// @dev By the definition of the tree, written out.
    function _rootOfThree(bytes[] memory lines) private pure returns (bytes32) {
        bytes32 a = keccak256(bytes.concat(hex"00", lines[0]));
        bytes32 b = keccak256(bytes.concat(hex"00", lines[1]));
        bytes32 c = keccak256(bytes.concat(hex"00", lines[2]));
        return keccak256(bytes.concat(hex"01", keccak256(bytes.concat(hex"01", a, b)), c));
    }

    function _of(bytes[] memory lines) private pure returns (LinesOfReport[] memory reports) {
        reports = new LinesOfReport[](1);
        reports[0] = LinesOfReport(PLANT, YEAR, 1, lines);
    }

    /// @dev The root in the event of a report of these lines.
    function _rootOf(bytes[] memory lines) private returns (bytes32) {
        vm.recordLogs();
        published.publish(_of(lines));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        return logs[0].topics[3];
    }

    function test_publish_emitsLinesWithTheRootTheyComeTo_ofSeveralReports_fromAnyAccount() public {
        bytes[] memory lines = _lines();
        LinesOfReport[] memory reports = new LinesOfReport[](2);
        reports[0] = LinesOfReport(PLANT, YEAR, 1, lines);
        reports[1] = LinesOfReport(InstallationId.wrap(8), YEAR + 1, 3, new bytes[](1));
        reports[1].lines[0] = lines[0];
        vm.expectEmit(address(published));
        emit IPublishedLines.LinesPublished(PLANT, YEAR, _rootOfThree(lines), 1, lines);
        vm.expectEmit(address(published));
        emit IPublishedLines.LinesPublished(
            InstallationId.wrap(8), YEAR + 1, keccak256(bytes.concat(hex"00", lines[0])), 3, reports[1].lines
        );
        vm.prank(makeAddr("stranger"));
        published.publish(reports);
    }

    /// @dev Roots that `tonne.evidence.manifest.lines_root` made; `tests/tonne/evidence/test_manifest.py` holds them too.
    function test_publish_comesToTheRootsOfPython() public {
        string memory json = vm.readFile("tests/vectors/report_lines.json");
        for (uint256 i; i < 6; ++i) {
            string memory key = string.concat(".reports[", vm.toString(i), "]");
            bytes[] memory lines = new bytes[](vm.parseJsonUint(json, string.concat(key, ".count")));
            for (uint256 k; k < lines.length; ++k) {
                lines[k] = bytes(vm.parseJsonString(json, string.concat(key, ".lines[", vm.toString(k), "]")));
            }
            assertEq(_rootOf(lines), vm.parseJsonBytes32(json, string.concat(key, ".root")));
        }
    }

    function test_publish_otherLinesComeToAnotherRoot() public {
        bytes32 whole = _rootOf(_lines());
        bytes[] memory altered = _lines();
        altered[0] = '{"category":"output","product":"clinker","quantity":2000000}';
        assertNotEq(_rootOf(altered), whole);

        bytes[] memory swapped = _lines();
        (swapped[1], swapped[2]) = (swapped[2], swapped[1]);
        assertNotEq(_rootOf(swapped), whole);

        bytes[] memory more = new bytes[](4);
        bytes[] memory fewer = new bytes[](2);
        for (uint256 i; i < 4; ++i) {
            more[i] = _lines()[i < 3 ? i : 2];
            if (i < 2) fewer[i] = _lines()[i];
        }
        assertNotEq(_rootOf(more), whole);
        assertNotEq(_rootOf(fewer), whole);
    }

    function test_publish_takesAsManyLinesAsAReportHas() public {
        assertNotEq(_rootOf(new bytes[](1000)), 0);
        uint256[2] memory counts = [uint256(0), 1001];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IPublishedLines.PublishedLinesBadCount.selector, PLANT, counts[i], 1000)
            );
            published.publish(_of(new bytes[](counts[i])));
        }
    }
}
