// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    Bid,
    IAuction,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarketConfig} from "../types/PackedMarketConfig.sol";
import {Demand} from "./Demand.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";

/// @title AuctionStore
/// @notice Part of {Auction}: what is kept of each auction, what can be read of it, how it moves lots and cash.
/// @dev The Exchange's `settle` calls no contract but for views, so nothing can call back in the middle.
abstract contract AuctionStore is IAuction {
    using Demand for Demand.Curve;

    struct Entry {
        AuctionTerms terms;
        AuctionState state;
        Demand.Curve demand;
        mapping(uint256 bid => Bid) bids;
        mapping(uint256 bid => bytes32) commitments;
        mapping(ParticipantId participant => uint256 lots) revealed;
    }

    uint256 internal constant PPM = 1_000_000;
    uint256 internal constant MAX_TICK = type(uint16).max;
    uint32 private constant POWER_MARKET = 16;
    /// @dev The own house account, as the Exchange understands it.
    ParticipantId internal constant HOUSE = ParticipantId.wrap(0);

    /// @inheritdoc IAuction
    IExchange public immutable EXCHANGE;
    /// @inheritdoc IAuction
    uint256 public constant NO_BID = type(uint256).max;
    /// @inheritdoc IAuction
    uint256 public auctionCount;

    IParticipantSource internal immutable PARTICIPANTS;
    IRuleSource internal immutable RULES;

    mapping(AuctionId id => Entry) internal _auctions;
    mapping(ParticipantId seller => mapping(MarketId market => uint256 lots)) internal _consents;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        PARTICIPANTS = exchange.PARTICIPANTS();
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IAuction
    function auction(AuctionId id) external view returns (AuctionState memory) {
        return _entry(id).state;
    }

    /// @inheritdoc IAuction
    function bidOf(AuctionId id, uint256 bid) external view returns (Bid memory) {
        return _auctions[id].bids[bid];
    }

    /// @inheritdoc IAuction
    function commitmentOf(AuctionId id, uint256 bid) external view returns (bytes32) {
        return _auctions[id].commitments[bid];
    }

    /// @inheritdoc IAuction
    function level(AuctionId id, uint256 tick) external view returns (uint256 lots, uint256 bids) {
        return _auctions[id].demand.level(tick);
    }

    /// @inheritdoc IAuction
    function revealedOf(AuctionId id, ParticipantId participant) external view returns (uint256 lots) {
        return _auctions[id].revealed[participant];
    }

    /// @inheritdoc IAuction
    function limitOf(AuctionId id) external view returns (uint256 lots) {
        return _limit(_entry(id));
    }

    /// @inheritdoc IAuction
    function consentOf(ParticipantId seller, MarketId market) external view returns (uint256 lots) {
        return _consents[seller][market];
    }

    /// @inheritdoc IAuction
    function bidHash(AuctionId id, ParticipantId participant, uint256 tick, uint256 lots, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), id, participant, tick, lots, salt));
    }

    /// @inheritdoc IAuction
    function reserveHash(uint256 reserveTick, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode(reserveTick, salt));
    }

    /// @inheritdoc IAuction
    function rankKey(bytes32 seed, uint256 bid) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, bid)));
    }

    /// @inheritdoc IAuction
    function exchangePrice(MarketId market) public view returns (uint256) {
        uint256[] memory slots = new uint256[](2);
        slots[0] = BookStore.boardSlot(MarketId.unwrap(market));
        slots[1] = BookStore.configSlot(MarketId.unwrap(market));
        uint256[] memory words = EXCHANGE.load(slots);
        PackedMarket board = PackedMarket.wrap(words[0]);
        uint256 volume = board.volume();
        return volume == 0 ? PackedMarketConfig.wrap(words[1]).price(board.last()) : board.turnover() / volume;
    }

    // ------------------------------------------------------------------ checks

    function _entry(AuctionId id) internal view returns (Entry storage e) {
        e = _auctions[id];
        if (e.state.stage == AuctionStage.None) revert AuctionUnknown(id);
    }

    function _entryIn(AuctionId id, AuctionStage needed) internal view returns (Entry storage e) {
        e = _entry(id);
        if (e.state.stage != needed) revert AuctionWrongStage(id, e.state.stage);
    }

    /// @dev Now is at `from` or later, and before `until`.
    function _checkTime(AuctionId id, uint256 from, uint256 until) internal view {
        if (block.timestamp < from || block.timestamp >= until) revert AuctionNotNow(id, from, until);
    }

    function _checkOfficer(MarketId market) internal view {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
    }

    /// @dev The participant of a wallet that may trade now.
    function _trader(address wallet) internal view returns (ParticipantId) {
        (ParticipantId participant, bool may) = _walletOf(wallet);
        if (!may) revert AuctionNotTrader(wallet);
        return participant;
    }

    function _walletOf(address wallet) internal view returns (ParticipantId participant, bool may) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        may = ParticipantId.unwrap(participant) != 0 && rights & PackedWalletLib.TRADE != 0
            && status == PackedWalletLib.ACTIVE;
    }

    function _limit(Entry storage e) internal view returns (uint256 limit) {
        limit = e.terms.limitLots;
        if (limit == 0) limit = type(uint256).max;
        uint256 ppm = e.terms.limitPpm;
        if (ppm == 0) return limit;
        uint256 share = e.state.volume * ppm / PPM;
        return share < limit ? share : limit;
    }

    // ------------------------------------------------------------------ rules

    /// @dev [0.0001 currency a lot]
    function _price(Entry storage e, uint256 tick) internal view returns (uint256) {
        return tick * e.terms.tickSize;
    }

    /// @dev The rule as it is applied: without a seed nothing is drawn.
    function _tie(Entry storage e) internal view returns (TieRule tie) {
        tie = e.terms.tie;
        if (tie == TieRule.Random && !e.state.drawn) tie = TieRule.ProRata;
    }

    // ------------------------------------------------------------------ ledger

    /// @dev Moves lots, and cash the other way; all movements go through here.
    /// @return why Empty when it was done, else the Exchange's error.
    function _move(
        Entry storage e,
        ParticipantId from,
        ParticipantId to,
        uint256 lots,
        uint256 cash,
        Settlement kind,
        uint256 ref
    ) internal returns (bytes memory why) {
        try EXCHANGE.settle(e.terms.market, from, to, lots, cash, kind, bytes32(ref)) {}
        catch (bytes memory reason) {
            why = reason;
        }
    }

    /// @dev Cash of a bidder into the house. Between accounts cash alone moves by a `Trade` of no lots.
    function _takeCash(Entry storage e, ParticipantId from, uint256 cash, uint256 ref) internal {
        _require(_move(e, HOUSE, from, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Cash out of the house.
    function _payCash(Entry storage e, ParticipantId to, uint256 cash, uint256 ref) internal {
        if (cash != 0) _require(_move(e, to, HOUSE, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Lots back to the seller.
    function _returnLots(AuctionId id, Entry storage e, uint256 lots) internal {
        _require(_move(e, HOUSE, e.terms.seller, lots, 0, Settlement.Return, _ref(id, NO_BID)));
    }

    /// @dev Reverts with the Exchange's own error, if there is one.
    function _require(bytes memory why) internal pure {
        if (why.length == 0) return;
        assembly ("memory-safe") {
            revert(add(why, 32), mload(why))
        }
    }

    /// @dev What the Exchange's events say of a movement: `auction 32 | bid 32`, all ones where it is of no bid.
    function _ref(AuctionId id, uint256 bid) internal pure returns (uint256) {
        return (uint256(AuctionId.unwrap(id)) << 32) | uint32(bid); // numbers of bids have 16 bits
    }
}
