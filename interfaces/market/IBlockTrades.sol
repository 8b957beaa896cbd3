// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IContractSigned} from "../types/IContractSigned.sol";
import {MarketId, ParticipantId} from "../types/Ids.sol";

/// @dev What both sides of a block trade sign (EIP-712, in this order). `nonce` tells equal tickets apart.
struct BlockTicket {
    MarketId market;
    ParticipantId seller;
    address sellerWallet; // signs for the seller
    ParticipantId buyer;
    address buyerWallet; //  signs for the buyer
    uint40 lots;
    uint64 price; //         on the market's grid [0.0001 currency a lot]
    uint64 nonce;
    uint64 deadline; //      last moment at which it counts [s]
}

/// @dev Open and approved tickets can be traded and cancelled; the other two are final.
enum TicketStatus {
    Open,
    Approved,
    Traded,
    Cancelled
}

/// @dev Block trades of one local day, or of one month (there the ticks are 0).
struct BlockStatistics {
    uint256 lots;
    uint256 turnover; // [0.0001 currency]
    uint256 fees; //     of both sides [0.0001 currency]
    uint256 trades;
    uint16 lowTick; //   lowest price; 0 = no trade
    uint16 highTick;
}

/// @dev Fees of a market's block trades [ppm of turnover].
struct BlockFees {
    uint16 sellerPpm;
    uint16 buyerPpm;
}

/// @title IBlockTrades
/// @notice Large trades agreed between two participants, settled in the Exchange's ledger on one ticket that both have
/// signed. With their statistics, and the reference price of a month over listed and block trades.
/// @dev A controller of the Exchange with the right SETTLE; holds no token and no balance.
/// @dev Size, band and session are the market's rules: {MarketRules} `blockMinimumLots`, `blockBandPpm`, `blockSession`.
interface IBlockTrades is IContractSigned {
    // ------------------------------------------------------------------ events

    /// @param ticket Hash of the ticket, {ticketHash}.
    /// @param day Local days since 1970-01-01.
    /// @param turnover [0.0001 currency], as are the fees.
    event BlockTraded(
        MarketId indexed market,
        ParticipantId indexed seller,
        ParticipantId indexed buyer,
        bytes32 ticket,
        uint256 day,
        uint16 tick,
        uint256 lots,
        uint256 turnover,
        uint256 sellerFee,
        uint256 buyerFee
    );
    event TicketCancelled(bytes32 indexed ticket, ParticipantId indexed by);
    /// @notice An officer lets a ticket pass that is smaller than a block, or outside the block band.
    event TicketApproved(bytes32 indexed ticket, MarketId indexed market, address indexed officer, bytes32 reason);
    event TicketApprovalWithdrawn(
        bytes32 indexed ticket, MarketId indexed market, address indexed officer, bytes32 reason
    );
    /// @param fromDay First local day they hold.
    event BlockFeesSet(MarketId indexed market, BlockFees fees, uint256 fromDay);

    // ------------------------------------------------------------------ errors

    error BlockTradesTicketSpent(bytes32 ticket, TicketStatus status);
    error BlockTradesTicketExpired(bytes32 ticket, uint256 deadline);
    /// @notice One participant on both sides.
    error BlockTradesSelfTrade(ParticipantId participant);
    /// @notice The market is not known, or its rules of today have no block trades.
    error BlockTradesNotOffered(MarketId market);
    /// @notice Today has not been opened yet, or the calendar does not list it.
    error BlockTradesDayNotOpened(MarketId market, uint256 day);
    error BlockTradesMarketHalted(MarketId market);
    /// @notice `opens` and `closes` [s of the local day].
    error BlockTradesOutsideSession(MarketId market, uint256 opens, uint256 closes);
    error BlockTradesTooFewLots(uint256 lots, uint256 minimum);
    error BlockTradesPriceOffGrid(uint256 price);
    error BlockTradesOutsideBand(uint256 tick, uint256 low, uint256 high);
    /// @notice The wallet is not one of the participant, lacks the right to trade, or the participant is not active.
    error BlockTradesNotParty(address wallet, ParticipantId participant);
    error BlockTradesBadSignature(address wallet, bytes32 ticket);
    error BlockTradesNoReason();
    /// @notice Approvals only of open tickets, withdrawn only while approved.
    error BlockTradesTicketStatus(bytes32 ticket, TicketStatus needed);
    error BlockTradesNoFeeAccount(MarketId market);
    /// @notice More block trades in one day than its statistics can count.
    error BlockTradesDayFull(MarketId market, uint256 day);
    error BlockTradesBadMonth(uint256 year, uint256 month);
    /// @notice Neither a listed nor a block trade in the month: it has no reference price.
    error BlockTradesNoTradeInMonth(MarketId market, uint256 year, uint256 month);

    // ------------------------------------------------------------------ trading

    /// @notice Trades a ticket. Anyone who has both signatures (EOA: 65 bytes; contract wallets: ERC-1271).
    /// @dev Lots and cash must be free in the ledger; the holding limit of the buyer is checked, and what was bought
    /// cannot be sold again the same day. The buyer pays turnover plus its fee, the seller gets turnover less its fee.
    function trade(BlockTicket calldata ticket, bytes calldata sellerSignature, bytes calldata buyerSignature) external;

    /// @notice Ends a ticket before it was traded. A wallet of either participant with the right to trade.
    function cancel(BlockTicket calldata ticket) external;

    // ------------------------------------------------------------------ supervision

    /// @notice Lets a ticket pass whatever its size and its distance from the previous close. Power MARKET, with a reason.
    function approve(BlockTicket calldata ticket, bytes32 reason) external;

    /// @notice Power MARKET, with a reason.
    function withdrawApproval(BlockTicket calldata ticket, bytes32 reason) external;

    /// @notice Sets the fees of a market from the next local day on, paid to the market's fee account. Power MARKET.
    function setFees(MarketId market, BlockFees calldata fees) external;

    // ------------------------------------------------------------------ views

    /// @notice The EIP-712 digest that both sides sign, bound to this contract and chain.
    function ticketHash(BlockTicket calldata ticket) external view returns (bytes32);

    function ticketStatus(bytes32 ticket) external view returns (TicketStatus);

    /// @notice Lowest and highest tick of a block trade today, from the previous close: nearest tick, ties up.
    function band(MarketId market) external view returns (uint256 low, uint256 high);

    /// @param day Local days since 1970-01-01.
    function feesOn(MarketId market, uint256 day) external view returns (BlockFees memory);

    function dayStatistics(MarketId market, uint256 day) external view returns (BlockStatistics memory);

    /// @param month 1 to 12.
    function monthStatistics(MarketId market, uint256 year, uint256 month)
        external
        view
        returns (BlockStatistics memory);

    /// @notice Reference price of a month: turnover over volume of listed and block trades, to the nearest 0.01, ties up.
    /// @dev Reverts when the month has no trade.
    /// @param month 1 to 12.
    /// @return price [0.01 currency a unit], not a lot.
    /// @return lots Listed and block trades.
    /// @return turnover [0.0001 currency]
    /// @return over True when the month has ended by the market's local time: the price is final.
    function monthPrice(MarketId market, uint256 year, uint256 month)
        external
        view
        returns (uint256 price, uint256 lots, uint256 turnover, bool over);
}
