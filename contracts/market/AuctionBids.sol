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
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {Demand} from "./Demand.sol";
import {AuctionStore} from "./AuctionStore.sol";

/// @title AuctionBids
/// @notice Part of {Auction}: announcing, opening, bidding.
abstract contract AuctionBids is AuctionStore {
    using Demand for Demand.Curve;

    /// @dev Of the ledger's cash in a unit of the currency's two decimals.
    uint256 private constant CENT = 100;
    uint256 private constant MAX_SPREAD = 4;

    constructor(IExchange exchange) AuctionStore(exchange) {}

    // ------------------------------------------------------------------ before

    /// @inheritdoc IAuction
    function announce(AuctionTerms calldata terms, bytes32) external returns (AuctionId id) {
        _checkOfficer(terms.market);
        _checkTerms(terms);

        id = AuctionId.wrap(uint32(++auctionCount)); // 2^32 announcements are more than a chain holds
        Entry storage e = _auctions[id];
        e.terms = terms;
        e.state.stage = AuctionStage.Announced;
        if (terms.reserveCommitment == 0) e.state.reserve = terms.reserveTick == 0 ? 1 : terms.reserveTick;

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
        _need(_isKnown(t.seller), "seller");
        _need(_isKnown(t.proceeds), "proceeds");
        _need(_isKnown(t.forfeits), "forfeits");
        _need(t.multiple != 0, "multiple");
        _need(t.lots != 0 && t.lots % t.multiple == 0, "lots");
        _need(t.tickSize != 0 && t.tickSize % CENT == 0, "tickSize");
        _need(t.reserveTick == 0 || t.reserveCommitment == 0, "reserveTick");
        _need(t.spread <= MAX_SPREAD, "spread");
        _need(t.limitPpm <= PPM, "limitPpm");
        _need(t.minimumPpm <= PPM, "minimumPpm");
        _need(t.depositPpm <= PPM && (t.depositPpm != 0 || !isSealed), "depositPpm");
        _need(t.leastDeposit != 0 || !isSealed, "leastDeposit");
        _need(t.maximumBids != 0, "maximumBids");
        _need(block.timestamp <= t.commitFrom, "commitFrom");
        _need(t.commitFrom < t.commitUntil, "commitUntil");
        _need(t.commitUntil <= t.revealFrom, "revealFrom");
        // Open bids have nothing to reveal.
        _need(isSealed ? t.revealFrom < t.revealUntil : t.commitUntil == t.revealUntil, "revealUntil");
        _need(t.revealFrom <= t.revealUntil, "revealUntil");
        _need(t.revealUntil + (t.reserveCommitment == 0 ? 0 : 1) <= t.deliverFrom, "deliverFrom");
        // An order is drawn between the last bid and the first look at one; open bids leave no such time.
        _need(t.tie != TieRule.Random || (t.seedCommitment != 0 && t.commitUntil < t.revealFrom), "tie");
    }

    function _need(bool holds, bytes32 field) private pure {
        if (!holds) revert AuctionBadTerms(field);
    }

    function _isKnown(ParticipantId participant) private view returns (bool) {
        return PARTICIPANTS.walletsOf(participant).length != 0;
    }

    /// @inheritdoc IAuction
    function open(AuctionId id) external {
        Entry storage e = _entryIn(id, AuctionStage.Announced);
        AuctionTerms storage t = e.terms;
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
        e.state.stage = AuctionStage.Open;
        uint256 volume = e.state.volume + lots;
        e.state.volume = uint40(volume); // all in the house account, which holds less than 2^33
        emit AuctionOpened(id, volume);

        _require(_move(e, seller, HOUSE, lots, 0, Settlement.Hold, _ref(id, NO_BID)));
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
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkBidding(id, e, BidForm.Sealed);
        ParticipantId participant = _trader(msg.sender);
        if (deposit < e.terms.leastDeposit) revert AuctionDepositShort(deposit, e.terms.leastDeposit);

        bid = _newBid(id, e);
        e.commitments[bid] = commitment;
        e.bids[bid].participant = participant;
        e.bids[bid].held = uint56(deposit); // the ledger refuses 2^51
        e.bids[bid].status = BidStatus.Committed;
        emit BidCommitted(id, bid, participant, commitment, deposit);

        _takeCash(e, participant, deposit, _ref(id, bid));
    }

    /// @inheritdoc IAuction
    function reveal(AuctionId id, uint256 bid, uint256 tick, uint256 lots, bytes32 salt) external {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkTime(id, e.terms.revealFrom, e.terms.revealUntil);
        Bid memory b = e.bids[bid];
        if (b.status != BidStatus.Committed) revert AuctionBidStatus(id, bid, b.status);
        bytes32 found = bidHash(id, b.participant, tick, lots, salt);
        if (found != e.commitments[bid]) revert AuctionWrongOpening(e.commitments[bid], found);
        uint256 value = _checkBid(e, tick, lots);
        uint256 needed = (value * e.terms.depositPpm + PPM - 1) / PPM;
        if (b.held < needed) revert AuctionDepositShort(b.held, needed);

        delete e.commitments[bid];
        if (b.held < value && !_holdRest(id, e, b, value, bid)) {
            e.bids[bid].status = BidStatus.Refused;
            emit BidRefused(id, bid, b.participant);
            return;
        }
        if (b.held < value) b.held = uint56(value); // held in the ledger: below 2^51
        _count(id, e, bid, b, tick, lots);
    }

    /// @dev Holds what the deposit leaves open. False when the account is frozen, which is not the bidder's will.
    function _holdRest(AuctionId id, Entry storage e, Bid memory b, uint256 value, uint256 bid) private returns (bool) {
        bytes memory why = _move(e, HOUSE, b.participant, 0, value - b.held, Settlement.Trade, _ref(id, bid));
        if (why.length == 0) return true;
        if (!EXCHANGE.account(b.participant, e.terms.market).frozen) _require(why);
        return false;
    }

    /// @inheritdoc IAuction
    function endCommitments(AuctionId id) external {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkOfficer(e.terms.market);
        _checkTime(id, e.terms.commitUntil, e.terms.revealFrom);
        if (e.state.drawBlock != 0) revert AuctionNothingToDo(id);

        e.state.drawBlock = uint48(block.number); // a block a nanosecond for three days, or a second for ever
        emit CommitmentsEnded(id, block.number);
    }

    /// @inheritdoc IAuction
    function drawSeed(AuctionId id, bytes32 secret) external {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkTime(id, e.terms.commitUntil, e.terms.revealFrom);
        AuctionState storage s = e.state;
        if (s.drawn) revert AuctionNothingToDo(id);
        bytes32 found = keccak256(abi.encode(secret));
        if (found != e.terms.seedCommitment) revert AuctionWrongOpening(e.terms.seedCommitment, found);
        bytes32 chance = s.drawBlock == 0 ? bytes32(0) : blockhash(s.drawBlock);
        if (chance == 0) revert AuctionNoBlockHash(s.drawBlock);

        s.drawn = true;
        s.seed = keccak256(abi.encode(secret, chance));
        emit SeedDrawn(id, secret, s.seed);
    }

    /// @inheritdoc IAuction
    function openReserve(AuctionId id, uint256 reserveTick, bytes32 salt) external {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkTime(id, e.terms.revealUntil, e.terms.deliverFrom);
        bytes32 found = reserveHash(reserveTick, salt);
        if (found != e.terms.reserveCommitment) revert AuctionWrongOpening(e.terms.reserveCommitment, found);
        _need(reserveTick != 0 && reserveTick <= MAX_TICK, "reserveTick");

        e.state.reserve = uint16(reserveTick); // checked
        emit ReserveOpened(id, reserveTick);
    }

    // ------------------------------------------------------------------ open bids

    /// @inheritdoc IAuction
    function place(AuctionId id, uint256 tick, uint256 lots, uint256 replaced) external returns (uint256 bid) {
        Entry storage e = _entryIn(id, AuctionStage.Open);
        _checkBidding(id, e, BidForm.Open);
        ParticipantId participant = _trader(msg.sender);
        uint256 value = _checkBid(e, tick, lots);
        if (tick < e.state.reserve) revert AuctionNotHigher(tick, e.state.reserve);

        bid = _newBid(id, e);
        uint256 due = value;
        if (replaced != NO_BID) due -= _giveWay(id, e, replaced, participant, tick, lots, bid);
        Bid memory b;
        b.participant = participant;
        b.held = uint56(value); // held in the ledger: below 2^51
        _count(id, e, bid, b, tick, lots);

        _takeCash(e, participant, due, _ref(id, bid));
    }

    /// @dev Ends a bid in favour of a higher one for no fewer lots: nobody gets out of what was bid.
    /// @return held What was paid for it, which goes over and is less than the new bid's value.
    function _giveWay(
        AuctionId id,
        Entry storage e,
        uint256 replaced,
        ParticipantId participant,
        uint256 tick,
        uint256 lots,
        uint256 by
    ) private returns (uint256 held) {
        Bid storage old = e.bids[replaced];
        if (old.status != BidStatus.Revealed) revert AuctionBidStatus(id, replaced, old.status);
        if (old.participant != participant) revert AuctionForeignBid(id, replaced);
        if (tick <= old.tick) revert AuctionNotHigher(tick, old.tick);
        if (lots < old.lots) revert AuctionNotHigher(lots, old.lots);
        held = old.held;
        old.held = 0;
        old.status = BidStatus.Replaced;
        e.demand.remove(old.tick, old.lots);
        e.revealed[participant] -= old.lots;
        emit BidReplaced(id, replaced, by);
    }

    // ------------------------------------------------------------------ bids

    function _checkBidding(AuctionId id, Entry storage e, BidForm form) private view {
        if (e.terms.form != form) revert AuctionWrongForm(id, e.terms.form);
        _checkTime(id, e.terms.commitFrom, e.terms.commitUntil);
    }

    function _newBid(AuctionId id, Entry storage e) private returns (uint256 bid) {
        bid = e.state.bids;
        if (bid == e.terms.maximumBids) revert AuctionFull(id, bid);
        e.state.bids = uint16(bid + 1); // at most the maximum, of 16 bits
    }

    /// @return value [0.0001 currency]
    function _checkBid(Entry storage e, uint256 tick, uint256 lots) private view returns (uint256 value) {
        uint256 multiple = e.terms.multiple;
        if (tick == 0 || tick > MAX_TICK || lots == 0 || lots > type(uint40).max || lots % multiple != 0) {
            revert AuctionBadBid(tick, lots, multiple);
        }
        return lots * _price(e, tick); // 40 and 40 bits
    }

    /// @dev A bid that is paid for joins the demand.
    function _count(AuctionId id, Entry storage e, uint256 bid, Bid memory b, uint256 tick, uint256 lots) private {
        uint256 all = e.revealed[b.participant] + lots;
        uint256 limit = _limit(e);
        if (all > limit) revert AuctionOverLimit(b.participant, all, limit);

        e.revealed[b.participant] = all;
        b.tick = uint16(tick); // checked by {_checkBid}
        b.lots = uint40(lots);
        b.status = BidStatus.Revealed;
        e.bids[bid] = b;
        e.demand.add(tick, lots);
        emit BidRevealed(id, bid, b.participant, tick, lots, b.held);
    }
}
