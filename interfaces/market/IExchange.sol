// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {AccountId, OrderId, OrderRequest} from "../types/BookTypes.sol";
import {IExchangeBase} from "./IExchangeBase.sol";
import {IExchangeExtension} from "./IExchangeExtension.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Assets of a market in the Exchange's custody.
struct MarketAssets {
    UnitId unit;
    address units; //    ERC-1155 contract of the unit
    uint32 lotSize; //   units in a lot
    uint64 lots; //      of all accounts [lots]
    address currency;
    SchemeId scheme;
    uint16 jurisdiction; // whose operator runs it; 0 = none but officers of all the scheme
    uint64 cash; //      of all accounts and the day's fees [0.0001 currency]
}

/// @dev An account as of now: reservations of yesterday's orders are already released.
struct Account {
    uint256 lots; //         total [lots]
    uint256 lotsInAsks; //   of these, reserved by open sell orders [lots]
    uint256 lotsBought; //   of these, bought today and not for sale or withdrawal before tomorrow [lots]
    uint256 lotsFree; //     may be sold or withdrawn now [lots]
    uint256 cash; //         total [0.0001 currency]
    uint256 cashInBids; //   of these, reserved by open buy orders, fees included [0.0001 currency]
    uint256 cashFree; //     [0.0001 currency]
    int256 room; //          may still be bought under the holding limit [lots]; type(int256).max = no limit
    bool frozen; //          trades nothing, withdraws nothing, its resting orders are void
}

/// @title IExchangeCore
/// @notice Ledger of units and currency with one order book for each market: price-time priority, instant settlement.
/// @dev Units of measure. Lots are whole; `lots × lotSize` are units of the token. Cash is in 0.0001 of the
/// currency, the token itself in 0.01: deposits and withdrawals are given in [0.01 currency], and 1 of these is
/// 100 of the ledger's. A price is a tick: `basePrice + tick × tickSize` [0.0001 currency a lot].
/// @dev A day order ends at local midnight by the clock alone: its reservation is released, without an event.
/// An auditor sets `in asks`, `in bids`, `bought today` and the void count of an account to zero when a later day begins.
/// In a lasting market, made without a band, orders outlive the day: there only `bought today` becomes zero, and an
/// order whose last day is over stays in its queue, no longer open, until matching removes it or anyone cancels it.
/// @dev Warning: the Exchange remembers a wallet's rights and status. After a change in the register anyone may call
/// {sync} or {syncParticipant}; withdrawals always ask the register itself.
/// @dev Assumes that a market's currency moves exactly what it is told to and has two decimals.
interface IExchangeCore is IExchangeBase {
    /// @notice The data of a deposit in this market are not orders of the same market, a word each, that sell what came if it is
    /// units and spend it if it is money: what a token contract says of who sent its tokens counts for those tokens alone.
    error ExchangeForeignOrder(MarketId market);

    // ------------------------------------------------------------------ events

