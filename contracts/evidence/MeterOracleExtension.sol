// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    Carrier,
    Curve,
    IMeters,
    KeyWord,
    Meter,
    MeterKey,
    Node,
    Registers
} from "../../interfaces/evidence/IMeters.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {MeterStore} from "./MeterStore.sol";

/// @title MeterOracleExtension
/// @notice Nodes, meters and keys of {MeterOracle}; see {IMeters}.
/// @dev See {Extendable}.
contract MeterOracleExtension is MeterStore, IMeters {
    uint256 private constant MAX_KEYS = 255;
    uint256 private constant MAX_BATCH = 100;
    uint256 private constant MAX_DIGITS = 18; // a register fits 64 bits
    uint256 private constant MAX_WINDOW = 366 days;

    IRuleSource public immutable SCHEMES;

    constructor(IRuleSource schemes) {
        SCHEMES = schemes;
    }

    /* NODES */

    /// @inheritdoc IMeters
    function openNode(Node calldata node_) external returns (NodeId id) {
        _requireOfficer(node_);
        id = NodeId.wrap(++_nodeCount);
        _setNode(id, node_);
    }

    /// @inheritdoc IMeters
    function setOracle(NodeId id, ParticipantId oracle) external {
        Node memory n = node(id);
        _requireOfficer(n);
        n.oracle = oracle;
        _setNode(id, n);
    }

    function _setNode(NodeId id, Node memory n) private {
        bool named = SchemeId.unwrap(n.scheme) != 0 && n.carrier != Carrier.None && n.region != 0;
        bool timed = n.intervalS != 0 && n.challengeS != 0 && n.revealS != 0;
        bool bounded = n.correctionS <= MAX_WINDOW && n.challengeS <= MAX_WINDOW && n.revealS <= MAX_WINDOW;
        if (!named || !timed || !bounded || ParticipantId.unwrap(n.oracle) == 0) revert MetersBadNode(n);
        _nodes[id] = n;
        emit NodeSet(id, n.scheme, n, msg.sender);
    }

    /* METERS */

    /// @inheritdoc IMeters
    function registerMeter(Meter calldata meter_, MeterKey calldata key) external returns (MeterId id) {
        return _register(meter_, key);
    }

    /// @inheritdoc IMeters
    function registerMeters(Meter[] calldata meters, MeterKey[] calldata keys) external returns (MeterId first) {
        if (meters.length == 0 || meters.length != keys.length || meters.length > MAX_BATCH) {
            revert MetersBadBatch(meters.length, keys.length, MAX_BATCH);
        }
        first = MeterId.wrap(_meterCount + 1);
        for (uint256 i; i < meters.length; ++i) {
            _register(meters[i], keys[i]);
        }
    }

    function _register(Meter calldata m, MeterKey calldata key) private returns (MeterId id) {
        Node memory n = node(m.node);
        _requireOfficer(n);
        bool complete = ParticipantId.unwrap(m.owner) != 0 && m.nameplateW != 0 && m.validFrom != 0;
        bool plausible = m.multiplierMilli != 0 && m.digits != 0 && m.digits <= MAX_DIGITS && m.validUntil == 0;
        if (!complete || !plausible) {
            revert MetersBadMeter(m.owner, m.nameplateW, m.validFrom, m.multiplierMilli, m.digits);
        }
        id = MeterId.wrap(++_meterCount);
        if (key.from != m.validFrom) revert MetersBadTime(id, key.from, m.validFrom);
        Horizon.checkChange(m.validFrom);
        Meter memory kept = m;
        (kept.keyCount, kept.intervalS) = (0, n.intervalS);
        _meters[id] = kept;
        _addKey(id, key);
        kept.keyCount = 1;
        emit MeterRegistered(id, m.node, m.owner, kept, key);
    }

    /// @inheritdoc IMeters
    function rotateKey(MeterId id, MeterKey calldata key) external {
        uint256 index = _requireSuccessor(id, key);
        _addKey(id, key);
        emit MeterKeyRotated(id, index, key, msg.sender);
    }

    /// @inheritdoc IMeters
    function exchangeMeter(MeterId id, MeterKey calldata key, Registers calldata last, Registers calldata first)
        external
    {
        uint256 index = _requireSuccessor(id, key);
        _addKey(id, key);
        emit MeterExchanged(id, index, key, last, first, msg.sender);
    }

    /// @inheritdoc IMeters
    function closeMeter(MeterId id, uint40 validUntil) external {
        Meter memory m = meter(id);
        _requireOfficer(node(m.node));
        uint40 earliest = _notBefore(_keys[id][m.keyCount - 1].from + 1);
        bool ended = m.validUntil != 0 && m.validUntil < block.timestamp;
        bool withdrawn = validUntil == 0 && m.validUntil != 0;
        if (ended || (validUntil < earliest && !withdrawn)) revert MetersBadTime(id, validUntil, earliest);
        Horizon.checkChange(validUntil);
        _meters[id].validUntil = validUntil;
        emit MeterClosed(id, validUntil, msg.sender);
    }

    /// @dev A key that takes over from the one in use, while the meter counts; a key to come is replaced. Never retroactive:
    /// with a key of its own an officer could contradict what an honest oracle has posted.
    function _requireSuccessor(MeterId id, MeterKey calldata key) private returns (uint256 index) {
        Meter memory m = meter(id);
        _requireOfficer(node(m.node));
        index = m.keyCount;
        if (index > 1 && _keys[id][index - 1].from > block.timestamp) _meters[id].keyCount = uint8(--index);
        uint40 earliest = _notBefore(_keys[id][index - 1].from + 1);
        if (m.validUntil != 0 || key.from < earliest) revert MetersBadTime(id, key.from, earliest);
        Horizon.checkChange(key.from);
        if (index == MAX_KEYS) revert MetersTooManyKeys(id, MAX_KEYS);
    }

    /// @dev `time`, or now where that is later.
    function _notBefore(uint40 time) private view returns (uint40) {
        return time < block.timestamp ? uint40(block.timestamp) : time; // 34,000 years
    }

    function _addKey(MeterId id, MeterKey calldata key) private {
        if (key.curve == Curve.None || key.x == 0 || key.y == 0) revert MetersBadKey(key.curve, key.x, key.y);
        _keys[id][_meters[id].keyCount++] = KeyWord(_hashOf(key.x, key.y), key.from, key.curve);
    }

    /* READERS */

    /// @inheritdoc IMeters
    function setReaders(MeterId[] calldata ids, address[] calldata readers) external {
        if (ids.length == 0 || ids.length != readers.length || ids.length > MAX_BATCH) {
            revert MetersBadBatch(ids.length, readers.length, MAX_BATCH);
        }
        // Never of what was posted before: an oracle knows all meters that can be asked for when it posts.
        uint40 since = uint40(block.timestamp); // 34,000 years
        for (uint256 i; i < ids.length; ++i) {
            _requireOfficer(node(meter(ids[i]).node));
            _readers[ids[i]] = Reader(readers[i], since);
            emit MeterReaderSet(ids[i], readers[i], since, msg.sender);
        }
    }

    /// @inheritdoc IMeters
    function setOperator(NodeId id, ParticipantId operator) external {
        _requireOfficer(node(id));
        _operators[id] = operator;
        emit NodeOperatorSet(id, operator, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IMeters
    function readerOf(MeterId id) external view returns (address reader, uint40 since) {
        Reader memory r = _readers[id];
        return (r.reader, r.since);
    }

    /// @inheritdoc IMeters
    function operatorOf(NodeId id) external view returns (ParticipantId) {
        return _operators[id];
    }

    /// @inheritdoc IMeters
    function nodeCount() external view returns (uint24) {
        return _nodeCount;
    }

    /// @inheritdoc IMeters
    function meterCount() external view returns (uint32) {
        return _meterCount;
    }

    /// @inheritdoc IMeters
    function node(NodeId id) public view returns (Node memory n) {
        n = _nodes[id];
        if (n.intervalS == 0) revert MetersUnknownNode(id);
    }

    /// @inheritdoc IMeters
    function meter(MeterId id) public view returns (Meter memory m) {
        m = _meters[id];
        if (m.keyCount == 0) revert MetersUnknown(id);
    }

    /// @inheritdoc IMeters
    function keyWord(MeterId id, uint256 index) external view returns (KeyWord memory) {
        return _keys[id][index];
    }

    /// @inheritdoc IMeters
    function keyIndexAt(MeterId id, uint40 time) external view returns (uint256 index) {
        Meter memory m = meter(id);
        if (time < m.validFrom || (m.validUntil != 0 && time > m.validUntil)) {
            revert MetersBadTime(id, time, m.validFrom);
        }
        index = m.keyCount - 1;
        while (_keys[id][index].from > time) {
            --index; // key 0 begins with the meter
        }
    }

    function _requireOfficer(Node memory n) private view {
        SCHEMES.checkPower(msg.sender, n.scheme, n.jurisdiction, Powers.METER);
    }
}
