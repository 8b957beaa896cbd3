// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots
} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {LedgerModel} from "./LedgerModel.sol";

/// @title DeskModel
/// @notice Part of the plain model: what desks move between accounts and their houses, and what of it stays the giver's own.
abstract contract DeskModel is LedgerModel {
    function isHouse(uint24 id) public pure returns (bool) {
        return id >= 0xFFFF00;
    }

    /// @param house Of the desk that settles; `from` or `to` may be 0 and then is the house.
    function settle(uint24 house, uint24 from, uint24 to, uint256 lots, uint256 cash, Settlement kind) external {
        tick();
        if (from == 0) from = house;
        if (to == 0) to = house;
        if (!_fits(house, from, to, cash, kind)) revert ModelRefused(IExchangeBase.ExchangeBadSettlement.selector);
        if (lots == 0 && cash == 0) revert ModelRefused(IExchangeBase.ExchangeZeroAmount.selector);
        if (lots != 0) _moveLots(from, to, lots, kind);
        if (cash == 0) return;
        if (_in[0][to].frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (cash > freeCash(to)) revert ModelRefused(BookInsufficientCash.selector);
        _in[0][to].cash -= cash;
        _in[0][from].cash += cash;
    }

    function _fits(uint24 house, uint24 from, uint24 to, uint256 cash, Settlement kind) private pure returns (bool) {
        if (from == to) return false;
        if (isHouse(from) && from != house) return false;
        if (isHouse(to) && to != house) return false;
        if (kind == Settlement.Hold || kind == Settlement.Proceeds) return !isHouse(from) && isHouse(to);
        if (kind == Settlement.Return) return isHouse(from) && !isHouse(to) && cash == 0;
        return true;
    }

    function _moveLots(uint24 from, uint24 to, uint256 lots, Settlement kind) private {
        Person storage giver = _in[0][from];
        Person storage taker = _in[0][to];
        if (giver.frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (lots > freeLots(from)) revert ModelRefused(BookInsufficientLots.selector);
        giver.lots -= lots;
        if (kind == Settlement.Hold) {
            if (giver.share != NONE) giver.share -= int256(lots);
            giver.held += lots;
        } else if (kind == Settlement.Return) {
            if (taker.share != NONE) taker.share += int256(lots);
            taker.held -= lots < taker.held ? lots : taker.held;
        } else if (!isHouse(to)) {
            if (int256(lots) > room(to, 0)) allot(to, 0, lots);
            if (int256(lots) > room(to, 0)) revert ModelRefused(BookHoldingLimitExceeded.selector);
            taker.bought += lots;
        }
        taker.lots += lots;
    }

    /// @dev Lots that lie with desks are no more the participant's.
    function disown(uint24 who, uint256 lots) external {
        tick();
        Person storage p = _in[0][who];
        if (lots > p.held) revert ModelRefused(BookInsufficientLots.selector);
        p.held -= lots;
        if (p.share != NONE) p.share += int256(lots);
    }
}
