// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    ChallengeState,
    IMeterPostings,
    RootPosting,
    RootState,
    RootStatus
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Node} from "../../interfaces/evidence/IMeters.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {MeterCase} from "./MeterCase.sol";

contract MeterOracleTest is MeterCase {
    /* POST */

    function test_post_keepsARootOfAnyNumberOfMeters() public {
        vm.warp(START + QUARTER);
        Tree memory p = _tree(_other(4), 4, 13);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.IntervalPosted(node, START, 1, p.root, p.sums, DATA, notary);
        _post(p, 1);

        RootState memory state = oracle.stateOf(node, START);
        assertTrue(state.status == RootStatus.Posted);
        assertEq(state.run, 1);
        assertEq(state.postedAt, START + QUARTER);
        (uint8 run, bool isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertEq(run, 1);
        assertFalse(isFinal);
        oracle.requireLeaf(node, START, p.shown);
    }

    /// @dev All or none: the oracle alone posts, so that nobody comes ahead of it.
    function test_postMany_postsEachOrNone() public {
        Node memory n = _node();
        n.region = 13;
        vm.prank(officer);
        NodeId other = meters.openNode(n);
        vm.warp(START + QUARTER);
        Tree memory p = _tree(_other(4), 4, 13);
        RootPosting[] memory both = new RootPosting[](2);
        both[0] = RootPosting(node, 1, p.root, p.sums, DATA);
        both[1] = RootPosting(other, 2, p.root, p.sums, DATA);
        vm.prank(notary);
        vm.expectPartialRevert(IMeterPostings.MeterOracleBadRun.selector);
        oracle.postMany(START, both);
        both[1].run = 1;
        vm.prank(household);
        vm.expectPartialRevert(IMeterPostings.MeterOracleNotOracle.selector);
        oracle.postMany(START, both);
        vm.prank(notary);
        oracle.postMany(START, both);
        assertEq(oracle.stateOf(node, START).run, 1);
        assertEq(oracle.stateOf(other, START).run, 1);
        oracle.requireLeaf(other, START, p.shown);
    }

    function test_post_refusesTwoRootsForOneRun() public {
        Tree memory p = _posted(9);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleBadRun.selector, node, START, 1, 2, START + QUARTER + 3 days
            )
        );
        _post(p, 1);
    }

    function test_post_correctsUntilTheWindowCloses() public {
        _posted(9);
        Tree memory better = _tree(_other(1), 1, 10);
        vm.warp(START + QUARTER + 3 days);
        _post(better, 2);
        assertEq(oracle.stateOf(node, START).run, 2);

        vm.warp(START + QUARTER + 3 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleBadRun.selector, node, START, 3, 3, START + QUARTER + 3 days
            )
        );
        _post(better, 3);
    }

    function test_post_isFinalWhenNeitherCorrectionNorChallengeIsLeft() public {
        Tree memory p = _posted(9);
        vm.warp(START + QUARTER + 3 days);
        (, bool isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertFalse(isFinal);
        vm.warp(START + QUARTER + 3 days + 1);
        (, isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertTrue(isFinal);
    }

    function test_post_aLateOneIsFinalOnlyAfterItsChallengeWindow() public {
        vm.warp(START + 30 days);
        Tree memory p = _tree(_other(0), 0, 5);
        _post(p, 1);
        (, bool isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertFalse(isFinal);
        vm.warp(START + 31 days + 1);
        (, isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertTrue(isFinal);
    }

    function test_post_revertsForAnybodyElse() public {
        vm.warp(START + QUARTER);
        Tree memory p = _tree(_other(0), 0, 5);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotOracle.selector, node, household, ParticipantId.wrap(0), 0
            )
        );
        vm.prank(household);
        oracle.post(node, START, 1, p.root, p.sums, DATA);
    }

    function test_post_revertsOffTheGridOrBeforeTheEnd() public {
        Tree memory p = _tree(_other(0), 0, 5);
        vm.warp(START + QUARTER - 1);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadInterval.selector, node, START, QUARTER));
        _post(p, 1);
        vm.warp(START + 10 * QUARTER);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleBadInterval.selector, node, START + 1, QUARTER)
        );
        vm.prank(notary);
        oracle.post(node, START + 1, 1, p.root, p.sums, DATA);
        uint40 furthest = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadInterval.selector, node, furthest, QUARTER));
        vm.prank(notary);
        oracle.post(node, furthest, 1, p.root, p.sums, DATA);
        furthest -= furthest % uint40(QUARTER); // on the grid
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadInterval.selector, node, furthest, QUARTER));
        vm.prank(notary);
        oracle.post(node, furthest, 1, p.root, p.sums, DATA);
    }

    function test_post_revertsForSumsOfNothingOrTooLarge() public {
        vm.warp(START + QUARTER);
        Tree memory p = _tree(_other(0), 0, 5);
        SumWord[2] memory wrong = [SumWord.wrap(12), SumWord.wrap(SumWord.unwrap(p.sums) | 1 << 95)];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadSums.selector, wrong[i]));
            vm.prank(notary);
            oracle.post(node, START, 1, p.root, wrong[i], DATA);
        }
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadSums.selector, p.sums));
        vm.prank(notary);
        oracle.post(node, START, 1, 0, p.sums, DATA);
    }

    /* BONDS */

    function test_bond_isNeededToPost() public {
        vm.prank(notary);
        oracle.withdrawBond(1, notary);
        vm.warp(START + QUARTER);
        Tree memory p = _tree(_other(0), 0, 5);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleBondTooSmall.selector, poster, SLASH - 1, SLASH)
        );
        _post(p, 1);
    }

    function test_bond_staysWhileAPostingCanBeChallenged() public {
        _posted(5);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBondBound.selector, poster, until, 0));
        vm.prank(notary);
        oracle.withdrawBond(SLASH, notary);

        vm.warp(until + 1);
        vm.prank(notary);
        oracle.withdrawBond(SLASH, notary);
        assertEq(currency.balanceOf(notary), SLASH);
    }

    /// @dev As long after the posting as others may challenge it, however late that is.
    function test_bond_staysAsLongAfterALatePosting() public {
        vm.warp(START + QUARTER + 2 days);
        _post(_tree(_other(0), 0, 5), 1);
        uint256 until = vm.getBlockTimestamp() + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBondBound.selector, poster, until, 0));
        vm.prank(notary);
        oracle.withdrawBond(SLASH, notary);
    }

    /// @dev Anybody may pay for an oracle, and it may send what it takes back to any wallet.
    function test_bond_namesWhoPaidAndWhoWasPaid() public {
        _fund(household, 5);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.BondDeposited(poster, household, 5, SLASH + 5);
        vm.prank(household);
        oracle.depositBond(poster, 5);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.BondWithdrawn(poster, household, 7, SLASH - 2);
        vm.prank(notary);
        oracle.withdrawBond(7, household);
    }

    function test_bond_staysForTheLongestWindowOfItsPostings() public {
        Tree memory p = _posted(5);
        Node memory quick = _node();
        quick.challengeS = 1 hours;
        vm.prank(officer);
        NodeId other = meters.openNode(quick);
        vm.prank(notary);
        oracle.post(other, START, 1, p.root, p.sums, DATA);

        uint256 until = START + QUARTER + 1 days;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBondBound.selector, poster, until, 0));
        vm.prank(notary);
        oracle.withdrawBond(SLASH, notary);
    }

    function test_bond_leavesNeitherForStrangersNorBeyondItself() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotOracle.selector, NodeId.wrap(0), household, ParticipantId.wrap(0), 0
            )
        );
        vm.prank(household);
        oracle.withdrawBond(1, household);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleBondTooSmall.selector, poster, SLASH, SLASH + 1)
        );
        vm.prank(notary);
        oracle.withdrawBond(SLASH + 1, notary);
    }

    /* CHALLENGES */

    function test_challenge_aWithheldLeafCostsTheBond() public {
        Tree memory p = _posted(13);
        uint256 id = _ask(p, 7);
        uint256 deadline = START + QUARTER + 6 hours;
        vm.warp(deadline);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleChallengeState.selector, id, ChallengeState.Open, deadline)
        );
        oracle.expire(id);

        vm.warp(deadline + 1);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.IntervalFailed(node, START, 1, id, sceptic, SLASH / 2 + FEE, SLASH / 2);
        oracle.expire(id);
        assertEq(_owed(sceptic), FEE + SLASH / 2);
        assertEq(_owed(treasury), SLASH / 2);
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleOtherRoot.selector, node, START, p.root, p.sums)
        );
        oracle.checkRoot(node, START, p.root, p.sums);
    }

    function test_challenge_twoWithheldLeavesOfOneIntervalCostTheBondOnce() public {
        _fund(notary, SLASH);
        vm.prank(notary);
        oracle.depositBond(poster, SLASH);
        Tree memory p = _posted(13);
        uint256 first = _ask(p, 7);
        uint256 second = _ask(p, 8);
        vm.warp(START + 1 days);
        oracle.expire(first);
        oracle.expire(second);
        (uint256 bond,, uint32 open) = oracle.bondOf(poster);
        assertEq(bond, SLASH);
        assertEq(open, 0);
        assertEq(_owed(sceptic), 2 * FEE + SLASH / 2);
        assertEq(currency.balanceOf(address(oracle)), bond + 2 * FEE + SLASH);
    }

    /// @dev A treasury or challenger that the currency refuses stopped the failure of the interval.
    function test_expire_isStoppedByNoReceiver() public {
        Tree memory p = _posted(13);
        uint256 id = _ask(p, 7);
        vm.warp(START + 1 days);
        vm.mockCallRevert(address(currency), abi.encodeWithSelector(currency.transfer.selector), "blocked");
        oracle.expire(id);
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);

        IPayouts payouts = IPayouts(address(oracle));
        (uint256 payee, uint256 asset) = (uint160(sceptic), uint160(address(currency)));
        vm.prank(notary);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, notary, payee, notary));
        payouts.withdrawPayout(payee, asset, notary);
        vm.clearMockedCalls();
        vm.prank(sceptic);
        payouts.withdrawPayout(payee, asset, household);
        assertEq(currency.balanceOf(household), FEE + SLASH / 2);
        vm.prank(sceptic);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNothingOwed.selector, payee, asset));
        payouts.withdrawPayout(payee, asset, sceptic);
    }

    function test_challenge_afterAFailureTheOracleMayPostAgain() public {
        _fund(notary, SLASH);
        Tree memory p = _posted(13);
        uint256 id = _ask(p, 7);
        vm.warp(START + 10 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleBadRun.selector, node, START, 2, 2, START + QUARTER + 3 days
            )
        );
        _post(p, 2);
        oracle.expire(id);
        vm.prank(notary);
        oracle.depositBond(poster, SLASH);
        _post(p, 2);
        assertEq(oracle.stateOf(node, START).run, 2);
    }

    function test_challenge_refusesWhatIsNotThere() public {
        Tree memory p = _posted(13);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotInRoot.selector, node, START, 13, 13));
        _ask(p, 13);
        p.root = keccak256("another");
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleOtherRoot.selector, node, START, p.root, p.sums)
        );
        _ask(p, 1);
    }

    /// @dev A root is final with its last answer, not with the window in which it can be asked.
    function test_challenge_thatIsOpenKeepsARootFromBeingFinal() public {
        vm.warp(START + 30 days);
        Tree memory p = _tree(_other(0), 0, 13);
        _post(p, 1);
        vm.warp(START + 31 days);
        uint256 id = _ask(p, 7);
        vm.warp(START + 31 days + 1);
        (, bool isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertFalse(isFinal);
        vm.warp(START + 31 days + 6 hours + 1);
        (, isFinal) = oracle.checkRoot(node, START, p.root, p.sums);
        assertFalse(isFinal);
        oracle.expire(id);
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
    }

    function test_challenge_refusesAfterItsWindow() public {
        Tree memory p = _posted(13);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleTooLate.selector, node, START, until));
        _ask(p, 1);
    }

    function test_challenge_countsMoreThanItsSlotHolds() public {
        Tree memory p = _posted(13);
        _fund(sceptic, 300 * FEE);
        bytes memory sealed_ = hex"02";
        for (uint256 i; i < 258; ++i) {
            uint256 id = _ask(p, p.shown.index);
            vm.prank(notary);
            oracle.answer(id, sealed_);
        }
        assertEq(oracle.stateOf(node, START).open, 255);
        (,, uint32 open) = oracle.bondOf(poster);
        assertEq(open, 258);

        // Three end beyond the slot's count, and then those in it; the interval is not final before the last.
        vm.startPrank(sceptic);
        for (uint256 id = 1; id <= 3; ++id) {
            oracle.close(id);
        }
        assertEq(oracle.stateOf(node, START).open, 255);
        for (uint256 id = 4; id <= 257; ++id) {
            oracle.close(id);
        }
        assertEq(oracle.stateOf(node, START).open, 1);
        oracle.close(258);
        assertEq(oracle.stateOf(node, START).open, 0);
    }

    function test_aPause_stopsWithdrawalsOfBonds() public {
        // The register of a market has the market's manager; this open one has none.
        address manager = IAccessManaged(address(currency)).authority();
        vm.mockCall(address(participants), abi.encodeCall(IAccessManaged.authority, ()), abi.encode(manager));
        IPausable(address(oracle)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        vm.prank(notary);
        oracle.withdrawBond(1, notary);
    }
}
