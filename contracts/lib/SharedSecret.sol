// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title SharedSecret
/// @notice Products of points and scalars of secp256k1, known by the address of the product: for less gas than a transfer.
/// @dev `ecrecover` of digest 0 with r = x(P) and s = k·x(P) gives the address of k·P. Two sides, one with the secret of a key
/// and one with that of an ephemeral point, derive the same address; it is a key of 160 bits for one message.
library SharedSecret {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant GENERATOR_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;

    /// @notice Address of `scalar` times the point at `x`; 0 where there is none.
    /// @param odd whether the point's y is
    function addressOf(bytes32 x, bool odd, uint256 scalar) internal pure returns (address) {
        return ecrecover(0, odd ? 28 : 27, x, bytes32(mulmod(scalar, uint256(x), ORDER)));
    }

    /// @notice Address of the public key of a secret.
    function addressOf(uint256 secret) internal pure returns (address) {
        return addressOf(GENERATOR_X, false, secret);
    }

    /// @notice `blocks` decrypted, or encrypted: one key for one message. Overwrites the array.
    function apply_(address key, bytes32[] memory blocks) internal pure returns (bytes32[] memory) {
        for (uint256 i; i < blocks.length; ++i) {
            blocks[i] ^= mask(key, i);
        }
        return blocks;
    }

    /// @notice What a block is encrypted with: keccak256(abi.encode(key, place)).
    function mask(address key, uint256 place) internal pure returns (bytes32 word) {
        assembly ("memory-safe") {
            mstore(0, and(key, 0xffffffffffffffffffffffffffffffffffffffff))
            mstore(0x20, place)
            word := keccak256(0, 0x40)
        }
    }
}
