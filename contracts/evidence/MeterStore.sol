// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Challenge, RootState} from "../../interfaces/evidence/IMeterOracle.sol";
import {KeyWord, Meter, Node} from "../../interfaces/evidence/IMeters.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {PauseState} from "../rules/PauseState.sol";

/// @title MeterStore
/// @notice Storage of {MeterOracle} and {MeterOracleExtension}.
abstract contract MeterStore is PauseState {
    /// @dev One slot, written by each posting.
    struct Bond {
        uint128 amount; //    [smallest units of the currency]
        uint40 boundUntil; // [s] until then a posting can be challenged
        uint32 open; //       challenges not answered yet
    }

    /// @dev Who may ask for a meter's leaves: one slot.
    struct Reader {
        address reader;
        uint40 since; // [s] first moment of the intervals it may ask for
    }

    uint24 internal _nodeCount;
    uint32 internal _meterCount;
    uint64 internal _challengeCount;
    mapping(NodeId id => Node) internal _nodes;
    mapping(MeterId id => Meter) internal _meters;
    mapping(MeterId id => mapping(uint256 index => KeyWord)) internal _keys;
    mapping(ParticipantId oracle => Bond) internal _bonds;
    mapping(NodeId node => mapping(uint40 start => RootState)) internal _roots;
    mapping(uint256 id => Challenge) internal _challenges;
    /// @dev Open challenges beyond the 255 that an interval's slot counts.
    mapping(NodeId node => mapping(uint40 start => uint256)) internal _moreOpen;
    mapping(MeterId id => Reader) internal _readers;
    mapping(NodeId id => ParticipantId) internal _operators;

    /// @dev Fingerprint kept of a public key.
    function _hashOf(bytes32 x, bytes32 y) internal pure returns (uint208) {
        return uint208(uint256(keccak256(abi.encode(x, y))) >> 48);
    }
}
