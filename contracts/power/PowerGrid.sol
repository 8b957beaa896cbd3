// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {ArcTerms, GridNode, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {PackedArc, PackedArcLib} from "../types/PackedArc.sol";

/// @title PowerGrid
/// @dev Storage: a slot for each node, a slot for the latest terms of each arc and one for each earlier version, a slot for
/// the meters of each version, and one for each state of the whole:
///
///     node    scheme 16 · jurisdiction 16 · carrier 8 · region 24 · metering 24 · since 40
///     arc     capacity 32 · cost 32 · efficiency 32 · from 8 · to 8 · line 8 · table 16 · version 16 · since 40
///     meters  from 32 · to 32
///     state   since 40 · hash 216, upper bits of the hash of all arcs' words
///
/// Checking a list of all arcs takes two reads of storage, independent of their number, and for a time before the latest
/// change one more for each doubling of the changes: states and versions follow in order of time, since each change takes
/// effect {NOTICE} after its own block.
contract PowerGrid is IPowerGrid {
    uint256 private constant MAX_NODES = 64;
    uint256 private constant MAX_ARCS = 128;

    /// @inheritdoc IPowerGrid
    uint32 public constant MAX_EFFICIENCY = 16_000_000;

    /// @inheritdoc IPowerGrid
    uint40 public immutable NOTICE;
    /// @inheritdoc IPowerGrid
    uint256 public immutable NODES_PER_SCHEME;
    IRuleSource private immutable RULES;

    /// @dev Places taken by a scheme.
    struct Share {
        uint128 nodes;
        uint128 arcs; // that start at one of its nodes
    }

    uint256 private _nodeCount;
    uint256 private _arcCount;
    GridNode[MAX_NODES] private _nodes;
    uint256[MAX_ARCS] private _latest;
    mapping(uint256 arc => mapping(uint256 version => uint256 word)) private _older;
    mapping(uint256 arc => mapping(uint256 version => uint256 word)) private _meters;
    mapping(SchemeId scheme => mapping(uint32 carrierAndRegion => bool)) private _taken;
    mapping(SchemeId scheme => Share) private _shares;
    uint256[] private _states;

    constructor(IRuleSource rules, uint40 notice, uint256 nodesPerScheme) {
        if (nodesPerScheme == 0 || nodesPerScheme > MAX_NODES) revert GridBadShare(nodesPerScheme, MAX_NODES);
        (RULES, NOTICE, NODES_PER_SCHEME) = (rules, notice, nodesPerScheme);
    }

    // ------------------------------------------------------------------ nodes

    /// @inheritdoc IPowerGrid
    function addNode(SchemeId scheme, uint16 jurisdiction, uint8 carrier, uint24 region, uint24 metering)
        external
        returns (uint8 added)
    {
        if (SchemeId.unwrap(scheme) == 0 || carrier == 0) revert GridBadNode(scheme, carrier);
        RULES.checkPower(msg.sender, scheme, jurisdiction, Powers.MARKET);
        uint32 key = uint32(carrier) << 24 | region;
        if (_taken[scheme][key]) revert GridNodeExists(scheme, carrier, region);
        uint256 count = _nodeCount;
        if (count == MAX_NODES) revert GridFull(MAX_NODES);
        if (_shares[scheme].nodes == NODES_PER_SCHEME) revert GridShareUsed(scheme, NODES_PER_SCHEME);

        _taken[scheme][key] = true;
        ++_shares[scheme].nodes;
        GridNode memory terms = GridNode(scheme, jurisdiction, carrier, region, metering, _since());
        _nodes[count] = terms;
        _nodeCount = count + 1;
        added = uint8(count); // below 64
        emit NodeAdded(added, scheme, terms, msg.sender);
    }

    // ------------------------------------------------------------------ arcs

    /// @inheritdoc IPowerGrid
    function addArc(uint8 from, uint8 to, ArcTerms calldata terms) external returns (uint8 arc) {
        if (from == to) revert GridBadArc(from, to, terms.efficiencyPpm);
        uint256 count = _arcCount;
        if (count == MAX_ARCS) revert GridFull(MAX_ARCS);
        SchemeId scheme = node(from).scheme;
        uint256 most = NODES_PER_SCHEME * MAX_ARCS / MAX_NODES;
        if (_shares[scheme].arcs == most) revert GridShareUsed(scheme, most);

        ++_shares[scheme].arcs;
        _arcCount = count + 1;
        arc = uint8(count); // below 128
        _set(arc, 0, from, to, terms);
    }

    /// @inheritdoc IPowerGrid
    function setArc(uint8 arc, ArcTerms calldata terms) external returns (uint16 version) {
        if (arc >= _arcCount) revert GridUnknownArc(arc);
        PackedArc latest = PackedArc.wrap(_latest[arc]);
        version = latest.version() + 1;

        _older[arc][version - 1] = PackedArc.unwrap(latest);
        _set(arc, version - 1, latest.from(), latest.to(), terms);
    }

    function _set(uint8 arc, uint16 before, uint8 from, uint8 to, ArcTerms calldata terms) private {
        GridNode memory a = node(from);
        GridNode memory b = node(to);
        RULES.checkPower(msg.sender, a.scheme, a.jurisdiction, Powers.MARKET);
        RULES.checkPower(msg.sender, b.scheme, b.jurisdiction, Powers.MARKET);
        bool line = a.carrier == b.carrier;
        uint256 most = line ? PackedArcLib.PPM : MAX_EFFICIENCY;
        if (terms.efficiencyPpm == 0 || terms.efficiencyPpm > most) revert GridBadArc(from, to, terms.efficiencyPpm);

        uint40 since = _since();
        uint16 version = before + 1;
        _latest[arc] = PackedArcLib.pack(
            terms.capacityWh, terms.cost, terms.efficiencyPpm, from, to, line, terms.table, version, since
        );
        _states.push(uint256(since) | _hash(_words(_arcCount, since)) & ~uint256(type(uint40).max));
        _meters[arc][version] = terms.meterFrom | uint256(terms.meterTo) << 32;
        emit ArcSet(arc, version, from, to, since, terms, msg.sender);
    }

    /// @dev Start of validity of a change made now.
    function _since() private view returns (uint40) {
        return uint40(block.timestamp + NOTICE); // 34,000 years
    }

    function _hash(uint256[] memory words) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerGrid
    function node(uint8 node_) public view returns (GridNode memory) {
        if (node_ >= _nodeCount) revert GridUnknownNode(node_);
        return _nodes[node_];
    }

    /// @inheritdoc IPowerGrid
    function gridAt(uint256 time) external view returns (uint256 nodes, uint256[] memory arcs) {
        nodes = nodesAt(time);
        uint256 count = _arcCount;
        while (count != 0 && _wordAt(count - 1, time) == 0) {
            --count;
        }
        arcs = _words(count, time);
    }

    function _words(uint256 count, uint256 time) private view returns (uint256[] memory words) {
        words = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            words[i] = _wordAt(i, time);
        }
    }

    /// @inheritdoc IPowerGrid
    function checkArcs(uint256 time, uint256[] calldata arcs) external view returns (uint256 nodes) {
        uint256 state = _stateAt(time);
        bool same = state == 0 ? arcs.length == 0 : (_hash(arcs) ^ state) >> 40 == 0;
        if (!same) revert GridOtherArcs(time);
        return nodesAt(time);
    }

    /// @dev The last state that begins by then; 0 before the first.
    function _stateAt(uint256 time) private view returns (uint256) {
        uint256 high = _states.length;
        if (high == 0) return 0;
        uint256 latest = _states[--high];
        if (uint40(latest) <= time) return latest;
        uint256 low = 0;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (uint40(_states[middle]) <= time) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? 0 : _states[low - 1];
    }

    /// @inheritdoc IPowerGrid
    function nodesAt(uint256 time) public view returns (uint256 nodes) {
        nodes = _nodeCount;
        while (nodes != 0 && _nodes[nodes - 1].since > time) {
            --nodes;
        }
    }

    /// @inheritdoc IPowerGrid
    function arcAt(uint8 arc, uint256 time) external view returns (uint256 word) {
        if (arc >= _arcCount) revert GridUnknownArc(arc);
        return _wordAt(arc, time);
    }

    /// @dev The last version that begins by then; 0 before the first, which is number 1.
    function _wordAt(uint256 arc, uint256 time) private view returns (uint256) {
        PackedArc latest = PackedArc.wrap(_latest[arc]);
        if (latest.since() <= time) return PackedArc.unwrap(latest);
        (uint256 low, uint256 high) = (1, latest.version());
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (PackedArc.wrap(_older[arc][middle]).since() <= time) low = middle + 1;
            else high = middle;
        }
        return low == 1 ? 0 : _older[arc][low - 1];
    }

    /// @inheritdoc IPowerGrid
    function metersOf(uint8 arc, uint16 version) external view returns (uint32 meterFrom, uint32 meterTo) {
        uint256 word = _meters[arc][version];
        return (uint32(word), uint32(word >> 32));
    }

    /// @inheritdoc IPowerGrid
    function counts() external view returns (uint256 nodes, uint256 arcs) {
        return (_nodeCount, _arcCount);
    }
}
