// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IMeterOracle, LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {Node} from "../../interfaces/evidence/IMeters.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {
    AreaLoss,
    AreaRoot,
    IPowerLosses,
    Line,
    LineId,
    LineLoss,
    LineReadings,
    LossCurve,
    LossStatus
} from "../../interfaces/power/IPowerLosses.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {LossShares} from "../lib/LossShares.sol";
import {SumWord} from "../lib/MerkleSum.sol";

/// @title PowerLosses
/// @notice See {IPowerLosses}.
/// @dev Storage, one slot each:
///
///   line            meter in 32 | meter out 32 | area 24 | from 40 | until 40 | versions 16
///   curve           no load 32 | linear 32 | quadratic 64 | from 40 | most 32                  per (line, version)
///   line's loss     in 48 | out 48 | modelled 48 | version 16 | status 8                       per (line, start)
///   area's loss     injected 48 | withdrawn 48 | measured 48 | modelled 48 | charged 48 | lines 8 | status 8   per (area, start)
contract PowerLosses is IPowerLosses {
    using Checkpoints for Checkpoints.Trace208;

    uint256 private constant PPM = 1_000_000;
    uint256 private constant MAX_LINES = 255; // of one area at one time
    LineId private constant WHOLE_AREA = LineId.wrap(0);

    IMeterOracle public immutable METERS;
    IRuleSource public immutable SCHEMES;

    uint32 private _lineCount;
    mapping(LineId id => Line) private _lines;
    mapping(LineId id => mapping(uint16 version => LossCurve)) private _curves;
    mapping(NodeId area => Checkpoints.Trace208) private _lineCounts; // [s] => lines from then on
    mapping(NodeId area => uint32) private _bounds;
    mapping(LineId id => mapping(uint40 start => LineLoss)) private _lineLosses;
    mapping(NodeId area => mapping(uint40 start => AreaLoss)) private _areaLosses;

    constructor(IMeterOracle meters, IRuleSource schemes) {
        METERS = meters;
        SCHEMES = schemes;
    }

    /* LINES */

    /// @inheritdoc IPowerLosses
    function registerLine(Line calldata line_, LossCurve calldata curve_) external returns (LineId id) {
        _requireOffice(line_.area);
        bool ends = line_.meterIn != line_.meterOut && line_.validUntil == 0;
        if (!ends) revert LossesBadLine(line_);
        METERS.meter(line_.meterIn); // reverts when there is none
        METERS.meter(line_.meterOut);

        id = LineId.wrap(++_lineCount);
        _count(id, line_.area, line_.validFrom, true);
        _lines[id] = line_;
        _lines[id].versions = 0;
        emit LineRegistered(id, line_.area, line_, msg.sender);
        _addCurve(id, curve_, line_.validFrom);
    }

    /// @inheritdoc IPowerLosses
    function closeLine(LineId id, uint40 validUntil) external {
        Line memory l = _requireLineOffice(id);
        if (l.validUntil != 0) revert LossesNoLine(id, validUntil);
        _count(id, l.area, validUntil, false);
        _lines[id].validUntil = validUntil;
        emit LineClosed(id, validUntil, msg.sender);
    }

    /// @inheritdoc IPowerLosses
    function withdrawLine(LineId id) external {
        Line memory l = _requireLineOffice(id);
        bool closing = l.validUntil > l.validFrom;
        uint40 time = closing ? l.validUntil : l.validFrom;
        Checkpoints.Trace208 storage counts = _lineCounts[l.area];
        (, uint48 last, uint208 lines) = counts.latestCheckpoint();
        bool pending = time > block.timestamp && (closing || l.validUntil == 0);
        if (!pending || time < last) revert LossesNotPending(id, time, last);

        uint208 next = closing ? lines + 1 : lines - 1;
        // Without a change left at that time, earlier ones can be made again.
        if (time == last && next == counts.upperLookupRecent(time - 1)) counts._checkpoints.pop();
        else counts.push(time, next);
        _lines[id].validUntil = closing ? 0 : l.validFrom;
        emit LineWithdrawn(id, closing, msg.sender);
    }

    /// @dev Changes of an area's lines are in order of time and never retroactive.
    function _count(LineId id, NodeId area, uint40 time, bool more) private {
        Checkpoints.Trace208 storage counts = _lineCounts[area];
        (, uint48 last, uint208 lines) = counts.latestCheckpoint();
        uint256 earliest = last > block.timestamp ? last : block.timestamp;
        if (time < earliest) revert LossesBadTime(id, time, earliest);
        Horizon.checkChange(time);
        if (more && lines == MAX_LINES) revert LossesTooManyLines(area, MAX_LINES);
        counts.push(time, more ? lines + 1 : lines - 1);
    }

    /// @inheritdoc IPowerLosses
    function setCurve(LineId id, LossCurve calldata curve_) external {
        Line memory l = _requireLineOffice(id);
        uint256 latest = _curves[id][l.versions].from;
        // The first version is there from the line's beginning on.
        if (latest > block.timestamp && l.versions > 1) --_lines[id].versions;
        uint256 before = _curves[id][_lines[id].versions].from;
        _addCurve(id, curve_, before >= block.timestamp ? before + 1 : block.timestamp);
    }

    function _addCurve(LineId id, LossCurve calldata curve_, uint256 earliest) private {
        bool possible = curve_.mostPpm <= PPM && curve_.mostPpm >= curve_.linearPpm;
        if (!possible || curve_.from < earliest) revert LossesBadCurve(id, curve_, earliest);
        Horizon.checkChange(curve_.from);
        uint16 version = ++_lines[id].versions;
        _curves[id][version] = curve_;
        emit LossCurveSet(id, version, curve_, msg.sender);
    }

    /// @inheritdoc IPowerLosses
    function setAreaBound(NodeId area, uint32 mostPpm) external {
        _requireOffice(area);
        if (mostPpm > PPM) revert LossesBadBound(area, mostPpm);
        _bounds[area] = mostPpm;
        emit AreaBoundSet(area, mostPpm, msg.sender);
    }

    function _requireLineOffice(LineId id) private view returns (Line memory l) {
        l = line(id);
        _requireOffice(l.area);
    }

    function _requireOffice(NodeId area) private view {
        Node memory n = METERS.node(area);
        SCHEMES.checkPower(msg.sender, n.scheme, n.jurisdiction, Powers.METER);
    }

    /* BOOK */

    /// @inheritdoc IPowerLosses
    function bookLine(
        LineId id,
        uint40 start,
        uint16 version,
        LeafProof calldata shownIn,
        bytes32 saltIn,
        LeafProof calldata shownOut,
        bytes32 saltOut
    ) external {
        _bookLine(id, start, version, shownIn, saltIn, shownOut, saltOut);
    }

    /// @inheritdoc IPowerLosses
    function bookLines(uint40 start, LineReadings[] calldata lines) external {
        for (uint256 i; i < lines.length; ++i) {
            LineReadings calldata r = lines[i];
            if (_lineLosses[r.id][start].status != LossStatus.None) continue;
            _bookLine(r.id, start, r.version, r.shownIn, r.saltIn, r.shownOut, r.saltOut);
        }
    }

    function _bookLine(
        LineId id,
        uint40 start,
        uint16 version,
        LeafProof calldata shownIn,
        bytes32 saltIn,
        LeafProof calldata shownOut,
        bytes32 saltOut
    ) private {
        Line memory l = _lines[id];
        bool counts = l.versions != 0 && l.validFrom <= start && (l.validUntil == 0 || start < l.validUntil);
        if (!counts) revert LossesNoLine(id, start);
        if (_lineLosses[id][start].status != LossStatus.None) revert LossesBooked(l.area, start, id);
        LossCurve memory c = _curveAt(id, version, l.versions, start);

        _requireReading(id, l.meterIn, start, shownIn, saltIn);
        _requireReading(id, l.meterOut, start, shownOut, saltOut);
        uint256 inWh = shownIn.leaf.reading.importWh();
        uint256 outWh = shownOut.leaf.reading.exportWh();
        uint256 modelled = _modelled(c, inWh);
        int256 lost = int256(inWh) - int256(outWh); // 40 bits each
        uint256 most = inWh * c.mostPpm / PPM;
        bool plausible = lost >= 0 && uint256(lost) <= most;

        LineLoss memory booked = LineLoss({
            inWh: uint48(inWh),
            outWh: uint48(outWh),
            modelledWh: uint48(modelled),
            version: version,
            status: plausible ? LossStatus.Charged : LossStatus.Held
        });
        _lineLosses[id][start] = booked;
        AreaLoss storage area = _areaLosses[l.area][start];
        area.measuredWh += int48(lost);
        area.modelledWh += uint48(modelled);
        ++area.lines;
        emit LineLossBooked(id, l.area, start, booked);
        if (!plausible) emit LossDisputed(l.area, start, id, lost, most);
    }

    function _curveAt(LineId id, uint16 version, uint16 versions, uint40 start)
        private
        view
        returns (LossCurve memory c)
    {
        c = _curves[id][version];
        bool begun = version != 0 && version <= versions && c.from <= start;
        bool over = version < versions && _curves[id][version + 1].from <= start;
        if (!begun || over) revert LossesOtherVersion(id, version, start);
    }

    function _modelled(LossCurve memory c, uint256 inWh) private pure returns (uint256 lost) {
        lost = c.noLoadWh + inWh * c.linearPpm / PPM;
        if (c.quadraticWh != 0) lost += inWh * inWh / c.quadraticWh;
        if (lost > inWh) lost = inWh;
    }

    /// @dev The leaf is the meter's, under a final root, and not held.
    function _requireReading(LineId id, MeterId meter, uint40 start, LeafProof calldata shown, bytes32 salt)
        private
        view
    {
        NodeId where = METERS.meter(meter).node;
        if (shown.leaf.salted != keccak256(abi.encode(salt, meter))) {
            revert LossesOtherMeter(id, meter, shown.leaf.salted);
        }
        if (shown.leaf.reading.quality() == uint256(Quality.Held)) revert LossesHeldReading(id, meter);
        (uint8 run, bool stays) = METERS.requireLeaf(where, start, shown);
        if (!stays) revert LossesNotFinal(where, start, run);
    }

    /// @inheritdoc IPowerLosses
    function bookArea(NodeId area, uint40 start, bytes32 root, SumWord sums) external {
        _bookArea(area, start, root, sums);
    }

    /// @inheritdoc IPowerLosses
    function bookAreas(uint40 start, AreaRoot[] calldata areas) external {
        for (uint256 i; i < areas.length; ++i) {
            AreaRoot calldata a = areas[i];
            if (_areaLosses[a.area][start].status == LossStatus.None) _bookArea(a.area, start, a.root, a.sums);
        }
    }

    function _bookArea(NodeId area, uint40 start, bytes32 root, SumWord sums) private {
        (uint8 run, bool stays) = METERS.checkRoot(area, start, root, sums);
        if (!stays) revert LossesNotFinal(area, start, run);
        AreaLoss memory booked = _areaLosses[area][start];
        if (booked.status != LossStatus.None) revert LossesBooked(area, start, WHOLE_AREA);
        uint256 lines = linesOf(area, start);
        if (booked.lines != lines) revert LossesLinesMissing(area, start, booked.lines, lines);

        (uint256 injected, uint256 withdrawn) = (sums.exportWh(), sums.importWh());
        int256 lost = int256(injected) - int256(withdrawn) + booked.measuredWh; // 48 bits each
        uint256 most = _bounds[area] == 0 ? injected : injected * _bounds[area] / PPM;
        bool plausible = lost >= 0 && uint256(lost) <= most;

        booked.injectedWh = uint48(injected);
        booked.withdrawnWh = uint48(withdrawn);
        booked.chargedWh = plausible ? uint48(uint256(lost)) : 0;
        booked.status = plausible ? LossStatus.Charged : LossStatus.Held;
        _areaLosses[area][start] = booked;
        emit AreaLossBooked(area, start, booked);
        if (!plausible) emit LossDisputed(area, start, WHOLE_AREA, lost, most);
    }

    /* DECIDE */

    /// @inheritdoc IPowerLosses
    function decideLine(LineId id, uint40 start, bytes32 reason) external {
        Line memory l = _requireLineOffice(id);
        LineLoss storage booked = _lineLosses[id][start];
        if (booked.status != LossStatus.Held) revert LossesNotHeld(l.area, start, id, booked.status);
        booked.status = LossStatus.Settled;
        emit LossDecided(l.area, start, id, 0, reason, msg.sender);
    }

    /// @inheritdoc IPowerLosses
    function decideArea(NodeId area, uint40 start, uint48 chargedWh, bytes32 reason) external {
        _requireOffice(area);
        AreaLoss storage booked = _areaLosses[area][start];
        if (booked.status != LossStatus.Held) revert LossesNotHeld(area, start, WHOLE_AREA, booked.status);
        if (chargedWh > booked.injectedWh) revert LossesBadCharge(area, start, chargedWh, booked.injectedWh);
        booked.chargedWh = chargedWh;
        booked.status = LossStatus.Settled;
        emit LossDecided(area, start, WHOLE_AREA, chargedWh, reason, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IPowerLosses
    function shareOf(NodeId area, uint40 start, LeafProof calldata shown, bytes32 root, SumWord sums)
        external
        view
        returns (uint256 shareWh)
    {
        METERS.checkRoot(area, start, root, sums);
        METERS.requireLeaf(area, start, shown);
        SumWord before = LossShares.sumsBefore(shown.index, shown.count, shown.proof);
        return LossShares.share(_areaLosses[area][start].chargedWh, before, shown.leaf.reading.sums(), sums);
    }

    /// @inheritdoc IPowerLosses
    function line(LineId id) public view returns (Line memory l) {
        l = _lines[id];
        if (l.versions == 0) revert LossesNoLine(id, 0);
    }

    /// @inheritdoc IPowerLosses
    function curve(LineId id, uint16 version) external view returns (LossCurve memory) {
        return _curves[id][version];
    }

    /// @inheritdoc IPowerLosses
    function linesOf(NodeId area, uint40 start) public view returns (uint256) {
        return _lineCounts[area].upperLookupRecent(start);
    }

    /// @inheritdoc IPowerLosses
    function lineLoss(LineId id, uint40 start) external view returns (LineLoss memory) {
        return _lineLosses[id][start];
    }

    /// @inheritdoc IPowerLosses
    function areaLoss(NodeId area, uint40 start) external view returns (AreaLoss memory) {
        return _areaLosses[area][start];
    }

    /// @inheritdoc IPowerLosses
    function areaBound(NodeId area) external view returns (uint32 mostPpm) {
        return _bounds[area];
    }
}
