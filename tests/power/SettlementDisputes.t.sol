// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {IBidProofs, ShownBid, ShownBook} from "../../interfaces/power/IBidProofs.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev What is false is shown against what the chain has; what is true cannot be.
contract SettlementDisputesTest is SettlementCase {
    function _dispute(RunTotals memory t, uint32 index) private {
        settlement.disputeLine(node, _show(t, index), _reading(index));
    }

    /// @dev Posts lines that add up, though one of them is false, and shows it.
    function _assertFalse(RunTotals memory t, uint32 index) private {
        _post(t);
        (uint96 before,,) = settlement.bondOf(operatorId);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, PowerAccountId.wrap(FIRST_PSEUDONYM + index));
        uint256 had = _award(FIRST_PSEUDONYM + index);
        vm.prank(stranger);
        _dispute(t, index);
        assertEq(_state().postedAt, 0);
        assertEq(_dayState().intervals, 0);
        assertEq(_dayState().failures, 1);
        assertEq(_dayState().net, 0);
        assertEq(_dayState().volumeWh, 0);
        // The operator lost a part of its bond, half of it to the account whose line it is.
        (uint96 bond,,) = settlement.bondOf(operatorId);
        assertEq(bond, before - BOND);
        assertEq(_award(FIRST_PSEUDONYM + index), had + BOND / 2);
        assertEq(_kept(), bond + BOND - BOND / 2);
    }

    /// @dev Lines as they stand, under totals that add up.
    function _withRoot(RunTotals memory t) private view returns (RunTotals memory) {
        (bytes32[] memory hashes, uint256[] memory all) = _lineLeaves();
        uint256 sums;
        (t.lines, sums,) = _climb(hashes, all, 0);
        (t.importWh, t.exportWh) = (uint48(sums), uint48(sums >> 48));
        (t.longWh, t.shortWh) = (uint48(sums >> 96), uint48(sums >> 144));
        return t;
    }

    function test_disputeLine_showsAFalseReading() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        // The grid is said to have delivered what the seller did not.
        (lines[0].meteredWh, lines[2].meteredWh) = (1_000, 0);
        (lines[0].net, lines[2].net) = (80_000, 0);
        _assertFalse(_withRoot(t), 0);
        _clearAccounts();
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _settle(); // a failed run is replaced
        assertEq(_dayState().intervals, 1);
    }

    function test_disputeLine_showsAFalseAmount() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].net, lines[2].net) = (lines[0].net + 1, lines[2].net - 1);
        _assertFalse(_withRoot(t), 0);
    }

    /// @dev At any one price what is sold and bought sums to zero; each line is false.
    /// @dev Fees and surplus of a run that fell would be paid beside those of the next one.
    function test_disputeLine_takesTheOperatorsPartAndTheSurplusOffTheDay() public {
        _setTerms(10_001, 2_003, 250_000);
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].net, lines[1].net) = (lines[0].net + 1, lines[1].net - 1);
        t.lines = _lineRoot();
        _post(t);
        assertGt(_dayState().due, 0);
        assertGt(_dayState().surplus, 0);
        _dispute(t, 1);
        assertEq(_dayState().due, 0);
        assertEq(_dayState().surplus, 0);
    }

    function test_disputeLine_showsAnotherPrice() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].net, lines[1].net) = (lines[0].net + 80_000, lines[1].net - 80_000);
        _assertFalse(_withRoot(t), 1);
    }

    function test_disputeLine_showsAFalseLoss() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].lossWh, lines[1].lossWh) = (0, 52);
        (lines[0].net, lines[1].net) = (lines[0].net + 23 * 80, lines[1].net - 23 * 80);
        _assertFalse(_withRoot(t), 1);
    }

    function test_disputeLine_showsContractsThatThereAreNot() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].tradedWh, lines[2].tradedWh) = (-300, 300);
        (lines[0].net, lines[2].net) = (80_000, 0); // as if there were
        _assertFalse(_withRoot(t), 2);
    }

    function test_disputeLine_anAccountWithoutMeterHasMeteredNothing() public {
        _street(700, 1_000);
        _account(3, 0, 0, 0, 0);
        leaves.pop();
        _ready();
        RunTotals memory t = _reckon();
        (lines[2].meteredWh, lines[2].net) = (0, 0);
        (lines[3].meteredWh, lines[3].net) = (300, 24_000);
        _post(_withRoot(t));
        settlement.disputeLine(node, _show(t, 3), _reading(0));
        assertEq(_state().postedAt, 0);
    }

    function test_disputeLine_refusesWhatIsTrue() public {
        _street(700, 1_000);
        RunTotals memory t = _settle();
        for (uint32 i; i < 3; ++i) {
            ShownLine memory shown = _show(t, i);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, shown, _reading(i));
        }
    }

    function test_disputeLine_refusesWhatIsNotOfTheRun() public {
        _street(700, 1_000);
        RunTotals memory t = _settle();
        ShownLine memory shown = _show(t, 0);
        shown.line.money += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0));
        shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(1));
        shown.totals.net += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementOtherTotals.selector, node, interval));
        settlement.disputeLine(node, shown, _reading(0));
    }

    /// @dev A proof of another length, and readings whose sums the oracle made up.
    function test_disputeLine_refusesWhatIsNoProof() public {
        price = 0;
        _setReference(0);
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _trade();
        vm.warp(_startOf(interval + 1));
        (bytes32 root, SumWord sums) = _readings();
        SumWord more = SumWord.wrap(SumWord.unwrap(sums) + (1 << 48)); // a Wh of export
        vm.prank(notary);
        meters.post(area, uint40(_startOf(interval)), 1, root, more, DATA);
        _toFinal();
        losses.bookArea(area, uint40(_startOf(interval)), root, more);
        RunTotals memory t = _reckon();
        (lines[2].meteredWh, lines[2].lossWh) = (301, 1);
        (t.sums, t.chargedWh) = (more, 1);
        _post(_withRoot(t));
        ShownLine memory shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0));

        _next();
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 13, 0, 0);
        _account(2, 3, 0, 0, 0);
        _read(1);
        shown = _show(_settle(), 0);
        LeafProof memory reading = _reading(0);
        reading.proof = bytes.concat(reading.proof, new bytes(46));
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, reading);
        bytes memory proof = shown.proof;
        bytes[3] memory others = [bytes.concat(proof, new bytes(32)), new bytes(0), new bytes(46)];
        for (uint256 i; i < 3; ++i) {
            shown.proof = others[i];
            vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
            settlement.disputeLine(node, shown, _reading(0));
        }
    }

    /// @dev It counts as no reading in the oracle's sums, though the tree has the shape of one reading fewer there.
    function test_disputeLine_refusesAReadingOfNoQuality() public {
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _account(3, 0, 0, 0, 0);
        leaves[0].reading = ReadingWord.wrap(ReadingWord.unwrap(leaves[0].reading) | 7);
        _trade();
        _read(1);
        RunTotals memory t = _settle();
        assertEq(t.sums.count(), 3);
        ShownLine memory shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0));
    }

    // ------------------------------------------------------------------ contracts

    function test_disputeContracts_showsWhatWasNotAccepted() public {
        _street(700, 1_000);
        // The seller's sale goes to the grid, which delivered more of it.
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        RunTotals memory t = _settle();
        ShownBid[] memory sellers = _bids(1); // bids come ahead of offers
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, PowerAccountId.wrap(FIRST_PSEUDONYM));
        settlement.disputeContracts(node, _show(t, 0), sellers, margins);
        assertEq(_state().postedAt, 0);
    }

    function test_disputeContracts_showsWhatWasNotBought() public {
        _street(700, 1_000);
        lines[1].boughtWh = 999;
        RunTotals memory t = _settle();
        settlement.disputeContracts(node, _show(t, 1), _bids(0), margins);
        assertEq(_state().postedAt, 0);
    }

    /// @dev A buyer and its seller are left out alike: what is scheduled to leave the node is the same, and all adds up.
    function test_disputeTotals_showsWhoWasLeftOut() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[1].boughtWh) = (0, 0);
        RunTotals memory t = _settle();
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, PowerAccountId.wrap(0));
        settlement.disputeTotals(node, interval, t, _book());
        assertEq(_state().postedAt, 0);
    }

    /// @dev One side at a time, by as much as the clearing's rounding explains.
    function test_disputeTotals_showsAWattHour() public {
        _street(700, 1_000);
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            if (i == 0) lines[0].soldWh += 1;
            else lines[1].boughtWh += 1;
            RunTotals memory t = _settle();
            settlement.disputeTotals(node, interval, t, _book());
            assertEq(_state().postedAt, 0);
            vm.revertToState(snapshot);
            (lines[0].soldWh, lines[1].boughtWh) = (1_000, 1_000);
        }
    }

    function test_disputeTotals_refusesWhatIsTrueAndWhatIsOfAnother() public {
        _street(700, 1_000);
        RunTotals memory t = _settle();
        ShownBook memory b = _book();
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeTotals(node, interval, t, b);
        t.soldWh -= 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementOtherTotals.selector, node, interval));
        settlement.disputeTotals(node, interval, t, b);
        t.soldWh += 1;
        b.margins = _margins(999, 1_000, 1_000, 1_000);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBook.selector);
        settlement.disputeTotals(node, interval, t, b);
        b = _book();
        b.curves[0][1] += 1;
        vm.expectPartialRevert(IBidProofs.ProofsOtherBook.selector);
        settlement.disputeTotals(node, interval, t, b);
    }

    function test_disputeTotals_ofAnIntervalThatLapsed() public {
        _street(700, 1_000);
        _settle();
        _next();
        ShownBook memory none;
        uint32[2] memory amounts = [uint32(2), 0];
        for (uint256 i; i < 2; ++i) {
            (uint256 snapshot, uint32 sold) = (vm.snapshotState(), amounts[i]);
            _account(0, 10, 0, sold, 0);
            _account(1, 0, 10, 0, sold);
            _read(1);
            RunTotals memory t = _settle();
            if (sold == 0) vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeTotals(node, interval, t, none);
            vm.revertToState(snapshot);
        }
    }

    // ------------------------------------------------------------------ sums of the day

    /// @dev Each line is right for itself; one of them starts from other sums than the one before had.
    function test_disputeSums_showsALineThatDoesNotFollow() public {
        _street(700, 1_000);
        ShownLine[] memory shown = new ShownLine[](2);
        shown[0] = _show(_settle(), 1);
        _next();
        _quiet();
        _read(1);
        _ready();
        RunTotals memory t = _reckon();
        PlainLine memory right = lines[1];
        for (uint256 i; i < 2; ++i) {
            lines[1] = right;
            if (i == 0) lines[1].day.net -= 1;
            if (i == 1) lines[1].day.volumeWh += 1;
            uint256 snapshot = vm.snapshotState();
            t = _withRoot(t);
            _post(t);
            shown[1] = _show(t, 1);
            settlement.disputeSums(node, shown);
            assertEq(_state().postedAt, 0);
            vm.revertToState(snapshot);
        }
        lines[1] = right;
        t = _withRoot(t);
        _post(t);
        shown[1] = _show(t, 1);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeSums(node, shown);
        shown[1] = _show(t, 0); // of another account
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInRoot.selector);
        settlement.disputeSums(node, shown);
        ShownLine[] memory one = new ShownLine[](1);
        one[0] = _show(t, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 1, 2));
        settlement.disputeSums(node, one);
    }

    function test_disputeSums_ofTheFirstLineOfADay() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        lines[0].day.net -= 1;
        t = _withRoot(t);
        _post(t);
        ShownLine[] memory one = new ShownLine[](1);
        one[0] = _show(t, 1);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeSums(node, one);
        one[0] = _show(t, 0);
        settlement.disputeSums(node, one);
        assertEq(_state().postedAt, 0);
    }

    /// @dev What is closed stays as it was closed.
    function test_disputes_endWithTheDay() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        ShownLine memory shown = _show(_settle(), 0);
        vm.warp((uint256(day) + 1) * 1 days + 7 days + 1);
        settlement.closeDay(node, day);
        ShownBid[] memory seller = _bids(1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        settlement.disputeContracts(node, shown, seller, margins);
        assertTrue(_state().postedAt != 0);
    }

    /// @dev A failing run takes the list with it; when its window is over nothing fails.
    function test_disputes_endWithTheWindow() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000); // the seller's sale is the grid's
        ShownLine memory shown = _show(_settle(), 0);
        for (uint256 i; i < 3; ++i) {
            _next();
            _quiet();
            _read(1);
            _settle();
        }
        _list(_wordsDue());
        uint256 until = _listState().postedAt + WINDOW;
        ShownBid[] memory seller = _bids(1);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputeContracts(node, shown, seller, margins);
        vm.warp(until);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.PaymentsDropped(node, day);
        settlement.disputeContracts(node, shown, seller, margins);
        assertFalse(_listState().complete);
        assertEq(_dayState().intervals, 3);
    }
}
