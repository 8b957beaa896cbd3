// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {InstallationId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IMonthlyEvidence, MonthItem, MonthRecord} from "../../interfaces/evidence/IMonthlyEvidence.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource} from "../../interfaces/rules/IReportSources.sol";

/// @title MonthlyEvidence
contract MonthlyEvidence is IMonthlyEvidence {
    uint256 private constant MOST_ITEMS = 120; // ten years of a plant
    uint256 private constant MONTHS = 12;
    /// @dev So much earlier than in UTC a month ends where it ends first.
    uint256 private constant EARLIEST = 14 hours;

    IReporterSource public immutable PARTICIPANTS;

    /// @dev Two slots: `digest 256`; `firstAt 40 | lastAt 40 | revision 16 | (160 free)`. By year × 100 + month.
    mapping(InstallationId installation => mapping(uint256 month => MonthRecord)) private _months;

    constructor(IReporterSource participants) {
        PARTICIPANTS = participants;
    }

    /// @inheritdoc IMonthlyEvidence
    function record(MonthItem[] calldata items) external {
        if (items.length == 0 || items.length > MOST_ITEMS) revert MonthsBadCount(items.length);
        for (uint256 i; i < items.length; ++i) {
            _record(items[i]);
        }
    }

    function _record(MonthItem calldata item) private {
        InstallationId id = item.installation;
        (InstallationWord plant, uint8 rights) = PARTICIPANTS.reporterOf(id, msg.sender);
        if (rights & WalletRights.REPORT == 0) revert MonthsNotReporter(id, msg.sender, rights);
        if (!_isOver(item.year, item.month)) revert MonthsNotOver(item.year, item.month);
        uint256 month = _key(item.year, item.month);
        MonthRecord storage kept = _months[id][month];
        if (item.digest == 0 || item.digest == kept.digest) revert MonthsNoChange(id, item.year, item.month);

        uint16 revision = kept.revision + 1;
        if (revision == 1) kept.firstAt = uint40(block.timestamp);
        (kept.digest, kept.lastAt, kept.revision) = (item.digest, uint40(block.timestamp), revision);
        emit MonthRecorded(id, month, plant.operatorOf(), item.digest, revision, msg.sender);
    }

    /// @inheritdoc IMonthlyEvidence
    function monthOf(InstallationId installation, uint16 year, uint8 month) external view returns (MonthRecord memory) {
        return _months[installation][_key(year, month)];
    }

    function _isOver(uint256 year, uint256 month) private view returns (bool) {
        if (year < 1970 || month == 0 || month > MONTHS) return false;
        (uint256 nextYear, uint256 next) = month == MONTHS ? (year + 1, 1) : (year, month + 1);
        return block.timestamp + EARLIEST >= DateTimeLib.dateToTimestamp(nextYear, next, 1);
    }

    function _key(uint256 year, uint256 month) private pure returns (uint256) {
        return year * 100 + month;
    }
}
