// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Signatures
/// @notice Recovers the signer of a compact (ERC-2098) ECDSA signature.
/// @dev One signature has one form: the recovery bit is the top bit of `vs`, and an s in the upper half is refused.
library Signatures {
    uint256 private constant S_MASK = type(uint256).max >> 1;
    /// @dev Half of the order of secp256k1.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice Thrown when s is in the upper half, which would give one signature two forms.
    error SignaturesHighS(uint256 s);
    /// @notice Thrown when a signature recovers to no address.
    error SignaturesInvalid(bytes32 digest, bytes32 r, bytes32 vs);

    /// @notice Who signed `digest`; never the zero address.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address signer) {
        uint256 s = uint256(vs) & S_MASK;
        if (s > HALF_ORDER) revert SignaturesHighS(s);

        // ecrecover returns nothing, not zero, when the signature is invalid; the output slot is cleared before.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), add(27, shr(255, vs)))
            mstore(add(input, 0x40), r)
            mstore(add(input, 0x60), s)
            mstore(0x00, 0)
            pop(staticcall(gas(), 1, input, 0x80, 0x00, 0x20))
            signer := mload(0x00)
        }
        if (signer == address(0)) revert SignaturesInvalid(digest, r, vs);
    }
}
