// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    Bid,
    BidForm,
    BidStatus,
    IAuctionCore,
    PriceRule,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {IAuctionExtension} from "../../interfaces/market/IAuctionExtension.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {BookStore} from "../book/BookStore.sol";
import {Extendable} from "../lib/Extendable.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {AuctionCustody} from "./AuctionCustody.sol";
import {AuctionExtension} from "./AuctionExtension.sol";
import {Demand} from "./lib/Demand.sol";
import {Groups} from "./lib/Groups.sol";

/// @title Auction
/// @notice Auctions of one seller's lots: sealed bids with deposits, or one-way bidding in the open.
/// @dev A bid costs the same however many there are: revealing adds it to the demand at its price, clearing walks down the
/// prices once, settling takes one bid after the other; all three in calls of any size. All else: {AuctionExtension}.
contract Auction is AuctionCustody, Extendable, IAuctionCore {
    using Demand for Demand.Curve;

    uint256 private constant MAX_LEVELS = 2_000;
    uint256 private constant MAX_BIDS = 200;

    /// @inheritdoc IAuctionCore
    uint256 public constant NO_BID = NONE;

    constructor(IExchange exchange) AuctionCustody(exchange) Extendable(address(new AuctionExtension(exchange))) {}

    // ------------------------------------------------------------------ sealed bids

    /// @inheritdoc IAuctionCore
    function commit(AuctionId id, bytes32 commitment, uint256 deposit) external returns (uint256 bid) {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkBidding(id, a, BidForm.Sealed);
        ParticipantId participant = _trader(msg.sender);
        if (deposit < a.terms.leastDeposit) revert AuctionDepositShort(deposit, a.terms.leastDeposit);

        uint24 group;
        (bid, group) = _newBid(id, a, participant);
        a.commitments[bid] = commitment;
        Bid memory b;
        (b.participant, b.group, b.status) = (participant, group, BidStatus.Committed);
        b.held = uint56(deposit); // the ledger refuses 2^51
        a.bids[bid] = b;
        emit BidCommitted(id, bid, participant, group, commitment, deposit);

        _takeCash(a, participant, deposit + a.terms.placeFee, _reference(id, bid));
    }

    /// @inheritdoc IAuctionCore
    function reveal(AuctionId id, uint256 bid, uint256 tick, uint256 lots, bytes32 salt) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, a.terms.revealFrom, _revealUntil(a));
        Bid memory b = a.bids[bid];
        if (b.status != BidStatus.Committed) revert AuctionBidStatus(id, bid, b.status);
        bytes32 found = bidHash(id, b.participant, tick, lots, salt);
        if (found != a.commitments[bid]) revert AuctionWrongOpening(a.commitments[bid], found);
        uint256 value = _checkBid(a, tick, lots);
        // A bid that could never win keeps its place and loses its deposit.
        if (tick < a.state.reserve) revert AuctionNotHigher(tick, a.state.reserve);
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
        if (!EXCHANGE.account(b.participant, a.terms.market).frozen) _checkSettled(why);
        return false;
    }

    // ------------------------------------------------------------------ open bids

    /// @inheritdoc IAuctionCore
    function place(AuctionId id, uint256 tick, uint256 lots, uint256 replaced) external returns (uint256 bid) {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkBidding(id, a, BidForm.Open);
        ParticipantId participant = _trader(msg.sender);
        uint256 value = _checkBid(a, tick, lots);
        if (tick < a.state.reserve) revert AuctionNotHigher(tick, a.state.reserve);

        Bid memory b;
        b.participant = participant;
        (bid, b.group) = _newBid(id, a, participant);
        uint256 due = value + a.terms.placeFee;
        if (replaced != NO_BID) due -= _replaceBid(id, a, replaced, participant, tick, lots, bid);
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
        a.bidders[_bidderKey(participant, old.group)].lots -= old.lots;
        emit BidReplaced(id, replaced, by);
    }

    // ------------------------------------------------------------------ bids of both forms

    function _checkBidding(AuctionId id, StoredAuction storage a, BidForm form) private view {
        if (a.terms.form != form) revert AuctionWrongForm(id, a.terms.form);
        _checkTime(id, a.terms.commitFrom, form == BidForm.Open ? _revealUntil(a) : a.terms.commitUntil);
        _checkNotBarred(id, a.terms.market);
    }

    /// @dev Lots of a locked batch are not delivered, and a bid for them would lose the fee of its place.
    function _checkNotBarred(AuctionId id, MarketId market) private view {
        uint256[] memory slots = new uint256[](1);
        slots[0] = BookStore.marketDataSlot(MarketId.unwrap(market));
        if (PackedMarket.wrap(EXCHANGE.load(slots)[0]).barred()) revert AuctionMarketBarred(id, market);
    }

    /// @dev The next place, of the participant's or its group's share.
    function _newBid(AuctionId id, StoredAuction storage a, ParticipantId participant)
        private
        returns (uint256 bid, uint24 group)
    {
        bid = a.state.bids;
        if (bid == a.terms.maximumBids) revert AuctionFull(id, bid);
        a.state.bids = uint16(bid + 1); // at most the maximum, of 16 bits

        group = Groups.groupOf(PARTICIPANTS, participant);
        Bidder storage bidder = a.bidders[_bidderKey(participant, group)];
        uint256 taken = bidder.bids;
        if (taken == a.terms.bidsEach) revert AuctionShareFull(id, participant, group, taken);
        bidder.bids = uint16(taken + 1); // likewise
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
        Bidder storage bidder = a.bidders[_bidderKey(b.participant, b.group)];
        uint256 all = bidder.lots + lots;
        uint256 limit = _limit(a);
        if (all > limit) revert AuctionOverLimit(b.participant, all, limit);

        bidder.lots = uint56(all); // as the demand, below 2^45, see {Demand}
        b.tick = uint16(tick); // checked by {_checkBid}
        b.lots = uint40(lots);
        b.status = BidStatus.Revealed;
        a.bids[bid] = b;
        a.demand.add(tick, lots);
        emit BidRevealed(id, bid, b.participant, b.group, tick, lots, b.held);
    }

    // ------------------------------------------------------------------ clearing

    /// @inheritdoc IAuctionCore
    function clear(AuctionId id, uint256 levels) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, _revealUntil(a), type(uint256).max);
        if (levels > MAX_LEVELS) revert AuctionTooManyItems(levels, MAX_LEVELS);
        AuctionState storage s = a.state;
        uint256 reserve = s.reserve;
        if (reserve == 0) {
            if (block.timestamp < _deliverFrom(a)) revert AuctionReserveSealed(id);
            return _return(id, s, "reserve not opened");
        }
        // Who knows the secret knows the order before it is drawn: withholding it must not buy another rule for ties.
        if (a.terms.tie == TieRule.Random && !s.drawn) return _return(id, s, "order not drawn");

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
        if (floorPpm != 0) {
            uint256 price = IAuctionExtension(address(this)).floorPrice(id);
            if (_price(a, tick) * PPM < price * floorPpm) return _cancel(id, s, "below the exchange's price");
        }
        s.stage = AuctionStage.Cleared;
        s.tick = uint16(tick); // a tick
        s.cursor = uint16(tick); // `demand` stays without this level: from here on nothing reads it
        s.marginal = uint56(marginal); // as the demand
        s.rest = uint40(rest); // part of the volume, as are lots of bids above `tick`
        s.marginalBids = uint16(bids); // part of all bids
        emit AuctionCleared(id, tick, sold, marginal, rest);
    }

    // ------------------------------------------------------------------ ties

    /// @inheritdoc IAuctionCore
    function rank(AuctionId id, uint256 last, uint256 count) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Cleared);
        if (count > MAX_LEVELS) revert AuctionTooManyItems(count, MAX_LEVELS);
        AuctionState storage s = a.state;
        uint256 rest = s.rest;
        if (a.terms.tie != TieRule.Random || rest >= s.marginal || s.ranked) revert AuctionNothingToDo(id);
        uint256 tick = s.tick;
        uint256 lots = a.bids[last].lots;
        if (a.bids[last].tick != tick || a.bids[last].status != BidStatus.Revealed) revert AuctionBadRank(last);

        (uint256 seen, uint256 before) = _countBefore(a, last, count, tick);
        if (seen < s.bids) {
            a.rankings[last] = Ranking(uint16(seen), uint56(before)); // a bid's number; part of the demand
            return;
        }
        if (before >= rest || before + lots < rest) revert AuctionBadRank(last);
        s.ranked = true;
        s.lastBid = uint16(last); // it exists
        s.lastLots = uint40(rest - before); // at most `rest`
        emit BidsRanked(id, last, rest - before);
    }

    /// @dev Goes on counting lots of tied bids that the drawing put before `last`.
    function _countBefore(StoredAuction storage a, uint256 last, uint256 count, uint256 tick)
        private
        view
        returns (uint256 seen, uint256 before)
    {
        bytes32 seed = a.state.seed;
        uint256 lastKey = rankKey(seed, last);
        (seen, before) = (a.rankings[last].seen, a.rankings[last].before);
        uint256 end = seen + count < a.state.bids ? seen + count : a.state.bids;
        for (; seen < end; ++seen) {
            Bid storage b = a.bids[seen];
            // Only a sealed bid that was revealed has a price.
            if (b.tick == tick && rankKey(seed, seen) < lastKey) before += b.lots;
        }
    }

    // ------------------------------------------------------------------ settlement

    /// @dev Totals of one call, stored at its end.
    struct Totals {
        AuctionStage stage;
        bool rationed; //    not all bids at the clearing price are served in full
        bool returned;
        TieRule tie;
        uint256 fee; //      of a place
        uint256 seen;
        uint256 delivered;
        uint256 proceeds;
        uint256 forfeited;
    }

    /// @inheritdoc IAuctionCore
    function settle(AuctionId id, uint256 count) external {
        _requireUnpaused();
        if (count > MAX_BIDS) revert AuctionTooManyItems(count, MAX_BIDS);
        StoredAuction storage a = _stored(id);
        AuctionState storage s = a.state;
        Totals memory t = Totals(
            s.stage,
            s.rest < s.marginal,
            s.returned,
            a.terms.tie,
            a.terms.placeFee,
            s.seen,
            s.delivered,
            s.proceeds,
            s.forfeited
        );
        if (t.stage == AuctionStage.Cleared) {
            _checkTime(id, a.terms.deliverFrom, type(uint256).max);
            if (t.rationed && t.tie == TieRule.Random && !s.ranked) revert AuctionNotRanked(id);
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
        uint256 lots;
        uint256 paid;
        uint256 forfeited = t.returned || b.status == BidStatus.Refused ? 0 : t.fee;
        if (b.status == BidStatus.Committed) {
            if (!t.returned) forfeited += b.held;
        } else if (b.status == BidStatus.Revealed && t.stage == AuctionStage.Cleared) {
            uint256 won = _allotted(a, t, b, bid);
            if (won != 0) {
                uint256 price = _price(a, a.terms.pricing == PriceRule.AsBid ? b.tick : a.state.tick);
                bool over;
                (lots, over) = _deliver(id, a, b.participant, won, bid);
                paid = lots * price;
                if (over) forfeited += ((won - lots) * price * a.terms.depositPpm + PPM - 1) / PPM;
            }
        }
        a.bids[bid].status = BidStatus.Settled;
        uint256 refund = b.held + t.fee - paid - forfeited; // a revealed bid holds its price for all its lots
        t.delivered += lots;
        t.proceeds += paid;
        t.forfeited += forfeited;
        emit BidSettled(id, bid, b.participant, lots, paid, forfeited, refund);

        _payCash(a, b.participant, refund, _reference(id, bid));
    }

    /// @dev Lots of a revealed bid in a cleared auction.
    function _allotted(StoredAuction storage a, Totals memory t, Bid memory b, uint256 bid)
        private
        view
        returns (uint256)
    {
        uint256 tick = a.state.tick;
        if (b.tick != tick) return b.tick > tick ? b.lots : 0;
        if (!t.rationed) return b.lots;
        if (t.tie == TieRule.Random) return _drawn(a.state, b, bid);
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

    /// @dev Lots of a tied bid by the order drawn.
    function _drawn(AuctionState storage s, Bid memory b, uint256 bid) private view returns (uint256) {
        uint256 last = s.lastBid;
        if (bid == last) return s.lastLots;
        return rankKey(s.seed, bid) < rankKey(s.seed, last) ? b.lots : 0;
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
        int256 room = EXCHANGE.account(to, a.terms.market).room;
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

        _paySeller(id, a, s.proceeds);
        _payCash(a, a.terms.forfeits, s.forfeited, _reference(id, NO_BID));
        if (back) _returnLots(id, a, unsold);
        // Lots sold no longer count against the seller's holding limit; another settling contract may have said so already.
        uint256 held = EXCHANGE.heldOf(a.terms.seller, a.terms.market);
        uint256 sold = s.delivered < held ? s.delivered : held;
        if (sold != 0) EXCHANGE.disown(a.terms.market, a.terms.seller, sold);
    }

    function _paySeller(AuctionId id, StoredAuction storage a, uint256 cash) private {
        ParticipantId payee = a.terms.proceeds;
        if (payee != a.terms.seller) return _payCash(a, payee, cash, _reference(id, NO_BID));
        if (cash == 0) return;
        _checkSettled(_settle(a, payee, CUSTODY, 0, cash, Settlement.Proceeds, _reference(id, NO_BID)));
    }

    /// @dev [0.0001 currency a lot]
    function _price(StoredAuction storage a, uint256 tick) private view returns (uint256) {
        return tick * a.terms.tickSize;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IAuctionCore
    function bidHash(AuctionId id, ParticipantId participant, uint256 tick, uint256 lots, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), id, participant, tick, lots, salt));
    }

    /// @inheritdoc IAuctionCore
    function rankKey(bytes32 seed, uint256 bid) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, bid)));
    }
}
