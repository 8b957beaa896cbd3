// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1363} from "@openzeppelin/contracts/interfaces/IERC1363.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title ISettlementCurrency
/// @notice Money on the chain, in place of a bank's token: ERC-20 with two decimals, ERC-2612 permits, and ERC-1363, by which one
/// transfer to the Exchange is a deposit with orders ({IExchangeReceiver}).
/// @dev Amounts are in [0.01 currency].
interface ISettlementCurrency is IERC20Metadata, IERC20Permit, IERC1363 {
    error CurrencyTooManyItems(uint256 items, uint256 maximum);
    error CurrencyLengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Issues money against a payment received outside. The issuer only.
    function mint(address to, uint256 amount) external;

    /// @notice As {mint}, for up to 200 accounts.
    function mintBatch(address[] calldata to, uint256[] calldata amounts) external;

    /// @notice Redeems the caller's money.
    function burn(uint256 amount) external;
}
