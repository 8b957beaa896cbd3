// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ParticipantId} from "../../interfaces/Ids.sol";
import {IPowerLedger, LedgerController, LedgerRights} from "../../interfaces/IPowerLedger.sol";
import {IPowerMarket, PowerAccount, PowerAccountId} from "../../interfaces/IPowerMarket.sol";
import {PowerBalances} from "./PowerBalances.sol";

/// @title PowerDesk
/// @notice The desk of the {PowerMarket}: what controllers do with its accounts; see {IPowerLedger}.
/// @dev Runs in the market's storage; called at its own address it keeps a ledger that nobody reads.
contract PowerDesk is PowerBalances, IPowerLedger {
    constructor(address authority_) AccessManaged(authority_) {}

    // ------------------------------------------------------------------ office

    /// @inheritdoc IPowerLedger
    function setController(address controller, uint8 rights) external restricted {
        if (controller == address(0) || rights > (LedgerRights.BIND | LedgerRights.SETTLE)) {
            revert PowerBadController(controller, rights);
        }
        LedgerController memory c = _controllers[controller];
        // From the top down, where pseudonyms will never be.
        if (PowerAccountId.unwrap(c.account) == 0) c.account = _id(type(uint32).max - _controllerCount++);
        c.rights = rights;
        _controllers[controller] = c;
        emit ControllerSet(controller, rights, c.account);
    }

    /// @inheritdoc IPowerLedger
    function setReserve(PowerAccountId account) external restricted {
        uint32 next = PowerAccountId.unwrap(account);
        if (next == 0 || next >= FIRST_PSEUDONYM || _debts[next] != 0) revert PowerBadReserve(account, _debts[next]);
        uint32 before = _reserve;
        uint256 debt = _debts[before];
        _reserve = next;
        (_debts[before], _accounts[before].inDebt) = (0, false);
        emit ReserveSet(account, _id(before), debt);
        // What it has is the first to go.
        if (debt != 0) _owe(next, next, debt - _takeUpTo(next, debt));
    }

    // ------------------------------------------------------------------ escrow

    /// @inheritdoc IPowerLedger
    function bind(PowerAccountId account, uint96 amount) external {
        _requireRight(LedgerRights.BIND);
        PowerAccount storage a = _accounts[PowerAccountId.unwrap(account)];
        uint96 free = a.free;
        if (free < amount) revert IPowerMarket.PowerInsufficientCredits(account, free, amount);
        a.free = free - amount;
        a.escrow += amount;
        emit CreditsBound(account, msg.sender, amount);
    }

    /// @inheritdoc IPowerLedger
    function unbind(PowerAccountId account, uint96 amount) external {
        _requireRight(LedgerRights.BIND);
        PowerAccount storage a = _accounts[PowerAccountId.unwrap(account)];
        uint96 bound = a.escrow;
        if (bound < amount) revert PowerNotBound(account, bound, amount);
        a.escrow = bound - amount;
        emit CreditsUnbound(account, msg.sender, amount);
        _credit(PowerAccountId.unwrap(account), amount);
    }

    // ------------------------------------------------------------------ settlement

    /// @inheritdoc IPowerLedger
    function settle(uint256[] calldata words) external returns (int256 sum) {
        LedgerController memory c = _requireRight(LedgerRights.SETTLE);
        _checkItems(words.length, words.length);
        // At most 200 amounts of 96 bits.
        for (uint256 i; i < words.length; ++i) {
            uint256 word = words[i];
            int256 amount = int96(uint96(word >> 32)); // its field
            uint256 account = uint32(word);
            PowerAccount memory a = _accounts[account];
            bool known = account < FIRST_PSEUDONYM ? account != 0 : a.sponsor != ParticipantId.wrap(0);
            if (!known || word >> 224 != 0) revert PowerBadWord(word);
            sum += amount;
            _settle(account, a, amount, word >> 128);
        }
        uint256 own = PowerAccountId.unwrap(c.account);
        _settle(own, _accounts[own], -sum, 0);
        emit AccountsSettled(msg.sender, words);
    }

    function _settle(uint256 account, PowerAccount memory a, int256 amount, uint256 unbound) private {
        if (unbound != 0) {
            if (unbound > a.escrow) unbound = a.escrow;
            a.escrow -= uint96(unbound); // at most that
        }
        int256 free = int256(uint256(a.free) + unbound) + amount; // 96 bits and some
        if (free < 0 || a.inDebt) return _settleShort(account, a, free);
        if (free > int256(uint256(type(uint96).max))) revert IPowerMarket.PowerBadAmount(uint256(free));
        a.free = uint96(uint256(free)); // checked
        _accounts[account] = a;
    }

    /// @dev Of an account that cannot pay, or owes from before.
    function _settleShort(uint256 account, PowerAccount memory a, int256 free) private {
        a.free = 0;
        _accounts[account] = a;
        if (free >= 0) return _credit(account, uint256(free));

        uint256 missing = uint256(-free);
        uint256 debtor = account;
        if (a.sponsor != ParticipantId.wrap(0)) {
            debtor = ParticipantId.unwrap(a.sponsor);
            uint256 moved = _takeUpTo(debtor, missing);
            if (moved != 0) emit IPowerMarket.CreditsMoved(_id(debtor), _id(account), moved);
            missing -= moved;
        }
        _owe(debtor, account, missing);
        uint256 lender = _reserve;
        if (debtor != lender) _owe(lender, lender, missing - _takeUpTo(lender, missing));
    }

    function _owe(uint256 debtor, uint256 account, uint256 amount) private {
        if (amount == 0) return;
        _debts[debtor] += amount;
        _accounts[debtor].inDebt = true;
        emit DebtIncurred(_id(debtor), _id(account), amount);
    }

    function _requireRight(uint8 right) private view returns (LedgerController memory c) {
        c = _controllers[msg.sender];
        if (c.rights & right == 0) revert PowerNotController(msg.sender, c.rights);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerLedger
    function controllerOf(address controller) external view returns (LedgerController memory) {
        return _controllers[controller];
    }

    /// @inheritdoc IPowerLedger
    function debtOf(PowerAccountId account) external view returns (uint256) {
        return _debts[PowerAccountId.unwrap(account)];
    }

    /// @inheritdoc IPowerLedger
    function reserve() external view returns (PowerAccountId) {
        return _id(_reserve);
    }
}
