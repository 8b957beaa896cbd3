// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A kind of energy in a region: where it is balanced and priced. 0 means none.
type NodeId is uint24;

/// @dev A metering point. 0 means none.
type MeterId is uint32;

/// @dev A production device: the meters that measure the output of one source. 0 means none.
type DeviceId is uint32;

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

/// @dev Quality of a reading. The numbers are those of {MerkleSum}.
enum Quality {
    Settled, //     a valid reading of the meter
    Provisional, // raw: settles until a better one comes
    Substituted, // estimated by a stated rule; can be corrected
    Held //         counts as a leaf, its energy does not settle
}
