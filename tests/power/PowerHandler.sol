// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {IPowerMarket, PowerAccountId, Proposal, Release} from "../../interfaces/power/IPowerMarket.sol";
import {PlainToken} from "../standalone/Doubles.sol";
import {OneNode} from "./OneNode.sol";

/// @dev Acts of three pseudonyms, their sponsor and a plant, interval by interval, with a ledger of its own of what is bound.
contract PowerHandler is Test {
    uint256 private constant CREDIT = 5;
    uint256 private constant MICRO = 1_000;
    uint256 private constant MOST = 40; // orders of an interval

    IPowerMarket private immutable MARKET;
    PlainToken private immutable TOKEN;
    address[5] private _signers;
    uint32[5] public accounts;

    mapping(uint32 account => uint256) public due; // [micro-credit] bound
    mapping(uint32 interval => uint256[]) private _words;
    mapping(uint32 interval => uint256[]) private _accepted; // none of one that lapsed
    mapping(uint32 interval => bytes32) private _seeds; //      of the result hash
    mapping(uint32 interval => uint256) private _left; //       orders whose escrow is still bound
    uint32[] private _ended;
    uint32 private _interval;
    uint256 public cleared;
    uint256 public traded; //  [Wh]
    uint256 public releases;

    constructor(IPowerMarket market, PlainToken token, address[5] memory signers, uint32[5] memory accounts_) {
        (MARKET, TOKEN, _signers, accounts) = (market, token, signers, accounts_);
        _interval = uint32(vm.getBlockTimestamp() / 900 + 2);
    }

    function _each(uint256 word, uint256 energy) private pure returns (uint256) {
        uint256 price = uint8(word >> 136) == 0 ? uint32(word >> 96) : 50_000;
        return (energy * price + 999) / 1_000;
    }

    function place(uint8 who, uint256 side, uint32 limit, uint32 price) external {
        who %= 5;
        (limit, price) = (uint32(bound(limit, 1, 5_000)), uint32(bound(price, 1, 12)) * 7_501);
        uint256[] memory words = new uint256[](1);
        words[0] = uint256(accounts[who]) << 32 | uint256(limit) << 64 | uint256(price) << 96 | side % 2 << 136;
        uint256 binds = _each(words[0], limit);
        if (_words[_interval].length == MOST || _free(who) < binds) return;
        vm.prank(_signers[who]);
        MARKET.place(_interval, words);
        _words[_interval].push(words[0]);
        due[accounts[who]] += binds;
    }

    function deposit(bool plant, uint64 units) external {
        units = uint64(bound(units, 1, 1e12));
        address wallet = _signers[plant ? 4 : 3];
        TOKEN.mint(wallet, CREDIT, units);
        vm.prank(wallet);
        TOKEN.safeTransferFrom(wallet, address(MARKET), CREDIT, units, "");
    }

    function withdraw(bool plant, uint64 units) external {
        uint256 who = plant ? 4 : 3;
        uint256 most = _free(who) / MICRO;
        if (most == 0) return;
        vm.prank(_signers[who]);
        MARKET.withdraw(bound(units, 1, most), _signers[who]);
    }

    /// @dev Funds a pseudonym, or takes back what it has.
    function move(bool funds, uint8 who, uint96 amount) external {
        (PowerAccountId[] memory list, uint96[] memory amounts) = (new PowerAccountId[](1), new uint96[](1));
        list[0] = PowerAccountId.wrap(accounts[who % 3]);
        amounts[0] = uint96(bound(amount, 0, _free(3)));
        vm.startPrank(_signers[3]);
        if (funds) MARKET.fund(list, amounts);
        else MARKET.sweep(list);
        vm.stopPrank();
    }

    /// @dev Ends an interval, cleared or not, and goes on to the one after.
    function next(bool clears) external {
        uint32 interval = _interval++;
        vm.warp(uint256(interval) * 900 - 600);
        uint256[] memory words = _words[interval];
        if (clears && words.length != 0) {
            Proposal memory p = OneNode.solve(words);
            MARKET.clear(interval, p);
            _accepted[interval] = p.accepted;
            _seeds[interval] = keccak256(abi.encode(MARKET.roundOf(interval).orderHash, p.prices, p.flows));
            ++cleared;
            traded += MARKET.roundOf(interval).energyWh;
        }
        vm.warp(uint256(interval) * 900 - 300);
        _left[interval] = words.length;
        if (words.length != 0) _ended.push(interval);
    }

    function release(uint256 which) external {
        if (_ended.length == 0) return;
        uint32 interval = _ended[which % _ended.length];
        uint256 left = _left[interval];
        if (left == 0) return;
        uint256 first = which % 2 == 0 ? 0 : (left - 1) / 8 * 8;
        MARKET.release(interval, _shown(interval, first, left));
        for (uint256 i = first; i < left; ++i) {
            uint256 word = _words[interval][i];
            uint256 energy = _accepted[interval].length == 0 ? 0 : uint32(_accepted[interval][i / 8] >> (32 * (i % 8)));
            due[uint32(word >> 32)] -= _each(word, uint32(word >> 64)) - _each(word, energy);
        }
        _left[interval] = first;
        ++releases;
    }

    function _shown(uint32 interval, uint256 first, uint256 until) private view returns (Release memory r) {
        r.orders = new uint256[](until - first);
        r.orderBefore = MARKET.seedOf(interval);
        for (uint256 i; i < until; ++i) {
            if (i < first) r.orderBefore = keccak256(abi.encode(r.orderBefore, _words[interval][i]));
            else r.orders[i - first] = _words[interval][i];
        }
        uint256[] storage accepted = _accepted[interval];
        if (accepted.length == 0) return r;
        r.accepted = new uint256[]((until - first + 7) / 8);
        r.resultBefore = _seeds[interval];
        for (uint256 i; i < (until + 7) / 8; ++i) {
            if (i < first / 8) r.resultBefore = keccak256(abi.encode(r.resultBefore, accepted[i]));
            else r.accepted[i - first / 8] = accepted[i];
        }
    }

    function _free(uint256 who) private view returns (uint256) {
        return MARKET.accountOf(PowerAccountId.wrap(accounts[who])).free;
    }
}
