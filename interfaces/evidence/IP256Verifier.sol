// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IP256Verifier
/// @notice Checks P-256 signatures on chains whose virtual machine does not.
interface IP256Verifier {
    /// @notice Whether the key (`x`, `y`) signed `digest`. Either of the two s of a signature is accepted.
    function isSigned(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) external view returns (bool);
}
