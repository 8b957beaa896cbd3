// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage, AuctionTerms, TieRule} from "../../interfaces/market/IAuction.sol";
import {AuctionBase} from "../market/AuctionBase.sol";

/// @dev Gas of whole transactions, written to `snapshots/auction.json`. Run with `--isolate`.
///
/// State of all figures: distinct bidders, whose accounts have cash; sealed bids with a deposit of a tenth, all revealed, at
/// a thousand prices; half of them win, the last one in part. `clear_per_bid_…` is everything after the reveals,
/// finding the price and settling every bid, divided by the bids.
/// forge-config: default.isolate = true
contract AuctionGasTest is AuctionBase {
    /// @dev A test may not use more gas than 2^30, so 2,000 bids are two of each bidder.
    uint256 private constant BIDDERS = 1_000;
    uint256 private constant CLEAR_PER_BID = 38_000;
    uint256 private constant ONE_TRANSACTION = 16_777_216; // Osaka's limit

    uint256 private _largest;

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function _report(string memory key, uint256 gas) private {
        vm.snapshotValue("auction", key, gas);
    }

    function _note() private returns (uint256 gas) {
        gas = _gas();
        if (gas > _largest) _largest = gas;
    }

    /// @dev `count` revealed bids of 1,000 lots, for half of which there is enough; all at one price, or spread.
    function _filled(uint256 count, bool spread, TieRule tie) private returns (AuctionId id) {
        AuctionTerms memory t = _terms();
        t.tie = tie;
        t.lots = uint40(count * 500);
        Sealed[] memory bids = new Sealed[](count);
        id = _opened(t);
        for (uint256 i; i < count; ++i) {
            Sealed memory b;
            if (i < BIDDERS) (b.id, b.wallet) = _trader(string.concat("bidder", vm.toString(i)), 0, 20_000_000);
            else (b.id, b.wallet) = (bids[i - BIDDERS].id, bids[i - BIDDERS].wallet);
            b.tick = spread ? 4_000 + uint256(keccak256(abi.encode(i))) % 1_000 : 4_800;
            b.lots = 1_000;
            _commit(id, b, b.tick * b.lots * CENT / 10);
            bids[i] = b;
        }
        if (tie == TieRule.Random) _draw(id);
        _toReveals();
        for (uint256 i; i < count; ++i) {
            _reveal(id, bids[i]);
        }
        vm.warp(start + 3 hours);
    }

    /// @dev Everything after the reveals.
    function _finished(AuctionId id) private returns (uint256 gas) {
        house.clear(id, 2_000);
        gas = _note();
        vm.warp(start + 1 days);
        while (_state(id).stage != AuctionStage.Closed) {
            house.settle(id, 200);
            gas += _note();
        }
        assertEq(_state(id).delivered, _state(id).volume);
    }

    /// @dev The cost a bid does not grow with their number: the same bound for all.
    function _clearPerBid(uint256 count) private {
        uint256 gas = _finished(_filled(count, true, TieRule.ProRata)) / count;
        _report(string.concat("clear_per_bid_", vm.toString(count)), gas);
        assertLe(gas, CLEAR_PER_BID);
        assertLt(_largest, ONE_TRANSACTION);
    }

    function test_clear_per_bid_100() public {
        _clearPerBid(100);
    }

    function test_clear_per_bid_1000() public {
        _clearPerBid(1_000);
        _report("largest_call", _largest);
    }

    function test_clear_per_bid_2000() public {
        _clearPerBid(2_000);
    }

    /// @dev 1,000 bids at one price, in the order drawn: the dearest rule.
    function test_rank_per_bid() public {
        AuctionId id = _filled(1_000, false, TieRule.Random);
        house.clear(id, 2_000);
        uint256 gas = _note();
        uint256 last = _order(_state(id).seed, 1_000)[499];
        for (uint256 from; from < 1_000; from += 500) {
            house.rank(id, last, 500);
            gas += _note();
        }
        _report("rank_per_bid_1000", gas / 1_000);
        _report("largest_rank_call", _largest);
        assertLt(_largest, ONE_TRANSACTION);
    }

    /// @dev Merge sort by {IAuction.rankKey}.
    function _order(bytes32 seed, uint256 count) private view returns (uint256[] memory order) {
        order = new uint256[](count);
        uint256[] memory keys = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            order[i] = i;
            keys[i] = house.rankKey(seed, i);
        }
        for (uint256 width = 1; width < count; width *= 2) {
            uint256[] memory next = new uint256[](count);
            for (uint256 from; from < count; from += 2 * width) {
                uint256 middle = from + width < count ? from + width : count;
                uint256 end = from + 2 * width < count ? from + 2 * width : count;
                (uint256 a, uint256 b) = (from, middle);
                for (uint256 i = from; i < end; ++i) {
                    bool first = a < middle && (b == end || keys[order[a]] < keys[order[b]]);
                    next[i] = first ? order[a++] : order[b++];
                }
            }
            order = next;
        }
    }

    function test_bids() public {
        AuctionTerms memory t = _terms();
        vm.prank(officer);
        AuctionId id = house.announce(t, NOTICE);
        _report("announce", _gas());
        vm.prank(seller);
        house.open(id);
        _report("open", _gas());
        vm.warp(t.commitFrom);
        _bid(id, "first", 4_801, 500);
        Sealed memory b = _bidder("second");
        (b.tick, b.lots) = (4_800, 500);
        _commit(id, b, 24_000_000);
        _report("commit", _gas());
        _toReveals();
        house.reveal(id, 0, 4_801, 500, SALT);
        _reveal(id, b);
        _report("reveal", _gas());
    }

    function test_place() public {
        AuctionTerms memory t = _openTerms();
        t.minimumPpm = 1_000_000;
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("first");
        vm.prank(b.wallet);
        house.place(id, 4_801, 500, NO_BID);
        b = _bidder("second");
        vm.prank(b.wallet);
        house.place(id, 4_800, 500, NO_BID);
        _report("place", _gas());
    }
}
