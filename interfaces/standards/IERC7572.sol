// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title ERC-7572, contract-level metadata
/// @notice Name, description and picture of a contract, for wallets and market pages.
/// @dev The standard's event `ContractURIUpdated` is left out: the answers here never change.
interface IERC7572 {
    /// @notice A URI of the contract's metadata, JSON.
    function contractURI() external view returns (string memory);
}
