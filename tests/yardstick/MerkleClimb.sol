// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";

/// @dev The climb as it is deployed: it has more locals than the legacy code generator reaches.
contract MerkleClimb {
    function climb(bytes32 hash, SumWord sums, uint256 index, uint256 count, bytes calldata proof)
        external
        pure
        returns (bytes32 root, SumWord total, bool isWhole)
    {
        return MerkleSum.climb(hash, sums, index, count, proof);
    }
}
