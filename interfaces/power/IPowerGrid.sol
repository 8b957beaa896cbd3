// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev A kind of energy in a region: where it is balanced and priced. One slot.
struct GridNode {
    SchemeId scheme; //     of the area and its officers
    uint16 jurisdiction; // within it
    uint8 carrier; //       1 electricity, 2 heat, 3 gas, 4 hydrogen; others are defined by the area
    uint24 region; //       number within the area
    uint24 metering; //     node of the meter oracle whose sums settle it; 0 = none yet
    uint40 since; //        [s] start of validity
}

/// @dev Terms of an arc from a time on.
struct ArcTerms {
    uint32 efficiencyPpm; // [ppm] arriving of the energy sent; beyond 10^6 for a heat pump
    uint32 capacityWh; //    [Wh] sent per interval, at most; 0 = out of service
    uint32 cost; //          [micro-credit/kWh] sent
    uint16 table; //         version of the efficiency table
    uint32 meterFrom; //     meter at its start, 0 = none
    uint32 meterTo; //       meter at its end, 0 = none
    bytes32 tableHash; //    hash of that table; in the event only
}

/// @title IPowerGrid
/// @notice Nodes, and the lines and converters between them, of several schemes.
/// @dev An arc is directed: a line used both ways is two arcs. A change takes effect {NOTICE} after its block, so that no
/// clearing is affected. No officer chooses the time: a change of one scheme never delays one of another, and a mistake is
/// corrected {NOTICE} after the correction. Each scheme has a share of the places.
interface IPowerGrid {
    /// @notice Emitted when a node is added.
    event NodeAdded(uint8 indexed node, SchemeId indexed scheme, GridNode terms, address officer);

    /// @notice Emitted when an arc is added (version 1), or its terms change.
    /// @param from node at its start
    /// @param since [s] start of validity
    event ArcSet(
        uint8 indexed arc, uint16 indexed version, uint8 from, uint8 to, uint40 since, ArcTerms terms, address officer
    );

    /// @notice Thrown when no node has this number.
    error GridUnknownNode(uint256 node);
    /// @notice Thrown when no arc has this number.
    error GridUnknownArc(uint256 arc);
    /// @notice Thrown when a node names no scheme or no carrier.
    error GridBadNode(SchemeId scheme, uint8 carrier);
    /// @notice Thrown when a node of this carrier and region exists.
    error GridNodeExists(SchemeId scheme, uint8 carrier, uint24 region);
    /// @notice Thrown when an arc ends at its start, or its efficiency is 0 or beyond the limit: 1 for a line,
    /// {MAX_EFFICIENCY} for a converter.
    error GridBadArc(uint8 from, uint8 to, uint32 efficiencyPpm);
    /// @notice Thrown when the arcs shown are not those of the grid at that time.
    error GridOtherArcs(uint256 time);
    /// @notice Thrown when the grid has reached its limit of nodes or arcs.
    error GridFull(uint256 limit);
    /// @notice Thrown when a scheme has used its share of nodes, or of arcs that start at its nodes.
    error GridShareUsed(SchemeId scheme, uint256 limit);
    /// @notice Thrown when the share of a scheme would be no node, or more than there is room for.
    error GridBadShare(uint256 nodesPerScheme, uint256 limit);

    /// @notice Adds a node, valid {NOTICE} from now. Caller: power MARKET in its scheme and jurisdiction.
    /// @param metering node of the meter oracle whose sums settle it; 0 = none yet
    function addNode(SchemeId scheme, uint16 jurisdiction, uint8 carrier, uint24 region, uint24 metering)
        external
        returns (uint8 node);

    /// @notice Adds an arc, valid {NOTICE} from now. Caller: power MARKET at both ends.
    function addArc(uint8 from, uint8 to, ArcTerms calldata terms) external returns (uint8 arc);

    /// @notice Changes an arc's terms, {NOTICE} from now. Caller: power MARKET at both ends.
    function setArc(uint8 arc, ArcTerms calldata terms) external returns (uint16 version);

    /// @notice The node; reverts when there is none.
    function node(uint8 node_) external view returns (GridNode memory);

    /// @notice Count of nodes at `time` [s], and the word of each arc, see {PackedArc}; 0 for one not yet valid.
    function gridAt(uint256 time) external view returns (uint256 nodes, uint256[] memory arcs);

    /// @notice Reverts unless `arcs` are those of {gridAt}; gives the number of nodes. Two reads of storage for all arcs.
    function checkArcs(uint256 time, uint256[] calldata arcs) external view returns (uint256 nodes);

    /// @notice Count of nodes at `time` [s].
    function nodesAt(uint256 time) external view returns (uint256 nodes);

    /// @notice An arc's word at `time` [s]; 0 when it was not yet valid.
    function arcAt(uint8 arc, uint256 time) external view returns (uint256 word);

    /// @notice Meters at the two ends of an arc, by version; 0 = none.
    function metersOf(uint8 arc, uint16 version) external view returns (uint32 meterFrom, uint32 meterTo);

    /// @notice Counts of nodes and arcs, scheduled ones included.
    function counts() external view returns (uint256 nodes, uint256 arcs);

    /// @notice Notice period between a change and its start of validity [s].
    function NOTICE() external view returns (uint40);

    /// @notice Nodes that a scheme may add; arcs from them: twice as many.
    function NODES_PER_SCHEME() external view returns (uint256);

    /// @notice Limit of a converter's efficiency [ppm].
    function MAX_EFFICIENCY() external view returns (uint32);
}
