// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {LeafProof} from "../evidence/IMeterOracle.sol";
import {MeterId, NodeId} from "../types/MeterTypes.sol";

/// @dev A measured line or converter. 0 means none.
type LineId is uint32;

/// @dev A line or converter with a meter at each end: one slot. Times are [s] unix; `validUntil` is exclusive, 0 while in
/// use.
struct Line {
    MeterId meterIn; //  its import is the energy into the line
    MeterId meterOut; // its export is the energy out of the line
    NodeId area; //      its members bear the line's loss
    uint40 validFrom;
    uint40 validUntil;
    uint16 versions; //  of its curve so far
}

/// @dev Loss of a line in one interval as a function of its input: one slot a version. Modelled =
/// `noLoadWh + floor(in × linearPpm / 10^6) + floor(in² / quadraticWh)`, at most the input. `quadraticWh` is V²·t/r of a
/// conductor, 0 for none. A curve takes effect with the interval that begins at `from` or later.
struct LossCurve {
    uint32 noLoadWh;
    uint32 linearPpm;
    uint64 quadraticWh;
    uint40 from; //      [s]
    uint32 mostPpm; //   loss above this part of the input is held; 10^6: negative loss only
}

enum LossStatus {
    None,
    Charged, // booked as measured
    Held, //    negative or implausible: in dispute, not charged
    Settled //  held, then decided by the authority
}

/// @dev Loss of a line in one interval: one slot. Measured loss is `inWh - outWh`.
struct LineLoss {
    uint48 inWh;
    uint48 outWh;
    uint48 modelledWh;
    uint16 version; // of the curve
    LossStatus status;
}

/// @dev Loss of an area in one interval: one slot. `injectedWh - withdrawnWh`, over all its meters with those at the ends of
/// lines, is the unaccounted part. The area's loss is that plus `measuredWh`.
struct AreaLoss {
    uint48 injectedWh;
    uint48 withdrawnWh;
    int48 measuredWh; //  sum over its lines
    uint48 modelledWh; // sum over its lines
    uint48 chargedWh; //  borne by its members
    uint8 lines; //       booked
    LossStatus status;
}

/// @dev What {IPowerLosses-bookLine} needs of a line.
struct LineReadings {
    LineId id;
    uint16 version; //  of the curve in force
    bytes32 saltIn; //  of the salted id in `shownIn`
    bytes32 saltOut;
    LeafProof shownIn;
    LeafProof shownOut;
}

/// @dev An area's final root of an interval.
struct AreaRoot {
    NodeId area;
    bytes32 root;
    SumWord sums;
}

/// @title IPowerLosses
/// @notice Losses of lines and areas from final meter readings: in, out, modelled, charged and unaccounted, booked
/// separately, and each member's share of the charged loss.
/// @dev Energy in Wh. Every number follows from final roots of the meter oracle; any account may book. Lines of an area
/// first, then the area; both once. Shares are differences of running sums in the order of the leaves, so that they add up to
/// the watt-hour.
interface IPowerLosses {
    /// @notice Emitted when a line is registered.
    event LineRegistered(LineId indexed id, NodeId indexed area, Line line, address officer);
    /// @notice Emitted when a line ends.
    event LineClosed(LineId indexed id, uint40 validUntil, address officer);
    /// @notice Emitted when the pending end of a line is withdrawn, or else a line that has not begun.
    event LineWithdrawn(LineId indexed id, bool closing, address officer);
    /// @notice Emitted with each version of a line's curve, from 1. A version that had not begun is replaced.
    event LossCurveSet(LineId indexed id, uint16 version, LossCurve curve, address officer);
    /// @notice Emitted when an area's limit of plausible loss is set, as a part of the injected energy.
    event AreaBoundSet(NodeId indexed area, uint32 mostPpm, address officer);

    /// @notice Emitted when a line's loss is booked.
    event LineLossBooked(LineId indexed id, NodeId indexed area, uint40 indexed start, LineLoss loss);
    /// @notice Emitted when an area's loss is booked.
    event AreaLossBooked(NodeId indexed area, uint40 indexed start, AreaLoss loss);
    /// @notice Emitted when a loss is held: negative, or above `mostWh`. The dispute is open until it is decided.
    event LossDisputed(NodeId indexed area, uint40 indexed start, LineId indexed line, int256 lossWh, uint256 mostWh);
    /// @notice Emitted when the authority decides on a held loss. `line` is 0 for the area's own.
    event LossDecided(
        NodeId indexed area,
        uint40 indexed start,
        LineId indexed line,
        uint48 chargedWh,
        bytes32 reason,
        address officer
    );

