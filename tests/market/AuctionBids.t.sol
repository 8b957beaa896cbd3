// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientCash} from "../../interfaces/types/BookTypes.sol";
import {
    AuctionId,
    AuctionStage,
    AuctionTerms,
    Bid,
    BidForm,
    BidStatus,
    TieRule
} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {AuctionBase} from "./AuctionBase.sol";
import {RulesDouble, SchemesDouble} from "./MarketDoubles.sol";

/// @dev Committing and revealing, the seed, open bids.
contract AuctionBidsTest is AuctionBase {
    // ------------------------------------------------------------------ committing

    function test_commit_holdsTheDeposit() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_800, 500);
        uint256 before = _cash(b.id);
        _commit(id, b, 24_000_000);
        assertEq(_cash(b.id), before - 24_000_000 - PLACE_FEE);
        assertEq(_cash(_houseId()), 24_000_000 + PLACE_FEE);
        Bid memory stored = house.bidOf(id, 0);
        assertEq(ParticipantId.unwrap(stored.participant), b.id);
        assertEq(stored.held, 24_000_000);
        assertEq(uint8(stored.status), uint8(BidStatus.Committed));
    }

    function test_commit_onlyInItsTime() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("bidder");
        bytes memory notNow =
            abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.commitFrom, t.commitUntil);
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
        (t.maximumBids, t.bidsEach) = (8, 1);
        AuctionId id = _announce(t);
        Sealed memory b = _bidder("bidder");
        vm.warp(start);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Announced));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
        vm.warp(start - 1);
        vm.prank(seller);
        house.open(id);
        vm.warp(start);

        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionDepositShort.selector, 999_999, 1_000_000));
        vm.prank(b.wallet);
        house.commit(id, "x", 999_999);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotTrader.selector, address(this)));
        house.commit(id, "x", 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongForm.selector, id, BidForm.Sealed));
        vm.prank(b.wallet);
        house.place(id, 1, 500, NO_BID);
        for (uint256 i; i < 8; ++i) {
            vm.prank(_bidder(vm.toString(i)).wallet);
            house.commit(id, "x", 1_000_000);
        }
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionFull.selector, id, 8));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    function test_commit_refusesASuspendedParticipant() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        participants.set(b.wallet, b.id, ALL_RIGHTS, 3);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotTrader.selector, b.wallet));
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
        emit IAuctionBase.BidRevealed(id, 0, ParticipantId.wrap(b.id), 0, 4_800, 1_000, 480_000_000);
        _reveal(id, b);
        assertEq(_cash(b.id), before - 480_000_000 - PLACE_FEE);
        assertEq(house.commitmentOf(id, 0), 0);
        (uint256 places, uint256 wanted) = house.shareOf(id, ParticipantId.wrap(b.id), 0);
        assertEq(places, 1);
        assertEq(wanted, 1_000);
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongOpening.selector, copied, other));
        house.reveal(id, 0, 4_801, 500, SALT);
        // A commitment is of its participant: copied, it opens to nothing.
        other = house.bidHash(id, ParticipantId.wrap(copier.id), 4_800, 500, SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongOpening.selector, copied, other));
        house.reveal(id, 1, 4_800, 500, SALT);

        _reveal(id, b);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBidStatus.selector, id, 0, BidStatus.Revealed));
        house.reveal(id, 0, 4_800, 500, SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBidStatus.selector, id, 7, BidStatus.None));
        house.reveal(id, 7, 4_800, 500, SALT);
    }

    function test_reveal_onlyInItsTime() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        Sealed memory b = _bid(id, "bidder", 4_800, 500);
        bytes memory notNow =
            abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.revealFrom, t.revealUntil);
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadBid.selector, 4_800, 501, 500));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_refusesADepositBelowItsShare() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("bidder");
        (b.tick, b.lots) = (4_801, 500);
        _commit(id, b, 24_005_000 - 1);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionDepositShort.selector, 24_004_999, 24_005_000));
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionDepositShort.selector, 24_005_240, 24_005_241));
        house.reveal(id, b.number, b.tick, b.lots, SALT);
    }

    function test_reveal_refusesWhatTheBidderCannotPay() public {
        AuctionId id = _opened(_terms());
        (uint24 poor, address wallet) = _trader("poor", 0, 300_000);
        Sealed memory b = Sealed(poor, wallet, 4_800, 500, 0);
        _commit(id, b, 24_000_000);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientCash.selector, 6_000_000 - PLACE_FEE, 216_000_000));
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
        (t.limitLots, t.limitPpm) = (1_000, 250_000); // the lower one counts
        id = _opened(t);
        b = _bid(id, "other", 4_800, 1_500);
        vm.warp(t.revealFrom);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionOverLimit.selector, ParticipantId.wrap(b.id), 1_500, 1_000)
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
        emit IAuctionBase.BidRefused(id, 0, ParticipantId.wrap(b.id));
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNoBlockHash.selector, 1_000));
        house.drawSeed(id, SECRET);
        vm.roll(1_001);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAuctionBase.AuctionWrongOpening.selector, t.seedCommitment, keccak256(abi.encode(bytes32("other")))
            )
        );
        house.drawSeed(id, "other");
        house.drawSeed(id, SECRET);
        assertTrue(_state(id).drawn);
        assertEq(_state(id).seed, keccak256(abi.encode(SECRET, blockhash(1_000))));
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingToDo.selector, id));
        house.drawSeed(id, SECRET);
    }

    function _newRules() internal override returns (RulesDouble) {
        return new SchemesDouble();
    }

    function test_drawSeed_onlyBetweenCommitmentsAndReveals() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        bytes memory notNow =
            abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.commitUntil, t.revealFrom);
        vm.expectRevert(notNow);
        vm.prank(officer);
        house.endCommitments(id);
        vm.warp(t.commitUntil);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNoBlockHash.selector, 0));
        house.drawSeed(id, SECRET);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.endCommitments(id);
        address abroad = makeAddr("officer of another scheme");
        SchemesDouble(address(rules)).grantIn(abroad, SchemeId.wrap(2), type(uint32).max);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, abroad, 16));
        vm.prank(abroad);
        house.endCommitments(id);
        vm.startPrank(officer);
        house.endCommitments(id);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingToDo.selector, id));
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNoBlockHash.selector, 1_000));
        house.drawSeed(id, SECRET);
    }

    // ------------------------------------------------------------------ open bids

    function test_place_holdsTheFullPayment() public {
        AuctionId id = _opened(_openTerms());
        Sealed memory b = _bidder("bidder");
        vm.prank(b.wallet);
        assertEq(house.place(id, 5_000, 77, NO_BID), 0);
        assertEq(_cash(b.id), 10_000_000_000_000 - 77 * 5_000 * CENT - PLACE_FEE);
        assertEq(house.bidOf(id, 0).held, 77 * 5_000 * CENT);
    }

    function test_place_replacesALowerBidOfTheSameBidder() public {
        AuctionId id = _opened(_openTerms());
        Sealed memory b = _bidder("bidder");
        Sealed memory other = _bidder("other");
        vm.startPrank(b.wallet);
        house.place(id, 5_000, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotHigher.selector, 5_000, 5_000));
        house.place(id, 5_000, 80, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotHigher.selector, 69, 70));
        house.place(id, 5_001, 69, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionForeignBid.selector, id, 0));
        vm.prank(other.wallet);
        house.place(id, 5_001, 70, 0);

        vm.prank(b.wallet);
        house.place(id, 5_001, 70, 0);
        assertEq(_cash(b.id), 10_000_000_000_000 - 70 * 5_001 * CENT - 2 * PLACE_FEE);
        (uint256 lots, uint256 bids) = house.level(id, 5_000);
        assertEq(lots + bids, 0);
        (uint256 places, uint256 wanted) = house.shareOf(id, ParticipantId.wrap(b.id), 0);
        assertEq(places, 2);
        assertEq(wanted, 70);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBidStatus.selector, id, 0, BidStatus.Replaced));
        vm.prank(b.wallet);
        house.place(id, 5_002, 70, 0);
    }

    function test_place_refusesABidBelowThePublicReserve() public {
        AuctionTerms memory t = _openTerms();
        t.reserveTick = 4_500;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("bidder");
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotHigher.selector, 4_499, 4_500));
        vm.prank(b.wallet);
        house.place(id, 4_499, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadBid.selector, 65_536, 70, 1));
        vm.prank(b.wallet);
        house.place(id, 65_536, 70, NO_BID);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongForm.selector, id, BidForm.Open));
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    /// @dev A bidder that leaves its group between its sealed bid and the opening has no limit beside the group's.
    function test_reveal_countsForTheGroupOfTheCommitment() public {
        uint24 group = 77;
        AuctionTerms memory t = _terms();
        t.limitLots = 1_000;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("b");
        Sealed memory c = _bidder("c");
        participants.setGroup(b.id, group);
        participants.setGroup(c.id, group);
        (b.tick, b.lots, c.tick, c.lots) = (4_800, 1_000, 4_800, 500);
        _commit(id, b);
        _commit(id, c);
        participants.setGroup(c.id, 0);
        _toReveals();
        _reveal(id, b);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionOverLimit.selector, ParticipantId.wrap(c.id), 1_500, 1_000)
        );
        _reveal(id, c);
    }

    /// @dev A replaced bid gives its lots back to the group that it was counted for.
    function test_place_replacesABidOfTheGroupItWasMadeIn() public {
        uint24 group = 77;
        AuctionId id = _opened(_openTerms());
        Sealed memory b = _bidder("b");
        participants.setGroup(b.id, group);
        vm.prank(b.wallet);
        house.place(id, 5_000, 70, NO_BID);
        participants.setGroup(b.id, 0);
        vm.prank(b.wallet);
        house.place(id, 5_001, 80, 0);
        (, uint256 ofGroup) = house.shareOf(id, ParticipantId.wrap(b.id), group);
        (, uint256 own) = house.shareOf(id, ParticipantId.wrap(b.id), 0);
        assertEq(ofGroup, 0);
        assertEq(own, 80);
    }
}
