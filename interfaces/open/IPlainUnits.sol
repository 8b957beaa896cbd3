// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {UnitId} from "../types/Ids.sol";
import {IRetirableUnits} from "../market/IRetirementSources.sol";
import {Exit} from "../units/IUnit1155.sol";

/// @title IPlainUnits
/// @notice Any ERC-1155 as a class of units that the RetirementRegistry can retire.
/// @dev Exited units are moved here and stay here for ever: not every token can burn. The id of a unit is
/// `class << 96 | token id`. A holder first approves this contract at the token.
/// @dev Retires from wallets only: units in a ledger are withdrawn first.
/// @dev Assumes that the token moves exactly the requested amount.
interface IPlainUnits is IRetirableUnits, IERC1155Receiver {
    /// @notice Emitted for each exit.
    event PlainUnitsExited(UnitId indexed id, address indexed from, Exit indexed kind, uint256 amount, bytes32 ref);

    /// @notice Thrown when another account than the registry calls for an exit.
    error PlainUnitsNotRegistry(address caller);

    /// @notice Thrown when an id is not of this contract's class.
    error PlainUnitsWrongClass(UnitId id, uint8 class);

    /// @notice Thrown when an amount is 0 or beyond 64 bits.
    error PlainUnitsAmount(UnitId id, uint256 amount);

    /// @notice Thrown when a token would have to have an id of more than 96 bits, or a class that keeps serial numbers.
    error PlainUnitsUnsupported(uint256 what);

    /// @notice Thrown when units are sent here other than by an exit.
    error PlainUnitsNotExpected(address operator, address token);

    /// @notice Units of `id` that left by `kind`.
    function exitedOf(UnitId id, Exit kind) external view returns (uint256);

    /// @notice The unit of a token's id.
    function unitOf(uint256 tokenId) external view returns (UnitId);

    /// @notice The token.
    function TOKEN() external view returns (IERC1155);

    /// @notice The registry that calls for exits.
    function REGISTRY() external view returns (address);
}
