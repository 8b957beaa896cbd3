// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IContractSigned
/// @notice Says which signatures of an act are of wallets that are contracts (ERC-1271).
interface IContractSigned {
    /// @notice Emitted for each signature that a contract gave, before the event of what it signed, in the same transaction.
    /// Signatures without it are of keys, which any reader checks again; a contract gave its answer on this chain, then.
    /// @param digest that was signed (EIP-712)
    event SignedByContract(address indexed wallet, bytes32 indexed digest);
}
