// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IAllocation, obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {ComplianceKeys, ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {Appeal, FinePrice, Penalty} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, Period} from "../../interfaces/rules/ISchemes.sol";
import {PauseState} from "../rules/PauseState.sol";
import {Lanes} from "../types/Lanes.sol";

/// @title ComplianceStore
/// @notice Storage of {Compliance} and its extension {Penalties}; how both look up a case and the times of a penalty.
abstract contract ComplianceStore is AccessManaged, PauseState {
    /// @dev Most installations in a call.
    uint256 internal constant MAX_ITEMS = 200;
    /// @dev Marks of a lane.
    uint256 internal constant ASSESSED = 1;
    uint256 internal constant CAPPED = 2;

    ISchemes public immutable SCHEMES;
    IInstallations public immutable INSTALLATIONS;
    IAllocation public immutable ALLOCATION;

    /// @dev One installation and period, looked up once.
    struct Case {
        InstallationId installation;
        uint16 periodId;
        InstallationWord word;
        SchemeId scheme;
        bytes32 ref;
        Period period;
    }

    struct Treasury {
        address currency;
        //
        address payee;
    }

    /// @dev Units surrendered: one slot.
    struct Surrendered {
        uint40 allowances;
        uint40 offsets;
        uint40 late; //     part of the two
        uint40 deducted; // at closing
        uint40 added; //    due beside the lane's `due`: ordered in place of missing units
        uint40 borrowed; // part of the allowances
        bool closed;
    }

    /// @dev Present position of an obligation.
    struct Position {
        uint256 due; //  [t]
        uint256 open; // [t] units ordered beside it included
        bool capped;
        ObligationState state;
        Surrendered given;
    }

    mapping(bytes32 scope => mapping(uint256 word => uint256 lanes)) internal _due;
    mapping(bytes32 ref => Surrendered) internal _surrendered;
    mapping(bytes32 ref => Penalty) internal _penalties;
    mapping(bytes32 ref => Appeal) internal _appeals;
    mapping(SchemeId scheme => Treasury) internal _treasuries;
    mapping(bytes32 scope => FinePrice) internal _finePrices;

    constructor(address authority_, ISchemes schemes, IInstallations installations, IAllocation allocation)
        AccessManaged(authority_)
    {
        SCHEMES = schemes;
        INSTALLATIONS = installations;
        ALLOCATION = allocation;
    }

    /* CASE */

    function _caseOf(InstallationId installation, uint16 periodId) internal view returns (Case memory c) {
        _fill(c, installation, periodId, INSTALLATIONS.installation(installation));
    }

    /// @dev Reverts for an unknown installation: no scheme 0 has a period.
    function _fill(Case memory c, InstallationId installation, uint16 periodId, InstallationWord word) internal view {
        c.installation = installation;
        c.periodId = periodId;
        c.word = word;
        c.scheme = word.schemeOf();
        c.ref = obligationRef(c.scheme, periodId, installation);
        c.period = SCHEMES.period(c.scheme, periodId);
    }

    function _positionOf(Case memory c) internal view returns (Position memory p) {
        bytes32 scope = obligationRef(c.scheme, c.periodId, InstallationId.wrap(0));
        uint256 index = InstallationId.unwrap(c.installation);
        uint256 marks;
        (p.due, marks) = Lanes.get(_due[scope][Lanes.wordOf(index)], index);
        p.given = _surrendered[c.ref];
        p.capped = marks & CAPPED != 0;
        p.open = p.due + p.given.added - p.given.allowances - p.given.offsets;
        if (marks != 0) p.state = p.open == 0 ? ObligationState.Met : ObligationState.Open;
        if (p.given.closed) p.state = ObligationState.Closed;
    }

    function _openPosition(Case memory c) internal view returns (Position memory p) {
        p = _positionOf(c);
        if (p.state != ObligationState.Open) {
            revert ICompliance.ComplianceWrongState(c.installation, c.periodId, p.state);
        }
    }

    /// @dev Missing at the deadline; before it, still missing [t].
    function _shortfall(Position memory p) internal pure returns (uint256) {
        return p.due + p.given.late - p.given.allowances - p.given.offsets;
    }

    function _checkCount(uint256 count, uint256 limit) internal pure {
        if (count == 0 || count > limit) revert ICompliance.ComplianceBadCount(count, limit);
    }

    /* RULES */

    /// @dev Until when a surrender is in time [s].
    function _deadline(Period memory period) internal view returns (uint256) {
        return _moved(period.surrenderDeadline);
    }

    function _periodOf(SchemeId scheme, uint16 periodId) internal view returns (Period memory) {
        return SCHEMES.period(scheme, periodId);
    }

    /// @dev A value of the pack; 0 when absent.
    function _rule(SchemeId scheme, bytes32 key, uint256 time) internal view returns (uint256) {
        return SCHEMES.paramOr(scheme, key, time, 0);
    }

    /// @dev At the surrender deadline.
    function _ruleOf(Case memory c, bytes32 key) internal view returns (uint256) {
        return _rule(c.scheme, key, c.period.surrenderDeadline);
    }

    /* TIMES OF A PENALTY */

    function _hearingUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return _moved(penalty.noticedAt + _days(c, ComplianceKeys.PENALTY_HEARING_DAYS));
    }

    function _payableUntil(Case memory c, Penalty memory penalty) internal view returns (uint256) {
        return _moved(penalty.decidedAt + _days(c, ComplianceKeys.PENALTY_PAYMENT_DAYS));
    }

    /// @return until [s] last moment to appeal; 0 where the pack gives no time
    function _appealUntil(Case memory c, Penalty memory penalty) internal view returns (uint256 until) {
        uint256 time = _days(c, ComplianceKeys.PENALTY_APPEAL_DAYS);
        return time == 0 ? 0 : _moved(penalty.decidedAt + time);
    }

    /// @dev A time of the pack, in days there, in [s] here; 0 when absent.
    function _days(Case memory c, bytes32 key) internal view returns (uint256) {
        return _ruleOf(c, key) * 1 days;
    }
}
