// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers, SchemeInfo} from "../../interfaces/rules/ISchemes.sol";

/// @title SchemeOffices
/// @notice Part of {Schemes}: who may change what where, when a change can hold at the earliest, and why it is made.
abstract contract SchemeOffices is ISchemes, AccessManaged {
    uint256 private constant MAX_CHANGES = 20;
    uint256 private constant MAX_REASON = 1000;

    mapping(SchemeId scheme => SchemeInfo) internal _schemes;
    mapping(address officer => mapping(SchemeId scheme => mapping(uint16 jurisdiction => uint32))) private _offices;
    mapping(SchemeId scheme => uint32 count) private _amendments;
    /// @dev While an amendment runs.
    SchemeId private _amending;

    /* OFFICES */

    /// @inheritdoc ISchemes
    function grantOffice(address officer, SchemeId scheme, uint16 jurisdiction, uint32 powers) external restricted {
        schemeInfo(scheme);
        if (officer == address(0) || powers & ~Powers.ALL != 0) revert SchemesBadOffice(officer, powers);

        uint32 old = _offices[officer][scheme][jurisdiction];
        _offices[officer][scheme][jurisdiction] = powers;
        emit OfficeGranted(officer, scheme, jurisdiction, old, powers);
    }

    /// @inheritdoc ISchemes
    function officeOf(address officer, SchemeId scheme, uint16 jurisdiction) external view returns (uint32) {
        return _offices[officer][scheme][jurisdiction];
    }

    /// @inheritdoc ISchemes
    function hasPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) public view returns (bool) {
        uint32 everywhere = _offices[officer][scheme][0];
        if (everywhere & power == power) return true;
        return (everywhere | _offices[officer][scheme][jurisdiction]) & power == power;
    }

    /// @inheritdoc ISchemes
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) public view {
        if (!hasPower(officer, scheme, jurisdiction, power)) {
            revert SchemesNoPower(officer, scheme, jurisdiction, power);
        }
    }

    /* AMENDMENTS */

    /// @inheritdoc ISchemes
    function amend(SchemeId scheme, string calldata reason, bytes[] calldata changes) external {
        schemeInfo(scheme);
        if (!hasPower(msg.sender, scheme, 0, Powers.RULES)) checkPower(msg.sender, scheme, 0, Powers.DISCLOSE);
        bool counted = changes.length != 0 && changes.length <= MAX_CHANGES;
        if (!counted || bytes(reason).length == 0 || bytes(reason).length > MAX_REASON) {
            revert SchemesBadAmendment(bytes(reason).length, changes.length);
        }
        if (SchemeId.unwrap(_amending) != 0) revert SchemesAmending(_amending);

        _amending = scheme;
        // Each with this caller and what it may: the same as if it were called by itself.
        for (uint256 i; i < changes.length; ++i) {
            Address.functionDelegateCall(address(this), changes[i]);
        }
        _amending = SchemeId.wrap(0);
        emit RulesAmended(scheme, ++_amendments[scheme], msg.sender, changes.length, reason);
    }

    /// @inheritdoc ISchemes
    function amendmentCount(SchemeId scheme) external view returns (uint32) {
        return _amendments[scheme];
    }

    /// @dev Of an active scheme.
    function _requireReason(SchemeId scheme) internal view {
        if (_amending != scheme) revert SchemesNoReason(scheme);
    }

    /* SHARED */

    /// @inheritdoc ISchemes
    function schemeInfo(SchemeId scheme) public view returns (SchemeInfo memory info) {
        info = _schemes[scheme];
        if (info.createdAt == 0) revert SchemesUnknown(scheme);
    }

    /// @dev The role says that the caller may touch rules; once a scheme is active its office says that they are his, and an
    /// amendment why.
    function _requireRules(SchemeId scheme) internal view returns (SchemeInfo memory info) {
        info = schemeInfo(scheme);
        if (info.activatedAt == 0) return info;
        checkPower(msg.sender, scheme, 0, Powers.RULES);
        _requireReason(scheme);
    }

    function _requireNotice(SchemeId scheme, SchemeInfo memory info, uint256 fromDay) internal view {
        if (info.activatedAt == 0) return;
        uint256 earliest = _dayOf(block.timestamp, info.utcOffset) + info.noticeDays;
        if (fromDay < earliest) revert SchemesNoticeTooShort(scheme, fromDay, earliest);
    }

    /// @dev Local day of a time; times before the first local day count as day 0.
    function _dayOf(uint256 time, int32 utcOffset) internal pure returns (uint256) {
        int256 local = int256(time) + utcOffset;
        return local < 0 ? 0 : uint256(local) / 1 days;
    }

    /// @dev [s] when local day `day` begins; not before 0.
    function _startOf(uint256 day, int32 utcOffset) internal pure returns (uint256) {
        int256 start = int256(day * 1 days) - utcOffset;
        return start < 0 ? 0 : uint256(start);
    }
}
