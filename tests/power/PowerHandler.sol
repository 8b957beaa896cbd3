// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {BidState, Opening} from "../../interfaces/power/IPowerBids.sol";
import {IPowerVenue} from "../../interfaces/power/IPowerLedger.sol";
import {PowerAccountId, PowerStage, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PlainToken} from "../standalone/Doubles.sol";
import {Lot, OneNode} from "./OneNode.sol";

/// @dev Acts of two bidders, one of which has pseudonyms, and of a solver, interval by interval, with a ledger of its own of
/// what is held. What is wrong at the time it is tried, too: all such calls are refused.
contract PowerHandler is Test {
    uint256 private constant CREDIT = 5;
    uint256 private constant MICRO = 1_000;
    uint256 private constant CAP = 10_000_000;
    uint256 private constant HOLD = 2 days;

    IPowerVenue private immutable MARKET;
    PlainToken private immutable TOKEN;
    address[2] private _wallets;
    ParticipantId[2] public ids;
    address[3] private _keys; // of pseudonyms of the first
    address private _solver;

    mapping(uint256 who => uint256) public held; //   [micro-credit] of curves opened
    mapping(uint256 who => uint256) public aside; //  deposits
    uint256 public forfeits; // that nobody has claimed
    mapping(uint32 interval => mapping(uint256 who => Opening)) private _openings;
    mapping(uint32 interval => uint256[]) private _order; // of opening
    uint32[] private _ended;
    uint32 public interval;
    uint256 public cleared;
    uint256 public traded; // [Wh]
    uint256 public released;
    uint256 public silent;

    constructor(
        IPowerVenue market,
        PlainToken token,
        address[2] memory wallets,
        ParticipantId[2] memory ids_,
        address[3] memory keys,
        address solver
    ) {
        (MARKET, TOKEN, _wallets, ids, _keys, _solver) = (market, token, wallets, ids_, keys, solver);
        interval = uint32(vm.getBlockTimestamp() / 900 + 2);
    }

    // ------------------------------------------------------------------ bids

    /// @dev A bid of one step and an offer of one, each maybe nothing; committed on what is set aside, or refused.
    function commit(uint256 who, uint32 limit, uint32 price, bool buys) external {
        who %= 2;
        (limit, price) = (uint32(bound(limit, 1, 5_000)), uint32(bound(price, 1, 12)) * 7_501);
        Opening memory o;
        (o.salt, o.words) = (keccak256(abi.encode(interval, who)), new uint256[](2));
        o.words[0] = ParticipantId.unwrap(ids[who]) | (buys ? 0 : 1 << 40) | 1 << 48;
        o.words[1] = uint256(price) | uint256(limit) << 32;
        bytes24 commitment = _commitment(who, o);
        bool fits = MARKET.bidOf(interval, ids[who]).state == BidState.None
            && MARKET.depositOf(ids[who]).barredUntil <= vm.getBlockTimestamp()
            && MARKET.depositOf(ids[who]).amount >= (MARKET.depositOf(ids[who]).committedWh + limit) * CAP / 1_000;
        vm.prank(_wallets[who]);
        if (!fits) vm.expectRevert();
        MARKET.commit(interval, commitment, limit);
        if (fits) _openings[interval][who] = o;
    }

    function _commitment(uint256 who, Opening memory o) private view returns (bytes24) {
        bytes32 words = keccak256(abi.encodePacked(o.words));
        return bytes24(keccak256(abi.encode(interval, ids[who], o.salt, o.root, o.leaves, words)));
    }

    function setAside(uint256 who, uint96 amount) external {
        who %= 2;
        amount = uint96(bound(amount, 0, _free(ParticipantId.unwrap(ids[who])) / 4));
        vm.prank(_wallets[who]);
        MARKET.deposit(amount);
        aside[who] += amount;
    }

    function takeBack(uint256 who, uint96 amount) external {
        who %= 2;
        amount = uint96(bound(amount, 0, aside[who] + 1));
        bool fits = MARKET.depositOf(ids[who]).committedWh == 0
            && MARKET.depositOf(ids[who]).boundUntil <= vm.getBlockTimestamp() && amount <= aside[who];
        vm.prank(_wallets[who]);
        if (!fits) vm.expectRevert();
        MARKET.takeBack(amount);
        if (fits) aside[who] -= amount;
    }

    // ------------------------------------------------------------------ credits

    function deposit(uint256 who, uint64 units) external {
        units = uint64(bound(units, 1, 1e12));
        address wallet = _wallets[who % 2];
        TOKEN.mint(wallet, CREDIT, units);
        vm.prank(wallet);
        TOKEN.safeTransferFrom(wallet, address(MARKET), CREDIT, units, "");
    }

    function withdraw(uint256 who, uint64 units) external {
        who %= 2;
        uint256 most = _free(ParticipantId.unwrap(ids[who])) / MICRO;
        if (most == 0) return;
        vm.prank(_wallets[who]);
        MARKET.withdraw(bound(units, 1, most), _wallets[who]);
    }

    /// @dev Funds a pseudonym, or takes back what it has.
    function move(bool funds, uint256 which, uint96 amount) external {
        (PowerAccountId[] memory list, uint96[] memory amounts) = (new PowerAccountId[](1), new uint96[](1));
        list[0] = MARKET.pseudonymOf(_keys[which % 3]);
        amounts[0] = uint96(bound(amount, 0, _free(ParticipantId.unwrap(ids[0]))));
        vm.startPrank(_wallets[0]);
        if (funds) MARKET.fund(list, amounts);
        else MARKET.sweep(list);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ intervals

    /// @dev Ends an interval: each bidder opens or keeps silent, a solver clears or does not.
    function next(uint256 silence, bool clears) external {
        uint32 at = interval;
        vm.warp(uint256(at) * 900 - 600);
        for (uint256 who; who < 2; ++who) {
            if (MARKET.bidOf(at, ids[who]).state != BidState.Committed) continue;
            if (silence % 8 == who) continue;
            Opening memory o = _openings[at][who];
            if (_free(ParticipantId.unwrap(ids[who])) < _holds(o.words)) continue;
            MARKET.open(at, ids[who], o);
            held[who] += _holds(o.words);
            _order[at].push(who);
        }
        vm.warp(uint256(at) * 900 - 570);
        for (uint256 who; who < 2; ++who) {
            if (MARKET.bidOf(at, ids[who]).state == BidState.Committed) _forfeit(at, who);
        }
        if (clears && _order[at].length != 0) _clear(at);
        vm.warp(uint256(at) * 900 - 300);
        if (_order[at].length != 0) _ended.push(at);
        ++interval;
    }

    /// @dev Of two words: what the step binds, and its fee.
    function _holds(uint256[] memory words) private pure returns (uint256) {
        uint256 each = words[0] >> 40 & 1 == 0 ? uint32(words[1]) : 50_000;
        return (uint256(uint32(words[1] >> 32)) * each + 999) / 1_000 + 100;
    }

    function _forfeit(uint32 at, uint256 who) private {
        uint256 before = MARKET.depositOf(ids[who]).amount;
        MARKET.forfeit(at, ids[who]);
        uint256 lost = before - MARKET.depositOf(ids[who]).amount;
        (aside[who], forfeits) = (aside[who] - lost, forfeits + lost);
        ++silent;
    }

    function _clear(uint32 at) private {
        uint256 count = _order[at].length;
        Proposal memory p;
        (p.curves, p.margins, p.prices) = (new uint256[][](count), new uint256[](1), new uint256[](1));
        Lot[] memory lots = new Lot[](count);
        for (uint256 i; i < count; ++i) {
            uint256[] memory words = _openings[at][_order[at][i]].words;
            p.curves[i] = words;
            lots[i] = Lot(words[0] >> 40 & 1, uint32(words[1] >> 32), uint32(words[1]));
        }
        (p.prices[0], p.margins[0]) = OneNode.solve(lots);
        vm.prank(_solver);
        MARKET.clear(at, p);
        ++cleared;
        traded += MARKET.roundOf(at).energyWh;
    }

    /// @dev After what an interval held is free, by hand or not yet.
    function release(uint256 which, bool waits) external {
        if (_ended.length == 0) return;
        uint32 at = _ended[which % _ended.length];
        uint256 until = uint256(at) * 900 + HOLD;
        if (waits && vm.getBlockTimestamp() < until) {
            vm.warp(until);
            interval = uint32(until / 900 + 2);
        }
        uint256 who = _order[at][which % _order[at].length];
        bool fits = vm.getBlockTimestamp() >= until && MARKET.bidOf(at, ids[who]).state == BidState.Opened;
        ParticipantId[] memory one = new ParticipantId[](1);
        one[0] = ids[who];
        if (!fits) vm.expectRevert();
        MARKET.release(at, one);
        if (!fits) return;
        held[who] -= _holds(_openings[at][who].words);
        ++released;
    }

    function _free(uint32 account) private view returns (uint256) {
        return MARKET.accountOf(PowerAccountId.wrap(account)).free;
    }
}
