// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IAllocation, obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {Appeal, FinePrice, Penalty} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Lanes} from "../types/Lanes.sol";
import {ComplianceRules} from "./ComplianceRules.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";

/// @title ComplianceStore
/// @notice What Compliance keeps, for both of its codes, and how it looks a case up.
abstract contract ComplianceStore is ComplianceRules, LedgerReceiver, AccessManaged {
    /// @dev Most installations in a call.
    uint256 internal constant MAX_ITEMS = 200;
    /// @dev Marks of a lane.
    uint256 internal constant ASSESSED = 1;
    uint256 internal constant CAPPED = 2;

    IInstallations public immutable INSTALLATIONS;
    IAllocation public immutable ALLOCATION;

    struct Treasury {
        address currency;
        //
        address payee;
    }

    /// @dev What was given up: one slot.
    struct Surrendered {
        uint40 allowances;
        uint40 offsets;
        uint40 late; //     part of the two
        uint40 deducted; // at closing
        uint40 added; //    due beside the lane's `due`: ordered in place of missing units
        uint40 borrowed; // part of the allowances
        bool closed;
    }

    /// @dev An obligation as it stands.
    struct Position {
        uint256 due; //  [t]
        uint256 open; // [t] what was ordered beside it included
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

    constructor(
        address authority_,
        ISchemes schemes,
        IInstallations installations,
        IExchange exchange,
        IAllocation allocation
    ) ComplianceRules(schemes) LedgerReceiver(exchange) AccessManaged(authority_) {
        INSTALLATIONS = installations;
        ALLOCATION = allocation;
    }

    function _caseOf(InstallationId installation, uint16 periodId) internal view returns (Case memory c) {
        _fill(c, installation, periodId, INSTALLATIONS.installation(installation));
    }

    /// @dev For an officer who may penalise where the installation stands.
    function _officersCase(InstallationId installation, uint16 periodId) internal view returns (Case memory c) {
        c = _caseOf(installation, periodId);
        SCHEMES.checkPower(msg.sender, c.scheme, c.word.jurisdictionOf(), Powers.PENALISE);
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

    /// @dev What was, or (before the deadline) is still, missing at the deadline [t].
    function _shortfall(Position memory p) internal pure returns (uint256) {
        return p.due + p.given.late - p.given.allowances - p.given.offsets;
    }

    /// @dev What offsets may still cover [t]; 0 where the limit fell below what was given.
    function _offsetRoom(Case memory c, Position memory p) internal view returns (uint256) {
        uint256 limit = _offsetLimit(c.scheme, c.period.surrenderDeadline, p.due);
        return limit > p.given.offsets ? limit - p.given.offsets : 0;
    }

    function _checkCount(uint256 count, uint256 limit) internal pure {
        if (count == 0 || count > limit) revert ICompliance.ComplianceBadCount(count, limit);
    }
}
