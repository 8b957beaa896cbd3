// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage, AuctionTerms, PriceRule, TieRule} from "../../interfaces/market/IAuction.sol";
import {AuctionBase} from "./AuctionBase.sol";

/// @dev Any bids, in any order, in calls of any size, against a plain sorted list.
contract AuctionFuzzTest is AuctionBase {
    uint256 private constant PURSE = 10_000_000_000_000;
    uint256 private constant BIDDERS = 14;

    struct Plain {
        uint256 price; //   [tick]; 0 = nothing is sold
        uint256 sold; //    [lots]
        uint256 money; //   [0.0001 currency]
        uint256 forfeits;
        uint256[] won;
    }

    Sealed[] private _bids;
    bool[] private _silent;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < BIDDERS; ++i) {
            _bids.push(_bidder(string.concat("bidder", vm.toString(i))));
        }
    }

    function testFuzz_auction_equalsASortedList(uint256 seed, uint8 tie, uint256 least, bool asBid, uint256 size)
        public
    {
        AuctionTerms memory t = _terms();
        t.tie = TieRule(tie % 3);
        t.minimumPpm = uint32(bound(least, 0, 1_000_000)); // within the bounds
        t.pricing = asBid ? PriceRule.AsBid : PriceRule.Uniform;
        t.reserveCommitment = house.reserveHash(4_785 + seed % 12, SALT);
        AuctionId id = _opened(t);
        _bidAny(id, seed);
        t.reserveTick = uint16(4_785 + seed % 12);
        if (t.tie == TieRule.Random) _draw(id);
        _toReveals();
        for (uint256 i; i < BIDDERS; ++i) {
            if (!_silent[i]) _reveal(id, _bids[i]);
        }
        _finish(id, t, bound(size, 1, 5));
        _compare(_plain(id, t));
    }

    function _bidAny(AuctionId id, uint256 seed) private {
        for (uint256 i; i < BIDDERS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _bids[i].tick = 4_780 + seed % 8 + (seed >> 16) % 8;
            _bids[i].lots = (1 + (seed >> 32) % 6) * 500;
            _silent.push((seed >> 64) % 6 == 0);
            Sealed memory b = _bids[i];
            uint256 value = b.tick * b.lots * CENT;
            _commit(id, b, value / 10 + (seed >> 96) % value);
            _bids[i].number = b.number;
        }
    }

    /// @dev Clears, ranks and settles, `size` at a time.
    function _finish(AuctionId id, AuctionTerms memory t, uint256 size) private {
        vm.warp(t.revealUntil);
        house.openReserve(id, t.reserveTick, SALT);
        while (_state(id).stage == AuctionStage.Open) {
            house.clear(id, size);
        }
        if (_state(id).stage == AuctionStage.Cleared && t.tie == TieRule.Random && _rationed(id)) _rank(id, size);
        vm.warp(t.deliverFrom);
        while (_state(id).stage != AuctionStage.Closed) {
            house.settle(id, size);
        }
    }

    function _rationed(AuctionId id) private view returns (bool) {
        return _state(id).rest < _state(id).marginal;
    }

    /// @dev Revealed bids at `tick`, in the order that was drawn.
    function _tied(AuctionId id, uint256 tick) private view returns (uint256[] memory tied) {
        uint256 count;
        for (uint256 i; i < BIDDERS; ++i) {
            if (!_silent[i] && _bids[i].tick == tick) ++count;
        }
        tied = new uint256[](count);
        count = 0;
        bytes32 seed = _state(id).seed;
        for (uint256 i; i < BIDDERS; ++i) {
            if (_silent[i] || _bids[i].tick != tick) continue;
            uint256 place = count++;
            while (place != 0 && house.rankKey(seed, tied[place - 1]) > house.rankKey(seed, i)) {
                tied[place] = tied[place - 1];
                --place;
            }
            tied[place] = i;
        }
    }

    function _rank(AuctionId id, uint256 size) private {
        uint256[] memory tied = _tied(id, _state(id).tick);
        uint256 last;
        for (uint256 sum = _bids[tied[0]].lots; sum < _state(id).rest; sum += _bids[tied[++last]].lots) {}
        while (!_state(id).ranked) {
            house.rank(id, tied[last], size);
        }
    }

    // ------------------------------------------------------------------ the plain model

    function _plain(AuctionId id, AuctionTerms memory t) private view returns (Plain memory p) {
        p.won = new uint256[](BIDDERS);
        p.forfeits = BIDDERS * PLACE_FEE;
        for (uint256 i; i < BIDDERS; ++i) {
            if (_silent[i]) p.forfeits += house.bidOf(id, i).held;
        }
        uint256 lowest;
        for (uint256 tick = 4_800; tick >= t.reserveTick; --tick) {
            uint256 there = _wanted(tick);
            if (there == 0) continue;
            lowest = tick;
            if (p.sold + there < OFFERED) {
                p.sold += there;
                _serveAll(p, tick);
                continue;
            }
            _ration(id, t.tie, p, tick, there, OFFERED - p.sold);
            p.sold = OFFERED;
            p.price = tick;
            break;
        }
        if (p.price == 0) {
            if (p.sold * 1_000_000 >= OFFERED * t.minimumPpm) p.price = lowest;
            else (p.sold, p.won) = (0, new uint256[](BIDDERS));
        }
        for (uint256 i; i < BIDDERS; ++i) {
            p.money += p.won[i] * (t.pricing == PriceRule.AsBid ? _bids[i].tick : p.price) * CENT;
        }
    }

    function _wanted(uint256 tick) private view returns (uint256 lots) {
        for (uint256 i; i < BIDDERS; ++i) {
            if (!_silent[i] && _bids[i].tick == tick) lots += _bids[i].lots;
        }
    }

    function _serveAll(Plain memory p, uint256 tick) private view {
        for (uint256 i; i < BIDDERS; ++i) {
            if (!_silent[i] && _bids[i].tick == tick) p.won[i] = _bids[i].lots;
        }
    }

    function _ration(AuctionId id, TieRule tie, Plain memory p, uint256 tick, uint256 there, uint256 rest)
        private
        view
    {
        uint256[] memory order = _tied(id, tick);
        if (tie != TieRule.Random) _sort(order);
        uint256 before;
        uint256 given;
        for (uint256 i; i < order.length; ++i) {
            before += _bids[order[i]].lots;
            uint256 due = before < rest ? before : rest;
            if (tie == TieRule.ProRata) due = before / 500 * (rest / 500) / (there / 500) * 500;
            p.won[order[i]] = due - given;
            given = due;
        }
    }

    function _sort(uint256[] memory order) private pure {
        for (uint256 i; i < order.length; ++i) {
            for (uint256 j = i + 1; j < order.length; ++j) {
                if (order[j] < order[i]) (order[i], order[j]) = (order[j], order[i]);
            }
        }
    }

    function _compare(Plain memory p) private view {
        uint256 paid;
        for (uint256 i; i < BIDDERS; ++i) {
            assertEq(_account(_bids[i].id).lots, p.won[i], "won");
            paid += PURSE - _cash(_bids[i].id);
        }
        assertEq(_cash(treasury), p.money, "proceeds");
        assertEq(_cash(penalties), p.forfeits, "forfeits");
        assertEq(paid, p.money + p.forfeits, "paid");
        assertEq(_account(sellerId).lots, 1_000_000 - p.sold, "sold");
        _assertHouseEmpty();
    }
}
