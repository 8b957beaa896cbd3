// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPayouts} from "../../interfaces/parties/IPayouts.sol";

/// @title Payouts
/// @notice Part of contracts that pay more than one party, or in the course of a change of state; see {IPayouts}.
abstract contract Payouts is IPayouts {
    mapping(uint256 payee => mapping(uint256 asset => uint256 amount)) private _owed;

    /// @inheritdoc IPayouts
    function withdrawPayout(uint256 payee, uint256 asset, address to) external {
        if (!_mayWithdraw(msg.sender, payee, to)) revert PayoutsNotPayee(msg.sender, payee, to);
        uint256 amount = _takePayout(payee, asset);
        emit PayoutWithdrawn(payee, asset, to, amount);
        _payOut(asset, to, amount);
    }

    /// @inheritdoc IPayouts
    function payoutOf(uint256 payee, uint256 asset) external view returns (uint256) {
        return _owed[payee][asset];
    }

    /// @dev Owes an amount that the contract holds.
    function _creditPayout(uint256 payee, uint256 asset, uint256 amount) internal {
        if (amount == 0) return;
        _owed[payee][asset] += amount;
        emit PayoutCredited(payee, asset, amount);
    }

    /// @dev Takes all that is owed off the books, before it is paid.
    function _takePayout(uint256 payee, uint256 asset) internal returns (uint256 amount) {
        amount = _owed[payee][asset];
        if (amount == 0) revert PayoutsNothingOwed(payee, asset);
        delete _owed[payee][asset];
    }

    /// @dev Whether `caller` may have the payee's amounts sent to `to`.
    function _mayWithdraw(address caller, uint256 payee, address to) internal view virtual returns (bool);

    /// @dev Transfers an amount; reverts when the receiver refuses.
    function _payOut(uint256 asset, address to, uint256 amount) internal virtual;
}
