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
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketInsiders, Stage} from "./MarketInsiders.sol";

/// @title AuctionInsiders
/// @notice Auctioneer, seller, bidders and strangers of the auctions of one market; keeps its own books of every bid.
/// @dev Participant 0 sells, 1 is paid, 2 gets forfeits, the others bid.
contract AuctionInsiders is MarketInsiders {
    uint256 internal constant SELLER = 0;
    uint256 internal constant FIRST_BIDDER = 3;
    uint256 internal constant CENT = 100;
    uint256 internal constant PLACE_FEE = 50_000;
    bytes32 internal constant SALT = "salt";
    bytes32 internal constant SECRET = "secret";
    uint256 internal constant LIVE = 3; // auctions at a time
    uint256 internal constant STEP = 10 minutes; // between two times of an auction

    /// @dev A bid as its bidder knows it.
    struct OwnBid {
        AuctionId id;
        uint256 number;
        uint256 who;
        uint256 tick;
        uint256 lots;
        uint256 paid; // into the auction [0.0001 currency]
        bool open; //    to all, in the open or revealed
    }

    IAuction private immutable HOUSE;

    AuctionId[] private _ids;
    mapping(AuctionId id => AuctionTerms) private _terms;
    OwnBid[] private _bids;
    mapping(AuctionId id => mapping(uint256 number => uint256)) private _indexOf; // in `_bids`, plus 1

    /// Lots that came into an auction, went to bidders, and went back or on; deposits and payments in it.
    mapping(AuctionId id => uint256) public offered;
    mapping(AuctionId id => uint256) public delivered;
    mapping(AuctionId id => uint256) public escrowed; //  [0.0001 currency]
    mapping(AuctionId id => uint256) public revenue; //   of the seller, until it is paid
    mapping(AuctionId id => uint256) public forfeited; // until it is paid
    uint256 public lotsHeld; // of all auctions together
    uint256 public cashHeld; // [0.0001 currency]

    constructor(Stage memory stage, IAuction house) MarketInsiders(stage) {
        HOUSE = house;
        _add("announce", AuctionInsiders.announce.selector);
        _add("open", AuctionInsiders.open.selector);
        _add("commit", AuctionInsiders.commit.selector);
        _add("reveal", AuctionInsiders.reveal.selector);
        _add("place", AuctionInsiders.place.selector);
        _add("raise", AuctionInsiders.raise.selector);
        _add("draw", AuctionInsiders.draw.selector);
        _add("open reserve", AuctionInsiders.openReserve.selector);
        _add("clear", AuctionInsiders.clear.selector);
        _add("settle", AuctionInsiders.settle.selector);
        _add("cancel", AuctionInsiders.cancel.selector);
        _add("carry", AuctionInsiders.carry.selector);
        _add("reclaim", AuctionInsiders.reclaim.selector);
        _add("freeze", AuctionInsiders.freeze.selector);
        _add("limit", AuctionInsiders.limit.selector);
        _add("trade", AuctionInsiders.trade.selector);
        _add("wait", AuctionInsiders.wait_.selector);
        _add("pass", AuctionInsiders.pass.selector);
        _mayRefuse(IAuctionBase.AuctionWrongStage.selector);
        _mayRefuse(IAuctionBase.AuctionNotNow.selector);
        _mayRefuse(IAuctionBase.AuctionFull.selector);
        _mayRefuse(IAuctionBase.AuctionShareFull.selector);
        _mayRefuse(IAuctionBase.AuctionOverLimit.selector);
        _mayRefuse(IAuctionBase.AuctionDepositShort.selector);
        _mayRefuse(IAuctionBase.AuctionBidStatus.selector);
        _mayRefuse(IAuctionBase.AuctionNotHigher.selector);
        _mayRefuse(IAuctionBase.AuctionNothingToDo.selector);
        _mayRefuse(IAuctionBase.AuctionReserveSealed.selector);
        _mayRefuse(IAuctionBase.AuctionNothingUnsold.selector);
    }

    /* THE AUCTIONEER AND THE SELLER */

    function announce(uint256 seed, uint256 lots, uint256 reserve, uint256 least) external counted {
        uint256 live = 0;
        for (uint256 i = 0; i < _recent(); ++i) {
            if (!_over(_ids[_ids.length - 1 - i])) ++live;
        }
        _needs(live < LIVE);
        AuctionTerms memory t = _newTerms(seed, 10 * bound(lots, 1, 100));
        if (reserve % 4 == 1) t.reserveTick = uint16(bound(reserve, 4_700, 4_810));
        if (reserve % 4 == 2) t.reserveCommitment = HOUSE.reserveHash(4_750, SALT);
        if (least % 2 == 0) t.minimumPpm = uint32(bound(least, 0, 1_000_000));
        _schedule(t, block.timestamp + STEP);
        AuctionId id = abi.decode(
            _as(_officer(), address(HOUSE), abi.encodeCall(HOUSE.announce, (t, bytes32("notice")))), (AuctionId)
        );
        _ids.push(id);
        _terms[id] = t;
    }

    function _newTerms(uint256 seed, uint256 lots) private view returns (AuctionTerms memory t) {
        t.market = _market();
        (t.seller, t.proceeds, t.forfeits) = (_id(SELLER), _id(seed / 512 % 2), _id(2));
        t.lots = uint40(lots);
        t.multiple = 10;
        t.tickSize = uint24(CENT);
        t.form = BidForm(seed % 2);
        t.tie = TieRule(seed / 2 % 3);
        if (t.form == BidForm.Open && t.tie == TieRule.Random) t.tie = TieRule.Time;
        t.pricing = PriceRule(seed / 8 % 2);
        t.spread = uint8(seed / 16 % 2);
        if (seed / 32 % 4 == 0) t.limitPpm = 600_000;
        if (seed / 128 % 4 == 0) (t.floorPpm, t.floorVolumePpm, t.floorDays) = (990_000, 1_000, 3);
        t.depositPpm = 100_000;
        t.leastDeposit = 1_000_000;
        (t.maximumBids, t.bidsEach) = (24, 3);
        t.placeFee = uint48(PLACE_FEE);
        t.seedCommitment = keccak256(abi.encode(SECRET));
    }

    function _schedule(AuctionTerms memory t, uint256 from) private pure {
        t.commitFrom = uint40(from);
        t.commitUntil = uint40(from + STEP);
        bool isSealed = t.form == BidForm.Sealed;
        t.revealFrom = isSealed ? uint40(from + 2 * STEP) : t.commitUntil;
        t.revealUntil = isSealed ? uint40(from + 3 * STEP) : t.commitUntil;
        t.deliverFrom = uint40(from + 4 * STEP);
    }

    function open(uint256 which, uint256 chance) external counted {
        AuctionId id = _some(which, _isAnnounced);
        AuctionTerms storage t = _terms[id];
        uint256 lots = t.lots;
        bool byStranger = chance % 2 == 0 && t.proceeds == t.seller && t.reserveCommitment == 0;
        if (byStranger) {
            uint256 least = t.reserveTick * CENT;
            _as(_wallet(SELLER), address(HOUSE), abi.encodeCall(HOUSE.setConsent, (_market(), lots, least)));
        }
        _remember();
        _as(_wallet(byStranger ? 1 : SELLER), address(HOUSE), abi.encodeCall(HOUSE.open, (id)));
        offered[id] += lots;
        lotsHeld += lots;
        _othersLostNothing(SELLER, SELLER);
    }

    function draw(uint256 which) external counted {
        AuctionId id = _some(which, _isDrawable);
        if (HOUSE.auction(id).drawBlock == 0) {
            _as(_officer(), address(HOUSE), abi.encodeCall(HOUSE.endCommitments, (id)));
            vm.roll(vm.getBlockNumber() + 1);
        }
        _as(_wallet(1), address(HOUSE), abi.encodeCall(HOUSE.drawSeed, (id, SECRET)));
    }

    function openReserve(uint256 which) external counted {
        AuctionId id = _some(which, _hidesReserve);
        _as(_officer(), address(HOUSE), abi.encodeCall(HOUSE.openReserve, (id, 4_750, SALT)));
    }

    /// @dev Anyone may where the seller's lots did not come; else the auctioneer, and seldom.
    function cancel(uint256 which, uint256 chance) external counted {
        AuctionId id = _some(which, _isLive);
        bool late = _isAnnounced(id) && block.timestamp >= _terms[id].commitFrom;
        _needs(late || chance % 16 == 0);
        _as(late ? _wallet(3) : _officer(), address(HOUSE), abi.encodeCall(HOUSE.cancel, (id, "called off")));
    }

    function carry(uint256 which, uint256 to) external counted {
        (AuctionId id, AuctionId next) = (_some(which, _isUnsold), _some(to, _isLive));
        uint256 unsold = HOUSE.auction(id).unsold;
        _needs(AuctionId.unwrap(next) > AuctionId.unwrap(id) && block.timestamp < _terms[next].commitFrom);
        AuctionId[] memory list = new AuctionId[](1);
        list[0] = next;
        _as(_officer(), address(HOUSE), abi.encodeCall(HOUSE.carry, (id, list)));
        offered[id] -= unsold;
        offered[next] += unsold;
    }

    function reclaim(uint256 which) external counted {
        reclaimOne(_some(which, _isUnsold));
    }

    function reclaimOne(AuctionId id) public {
        uint256 unsold = HOUSE.auction(id).unsold;
        _needs(unsold != 0);
        _remember();
        _as(_wallet(2), address(HOUSE), abi.encodeCall(HOUSE.reclaim, (id)));
        assertEq(_lotsGained(SELLER), unsold, "unsold lots");
        offered[id] -= unsold;
        lotsHeld -= unsold;
    }

    /* BIDDERS */

    /// @dev With the whole value as deposit, or with the least that will do.
    function commit(uint256 which, uint256 who, uint256 tick, uint256 lots, uint256 chance) external counted {
        bool whole = chance % 2 == 0;
        AuctionId id = _some(which, _takesCommitments);
        (who, tick, lots) = (_bidder(who), bound(tick, 4_700, 4_820), 10 * bound(lots, 1, 60));
        uint256 deposit = lots * tick * CENT;
        if (!whole) deposit = deposit / 10 < 1_000_000 ? 1_000_000 : (deposit + 9) / 10;
        bytes32 hash = HOUSE.bidHash(id, _id(who), tick, lots, SALT);
        _remember();
        bytes memory answer = _as(_wallet(who), address(HOUSE), abi.encodeCall(HOUSE.commit, (id, hash, deposit)));
        _record(id, abi.decode(answer, (uint256)), who, tick, lots, false);
    }

    function reveal(uint256 which) external counted {
        OwnBid storage b = _someBid(which, false);
        _remember();
        _as(_wallet(1), address(HOUSE), abi.encodeCall(HOUSE.reveal, (b.id, b.number, b.tick, b.lots, SALT)));
        b.open = true;
        b.paid += _cashSpent(b.who);
        escrowed[b.id] += _cashSpent(b.who);
        cashHeld += _cashSpent(b.who);
        assertLe(b.paid, b.lots * b.tick * CENT > b.paid ? b.lots * b.tick * CENT : b.paid, "paid more than bid");
        _othersLostNothing(b.who, b.who);
    }

    function place(uint256 which, uint256 who, uint256 tick, uint256 lots) external counted {
        AuctionId id = _some(which, _takesOpenBids);
        (who, tick, lots) = (_bidder(who), bound(tick, 4_700, 4_820), 10 * bound(lots, 1, 60));
        _put(id, who, tick, lots, type(uint256).max);
    }

    function raise(uint256 which, uint256 more) external counted {
        OwnBid storage b = _someBid(which, true);
        uint256 old = b.paid;
        uint256 number = _put(b.id, b.who, b.tick + bound(more, 1, 9), b.lots, b.number);
        _bids[_indexOf[b.id][number] - 1].paid += old - PLACE_FEE;
        b.paid = PLACE_FEE;
    }

    function _put(AuctionId id, uint256 who, uint256 tick, uint256 lots, uint256 replaced)
        private
        returns (uint256 number)
    {
        _remember();
        bytes memory answer = _as(_wallet(who), address(HOUSE), abi.encodeCall(HOUSE.place, (id, tick, lots, replaced)));
        number = abi.decode(answer, (uint256));
        _record(id, number, who, tick, lots, true);
    }

    function _record(AuctionId id, uint256 number, uint256 who, uint256 tick, uint256 lots, bool isOpen) private {
        assertEq(_indexOf[id][number], 0, "a bid's number is given twice");
        uint256 paid = _cashSpent(who);
        _bids.push(OwnBid(id, number, who, tick, lots, paid, isOpen));
        _indexOf[id][number] = _bids.length;
        escrowed[id] += paid;
        cashHeld += paid;
        _othersLostNothing(who, who);
    }

    /* THE END */

    function clear(uint256 which, uint256 levels) external counted {
        AuctionId id = _some(which, _isClearable);
        _remember();
        _as(_wallet(3), address(HOUSE), abi.encodeCall(HOUSE.clear, (id, bound(levels, 1, 50))));
        _othersLostNothing(type(uint256).max, type(uint256).max);
    }

    /// @dev Bids one by one, up to four; ties are ranked first where they are drawn.
    function settle(uint256 which, uint256 count) external counted {
        AuctionId id = _some(which, _isSettling);
        for (count = bound(count, 1, 4); count > 0 && _isSettling(id); --count) {
            settleOne(id);
        }
    }

    function settleOne(AuctionId id) public {
        AuctionState memory s = HOUSE.auction(id);
        _rank(id, s);
        uint256 number = s.settled;
        Bid memory b = HOUSE.bidOf(id, number);
        _remember();
        _as(_wallet(2), address(HOUSE), abi.encodeCall(HOUSE.settle, (id, 1)));
        uint256 index = _indexOf[id][number];
        if (s.bids != 0) _checkSettled(id, s, b, _bids[index - 1]);
        if (HOUSE.auction(id).stage == AuctionStage.Closed) _checkClosed(id);
        _othersLostNothing(type(uint256).max, type(uint256).max);
    }

    /// @dev Promises: a bidder gets its lots at the price, at most its own; the rest of its money comes back, but for the place
    /// fee and the deposit of a bid that it left sealed or had no room for.
    function _checkSettled(AuctionId id, AuctionState memory s, Bid memory b, OwnBid storage own) private {
        uint256 lots = _lotsGained(own.who);
        uint256 back = _cashGained(own.who);
        uint256 price = (_terms[id].pricing == PriceRule.AsBid ? own.tick : s.tick) * CENT;
        assertLe(lots, own.lots, "more lots than bid for");
        if (lots != 0) {
            assertLe(price, own.tick * CENT, "dearer than the bid");
            assertGe(own.tick, s.reserve, "below the reserve");
        }
        uint256 fee = s.returned || b.status == BidStatus.Refused ? 0 : PLACE_FEE;
        uint256 lost = own.paid - back - lots * price;
        if (b.status == BidStatus.Committed && !s.returned) {
            assertEq(lost, own.paid, "sealed to the end: forfeited");
        } else if (s.stage == AuctionStage.Cleared && b.status == BidStatus.Revealed && lots < own.lots) {
            assertLe(lost, fee + ((own.lots - lots) * price * _terms[id].depositPpm + 999_999) / 1_000_000, "forfeit");
            if (_account(own.who).room == type(int256).max) assertEq(lost, fee, "forfeited without a limit");
            if (own.tick > s.tick && _account(own.who).room == type(int256).max) {
                assertTrue(lots == own.lots, "a higher bid is served in full");
            }
        } else {
            assertEq(lost, fee, "the rest of a payment comes back");
        }
        delivered[id] += lots;
        escrowed[id] -= own.paid;
        revenue[id] += lots * price;
        forfeited[id] += lost;
        lotsHeld -= lots;
        cashHeld -= back;
        own.paid = 0;
    }

    /// @dev Promise: what was offered was delivered or is left; the seller gets all that was paid.
    function _checkClosed(AuctionId id) private {
        AuctionState memory s = HOUSE.auction(id);
        assertEq(s.delivered, delivered[id], "delivered");
        assertEq(s.proceeds, revenue[id], "proceeds");
        assertEq(s.forfeited, forfeited[id], "forfeited");
        assertEq(escrowed[id], 0, "money left in a closed auction");
        uint256 payee = _terms[id].proceeds == _id(SELLER) ? SELLER : 1;
        assertEq(_cashGained(payee), revenue[id], "the seller's account is paid");
        assertEq(_cashGained(2), forfeited[id], "forfeits are paid");
        uint256 unsold = offered[id] - delivered[id];
        uint256 returned = _terms[id].spread == 0 ? unsold : 0;
        assertEq(s.unsold + returned, unsold, "offered less delivered is unsold");
        lotsHeld -= returned;
        cashHeld -= revenue[id] + forfeited[id];
        (revenue[id], forfeited[id]) = (0, 0);
        offered[id] -= delivered[id] + returned;
        delivered[id] = 0;
    }

    /// @dev Names the last bid served in the drawn order, where the rule says so; first a wrong one, which is refused or waits.
    function _rank(AuctionId id, AuctionState memory s) private {
        if (s.stage != AuctionStage.Cleared || _terms[id].tie != TieRule.Random || !s.drawn) return;
        if (s.rest == s.marginal || s.ranked) return;
        uint256[] memory marginal = new uint256[](s.marginalBids);
        uint256 count = 0;
        for (uint256 number = 0; number < s.bids; ++number) {
            if (HOUSE.bidOf(id, number).tick != s.tick) continue;
            uint256 spot = count++;
            for (; spot > 0 && _key(s, marginal[spot - 1]) > _key(s, number); --spot) {
                marginal[spot] = marginal[spot - 1];
            }
            marginal[spot] = number;
        }
        uint256 last = 0;
        for (uint256 sum = HOUSE.bidOf(id, marginal[0]).lots; sum < s.rest; ++last) {
            sum += HOUSE.bidOf(id, marginal[last + 1]).lots;
        }
        if (count > 1) HOUSE.rank(id, marginal[(last + 1) % count], s.bids - 1);
        _as(_wallet(3), address(HOUSE), abi.encodeCall(HOUSE.rank, (id, marginal[last], 2_000)));
    }

    function _key(AuctionState memory s, uint256 number) private view returns (uint256) {
        return HOUSE.rankKey(s.seed, number);
    }

    /* AUTHORITIES AND THE BOOK */

    function freeze(uint256 who, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        who = _bidder(who);
        bool on = !_account(who).frozen;
        _needs(!on || chance % 32 == 0);
        _as(_officer(), address(_exchange()), abi.encodeCall(_exchange().freezeAccount, (_id(who), _market(), on)));
    }

    /// @dev Lifted in three of four cases.
    function limit(uint256 who, uint256 lots, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        who = _bidder(who);
        lots = lots % 4 == 0 ? bound(lots, 1, 500) + lotsOf(who) : 1 << 32;
        _as(_officer(), address(_exchange()), abi.encodeCall(_exchange().setHoldingLimit, (_id(who), _market(), lots)));
    }

    /// @dev Two friends make a price.
    function trade(uint256 who, uint256 other, uint256 tick, uint256 lots) external counted {
        (who, other) = (_bidder(who), _bidder(other));
        _needs(who != other);
        (tick, lots) = (bound(tick, 4_720, 4_880), bound(lots, 1, 50));
        _place(who, 1, tick, lots, 0);
        _place(other, 0, tick, lots, 1);
    }

    /// @dev To the next time of an auction, or a little further.
    function pass(uint256 seconds_, uint256 chance) external counted {
        _needs(chance % 8 == 0); // acts between two times
        uint256 next = type(uint256).max;
        for (uint256 i = 0; i < _recent(); ++i) {
            uint256 time = _nextTime(_ids[_ids.length - 1 - i]);
            if (time < next) next = time;
        }
        if (next == type(uint256).max) next = block.timestamp;
        vm.warp(next + (seconds_ % 4 == 0 ? bound(seconds_, 1, STEP) : 0));
        vm.roll(vm.getBlockNumber() + 1);
        _openDay();
    }

    /// @dev Until unsold lots can be fetched back, to a morning.
    function wait_(uint256 which, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        uint256 until = _terms[_some(which, _isUnsold)].deliverFrom + 31 days;
        _needs(until > block.timestamp);
        vm.warp(until / 1 days * 1 days + 2 hours); // ten o'clock
        _openDay();
    }

    function _nextTime(AuctionId id) private view returns (uint256) {
        AuctionTerms storage t = _terms[id];
        if (_over(id)) return type(uint256).max;
        if (block.timestamp < t.commitFrom) return t.commitFrom;
        if (block.timestamp < t.commitUntil) return t.commitUntil;
        if (block.timestamp < t.revealFrom) return t.revealFrom;
        if (block.timestamp < t.revealUntil) return t.revealUntil;
        return block.timestamp < t.deliverFrom ? t.deliverFrom : type(uint256).max;
    }

    /* WHAT THERE IS */

    function auctions() external view returns (AuctionId[] memory) {
        return _ids;
    }

    function termsOf(AuctionId id) external view returns (AuctionTerms memory) {
        return _terms[id];
    }

    function _over(AuctionId id) private view returns (bool) {
        AuctionStage stage = HOUSE.auction(id).stage;
        return stage == AuctionStage.Closed || (stage == AuctionStage.Cancelled && offered[id] == 0);
    }

    function _isSettling(AuctionId id) private view returns (bool) {
        AuctionStage stage = HOUSE.auction(id).stage;
        if (stage == AuctionStage.Cleared) return block.timestamp >= _terms[id].deliverFrom;
        return stage == AuctionStage.Cancelled;
    }

    function _recent() private view returns (uint256) {
        return _ids.length < 6 ? _ids.length : 6;
    }

    /// @dev One of the last six that fits; discards the act where none does.
    function _some(uint256 which, function(AuctionId) view returns (bool) fits) private view returns (AuctionId id) {
        for (uint256 i = 0; i < _recent(); ++i) {
            id = _ids[_ids.length - 1 - (which % 6 + i) % _recent()];
            if (fits(id)) return id;
        }
        _needs(false);
    }

    /// @dev One of the last sixteen: sealed and to be opened now, or open and to be raised now.
    function _someBid(uint256 which, bool isOpen) private view returns (OwnBid storage b) {
        uint256 recent = _bids.length < 16 ? _bids.length : 16;
        for (uint256 i = 0; i < recent; ++i) {
            b = _bids[_bids.length - 1 - (which % 16 + i) % recent];
            AuctionTerms storage t = _terms[b.id];
            if (isOpen
                    ? b.paid > PLACE_FEE && _takesOpenBids(b.id)
                    : !b.open && block.timestamp >= t.revealFrom && block.timestamp < t.revealUntil) return b;
        }
        vm.assume(false);
        return _bids[0];
    }

    function _isAnnounced(AuctionId id) private view returns (bool) {
        return HOUSE.auction(id).stage == AuctionStage.Announced;
    }

    function _takesCommitments(AuctionId id) private view returns (bool) {
        return _takesBids(id) && _terms[id].form == BidForm.Sealed;
    }

    function _takesOpenBids(AuctionId id) private view returns (bool) {
        return _takesBids(id) && _terms[id].form == BidForm.Open;
    }

    function _takesBids(AuctionId id) private view returns (bool) {
        AuctionTerms storage t = _terms[id];
        return HOUSE.auction(id).stage == AuctionStage.Open && block.timestamp >= t.commitFrom
            && block.timestamp < t.commitUntil;
    }

    function _isDrawable(AuctionId id) private view returns (bool) {
        AuctionState memory s = HOUSE.auction(id);
        return s.stage == AuctionStage.Open && !s.drawn && block.timestamp >= _terms[id].commitUntil
            && block.timestamp < _terms[id].revealFrom;
    }

    function _hidesReserve(AuctionId id) private view returns (bool) {
        AuctionState memory s = HOUSE.auction(id);
        return s.stage == AuctionStage.Open && s.reserve == 0 && block.timestamp >= _terms[id].revealUntil;
    }

    function _isClearable(AuctionId id) private view returns (bool) {
        return HOUSE.auction(id).stage == AuctionStage.Open && block.timestamp >= _terms[id].revealUntil;
    }

    function _isUnsold(AuctionId id) private view returns (bool) {
        return HOUSE.auction(id).unsold != 0;
    }

    function _isLive(AuctionId id) private view returns (bool) {
        AuctionStage stage = HOUSE.auction(id).stage;
        return stage == AuctionStage.Announced || stage == AuctionStage.Open;
    }

    function _bidder(uint256 who) private view returns (uint256) {
        return FIRST_BIDDER + who % (people() - FIRST_BIDDER);
    }
}
