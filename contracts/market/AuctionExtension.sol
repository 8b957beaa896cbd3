// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    Bid,
    BidForm,
    TieRule
} from "../../interfaces/market/IAuctionBase.sol";
import {IAuctionExtension} from "../../interfaces/market/IAuctionExtension.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {Pausable} from "../rules/Pausable.sol";
import {AuctionCustody} from "./AuctionCustody.sol";
import {DailyPrices} from "./lib/DailyPrices.sol";
import {Demand} from "./lib/Demand.sol";

/// @title AuctionExtension
/// @notice Extension of {Auction}: announcing, opening, the drawing, cancelling, unsold lots, views.
/// @dev See {Extendable}.
contract AuctionExtension is AuctionCustody, Pausable, IAuctionExtension {
    using Demand for Demand.Curve;

    uint256 private constant MAX_SPREAD = 4;
    uint256 private constant CARRY_TIME = 30 days;
    /// @dev Bidding begins within a year; what it holds is free this long after.
    uint256 private constant MAX_AHEAD = 366 days;
    uint256 private constant MAX_LENGTH = 92 days;
    /// @dev One participant's share of the places is an eighth or less.
    uint256 private constant LEAST_BIDDERS = 8;
    uint256 private constant MIN_FLOOR_DAYS = 3;
    uint256 private constant MAX_FLOOR_DAYS = 21;
    /// @dev Ledger units of 0.0001 in a unit of the currency's two decimals.
    uint256 private constant CENT = 100;
    uint32 private constant POWER_MARKET = 16;

    constructor(IExchange exchange) AuctionCustody(exchange) {}

    // ------------------------------------------------------------------ announcing and opening

    /// @inheritdoc IAuctionExtension
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
        _checkTerm(t.maximumBids >= LEAST_BIDDERS, "maximumBids");
        _checkTerm(t.bidsEach != 0 && t.bidsEach <= t.maximumBids / LEAST_BIDDERS, "bidsEach");
        _checkTerm(t.placeFee != 0, "placeFee");
        _checkFloor(t);
        _checkTimes(t);
    }

    function _checkFloor(AuctionTerms calldata t) private pure {
        if (t.floorPpm == 0) return;
        uint256 count = t.floorDays;
        _checkTerm(count % 2 == 1 && count >= MIN_FLOOR_DAYS && count <= MAX_FLOOR_DAYS, "floorDays");
        _checkTerm(t.floorVolumePpm != 0 && t.floorVolumePpm <= PPM, "floorVolumePpm");
    }

    function _checkTimes(AuctionTerms calldata t) private view {
        bool isSealed = t.form == BidForm.Sealed;
        _checkTerm(t.depositPpm <= PPM && (t.depositPpm != 0 || !isSealed), "depositPpm");
        _checkTerm(t.leastDeposit != 0 || !isSealed, "leastDeposit");
        _checkTerm(block.timestamp <= t.commitFrom && t.commitFrom <= block.timestamp + MAX_AHEAD, "commitFrom");
        _checkTerm(t.commitFrom < t.commitUntil, "commitUntil");
        _checkTerm(t.commitUntil <= t.revealFrom, "revealFrom");
        // Open bids have nothing to reveal.
        _checkTerm(isSealed ? t.revealFrom < t.revealUntil : t.commitUntil == t.revealUntil, "revealUntil");
        _checkTerm(t.revealFrom <= t.revealUntil, "revealUntil");
        _checkTerm(t.revealUntil + (t.reserveCommitment == 0 ? 0 : 1) <= t.deliverFrom, "deliverFrom");
        _checkTerm(t.deliverFrom - t.commitFrom <= MAX_LENGTH, "deliverFrom");
        // The order of ties is drawn between the last commitment and the first reveal; open bids leave no such time.
        _checkTerm(t.tie != TieRule.Random || (t.seedCommitment != 0 && t.commitUntil < t.revealFrom), "tie");
    }

    function _checkTerm(bool holds, bytes32 field) private pure {
        if (!holds) revert AuctionBadTerms(field);
    }

    function _isKnown(ParticipantId participant) private view returns (bool) {
        return PARTICIPANTS.walletsOf(participant).length != 0;
    }

    /// @inheritdoc IAuctionExtension
    function open(AuctionId id) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Announced);
        _checkTime(id, 0, a.terms.commitFrom);
        uint256 lots = a.terms.lots;
        ParticipantId seller = a.terms.seller;
        (ParticipantId caller, bool may) = _walletOf(msg.sender);
        if (!may || caller != seller) _useConsent(a.terms, seller, lots);
        a.state.stage = AuctionStage.Open;
        uint256 volume = a.state.volume + lots;
        a.state.volume = uint40(volume); // all in the custody account, which holds less than 2^33
        emit AuctionOpened(id, volume);

        _checkSettled(_settle(a, seller, CUSTODY, lots, 0, Settlement.Hold, _reference(id, NONE)));
    }

    /// @dev An officer chooses price and payee: the consent says which it may choose.
    function _useConsent(AuctionTerms storage t, ParticipantId seller, uint256 lots) private {
        Consent storage consent = _consents[seller][t.market];
        (uint256 consented, uint256 leastPrice) = (consent.lots, consent.leastPrice);
        if (consented < lots) revert AuctionConsentShort(seller, consented, lots);
        bool sealedReserve = t.reserveCommitment != 0;
        if (t.proceeds != seller || sealedReserve || uint256(t.reserveTick) * t.tickSize < leastPrice) {
            revert AuctionConsentTerms(seller, leastPrice);
        }
        consent.lots = uint64(consented - lots); // less than it was
        emit ConsentSet(seller, t.market, consented - lots, leastPrice);
    }

    /// @inheritdoc IAuctionExtension
    function setConsent(MarketId market, uint256 lots, uint256 leastPrice) external {
        ParticipantId seller = _trader(msg.sender);
        _checkTerm(lots <= type(uint64).max, "lots");
        _checkTerm(leastPrice <= type(uint64).max, "leastPrice");
        _consents[seller][market] = Consent(uint64(lots), uint64(leastPrice)); // checked
        emit ConsentSet(seller, market, lots, leastPrice);
    }

    // ------------------------------------------------------------------ the drawing, the reserve

    /// @inheritdoc IAuctionExtension
    function endCommitments(AuctionId id) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkOfficer(a.terms.market);
        _checkTime(id, a.terms.commitUntil, a.terms.revealFrom);
        if (a.state.drawBlock != 0) revert AuctionNothingToDo(id);

        a.state.drawBlock = uint48(block.number); // a block a nanosecond for three days, or a second for ever
        emit CommitmentsEnded(id, block.number);
    }

    /// @inheritdoc IAuctionExtension
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

    /// @inheritdoc IAuctionExtension
    function openReserve(AuctionId id, uint256 reserveTick, bytes32 salt) external {
        StoredAuction storage a = _atStage(id, AuctionStage.Open);
        _checkTime(id, _revealUntil(a), _deliverFrom(a));
        bytes32 found = reserveHash(reserveTick, salt);
        if (found != a.terms.reserveCommitment) revert AuctionWrongOpening(a.terms.reserveCommitment, found);
        _checkTerm(reserveTick != 0 && reserveTick <= MAX_TICK, "reserveTick");

        a.state.reserve = uint16(reserveTick); // checked
        emit ReserveOpened(id, reserveTick);
    }

    // ------------------------------------------------------------------ cancelled auctions

    /// @inheritdoc IAuctionExtension
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

    // ------------------------------------------------------------------ unsold lots

    /// @inheritdoc IAuctionExtension
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

    /// @inheritdoc IAuctionExtension
    function reclaim(AuctionId id) external {
        _requireUnpaused();
        StoredAuction storage a = _atStage(id, AuctionStage.Closed);
        uint256 unsold = a.state.unsold;
        if (unsold == 0) revert AuctionNothingUnsold(id);
        _checkTime(id, a.terms.deliverFrom + CARRY_TIME, type(uint256).max);
        a.state.unsold = 0;
        emit UnsoldReturned(id, a.terms.seller, unsold);

        _returnLots(id, a, unsold);
    }

    function _checkOfficer(MarketId market) private view {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IAuctionExtension
    function auction(AuctionId id) external view returns (AuctionState memory) {
        return _stored(id).state;
    }

    /// @inheritdoc IAuctionExtension
    function bidOf(AuctionId id, uint256 bid) external view returns (Bid memory) {
        return _auctions[id].bids[bid];
    }

    /// @inheritdoc IAuctionExtension
    function commitmentOf(AuctionId id, uint256 bid) external view returns (bytes32) {
        return _auctions[id].commitments[bid];
    }

    /// @inheritdoc IAuctionExtension
    function level(AuctionId id, uint256 tick) external view returns (uint256 lots, uint256 bids) {
        return _auctions[id].demand.level(tick);
    }

    /// @inheritdoc IAuctionExtension
    function shareOf(AuctionId id, ParticipantId participant, uint24 group)
        external
        view
        returns (uint256 bids, uint256 lots)
    {
        Bidder storage bidder = _auctions[id].bidders[_bidderKey(participant, group)];
        return (bidder.bids, bidder.lots);
    }

    /// @inheritdoc IAuctionExtension
    function limitOf(AuctionId id) external view returns (uint256 lots) {
        return _limit(_stored(id));
    }

    /// @inheritdoc IAuctionExtension
    function consentOf(ParticipantId seller, MarketId market) external view returns (uint256 lots, uint256 leastPrice) {
        Consent storage consent = _consents[seller][market];
        return (consent.lots, consent.leastPrice);
    }

    /// @inheritdoc IAuctionExtension
    function reserveHash(uint256 reserveTick, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode(reserveTick, salt));
    }

    /// @inheritdoc IAuctionExtension
    function floorPrice(AuctionId id) external view returns (uint256) {
        StoredAuction storage a = _stored(id);
        AuctionTerms storage t = a.terms;
        uint256 least = (a.state.volume * uint256(t.floorVolumePpm) + PPM - 1) / PPM;
        return DailyPrices.median(EXCHANGE, t.market, t.commitUntil, t.floorDays, least);
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(EXCHANGE)).authority();
    }
}
