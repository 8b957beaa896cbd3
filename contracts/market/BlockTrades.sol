// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {
    BlockFees,
    BlockStatistics,
    BlockTicket,
    IBlockTrades,
    TicketStatus
} from "../../interfaces/market/IBlockTrades.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketStatus, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {Signatures} from "../lib/Signatures.sol";
import {PackedBlockDay, PackedBlockMonth} from "../types/PackedBlockTrades.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {Pausable} from "../rules/Pausable.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedMarketRules} from "../types/PackedMarketRules.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";

/// @dev A market as it is now.
struct MarketNow {
    PackedMarketConfig config;
    PackedMarket data;
    PackedMarketRules rules; // of the last opened day
    uint256 day; //    local days since 1970-01-01
}

/// @title BlockTrades
contract BlockTrades is IBlockTrades, EIP712, Pausable {
    uint32 private constant POWER_MARKET = 16;
    bytes32 private constant TICKET_TYPEHASH = keccak256(
        "BlockTicket(uint16 market,uint24 seller,address sellerWallet,uint24 buyer,address buyerWallet,uint40 lots,uint64 price,uint64 nonce,uint64 deadline)"
    );

    /// @notice Where this contract is a controller with the right SETTLE.
    IExchange public immutable EXCHANGE;
    IParticipantSource public immutable PARTICIPANTS;
    IRuleSource public immutable RULES;

    mapping(bytes32 ticket => TicketStatus) private _tickets;
    mapping(MarketId market => mapping(uint256 day => PackedBlockDay)) private _days;
    mapping(MarketId market => mapping(uint256 month => PackedBlockMonth)) private _months;
    mapping(MarketId market => FeeSchedule) private _fees;

    /// @dev One slot. `fees` hold from `fromDay` on, `earlier` before.
    struct FeeSchedule {
        BlockFees earlier;
        BlockFees fees;
        uint64 fromDay;
    }

    constructor(IExchange exchange) EIP712("tonne BlockTrades", "1") {
        EXCHANGE = exchange;
        PARTICIPANTS = exchange.PARTICIPANTS();
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ trading

    /// @inheritdoc IBlockTrades
    function trade(BlockTicket calldata ticket, bytes calldata sellerSignature, bytes calldata buyerSignature)
        external
    {
        _requireUnpaused();
        bytes32 hash = ticketHash(ticket);
        TicketStatus status = _tickets[hash];
        if (status > TicketStatus.Approved) revert BlockTradesTicketSpent(hash, status);
        if (block.timestamp > _moved(ticket.deadline)) revert BlockTradesTicketExpired(hash, ticket.deadline);
        if (ticket.seller == ticket.buyer) revert BlockTradesSelfTrade(ticket.seller);
        MarketNow memory m = _marketNow(ticket.market);
        _checkOpen(ticket.market, m);
        uint256 tick = _tickOf(ticket, m, status == TicketStatus.Approved);
        _checkParty(ticket.seller, ticket.sellerWallet, hash, sellerSignature);
        _checkParty(ticket.buyer, ticket.buyerWallet, hash, buyerSignature);

        _tickets[hash] = TicketStatus.Traded;
        uint256 turnover = uint256(ticket.lots) * ticket.price; // 2^40 · 2^41
        BlockFees memory ppm = feesOn(ticket.market, m.day);
        uint256 sellerFee = PackedMarketConfigLib.feeUp(turnover, ppm.sellerPpm);
        uint256 buyerFee = PackedMarketConfigLib.feeUp(turnover, ppm.buyerPpm);
        _count(ticket, m.day, tick, turnover, sellerFee + buyerFee);
        emit BlockTraded(
            ticket.market,
            ticket.seller,
            ticket.buyer,
            hash,
            m.day,
            uint16(tick), // on the grid
            ticket.lots,
            turnover,
            sellerFee,
            buyerFee
        );

        _settle(
            ticket, ParticipantId.wrap(uint24(m.config.feeAccount())), turnover - sellerFee, sellerFee + buyerFee, hash
        );
    }

    /// @dev The buyer pays the seller its proceeds and the fee account both fees.
    function _settle(
        BlockTicket calldata ticket,
        ParticipantId feeAccount,
        uint256 proceeds,
        uint256 fees,
        bytes32 hash
    ) private {
        EXCHANGE.settle(ticket.market, ticket.seller, ticket.buyer, ticket.lots, proceeds, Settlement.Trade, hash);
        if (fees != 0 && feeAccount != ticket.buyer) {
            EXCHANGE.settle(ticket.market, feeAccount, ticket.buyer, 0, fees, Settlement.Trade, hash);
        }
    }

    function _count(BlockTicket calldata ticket, uint256 day, uint256 tick, uint256 turnover, uint256 fees) private {
        PackedBlockDay word = _days[ticket.market][day];
        if (word.full()) revert BlockTradesDayFull(ticket.market, day);
        _days[ticket.market][day] = word.add(ticket.lots, turnover, fees, tick);
        uint256 month = _monthOf(day);
        _months[ticket.market][month] = _months[ticket.market][month].add(ticket.lots, turnover, fees);
    }

    /// @inheritdoc IBlockTrades
    function cancel(BlockTicket calldata ticket) external {
        bytes32 hash = ticketHash(ticket);
        (ParticipantId by, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if ((by != ticket.seller && by != ticket.buyer) || rights & PackedWalletLib.TRADE == 0) {
            revert BlockTradesNotParty(msg.sender, by);
        }
        TicketStatus status = _tickets[hash];
        if (status > TicketStatus.Approved) revert BlockTradesTicketSpent(hash, status);
        _tickets[hash] = TicketStatus.Cancelled;
        emit TicketCancelled(hash, by);
    }

    // ------------------------------------------------------------------ supervision

    /// @inheritdoc IBlockTrades
    function approve(BlockTicket calldata ticket, bytes32 reason) external {
        bytes32 hash = _move(ticket, TicketStatus.Open, TicketStatus.Approved, reason);
        emit TicketApproved(hash, ticket.market, msg.sender, reason);
    }

    /// @inheritdoc IBlockTrades
    function withdrawApproval(BlockTicket calldata ticket, bytes32 reason) external {
        bytes32 hash = _move(ticket, TicketStatus.Approved, TicketStatus.Open, reason);
        emit TicketApprovalWithdrawn(hash, ticket.market, msg.sender, reason);
    }

    function _move(BlockTicket calldata ticket, TicketStatus from, TicketStatus to, bytes32 reason)
        private
        returns (bytes32 hash)
    {
        _checkMarketPower(ticket.market);
        if (reason == 0) revert BlockTradesNoReason();
        hash = ticketHash(ticket);
        if (_tickets[hash] != from) revert BlockTradesTicketStatus(hash, from);
        _tickets[hash] = to;
    }

    /// @inheritdoc IBlockTrades
    function setFees(MarketId market, BlockFees calldata fees) external {
        _checkMarketPower(market);
        MarketNow memory m = _marketNow(market);
        if (fees.sellerPpm | fees.buyerPpm != 0 && m.config.feeAccount() == 0) revert BlockTradesNoFeeAccount(market);
        FeeSchedule storage schedule = _fees[market];
        if (schedule.fromDay <= m.day) schedule.earlier = schedule.fees;
        schedule.fees = fees;
        schedule.fromDay = uint64(m.day + 1); // days
        emit BlockFeesSet(market, fees, m.day + 1);
    }

    function _checkMarketPower(MarketId market) private view {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
    }

    // ------------------------------------------------------------------ checks

    function _marketNow(MarketId market) private view returns (MarketNow memory m) {
        uint256 id = MarketId.unwrap(market);
        uint256[] memory slots = new uint256[](3);
        slots[0] = BookStore.configSlot(id);
        slots[1] = BookStore.marketDataSlot(id);
        slots[2] = BookStore.rulesSlot(id, 0);
        uint256[] memory words = EXCHANGE.load(slots);
        m.config = PackedMarketConfig.wrap(words[0]);
        m.data = PackedMarket.wrap(words[1]);
        m.rules = PackedMarketRules.wrap(words[2]);
        m.day = m.config.localTime(block.timestamp) / 1 days;
    }

    /// @dev Block trades are made in their session, on a day that was opened, while the market is not halted.
    function _checkOpen(MarketId market, MarketNow memory m) private view {
        if (m.rules.blockMinimum() == 0) revert BlockTradesNotOffered(market);
        if (m.data.day() + m.config.dayZero() != m.day) revert BlockTradesDayNotOpened(market, m.day);
        if (m.data.standing() != uint256(MarketStatus.Trading)) revert BlockTradesMarketHalted(market);
        if (!m.config.inSession(m.rules.blockSession(), block.timestamp)) {
            revert BlockTradesOutsideSession(
                market, m.rules.blockOpens() * 15 minutes, m.rules.blockCloses() * 15 minutes
            );
        }
    }

    /// @dev The price as a tick. An approved ticket may be smaller than a block and outside the band, never empty and never
    /// off the grid.
    function _tickOf(BlockTicket calldata ticket, MarketNow memory m, bool approved)
        private
        pure
        returns (uint256 tick)
    {
        uint256 price = ticket.price;
        uint256 base = m.config.base();
        uint256 size = m.config.tickSize();
        if (price > base) tick = (price - base) / size;
        if (tick == 0 || tick > PackedMarketConfigLib.MAX_TICK || m.config.price(tick) != price) {
            revert BlockTradesPriceOffGrid(price);
        }
        if (approved && ticket.lots != 0) return tick;
        if (ticket.lots < m.rules.blockMinimum()) {
            revert BlockTradesTooFewLots(ticket.lots, m.rules.blockMinimum());
        }
        (uint256 low, uint256 high) = _band(m);
        if (tick < low || tick > high) revert BlockTradesOutsideBand(tick, low, high);
    }

    function _band(MarketNow memory m) private pure returns (uint256 low, uint256 high) {
        return m.config.band(m.config.previousClose(), m.rules.blockPpm());
    }

    function _checkParty(ParticipantId participant, address wallet, bytes32 hash, bytes calldata signature) private {
        (ParticipantId owner, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(wallet);
        if (
            owner == ParticipantId.wrap(0) || owner != participant || rights & PackedWalletLib.TRADE == 0
                || status != PackedWalletLib.ACTIVE
        ) revert BlockTradesNotParty(wallet, participant);
        if (!Signatures.isSignedBy(wallet, hash, signature)) {
            revert BlockTradesBadSignature(wallet, hash);
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IBlockTrades
    function ticketHash(BlockTicket calldata ticket) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    TICKET_TYPEHASH,
                    ticket.market,
                    ticket.seller,
                    ticket.sellerWallet,
                    ticket.buyer,
                    ticket.buyerWallet,
                    ticket.lots,
                    ticket.price,
                    ticket.nonce,
                    ticket.deadline
                )
            )
        );
    }

    /// @inheritdoc IBlockTrades
    function ticketStatus(bytes32 ticket) external view returns (TicketStatus) {
        return _tickets[ticket];
    }

    /// @inheritdoc IBlockTrades
    function band(MarketId market) external view returns (uint256 low, uint256 high) {
        MarketNow memory m = _marketNow(market);
        if (m.rules.blockMinimum() == 0) revert BlockTradesNotOffered(market);
        return _band(m);
    }

    /// @inheritdoc IBlockTrades
    function feesOn(MarketId market, uint256 day) public view returns (BlockFees memory) {
        FeeSchedule storage schedule = _fees[market];
        return day < schedule.fromDay ? schedule.earlier : schedule.fees;
    }

    /// @inheritdoc IBlockTrades
    function dayStatistics(MarketId market, uint256 day) external view returns (BlockStatistics memory) {
        PackedBlockDay word = _days[market][day];
        return BlockStatistics({
            lots: word.lots(),
            turnover: word.turnover(),
            fees: word.fees(),
            trades: word.trades(),
            lowTick: word.lowTick(),
            highTick: word.highTick()
        });
    }

    /// @inheritdoc IBlockTrades
    function monthStatistics(MarketId market, uint256 year, uint256 month)
        external
        view
        returns (BlockStatistics memory)
    {
        PackedBlockMonth word = _months[market][_month(year, month)];
        return BlockStatistics({
            lots: word.lots(),
            turnover: word.turnover(),
            fees: word.fees(),
            trades: word.trades(),
            lowTick: 0,
            highTick: 0
        });
    }

    /// @inheritdoc IBlockTrades
    function monthPrice(MarketId market, uint256 year, uint256 month)
        external
        view
        returns (uint256 price, uint256 lots, uint256 turnover, bool over)
    {
        uint256 number = _month(year, month);
        (lots, turnover) = EXCHANGE.listedMonth(market, number);
        PackedBlockMonth blocks = _months[market][number];
        lots += blocks.lots();
        turnover += blocks.turnover();
        if (lots == 0) revert BlockTradesNoTradeInMonth(market, year, month);
        // 100 of the ledger are 0.01; twice both, to round to the nearest, ties up.
        uint256 divisor = 100 * lots * EXCHANGE.marketAssets(market).lotSize;
        price = (2 * turnover + divisor) / (2 * divisor);
        over = _monthOf(_marketNow(market).day) > number;
    }

    /// @dev The number of a local day's month.
    function _monthOf(uint256 day) private pure returns (uint256) {
        (uint256 year, uint256 month,) = DateTimeLib.epochDayToDate(day);
        return year * 12 + month - 1;
    }

    /// @dev The number of a month: years × 12 + months before it.
    function _month(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 0 || month > 12 || year > type(uint16).max) revert BlockTradesBadMonth(year, month);
        return year * 12 + month - 1;
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(EXCHANGE)).authority();
    }
}
