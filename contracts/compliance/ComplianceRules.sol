// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {rulesTime} from "../../interfaces/compliance/IAllocation.sol";
import {ComplianceKeys} from "../../interfaces/compliance/ICompliance.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {Penalty} from "../../interfaces/compliance/PenaltyTypes.sol";
import {MethodologyId} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, NO_VALUE, ParamKeys, Period} from "../../interfaces/rules/ISchemes.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title ComplianceRules
/// @notice What a rule pack says about obligations: how much is due, which units are admitted, the times of a penalty.
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

    /// @dev How a period's obligations are worked out.
    struct Duty {
        uint256 capPpm; //  NO_VALUE where the pack has none
        bool gasExempt;
        uint256 partPpm; // 0: not a part of a longer period
    }

    constructor(ISchemes schemes) {
        SCHEMES = schemes;
    }

    /* HOW MUCH IS DUE */

    function _duty(SchemeId scheme, uint16 periodId, Period memory period) internal view returns (Duty memory duty) {
        bytes32[] memory keys = new bytes32[](4);
        keys[0] = ParamKeys.CAP_OVER_FREE_PPM;
        keys[1] = ParamKeys.GAS_DEFICIT_EXEMPT;
        keys[2] = ComplianceKeys.PART_PERIOD;
        keys[3] = ComplianceKeys.PART_SURRENDER_PPM;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, rulesTime(period.lastYear));
        duty.capPpm = v[0];
        duty.gasExempt = v[1] == 1;
        bool part = v[2] == periodId && period.firstYear == period.lastYear && v[3] != NO_VALUE;
        if (part) duty.partPpm = v[3];
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
        if (!UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE) || UnitIdLib.schemeOf(id) != c.scheme) return false;
        uint256 vintage = UnitIdLib.vintageOf(id);
        uint256 own = c.period.vintage;
        if (vintage == own) return true; // the usual case reads no rule
        bool older = vintage < own;
        bytes32 key = older ? ComplianceKeys.CARRY_VINTAGES : ComplianceKeys.BORROW_VINTAGES;
        uint256 reach = SCHEMES.paramOr(c.scheme, key, rulesTime(c.period.lastYear), older ? own : 0);
        return (older ? own - vintage : vintage - own) <= reach;
    }

    /// @dev Whether the pack admits a batch at the deadline: its scheme and vintage, then what its issuer says of it.
    function _isAdmittedOffset(Case memory c, UnitId id, IOffsetCredits credits) internal view returns (bool) {
        if (!UnitIdLib.isOfClass(id, UnitIdLib.OFFSET_CREDIT)) return false;
        bytes32[] memory keys = new bytes32[](7);
        keys[0] = ComplianceKeys.OFFSET_CREDIT_SCHEME;
        keys[1] = ComplianceKeys.OFFSET_OLDEST_VINTAGE;
        keys[2] = ComplianceKeys.OFFSET_NEWEST_VINTAGE;
        keys[3] = ComplianceKeys.OFFSET_HOST_COUNTRY;
        keys[4] = ComplianceKeys.OFFSET_ACTIVITIES;
        keys[5] = ComplianceKeys.OFFSET_KINDS;
        keys[6] = ComplianceKeys.OFFSET_METHODOLOGIES;
        uint256[] memory v = SCHEMES.paramsAt(c.scheme, keys, c.period.surrenderDeadline);
        uint256 admitted = v[0] == NO_VALUE ? SchemeId.unwrap(c.scheme) : v[0];
        uint256 vintage = UnitIdLib.vintageOf(id);
        // No vintage is above the newest where there is none: NO_VALUE is larger than any.
        if (SchemeId.unwrap(UnitIdLib.schemeOf(id)) != admitted || vintage > v[2]) return false;
        if (v[1] != NO_VALUE && vintage < v[1]) return false;
        bool any = v[3] == NO_VALUE && v[4] == NO_VALUE && v[5] == NO_VALUE && v[6] == NO_VALUE;
        return any || _hasTraits(id, credits, v);
    }

    /// @dev `v[3]` country, `v[4]` activities, `v[5]` kinds, `v[6]` methodologies; all bits of NO_VALUE are set.
    function _hasTraits(UnitId id, IOffsetCredits credits, uint256[] memory v) private view returns (bool) {
        (address issuer,) = credits.originOf(id);
        Traits memory t = ICreditOrigin(issuer).traitsOf(id);
        if (v[3] != NO_VALUE && t.hostCountry != v[3]) return false;
        // A methodology that is none of Projects' has number 0, which no set admits, and any number where there is no set.
        uint256 methodology = MethodologyId.unwrap(t.methodology);
        if (v[6] != NO_VALUE && v[6] >> methodology & 1 == 0) return false;
        return v[4] >> uint256(t.activity) & 1 == 1 && v[5] >> uint256(t.kind) & 1 == 1;
    }

    /* TIMES OF A PENALTY */

    function _hearingUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return penalty.noticedAt + _days(c, ComplianceKeys.PENALTY_HEARING_DAYS);
    }

    function _payableUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return penalty.decidedAt + _days(c, ComplianceKeys.PENALTY_PAYMENT_DAYS);
    }

    /// @return until [s] last moment to appeal; 0 where the pack gives no time
    function _appealUntil(Case memory c, Penalty memory penalty) internal view returns (uint256 until) {
        uint256 time = _days(c, ComplianceKeys.PENALTY_APPEAL_DAYS);
        return time == 0 ? 0 : penalty.decidedAt + time;
    }

    /// @dev A time of the pack, of days, in [s]; none when absent.
    function _days(Case memory c, bytes32 key) internal view returns (uint256) {
        return SCHEMES.paramOr(c.scheme, key, c.period.surrenderDeadline, 0) * 1 days;
    }
}
