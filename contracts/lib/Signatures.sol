// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";

/// @title Signatures
/// @notice Who signed a digest: a key (ECDSA), or a wallet that is a contract (ERC-1271).
/// @dev A key's signature is compact (ERC-2098) and has one form: the recovery bit is the top bit of `vs`, and an s in the
/// upper half is refused. That leaves the upper half free to name a contract: `r` is its address and `vs` the complement
/// of the place of its signature among those that come beside. A key costs no more for it.
///
/// A contract is asked in a static call with {CONTRACT_GAS} at most; one word of its answer is read, however long it is. So it
/// changes nothing while it is asked, and what it costs is bounded. It is asked once, and what it would answer later changes
/// nothing.
library Signatures {
    /// @notice Most gas that a contract has for its answer. A Safe of ten owners needs 70,000, a passkey checked in
    /// Solidity 350,000.
    uint256 internal constant CONTRACT_GAS = 500_000;

    uint256 private constant S_MASK = type(uint256).max >> 1;
    /// @dev Half of the order of secp256k1.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice Thrown when s is in the upper half, which would give one signature two forms, and names no signature of a
    /// contract. Remedy: sign again with a key that gives a low s, or give the contract's signature beside.
    error SignaturesHighS(uint256 s);
    /// @notice Thrown when a signature recovers to no address.
    error SignaturesInvalid(bytes32 digest, bytes32 r, bytes32 vs);
    /// @notice Thrown when a contract does not answer that it signed. Remedy: let its owners sign this digest for it, by the
    /// contract's own rules; its answer takes 500,000 gas at most.
    error SignaturesRefused(address wallet, bytes32 digest);

    /// @notice Who signed `digest`; never the zero address.
    /// @param contractSignatures of wallets that are contracts, named by their places
    function signerOf(bytes32 digest, bytes32 r, bytes32 vs, bytes[] calldata contractSignatures)
        internal
        returns (address signer)
    {
        uint256 s = uint256(vs) & S_MASK;
        if (s > HALF_ORDER) return _contractOf(digest, r, vs, contractSignatures);

        signer = _recover(digest, 27 + (uint256(vs) >> 255), r, s);
        if (signer == address(0)) revert SignaturesInvalid(digest, r, vs);
    }

    /// @notice Whether `signer` signed `digest`: by its key, or else as a contract.
    /// @param signature r, s, v of a key, or the contract's own form
    /// @dev The key comes first, so that an account which is both (EIP-7702) signs either way.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature) internal returns (bool) {
        if (signature.length == 65) {
            uint256 s = uint256(bytes32(signature[32:64]));
            uint256 v = uint8(signature[64]);
            // A failed recovery is the zero address, for which no key signs.
            bool byKey =
                s <= HALF_ORDER && signer != address(0) && _recover(digest, v, bytes32(signature[:32]), s) == signer;
            if (byKey) return true;
        }
        if (!_isSignedByContract(signer, digest, signature)) return false;
        emit IContractSigned.SignedByContract(signer, digest);
        return true;
    }

    /// @notice No signatures of contracts: all who sign are keys.
    /// @dev Calldata is never empty where a function was called. A literal 0 would have the compiler copy every function that
    /// is called with it.
    function none() internal pure returns (bytes[] calldata signatures) {
        assembly ("memory-safe") {
            signatures.offset := calldatasize()
            signatures.length := iszero(calldatasize())
        }
    }

    /// @dev The zero address when it recovers to none: ecrecover then returns nothing, so the output slot is cleared before.
    function _recover(bytes32 digest, uint256 v, bytes32 r, uint256 s) private view returns (address signer) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), v)
            mstore(add(input, 0x40), r)
            mstore(add(input, 0x60), s)
            mstore(0x00, 0)
            pop(staticcall(gas(), 1, input, 0x80, 0x00, 0x20))
            signer := mload(0x00)
        }
    }

    /// @dev The contract that two words name, once it has answered.
    function _contractOf(bytes32 digest, bytes32 r, bytes32 vs, bytes[] calldata contractSignatures)
        private
        returns (address wallet)
    {
        uint256 place = ~uint256(vs);
        bool named = place < contractSignatures.length && uint256(r) <= type(uint160).max;
        if (!named) revert SignaturesHighS(uint256(vs) & S_MASK);

        wallet = address(uint160(uint256(r))); // as above
        if (!_isSignedByContract(wallet, digest, contractSignatures[place])) revert SignaturesRefused(wallet, digest);
        emit IContractSigned.SignedByContract(wallet, digest);
    }

    /// @dev The whole word is compared: the identity precompile would answer with its input, the selector first.
    function _isSignedByContract(address wallet, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 magic = bytes32(IERC1271.isValidSignature.selector);
        bool answered;
        assembly ("memory-safe") {
            answered := staticcall(CONTRACT_GAS, wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            // An address without code answers too, with nothing; the slot holds what was there before.
            answered := and(answered, and(gt(returndatasize(), 0x1f), eq(mload(0x00), magic)))
        }
        return answered;
    }
}
