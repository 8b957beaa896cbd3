// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPublishedLines, LinesOfReport} from "../../interfaces/evidence/IPublishedLines.sol";
import {Merkle} from "../lib/Merkle.sol";

/// @title PublishedLines
/// @dev Keeps nothing and asks no contract: the {EmissionsOracle} keeps no root either, so that both stand in events,
/// where they are compared.
contract PublishedLines is IPublishedLines {
    uint256 private constant MAX_LINES = 1000;

    /// @inheritdoc IPublishedLines
    function publish(LinesOfReport[] calldata reports) external {
        for (uint256 i; i < reports.length; ++i) {
            _publish(reports[i]);
        }
    }

    function _publish(LinesOfReport calldata report) private {
        uint256 count = report.lines.length;
        if (count == 0 || count > MAX_LINES) {
            revert PublishedLinesBadCount(report.installation, count, MAX_LINES);
        }
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = Merkle.leaf(report.lines[i]);
        }
        emit LinesPublished(report.installation, report.year, Merkle.root(leaves), report.revision, report.lines);
    }
}
