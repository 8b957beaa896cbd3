// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IPayouts
/// @notice Amounts that a contract owes and pays when they are asked for, so that a payee that refuses, is suspended, closed or
/// blocked by the asset stops no other payment.
/// @dev `payee` is a participant's number, or the address of an account that need not be a participant; which of the two, the
/// contract says. `asset` is the address of a currency or the id of a unit.
interface IPayouts {
    /// @notice Emitted when an amount is owed in addition.
    event PayoutCredited(uint256 indexed payee, uint256 indexed asset, uint256 amount);

    /// @notice Emitted when all that is owed in an asset is paid to `to`.
    event PayoutWithdrawn(uint256 indexed payee, uint256 indexed asset, address indexed to, uint256 amount);

    /// @notice Thrown when nothing is owed. Remedy: see {payoutOf}.
    error PayoutsNothingOwed(uint256 payee, uint256 asset);
    /// @notice Thrown when the caller may not withdraw for the payee, or not to this address. Remedy: the payee's own wallet with
    /// the right WITHDRAW, or its own address; to a wallet of the same participant.
    error PayoutsNotPayee(address caller, uint256 payee, address to);

    /// @notice Pays all that is owed to the payee in an asset to `to`. Caller: the payee.
    function withdrawPayout(uint256 payee, uint256 asset, address to) external;

    /// @notice Amount owed to a payee, in units of the asset.
    function payoutOf(uint256 payee, uint256 asset) external view returns (uint256);
}
