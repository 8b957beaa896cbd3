// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionState,
    AuctionTerms,
    Bid,
    BidForm,
    IAuction,
    PriceRule,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev An auction house at the Exchange of {MarketBase}: a seller with a million lots, an account that is paid, one that
/// gets forfeits, and as many bidders as wanted. Prices: tick 4,800 is 48.00.
abstract contract AuctionBase is MarketBase {
    uint256 internal constant OFFERED = 10_000;
    uint256 internal constant CENT = 100;
    uint256 internal constant PLACE_FEE = 50_000;
    bytes32 internal constant SALT = "salt";
    bytes32 internal constant SECRET = "secret";
    bytes32 internal constant NOTICE = "notice";
    uint256 internal constant NO_BID = type(uint256).max;

    IAuction internal house;
    address internal seller;
    uint24 internal sellerId;
    uint24 internal treasury;
    uint24 internal penalties;
    uint256 internal start;

    /// @dev A bid as the tests know it.
    struct Sealed {
        uint24 id;
        address wallet;
        uint256 tick;
        uint256 lots;
        uint256 number;
    }

    function setUp() public virtual override {
        super.setUp();
        house = IAuction(deployCode("Auction.sol:Auction", abi.encode(exchange)));
        exchange.setController(address(house), 16);
        (sellerId, seller) = _trader("seller", 1_000_000, 0);
        (treasury,) = _join("treasury");
        (penalties,) = _join("penalties");
        _open(FIRST_DAY);
        start = vm.getBlockTimestamp() + 1 hours;
        vm.roll(1_000);
    }

    // ------------------------------------------------------------------ terms

    function _terms() internal view virtual returns (AuctionTerms memory t) {
        t.market = market;
        t.seller = ParticipantId.wrap(sellerId);
        t.proceeds = ParticipantId.wrap(treasury);
        t.forfeits = ParticipantId.wrap(penalties);
        t.lots = uint40(OFFERED);
        t.multiple = 500;
        t.tickSize = uint24(CENT);
        t.depositPpm = 100_000;
        t.leastDeposit = 1_000_000;
        t.minimumPpm = 1_000_000;
        t.maximumBids = 65_535;
        t.bidsEach = 100;
        t.placeFee = uint48(PLACE_FEE);
        t.commitFrom = uint40(start);
        t.commitUntil = uint40(start + 1 hours);
        t.revealFrom = uint40(start + 2 hours);
        t.revealUntil = uint40(start + 3 hours);
        t.deliverFrom = uint40(start + 1 days);
        t.seedCommitment = keccak256(abi.encode(SECRET));
    }

    /// @dev One-way bidding: everything at once when the time for bids is over.
    function _openTerms() internal view returns (AuctionTerms memory t) {
        t = _terms();
        t.form = BidForm.Open;
        t.tie = TieRule.Time;
        t.minimumPpm = 0;
        t.revealFrom = t.revealUntil = t.commitUntil;
        t.deliverFrom = t.commitUntil;
        t.multiple = 1;
    }

    // ------------------------------------------------------------------ steps

    function _announce(AuctionTerms memory t) internal returns (AuctionId id) {
        vm.prank(officer);
        id = house.announce(t, NOTICE);
    }

    /// @dev Announced, and the seller's lots are in; bids can begin.
    function _opened(AuctionTerms memory t) internal returns (AuctionId id) {
        id = _announce(t);
        vm.prank(seller);
        house.open(id);
        vm.warp(t.commitFrom);
    }

    function _bidder(string memory name) internal returns (Sealed memory b) {
        (b.id, b.wallet) = _trader(name, 0, 100_000_000_000);
    }

    /// @dev Commits with the full value as deposit.
    function _commit(AuctionId id, Sealed memory b) internal {
        _commit(id, b, b.lots * b.tick * CENT);
    }

    function _commit(AuctionId id, Sealed memory b, uint256 deposit) internal {
        bytes32 hash = house.bidHash(id, ParticipantId.wrap(b.id), b.tick, b.lots, SALT);
        vm.prank(b.wallet);
        b.number = house.commit(id, hash, deposit);
    }

    function _reveal(AuctionId id, Sealed memory b) internal {
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    /// @dev A new bidder commits.
    function _bid(AuctionId id, string memory name, uint256 tick, uint256 lots) internal returns (Sealed memory b) {
        b = _bidder(name);
        b.tick = tick;
        b.lots = lots;
        _commit(id, b);
    }

    function _draw(AuctionId id) internal {
        vm.warp(start + 1 hours);
        vm.prank(officer);
        house.endCommitments(id);
        vm.roll(vm.getBlockNumber() + 1);
        house.drawSeed(id, SECRET);
    }

    function _toReveals() internal {
        vm.warp(start + 2 hours);
    }

    function _clear(AuctionId id) internal {
        vm.warp(start + 3 hours);
        house.clear(id, 2_000);
    }

    function _settle(AuctionId id) internal {
        vm.warp(start + 1 days);
        house.settle(id, 200);
    }

    function _state(AuctionId id) internal view returns (AuctionState memory) {
        return house.auction(id);
    }

    function _cash(uint24 id) internal view returns (uint256) {
        return _account(id).cash;
    }

    function _houseId() internal view returns (uint24) {
        return ParticipantId.unwrap(exchange.houseOf(address(house)));
    }

    /// @dev Nothing of a finished auction stays behind.
    function _assertHouseEmpty() internal view {
        assertEq(_account(_houseId()).lots, 0, "lots left in the house");
        assertEq(_account(_houseId()).cash, 0, "cash left in the house");
    }
}
