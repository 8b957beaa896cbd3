// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {LeafProof} from "../evidence/IMeterOracle.sol";
import {MeterId, NodeId} from "../types/MeterTypes.sol";

/// @dev A measured line or converter. 0 means none.
type LineId is uint32;

/// @dev A line or converter with a meter at each end: one slot. Times are [s] unix; `validUntil` is the first moment no
/// longer, 0 while in use.
struct Line {
    MeterId meterIn; //  measures by its import what leaves its node for the line
    MeterId meterOut; // measures by its export what the line delivers into its own node
    NodeId area; //      whose members bear the line's loss
    uint40 validFrom;
    uint40 validUntil;
    uint16 versions; //  of its curve so far
}

/// @dev Loss of a line in one interval as a function of the energy that goes in: one slot a version. Modelled =
/// `noLoadWh + floor(in × linearPpm / 10^6) + floor(in² / quadraticWh)`, at most what went in. `quadraticWh` is V²·t/r of
/// a conductor, 0 where there is none. A curve takes effect with the interval that begins at `from` or later.
struct LossCurve {
    uint32 noLoadWh;
    uint32 linearPpm;
    uint64 quadraticWh;
    uint40 from; //      [s]
    uint32 mostPpm; //   loss above this part of the input is held; 10^6 holds only what is negative
}

enum LossStatus {
    None,
    Charged, // booked as it was measured
    Held, //    negative, or above what is plausible: in dispute, charged to nobody
    Settled //  held, and then decided by the authority
}

/// @dev What a line lost in one interval: one slot. Measured loss is `inWh - outWh`.
struct LineLoss {
    uint48 inWh;
    uint48 outWh;
    uint48 modelledWh;
    uint16 version; // of the curve
    LossStatus status;
}

/// @dev What an area lost in one interval: one slot. `injectedWh - withdrawnWh` is what its meters, those at the ends of
/// lines among them, leave without an explanation: the unaccounted part. The area's loss is that and `measuredWh`.
struct AreaLoss {
    uint48 injectedWh;
    uint48 withdrawnWh;
    int48 measuredWh; //  sum over its lines
    uint48 modelledWh; // sum over its lines
    uint48 chargedWh; //  what its members bear
    uint8 lines; //       booked so far
    LossStatus status;
}

/// @title IPowerLosses
/// @notice Losses of lines and areas, from meters' final readings: in, out, modelled, charged and unaccounted, each
/// booked apart, and each member's share of what is charged.
/// @dev Energy in Wh. Every number follows from final roots of the meter oracle; anybody may book. Lines of an area
/// first, then the area; both once. Shares are dealt out by running sums in the order of the leaves, so that they add up to the
/// watt-hour.
interface IPowerLosses {
    /// @notice Emitted when a line begins to be measured.
    event LineRegistered(LineId indexed id, NodeId indexed area, Line line, address officer);
    /// @notice Emitted when a line ends.
    event LineClosed(LineId indexed id, uint40 validUntil, address officer);
    /// @notice Emitted with each version of a line's curve, from 1.
    event LossCurveSet(LineId indexed id, uint16 version, LossCurve curve, address officer);
    /// @notice Emitted when an area's bound on plausible loss is set, as a part of what is injected.
    event AreaBoundSet(NodeId indexed area, uint32 mostPpm, address officer);

    /// @notice Emitted when a line's loss is booked.
    event LineLossBooked(LineId indexed id, NodeId indexed area, uint40 indexed start, LineLoss loss);
    /// @notice Emitted when an area's loss is booked.
    event AreaLossBooked(NodeId indexed area, uint40 indexed start, AreaLoss loss);
    /// @notice Emitted when a loss is held: measured negative, or above `most`. A dispute is open until it is decided.
    event LossDisputed(NodeId indexed area, uint40 indexed start, LineId indexed line, int256 lossWh, uint256 mostWh);
    /// @notice Emitted when the authority decided on a held loss. `line` is 0 for the area's own.
    event LossDecided(
        NodeId indexed area,
        uint40 indexed start,
        LineId indexed line,
        uint48 chargedWh,
        bytes32 reason,
        address officer
    );

