// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IPowerLedger, LedgerController, LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerMarket, PowerAccount, PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {Pausable} from "../rules/Pausable.sol";
import {PackedLedgerEntry} from "../types/PackedLedgerEntry.sol";
import {PowerBidDisputes} from "./PowerBidDisputes.sol";
import {PowerPseudonyms} from "./PowerPseudonyms.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerMarketExtension
/// @notice Extension of the {PowerMarket}: controllers bind, settle and free credits of its accounts, see {IPowerLedger}; what
/// answers for bids, see {IPowerBidDisputes}; pseudonyms are opened, see {IPowerPseudonyms}.
/// @dev See {Extendable}.
contract PowerMarketExtension is PowerPseudonyms, PowerBidDisputes, Pausable, IPowerLedger {
    uint256 private constant AMOUNT = 0xffffffffffffffffffffffff; // 96 bits

    constructor(address authority_, IParticipants participants, IBidLimits limits, PowerTerms memory t)
        PowerStore(participants, limits, t)
        AccessManaged(authority_)
        EIP712("tonne PowerMarket", "1")
    {}

    // ------------------------------------------------------------------ controllers

    /// @inheritdoc IPowerLedger
    function setController(address controller, uint8 rights) external restricted {
        if (controller == address(0) || rights > (LedgerRights.BIND | LedgerRights.SETTLE)) {
            revert PowerBadController(controller, rights);
        }
        LedgerController memory c = _controllers[controller];
        // From the top down, out of reach of pseudonyms.
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
        // Its free credits pay first.
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

    /// @inheritdoc IPowerLedger
    function award(PowerAccountId account, uint96 amount) external {
        LedgerController memory c = _requireRight(LedgerRights.SETTLE);
        _requireAccount(account);
        _settle(PowerAccountId.unwrap(c.account), -int256(uint256(amount)), 0);
        _award(PowerAccountId.unwrap(account), amount);
        emit CreditsAwarded(account, msg.sender, amount);
    }

    // ------------------------------------------------------------------ settlement

    /// @inheritdoc IPowerLedger
    function settle(uint256[] calldata words) external returns (int256 sum) {
        LedgerController memory c = _requireRight(LedgerRights.SETTLE);
        _checkItems(words.length, words.length);
        for (uint256 i; i < words.length; ++i) {
            int256 plain;
            (i, plain) = _settlePlain(words, i);
            sum += plain;
            if (i < words.length) sum += _settleWord(words[i]);
        }
        _settle(PowerAccountId.unwrap(c.account), -sum, 0);
        emit AccountsSettled(msg.sender, words);
    }

    /// @dev The gas-critical loop, see `snapshots/energy.json`: an account's slot, as {PowerBalances} has it, is read and
    /// written whole. It stops at the first word that needs more than that: of an account in debt, that cannot pay, has less
    /// bound or is not known, or with bits beyond the fields. Three amounts of 96 bits do not overflow.
    /// @return next Number of that word, or of words.
    /// @return sum Of the amounts before it, of which there are at most 200.
    function _settlePlain(uint256[] calldata words, uint256 first) private returns (uint256 next, int256 sum) {
        assembly ("memory-safe") {
            mstore(0x20, _accounts.slot)
            let place := add(words.offset, shl(5, first))
            let end := add(words.offset, shl(5, words.length))
            for {} lt(place, end) { place := add(place, 0x20) } {
                let word := calldataload(place)
                let account := and(word, 0xffffffff)
                mstore(0x00, account)
                let slot := keccak256(0x00, 0x40)
                let state := sload(slot)
                let sponsor := shr(192, state) // and above it whether it is in debt
                let bound := and(shr(96, state), AMOUNT)
                let unbound := shr(128, word)
                let amount := signextend(11, shr(32, word))
                let free := add(add(and(state, AMOUNT), unbound), amount)
                let known := or(sponsor, lt(sub(account, 1), 0xffffff))
                if or(or(gt(unbound, bound), shr(96, free)), or(shr(24, sponsor), iszero(known))) { break }
                sstore(slot, or(shl(192, sponsor), or(shl(96, sub(bound, unbound)), free)))
                sum := add(sum, amount)
            }
            next := shr(5, sub(place, words.offset))
        }
    }

    function _settleWord(uint256 word) private returns (int256 amount) {
        PackedLedgerEntry entry = PackedLedgerEntry.wrap(word);
        amount = entry.amount();
        uint256 account = entry.account();
        bool known = account < FIRST_PSEUDONYM ? account != 0 : _accounts[account].sponsor != ParticipantId.wrap(0);
        if (!known || entry.unbound() > AMOUNT) revert PowerBadWord(word);
        _settle(account, amount, entry.unbound());
    }

    function _settle(uint256 account, int256 amount, uint256 unbound) private {
        PowerAccount storage a = _accounts[account];
        uint96 bound = a.escrow;
        if (unbound > bound) unbound = bound;
        if (unbound != 0) a.escrow = bound - uint96(unbound); // at most that
        int256 free = int256(uint256(a.free) + unbound) + amount; // three amounts of 96 bits
        a.free = 0;
        if (free >= 0) _credit(account, uint256(free));
        else _cover(account, a.sponsor, uint256(-free));
    }

    /// @dev Covers a shortage: by the sponsor, then by a debt to the reserve.
    function _cover(uint256 account, ParticipantId sponsor, uint256 missing) private {
        uint256 debtor = account;
        if (sponsor != ParticipantId.wrap(0)) {
            debtor = ParticipantId.unwrap(sponsor);
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

    function _manager() internal view override returns (address) {
        return authority();
    }
}
