// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, SelfTrade, Side, TimeInForce} from "../types/BookTypes.sol";
import {MarketConfig, MarketRules, MarketStatus} from "./IExchangeBase.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @dev An order, unpacked; {IExchangeLens.encode} packs it.
struct OrderTerms {
    MarketId market;
    Side side;
    TimeInForce timeInForce;
    bool postOnly;
    SelfTrade selfTrade;
    uint16 tick; //         worst price
    uint32 lots;
    uint32 minimumLots; //  revert when less is filled at once; 0 = no minimum
    uint64 maximumCost; //  of a buy's fills with fee [0.0001 currency]; 0 = no maximum
    uint16 maximumFills; // fill records this call may write; 0 = 200
    uint16 maximumHoles; // cancelled orders that matching may skip; 0 = 200
    uint16 expiry; //       last market day of a good-till-date order: local days since {MarketDay.dayZero}
    uint16 maximumLevels; // price levels this call may trade at; 0 = as many as the market allows
}

/// @dev One price of the book.
struct DepthLevel {
    uint16 tick;
    uint256 price; // [0.0001 currency a lot]
    uint256 lots; //  open at this price; void and expired orders not yet cleared away are left out
    uint256 orders; // open at this price
}

/// @dev Phase of the trading day by the market's local time; a halt is not a phase but a {MarketStatus}.
enum MarketPhase {
    Closed, //  after the last session, and on days that the calendar does not list
    PreOpen, // before the first session of a trading day; orders can be cancelled only, as in breaks
    Trading,
    Break
}

/// @dev A market's day so far.
struct MarketDay {
    MarketStatus status;
    MarketPhase phase;
    bool open; //        orders are accepted now
    uint256 opensAt; //  when they are next [s]; 0 = the calendar lists no further day
    uint256 dayZero; //  local day before the market's first: market day d is local day dayZero + d
    bool lasting; //     made without a band: orders may outlive the day
    uint256 day; //      last opened day, local days since 1970-01-01; 0 = none yet
    uint16 askTick; //   best sell price; 0 = none
    uint16 bidTick; //   best buy price; 0 = none
    uint16 lastTick; //  last trade, or the previous close
    uint16 lowTick; //   band
    uint16 highTick;
    uint256 volume; //   of listed trades [lots]
    uint256 turnover; // [0.0001 currency]
    uint256 fees; //     [0.0001 currency]
    bool barred; //      the state of the unit bars trading
}

/// @dev Reason why matching stops in a quote.
enum QuoteStop {
    Filled, //        all lots
    BookEmpty, //     no further order on the other side
    PriceLimit, //    the next price is beyond the order's tick
    CostLimit, //     the maximum cost is reached
    RecordLimit, //   the caps of the request are reached
    SelfTradeStop, // the next order is the participant's own and the request says to stop
    Refused, //       nothing can be done now; `refusal` is the error that {IExchange.place} would give
    LevelLimit //     the prices that the request or the market allows are reached
}

/// @dev Result of a simulated order.
struct Quote {
    uint256 filled; //    [lots]
    uint256 turnover; //  [0.0001 currency]
    uint256 fee; //       [0.0001 currency]
    uint256 cash; //      to pay (buy) or to receive (sell) [0.0001 currency]
    uint16 worstTick; //  of the fills; 0 = none
    uint256 makers; //    fills
    uint256 rests; //     lots that would rest
    QuoteStop stop;
    bytes refusal;
}

/// @dev One record of {IExchange.OrdersFilled}.
struct Fill {
    uint16 tick;
    bool ended; // the order ended without trade
    uint32 index;
    ParticipantId maker;
    uint32 lots;
}

/// @title IExchangeLens
/// @notice Views of the Exchange for wallets, pages and scripts: decoded, and as of now.
interface IExchangeLens {
    error LensTooManyLevels(uint256 levels, uint256 maximum);
    error LensValueTooWide(bytes32 field, uint256 value);
    error LensPriceOffGrid(uint256 price, uint256 basePrice, uint256 tickSize);
    error LensBadRecords(uint256 length);

    /// @notice Packs an order for {IExchange.place}.
    function encode(OrderTerms calldata terms) external pure returns (OrderRequest);

    /// @notice Unpacks an order.
    function decode(OrderRequest request) external pure returns (OrderTerms memory);

    /// @notice The market's day as of now. On a day that is not opened yet the book is empty.
    function market(MarketId id) external view returns (MarketDay memory);

    /// @notice Configuration of a market with the rules of its last opened day, and the rules the next day adopts.
    function marketConfig(MarketId id) external view returns (MarketConfig memory config, MarketRules memory next);

    /// @notice When orders are accepted next [s]: the present time if now, 0 if the calendar lists no further day.
    /// @dev On a trading day, orders need {IExchangeExtension.openDay} to have been called.
    function nextSession(MarketId id) external view returns (uint256 opensAt);

    /// @notice Best prices of open orders as of now; 0 = none.
    function best(MarketId id) external view returns (uint16 bidTick, uint16 askTick);

    /// @notice The best `levels` (at most 100) prices of a side, best first.
    /// @dev Each order that queues there costs some 2,700 gas: the 50 million that nodes give a call are for 17,000 of them. Ask for
    /// fewer levels where more wait.
    function depth(MarketId id, Side side, uint256 levels) external view returns (DepthLevel[] memory);

    /// @notice Simulates an order of `participant` with every rule on; nothing needs to be signed or funded.
    function quote(OrderRequest request, ParticipantId participant) external view returns (Quote memory);

    /// @notice Open lots and owner of an order; 0 when it is not open.
    function order(OrderId id) external view returns (uint256 lots, ParticipantId owner);

    /// @notice Last day of an open order, local days since 1970-01-01; 0 = it rests until it is cancelled, or is not open.
    function lastDayOf(OrderId id) external view returns (uint256 day);

    /// @notice [0.0001 currency a lot]
    function priceOf(MarketId id, uint16 tick) external view returns (uint256);

    /// @notice Tick of a price; reverts unless the price is on the grid.
    function tickOf(MarketId id, uint256 price) external view returns (uint16);

    function decodeFills(bytes calldata fills) external pure returns (Fill[] memory);
}