    /// @notice Thrown when no line has this number, or it does not count at that time.
    error LossesNoLine(LineId id, uint40 start);
    /// @notice Thrown when a line's ends, area or times contradict themselves.
    error LossesBadLine(Line line);
    /// @notice Thrown when a curve says more than everything is lost, or takes effect before its predecessor or now.
    error LossesBadCurve(LineId id, LossCurve curve, uint256 earliest);
    /// @notice Thrown when a version is not the one in force at the interval's start.
    error LossesOtherVersion(LineId id, uint16 version, uint40 start);
    /// @notice Thrown when an area has as many lines as can be counted.
    error LossesTooManyLines(NodeId area, uint256 most);
    /// @notice Thrown when an end of a line or a curve would take effect in the past.
    error LossesBadTime(LineId id, uint40 time, uint256 earliest);
    /// @notice Thrown when a bound is above everything.
    error LossesBadBound(NodeId area, uint32 mostPpm);
    /// @notice Thrown when a root can still change.
    error LossesNotFinal(NodeId node, uint40 start, uint8 run);
    /// @notice Thrown when a leaf is of another meter than the one at the line's end.
    error LossesOtherMeter(LineId id, MeterId meter, bytes32 salted);
    /// @notice Thrown when a reading is held: it says nothing to reckon with.
    error LossesHeldReading(LineId id, MeterId meter);
    /// @notice Thrown when it is booked already.
    error LossesBooked(NodeId area, uint40 start, LineId line);
    /// @notice Thrown when not all of an area's lines are booked yet.
    error LossesLinesMissing(NodeId area, uint40 start, uint256 booked, uint256 lines);
    /// @notice Thrown when a decision is on a loss that is not held, or charges more than was injected.
    error LossesNotHeld(NodeId area, uint40 start, LineId line, LossStatus status);
    error LossesBadCharge(NodeId area, uint40 start, uint48 chargedWh, uint256 mostWh);

    /// @notice Begins to measure a line. Caller: officer with the power METER over its area. `versions` is ignored.
    function registerLine(Line calldata line, LossCurve calldata curve) external returns (LineId id);

    /// @notice Ends a line from `validUntil` on, which may not be past.
    function closeLine(LineId id, uint40 validUntil) external;

    /// @notice A new version of a line's curve, not for intervals that have begun.
    function setCurve(LineId id, LossCurve calldata curve) external;

    /// @notice Part of the injected energy [ppm] above which an area's loss is held. None set: nothing but negative loss.
    function setAreaBound(NodeId area, uint32 mostPpm) external;

    /// @notice Books a line's loss from the leaves of its two end meters, under final roots. Anybody.
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

    /// @notice Books an area's loss from its final sums, when all of its lines are booked. Anybody.
    function bookArea(NodeId area, uint40 start, bytes32 root, SumWord sums) external;

    /// @notice Decides on a line's loss that is held. It changes no number: what its meters said stays said.
    function decideLine(LineId id, uint40 start, bytes32 reason) external;

    /// @notice Decides what an area's members bear of a loss that is held: at most what was injected.
    function decideArea(NodeId area, uint40 start, uint48 chargedWh, bytes32 reason) external;

    /// @notice The line; reverts when there is none.
    function line(LineId id) external view returns (Line memory);

    /// @notice Version `version` of a line's curve, from 1.
    function curve(LineId id, uint16 version) external view returns (LossCurve memory);

    /// @notice Lines of an area that count at `start`.
    function linesOf(NodeId area, uint40 start) external view returns (uint256);

    /// @notice What a line lost; all zero while it is not booked.
    function lineLoss(LineId id, uint40 start) external view returns (LineLoss memory);

    /// @notice What an area lost; `status` is None while it is not booked.
    function areaLoss(NodeId area, uint40 start) external view returns (AreaLoss memory);

    /// @notice Bound on an area's loss [ppm].
    function areaBound(NodeId area) external view returns (uint32 mostPpm);

    /// @notice What the member behind a leaf bears [Wh] of the area's charged loss: 45 % of it is dealt out by export, the
    /// rest by import (all of it by the other, where one is zero).
    function shareOf(NodeId area, uint40 start, LeafProof calldata shown, bytes32 root, SumWord sums)
        external
        view
        returns (uint256 shareWh);
}
