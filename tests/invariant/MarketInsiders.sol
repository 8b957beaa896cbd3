// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookTickOutsideBand,
    OrderId,
    OrderRequest
} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Insiders} from "./Insiders.sol";

/// @dev The market in which the insiders act, and they themselves.
struct Stage {
    IExchange exchange;
    ISettlementCurrency currency;
    IERC1155 units;
    MarketId market;
    UnitId unit;
    address officer;
    uint24[] ids;
    address[] wallets;
}

/// @title MarketInsiders
/// @notice Base of the handlers that act in one market: what each participant has, and that an act of another takes none of it.
abstract contract MarketInsiders is Insiders {
    Stage private _stage;
    uint256[] private _lotsBefore;
    uint256[] private _cashBefore;

    constructor(Stage memory stage) {
        _stage = stage;
        _lotsBefore = new uint256[](stage.ids.length);
        _cashBefore = new uint256[](stage.ids.length);
        _mayRefuse(BookHoldingLimitExceeded.selector);
        _mayRefuse(BookInsufficientCash.selector);
        _mayRefuse(BookInsufficientLots.selector);
        _mayRefuse(BookTickOutsideBand.selector);
        _mayRefuse(IExchangeBase.ExchangeAccountFrozen.selector);
        _mayRefuse(IExchangeBase.ExchangeAccountVoided.selector);
        _mayRefuse(IExchangeBase.ExchangeDayNotOpened.selector);
        _mayRefuse(IExchangeBase.ExchangeDayAlreadyOpened.selector);
        _mayRefuse(IExchangeBase.ExchangeMarketClosed.selector);
    }

    /* WHAT EACH HAS */

    /// @dev Lots of account and wallet.
    function lotsOf(uint256 who) public view returns (uint256) {
        return _account(who).lots + _stage.units.balanceOf(_wallet(who), UnitId.unwrap(_stage.unit));
    }

    /// @dev Cash of account and wallet [0.0001 currency].
    function cashOf(uint256 who) public view returns (uint256) {
        return _account(who).cash + 100 * cashInWallet(who);
    }

    /// @dev [0.01 currency]
    function cashInWallet(uint256 who) public view returns (uint256) {
        return _stage.currency.balanceOf(_wallet(who));
    }

    function people() public view returns (uint256) {
        return _stage.ids.length;
    }

    function _remember() internal {
        for (uint256 who = 0; who < people(); ++who) {
            (_lotsBefore[who], _cashBefore[who]) = (lotsOf(who), cashOf(who));
        }
    }

    /// @dev Promise: no balance falls but by its owner's own acts. For all but the two who acted.
    function _othersLostNothing(uint256 actor, uint256 other) internal view {
        for (uint256 who = 0; who < people(); ++who) {
            if (who == actor || who == other) continue;
            assertGe(lotsOf(who), _lotsBefore[who], "lots fell by another's act");
            assertGe(cashOf(who), _cashBefore[who], "cash fell by another's act");
        }
    }

    /// @dev Promise: acts of offices leave every balance as it was.
    function _nothingMoved(string memory why) internal view {
        for (uint256 who = 0; who < people(); ++who) {
            assertEq(lotsOf(who), _lotsBefore[who], why);
            assertEq(cashOf(who), _cashBefore[who], why);
        }
    }

    function _lotsThen(uint256 who) internal view returns (uint256) {
        return _lotsBefore[who];
    }

    function _cashThen(uint256 who) internal view returns (uint256) {
        return _cashBefore[who];
    }

    function _lotsGained(uint256 who) internal view returns (uint256) {
        return lotsOf(who) - _lotsBefore[who];
    }

    function _cashGained(uint256 who) internal view returns (uint256) {
        return cashOf(who) - _cashBefore[who];
    }

    function _cashSpent(uint256 who) internal view returns (uint256) {
        return _cashBefore[who] - cashOf(who);
    }

    /* ACTS */

    function _exchange() internal view returns (IExchange) {
        return _stage.exchange;
    }

    function _market() internal view returns (MarketId) {
        return _stage.market;
    }

    function _officer() internal view returns (address) {
        return _stage.officer;
    }

    function _wallet(uint256 who) internal view returns (address) {
        return _stage.wallets[who];
    }

    function _id(uint256 who) internal view returns (ParticipantId) {
        return ParticipantId.wrap(_stage.ids[who]);
    }

    function _account(uint256 who) internal view returns (Account memory) {
        return _stage.exchange.account(_id(who), _stage.market);
    }

    /// @return id 0 when nothing rests
    function _place(uint256 who, uint256 side, uint256 tick, uint256 lots, uint256 force)
        internal
        returns (OrderId id, uint256 filled, uint256 cash)
    {
        bytes memory data = abi.encodeCall(_stage.exchange.place, (_request(side, tick, lots, force)));
        return abi.decode(_as(_wallet(who), address(_stage.exchange), data), (OrderId, uint256, uint256));
    }

    function _request(uint256 side, uint256 tick, uint256 lots, uint256 force) internal view returns (OrderRequest) {
        uint256 market = MarketId.unwrap(_stage.market);
        return OrderRequest.wrap(lots | tick << 32 | market << 48 | side << 64 | force << 65);
    }

    /// @dev Part of what the wallet has.
    function _deposit(uint256 who, uint256 lots, uint256 cents) internal {
        address wallet = _wallet(who);
        uint256 id = UnitId.unwrap(_stage.unit);
        lots = bound(lots, 0, _stage.units.balanceOf(wallet, id));
        cents = bound(cents, 0, _stage.currency.balanceOf(wallet));
        _needs(lots + cents != 0);
        bytes memory data = abi.encodeCall(IERC1155.safeTransferFrom, (wallet, address(_stage.exchange), id, lots, ""));
        if (lots != 0) _as(wallet, address(_stage.units), data);
        data = abi.encodeCall(_stage.exchange.depositCash, (_stage.market, cents));
        if (cents != 0) _as(wallet, address(_stage.exchange), data);
    }

    function _openDay() internal {
        (bool opened,) = address(_stage.exchange).call(abi.encodeCall(_stage.exchange.openDay, (_stage.market)));
        opened; // closed on holidays, and open already most of the time
    }
}
