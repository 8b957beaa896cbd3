// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev A kind of energy in a region: where it is balanced and priced. One slot.
struct GridNode {
    SchemeId scheme; //     the area's, whose officers keep the node
    uint16 jurisdiction; // within it
    uint8 carrier; //       1 electricity, 2 heat, 3 gas, 4 hydrogen; others are the area's own
    uint24 region; //       the area's own number
    uint24 metering; //     number of the node whose meters' sums settle it; 0 = none yet
    uint40 since; //        [s] from when it is there
}

/// @dev What an arc is from some moment on.
struct ArcTerms {
    uint32 efficiencyPpm; // [ppm] of what is sent; beyond 10^6 for a heat pump
    uint32 capacityWh; //    [Wh] that can be sent per interval; 0 = out of service
    uint32 cost; //          [micro-credit/kWh] sent
    uint16 table; //         version of the efficiency table that the efficiency is from
    uint32 meterFrom; //     the meter where it begins, 0 = none
    uint32 meterTo; //       the meter where it ends, 0 = none
    bytes32 tableHash; //    hash of that table; in the event only
}

/// @title IPowerGrid
/// @notice Nodes, and the lines and converters between them, each with a date from which it holds.
/// @dev An arc leads one way: a line that can be used both ways is two arcs. What is set holds at the earliest after
/// {NOTICE}, so that nothing changes under a clearing; the past never changes, and changes are set in the order in which
/// they hold.
interface IPowerGrid {
    /// @notice Emitted when a node is added.
    event NodeAdded(uint8 indexed node, SchemeId indexed scheme, GridNode terms, address officer);

    /// @notice Emitted when an arc is added (version 1), or gets other terms.
    /// @param from node it begins at
    /// @param since [s] from when the terms hold
    event ArcSet(
        uint8 indexed arc, uint16 indexed version, uint8 from, uint8 to, uint40 since, ArcTerms terms, address officer
    );

    /// @notice Thrown when no node has this number.
    error GridUnknownNode(uint256 node);
    /// @notice Thrown when no arc has this number.
    error GridUnknownArc(uint256 arc);
    /// @notice Thrown when a node names no scheme or no carrier.
    error GridBadNode(GridNode terms);
    /// @notice Thrown when a node of this carrier and region is there already.
    error GridNodeExists(SchemeId scheme, uint8 carrier, uint24 region);
    /// @notice Thrown when an arc leads nowhere, or a line has an efficiency of nothing or beyond one, or a converter one
    /// beyond {MAX_EFFICIENCY}.
    error GridBadArc(uint8 from, uint8 to, uint32 efficiencyPpm);
    /// @notice Thrown when something would hold before the notice has passed, or before what was set last holds.
    error GridTooSoon(uint256 since, uint256 earliest);
    /// @notice Thrown when the arcs shown are not those of the grid at that time.
    error GridOtherArcs(uint256 time);
    /// @notice Thrown when there is no room for more.
    error GridFull(uint256 limit);

    /// @notice Adds a node from `terms.since` on. Caller: power MARKET in its scheme and jurisdiction.
    function addNode(GridNode calldata terms) external returns (uint8 node);

    /// @notice Adds an arc from `since` on. Caller: power MARKET at both ends.
    function addArc(uint8 from, uint8 to, uint40 since, ArcTerms calldata terms) external returns (uint8 arc);

    /// @notice Gives an arc other terms from `since` on. Caller: power MARKET at both ends.
    function setArc(uint8 arc, uint40 since, ArcTerms calldata terms) external returns (uint16 version);

    /// @notice The node; reverts when there is none.
    function node(uint8 node_) external view returns (GridNode memory);

    /// @notice How many nodes there are at `time` [s], and the word of each arc, see {PackedArc}; 0 for one not there yet.
    function gridAt(uint256 time) external view returns (uint256 nodes, uint256[] memory arcs);

    /// @notice Reverts unless `arcs` are those of {gridAt}; gives the number of nodes. Two reads of storage for all arcs.
    function checkArcs(uint256 time, uint256[] calldata arcs) external view returns (uint256 nodes);

    /// @notice How many nodes there are at `time` [s].
    function nodesAt(uint256 time) external view returns (uint256 nodes);

    /// @notice An arc's word at `time` [s]; 0 when it was not there yet.
    function arcAt(uint8 arc, uint256 time) external view returns (uint256 word);

    /// @notice Meters at the two ends of an arc, by version; 0 = none.
    function metersOf(uint8 arc, uint16 version) external view returns (uint32 meterFrom, uint32 meterTo);

    /// @notice Numbers of nodes and arcs, those to come included.
    function counts() external view returns (uint256 nodes, uint256 arcs);

    /// @notice [s] between setting something and the first moment it may hold.
    function NOTICE() external view returns (uint40);

    /// @notice [ppm] of the best converter: 16 kWh of heat for one of electricity.
    function MAX_EFFICIENCY() external view returns (uint32);
}
