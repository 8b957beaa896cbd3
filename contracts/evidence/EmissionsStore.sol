// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {RecordWord} from "../../interfaces/types/ReportTypes.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {Interests} from "./lib/Interests.sol";

/// @title EmissionsStore
/// @notice Storage of {EmissionsOracle} and {EmissionsOracleExtension}.
/// @dev A scheme's configuration is the code of a contract made for it, in the layout of {OracleConfigLib}; one slot
/// for each scheme has its address. A record is one slot for each installation and year, see {RecordWord}.
abstract contract EmissionsStore {
    struct Config {
        address pointer;
        uint16 version;
    }

    uint256 internal constant MAX_BODIES = 8; // opinions of a report

    IReporterSource internal immutable PARTICIPANTS;
    IReportRuleSource internal immutable SCHEMES;

    mapping(SchemeId scheme => Config) internal _configs;
    Interests.Register internal _interests;
    mapping(uint256 key => RecordWord) internal _records;
    mapping(uint256 key => address) internal _disputedBy;
    /// @dev The last report that was annulled, as it stood: a restatement leaves nothing of it in `_records`.
    mapping(uint256 key => RecordWord) internal _fallen;

    constructor(IReporterSource participants, IReportRuleSource schemes) {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
    }
}
