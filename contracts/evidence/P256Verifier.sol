// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {IP256Verifier} from "../../interfaces/evidence/IP256Verifier.sol";

/// @title P256Verifier
/// @notice OpenZeppelin's P-256 as a contract of its own: its Solidity form is too large to be a part of others.
/// @dev Meters do not normalise: an s in the upper half is as good as its mirror image, which the library alone accepts.
contract P256Verifier is IP256Verifier {
    /// @inheritdoc IP256Verifier
    function isSigned(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) external view returns (bool) {
        if (uint256(s) >= P256.N) return false;
        if (uint256(s) > P256.N / 2) s = bytes32(P256.N - uint256(s));
        return P256.verify(digest, r, s, x, y);
    }
}
