// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Node} from "../../interfaces/evidence/IMeters.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";

/// @dev Stands for the meter oracle where energy alone matters: every root is what the test says it is.
contract MeterDouble {
    mapping(NodeId id => ParticipantId oracle) public oracles;
    bool public isFinal = true;

    function setOracle(NodeId id, ParticipantId oracle) external {
        oracles[id] = oracle;
    }

    function setFinal(bool value) external {
        isFinal = value;
    }

    function node(NodeId id) external view returns (Node memory n) {
        n.oracle = oracles[id];
    }

    function checkRoot(NodeId, uint40, bytes32, SumWord) external view returns (uint8, bool) {
        return (1, isFinal);
    }
}
