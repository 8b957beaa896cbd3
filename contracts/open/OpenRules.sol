// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IOpenRules} from "../../interfaces/open/IOpenRules.sol";
import {IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {Period, SchemeInfo} from "../../interfaces/rules/ISchemes.sol";

/// @title OpenRules
/// @notice One owner, every day, every vintage; see {IOpenRules}.
contract OpenRules is IOpenRules, Ownable2Step {
    struct Param {
        uint248 value;
        bool isSet;
    }

    mapping(SchemeId scheme => mapping(bytes32 key => Param)) private _params;
    mapping(SchemeId scheme => mapping(uint16 periodId => Period)) private _periods;

    constructor(address owner_) Ownable(owner_) {}

    /// @inheritdoc IOpenRules
    function setParam(SchemeId scheme, bytes32 key, uint256 value) external onlyOwner {
        if (value > type(uint248).max) revert OpenRulesValueTooLarge(key, value);
        _params[scheme][key] = Param(uint248(value), true); // fits by the line above
        emit OpenParamSet(scheme, key, value);
    }

    /// @inheritdoc IOpenRules
    function setPeriod(SchemeId scheme, uint16 periodId, Period calldata period_) external onlyOwner {
        if (period_.lastYear == 0 || period_.lastYear < period_.firstYear) {
            revert OpenRulesBadPeriod(period_.firstYear, period_.lastYear);
        }
        _periods[scheme][periodId] = period_;
        emit OpenPeriodSet(scheme, periodId, period_);
    }

    /* VIEWS */

    /// @inheritdoc IReportRuleSource
    function hasPower(address officer, SchemeId, uint16, uint32) public view returns (bool) {
        return officer == owner();
    }

    /// @inheritdoc IOpenRules
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view {
        if (!hasPower(officer, scheme, jurisdiction, power)) revert OpenRulesNotOfficer(officer, power);
    }

    /// @inheritdoc IRuleSource
    function tradingDayWord(SchemeId, uint256) external pure returns (uint256) {
        return type(uint256).max;
    }

    /// @inheritdoc IRuleSource
    /// @dev Every vintage counts as disclosed: nothing is refused.
    function requireDisclosed(SchemeId, uint16) external pure {}

    /// @inheritdoc IReportRuleSource
    function param(SchemeId scheme, bytes32 key, uint256) external view returns (uint256) {
        Param memory found = _params[scheme][key];
        if (!found.isSet) revert OpenRulesNoParam(scheme, key);
        return found.value;
    }

    /// @inheritdoc IReportRuleSource
    function period(SchemeId scheme, uint16 periodId) external view returns (Period memory found) {
        found = _periods[scheme][periodId];
        if (found.lastYear == 0) revert OpenRulesNoPeriod(scheme, periodId);
    }

    /// @inheritdoc IReportRuleSource
    /// @dev Years and days are UTC's; there is no notice, and nothing to set up.
    function schemeInfo(SchemeId) external pure returns (SchemeInfo memory info) {}
}
