// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {BidDeposit, BidReceipt, IPowerBidDisputes} from "../../interfaces/power/IPowerBidDisputes.sol";
import {BidState, IPowerBids, Opening} from "../../interfaces/power/IPowerBids.sol";
import {IPowerMarket, PowerAccountId, PowerStage} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {BidTree} from "../../contracts/lib/BidTree.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Silence and its price, and bids that a customer is not shown. The sponsor bids for three customers at node 0: 100 and
/// 200 Wh at 9,000, 300 Wh at 5,000.
contract PowerBidDisputesTest is PowerCase {
    uint256 private constant KEY = 77; // of the aggregator's wallet that signs
    uint256 private constant ANSWER = 6 hours;

    address private clerk = vm.addr(KEY);
    uint256[3] private leaves;
    uint256 private root;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        _deposit(sponsor, 1e12);
        _deposit(plant, 1e12);
        _pseudonyms(3, 0);
        vm.prank(sponsor);
        participants.addWallet(clerk, WalletRights.ALL);
        vm.prank(clerk);
        participants.confirmWallet(sponsorId);
        market.setReserve(PowerAccountId.wrap(_own(_register(makeAddr("reserve")))));
        for (uint256 i; i < 3; ++i) {
            BidReceipt memory r = _receipt(i);
            leaves[i] = BidTree.leaf(abi.encode(r.account, r.node, r.side, r.price, r.limitWh, r.salt), r.limitWh);
        }
        root = _parent(_parent(leaves[0], leaves[1]), leaves[2]);
    }

    function _parent(uint256 a, uint256 b) private pure returns (uint256) {
        uint256 mask = type(uint64).max;
        return (uint256(Merkle.node(bytes32(a), bytes32(b))) & ~mask) | ((a & mask) + (b & mask));
    }

    function _receipt(uint256 i) private view returns (BidReceipt memory) {
        uint32[3] memory limits_ = [uint32(100), 200, 300];
        uint32 price = i == 2 ? 5_000 : 9_000;
        return BidReceipt(
            interval,
            sponsorId,
            PowerAccountId.wrap(FIRST_PSEUDONYM + uint32(i)),
            0,
            0,
            price,
            limits_[i],
            keccak256(abi.encode("bid", i))
        );
    }

    function _signed(BidReceipt memory r) private view returns (bytes memory) {
        (uint8 v, bytes32 a, bytes32 b) = vm.sign(KEY, market.receiptDigest(r));
        return abi.encodePacked(a, b, v);
    }

    function _whole() private view returns (Opening memory o) {
        o = _opening(sponsor);
        (o.root, o.leaves) = (root, 3);
    }

    function _commitCurves() private {
        _step(sponsor, 0, BID, 300, 9_000);
        _step(sponsor, 0, BID, 300, 5_000);
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(sponsor, 600);
        _commit(sponsor, _whole(), 600);
        _toGate();
    }

    function _proof(uint256 i) private view returns (uint256[] memory proof) {
        proof = new uint256[](i == 2 ? 1 : 2);
        if (i == 2) {
            proof[0] = _parent(leaves[0], leaves[1]);
        } else {
            (proof[0], proof[1]) = (leaves[1 - i], leaves[2]);
        }
    }

    function _dispute(uint256 i) private returns (bytes32 digest) {
        BidReceipt memory r = _receipt(i);
        digest = market.receiptDigest(r);
        market.dispute(r, clerk, _signed(r));
    }

    /* shown */

    function test_show_eachBidInItsPlace() public {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        for (uint256 i; i < 3; ++i) {
            bytes32 digest = _dispute(i);
            assertEq(market.disputeOf(digest), vm.getBlockTimestamp() + ANSWER);
            vm.expectEmit(address(market));
            emit IPowerBidDisputes.BidShown(digest);
            market.show(_receipt(i), _whole(), uint32(i), _proof(i));
            vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidDisputeOpen.selector, digest, type(uint40).max));
            market.uphold(_receipt(i));
        }
    }

    /// @dev Not with another proof, another curve, or a bid that the tree has at another price.
    function test_show_notAnotherBid() public {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        BidReceipt memory r = _receipt(1);
        bytes32 digest = _dispute(1);
        Opening memory o = _whole();
        bytes memory reason = abi.encodeWithSelector(IPowerBidDisputes.BidNotInPlace.selector, digest);
        uint256[] memory proof = _proof(1);
        vm.expectRevert(reason);
        market.show(r, o, 0, proof);
        vm.expectRevert(reason);
        market.show(r, o, 1, new uint256[](1));
        proof = _proof(0);
        vm.expectRevert(reason);
        market.show(r, o, 1, proof);
        proof = _proof(1);
        vm.expectRevert(reason);
        market.show(r, o, 3, proof); // behind the last leaf
        proof[0] |= type(uint64).max; // more energy than a tree holds
        vm.expectRevert(reason);
        market.show(r, o, 1, proof);
        o.words[1] += 1;
        proof = _proof(1);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidOtherCurves.selector, interval, sponsorId));
        market.show(r, o, 1, proof);
        // One that the aggregator has signed, and altered in the tree.
        r.price = 9_001;
        digest = market.receiptDigest(r);
        market.dispute(r, clerk, _signed(r));
        o = _whole();
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotInPlace.selector, digest));
        market.show(r, o, 1, proof);
    }

    /// @dev The chain never says of one bid that it was shown and that it was not.
    function test_show_notWhatIsOver() public {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        (bytes32 shown, bytes32 upheld) = (_dispute(0), _dispute(1));
        (BidReceipt memory r, Opening memory o, uint256[] memory proof) = (_receipt(0), _whole(), _proof(0));
        market.show(r, o, 0, proof);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidDisputeOpen.selector, shown, type(uint40).max));
        market.show(r, o, 0, proof);
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        (r, proof) = (_receipt(1), _proof(1));
        market.uphold(r);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidDisputeOpen.selector, upheld, type(uint40).max));
        market.show(r, o, 1, proof);
    }

    /// @dev A tree whose third bid stands where the curve has another price.
    function test_show_notWhereTheCurveHasAnotherPrice() public {
        _step(sponsor, 0, BID, 400, 9_000);
        _step(sponsor, 0, BID, 200, 5_000);
        _refusesToShow(2);
    }

    /// @dev At the price, but as a sale, or elsewhere.
    function test_show_notWhereTheCurveHasAnotherSideOrNode() public {
        _node(1, 2);
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            _step(sponsor, 0, BID, 300, 9_000);
            _step(sponsor, i, i == 0 ? OFFER : BID, 300, 5_000);
            _refusesToShow(2);
            vm.revertToState(snapshot);
        }
    }

    /// @dev The second bid begins in the step of its price, and ends in the next one.
    function test_show_notWhereTheStepEndsBeforeTheBid() public {
        _step(sponsor, 0, BID, 250, 9_000);
        _step(sponsor, 0, BID, 350, 5_000);
        _refusesToShow(1);
    }

    /// @dev A bid of no energy, the last of the tree, begins where the curves end.
    function test_show_notBehindTheCurves() public {
        BidReceipt memory r = _receipt(2);
        r.limitWh = 0;
        leaves[2] = BidTree.leaf(abi.encode(r.account, r.node, r.side, r.price, r.limitWh, r.salt), 0);
        root = _parent(_parent(leaves[0], leaves[1]), leaves[2]);
        _step(sponsor, 0, BID, 300, 9_000);
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(sponsor, 300);
        _commit(sponsor, _whole(), 300);
        _toGate();
        market.open(interval, sponsorId, _whole());
        market.dispute(r, clerk, _signed(r));
        (Opening memory o, uint256[] memory proof) = (_whole(), _proof(2));
        bytes32 digest = market.receiptDigest(r);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotInPlace.selector, digest));
        market.show(r, o, 2, proof);
    }

    function _refusesToShow(uint256 i) private {
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(sponsor, 600);
        _commit(sponsor, _whole(), 600);
        _toGate();
        market.open(interval, sponsorId, _whole());
        bytes32 digest = _dispute(i);
        (BidReceipt memory r, Opening memory o, uint256[] memory proof) = (_receipt(i), _whole(), _proof(i));
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotInPlace.selector, digest));
        market.show(r, o, uint32(i), proof);
    }

    function test_uphold_awardsTheCustomerHalfOfTheWorthAtTheCap() public {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        BidReceipt memory r = _receipt(2);
        r.salt = "left out";
        bytes32 digest = market.receiptDigest(r);
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.BidDisputed(digest, r, uint40(vm.getBlockTimestamp() + ANSWER));
        market.dispute(r, clerk, _signed(r));
        vm.warp(vm.getBlockTimestamp() + ANSWER);
        vm.expectPartialRevert(IPowerBidDisputes.BidDisputeOpen.selector);
        market.uphold(r);
        vm.warp(vm.getBlockTimestamp() + 1);
        (Opening memory o, uint256[] memory proof) = (_whole(), _proof(2));
        vm.expectPartialRevert(IPowerBidDisputes.BidDisputeOpen.selector);
        market.show(r, o, 2, proof); // too late
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.BidUpheld(digest, r.account, 1_500_000);
        market.uphold(r);
        assertEq(market.awardOf(r.account), 1_500_000);
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 1_500_000);
        assertEq(market.depositOf(sponsorId).amount, 6_000_001 - 3_000_000);
        vm.expectPartialRevert(IPowerBidDisputes.BidDisputeOpen.selector);
        market.uphold(r);
    }

    /// @dev Bids of two intervals stand behind one deposit. It pays no more than it is, first come, first served.
    function test_uphold_andForfeit_takeNoMoreThanTheDeposit() public {
        _step(sponsor, 0, BID, 300, 9_000);
        _step(sponsor, 0, BID, 300, 5_000);
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(sponsor, 601);
        _commit(sponsor, _whole(), 600);
        vm.prank(sponsor);
        market.commit(interval + 1, "silent", 1);
        _toGate();
        market.open(interval, sponsorId, _whole());
        uint96 all = market.depositOf(sponsorId).amount;
        BidReceipt memory r = _receipt(2);
        (r.salt, r.limitWh) = ("left out", 1_000_000);
        bytes32 digest = market.receiptDigest(r);
        market.dispute(r, clerk, _signed(r));
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.BidUpheld(digest, r.account, all / 2);
        market.uphold(r);
        assertEq(market.awardOf(r.account), all / 2);
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), all - all / 2); // rounded up
        market.forfeit(interval + 1, sponsorId);
        assertEq(market.forfeitOf(interval + 1, sponsorId).amount, 0);
        assertEq(market.depositOf(sponsorId).amount, 0);
    }

    /// @dev Its sponsor, which broke the receipt, would have had its penalty back by {sweep}.
    function test_takeAward_isTheKeysAlone() public {
        BidReceipt memory r = _upheld(2, "left out");
        PowerAccountId own = PowerAccountId.wrap(_own(plantId)); // as of who holds the key
        PowerAccountId[] memory accounts = new PowerAccountId[](1);
        accounts[0] = r.account;
        vm.startPrank(sponsor);
        market.sweep(accounts);
        assertEq(market.awardOf(r.account), 1_500_000);
        bytes memory none = abi.encodeWithSelector(IPowerBidDisputes.BidNoAward.selector, sponsor, 0);
        vm.expectRevert(none);
        market.takeAward(own);
        vm.stopPrank();
        address key = vm.addr(_key(2));
        uint32[2] memory unknown = [uint32(0), FIRST_PSEUDONYM + 3]; // accounts that there are not
        for (uint256 i; i < 2; ++i) {
            vm.prank(key);
            vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, key));
            market.takeAward(PowerAccountId.wrap(unknown[i]));
        }
        uint256 before = _free(_own(plantId));
        vm.startPrank(key);
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.AwardTaken(r.account, own, 1_500_000);
        market.takeAward(own);
        assertEq(_free(_own(plantId)) - before, 1_500_000);
        assertEq(market.awardOf(r.account), 0);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNoAward.selector, key, r.account));
        market.takeAward(own);
    }

    /// @dev Who empties its deposit ahead of its customers' receipts loses half of it.
    function test_uphold_ofReceiptsToItself_costsHalfOfTheDeposit() public {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        BidReceipt memory r = _receipt(2);
        (r.account, r.limitWh) = (PowerAccountId.wrap(_own(sponsorId)), type(uint32).max);
        market.dispute(r, clerk, _signed(r));
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        uint256 before = _free(_own(sponsorId));
        market.uphold(r);
        assertEq(_free(_own(sponsorId)) - before, 3_000_000); // of 6,000,001
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 3_000_001);
        assertEq(market.depositOf(sponsorId).amount, 0);
    }

    /// @dev Commits, opens, and does not show the bid of a receipt.
    function _upheld(uint256 i, bytes32 salt) private returns (BidReceipt memory r) {
        _commitCurves();
        market.open(interval, sponsorId, _whole());
        r = _receipt(i);
        r.salt = salt;
        market.dispute(r, clerk, _signed(r));
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        market.uphold(r);
    }

    function test_dispute_withTheAggregatorsReceipt_onceAndInTime() public {
        _commitCurves();
        BidReceipt memory r = _receipt(0);
        bytes memory signature = _signed(r);
        bytes32 digest = market.receiptDigest(r);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotDisputable.selector, digest));
        market.dispute(r, clerk, signature); // still being opened
        market.open(interval, sponsorId, _whole());
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidBadReceipt.selector, digest));
        market.dispute(r, sponsor, signature);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidBadReceipt.selector, digest));
        market.dispute(r, vm.addr(_key(0)), signature);
        market.dispute(r, clerk, signature);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotDisputable.selector, digest));
        market.dispute(r, clerk, signature);
        r = _receipt(1);
        signature = _signed(r);
        digest = market.receiptDigest(r);
        vm.warp(uint256(interval) * 900 + 2 days);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotDisputable.selector, digest));
        market.dispute(r, clerk, signature);
    }

    /* silence */

    function _customers() private returns (bytes32[2] memory hashes) {
        hashes = [
            Merkle.leaf(abi.encode(bytes32("a"), vm.addr(_key(0)))),
            Merkle.leaf(abi.encode(bytes32("b"), vm.addr(_key(1))))
        ];
        vm.prank(officer);
        limits.setCustomers(0, sponsorId, Merkle.node(hashes[0], hashes[1]), 2);
    }

    function test_forfeit_isSharedByTheCustomers() public {
        bytes32[2] memory hashes = _customers();
        _commitCurves();
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerWrongStage.selector, interval, PowerStage.Opening));
        market.forfeit(interval, sponsorId);
        vm.warp(vm.getBlockTimestamp() + 30);
        market.forfeit(interval, sponsorId);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerBids.BidWrongState.selector, interval, sponsorId, BidState.Forfeited)
        );
        market.forfeit(interval, sponsorId);
        BidDeposit memory d = market.depositOf(sponsorId);
        assertEq(d.amount, 1);
        assertEq(d.silences, 1);
        assertEq(market.forfeitOf(interval, sponsorId).amount, 6_000_000);

        bytes32[] memory proof = new bytes32[](1);
        proof[0] = hashes[1];
        vm.startPrank(vm.addr(_key(0)));
        vm.expectEmit(address(market));
        emit IPowerBidDisputes.ForfeitClaimed(interval, sponsorId, 0, PowerAccountId.wrap(FIRST_PSEUDONYM), 3_000_000);
        market.claim(interval, sponsorId, PowerAccountId.wrap(FIRST_PSEUDONYM), "a", 0, proof);
        bytes memory reason = abi.encodeWithSelector(IPowerBidDisputes.BidNotACustomer.selector, interval, sponsorId, 0);
        vm.expectRevert(reason);
        market.claim(interval, sponsorId, PowerAccountId.wrap(FIRST_PSEUDONYM), "a", 0, proof);
        vm.stopPrank();
        proof[0] = hashes[0];
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotACustomer.selector, interval, sponsorId, 1));
        market.claim(interval, sponsorId, PowerAccountId.wrap(FIRST_PSEUDONYM), "b", 1, proof); // not the key
        assertEq(_free(FIRST_PSEUDONYM), 0); // its credits are the silent sponsor's
        assertEq(market.awardOf(PowerAccountId.wrap(FIRST_PSEUDONYM)), 3_000_000);
        uint32[2] memory unknown = [uint32(0), FIRST_PSEUDONYM + 3]; // accounts that there are not
        proof[0] = hashes[0];
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(_key(1)));
            vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, vm.addr(_key(1))));
            market.claim(interval, sponsorId, PowerAccountId.wrap(unknown[i]), "b", 1, proof);
        }

        uint256 until = uint256(interval) * 900 + 30 days;
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidHeld.selector, interval, until));
        market.endForfeit(interval, sponsorId);
        vm.warp(until);
        market.endForfeit(interval, sponsorId);
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 3_000_000);
        market.endForfeit(interval, sponsorId); // nothing is left
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 3_000_000);
        vm.prank(vm.addr(_key(1)));
        market.claim(interval, sponsorId, PowerAccountId.wrap(FIRST_PSEUDONYM + 1), "b", 1, proof);
        assertEq(market.awardOf(PowerAccountId.wrap(FIRST_PSEUDONYM + 1)), 0); // for who comes too late either
    }

    /// @dev A small bid, receipts for much more, and silence: the forfeit goes to the receipts, and the deposit answers for the rest.
    function test_dispute_ofASilentBid_takesTheForfeitThenTheDeposit() public {
        _commitCurves();
        vm.warp(vm.getBlockTimestamp() + 30);
        market.forfeit(interval, sponsorId);
        assertEq(market.forfeitOf(interval, sponsorId).left, 6_000_000);
        _setAside(sponsor, 1_000);
        uint96 aside = market.depositOf(sponsorId).amount;
        BidReceipt memory r = _receipt(2);
        r.limitWh = 400;
        BidReceipt memory other = _receipt(1);
        other.limitWh = 300;
        market.dispute(r, clerk, _signed(r));
        market.dispute(other, clerk, _signed(other));
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        market.uphold(r);
        assertEq(market.forfeitOf(interval, sponsorId).left, 2_000_000);
        assertEq(market.depositOf(sponsorId).amount, aside);
        market.uphold(other);
        assertEq(market.forfeitOf(interval, sponsorId).left, 0);
        assertEq(market.depositOf(sponsorId).amount, aside - 1_000_000);
        assertEq(market.awardOf(r.account) + market.awardOf(other.account), 3_500_000);
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 3_500_000);
    }

    /// @dev It is shared in equal parts then, whether the dispute comes before it or after.
    function test_dispute_leavesAForfeitToTheCustomersInTheRegister() public {
        _customers();
        _commitCurves();
        BidReceipt memory r = _receipt(2);
        bytes memory signature = _signed(r);
        bytes32 digest = market.receiptDigest(r);
        vm.warp(vm.getBlockTimestamp() + 30);
        market.dispute(r, clerk, signature);
        market.forfeit(interval, sponsorId);
        r = _receipt(1);
        signature = _signed(r);
        digest = market.receiptDigest(r);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidNotDisputable.selector, digest));
        market.dispute(r, clerk, signature);
        vm.warp(vm.getBlockTimestamp() + ANSWER + 1);
        market.uphold(_receipt(2));
        assertEq(market.forfeitOf(interval, sponsorId).left, 6_000_000);
        assertEq(market.depositOf(sponsorId).amount, 0); // of one
    }

    /// @dev What answers for a bid of another interval goes on answering for it.
    function test_forfeit_leavesWhatAnswersForAnotherInterval() public {
        vm.warp(uint256(interval) * 900 - 700);
        _setAside(plant, 10);
        vm.startPrank(plant);
        market.commit(interval, "sooner", 4);
        market.commit(interval + 1, "later", 6);
        vm.stopPrank();
        vm.warp(uint256(interval) * 900 - 570);
        market.forfeit(interval, plantId);
        BidDeposit memory d = market.depositOf(plantId);
        assertEq(d.committedWh, 6);
        assertEq(d.amount, 60_001);
    }

    function test_forfeit_ofAPlant_isTheReserves_andThreeShutItOut() public {
        for (uint256 i; i < 3; ++i) {
            _forgetSteps();
            _step(plant, 0, OFFER, 100, 9_000);
            _commitAll();
            vm.warp(vm.getBlockTimestamp() + 30);
            market.forfeit(interval, plantId);
            ++interval;
        }
        uint256 until = market.depositOf(plantId).barredUntil;
        assertEq(until, vm.getBlockTimestamp() + 1 days);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidBarred.selector, plantId, until));
        market.commit(interval, "x", 1);
        vm.warp(uint256(interval) * 900 + 30 days);
        for (uint32 i = 1; i <= 3; ++i) {
            market.endForfeit(interval - i, plantId);
        }
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 3_000_000);
    }

    function test_takeBack_whatAnswersForNoBid() public {
        _step(plant, 0, OFFER, 100, 9_000);
        _openAll();
        uint256 until = uint256(interval) * 900 + 3 days;
        vm.warp(until - 1);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerBidDisputes.BidDepositBound.selector, plantId, until));
        market.takeBack(1);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidDepositTooSmall.selector, plantId, 1_000_001, 1_000_002));
        market.takeBack(1_000_002);
        market.takeBack(1_000_001);
        assertEq(market.depositOf(plantId).amount, 0);
    }

    /// @dev A bid for an earlier interval, committed to last, frees nothing of what answers for a later one.
    function test_takeBack_waitsForTheLatestOfItsBids() public {
        vm.warp(uint256(interval) * 900 - 700);
        _setAside(plant, 10);
        vm.startPrank(plant);
        market.commit(interval + 1, "later", 4);
        market.commit(interval, "sooner", 4);
        vm.stopPrank();
        assertEq(market.depositOf(plantId).boundUntil, uint256(interval + 1) * 900 + 3 days);
    }
}
