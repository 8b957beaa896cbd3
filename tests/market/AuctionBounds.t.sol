// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionTerms, TieRule} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {AuctionBase} from "./AuctionBase.sol";

/// @dev Sizes of bids, of calls and of reserves that mean nothing.
contract AuctionBoundsTest is AuctionBase {
    function test_announce_openBidsHaveNothingToRevealLater() public {
        AuctionTerms memory t = _openTerms();
        t.revealFrom = t.revealUntil + 1;
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("revealUntil")));
        house.announce(t, NOTICE);
    }

    function test_reveal_refusesBidsOfNothing() public {
        AuctionId id = _opened(_terms());
        Sealed[3] memory bids = [_bidder("a"), _bidder("b"), _bidder("c")];
        (bids[0].tick, bids[0].lots) = (0, 500);
        (bids[1].tick, bids[1].lots) = (4_800, 0);
        (bids[2].tick, bids[2].lots) = (1, 0);
        bids[2].lots = (uint256(type(uint40).max) / 500 + 1) * 500;
        for (uint256 i; i < 3; ++i) {
            _commit(id, bids[i], 1_000_000);
        }
        _toReveals();
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAuctionBase.AuctionBadBid.selector, bids[i].tick, bids[i].lots, 500)
            );
            _reveal(id, bids[i]);
        }
    }

    /// @dev What is too many is more than 40 bits hold; for as many its deposit is too small.
    function test_reveal_knowsTheLargestBid() public {
        AuctionTerms memory t = _terms();
        t.multiple = 5;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("a");
        (b.tick, b.lots) = (4_800, type(uint40).max);
        _commit(id, b, 1_000_000);
        _toReveals();
        vm.expectPartialRevert(IAuctionBase.AuctionDepositShort.selector);
        _reveal(id, b);
    }

    function test_reveal_knowsTheHighestPrice() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bidder("a");
        (b.tick, b.lots) = (type(uint16).max, 500);
        _commit(id, b, 1_000_000);
        _toReveals();
        vm.expectPartialRevert(IAuctionBase.AuctionDepositShort.selector);
        _reveal(id, b);
    }

    function test_openReserve_refusesWhatIsNoTick() public {
        uint256[2] memory none = [uint256(0), 1 << 16];
        for (uint256 i; i < 2; ++i) {
            AuctionTerms memory t = _terms();
            t.reserveCommitment = house.reserveHash(none[i], SALT);
            AuctionId id = _announce(t);
            vm.warp(start - 1);
            vm.prank(seller);
            house.open(id);
            vm.warp(t.revealUntil);
            vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("reserveTick")));
            house.openReserve(id, none[i], SALT);
            vm.warp(start - 30 minutes);
        }
    }

    function test_rank_boundsItsCalls() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        Sealed memory b = _bid(id, "a", 4_800, 10_000);
        _draw(id);
        _toReveals();
        _reveal(id, b);
        _clear(id);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionTooManyItems.selector, 2_001, 2_000));
        house.rank(id, 0, 2_001);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingToDo.selector, id));
        house.rank(id, 0, 2_000); // everybody at the price is served
    }
}
