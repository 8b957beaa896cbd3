// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../types/Ids.sol";
import {MeterId, NodeId} from "../types/MeterTypes.sol";

enum Carrier {
    None,
    Electricity,
    Heat,
    Gas,
    Hydrogen
}

/// @dev The curve a meter's key lies on.
enum Curve {
    None,
    Secp256k1,
    P256,
    BrainpoolP256r1 // no chain checks it: oracles do, and no reading by it can be proved or contradicted here
}

/// @dev A node and the terms of its oracle: one slot.
struct Node {
    SchemeId scheme; //       whose authority registers the node
    uint16 jurisdiction; //   within it
    Carrier carrier;
    ParticipantId oracle; //  posts its intervals
    uint24 region; //         the authority's own number
    uint16 intervalS; //      [s] length of an interval: 900 for a quarter of an hour
    uint32 correctionS; //    [s] after an interval's end in which a corrected run may be posted; like the two below fixed
    uint32 challengeS; //     [s] after a posting in which a leaf may be asked for
    uint32 revealS; //        [s] in which the oracle must show it
}

/// @dev A meter: one slot. Times are [s] unix; `validUntil` is the first moment no longer, 0 while open.
struct Meter {
    ParticipantId owner;
    NodeId node;
    uint40 nameplateW; //      [W] of what it measures
    uint40 validFrom;
    uint40 validUntil;
    uint32 multiplierMilli; // [1/1000] Wh of the register for one unit of the meter's display
    uint8 digits; //           of the register: it rolls over at 10^digits Wh
    uint8 keyCount;
    uint16 intervalS; //       of its node, beside it for proofs
}

/// @dev A public key and the time from which the meter signs with it. Storage has its hash, the event all of it.
struct MeterKey {
    bytes32 x;
    bytes32 y;
    uint40 from; // [s]
    Curve curve;
}

/// @dev A key as stored: one slot.
struct KeyWord {
    uint208 hash; // upper part of keccak256(abi.encode(x, y))
    uint40 from; //  [s]
    Curve curve;
}

/// @dev Registers at an exchange of devices [Wh].
struct Registers {
    uint64 importWh;
    uint64 exportWh;
}

/// @title IMeters
/// @notice Nodes, the meters at them, and the keys they sign with.
/// @dev Registered by officers with the power METER in the node's scheme and jurisdiction.
interface IMeters {
    /// @notice Emitted when a node is opened or gets another oracle.
    event NodeSet(NodeId indexed id, SchemeId indexed scheme, Node node, address officer);

    /// @notice Emitted when a meter starts to count.
    event MeterRegistered(
        MeterId indexed id, NodeId indexed node, ParticipantId indexed owner, Meter meter, MeterKey key
    );

    /// @notice Emitted when a meter signs with another key from `key.from` on; the device is the same.
    event MeterKeyRotated(MeterId indexed id, uint256 index, MeterKey key, address officer);

    /// @notice Emitted when the device was exchanged at `key.from`: the old one ended with `last`, the new one began with
    /// `first`.
    event MeterExchanged(
        MeterId indexed id, uint256 index, MeterKey key, Registers last, Registers first, address officer
    );

    /// @notice Emitted when a meter stops to count.
    event MeterClosed(MeterId indexed id, uint40 validUntil, address officer);

    /// @notice Emitted when the metering office names who may ask for a meter's leaves: for intervals that begin at `since` or
    /// later. Address 0 ends it.
    event MeterReaderSet(MeterId indexed id, address reader, uint40 since, address officer);

    /// @notice Emitted when the metering office names the participant that may ask for any leaf of a node; 0 ends it.
    event NodeOperatorSet(NodeId indexed id, ParticipantId operator, address officer);

    /// @notice Thrown when no node has this number.
    error MetersUnknownNode(NodeId id);
    /// @notice Thrown when a node's terms contradict themselves.
    error MetersBadNode(Node node);
    /// @notice Thrown when no meter has this number.
    error MetersUnknown(MeterId id);
    /// @notice Thrown when a meter's data are incomplete.
    error MetersBadMeter(
        ParticipantId owner, uint40 nameplateW, uint40 validFrom, uint32 multiplierMilli, uint8 digits
    );
    /// @notice Thrown when a key names no curve, or is zero.
    error MetersBadKey(Curve curve, bytes32 x, bytes32 y);
    /// @notice Thrown when a key or an end would take effect in the past or before the key in use did, or after the meter ended.
    error MetersBadTime(MeterId id, uint40 time, uint40 earliest);
    /// @notice Thrown when a batch is empty, too large, or has not one key for each meter.
    error MetersBadBatch(uint256 meters, uint256 keys, uint256 most);
    /// @notice Thrown when a meter has had as many keys as are kept.
    error MetersTooManyKeys(MeterId id, uint256 most);

    /// @notice Opens a node.
    function openNode(Node calldata node) external returns (NodeId id);

    /// @notice Gives a node another oracle; all else stays, so that final roots stay final. Earlier postings remain
    /// the liability of the oracle that posted them.
    function setOracle(NodeId id, ParticipantId oracle) external;

    /// @notice Registers a meter at a node; `keyCount` and `intervalS` of the argument are ignored.
    function registerMeter(Meter calldata meter, MeterKey calldata key) external returns (MeterId id);

    /// @notice Registers many, at most 100.
    function registerMeters(Meter[] calldata meters, MeterKey[] calldata keys) external returns (MeterId first);

    /// @notice Lets a meter sign with another key from `key.from` on: not in the past, within 366 days. Replaces a key to come.
    function rotateKey(MeterId id, MeterKey calldata key) external;

    /// @notice Records that the device is exchanged at `key.from`, with the registers both show then. Times as for {rotateKey}.
    function exchangeMeter(MeterId id, MeterKey calldata key, Registers calldata last, Registers calldata first)
        external;

    /// @notice Ends a meter at `validUntil`: not in the past, within 366 days. Changes an end to come; 0 withdraws it.
    function closeMeter(MeterId id, uint40 validUntil) external;

    /// @notice Names the readers of meters, at most 100: the customer behind each, or its delegate. A reader sees no interval
    /// that began before it was named.
    function setReaders(MeterId[] calldata ids, address[] calldata readers) external;

    /// @notice Names the participant that may ask for any leaf of a node.
    function setOperator(NodeId id, ParticipantId operator) external;

    /// @notice Who may ask for a meter's leaves, and of intervals from when on.
    function readerOf(MeterId id) external view returns (address reader, uint40 since);

    /// @notice Who may ask for any leaf of a node.
    function operatorOf(NodeId id) external view returns (ParticipantId);

    /// @notice The node; reverts when there is none.
    function node(NodeId id) external view returns (Node memory);

    /// @notice The meter; reverts when there is none.
    function meter(MeterId id) external view returns (Meter memory);

    /// @notice Key number `index` of a meter, from 0.
    function keyWord(MeterId id, uint256 index) external view returns (KeyWord memory);

    /// @notice Number of the key a meter signs with at `time`; reverts when it does not count then.
    function keyIndexAt(MeterId id, uint40 time) external view returns (uint256 index);

    /// @notice The highest numbers given so far; both run from 1.
    function nodeCount() external view returns (uint24);

    function meterCount() external view returns (uint32);
}
