// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerMarket, PowerStage, Proposal, Release} from "../../interfaces/power/IPowerMarket.sol";
import {OneNode} from "./OneNode.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Escrow that is set free: 20 orders of four pseudonyms and a plant at one node.
contract PowerReleaseTest is PowerCase {
    uint256 private constant ORDERS = 20;
    uint96 private constant EACH = 1_000_000;

    uint256[] private words;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        _deposit(sponsor, 1_000_000);
        _deposit(plant, 1_000_000);
        _pseudonyms(4, EACH);
        for (uint256 i; i < ORDERS; ++i) {
            bool bids = i % 3 != 0;
            uint32 account = bids ? FIRST_PSEUDONYM + uint32(i % 4) : _own(plantId);
            words.push(_word(account, 0, bids ? BID : OFFER, 100 + 7 * i, (i % 5 + 1) * 1_001));
            _place(bids ? vm.addr(_key(i % 4)) : plant, words[i]);
        }
    }

    function _clear() private returns (Proposal memory p) {
        p = OneNode.solve(words);
        _toGate();
        market.clear(interval, p);
        _toEnd();
    }

    /// @dev Orders `first` to the last before `until`, with what the chain needs to know of those ahead.
    function _shown(Proposal memory p, uint256 first, uint256 until) private view returns (Release memory r) {
        r.orders = new uint256[](until - first);
        r.orderBefore = market.seedOf(interval);
        for (uint256 i; i < until; ++i) {
            if (i < first) r.orderBefore = keccak256(abi.encode(r.orderBefore, words[i]));
            else r.orders[i - first] = words[i];
        }
        if (p.orders.length == 0) return r;
        r.accepted = new uint256[]((until - first + 7) / 8);
        r.resultBefore = keccak256(abi.encode(market.roundOf(interval).orderHash, p.prices, p.flows));
        for (uint256 i; i < (until + 7) / 8; ++i) {
            if (i < first / 8) r.resultBefore = keccak256(abi.encode(r.resultBefore, p.accepted[i]));
            else r.accepted[i - first / 8] = p.accepted[i];
        }
    }

    function _escrowOf(uint256 i, uint256 energy) private view returns (uint256) {
        uint256 each = uint8(words[i] >> 136) == BID ? uint32(words[i] >> 96) : 50_000;
        return (energy * each + 999) / 1_000;
    }

    /// @dev What is bound when orders below `left` are still bound whole, and the others by what was accepted.
    function _assertBound(Proposal memory p, uint256 left) private view {
        uint256[5] memory due;
        for (uint256 i; i < ORDERS; ++i) {
            uint256 energy = p.orders.length == 0 ? 0 : uint32(p.accepted[i / 8] >> (32 * (i % 8)));
            if (i < left) energy = uint32(words[i] >> 64);
            due[i % 3 != 0 ? i % 4 : 4] += _escrowOf(i, energy);
        }
        for (uint32 a; a < 4; ++a) {
            assertEq(_bound(FIRST_PSEUDONYM + a), due[a]);
            assertEq(_free(FIRST_PSEUDONYM + a), EACH - due[a]);
        }
        assertEq(_bound(_own(plantId)), due[4]);
    }

    function test_release_leavesWhatWasAccepted_inSteps() public {
        Proposal memory p = _clear();
        _assertBound(p, ORDERS);
        vm.expectEmit(address(market));
        emit IPowerMarket.EscrowReleased(interval, 16, 4);
        vm.prank(stranger);
        market.release(interval, _shown(p, 16, 20));
        _assertBound(p, 16);
        assertEq(market.roundOf(interval).released, 4);
        vm.expectEmit(address(market));
        emit IPowerMarket.EscrowReleased(interval, 8, 8);
        market.release(interval, _shown(p, 8, 16));
        _assertBound(p, 8);
        market.release(interval, _shown(p, 0, 8));
        _assertBound(p, 0);
        _refusesCount(_shown(p, 0, 8), 8, 0);
    }

    function test_release_atOnce_ofAnIntervalThatLapsed() public {
        _toEnd();
        assertEq(uint8(market.stageOf(interval)), uint8(PowerStage.Lapsed));
        Proposal memory none;
        market.release(interval, _shown(none, 0, ORDERS));
        _assertBound(none, 0);
    }

    function test_release_inSteps_ofAnIntervalThatLapsed() public {
        _toEnd();
        Proposal memory none;
        market.release(interval, _shown(none, 8, ORDERS));
        _assertBound(none, 8);
        market.release(interval, _shown(none, 0, 8));
        _assertBound(none, 0);
    }

    function test_release_onceTheWindowHasEnded() public {
        Proposal memory none;
        bytes4 wrong = IPowerMarket.PowerWrongStage.selector;
        Release memory r = _shown(none, 0, ORDERS);
        vm.expectRevert(abi.encodeWithSelector(wrong, interval, PowerStage.Open));
        market.release(interval, r);
        _toGate();
        vm.expectRevert(abi.encodeWithSelector(wrong, interval, PowerStage.Clearing));
        market.release(interval, r);
    }

    function test_release_endsAtAMultipleOfEight() public {
        Proposal memory p = _clear();
        _refusesCount(_shown(p, 17, 20), 3, 20);
        Release memory r;
        _refusesCount(r, 0, 20);
        r = _shown(p, 0, 20);
        r.orders = new uint256[](28);
        _refusesCount(r, 28, 20);
        r = _shown(p, 16, 20);
        r.accepted = new uint256[](2);
        _refusesCount(r, 2, 1);
        market.release(interval, _shown(p, 16, 20));
        _refusesCount(_shown(p, 16, 16), 0, 16); // nothing, in the right place
    }

    function _refusesCount(Release memory r, uint256 count, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, count, limit));
        market.release(interval, r);
    }

    function test_release_ofTheLastOrdersStillBound_asTheyWereAccepted() public {
        Proposal memory p = _clear();
        _refusesShown(_shown(p, 8, 12)); // not the last
        Release memory r = _shown(p, 16, 20);
        r.orders[1] ^= 1 << 64; // another limit
        _refusesShown(r);
        r = _shown(p, 16, 20);
        r.accepted[0] ^= 1;
        _refusesShown(r);
        r = _shown(p, 16, 20);
        r.orderBefore = 0;
        _refusesShown(r);
        r = _shown(p, 16, 20);
        r.resultBefore = 0;
        _refusesShown(r);
        market.release(interval, _shown(p, 16, 20));
        _refusesShown(_shown(p, 0, 8));
        r = _shown(p, 8, 16);
        r.accepted[0] ^= 1;
        _refusesShown(r);
        market.release(interval, _shown(p, 8, 16));
    }

    function _refusesShown(Release memory r) private {
        vm.expectPartialRevert(IPowerMarket.PowerNotTheNext.selector);
        market.release(interval, r);
    }

    function test_release_provesTheLastClearing_notAnEarlierOne() public {
        Proposal memory p = OneNode.solve(words);
        _toGate();
        market.clear(interval, p);
        Release memory r = _shown(p, 16, 20);
        _toEnd();
        // The result hash is over prices too: acceptances of another proposal do not fit.
        p.prices[0] += 1;
        _refusesShown(_shown(p, 16, 20));
        market.release(interval, r);
    }
}
