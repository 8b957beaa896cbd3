// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, ParticipantId, SchemeId, UnitId} from "./Ids.sol";

/// @dev An order for {IExchange.place}, packed low to high:
/// `lots 32 | tick 16 | market 16 | side 1 | time in force 3 | post-only 1 | self-trade mode 2 | 0 | records 12 |
/// holes 12 | minimum 32 | maximum cost 52 | expiry 12 | 0 64`. See {OrderRequests} and {IExchangeLens.encode}.
type OrderRequest is uint256;

/// @dev A resting order: `index 24 | epoch 24 | tick 16 | side 8 | market 16`, low to high. Never used twice.
type OrderId is uint256;

/// @dev One account of the ledger: `market << 24 | participant`. This is what events are indexed by.
type AccountId is uint40;

enum Side {
    Buy,
    Sell
}

/// @dev `Day` rests until local midnight. The last two need a market without a band and are refused elsewhere.
enum TimeInForce {
    Day,
    ImmediateOrCancel,
    FillOrKill,
    GoodTillCancelled,
    GoodTillDate
}

/// @dev What happens when an order meets one of the same participant.
enum SelfTrade {
    CancelResting,
    CancelIncoming,
    Decrement
}

enum MarketStatus {
    None,
    Trading,
    Halted
}

/// @dev How the close is made from a day's listed trades; the previous close when there were none.
enum CloseRule {
    VolumeWeighted,
    LastPrice
}

/// @dev Rules a market adopts when its next day is opened.
struct MarketRules {
    uint32 bandPpm; //       daily band each side of the previous close [ppm]; 0 = no band
    uint16 takerFeePpm; //   [ppm of turnover]
    uint16 makerFeePpm; //   [ppm of turnover]
    uint32 minimumLots; //   smallest order [lots]
    uint32 maximumLots; //   largest listed order [lots]; China: 99,999
    uint40 holdingLimit; //  what a participant may hold [lots]; 0 = no limit
    uint8[4] sessions; //    two sessions: open, close, open, close [quarter hours of the local day, 0..96]
    CloseRule closeRule;
}

/// @dev What a market is made of. Only `rules` can change later.
struct MarketConfig {
    address units; //        ERC-1155 contract of the unit
    uint32 lotSize; //       units in a lot
    uint40 basePrice; //     price of tick 0, which no order can have [0.0001 currency a lot]
    uint24 tickSize; //      [0.0001 currency a lot]
    uint16 referenceTick; // "previous close" of the first day
    int8 utcQuarters; //     local time minus UTC [quarter hours]; China +32
    ParticipantId feeAccount; // who receives the fees, credited when the next day is opened
    MarketRules rules;
}

/// @dev An account as of now: what yesterday's orders reserved is already free.
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

/// @title IExchange
/// @notice A ledger of units and currency, and on it one order book a market: price-time priority, settled at once.
/// @dev Units of measure. Lots are whole; `lots × lotSize` are units of the token. Cash is in 0.0001 of the
/// currency, the token itself in 0.01: deposits and withdrawals are given in [0.01 currency], and 1 of these is
/// 100 of the ledger's. A price is a tick: `basePrice + tick × tickSize` [0.0001 currency a lot].
/// @dev A day order dies at local midnight by the clock alone: what it reserved is free from then on, no event says so.
/// An auditor sets `in asks`, `in bids`, `bought today` and the void count of an account to zero when a later day begins.
/// @dev Warning: the Exchange remembers a wallet's rights and status. After a change in the register anyone may call
/// {sync} or {syncParticipant}; withdrawals always ask the register itself.
/// @dev Assumes that a market's currency moves exactly what it is told to and has two decimals.
interface IExchange {
    // ------------------------------------------------------------------ events

    event MarketCreated(
        MarketId indexed market,
        UnitId indexed unit,
        SchemeId indexed scheme,
        address currency,
        MarketConfig config
    );
    /// @notice Rules were set; they hold from the next {openDay} on.
    event MarketRulesSet(MarketId indexed market, MarketRules rules);
    /// @notice A day was opened. `closeTick` ends the day before and is the middle of the band.
    /// @param day Local days since 1970-01-01.
    /// @param volume Of the last opened day [lots]; `turnover` [0.0001 currency]; `fees` paid to the fee account.
    event DayOpened(
        MarketId indexed market,
        uint256 indexed day,
        uint16 closeTick,
        uint16 lowTick,
        uint16 highTick,
        uint256 volume,
        uint256 turnover,
        uint256 fees
    );
    event MarketHalted(MarketId indexed market, address indexed officer, bytes32 reason);
    event MarketResumed(MarketId indexed market, address indexed officer, bytes32 reason);