    event UnitsDeposited(AccountId indexed account, address indexed wallet, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashDeposited(AccountId indexed account, address indexed wallet, uint256 amount);
    event UnitsWithdrawn(AccountId indexed account, address indexed wallet, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashWithdrawn(AccountId indexed account, address indexed wallet, uint256 amount);
    /// @notice An order, or its remainder, rests.
    /// @param order `lastDay << 160 | lots << 128 | OrderId`. `lastDay` is a market day, and 0 in a day market, whose orders
    /// all end with the day, and for an order that is good till cancelled.
    event OrderPlaced(AccountId indexed account, uint256 order);
    /// @notice An order was cancelled by its owner, or by anyone when it was void or expired. `order` as in {OrderPlaced}, lots that were
    /// left, and 0 for `lastDay`.
    event OrderCancelled(AccountId indexed account, uint256 order);
    /// @notice The fills of one incoming order, in order.
    /// @param taker Account of the incoming order.
    /// @param request The order as it came.
    /// @param fills 12 bytes each: `tick 16 | ended 1 | index 23 | maker 24 | lots 32`, high to low. `ended` = 0: lots
    /// traded at that tick. `ended` = 1: the resting order was ended without trade and `lots` were left in it
    /// (own order, frozen or void account, expired order, holding limit). Decoder: `tonne/market/fills.py`, {IExchangeLens.decodeFills}.
    event OrdersFilled(AccountId indexed taker, uint256 indexed request, bytes fills);

    // ------------------------------------------------------------------ orders

    /// @notice Matches an order against the book and rests the remainder, if its time in force allows.
    /// @dev Reverts rather than fills less only for fill-or-kill, post-only and the `minimum` of the request. A
    /// remainder that was stopped by a cap of the request or of the market, or by a maximum cost, is dropped, never
    /// rested.
    /// @return id 0 when nothing rests.
    /// @return filled [lots]
    /// @return cash Paid with fee (buy) or received less fee (sell) [0.0001 currency].
    function place(OrderRequest request) external returns (OrderId id, uint256 filled, uint256 cash);

    /// @notice Cancels a resting order of the caller's participant. Anyone may cancel one that is void or expired; an expired
    /// one keeps its reservation until then.
    /// @dev Possible at any hour, session or not. In a day market the order is gone from local midnight on.
    function cancel(OrderId id) external;

    /// @notice First cancels, then places, in the order given; at most 200 of each. All or nothing.
    /// @dev Orders to cancel that are no longer open are skipped.
    function batch(OrderId[] calldata cancels, OrderRequest[] calldata requests) external returns (OrderId[] memory ids);

    /// @notice As {batch}, for `wallet`. Controllers with right GATEWAY only.
    function batchFor(address wallet, OrderId[] calldata cancels, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids);

    // ------------------------------------------------------------------ bar

    /// @notice Bars a market whose unit may not trade now, by its own contract ({IBatchState}), or ends the bar. Anyone.
    /// @dev The contract that changes the unit's state calls this in the same transaction: orders then read the bar in a word
    /// that they read anyway. While a market is barred nothing is placed, matched or settled in it; orders can be cancelled, cash
    /// withdrawn, and lots that a settling contract holds go back to their owner.
    function syncUnit(MarketId market) external;

    // ------------------------------------------------------------------ ledger

    /// @notice Takes `amount` [0.01 currency] from the caller's wallet; needs its approval. A currency with ERC-1363 deposits
    /// without one: {IExchangeReceiver}.
    /// @dev Units are deposited by `safeTransferFrom(wallet, exchange, id, units, data)` of their own contract, where
    /// `data` is empty or one {OrderRequest} after the other (32 bytes each, at most 200): deposit and order in one.
    function depositCash(MarketId market, uint256 amount) external;

    /// @notice As {depositCash}, from `wallet`. Controllers with right GATEWAY only.
    function depositCashFor(address wallet, MarketId market, uint256 amount) external;

    /// @notice Pays lots out as units to a wallet of the caller's participant. Needs the right WITHDRAW.
    function withdrawUnits(MarketId market, uint256 lots, address to) external;

    /// @notice Pays out `amount` [0.01 currency] to a wallet of the caller's participant. Needs the right WITHDRAW.
    function withdrawCash(MarketId market, uint256 amount, address to) external;

    /// @notice Moves cash [0.0001 currency] of the caller's participant between two markets of one currency.
    function moveCash(MarketId from, MarketId to, uint256 amount) external;

    /// @notice Sets what an account may hold [lots]; type(int256).max = no limit. Right LIMIT.
    function setShare(ParticipantId participant, MarketId market, int256 lots) external;

    /// @notice Reads a wallet's participant, rights and status again. Anyone.
    function sync(address wallet) external;

    // ------------------------------------------------------------------ views

    function account(ParticipantId participant, MarketId market) external view returns (Account memory);

    /// @notice 0 when the unit has no market.
    function marketOf(UnitId unit) external view returns (MarketId);

    function marketCount() external view returns (uint256);

    /// @notice Assets that the Exchange holds for a market. Its configuration: {IExchangeLens.marketConfig}.
    function marketAssets(MarketId market) external view returns (MarketAssets memory);

    /// @notice Raw words of storage, for the Lens; the layout is that of `contracts/book/BookStore.sol`.
    function load(uint256[] calldata slots) external view returns (uint256[] memory words);
}

/// @title IExchange
/// @notice Everything that can be called at the Exchange's address.
interface IExchange is IExchangeCore, IExchangeExtension, IPausable {}
