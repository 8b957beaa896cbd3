// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientCash} from "../../interfaces/BookTypes.sol";
import {
    AuctionId,
    AuctionStage,
    AuctionTerms,
    Bid,
    BidForm,
    BidStatus,
    IAuction,
    TieRule
} from "../../interfaces/IAuction.sol";
import {IExchangeBase} from "../../interfaces/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/Ids.sol";
import {AuctionBase} from "./AuctionBase.sol";
import {RulesDouble} from "./MarketDoubles.sol";

/// @dev Announcing, opening, bidding: what is taken, what is refused.
contract AuctionTest is AuctionBase {
    // ------------------------------------------------------------------ announcing

    function test_announce_needsThePowerMarket() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.announce(_terms(), NOTICE);
    }

    function test_announce_saysTheTermsAndTheNotice() public {
        AuctionTerms memory t = _terms();
        vm.expectEmit(address(house));
        emit IAuction.AuctionAnnounced(AuctionId.wrap(1), market, t.seller, t, NOTICE);
        assertEq(AuctionId.unwrap(_announce(t)), 1);
        assertEq(uint8(_state(AuctionId.wrap(1)).stage), uint8(AuctionStage.Announced));
    }

    function _refused(AuctionTerms memory t, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadTerms.selector, field));
        vm.prank(officer);
        house.announce(t, NOTICE);
    }

    function test_announce_refusesTermsThatCannotHold() public {
        AuctionTerms memory t = _terms();
        t.market = MarketId.wrap(9);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, t.market));
        vm.prank(officer);
        house.announce(t, NOTICE);
        t = _terms();
        t.seller = ParticipantId.wrap(999);
        _refused(t, "seller");
        t = _terms();
        t.proceeds = ParticipantId.wrap(999);
        _refused(t, "proceeds");
        t = _terms();
        t.forfeits = ParticipantId.wrap(999);
        _refused(t, "forfeits");
        t = _terms();
        t.multiple = 0;
        _refused(t, "multiple");
        t = _terms();
        t.lots = 0;
        _refused(t, "lots");
        t.lots = 10_001;
        _refused(t, "lots");
        t = _terms();
        t.tickSize = 150;
        _refused(t, "tickSize");
        t.tickSize = 0;
        _refused(t, "tickSize");
        t = _terms();
        t.reserveTick = 1;
        t.reserveCommitment = "x";
        _refused(t, "reserveTick");
        t = _terms();
        t.spread = 5;
        _refused(t, "spread");
        t = _terms();
        t.limitPpm = 1_000_001;
        _refused(t, "limitPpm");
        t = _terms();
        t.depositPpm = 0;
        _refused(t, "depositPpm");
        t.depositPpm = 1_000_001;
        _refused(t, "depositPpm");
        t = _terms();
        t.leastDeposit = 0;
        _refused(t, "leastDeposit");
        t = _terms();
        t.maximumBids = 0;
        _refused(t, "maximumBids");
        t = _terms();
        t.tie = TieRule.Random;
        t.seedCommitment = 0;
        _refused(t, "tie");
        t.seedCommitment = "x";
        t.revealFrom = t.commitUntil;
        _refused(t, "tie");
    }

    function test_announce_refusesTimesOutOfOrder() public {
        AuctionTerms memory t = _terms();
        t.commitFrom = uint40(vm.getBlockTimestamp() - 1);
        _refused(t, "commitFrom");
        t = _terms();
        t.commitUntil = t.commitFrom;
        _refused(t, "commitUntil");
        t = _terms();
        t.revealFrom = t.commitUntil - 1;
        _refused(t, "revealFrom");
        t = _terms();
        t.revealUntil = t.revealFrom;
        _refused(t, "revealUntil");
        t = _terms();
        t.deliverFrom = t.revealUntil - 1;
        _refused(t, "deliverFrom");
        t.deliverFrom = t.revealUntil;
        t.reserveCommitment = "x";
        _refused(t, "deliverFrom");
        t = _openTerms();
        t.revealUntil += 1;
        _refused(t, "revealUntil");
    }

    // ------------------------------------------------------------------ opening

    function test_open_bringsTheSellersLotsIn() public {
        AuctionId id = _announce(_terms());
        vm.expectEmit(address(house));
        emit IAuction.AuctionOpened(id, OFFERED);
        vm.prank(seller);
        house.open(id);
        assertEq(_account(sellerId).lots, 1_000_000 - OFFERED);
        assertEq(_account(_houseId()).lots, OFFERED);
        assertEq(_state(id).volume, OFFERED);
    }

    function test_open_byOthersNeedsConsent() public {
        AuctionId id = _announce(_terms());
        vm.expectRevert(
            abi.encodeWithSelector(IAuction.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        house.open(id);

        vm.prank(seller);
        house.setConsent(market, OFFERED + 1);
        house.open(id);
        assertEq(house.consentOf(ParticipantId.wrap(sellerId), market), 1);
    }

    function test_open_isNotForOtherTraders() public {
        AuctionId id = _announce(_terms());
        (, address other) = _trader("other", 0, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAuction.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        vm.prank(other);
        house.open(id);
        address reader = makeAddr("reader");
        participants.add(sellerId, reader, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IAuction.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        vm.prank(reader);
        house.open(id);
    }

    function test_setConsent_revertsForOneWhoMayNotTrade() public {
        address wallet = makeAddr("reader");
        participants.add(sellerId, wallet, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotTrader.selector, wallet));
        vm.prank(wallet);
        house.setConsent(market, 1);
    }

    function test_open_isPossibleOnceAndBeforeTheFirstBid() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Open));
        vm.prank(seller);
        house.open(id);

        t.commitFrom += 10;
        id = _announce(t);
        vm.warp(t.commitFrom);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, 0, t.commitFrom));
        vm.prank(seller);
        house.open(id);
    }

    // ------------------------------------------------------------------ committing

    function test_commit_holdsTheDeposit() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_800, 500);
        uint256 before = _cash(b.id);
        _commit(id, b, 24_000_000);
        assertEq(_cash(b.id), before - 24_000_000);
        assertEq(_cash(_houseId()), 24_000_000);
        Bid memory stored = house.bidOf(id, 0);
        assertEq(ParticipantId.unwrap(stored.participant), b.id);
        assertEq(stored.held, 24_000_000);
        assertEq(uint8(stored.status), uint8(BidStatus.Committed));
    }

    function test_commit_onlyInItsTime() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("bidder");
        bytes memory notNow = abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.commitFrom, t.commitUntil);
        vm.warp(t.commitFrom - 1);
        vm.expectRevert(notNow);
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
        vm.warp(t.commitUntil);
        vm.expectRevert(notNow);
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    function test_commit_refusals() public {
        AuctionTerms memory t = _terms();
        t.maximumBids = 1;
        AuctionId id = _announce(t);
        Sealed memory b = _bidder("bidder");
        vm.warp(start);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Announced));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
        vm.warp(start - 1);
        vm.prank(seller);
        house.open(id);
        vm.warp(start);

        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionDepositShort.selector, 999_999, 1_000_000));
        vm.prank(b.wallet);
        house.commit(id, "x", 999_999);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotTrader.selector, address(this)));
        house.commit(id, "x", 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongForm.selector, id, BidForm.Sealed));
        vm.prank(b.wallet);
        house.place(id, 1, 500, NO_BID);
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionFull.selector, id, 1));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    function test_commit_refusesASuspendedParticipant() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        participants.set(b.wallet, b.id, ALL_RIGHTS, 3);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotTrader.selector, b.wallet));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    // ------------------------------------------------------------------ revealing

    function test_reveal_holdsTheRestOfThePayment() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_800, 1_000);
        uint256 before = _cash(b.id);
        _commit(id, b, 48_000_000);
        _toReveals();
        vm.expectEmit(address(house));
        emit IAuction.BidRevealed(id, 0, ParticipantId.wrap(b.id), 4_800, 1_000, 480_000_000);
        _reveal(id, b);
        assertEq(_cash(b.id), before - 480_000_000);
        assertEq(house.commitmentOf(id, 0), 0);
        assertEq(house.revealedOf(id, ParticipantId.wrap(b.id)), 1_000);
        (uint256 lots, uint256 bids) = house.level(id, 4_800);
        assertEq(lots, 1_000);
        assertEq(bids, 1);
    }

    function test_reveal_takesWhatWasCommittedAndNothingElse() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bid(id, "bidder", 4_800, 500);
        Sealed memory copier = _bidder("copier");
        bytes32 copied = house.commitmentOf(id, 0);
        vm.prank(copier.wallet);
        house.commit(id, copied, 24_000_000);
        _toReveals();

        bytes32 other = house.bidHash(id, ParticipantId.wrap(b.id), 4_801, 500, SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongOpening.selector, copied, other));
        house.reveal(id, 0, 4_801, 500, SALT);
        // A commitment is of its participant: copied, it opens to nothing.
        other = house.bidHash(id, ParticipantId.wrap(copier.id), 4_800, 500, SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongOpening.selector, copied, other));
        house.reveal(id, 1, 4_800, 500, SALT);

        _reveal(id, b);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBidStatus.selector, id, 0, BidStatus.Revealed));
        house.reveal(id, 0, 4_800, 500, SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBidStatus.selector, id, 7, BidStatus.None));
        house.reveal(id, 7, 4_800, 500, SALT);
    }

    function test_reveal_onlyInItsTime() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        Sealed memory b = _bid(id, "bidder", 4_800, 500);
        bytes memory notNow = abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.revealFrom, t.revealUntil);
        vm.warp(t.revealFrom - 1);
        vm.expectRevert(notNow);
        house.reveal(id, b.number, b.tick, b.lots, SALT);
        vm.warp(t.revealUntil);
        vm.expectRevert(notNow);
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_refusesABidThatIsNoMultiple() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bid(id, "bidder", 4_800, 501);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadBid.selector, 4_800, 501, 500));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_refusesADepositBelowItsShare() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_801, 500);
        _commit(id, b, 24_005_000 - 1);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionDepositShort.selector, 24_004_999, 24_005_000));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_roundsTheLeastDepositUp() public {
        AuctionTerms memory t = _terms();
        t.depositPpm = 100_001;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_801, 500);
        _commit(id, b, 24_005_240);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionDepositShort.selector, 24_005_240, 24_005_241));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_refusesWhatTheBidderCannotPay() public {
        AuctionId id = _opened(_terms());
        (uint24 poor, address wallet) = _trader("poor", 0, 300_000);
        Sealed memory b = Sealed(poor, wallet, 4_800, 500, 0);
        _commit(id, b, 24_000_000);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, 6_000_000, 216_000_000));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_heldAgainstTheLimitOfAllBidsTogether() public {
        AuctionTerms memory t = _terms();
        t.limitPpm = 250_000; // California: a quarter of the volume
        AuctionId id = _opened(t);
        Sealed memory b = _bid(id, "bidder", 4_800, 2_000);
        Sealed memory more = b;
        more.lots = 500;
        _commit(id, more);
        more.lots = 501;
        assertEq(house.limitOf(id), 2_500);
        _toReveals();
        house.reveal(id, 0, 4_800, 2_000, SALT);
        house.reveal(id, 1, 4_800, 500, SALT);

        t = _terms();
        t.commitFrom = uint40(vm.getBlockTimestamp() + 1);
        t.commitUntil = t.commitFrom + 10;
        t.revealFrom = t.commitUntil;
        t.revealUntil = t.revealFrom + 10;
        t.limitLots = 1_000;
        id = _opened(t);
        b = _bid(id, "other", 4_800, 1_500);
        vm.warp(t.revealFrom);
        vm.expectRevert(
            abi.encodeWithSelector(IAuction.AuctionOverLimit.selector, ParticipantId.wrap(b.id), 1_500, 1_000)
        );
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_ofAFrozenAccountIsRefusedAndReturned() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_800, 500);
        uint256 before = _cash(b.id);
        _commit(id, b, 24_000_000);
        vm.prank(officer);
        exchange.freezeAccount(ParticipantId.wrap(b.id), market, true);
        _toReveals();
        vm.expectEmit(address(house));
        emit IAuction.BidRefused(id, 0, ParticipantId.wrap(b.id));
        _reveal(id, b);
        (uint256 lots,) = house.level(id, 4_800);
        assertEq(lots, 0);
        _clear(id);
        _settle(id);
        assertEq(_cash(b.id), before);
        assertEq(_cash(penalties), 0);
    }

    // ------------------------------------------------------------------ the seed

    function test_drawSeed_takesTheSecretAndABlockAfterTheLastBid() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        vm.warp(t.commitUntil);
        vm.prank(officer);
        house.endCommitments(id);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNoBlockHash.selector, 1_000));
        house.drawSeed(id, SECRET);
        vm.roll(1_001);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAuction.AuctionWrongOpening.selector, t.seedCommitment, keccak256(abi.encode(bytes32("other")))
            )
        );
        house.drawSeed(id, "other");
        house.drawSeed(id, SECRET);
        assertTrue(_state(id).drawn);
        assertEq(_state(id).seed, keccak256(abi.encode(SECRET, blockhash(1_000))));
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNothingToDo.selector, id));
        house.drawSeed(id, SECRET);
    }

    function test_drawSeed_onlyBetweenCommitmentsAndReveals() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        bytes memory notNow = abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.commitUntil, t.revealFrom);
        vm.expectRevert(notNow);
        vm.prank(officer);
        house.endCommitments(id);
        vm.warp(t.commitUntil);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNoBlockHash.selector, 0));
        house.drawSeed(id, SECRET);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.endCommitments(id);
        vm.startPrank(officer);
        house.endCommitments(id);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNothingToDo.selector, id));
        house.endCommitments(id);
        vm.stopPrank();
        vm.roll(1_001);
        vm.warp(t.revealFrom);
        vm.expectRevert(notNow);
        house.drawSeed(id, SECRET);
    }

    function test_drawSeed_notFromABlockWhoseHashIsGone() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        vm.warp(t.commitUntil);
        vm.prank(officer);
        house.endCommitments(id);
        vm.roll(1_257);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNoBlockHash.selector, 1_000));
        house.drawSeed(id, SECRET);
    }

    // ------------------------------------------------------------------ cancelling

    function test_cancel_byTheOfficerReturnsEverything() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bid(id, "bidder", 4_800, 500);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.cancel(id, "no");
        vm.prank(officer);
        house.cancel(id, "fault");
        house.settle(id, 200);
        assertEq(_cash(b.id), 10_000_000_000_000);
        assertEq(_account(sellerId).lots, 1_000_000);
        assertEq(uint8(_state(id).stage), uint8(AuctionStage.Closed));
        _assertHouseEmpty();
    }

    function test_cancel_notOnceBidsAreKnown() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, 0, t.revealFrom));
        vm.prank(officer);
        house.cancel(id, "price");
    }

    function test_cancel_byAnyoneWhenTheLotsDidNotCome() public {
        AuctionId id = _announce(_terms());
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        house.cancel(id, "early");
        vm.warp(start);
        house.cancel(id, "no lots");
        house.settle(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.cancel(id, "again");
    }

    function test_unknownAuctionsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionUnknown.selector, AuctionId.wrap(3)));
        house.settle(AuctionId.wrap(3), 1);
    }

    // ------------------------------------------------------------------ open bids

    function test_place_holdsTheFullPayment() public {
        AuctionId id = _opened(_openTerms());
        Sealed memory b = _bidder("bidder");
        vm.prank(b.wallet);
        assertEq(house.place(id, 5_000, 77, NO_BID), 0);
        assertEq(_cash(b.id), 10_000_000_000_000 - 77 * 5_000 * CENT);
        assertEq(house.bidOf(id, 0).held, 77 * 5_000 * CENT);
    }

    function test_place_replacesALowerBidOfTheSameBidder() public {
        AuctionId id = _opened(_openTerms());
        Sealed memory b = _bidder("bidder");
        Sealed memory other = _bidder("other");
        vm.startPrank(b.wallet);
        house.place(id, 5_000, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotHigher.selector, 5_000, 5_000));
        house.place(id, 5_000, 80, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotHigher.selector, 69, 70));
        house.place(id, 5_001, 69, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionForeignBid.selector, id, 0));
        vm.prank(other.wallet);
        house.place(id, 5_001, 70, 0);

        vm.prank(b.wallet);
        house.place(id, 5_001, 70, 0);
        assertEq(_cash(b.id), 10_000_000_000_000 - 70 * 5_001 * CENT);
        (uint256 lots, uint256 bids) = house.level(id, 5_000);
        assertEq(lots + bids, 0);
        assertEq(house.revealedOf(id, ParticipantId.wrap(b.id)), 70);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBidStatus.selector, id, 0, BidStatus.Replaced));
        vm.prank(b.wallet);
        house.place(id, 5_002, 70, 0);
    }

    function test_place_refusesABidBelowThePublicReserve() public {
        AuctionTerms memory t = _openTerms();
        t.reserveTick = 4_500;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("bidder");
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotHigher.selector, 4_499, 4_500));
        vm.prank(b.wallet);
        house.place(id, 4_499, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadBid.selector, 65_536, 70, 1));
        vm.prank(b.wallet);
        house.place(id, 65_536, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongForm.selector, id, BidForm.Open));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }
}
