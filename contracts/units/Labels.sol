// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {UnitId} from "../../interfaces/types/Ids.sol";
import {ILabels, Label, LabelKind} from "../../interfaces/units/ILabels.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {Horizon} from "../lib/Horizon.sol";

/// @title Labels
/// @notice Labels of batches of credits; see {ILabels}.
contract Labels is ILabels, AccessManaged {
    uint256 private constant MAX_UNITS = 32;
    uint256 private constant MAX_NAME = 64;
    uint256 private constant MAX_DETAIL = 200;

    struct Programme {
        address keeper;
        LabelKind kind;
    }

    IOffsetCredits public immutable CREDITS;

    /// @inheritdoc ILabels
    mapping(uint16 programme => Programme) public programmeOf;
    mapping(uint16 programme => mapping(UnitId unit => Label)) private _labels;

    constructor(address authority_, IOffsetCredits credits) AccessManaged(authority_) {
        CREDITS = credits;
    }

    /// @inheritdoc ILabels
    function setProgramme(uint16 programme, address keeper, LabelKind kind, string calldata name) external restricted {
        uint256 length = bytes(name).length;
        if (programme == 0 || kind == LabelKind.None || length == 0 || length > MAX_NAME) {
            revert LabelsBadProgramme(programme, kind, length);
        }
        programmeOf[programme] = Programme(keeper, kind);
        emit LabelProgrammeSet(programme, keeper, kind, name);
    }

    /// @inheritdoc ILabels
    function grant(uint16 programme, UnitId[] calldata units, Label calldata label, string calldata detail) external {
        _check(programme, units);
        if (label.evidence == 0 || label.untilDay < label.fromDay || bytes(detail).length > MAX_DETAIL) {
            revert LabelsBadLabel(label.fromDay, label.untilDay, label.evidence, bytes(detail).length);
        }
        Horizon.check(label.untilDay, (block.timestamp + Horizon.TERM) / 1 days);

        for (uint256 i = 0; i < units.length; ++i) {
            UnitId unit = units[i];
            if (CREDITS.batch(unit).status == BatchStatus.None) revert LabelsUnknownBatch(unit);
            Label storage last = _labels[programme][unit];
            if (last.evidence != 0 && last.untilDay >= label.fromDay && last.untilDay >= last.fromDay) {
                revert LabelsAlreadyLabelled(programme, unit, last.untilDay);
            }
            _labels[programme][unit] = label;
            emit LabelGranted(programme, unit, label, msg.sender, detail);
        }
    }

    /// @inheritdoc ILabels
    function end(uint16 programme, UnitId[] calldata units, uint32 lastDay, bytes32 reason) external {
        _check(programme, units);
        for (uint256 i = 0; i < units.length; ++i) {
            Label storage label = _labels[programme][units[i]];
            if (lastDay >= label.untilDay) revert LabelsNotEnding(programme, units[i], lastDay, label.untilDay);
            label.untilDay = lastDay;
            emit LabelEnded(programme, units[i], lastDay, msg.sender, reason);
        }
    }

    /* VIEWS */

    /// @inheritdoc ILabels
    function labelOf(uint16 programme, UnitId unit) external view returns (Label memory) {
        return _labels[programme][unit];
    }

    /// @inheritdoc ILabels
    function isLabelled(uint16 programme, UnitId unit, uint32 day) external view returns (bool) {
        Label storage label = _labels[programme][unit];
        return label.evidence != 0 && label.fromDay <= day && day <= label.untilDay;
    }

    /* INSIDE */

    function _check(uint16 programme, UnitId[] calldata units) private view {
        address keeper = programmeOf[programme].keeper;
        if (keeper == address(0) || msg.sender != keeper) revert LabelsNotKeeper(programme, msg.sender, keeper);
        if (units.length == 0 || units.length > MAX_UNITS) revert LabelsBadCount(units.length, MAX_UNITS);
    }
}
