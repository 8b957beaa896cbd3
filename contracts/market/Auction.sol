// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    Bid,
    BidForm,
    BidStatus,
    IAuction,
    PriceRule,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {Account, IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {PackedMarketConfig} from "../types/PackedMarketConfig.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";
import {Demand} from "./Demand.sol";

/// @title Auction
/// @notice Auctions of one seller's lots: sealed bids with deposits, or one-way bidding in the open.
/// @dev A bid costs the same however many there are: revealing adds it to the demand at its price, clearing walks down the
/// prices once, settling takes one bid after the other; all three in calls of any size. The Exchange's `settle` calls no
/// contract but for views, so no call can re-enter.
contract Auction is IAuction {
    using Demand for Demand.Curve;

    struct StoredAuction {
        AuctionTerms terms;
        AuctionState state;
        Demand.Curve demand;
        mapping(uint256 bid => Bid) bids;
        mapping(uint256 bid => bytes32) commitments;
        mapping(ParticipantId participant => uint256 lots) revealed;
    }

    uint256 private constant PPM = 1_000_000;
    uint256 private constant MAX_TICK = type(uint16).max;
    uint256 private constant MAX_SPREAD = 4;
    uint256 private constant MAX_LEVELS = 2_000;
    uint256 private constant MAX_BIDS = 200;
    uint256 private constant CARRY_TIME = 30 days;
    /// @dev Ledger units of 0.0001 in a unit of the currency's two decimals.
    uint256 private constant CENT = 100;
    uint32 private constant POWER_MARKET = 16;
    /// @dev This contract's own custody account, as {IExchange.settle} takes it.
    ParticipantId private constant CUSTODY = ParticipantId.wrap(0);

    /// @inheritdoc IAuction
    IExchange public immutable EXCHANGE;
    /// @inheritdoc IAuction
    uint256 public constant NO_BID = type(uint256).max;
    /// @inheritdoc IAuction
    uint256 public auctionCount;

    IParticipantSource private immutable PARTICIPANTS;
    IRuleSource private immutable RULES;

    mapping(AuctionId id => StoredAuction) private _auctions;
    mapping(ParticipantId seller => mapping(MarketId market => uint256 lots)) private _consents;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        PARTICIPANTS = exchange.PARTICIPANTS();
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ announcing and opening

    /// @inheritdoc IAuction
    function announce(AuctionTerms calldata terms, bytes32) external returns (AuctionId id) {
        _checkOfficer(terms.market);
        _checkTerms(terms);

        id = AuctionId.wrap(uint32(++auctionCount)); // 2^32 announcements are more than a chain holds
        StoredAuction storage a = _auctions[id];
        a.terms = terms;
        a.state.stage = AuctionStage.Announced;
        if (terms.reserveCommitment == 0) a.state.reserve = terms.reserveTick == 0 ? 1 : terms.reserveTick;

        // `emit AuctionAnnounced(id, market, seller, terms, notice)`: the last two as they stand in the call.
        bytes32 topic = AuctionAnnounced.selector;
        MarketId market = terms.market;
        ParticipantId seller = terms.seller;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let length := sub(calldatasize(), 4)
            calldatacopy(data, 4, length)
            log4(data, length, topic, id, market, seller)
        }
    }

    function _checkTerms(AuctionTerms calldata t) private view {
        bool isSealed = t.form == BidForm.Sealed;
        _checkTerm(_isKnown(t.seller), "seller");
        _checkTerm(_isKnown(t.proceeds), "proceeds");
        _checkTerm(_isKnown(t.forfeits), "forfeits");
        _checkTerm(t.multiple != 0, "multiple");
        _checkTerm(t.lots != 0 && t.lots % t.multiple == 0, "lots");
        _checkTerm(t.tickSize != 0 && t.tickSize % CENT == 0, "tickSize");
        _checkTerm(t.reserveTick == 0 || t.reserveCommitment == 0, "reserveTick");
        _checkTerm(t.spread <= MAX_SPREAD, "spread");
        _checkTerm(t.limitPpm <= PPM, "limitPpm");
        _checkTerm(t.minimumPpm <= PPM, "minimumPpm");
        _checkTerm(t.depositPpm <= PPM && (t.depositPpm != 0 || !isSealed), "depositPpm");
        _checkTerm(t.leastDeposit != 0 || !isSealed, "leastDeposit");
        _checkTerm(t.maximumBids != 0, "maximumBids");
        _checkTerm(block.timestamp <= t.commitFrom, "commitFrom");
        _checkTerm(t.commitFrom < t.commitUntil, "commitUntil");
        _checkTerm(t.commitUntil <= t.revealFrom, "revealFrom");
        // Open bids have nothing to reveal.
        _checkTerm(isSealed ? t.revealFrom < t.revealUntil : t.commitUntil == t.revealUntil, "revealUntil");
        _checkTerm(t.revealFrom <= t.revealUntil, "revealUntil");
        _checkTerm(t.revealUntil + (t.reserveCommitment == 0 ? 0 : 1) <= t.deliverFrom, "deliverFrom");
        // The order of ties is drawn between the last commitment and the first reveal; open bids leave no such time.
        _checkTerm(t.tie != TieRule.Random || (t.seedCommitment != 0 && t.commitUntil < t.revealFrom), "tie");
    }

    function _checkTerm(bool holds, bytes32 field) private pure {
        if (!holds) revert AuctionBadTerms(field);
    }

    function _isKnown(ParticipantId participant) private view returns (bool) {
        return PARTICIPANTS.walletsOf(participant).length != 0;
    }

    /// @inheritdoc IAuction
    function open(AuctionId id) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Announced);
        AuctionTerms storage t = a.terms;
        _checkTime(id, 0, t.commitFrom);
        uint256 lots = t.lots;
        ParticipantId seller = t.seller;
        (ParticipantId caller, bool may) = _walletOf(msg.sender);
        if (!may || caller != seller) {
            uint256 consented = _consents[seller][t.market];
            if (consented < lots) revert AuctionConsentShort(seller, consented, lots);
            _consents[seller][t.market] = consented - lots;
            emit ConsentSet(seller, t.market, consented - lots);
        }
        a.state.stage = AuctionStage.Open;
        uint256 volume = a.state.volume + lots;
        a.state.volume = uint40(volume); // all in the custody account, which holds less than 2^33
        emit AuctionOpened(id, volume);

        _checkSettled(_settle(a, seller, CUSTODY, lots, 0, Settlement.Hold, _reference(id, NO_BID)));
    }

    /// @inheritdoc IAuction
    function setConsent(MarketId market, uint256 lots) external {
        ParticipantId seller = _trader(msg.sender);
        _consents[seller][market] = lots;
        emit ConsentSet(seller, market, lots);
    }

    // ------------------------------------------------------------------ sealed bids

    /// @inheritdoc IAuction
    function commit(AuctionId id, bytes32 commitment, uint256 deposit) external returns (uint256 bid) {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkBidding(id, a, BidForm.Sealed);
        ParticipantId participant = _trader(msg.sender);
        if (deposit < a.terms.leastDeposit) revert AuctionDepositShort(deposit, a.terms.leastDeposit);

        bid = _newBid(id, a);
        a.commitments[bid] = commitment;
        a.bids[bid].participant = participant;
        a.bids[bid].held = uint56(deposit); // the ledger refuses 2^51
        a.bids[bid].status = BidStatus.Committed;
        emit BidCommitted(id, bid, participant, commitment, deposit);

        _takeCash(a, participant, deposit, _reference(id, bid));
    }

    /// @inheritdoc IAuction
    function reveal(AuctionId id, uint256 bid, uint256 tick, uint256 lots, bytes32 salt) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, a.terms.revealFrom, a.terms.revealUntil);
        Bid memory b = a.bids[bid];
        if (b.status != BidStatus.Committed) revert AuctionBidStatus(id, bid, b.status);
        bytes32 found = bidHash(id, b.participant, tick, lots, salt);
        if (found != a.commitments[bid]) revert AuctionWrongOpening(a.commitments[bid], found);
        uint256 value = _checkBid(a, tick, lots);
        uint256 needed = (value * a.terms.depositPpm + PPM - 1) / PPM;
        if (b.held < needed) revert AuctionDepositShort(b.held, needed);

        delete a.commitments[bid];
        if (b.held < value && !_collectRest(id, a, b, value, bid)) {
            a.bids[bid].status = BidStatus.Refused;
            emit BidRefused(id, bid, b.participant);
            return;
        }
        if (b.held < value) b.held = uint56(value); // held in the ledger: below 2^51
        _addToDemand(id, a, bid, b, tick, lots);
    }

    /// @dev Collects the payment beyond the deposit. False when the account is frozen, which is no fault of the bidder.
    function _collectRest(AuctionId id, StoredAuction storage a, Bid memory b, uint256 value, uint256 bid)
        private
        returns (bool)
    {
        bytes memory why = _settle(a, CUSTODY, b.participant, 0, value - b.held, Settlement.Trade, _reference(id, bid));
        if (why.length == 0) return true;
        if (!_account(a, b.participant).frozen) _checkSettled(why);
        return false;
    }

    /// @inheritdoc IAuction
    function endCommitments(AuctionId id) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkOfficer(a.terms.market);
        _checkTime(id, a.terms.commitUntil, a.terms.revealFrom);
        if (a.state.drawBlock != 0) revert AuctionNothingToDo(id);

        a.state.drawBlock = uint48(block.number); // a block a nanosecond for three days, or a second for ever
        emit CommitmentsEnded(id, block.number);
    }

    /// @inheritdoc IAuction
    function drawSeed(AuctionId id, bytes32 secret) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, a.terms.commitUntil, a.terms.revealFrom);
        AuctionState storage s = a.state;
        if (s.drawn) revert AuctionNothingToDo(id);
        bytes32 found = keccak256(abi.encode(secret));
        if (found != a.terms.seedCommitment) revert AuctionWrongOpening(a.terms.seedCommitment, found);
        bytes32 chance = s.drawBlock == 0 ? bytes32(0) : blockhash(s.drawBlock);
        if (chance == 0) revert AuctionNoBlockHash(s.drawBlock);

        s.drawn = true;
        s.seed = keccak256(abi.encode(secret, chance));
        emit SeedDrawn(id, secret, s.seed);
    }

    /// @inheritdoc IAuction
    function openReserve(AuctionId id, uint256 reserveTick, bytes32 salt) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, a.terms.revealUntil, a.terms.deliverFrom);
        bytes32 found = reserveHash(reserveTick, salt);
        if (found != a.terms.reserveCommitment) revert AuctionWrongOpening(a.terms.reserveCommitment, found);
        _checkTerm(reserveTick != 0 && reserveTick <= MAX_TICK, "reserveTick");

        a.state.reserve = uint16(reserveTick); // checked
        emit ReserveOpened(id, reserveTick);
    }

    // ------------------------------------------------------------------ open bids

    /// @inheritdoc IAuction
    function place(AuctionId id, uint256 tick, uint256 lots, uint256 replaced) external returns (uint256 bid) {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkBidding(id, a, BidForm.Open);
        ParticipantId participant = _trader(msg.sender);
        uint256 value = _checkBid(a, tick, lots);
        if (tick < a.state.reserve) revert AuctionNotHigher(tick, a.state.reserve);

        bid = _newBid(id, a);
        uint256 due = value;
        if (replaced != NO_BID) due -= _replaceBid(id, a, replaced, participant, tick, lots, bid);
        Bid memory b;
        b.participant = participant;
        b.held = uint56(value); // held in the ledger: below 2^51
        _addToDemand(id, a, bid, b, tick, lots);

        _takeCash(a, participant, due, _reference(id, bid));
    }

    /// @dev Replaces a bid by a higher one for no fewer lots: a bid cannot be reduced.
    /// @return held Payment for it, which goes over and is less than the new bid's value.
    function _replaceBid(
        AuctionId id,
        StoredAuction storage a,
        uint256 replaced,
        ParticipantId participant,
        uint256 tick,
        uint256 lots,
        uint256 by
    ) private returns (uint256 held) {
        Bid storage old = a.bids[replaced];
        if (old.status != BidStatus.Revealed) revert AuctionBidStatus(id, replaced, old.status);
        if (old.participant != participant) revert AuctionForeignBid(id, replaced);
        if (tick <= old.tick) revert AuctionNotHigher(tick, old.tick);
        if (lots < old.lots) revert AuctionNotHigher(lots, old.lots);
        held = old.held;
        old.held = 0;
        old.status = BidStatus.Replaced;
        a.demand.remove(old.tick, old.lots);
        a.revealed[participant] -= old.lots;
        emit BidReplaced(id, replaced, by);
    }

    // ------------------------------------------------------------------ bids of both forms

    function _checkBidding(AuctionId id, StoredAuction storage a, BidForm form) private view {
        if (a.terms.form != form) revert AuctionWrongForm(id, a.terms.form);
        _checkTime(id, a.terms.commitFrom, a.terms.commitUntil);
    }

    function _newBid(AuctionId id, StoredAuction storage a) private returns (uint256 bid) {
        bid = a.state.bids;
        if (bid == a.terms.maximumBids) revert AuctionFull(id, bid);
        a.state.bids = uint16(bid + 1); // at most the maximum, of 16 bits
    }

    /// @return value [0.0001 currency]
    function _checkBid(StoredAuction storage a, uint256 tick, uint256 lots) private view returns (uint256 value) {
        uint256 multiple = a.terms.multiple;
        if (tick == 0 || tick > MAX_TICK || lots == 0 || lots > type(uint40).max || lots % multiple != 0) {
            revert AuctionBadBid(tick, lots, multiple);
        }
        return lots * _price(a, tick); // 40 and 40 bits
    }

    /// @dev Adds a bid that is paid for to the demand.
    function _addToDemand(AuctionId id, StoredAuction storage a, uint256 bid, Bid memory b, uint256 tick, uint256 lots)
        private
    {
        uint256 all = a.revealed[b.participant] + lots;
        uint256 limit = _limit(a);
        if (all > limit) revert AuctionOverLimit(b.participant, all, limit);

        a.revealed[b.participant] = all;
        b.tick = uint16(tick); // checked by {_checkBid}
        b.lots = uint40(lots);
        b.status = BidStatus.Revealed;
        a.bids[bid] = b;
        a.demand.add(tick, lots);
        emit BidRevealed(id, bid, b.participant, tick, lots, b.held);
    }

    // ------------------------------------------------------------------ clearing

    /// @inheritdoc IAuction
    function clear(AuctionId id, uint256 levels) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, a.terms.revealUntil, type(uint256).max);
        if (levels > MAX_LEVELS) revert AuctionTooManyItems(levels, MAX_LEVELS);
        AuctionState storage s = a.state;
        uint256 reserve = s.reserve;
        if (reserve == 0) {
            if (block.timestamp < a.terms.deliverFrom) revert AuctionReserveSealed(id);
            return _cancel(id, s, "reserve not opened");
        }

        uint256 volume = s.volume;
        uint256 tick = s.cursor;
        uint256 demand = s.demand;
        for (uint256 i; i < levels; ++i) {
            uint256 next = a.demand.highest(tick == 0 ? MAX_TICK : tick - 1);
            if (next < reserve) return _clearUndersubscribed(id, a, tick, demand);
            tick = next;
            (uint256 lots, uint256 bids) = a.demand.level(tick);
            demand += lots;
            if (demand >= volume) return _clearAt(id, a, tick, lots, volume + lots - demand, bids, volume);
        }
        s.cursor = uint16(tick); // a tick
        s.demand = uint56(demand); // below 2^45, see {Demand}
        emit AuctionCounted(id, tick, demand);
    }

    /// @dev All bids that reach the reserve are for fewer lots than there are; the lowest is at `tick`, 0 without any.
    function _clearUndersubscribed(AuctionId id, StoredAuction storage a, uint256 tick, uint256 demand) private {
        if (tick == 0) return _cancel(id, a.state, "no bids");
        // Below 2^45 · 2^20 each; nothing is rounded.
        if (demand * PPM < uint256(a.state.volume) * a.terms.minimumPpm) {
            return _cancel(id, a.state, "undersubscribed");
        }
        (uint256 lots, uint256 bids) = a.demand.level(tick);
        a.state.demand = uint56(demand); // as in {clear}
        _clearAt(id, a, tick, lots, lots, bids, demand);
    }

    /// @dev `rest` lots are left for bids at `tick`, which want `marginal`.
    function _clearAt(
        AuctionId id,
        StoredAuction storage a,
        uint256 tick,
        uint256 marginal,
        uint256 rest,
        uint256 bids,
        uint256 sold
    ) private {
        AuctionState storage s = a.state;
        uint256 floorPpm = a.terms.floorPpm;
        if (floorPpm != 0 && _price(a, tick) * PPM < exchangePrice(a.terms.market) * floorPpm) {
            return _cancel(id, s, "below the exchange's price");
        }
        s.stage = AuctionStage.Cleared;
        s.tick = uint16(tick); // a tick
        s.cursor = uint16(tick);
        s.marginal = uint56(marginal); // as the demand
        s.rest = uint40(rest); // part of the volume, as are lots of bids above `tick`
        s.marginalBids = uint16(bids); // part of all bids
        emit AuctionCleared(id, tick, sold, marginal, rest);
    }

    // ------------------------------------------------------------------ ties

    /// @inheritdoc IAuction
    function rank(AuctionId id, uint256[] calldata bids) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Cleared);
        if (bids.length > MAX_BIDS) revert AuctionTooManyItems(bids.length, MAX_BIDS);
        AuctionState storage s = a.state;
        if (_tie(a) != TieRule.Random || s.rest == s.marginal) revert AuctionNothingToDo(id);
        bytes32 seed = s.seed;
        uint256 last = s.lastKey;
        uint256 given = s.given;
        uint256 rest = s.rest;
        for (uint256 i; i < bids.length; ++i) {
            Bid storage b = a.bids[bids[i]];
            uint256 key = rankKey(seed, bids[i]);
            // Keys rise, so none comes twice; when as many have come as there are, all have.
            // Only a sealed bid that was revealed has a price.
            if (key <= last || b.tick != s.tick) revert AuctionBadRank(bids[i]);
            last = key;
            uint256 lots = b.lots < rest - given ? b.lots : rest - given;
            if (lots == 0) continue;
            given += lots;
            b.won = uint40(lots); // at most the bid's own
        }
        s.lastKey = last;
        s.given = uint40(given); // at most `rest`
        s.ranked += uint16(bids.length); // at most the marginal bids
        emit BidsRanked(id, bids, given);
    }

    /// @dev The tie rule that applies: without a seed no order is drawn.
    function _tie(StoredAuction storage a) private view returns (TieRule tie) {
        tie = a.terms.tie;
        if (tie == TieRule.Random && !a.state.drawn) tie = TieRule.ProRata;
    }

    // ------------------------------------------------------------------ settlement

    /// @dev Totals of one call, stored at its end.
    struct Totals {
        AuctionStage stage;
        bool rationed; //    not all bids at the clearing price are served in full
        TieRule tie;
        uint256 seen;
        uint256 delivered;
        uint256 proceeds;
        uint256 forfeited;
    }

    /// @inheritdoc IAuction
    function settle(AuctionId id, uint256 count) external {
        if (count > MAX_BIDS) revert AuctionTooManyItems(count, MAX_BIDS);
        StoredAuction storage a = _stored(id);
        AuctionState storage s = a.state;
        Totals memory t = Totals(s.stage, s.rest < s.marginal, _tie(a), s.seen, s.delivered, s.proceeds, s.forfeited);
        if (t.stage == AuctionStage.Cleared) {
            _checkTime(id, a.terms.deliverFrom, type(uint256).max);
            if (t.rationed && t.tie == TieRule.Random && s.ranked != s.marginalBids) {
                revert AuctionNotRanked(id, s.ranked, s.marginalBids);
            }
        } else if (t.stage != AuctionStage.Cancelled) {
            revert AuctionWrongStage(id, t.stage);
        }

        uint256 bid = s.settled;
        uint256 end = bid + count < s.bids ? bid + count : s.bids;
        for (; bid < end; ++bid) {
            _settleBid(id, a, t, bid);
        }
        s.settled = uint16(end); // of 16 bits
        s.seen = uint56(t.seen); // at most `marginal`
        s.delivered = uint40(t.delivered); // at most the volume
        s.proceeds = uint64(t.proceeds); // of cash in custody, below 2^51
        s.forfeited = uint64(t.forfeited);
        if (end == s.bids) _close(id, a);
    }

    function _settleBid(AuctionId id, StoredAuction storage a, Totals memory t, uint256 bid) private {
        Bid memory b = a.bids[bid];
        if (b.status == BidStatus.Replaced) return;
        uint256 lots;
        uint256 paid;
        uint256 forfeited;
        if (b.status == BidStatus.Committed) {
            if (!a.state.returned) forfeited = b.held;
        } else if (b.status == BidStatus.Revealed && t.stage == AuctionStage.Cleared) {
            uint256 won = _allotted(a, t, b);
            if (won != 0) {
                uint256 price = _price(a, a.terms.pricing == PriceRule.AsBid ? b.tick : a.state.tick);
                bool over;
                (lots, over) = _deliver(id, a, b.participant, won, bid);
                paid = lots * price;
                if (over) forfeited = ((won - lots) * price * a.terms.depositPpm + PPM - 1) / PPM;
            }
        }
        a.bids[bid].status = BidStatus.Settled;
        uint256 refund = b.held - paid - forfeited; // a revealed bid holds its price for all its lots
        t.delivered += lots;
        t.proceeds += paid;
        t.forfeited += forfeited;
        emit BidSettled(id, bid, b.participant, lots, paid, forfeited, refund);

        _payCash(a, b.participant, refund, _reference(id, bid));
    }

    /// @dev Lots of a revealed bid in a cleared auction.
    function _allotted(StoredAuction storage a, Totals memory t, Bid memory b) private view returns (uint256) {
        uint256 tick = a.state.tick;
        if (b.tick != tick) return b.tick > tick ? b.lots : 0;
        if (!t.rationed) return b.lots;
        if (t.tie == TieRule.Random) return b.won;
        uint256 before = t.seen;
        t.seen = before + b.lots;
        uint256 rest = a.state.rest;
        if (t.tie == TieRule.Time) {
            if (before >= rest) return 0;
            return b.lots < rest - before ? b.lots : rest - before;
        }
        // Cumulative allotment, rounded down to the multiple; each bid gets its difference.
        uint256 multiple = a.terms.multiple;
        uint256 marginal = a.state.marginal;
        return (t.seen * rest / (marginal * multiple) - before * rest / (marginal * multiple)) * multiple;
    }

    /// @dev Delivers up to the buyer's holding limit, in whole multiples.
    /// @return delivered [lots]
    /// @return over True when the holding limit was short; any other failure is no fault of the buyer.
    function _deliver(AuctionId id, StoredAuction storage a, ParticipantId to, uint256 lots, uint256 bid)
        private
        returns (uint256 delivered, bool over)
    {
        uint256 ref = _reference(id, bid);
        if (_settle(a, CUSTODY, to, lots, 0, Settlement.Trade, ref).length == 0) return (lots, false);
        // A failed delivery does not block the remaining settlements.
        int256 room = _account(a, to).room;
        if (room >= int256(lots)) return (0, false); // 40 bits
        over = true;
        if (room <= 0) return (0, true);
        delivered = uint256(room) - uint256(room) % a.terms.multiple; // positive
        if (delivered != 0 && _settle(a, CUSTODY, to, delivered, 0, Settlement.Trade, ref).length != 0) delivered = 0;
    }

    function _close(AuctionId id, StoredAuction storage a) private {
        AuctionState storage s = a.state;
        uint256 unsold = s.volume - s.delivered;
        bool back = a.terms.spread == 0 && unsold != 0;
        s.stage = AuctionStage.Closed;
        if (!back) s.unsold = uint40(unsold); // part of the volume
        emit AuctionClosed(id, s.delivered, s.proceeds, s.forfeited, unsold);

        _payCash(a, a.terms.proceeds, s.proceeds, _reference(id, NO_BID));
        _payCash(a, a.terms.forfeits, s.forfeited, _reference(id, NO_BID));
        if (back) _returnLots(id, a, unsold);
        if (s.delivered == 0) return;
        // Lots sold no longer count against the seller's holding limit; another settling contract may have said so already.
        try EXCHANGE.disown(a.terms.market, a.terms.seller, s.delivered) {} catch {}
    }

    // ------------------------------------------------------------------ cancelled auctions

    /// @inheritdoc IAuction
    function cancel(AuctionId id, bytes32 reason) external {
        StoredAuction storage a = _stored(id);
        AuctionState storage s = a.state;
        if (s.stage == AuctionStage.Announced && block.timestamp >= a.terms.commitFrom) {
            // The seller's lots did not come: there was no bidding.
        } else if (s.stage == AuctionStage.Announced || s.stage == AuctionStage.Open) {
            _checkOfficer(a.terms.market);
            _checkTime(id, 0, a.terms.form == BidForm.Sealed ? a.terms.revealFrom : a.terms.commitUntil);
            s.returned = true;
        } else {
            revert AuctionWrongStage(id, s.stage);
        }
        _cancel(id, s, reason);
    }

    function _cancel(AuctionId id, AuctionState storage s, bytes32 reason) private {
        s.stage = AuctionStage.Cancelled;
        emit AuctionCancelled(id, reason);
    }

    // ------------------------------------------------------------------ unsold lots

    /// @inheritdoc IAuction
    function carry(AuctionId id, AuctionId[] calldata next) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Closed);
        _checkOfficer(a.terms.market);
        uint256 unsold = a.state.unsold;
        if (unsold == 0) revert AuctionNothingUnsold(id);
        if (next.length != a.terms.spread) revert AuctionTooManyItems(next.length, a.terms.spread);

        a.state.unsold = 0;
        uint256 multiple = a.terms.multiple;
        uint256 left = unsold / multiple; // of multiples: volume and deliveries are made of them
        AuctionId before = id;
        for (uint256 i; i < next.length; ++i) {
            uint256 share = left / (next.length - i);
            if (share * (next.length - i) != left) ++share; // what does not divide goes to the first ones
            left -= share;
            _carryTo(id, a, before, next[i], share * multiple);
            before = next[i];
        }
    }

    function _carryTo(AuctionId id, StoredAuction storage a, AuctionId before, AuctionId to, uint256 lots) private {
        StoredAuction storage n = _stored(to);
        if (n.state.stage != AuctionStage.Announced && n.state.stage != AuctionStage.Open) {
            revert AuctionWrongStage(to, n.state.stage);
        }
        _checkTime(to, 0, n.terms.commitFrom);
        if (
            AuctionId.unwrap(to) <= AuctionId.unwrap(before) || n.terms.market != a.terms.market
                || n.terms.seller != a.terms.seller || n.terms.multiple != a.terms.multiple
        ) revert AuctionBadTerms("next");
        n.state.volume += uint40(lots); // in the custody account, which holds less than 2^33
        emit UnsoldCarried(id, to, lots);
    }

    /// @inheritdoc IAuction
    function reclaim(AuctionId id) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Closed);
        uint256 unsold = a.state.unsold;
        if (unsold == 0) revert AuctionNothingUnsold(id);
        _checkTime(id, a.terms.deliverFrom + CARRY_TIME, type(uint256).max);
        a.state.unsold = 0;
        emit UnsoldReturned(id, a.terms.seller, unsold);

        _returnLots(id, a, unsold);
    }

    // ------------------------------------------------------------------ checks

    function _stored(AuctionId id) private view returns (StoredAuction storage a) {
        a = _auctions[id];
        if (a.state.stage == AuctionStage.None) revert AuctionUnknown(id);
    }

    function _atStage(AuctionId id, AuctionStage needed) private view returns (StoredAuction storage a) {
        a = _stored(id);
        if (a.state.stage != needed) revert AuctionWrongStage(id, a.state.stage);
    }

    /// @dev Reverts unless now is in `[from, until)` [s].
    function _checkTime(AuctionId id, uint256 from, uint256 until) private view {
        if (block.timestamp < from || block.timestamp >= until) revert AuctionNotNow(id, from, until);
    }

    function _checkOfficer(MarketId market) private view {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
    }

    /// @dev The participant of a wallet that may trade now.
    function _trader(address wallet) private view returns (ParticipantId) {
        (ParticipantId participant, bool may) = _walletOf(wallet);
        if (!may) revert AuctionNotTrader(wallet);
        return participant;
    }

    function _walletOf(address wallet) private view returns (ParticipantId participant, bool may) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(wallet);
        may = ParticipantId.unwrap(participant) != 0 && rights & PackedWalletLib.TRADE != 0
            && status == PackedWalletLib.ACTIVE;
    }

    function _limit(StoredAuction storage a) private view returns (uint256 limit) {
        limit = a.terms.limitLots;
        if (limit == 0) limit = type(uint256).max;
        uint256 ppm = a.terms.limitPpm;
        if (ppm == 0) return limit;
        uint256 share = a.state.volume * ppm / PPM;
        return share < limit ? share : limit;
    }

    /// @dev [0.0001 currency a lot]
    function _price(StoredAuction storage a, uint256 tick) private view returns (uint256) {
        return tick * a.terms.tickSize;
    }

    // ------------------------------------------------------------------ ledger

    function _account(StoredAuction storage a, ParticipantId participant) private view returns (Account memory) {
        return EXCHANGE.account(participant, a.terms.market);
    }

    /// @dev Moves lots, and cash the other way; all movements go through here.
    /// @return why Empty when it was done, else the Exchange's error.
    function _settle(
        StoredAuction storage a,
        ParticipantId from,
        ParticipantId to,
        uint256 lots,
        uint256 cash,
        Settlement kind,
        uint256 ref
    ) private returns (bytes memory why) {
        try EXCHANGE.settle(a.terms.market, from, to, lots, cash, kind, bytes32(ref)) {}
        catch (bytes memory reason) {
            why = reason;
        }
    }

    /// @dev Moves cash of a bidder into custody: a `Trade` of no lots.
    function _takeCash(StoredAuction storage a, ParticipantId from, uint256 cash, uint256 ref) private {
        _checkSettled(_settle(a, CUSTODY, from, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Moves cash out of custody.
    function _payCash(StoredAuction storage a, ParticipantId to, uint256 cash, uint256 ref) private {
        if (cash != 0) _checkSettled(_settle(a, to, CUSTODY, 0, cash, Settlement.Trade, ref));
    }

    /// @dev Returns lots to the seller.
    function _returnLots(AuctionId id, StoredAuction storage a, uint256 lots) private {
        _checkSettled(_settle(a, CUSTODY, a.terms.seller, lots, 0, Settlement.Return, _reference(id, NO_BID)));
    }

    /// @dev Reverts with the Exchange's own error, if there is one.
    function _checkSettled(bytes memory why) private pure {
        if (why.length == 0) return;
        assembly ("memory-safe") {
            revert(add(why, 32), mload(why))
        }
    }

    /// @dev Reference of a movement in the Exchange's events: `auction 32 | bid 32`, all ones where it is of no bid.
    function _reference(AuctionId id, uint256 bid) private pure returns (uint256) {
        return (uint256(AuctionId.unwrap(id)) << 32) | uint32(bid); // numbers of bids have 16 bits
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IAuction
    function auction(AuctionId id) external view returns (AuctionState memory) {
        _return(abi.encode(_stored(id).state));
    }

    /// @inheritdoc IAuction
    function bidOf(AuctionId id, uint256 bid) external view returns (Bid memory) {
        _return(abi.encode(_auctions[id].bids[bid]));
    }

    /// @dev Answers the call with data encoded straight from storage: less code than a copy in memory takes.
    function _return(bytes memory encoded) private pure {
        assembly ("memory-safe") {
            return(add(encoded, 32), mload(encoded))
        }
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
        return _limit(_stored(id));
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
        slots[0] = BookStore.marketDataSlot(MarketId.unwrap(market));
        slots[1] = BookStore.configSlot(MarketId.unwrap(market));
        uint256[] memory words = EXCHANGE.load(slots);
        PackedMarket data = PackedMarket.wrap(words[0]);
        uint256 volume = data.volume();
        return volume == 0 ? PackedMarketConfig.wrap(words[1]).price(data.last()) : data.turnover() / volume;
    }
}
