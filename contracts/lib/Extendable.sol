// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Extendable
/// @notice Runs the functions that a contract does not declare in a second contract, on its own storage and in its name.
/// @dev One contract holds at most 24,576 bytes of code (EIP-170). The contract deploys its extension in its constructor and
/// delegates to that code alone; nothing can change it. Both declare their storage in one shared base. Frequent functions
/// belong in the contract itself: a call of the extension costs a cold account access (2,600 gas) more.
abstract contract Extendable {
    /// @notice Code of the functions that are not declared here. At its own address it works on storage that nothing reads.
    address public immutable EXTENSION;

    constructor(address extension) {
        EXTENSION = extension;
    }

    /// @notice Delegates the call as it came; returns or reverts with the extension's answer.
    fallback() external {
        address extension = EXTENSION;
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let ok := delegatecall(gas(), extension, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if ok { return(data, returndatasize()) }
            revert(data, returndatasize())
        }
    }
}
