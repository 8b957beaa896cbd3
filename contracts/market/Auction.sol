// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    Bid,
    BidForm,
    BidStatus,
    IAuction,
    PriceRule,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Demand} from "./Demand.sol";
import {AuctionBids} from "./AuctionBids.sol";

/// @title Auction
/// @notice Clearing and settlement. Bids: {AuctionBids}; what is kept: {AuctionStore}.
/// @dev A bid costs the same whatever their number: revealing adds it to the demand at its price, clearing walks down the
/// prices once, settling takes one bid after the other; all three in calls of any size.
contract Auction is AuctionBids {
    using Demand for Demand.Curve;

    uint256 private constant MAX_LEVELS = 2_000;
    uint256 private constant MAX_BIDS = 200;
    uint256 private constant CARRY_TIME = 30 days;

    constructor(IExchange exchange) AuctionBids(exchange) {}

    // ------------------------------------------------------------------ price

    /// @inheritdoc IAuction
    function clear(AuctionId id, uint256 levels) external {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkTime(id, e.terms.revealUntil, type(uint256).max);
        if (levels > MAX_LEVELS) revert AuctionTooManyItems(levels, MAX_LEVELS);
        AuctionState storage s = e.state;
        uint256 reserve = s.reserve;
        if (reserve == 0) {
            if (block.timestamp < e.terms.deliverFrom) revert AuctionReserveSealed(id);
            return _cancel(id, s, "reserve not opened");
        }

        uint256 volume = s.volume;
        uint256 tick = s.cursor;
        uint256 demand = s.demand;
        for (uint256 i; i < levels; ++i) {
            uint256 next = e.demand.highest(tick == 0 ? MAX_TICK : tick - 1);
            if (next < reserve) return _clearShort(id, e, tick, demand);
            tick = next;
            (uint256 lots, uint256 bids) = e.demand.level(tick);
            demand += lots;
            if (demand >= volume) return _clearAt(id, e, tick, lots, volume + lots - demand, bids, volume);
        }
        s.cursor = uint16(tick); // a tick
        s.demand = uint56(demand); // below 2^45, see {Demand}
        emit AuctionCounted(id, tick, demand);
    }

    /// @dev All bids that reach the reserve are for fewer lots than there are; the lowest is at `tick`, 0 without any.
    function _clearShort(AuctionId id, Entry storage e, uint256 tick, uint256 demand) private {
        if (tick == 0) return _cancel(id, e.state, "no bids");
        // Below 2^45 · 2^20 each; nothing is rounded.
        if (demand * PPM < uint256(e.state.volume) * e.terms.minimumPpm) {
            return _cancel(id, e.state, "undersubscribed");
        }
        (uint256 lots, uint256 bids) = e.demand.level(tick);
        e.state.demand = uint56(demand); // as in {clear}
        _clearAt(id, e, tick, lots, lots, bids, demand);
    }

    /// @dev `rest` lots are left for bids at `tick`, which want `marginal`.
    function _clearAt(
        AuctionId id,
        Entry storage e,
        uint256 tick,
        uint256 marginal,
        uint256 rest,
        uint256 bids,
        uint256 sold
    ) private {
        AuctionState storage s = e.state;
        uint256 floorPpm = e.terms.floorPpm;
        if (floorPpm != 0 && _price(e, tick) * PPM < exchangePrice(e.terms.market) * floorPpm) {
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
        Entry storage e = _entryIn(id, AuctionStage.Cleared);
        if (bids.length > MAX_BIDS) revert AuctionTooManyItems(bids.length, MAX_BIDS);
        AuctionState storage s = e.state;
        if (_tie(e) != TieRule.Random || s.rest == s.marginal) revert AuctionNothingToDo(id);
        bytes32 seed = s.seed;
        uint256 last = s.lastKey;
        uint256 given = s.given;
        uint256 rest = s.rest;
        for (uint256 i; i < bids.length; ++i) {
            Bid storage b = e.bids[bids[i]];
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

    // ------------------------------------------------------------------ settlement

    /// @dev What a call has moved, kept out of storage until its end.
    struct Tally {
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
        Entry storage e = _entry(id);
        AuctionState storage s = e.state;
        Tally memory t = Tally(s.stage, s.rest < s.marginal, _tie(e), s.seen, s.delivered, s.proceeds, s.forfeited);
        if (t.stage == AuctionStage.Cleared) {
            _checkTime(id, e.terms.deliverFrom, type(uint256).max);
            if (t.rationed && t.tie == TieRule.Random && s.ranked != s.marginalBids) {
                revert AuctionNotRanked(id, s.ranked, s.marginalBids);
            }
        } else if (t.stage != AuctionStage.Cancelled) {
            revert AuctionWrongStage(id, t.stage);
        }

        uint256 bid = s.settled;
        uint256 end = bid + count < s.bids ? bid + count : s.bids;
        for (; bid < end; ++bid) {
            _settleBid(id, e, t, bid);
        }
        s.settled = uint16(end); // of 16 bits
        s.seen = uint56(t.seen); // at most `marginal`
        s.delivered = uint40(t.delivered); // at most the volume
        s.proceeds = uint64(t.proceeds); // of cash in the house, below 2^51
        s.forfeited = uint64(t.forfeited);
        if (end == s.bids) _close(id, e);
    }

    function _settleBid(AuctionId id, Entry storage e, Tally memory t, uint256 bid) private {
        Bid memory b = e.bids[bid];
        if (b.status == BidStatus.Replaced) return;
        uint256 lots;
        uint256 paid;
        uint256 forfeited;
        if (b.status == BidStatus.Committed) {
            if (!e.state.returned) forfeited = b.held;
        } else if (b.status == BidStatus.Revealed && t.stage == AuctionStage.Cleared) {
            uint256 won = _wonBy(e, t, b);
            if (won != 0) {
                uint256 price = _price(e, e.terms.pricing == PriceRule.AsBid ? b.tick : e.state.tick);
                bool over;
                (lots, over) = _deliver(id, e, b.participant, won, bid);
                paid = lots * price;
                if (over) forfeited = ((won - lots) * price * e.terms.depositPpm + PPM - 1) / PPM;
            }
        }
        e.bids[bid].status = BidStatus.Settled;
        uint256 refund = b.held - paid - forfeited; // a revealed bid holds its price for all its lots
        t.delivered += lots;
        t.proceeds += paid;
        t.forfeited += forfeited;
        emit BidSettled(id, bid, b.participant, lots, paid, forfeited, refund);

        _payCash(e, b.participant, refund, _ref(id, bid));
    }

    /// @dev Lots of a revealed bid in a cleared auction.
    function _wonBy(Entry storage e, Tally memory t, Bid memory b) private view returns (uint256) {
        uint256 tick = e.state.tick;
        if (b.tick != tick) return b.tick > tick ? b.lots : 0;
        if (!t.rationed) return b.lots;
        if (t.tie == TieRule.Random) return b.won;
        uint256 before = t.seen;
        t.seen = before + b.lots;
        uint256 rest = e.state.rest;
        if (t.tie == TieRule.Time) {
            if (before >= rest) return 0;
            return b.lots < rest - before ? b.lots : rest - before;
        }
        // What all so far get together, rounded down to the multiple; each gets the difference it makes.
        uint256 multiple = e.terms.multiple;
        uint256 marginal = e.state.marginal;
        return (t.seen * rest / (marginal * multiple) - before * rest / (marginal * multiple)) * multiple;
    }

    /// @dev Delivers what the buyer may still hold, in whole multiples.
    /// @return delivered [lots]
    /// @return over True when it is the holding limit that stood in the way. Anything else is not laid to the buyer.
    function _deliver(AuctionId id, Entry storage e, ParticipantId to, uint256 lots, uint256 bid)
        private
        returns (uint256 delivered, bool over)
    {
        uint256 ref = _ref(id, bid);
        if (_move(e, HOUSE, to, lots, 0, Settlement.Trade, ref).length == 0) return (lots, false);
        // One buyer does not stop the others.
        int256 room = EXCHANGE.account(to, e.terms.market).room;
        if (room >= int256(lots)) return (0, false); // 40 bits
        over = true;
        if (room <= 0) return (0, true);
        delivered = uint256(room) - uint256(room) % e.terms.multiple; // positive
        if (delivered != 0 && _move(e, HOUSE, to, delivered, 0, Settlement.Trade, ref).length != 0) delivered = 0;
    }

    function _close(AuctionId id, Entry storage e) private {
        AuctionState storage s = e.state;
        uint256 unsold = s.volume - s.delivered;
        bool back = e.terms.spread == 0 && unsold != 0;
        s.stage = AuctionStage.Closed;
        if (!back) s.unsold = uint40(unsold); // part of the volume
        emit AuctionClosed(id, s.delivered, s.proceeds, s.forfeited, unsold);

        _payCash(e, e.terms.proceeds, s.proceeds, _ref(id, NO_BID));
        _payCash(e, e.terms.forfeits, s.forfeited, _ref(id, NO_BID));
        if (back) _returnLots(id, e, unsold);
        if (s.delivered == 0) return;
        // The seller's holding limit counts no more what is sold. Should other desks have said so already, it is well too.
        try EXCHANGE.disown(e.terms.market, e.terms.seller, s.delivered) {} catch {}
    }

    // ------------------------------------------------------------------ without a sale

    /// @inheritdoc IAuction
    function cancel(AuctionId id, bytes32 reason) external {
        Entry storage e = _entry(id);
        AuctionState storage s = e.state;
        if (s.stage == AuctionStage.Announced && block.timestamp >= e.terms.commitFrom) {
            // The seller's lots did not come: nobody could bid.
        } else if (s.stage == AuctionStage.Announced || s.stage == AuctionStage.Open) {
            _checkOfficer(e.terms.market);
            _checkTime(id, 0, e.terms.form == BidForm.Sealed ? e.terms.revealFrom : e.terms.commitUntil);
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
        Entry storage e = _entryIn(id, AuctionStage.Closed);
        _checkOfficer(e.terms.market);
        uint256 unsold = e.state.unsold;
        if (unsold == 0) revert AuctionNothingUnsold(id);
        if (next.length != e.terms.spread) revert AuctionTooManyItems(next.length, e.terms.spread);

        e.state.unsold = 0;
        uint256 multiple = e.terms.multiple;
        uint256 left = unsold / multiple; // of multiples: volume and deliveries are made of them
        AuctionId before = id;
        for (uint256 i; i < next.length; ++i) {
            uint256 share = left / (next.length - i);
            if (share * (next.length - i) != left) ++share; // what does not divide goes to the first ones
            left -= share;
            _carryTo(id, e, before, next[i], share * multiple);
            before = next[i];
        }
    }

    function _carryTo(AuctionId id, Entry storage e, AuctionId before, AuctionId to, uint256 lots) private {
        Entry storage n = _entry(to);
        if (n.state.stage != AuctionStage.Announced && n.state.stage != AuctionStage.Open) {
            revert AuctionWrongStage(to, n.state.stage);
        }
        _checkTime(to, 0, n.terms.commitFrom);
        if (
            AuctionId.unwrap(to) <= AuctionId.unwrap(before) || n.terms.market != e.terms.market
                || n.terms.seller != e.terms.seller || n.terms.multiple != e.terms.multiple
        ) revert AuctionBadTerms("next");
        n.state.volume += uint40(lots); // in the house account, which holds less than 2^33
        emit UnsoldCarried(id, to, lots);
    }

    /// @inheritdoc IAuction
    function reclaim(AuctionId id) external {
        Entry storage e = _entryIn(id, AuctionStage.Closed);
        uint256 unsold = e.state.unsold;
        if (unsold == 0) revert AuctionNothingUnsold(id);
        _checkTime(id, e.terms.deliverFrom + CARRY_TIME, type(uint256).max);
        e.state.unsold = 0;
        emit UnsoldReturned(id, e.terms.seller, unsold);

        _returnLots(id, e, unsold);
    }
}