    /// @notice Thrown when no line has this number, or it is not in use at that time.
    error LossesNoLine(LineId id, uint40 start);
    /// @notice Thrown when a line's ends, area or times contradict themselves.
    error LossesBadLine(Line line);
    /// @notice Thrown when a curve exceeds 100 %, or takes effect before its predecessor or in the past.
    error LossesBadCurve(LineId id, LossCurve curve, uint256 earliest);
    /// @notice Thrown when a version is not the one in force at the interval's start.
    error LossesOtherVersion(LineId id, uint16 version, uint40 start);
    /// @notice Thrown when an area has reached its limit of lines.
    error LossesTooManyLines(NodeId area, uint256 most);
    /// @notice Thrown when an end of a line or a curve would take effect in the past.
    error LossesBadTime(LineId id, uint40 time, uint256 earliest);
    /// @notice Thrown when a line has no beginning or end to come, or the area has a later change. Remedy: withdraw later
    /// changes first.
    error LossesNotPending(LineId id, uint40 time, uint256 latest);
    /// @notice Thrown when a limit exceeds 100 %.
    error LossesBadBound(NodeId area, uint32 mostPpm);
    /// @notice Thrown when a root can still change.
    error LossesNotFinal(NodeId node, uint40 start, uint8 run);
    /// @notice Thrown when a leaf is of another meter than the one at the line's end.
    error LossesOtherMeter(LineId id, MeterId meter, bytes32 salted);
    /// @notice Thrown when a reading is held.
    error LossesHeldReading(LineId id, MeterId meter);
    /// @notice Thrown when the loss is already booked.
    error LossesBooked(NodeId area, uint40 start, LineId line);
    /// @notice Thrown when lines of an area are not booked yet.
    error LossesLinesMissing(NodeId area, uint40 start, uint256 booked, uint256 lines);
    /// @notice Thrown when a decision is on a loss that is not held.
    error LossesNotHeld(NodeId area, uint40 start, LineId line, LossStatus status);
    /// @notice Thrown when a decision charges more than the injected energy.
    error LossesBadCharge(NodeId area, uint40 start, uint48 chargedWh, uint256 mostWh);

    /// @notice Registers a line. Caller: power METER over its area. `versions` is ignored.
    function registerLine(Line calldata line, LossCurve calldata curve) external returns (LineId id);

    /// @notice Ends a line at `validUntil`, not in the past and within 366 days.
    function closeLine(LineId id, uint40 validUntil) external;

    /// @notice Withdraws the end of a line that is to come, or else the line when it has not begun. The area's latest change
    /// alone: later ones first.
    function withdrawLine(LineId id) external;

    /// @notice Sets a new version of a line's curve, for intervals within 366 days. Replaces a version, but the first, that has
    /// not begun.
    function setCurve(LineId id, LossCurve calldata curve) external;

    /// @notice Sets the part of the injected energy [ppm] above which an area's loss is held. Unset: only negative loss.
    function setAreaBound(NodeId area, uint32 mostPpm) external;

    /// @notice Books a line's loss from the leaves of its two end meters, under final roots. Caller: any account.
    /// @param version of the curve in force at `start`
    /// @param saltIn of the salted id in `shownIn`
    function bookLine(
        LineId id,
        uint40 start,
        uint16 version,
        LeafProof calldata shownIn,
        bytes32 saltIn,
        LeafProof calldata shownOut,
        bytes32 saltOut
    ) external;

    /// @notice Books an area's loss from its final sums, when all of its lines are booked. Caller: any account.
    function bookArea(NodeId area, uint40 start, bytes32 root, SumWord sums) external;

    /// @notice Books the losses of several lines of an interval, each as {bookLine}. Passes over those that are booked.
    function bookLines(uint40 start, LineReadings[] calldata lines) external;

    /// @notice Books the losses of several areas of an interval, each as {bookArea}. Passes over those that are booked.
    function bookAreas(uint40 start, AreaRoot[] calldata areas) external;

    /// @notice Decides on a held loss of a line. The measured numbers stay.
    function decideLine(LineId id, uint40 start, bytes32 reason) external;

    /// @notice Decides the charged part of an area's held loss: at most the injected energy.
    function decideArea(NodeId area, uint40 start, uint48 chargedWh, bytes32 reason) external;

    /// @notice The line; reverts when there is none.
    function line(LineId id) external view returns (Line memory);

    /// @notice Version `version` of a line's curve, from 1.
    function curve(LineId id, uint16 version) external view returns (LossCurve memory);

    /// @notice Count of an area's lines in use at `start`.
    function linesOf(NodeId area, uint40 start) external view returns (uint256);

    /// @notice Loss of a line; all zero while it is not booked.
    function lineLoss(LineId id, uint40 start) external view returns (LineLoss memory);

    /// @notice Loss of an area; `status` is None while it is not booked.
    function areaLoss(NodeId area, uint40 start) external view returns (AreaLoss memory);

    /// @notice Limit of an area's plausible loss [ppm].
    function areaBound(NodeId area) external view returns (uint32 mostPpm);

    /// @notice Share of the member behind a leaf in the area's charged loss [Wh]: 45 % of it is allocated by export, the rest
    /// by import (all of it by the other, where one is zero).
    function shareOf(NodeId area, uint40 start, LeafProof calldata shown, bytes32 root, SumWord sums)
        external
        view
        returns (uint256 shareWh);
}