    event UnitsDeposited(AccountId indexed account, address indexed wallet, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashDeposited(AccountId indexed account, address indexed wallet, uint256 amount);
    event UnitsWithdrawn(AccountId indexed account, address indexed wallet, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashWithdrawn(AccountId indexed account, address indexed wallet, uint256 amount);
    /// @notice A controller took lots out of an account.
    event UnitsDebited(AccountId indexed account, address indexed controller, address to, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashDebited(AccountId indexed account, address indexed controller, address to, uint256 amount);
    event UnitsForced(AccountId indexed from, AccountId indexed to, address indexed controller, uint256 lots);
    /// @notice All open orders of the account ended at once; nothing is reserved any more.
    event OrdersVoided(AccountId indexed account);
    event AccountFrozen(AccountId indexed account, bool frozen, uint8 causes);
    /// @param limit What the account may hold here [lots]; type(int256).max = no limit.
    event HoldingLimitSet(AccountId indexed account, int256 limit);
    event WalletSynced(address indexed wallet, ParticipantId indexed participant, uint8 rights, uint8 status);
    event ControllerSet(address indexed controller, uint256 rights);

    /// @notice An order, or what was left of it, rests.
    /// @param order `lots << 128 | OrderId`.
    event OrderPlaced(AccountId indexed account, uint256 order);
    /// @notice An order was cancelled, or a void one was cleared away. `order` as in {OrderPlaced}, lots that were left.
    event OrderCancelled(AccountId indexed account, uint256 order);
    /// @notice All that one incoming order did in the book, in order.
    /// @param taker Account of the incoming order.
    /// @param request The order as it came.
    /// @param fills 12 bytes each: `tick 16 | ended 1 | index 23 | maker 24 | lots 32`, high to low. `ended` = 0: lots
    /// traded at that tick. `ended` = 1: the resting order was ended without trade and `lots` were left in it
    /// (own order, frozen or void account, holding limit). Decoder: `tonne/fills.py`, {IExchangeLens.decodeFills}.
    event OrdersFilled(AccountId indexed taker, uint256 indexed request, bytes fills);

    // ------------------------------------------------------------------ errors

    error ExchangeMarketUnknown(MarketId market);
    error ExchangeMarketExists(UnitId unit, MarketId market);
    error ExchangeBadConfig(bytes32 field);
    /// @notice Trading begins again at `opensAt` [s]; 0 when the calendar lists no further day.
    error ExchangeMarketClosed(MarketId market, uint256 opensAt);
    /// @notice The session runs, but nobody has called {openDay} yet.
    error ExchangeDayNotOpened(MarketId market, uint256 day);
    error ExchangeDayAlreadyOpen(MarketId market, uint256 day);
    error ExchangeMarketHalted(MarketId market);
    error ExchangeMarketNotHalted(MarketId market);
    error ExchangeWalletUnknown(address wallet);
    error ExchangeParticipantNotActive(ParticipantId participant, uint8 status);
    error ExchangeRightMissing(address wallet, uint8 right);
    error ExchangeNotController(address caller, uint256 right);
    error ExchangeAccountFrozen(ParticipantId participant, MarketId market);
    /// @notice Orders of the account were voided too often today; it trades again tomorrow.
    error ExchangeAccountVoided(ParticipantId participant, MarketId market);
    error ExchangeForeignWallet(address wallet, ParticipantId participant);
    error ExchangeTickOutsideBand(uint256 tick, uint256 low, uint256 high);
    error ExchangeLotsOutsideLimits(uint256 lots, uint256 minimum, uint256 maximum);
    error ExchangeHoldingLimitExceeded(int256 room, uint256 lots);
    /// @notice Short of lots; what was bought today counts as not free.
    error ExchangeInsufficientLots(uint256 free, uint256 needed);
    error ExchangeInsufficientCash(uint256 free, uint256 needed);
    error ExchangeOrderNotOpen(OrderId order);
    error ExchangeOrderNotYours(OrderId order, ParticipantId owner);
    error ExchangeOrderMalformed(OrderRequest request);
    error ExchangeWouldTake(uint256 bestTick);
    error ExchangeNotFilled(uint256 filled, uint256 minimum);
    error ExchangeNotWholeLots(uint256 units, uint256 lotSize);
    error ExchangeForeignUnit(address token, uint256 id);
    error ExchangeLedgerFull(uint256 total, uint256 maximum);
    error ExchangeTooManyItems(uint256 items, uint256 maximum);
    error ExchangeZeroAmount();

    // ------------------------------------------------------------------ orders

    /// @notice Matches an order against the book and, if it is a day order, rests what is left.
    /// @dev Reverts rather than fills less only for fill-or-kill, post-only and the `minimum` of the request. A
    /// remainder that was stopped by a cap of the request, or by a maximum cost, is dropped, never rested.
    /// @return id 0 when nothing rests.
    /// @return filled [lots]
    /// @return cash Paid with fee (buy) or received less fee (sell) [0.0001 currency].
    function place(OrderRequest request) external returns (OrderId id, uint256 filled, uint256 cash);

    /// @notice Ends a resting order of the caller's participant. Anyone may clear away a void one.
    /// @dev Possible at any hour of the order's day, session or not. From local midnight on the order is gone.
    function cancel(OrderId id) external;

    /// @notice First cancels, then places, in the order given; at most 200 of each. All or nothing.
    /// @dev Orders to cancel that are no longer open are passed over.
    function batch(OrderId[] calldata cancels, OrderRequest[] calldata requests) external returns (OrderId[] memory ids);

    /// @notice As {batch}, for `wallet`. Controllers with right GATEWAY only.
    function batchFor(address wallet, OrderId[] calldata cancels, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids);

    // ------------------------------------------------------------------ ledger

    /// @notice Takes `amount` [0.01 currency] from the caller's wallet; needs its approval.
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

    // ------------------------------------------------------------------ controllers and officers

    /// @notice Takes up to `lots` out of an account and sends the units to `to`. Right DEBIT.
    /// @dev When the lots outside sell orders are too few, all open orders of the account in this market are voided
    /// first. Lots bought today may be debited; the oldest go first.
    /// @return taken [lots]
    function debitUnits(ParticipantId participant, MarketId market, uint256 lots, address to)
        external
        returns (uint256 taken);

    /// @notice Takes up to `amount` [0.0001 currency] out of an account, rounded down to 0.01, and sends it to `to`.
    /// @dev Right DEBIT. Voids the account's orders first when the cash outside buy orders is too little.
    /// @return taken [0.0001 currency]
    function debitCash(ParticipantId participant, MarketId market, uint256 amount, address to)
        external
        returns (uint256 taken);

    /// @notice Moves up to `lots` from one account of a market to another. Right FORCE. Frozen accounts included.
    /// @return taken [lots]
    function forcedTransfer(ParticipantId from, ParticipantId to, MarketId market, uint256 lots)
        external
        returns (uint256 taken);

    /// @notice Freezes or unfreezes an account; open orders are void from then on. Right FREEZE, or an officer with
    /// the power FREEZE in the market's scheme.
    function freezeAccount(ParticipantId participant, MarketId market, bool frozen) external;

    /// @notice Reads a wallet's participant, rights and status again. Anyone.
    function sync(address wallet) external;

    /// @notice Reads the status of a participant again: for its wallets, and for its accounts in `markets`, whose
    /// open orders are void from then on if it may no longer trade. Anyone.
    function syncParticipant(ParticipantId participant, MarketId[] calldata markets) external;

    /// @notice Recomputes what an account may hold here: its limit less what its wallets hold. Anyone.
    function syncHolding(ParticipantId participant, MarketId market) external;

    /// @notice Sets a participant's own holding limit [lots] in a market; 0 = the market's. Power MARKET.
    function setHoldingLimit(ParticipantId participant, MarketId market, uint256 limit) external;

    /// @notice Sets the rights of a controller: DEBIT 1, FREEZE 2, FORCE 4, GATEWAY 8.
    function setController(address controller, uint256 rights) external;

    // ------------------------------------------------------------------ markets

    /// @notice Creates a market. Power MARKET in the scheme. An allowance's vintage must have been disclosed.
    function createMarket(UnitId unit, address currency, SchemeId scheme, MarketConfig calldata config)
        external
        returns (MarketId market);

    /// @notice Sets the rules that the next {openDay} adopts. Power MARKET.
    function setMarketRules(MarketId market, MarketRules calldata rules) external;

    /// @notice Opens the local day: closes the last one, fixes the band, pays the fees out. Anyone, once a day, from
    /// local midnight on; reverts on days that the calendar does not list.
    function openDay(MarketId market) external;

    /// @notice Stops orders in a market; cancelling stays possible. Power MARKET.
    function halt(MarketId market, bytes32 reason) external;

    /// @notice Power MARKET.
    function resume(MarketId market, bytes32 reason) external;

    // ------------------------------------------------------------------ views

    function account(ParticipantId participant, MarketId market) external view returns (Account memory);

    /// @notice 0 when the unit has no market.
    function marketOf(UnitId unit) external view returns (MarketId);

    function marketCount() external view returns (uint256);

    /// @notice What a market is made of, with the rules of its last opened day.
    function marketConfig(MarketId market)
        external
        view
        returns (UnitId unit, address currency, SchemeId scheme, MarketConfig memory config);

    /// @notice Lots and cash [0.0001 currency] that the market's accounts and its fees sum up to.
    function custody(MarketId market) external view returns (uint256 lots, uint256 cash);

    /// @notice When orders are accepted next [s]; the present time if now, 0 if the calendar lists no further day.
    function nextSession(MarketId market) external view returns (uint256 opensAt);

    /// @notice Raw words of storage, for the Lens; the layout is that of {BookStore}.
    function load(uint256[] calldata slots) external view returns (uint256[] memory words);
}
