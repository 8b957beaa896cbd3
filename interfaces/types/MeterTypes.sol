// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeterReadings} from "../../contracts/lib/MeterReadings.sol";

/// @dev A kind of energy in a region: where it is balanced and priced. 0 means none.
type NodeId is uint24;

/// @dev A metering point. 0 means none.
type MeterId is uint32;

using {eqNode as ==, neqNode as !=} for NodeId global;
using {eqMeter as ==, neqMeter as !=} for MeterId global;

function eqNode(NodeId a, NodeId b) pure returns (bool) {
    return NodeId.unwrap(a) == NodeId.unwrap(b);
}

function neqNode(NodeId a, NodeId b) pure returns (bool) {
    return NodeId.unwrap(a) != NodeId.unwrap(b);
}

function eqMeter(MeterId a, MeterId b) pure returns (bool) {
    return MeterId.unwrap(a) == MeterId.unwrap(b);
}

function neqMeter(MeterId a, MeterId b) pure returns (bool) {
    return MeterId.unwrap(a) != MeterId.unwrap(b);
}

/// @dev What a reading is good for. The numbers are those of {MerkleSum}.
enum Quality {
    Settled, //     a valid reading of the meter
    Provisional, // raw: settles until a better one comes
    Substituted, // estimated by a stated rule; can be corrected
    Held //         counts as a leaf, its energy does not settle
}

/// @dev Registers and energy of one meter in one interval, packed low: `quality 8 | sequence 40 | export 40 | import 40 |
/// export register 64 | import register 64`. Energy [Wh] in the interval, registers [Wh] at its end, the sequence is the
/// meter's own counter of signed records.
type ReadingWord is uint256;

using MeterReadings for ReadingWord global;

/// @dev Where a leaf is and who signed, in one word, packed low: `key index 8 | meter 32 | count 32 | index 32 | start 40 |
/// node 24`.
type LeafPlace is uint256;

using MeterReadings for LeafPlace global;
