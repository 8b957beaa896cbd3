// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BidState, IPowerBids, Opening, PowerBid} from "../../interfaces/power/IPowerBids.sol";
import {IPowerBidDisputes} from "../../interfaces/power/IPowerBidDisputes.sol";
import {IPowerMarket, PowerAccountId, PowerStage, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Curves: when they are committed and opened, what they look like, what they hold and when it is free.
contract PowerBidsTest is PowerCase {
    uint256 private constant FEE = 100;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        _node(1, 2);
        _deposit(sponsor, 1e12);
        _deposit(plant, 1e12);
    }

    function _open(address wallet) private {
        market.open(interval, _participantOf(wallet), _opening(wallet));
    }

    function _refusesOpening(address wallet, Opening memory o, bytes memory reason) private {
        ParticipantId id = _participantOf(wallet);
        vm.expectRevert(reason);
        market.open(interval, id, o);
    }

    function _stage() private view returns (uint8) {
        return uint8(market.stageOf(interval));
    }

    /* when */

    function test_stages_followEachOther() public {
        _step(sponsor, 0, BID, 1_000, 9_000);
        _step(plant, 0, OFFER, 1_000, 9_000);
        assertEq(_stage(), uint8(PowerStage.Open));
        _commitAll();
        assertEq(_stage(), uint8(PowerStage.Opening));
        _open(sponsor);
        assertEq(_stage(), uint8(PowerStage.Opening));
        _open(plant);
        assertEq(_stage(), uint8(PowerStage.Clearing)); // all have opened
        _toEnd();
        assertEq(_stage(), uint8(PowerStage.Lapsed));
        ++interval;
        vm.warp(uint256(interval) * 900 - 600);
        assertEq(_stage(), uint8(PowerStage.Clearing)); // nobody has anything to open
    }

    function test_stages_whoDoesNotOpenIsNotWaitedFor() public {
        _step(sponsor, 0, BID, 1_000, 9_000);
        _commitAll();
        vm.warp(vm.getBlockTimestamp() + 29);
        assertEq(_stage(), uint8(PowerStage.Opening));
        vm.warp(vm.getBlockTimestamp() + 1);
        assertEq(_stage(), uint8(PowerStage.Clearing));
        _refusesOpening(
            sponsor,
            _opening(sponsor),
            abi.encodeWithSelector(IPowerMarket.PowerWrongStage.selector, interval, PowerStage.Clearing)
        );
    }

    function test_commit_anHourAheadAtMost_andUntilTheGate() public {
        uint256 start = uint256(interval) * 900;
        _setAside(plant, 10);
        vm.warp(start - NOTICE - 1);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidTooEarly.selector, interval, start - NOTICE));
        market.commit(interval, "x", 10);
        vm.warp(start - 600);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerWrongStage.selector, interval, PowerStage.Clearing));
        market.commit(interval, "x", 10);
        vm.warp(start - NOTICE);
        vm.expectEmit(address(market));
        emit IPowerBids.BidCommitted(interval, plantId, "x", 10);
        market.commit(interval, "x", 10);
        vm.stopPrank();
        PowerBid memory bid = market.bidOf(interval, plantId);
        assertEq(bid.mostWh, 10);
        assertEq(uint8(bid.state), uint8(BidState.Committed));
        assertEq(market.depositOf(plantId).committedWh, 10);
        assertEq(market.depositOf(plantId).boundUntil, start + 3 days);
    }

    /* what */

    function test_open_holdsWhatItMayCost() public {
        _step(plant, 0, BID, 1_001, 9_001); //  9,010,001 rounded up
        _step(plant, 0, BID, 10, 5);
        _step(plant, 0, OFFER, 31, 7); //       1,550 by the guarantee
        _step(plant, 1, OFFER, 11, 0); //       550
        _commitAll();
        uint256 escrow = 9_011 + 1_550 + 550;
        uint256 free = _free(_own(plantId));
        Opening memory o = _opening(plant);
        vm.expectEmit(address(market));
        emit IPowerBids.BidOpened(interval, plantId, SALT, 0, 0, o.words, escrow, 4 * FEE);
        vm.prank(stranger); // who knows them
        market.open(interval, plantId, o);
        assertEq(_free(_own(plantId)), free - escrow - 4 * FEE);
        assertEq(market.bidOf(interval, plantId).escrow, escrow);
        assertEq(market.depositOf(plantId).committedWh, 0);
        assertEq(
            market.roundOf(interval).curvesHash,
            keccak256(abi.encode(market.seedOf(interval), keccak256(abi.encodePacked(o.words))))
        );
        _refusesOpening(
            plant, o, abi.encodeWithSelector(IPowerMarket.PowerWrongStage.selector, interval, PowerStage.Clearing)
        );
    }

    function test_open_onlyWhatWasCommitted_once() public {
        _step(plant, 0, OFFER, 31, 7);
        _step(sponsor, 0, BID, 31, 7);
        _commitAll();
        Opening memory o = _opening(plant);
        o.salt = "another";
        _refusesOpening(plant, o, abi.encodeWithSelector(IPowerBids.BidOtherCurves.selector, interval, plantId));
        o = _opening(plant);
        o.words[1] += 1;
        _refusesOpening(plant, o, abi.encodeWithSelector(IPowerBids.BidOtherCurves.selector, interval, plantId));
        _open(plant);
        _refusesOpening(
            plant,
            _opening(plant),
            abi.encodeWithSelector(IPowerBids.BidWrongState.selector, interval, plantId, BidState.Opened)
        );
    }

    function _refusesWords(uint256[] memory words, uint48 most, bytes memory reason) private {
        Opening memory o = Opening(SALT, 0, 0, words);
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(plant, most);
        _commit(plant, o, most);
        _toGate();
        _refusesOpening(plant, o, reason);
        ++interval;
    }

    function _two(uint256 head, uint256 steps_) private pure returns (uint256[] memory words) {
        words = new uint256[](2);
        (words[0], words[1]) = (head, steps_);
    }

    function test_open_curvesAsTheyMustBe() public {
        bytes4 bad = IPowerBids.BidBadCurve.selector;
        uint256 head = _own(plantId) | 1 << 48;
        uint256 step = 5 | 1 << 32;
        uint256[8] memory heads = [
            head + 1, //                  another account
            head | 2 << 32, //            no such node
            head | 2 << 40, //            no such side
            _own(plantId), //             no steps
            head + (32 << 48), //         33 of them
            head + (4 << 48), //          more than there are words
            head | 1 << 56, //            a bit beyond
            head | uint256(1) << 255
        ];
        for (uint256 i; i < heads.length; ++i) {
            _refusesWords(_two(heads[i], step), 10, abi.encodeWithSelector(bad, heads[i]));
        }
        uint256[] memory both = new uint256[](4);
        (both[0], both[1], both[2], both[3]) = (head, step, head, step); // one node and side twice
        _refusesWords(both, 10, abi.encodeWithSelector(bad, head));
        both[0] = head | 1 << 32; // not rising
        _refusesWords(both, 10, abi.encodeWithSelector(bad, head));
    }

    function test_open_stepsAsTheyMustBe() public {
        bytes4 bad = IPowerBids.BidBadStep.selector;
        uint256 bid = _own(plantId) | 2 << 48;
        uint256 offer = bid | 1 << 40;
        uint256 low = 5 | 1 << 32;
        uint256 high = 6 | 1 << 32;
        _refusesWords(_two(bid, low | high << 64), 10, abi.encodeWithSelector(bad, bid, 1)); //    rising
        _refusesWords(_two(bid, low | low << 64), 10, abi.encodeWithSelector(bad, bid, 1)); //     equal
        _refusesWords(_two(offer, high | low << 64), 10, abi.encodeWithSelector(bad, offer, 1)); // falling
        _refusesWords(_two(offer, low | low << 64), 10, abi.encodeWithSelector(bad, offer, 1));
        _refusesWords(_two(bid, high | 5 << 64), 10, abi.encodeWithSelector(bad, bid, 1)); //      of nothing
        uint256 beyond = 10_000_001 | 1 << 32;
        _refusesWords(_two(bid, beyond | low << 64), 10, abi.encodeWithSelector(bad, bid, 0));
        _refusesWords(_two(offer, low | beyond << 64), 10, abi.encodeWithSelector(bad, offer, 1));
        _refusesWords(_two(bid, high | low << 64 | low << 128), 10, abi.encodeWithSelector(bad, bid, 2)); // a third
    }

    function test_open_whatItCommittedToAtMost_andOfOneQuantity() public {
        uint256[] memory words = _two(_own(plantId) | 1 << 48, 5 | 11 << 32);
        _refusesWords(words, 10, abi.encodeWithSelector(IPowerBids.BidOtherEnergy.selector, 11, 11, 10));
        Opening memory o = Opening(SALT, 12, 1, words); // a tree of 12 Wh
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(plant, 20);
        _commit(plant, o, 20);
        _toGate();
        _refusesOpening(plant, o, abi.encodeWithSelector(IPowerBids.BidOtherEnergy.selector, 11, 12, 20));
    }

    function test_open_whatIsThereToHold() public {
        _step(plant, 0, BID, 1e9, 9_000_000);
        _commitAll();
        uint256 left = _free(_own(plantId)) / MICRO;
        vm.prank(plant);
        market.withdraw(left, plant);
        Opening memory o = _opening(plant);
        vm.expectPartialRevert(IPowerMarket.PowerInsufficientCredits.selector);
        market.open(interval, plantId, o);
    }

    /* release */

    function _ids(ParticipantId a, ParticipantId b) private pure returns (ParticipantId[] memory ids) {
        ids = new ParticipantId[](2);
        (ids[0], ids[1]) = (a, b);
    }

    function test_release_paysTheProposerOfWhatStands() public {
        // An account for its address, which would have its fees: its credits are the sponsor's.
        address solver = _pseudonymFor(sponsor, "solver");
        ParticipantId solverId = _register(solver);
        _step(sponsor, 0, BID, 1_000, 9_000);
        _step(plant, 0, OFFER, 1_000, 9_000);
        _openAll();
        Proposal memory p;
        (p.curves, p.margins, p.prices) = (_curves(), _margins(1_000, 1_000, 1_000, 1_000), _lanes(9_000, 0));
        vm.prank(solver);
        market.clear(interval, p);
        uint256 until = uint256(interval) * 900 + 2 days;
        ParticipantId[] memory ids = _ids(sponsorId, plantId);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidHeld.selector, interval, until));
        market.release(interval, ids);
        vm.warp(until);
        uint256 before = _free(_own(plantId));
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.BidReleased(interval, sponsorId, PowerAccountId.wrap(_own(solverId)));
        market.release(interval, ids);
        assertEq(_free(_own(plantId)), before + 50_000);
        assertEq(_free(_own(solverId)), 2 * FEE);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerBids.BidWrongState.selector, interval, sponsorId, BidState.Released)
        );
        market.release(interval, ids);
    }

    function test_release_withoutAClearing_orAnAccountOfItsProposer_givesFeesBack() public {
        uint256 before = _free(_own(plantId));
        _step(plant, 0, OFFER, 1_000, 9_000);
        _openAll();
        uint256 aside = market.depositOf(plantId).amount;
        vm.warp(uint256(interval) * 900 + 2 days);
        ParticipantId[] memory ids = new ParticipantId[](1);
        ids[0] = plantId;
        market.release(interval, ids);
        assertEq(_free(_own(plantId)), before - aside);
    }
}
