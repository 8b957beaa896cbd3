// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title stdError
/// @notice The panics of Solidity, to be given to `vm.expectRevert`.
library stdError {
    bytes internal constant assertionError = abi.encodeWithSignature("Panic(uint256)", 0x01);
    bytes internal constant arithmeticError = abi.encodeWithSignature("Panic(uint256)", 0x11);
    bytes internal constant divisionError = abi.encodeWithSignature("Panic(uint256)", 0x12);
    bytes internal constant enumConversionError = abi.encodeWithSignature("Panic(uint256)", 0x21);
    bytes internal constant indexOOBError = abi.encodeWithSignature("Panic(uint256)", 0x32);
}
