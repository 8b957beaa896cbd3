// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Merkle} from "../../contracts/lib/Merkle.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    ISettlementRecords,
    RunTotals,
    ShownBook,
    ShownChunk,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev What is false is shown against what the chain has; what is true cannot be.
contract SettlementDisputesTest is SettlementCase {
    PowerAccountId private constant WATCHMAN = PowerAccountId.wrap(FIRST_PSEUDONYM + 9);

    function _dispute(RunTotals memory t, uint32 index) private {
        settlement.disputeLine(node, _show(t, index), _reading(index), WATCHMAN);
    }

    /// @dev Posts lines that add up, though one of them is false, and shows it.
    function _assertFalse(RunTotals memory t, uint32 index) private {
        _post(1, t);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, 1, WATCHMAN);
        _dispute(t, index);
        assertTrue(_state().failed);
        assertEq(_state().net, 0);
        assertEq(_dayState().intervals, 0);
        assertEq(_dayState().net, 0);
        // The operator lost a part of its bond, half of it to who showed.
        (uint96 bond,) = settlement.bondOf(operatorId);
        assertEq(bond, BOND);
        assertEq(_bound(_own(operatorId)), BOND);
        assertEq(_free(PowerAccountId.unwrap(WATCHMAN)), PURSE + BOND / 2);
        assertEq(_free(PowerAccountId.unwrap(ledger.controllerOf(address(settlement)).account)), BOND - BOND / 2);
    }

    /// @dev Lines as they stand, under totals that add up.
    function _withRoot(RunTotals memory t) private view returns (RunTotals memory) {
        t.lines = Merkle.root(_lineLeaves());
        return t;
    }

    function test_disputeLine_showsAFalseReading() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        // The grid is said to have delivered what the seller did not.
        (lines[0].meteredWh, lines[2].meteredWh) = (1_000, 0);
        (lines[0].net, lines[2].net) = (80_000, 0);
        _assertFalse(_withRoot(t), 0);
        _clearAccounts();
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _settle(2); // a failed run is replaced
        assertEq(_dayState().intervals, 1);
    }

    function test_disputeLine_showsAFalseAmount() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        (lines[0].net, lines[2].net) = (lines[0].net + 1, lines[2].net - 1);
        _assertFalse(_withRoot(t), 0);
    }

    /// @dev At any one price all amounts sum to zero; each line is false.
    function test_disputeLine_showsAnotherPrice() public {
        _street(700, 1_000);
        price = 2 * PRICE;
        _assertFalse(_reckon(), 1);
    }

    function test_disputeLine_showsAFalseLoss() public {
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        _toFinal();
        _bookLoss();
        RunTotals memory t = _reckon();
        (lines[0].lossWh, lines[1].lossWh) = (0, 52);
        (lines[0].net, lines[1].net) = (lines[0].net + 23 * 80, lines[1].net - 23 * 80);
        _post(1, _withRoot(t));
        assertTrue(_state().isFinal);
        _dispute(t, 1);
        assertTrue(_state().failed);
        assertFalse(_state().isFinal);
    }

    function test_disputeLine_showsContractsThatThereAreNot() public {
        _street(700, 1_000);
        RunTotals memory t = _reckon();
        (lines[0].tradedWh, lines[2].tradedWh) = (-300, 300);
        (lines[0].net, lines[2].net) = (80_000, 0); // as if there were
        _assertFalse(_withRoot(t), 2);
    }

    function test_disputeLine_anAccountWithoutMeterHasMeteredNothing() public {
        _street(700, 1_000);
        _account(3, 0, 0, 0, 0);
        leaves.pop();
        RunTotals memory t = _reckon();
        (lines[3].meteredWh, lines[3].net) = (300, 24_000);
        _post(1, _withRoot(t));
        settlement.disputeLine(node, _show(t, 3), _reading(0), WATCHMAN);
        assertTrue(_state().failed);
    }

    function test_disputeLine_refusesWhatIsTrue() public {
        _street(700, 1_000);
        RunTotals memory t = _settle(1);
        for (uint32 i; i < 3; ++i) {
            ShownLine memory shown = _show(t, i);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, shown, _reading(i), WATCHMAN);
        }
    }

    function test_disputeLine_refusesWhatIsNotOfTheRun() public {
        _street(700, 1_000);
        RunTotals memory t = _settle(1);
        ShownLine memory shown = _show(t, 0);
        shown.line.net += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0), WATCHMAN);
        shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(1), WATCHMAN);
        shown.totals.net += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementOtherTotals.selector, node, interval));
        settlement.disputeLine(node, shown, _reading(0), WATCHMAN);
    }

    /// @dev A proof of another length, and readings whose sums the oracle made up.
    function test_disputeLine_refusesWhatIsNoProof() public {
        price = 0;
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _trade();
        vm.warp(_startOf(interval + 1));
        (bytes32 root, SumWord sums) = _readings();
        SumWord more = SumWord.wrap(SumWord.unwrap(sums) + (1 << 48)); // a Wh of export
        vm.prank(notary);
        meters.post(area, uint40(_startOf(interval)), 1, root, more, DATA);
        RunTotals memory t = _reckon();
        (t.sums, t.exportWh, t.longWh) = (more, t.exportWh + 1, t.longWh + 1);
        _post(1, t);
        ShownLine memory shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0), WATCHMAN);

        _next();
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 13, 0, 0);
        _account(2, 3, 0, 0, 0);
        _read(1);
        shown = _show(_settle(1), 0);
        LeafProof memory reading = _reading(0);
        reading.proof = bytes.concat(reading.proof, new bytes(46));
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, reading, WATCHMAN);
    }

    function test_disputeLine_endsWithTheWindow() public {
        _street(700, 1_000);
        price = 2 * PRICE;
        RunTotals memory t = _settle(1);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.warp(until + 1);
        ShownLine memory shown = _show(t, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputeLine(node, shown, _reading(0), WATCHMAN);
        vm.warp(until);
        settlement.disputeLine(node, shown, _reading(0), WATCHMAN);
        assertTrue(_state().failed);
    }

    // ------------------------------------------------------------------ contracts

    function _book() private view returns (ShownBook memory b) {
        b.orders = new uint256[](2);
        b.orders[0] = _word(FIRST_PSEUDONYM, node, OFFER, 1_000, PRICE);
        b.orders[1] = _word(FIRST_PSEUDONYM + 1, node, BID, 1_000, PRICE);
        b.accepted = _lanes(1_000, 1_000);
        b.prices = _lanes(PRICE);
        b.flows = new uint256[](0);
    }

    function test_disputeContracts_showsWhatWasNotAccepted() public {
        _street(700, 1_000);
        // The seller's sale goes to the grid, which delivered more of it.
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        RunTotals memory t = _settle(1);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, 1, WATCHMAN);
        settlement.disputeContracts(node, _show(t, 0), _book(), WATCHMAN);
        assertTrue(_state().failed);
    }

    function test_disputeContracts_showsWhatWasNotBought() public {
        _street(700, 1_000);
        lines[1].boughtWh = 999;
        RunTotals memory t = _settle(1);
        settlement.disputeContracts(node, _show(t, 1), _book(), WATCHMAN);
        assertTrue(_state().failed);
    }

    /// @dev An offer bound its guarantee, a bid its price.
    function test_disputeContracts_showsWhatIsFreedThatNothingBound() public {
        _street(700, 1_000);
        uint96[2] memory bound = [uint96(50_000), 80_000];
        for (uint32 i; i < 2; ++i) {
            assertEq(lines[i].unbound, bound[i]);
            uint256 snapshot = vm.snapshotState();
            lines[i].unbound += 1;
            RunTotals memory t = _settle(1);
            settlement.disputeContracts(node, _show(t, i), _book(), WATCHMAN);
            assertTrue(_state().failed);
            vm.revertToState(snapshot);
        }
    }

    function test_disputeContracts_refusesWhatIsTrueAndOtherBooks() public {
        _street(700, 1_000);
        RunTotals memory t = _settle(1);
        ShownLine memory shown = _show(t, 0);
        ShownBook memory b = _book();
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeContracts(node, shown, b, WATCHMAN);
        b.accepted = _lanes(999, 1_000);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherBook.selector);
        settlement.disputeContracts(node, shown, b, WATCHMAN);
        b = _book();
        b.orders[0] = b.orders[1];
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherBook.selector);
        settlement.disputeContracts(node, shown, b, WATCHMAN);
        b = _book();
        b.accepted = new uint256[](2);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 2, 1));
        settlement.disputeContracts(node, shown, b, WATCHMAN);
    }

    /// @dev A buyer and its seller are left out alike: what is scheduled to leave the node is the same, and all adds up.
    function test_disputeTotals_showsWhoWasLeftOut() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[1].boughtWh) = (0, 0);
        RunTotals memory t = _settle(1);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RunFailed(node, interval, 1, WATCHMAN);
        settlement.disputeTotals(node, interval, t, _book(), WATCHMAN);
        assertTrue(_state().failed);
    }

    /// @dev One side at a time, by as much as the clearing's rounding explains.
    function test_disputeTotals_showsAWattHour() public {
        _street(700, 1_000);
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            if (i == 0) lines[0].soldWh += 1;
            else lines[1].boughtWh += 1;
            RunTotals memory t = _settle(1);
            settlement.disputeTotals(node, interval, t, _book(), WATCHMAN);
            assertTrue(_state().failed);
            vm.revertToState(snapshot);
            lines[0].soldWh = 1_000;
        }
    }

    function test_disputeTotals_refusesWhatIsTrueAndWhatIsOfAnother() public {
        _street(700, 1_000);
        RunTotals memory t = _settle(1);
        ShownBook memory b = _book();
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeTotals(node, interval, t, b, WATCHMAN);
        t.soldWh -= 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementOtherTotals.selector, node, interval));
        settlement.disputeTotals(node, interval, t, b, WATCHMAN);
        t.soldWh += 1;
        b.accepted = _lanes(999, 1_000);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherBook.selector);
        settlement.disputeTotals(node, interval, t, b, WATCHMAN);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputeTotals(node, interval, t, _book(), WATCHMAN);
    }

    function test_disputeContracts_endsWithTheWindow() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        ShownLine memory shown = _show(_settle(1), 0);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputeContracts(node, shown, _book(), WATCHMAN);
        vm.warp(until);
        settlement.disputeContracts(node, shown, _book(), WATCHMAN);
        assertTrue(_state().failed);
    }

    function test_disputeContracts_ofAnIntervalThatNobodyCleared() public {
        _street(700, 1_000);
        _settle(1);
        _next();
        _account(0, 10, 0, 2, 0);
        _account(1, 0, 10, 0, 2);
        _read(1);
        RunTotals memory t = _settle(1);
        ShownBook memory none;
        settlement.disputeContracts(node, _show(t, 1), none, WATCHMAN);
        assertTrue(_state().failed);
    }

    function test_disputes_ofAnIntervalThatNobodyCleared_refuseWhatIsTrue() public {
        _street(700, 1_000);
        _settle(1);
        _next();
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 10, 0, 0);
        _read(1);
        RunTotals memory t = _settle(1);
        ShownBook memory none;
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeContracts(node, _show(t, 1), none, WATCHMAN);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeTotals(node, interval, t, none, WATCHMAN);
    }

    // ------------------------------------------------------------------ payments

    ShownLine[] private _shown;
    RunTotals private _totals; // of the last interval

    /// @dev A day of four intervals, and what pseudonym 1 gets in it.
    function _day() private returns (int256[3] memory sums) {
        _street(700, 1_000);
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _account(0, 10, 0, 0, 0);
                _account(1, 0, 13, 0, 0);
                _account(2, 3, 0, 0, 0);
                _read(1);
            }
            _totals = _settle(1);
            for (uint256 j; j < 3; ++j) {
                sums[j] += lines[j].net;
            }
            _shown.push(_show(_totals, 1));
        }
    }

    function _payments(int256[3] memory sums) private pure returns (ShownChunk[] memory chunks) {
        uint256[3] memory bound = [uint256(50_000), 80_000, 0]; // a guarantee, a price
        uint256[] memory words = new uint256[](3);
        for (uint256 i; i < 3; ++i) {
            words[i] = _payWord(i, sums[i], bound[i]);
        }
        chunks = new ShownChunk[](1);
        chunks[0] = _chunk(words);
    }

    function _at(uint256 position) private pure returns (uint256[] memory positions) {
        positions = new uint256[](1);
        positions[0] = position;
    }

    function test_disputePayments_showsAFalseAmount() public {
        int256[3] memory sums = _day();
        (sums[1], sums[2]) = (sums[1] - 1, sums[2] + 1);
        ShownChunk[] memory chunks = _payments(sums);
        _postPayments(chunks[0], 0);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.PaymentsDropped(node, day, 1);
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        assertEq(_dayState().run, 0);
        assertEq(_dayState().posted, 0);
        (uint96 bond,) = settlement.bondOf(operatorId);
        assertEq(bond, BOND);
        assertEq(_free(PowerAccountId.unwrap(WATCHMAN)), PURSE + BOND / 2);
    }

    /// @dev Escrow of other orders would be free for whatever, or that of the day's orders bound for ever.
    function test_disputePayments_showsWhatIsFreedWrongly() public {
        ShownChunk[] memory chunks = _payments(_day());
        int256[2] memory by = [int256(1), -1];
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 word = chunks[0].words[1];
            chunks[0].words[1] = uint256(int256(word) + by[i] * (1 << 128));
            _postPayments(chunks[0], 0);
            vm.expectEmit(address(settlement));
            emit ISettlementRecords.PaymentsFailed(node, day, 1, WATCHMAN);
            settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
            chunks[0].words[1] = word;
            vm.revertToState(snapshot);
        }
    }

    function test_disputePayments_refusesAnEmptyShowing() public {
        ShownChunk[] memory chunks = _payments(_day());
        _postPayments(chunks[0], 0);
        ShownLine[] memory none;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 4));
        settlement.disputePayments(node, day, chunks, _at(1), none, WATCHMAN);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, day, 3));
        settlement.disputePayments(node, day, chunks, _at(3), _shown, WATCHMAN);
    }

    function test_disputePayments_refusesWhatIsTrue() public {
        ShownChunk[] memory chunks = _payments(_day());
        _postPayments(chunks[0], 0);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        // Another account's word, lines that are missing, and no payments at all.
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, day, 2));
        settlement.disputePayments(node, day, chunks, _at(2), _shown, WATCHMAN);
        ShownLine[] memory less = new ShownLine[](3);
        for (uint256 i; i < 3; ++i) {
            less[i] = _shown[i];
        }
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 3, 4));
        settlement.disputePayments(node, day, chunks, _at(1), less, WATCHMAN);
        vm.expectPartialRevert(ISettlementRecords.SettlementTooMany.selector);
        settlement.disputePayments(node, day, chunks, new uint256[](0), _shown, WATCHMAN);
    }

    /// @dev Everything is the account's, under the roots that stand, and one thing for each run of payments.
    function test_disputePayments_refusesWhatIsOfAnother() public {
        int256[3] memory sums = _day();
        (sums[1], sums[2]) = (sums[1] - 1, sums[2] + 1);
        ShownChunk[] memory chunks = _payments(sums);
        _postPayments(chunks[0], 0);
        ShownLine memory last = _shown[3];

        _shown[3] = _show(_totals, 0); // of another account
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 3));
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        _shown[3] = last;
        _shown[3].line.net += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 1));
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        _shown[3] = last;
        chunks[0].words[1] += 1 << 32;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, day, 0));
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 1));
        settlement.disputePayments(node, day, new ShownChunk[](0), _at(1), _shown, WATCHMAN);
    }

    function test_disputePayments_refusesLinesOutOfOrder() public {
        int256[3] memory sums = _day();
        (sums[1], sums[2]) = (sums[1] - 1, sums[2] + 1);
        ShownChunk[] memory chunks = _payments(sums);
        _postPayments(chunks[0], 0);
        _shown[3] = _shown[2];
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInRoot.selector);
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
    }

    function test_disputePayments_endsWithTheWindow() public {
        int256[3] memory sums = _day();
        (sums[1], sums[2]) = (sums[1] - 1, sums[2] + 1);
        ShownChunk[] memory chunks = _payments(sums);
        _postPayments(chunks[0], 0);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
        vm.warp(until);
        settlement.disputePayments(node, day, chunks, _at(1), _shown, WATCHMAN);
    }
}
