// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IP256Verifier} from "../../../interfaces/evidence/IP256Verifier.sol";

/// @title MeterSignatures
/// @notice Whether a meter signed a digest, on the curves that meters sign on and an EVM can check.
/// @dev P-256 by the precompile at 0x100 where the chain has it (EIP-7951), else by a contract. The precompile answers 1
/// or nothing, so that an invalid signature and a chain without it look alike: the contract decides.
library MeterSignatures {
    uint8 internal constant SECP256K1 = 1;
    uint8 internal constant P256_CURVE = 2;

    uint256 private constant K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @notice False for r or s outside 1..order-1, for a key that is not on the curve, for an unknown curve.
    function isSigned(uint8 curve, bytes32 x, bytes32 y, bytes32 digest, bytes32 r, bytes32 s, IP256Verifier verifier)
        internal
        view
        returns (bool)
    {
        if (curve == P256_CURVE) return _precompiled(x, y, digest, r, s) || verifier.isSigned(digest, r, s, x, y);
        if (curve != SECP256K1 || uint256(s) >= K1_ORDER) return false;
        address signer = address(uint160(uint256(keccak256(abi.encode(x, y)))));
        // A meter's signature has no recovery bit, so both are tried; a zero s recovers to no address.
        return ecrecover(digest, 27, r, s) == signer || ecrecover(digest, 28, r, s) == signer;
    }

    function _precompiled(bytes32 x, bytes32 y, bytes32 digest, bytes32 r, bytes32 s)
        private
        view
        returns (bool isGood)
    {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), r)
            mstore(add(input, 0x40), s)
            mstore(add(input, 0x60), x)
            mstore(add(input, 0x80), y)
            mstore(0, 0) // where nothing answers, nothing is written
            let done := staticcall(gas(), 0x100, input, 0xa0, 0, 0x20)
            isGood := and(and(done, eq(returndatasize(), 0x20)), eq(mload(0), 1))
        }
    }
}
