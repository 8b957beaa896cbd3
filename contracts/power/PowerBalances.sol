// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IPowerLedger, LedgerController} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerMarket, PowerAccount, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PauseState} from "../rules/PauseState.sol";

/// @title PowerBalances
/// @notice Balances and debts of the power market's accounts: shared by {PowerMarket} and {PowerMarketExtension}.
/// @dev Storage, by slot:
///
///     account     free 96 · escrow 96 · sponsor 24 · in debt 8              one per participant or pseudonym
///     debt        256                                                       one per account that was ever in debt
///     controller  rights 8 · account 32                                     one per contract
///     ledger      reserve 32 · controllers 32
///
/// An account in debt has no free credits: receipts pay the debt.
abstract contract PowerBalances is AccessManaged, PauseState {
    uint256 internal constant FIRST_PSEUDONYM = 1 << 24;
    uint256 internal constant MAX_ITEMS = 200;

    mapping(uint256 account => PowerAccount) internal _accounts;
    mapping(uint256 account => uint256 amount) internal _debts;
    mapping(address controller => LedgerController) internal _controllers;
    uint32 internal _reserve;
    uint32 internal _controllerCount;

    /// @dev Adds free credits, after debts.
    function _credit(uint256 account, uint256 amount) internal {
        PowerAccount storage a = _accounts[account];
        if (a.inDebt) amount = _payDebt(account, amount);
        uint256 free = a.free + amount;
        if (free > type(uint96).max) revert IPowerMarket.PowerBadAmount(amount);
        a.free = uint96(free); // checked
    }

    /// @dev Takes free credits; there must be as many.
    function _takeFree(uint256 account, uint256 amount) internal {
        uint256 free = _accounts[account].free;
        if (free < amount) revert IPowerMarket.PowerInsufficientCredits(_id(account), free, amount);
        _accounts[account].free = uint96(free - amount); // less than before
    }

    /// @dev Pays a debt to the reserve; the reserve's own ends with it.
    function _payDebt(uint256 account, uint256 amount) private returns (uint256 left) {
        uint256 debt = _debts[account];
        uint256 paid = amount < debt ? amount : debt;
        _debts[account] = debt - paid;
        _accounts[account].inDebt = paid != debt;
        emit IPowerLedger.DebtPaid(_id(account), paid);
        if (account != _reserve) _credit(_reserve, paid);
        return amount - paid;
    }

    /// @dev Takes up to `amount` of the free credits.
    function _takeUpTo(uint256 account, uint256 amount) internal returns (uint256 taken) {
        uint96 free = _accounts[account].free;
        taken = amount < free ? amount : free;
        _accounts[account].free = free - uint96(taken); // at most that
    }

    function _accountOfParticipant(ParticipantId participant) internal pure returns (PowerAccountId) {
        return PowerAccountId.wrap(ParticipantId.unwrap(participant));
    }

    function _id(uint256 account) internal pure returns (PowerAccountId) {
        return PowerAccountId.wrap(uint32(account)); // numbers of accounts have 32 bits
    }

    function _checkItems(uint256 count, uint256 other) internal pure {
        if (count > MAX_ITEMS || count != other) revert IPowerMarket.PowerTooMany(count, MAX_ITEMS);
    }
}
