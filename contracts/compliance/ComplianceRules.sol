// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {rulesTime} from "../../interfaces/IAllocation.sol";
import {ComplianceKeys, Penalty} from "../../interfaces/ICompliance.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/Ids.sol";
import {InstallationWord} from "../../interfaces/IInstallations.sol";
import {ISchemes, NO_VALUE, ParamKeys, Period} from "../../interfaces/ISchemes.sol";
import {UnitIds} from "../lib/UnitIds.sol";

/// @title ComplianceRules
/// @notice What a rule pack says about obligations: how much is due, which units are admitted, what a fine may be.
/// @dev Reads Schemes, keeps nothing.
abstract contract ComplianceRules {
    uint256 internal constant PPM = 1e6;
    uint8 internal constant GAS_CLASS = 4;

    ISchemes public immutable SCHEMES;

    /// @dev One installation and period, looked up once.
    struct Case {
        InstallationId installation;
        uint16 periodId;
        InstallationWord word;
        SchemeId scheme;
        bytes32 ref;
        Period period;
    }

    constructor(ISchemes schemes) {
        SCHEMES = schemes;
    }

    /* HOW MUCH IS DUE */

    /// @return capPpm NO_VALUE where the pack has none
    function _caps(SchemeId scheme, Period memory period) internal view returns (uint256 capPpm, bool gasExempt) {
        bytes32[] memory keys = new bytes32[](2);
        keys[0] = ParamKeys.CAP_OVER_FREE_PPM;
        keys[1] = ParamKeys.GAS_DEFICIT_EXEMPT;
        uint256[] memory values = SCHEMES.paramsAt(scheme, keys, rulesTime(period.lastYear));
        return (values[0], values[1] == 1);
    }

    function _dueFor(uint256 emissionsT, uint256 freeT, uint256 capPpm, bool exempt)
        internal
        pure
        returns (uint256 due, bool capped)
    {
        due = emissionsT;
        if (exempt) {
            if (due > freeT) due = freeT;
        } else if (capPpm != NO_VALUE) {
            uint256 most = freeT + emissionsT * capPpm / PPM;
            if (due > most) due = most;
        }
        return (due, due < emissionsT);
    }

    function _offsetLimit(SchemeId scheme, uint256 deadline, uint256 due) internal view returns (uint256) {
        return due * SCHEMES.paramOr(scheme, ParamKeys.OFFSET_LIMIT_PPM, deadline, 0) / PPM;
    }

    /* WHICH UNITS ARE ADMITTED */

    function _isAdmittedAllowance(Case memory c, UnitId id) internal view returns (bool) {
        if (!UnitIds.isOfClass(id, UnitIds.ALLOWANCE) || UnitIds.schemeOf(id) != c.scheme) return false;
        uint256 vintage = UnitIds.vintageOf(id);
        uint256 own = c.period.vintage;
        if (vintage == own) return true; // the usual case reads no rule
        bool older = vintage < own;
        bytes32 key = older ? ComplianceKeys.CARRY_VINTAGES : ComplianceKeys.BORROW_VINTAGES;
        uint256 reach = SCHEMES.paramOr(c.scheme, key, rulesTime(c.period.lastYear), older ? own : 0);
        return (older ? own - vintage : vintage - own) <= reach;
    }

    function _isAdmittedOffset(Case memory c, UnitId id) internal view returns (bool) {
        if (!UnitIds.isOfClass(id, UnitIds.OFFSET_CREDIT)) return false;
        bytes32[] memory keys = new bytes32[](2);
        keys[0] = ComplianceKeys.OFFSET_CREDIT_SCHEME;
        keys[1] = ComplianceKeys.OFFSET_OLDEST_VINTAGE;
        uint256[] memory values = SCHEMES.paramsAt(c.scheme, keys, c.period.surrenderDeadline);
        uint256 admitted = values[0] == NO_VALUE ? SchemeId.unwrap(c.scheme) : values[0];
        uint256 oldest = values[1] == NO_VALUE ? 0 : values[1];
        return SchemeId.unwrap(UnitIds.schemeOf(id)) == admitted && UnitIds.vintageOf(id) >= oldest;
    }

    /* WHAT A FINE MAY BE */

    function _fineBounds(SchemeId scheme, uint256 deadline, uint256 shortfall)
        internal
        view
        returns (uint256 minCents, uint256 maxCents)
    {
        bytes32[] memory keys = new bytes32[](4);
        keys[0] = ParamKeys.PENALTY_MIN_CENTS;
        keys[1] = ParamKeys.PENALTY_MAX_CENTS;
        keys[2] = ComplianceKeys.PENALTY_MIN_CENTS_PER_T;
        keys[3] = ComplianceKeys.PENALTY_MAX_CENTS_PER_T;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, deadline);
        if (v[0] != NO_VALUE && v[1] != NO_VALUE) return (v[0], v[1]);
        if (v[2] != NO_VALUE && v[3] != NO_VALUE) return (v[2] * shortfall, v[3] * shortfall);
        // The scheme's own error names what is missing.
        SCHEMES.param(scheme, ParamKeys.PENALTY_MIN_CENTS, deadline);
        SCHEMES.param(scheme, ParamKeys.PENALTY_MAX_CENTS, deadline);
    }

    function _hearingUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return penalty.noticedAt + _days(c, ComplianceKeys.PENALTY_HEARING_DAYS);
    }

    function _payableUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return penalty.decidedAt + _days(c, ComplianceKeys.PENALTY_PAYMENT_DAYS);
    }

    /// @dev A time of the pack, of days, in [s]; none when absent.
    function _days(Case memory c, bytes32 key) internal view returns (uint256) {
        return SCHEMES.paramOr(c.scheme, key, c.period.surrenderDeadline, 0) * 1 days;
    }
}
