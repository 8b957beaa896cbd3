// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBidProofs, ShownBid} from "../../interfaces/power/IBidProofs.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {ISettlementRecords, NodeRun, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev What an account sold and bought is what was accepted of its bids: less is shown, more is doubted and proved. The buyer's bid
/// is the sponsor's first, the seller's its second.
contract SettlementBidsTest is SettlementCase {
    PowerAccountId private constant SELLER = PowerAccountId.wrap(FIRST_PSEUDONYM);
    PowerAccountId private constant GRID = PowerAccountId.wrap(FIRST_PSEUDONYM + 2);
    ShownLine private sold; // line of the first interval

    // ------------------------------------------------------------------ too little

    function test_disputeContracts_refusesWhatIsTrueAndOtherBids() public {
        _street(700, 1_000);
        ShownLine memory shown = _show(_settle(), 0);
        (ShownBid[] memory buyers, ShownBid[] memory sellers) = (_bids(0), _bids(1));
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeContracts(node, shown, sellers, margins);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBid.selector);
        settlement.disputeContracts(node, shown, buyers, margins);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBook.selector);
        settlement.disputeContracts(node, shown, sellers, _margins(999, 1_000, 1_000, 1_000));
    }

    function test_disputeContracts_refusesABidThatIsNotThere() public {
        _street(700, 1_000);
        ShownLine memory shown = _show(_settle(), 0);
        ShownBid[] memory b = _bids(1);
        b[0].bid.limitWh += 1;
        _refused(shown, b);
        b = _bids(1);
        b[0].index = 0;
        _refused(shown, b);
        b = _bids(1);
        b[0].opening.words[1] += 1 << 32; // curves that were not opened
        _refused(shown, b);
        b = new ShownBid[](2);
        (b[0], b[1]) = (_shownBid(1), _shownBid(1)); // once
        _refused(shown, b);
    }

    /// @dev All curves are the sponsor's own account's alone, and with a tree they are shown by their leaves.
    function test_disputeContracts_refusesAllCurvesOfATree() public {
        _street(700, 1_000);
        lines.push();
        lines[3].account = PowerAccountId.wrap(_own(sponsorId));
        RunTotals memory t = _settle();
        ShownBid[] memory b = _bids(1);
        b[0].bid.limitWh = 0;
        _refused(_show(t, 0), b);
        b[0].bid.account = PowerAccountId.wrap(_own(sponsorId));
        _refused(_show(t, 3), b);
    }

    function _refused(ShownLine memory shown, ShownBid[] memory b) private {
        vm.expectPartialRevert(IBidProofs.ProofsOtherBid.selector);
        settlement.disputeContracts(node, shown, b, margins);
    }

    /// @dev An aggregator that hides its customers' bids from the operator wins nothing by them.
    function test_disputeContracts_needsTheOperatorsReceipt() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        ShownLine memory shown = _show(_settle(), 0);
        ShownBid[] memory b = _bids(1);
        b[0].signature = _receiptOf(b[0], "stranger");
        vm.expectPartialRevert(IBidProofs.ProofsNoReceipt.selector);
        settlement.disputeContracts(node, shown, b, margins);
        b[0].signer = stranger;
        vm.expectPartialRevert(IBidProofs.ProofsNoReceipt.selector);
        settlement.disputeContracts(node, shown, b, margins);
        settlement.disputeContracts(node, shown, _bids(1), margins);
        assertEq(_state().postedAt, 0);
    }

    /// @dev A bid that is opened and not cleared was accepted for nothing.
    function test_weigh_ofAnIntervalThatLapsed() public {
        vm.mockCall(address(market), abi.encodeWithSelector(market.clear.selector), ""); // no solver
        _street(700, 1_000);
        vm.clearMockedCalls();
        vm.warp(_startOf(interval + 1));
        uint256[] memory none;
        ParticipantId receiver = ParticipantId.wrap(0);
        (bool isEnough, bool isProved) = proofs.weigh(SELLER, node, interval, receiver, 0, 0, PRICE, _bids(1), none);
        assertTrue(isEnough && isProved);
        (, isProved) = proofs.weigh(SELLER, node, interval, receiver, 1, 0, PRICE, _bids(1), none);
        assertFalse(isProved);
    }

    /// @dev A run with a line of no account falls as any other, and there is no one to be rewarded.
    function test_disputeContracts_ofALineOfNoAccount() public {
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        lines[0].account = PowerAccountId.wrap(0);
        _trade();
        _read(1);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        ShownLine memory shown = _show(_settle(), 0);
        settlement.disputeContracts(node, shown, _bids(1), margins);
        assertEq(_state().postedAt, 0);
        assertEq(_state().commitment, 0);
    }

    // ------------------------------------------------------------------ too much

    /// @dev A day whose first interval is posted as its lines stand, with a list.
    function _listed(uint32 index) private {
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _quiet();
                for (uint256 j; j < bystanders.length; ++j) {
                    lines.push();
                    lines[lines.length - 1].account = bystanders[j];
                }
                _read(1);
            }
            RunTotals memory t = _settle();
            if (i == 0) sold = _show(t, index);
        }
        _list(_wordsDue());
    }

    function _doubt() private {
        vm.prank(sponsor);
        settlement.doubt(node, sold);
    }

    /// @dev The seller's sale is put on the grid's account, which bid nothing: no bids prove it.
    function test_disputeDoubt_endsALineThatHasTooMuch() public {
        _street(700, 1_000);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        _listed(2);
        RunTotals memory t = sold.totals;
        uint32 first = sold.interval;
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.disputeDoubt(node, first, GRID, t);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        vm.prank(stranger);
        settlement.doubt(node, sold);
        _doubt();
        uint256 deadline = vm.getBlockTimestamp() + WINDOW / 8;
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector); // once a list
        _doubt();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotProved.selector);
        settlement.prove(node, sold, new ShownBid[](0), margins);
        ShownBid[] memory sellers = _bids(1);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBid.selector);
        settlement.prove(node, sold, sellers, margins);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        settlement.disputeDoubt(node, first, GRID, t);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        settlement.prove(node, sold, new ShownBid[](0), margins);
        uint256 had = market.awardOf(GRID);
        vm.prank(stranger);
        settlement.disputeDoubt(node, first, GRID, t);
        assertEq(market.awardOf(GRID) - had, BOND / 2);
        assertFalse(_listState().complete);
    }

    function test_prove_showsTheBidsOfALine() public {
        _street(700, 1_000);
        _listed(0);
        _doubt();
        assertEq(settlement.doubtOf(node, sold.interval, SELLER).deadline, vm.getBlockTimestamp() + WINDOW / 8);
        assertEq(settlement.doubtOf(node, sold.interval, SELLER).answer, 0);
        settlement.prove(node, sold, _bids(1), margins);
        assertEq(uint256(settlement.doubtOf(node, sold.interval, SELLER).answer), 1);
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.disputeDoubt(node, sold.interval, SELLER, sold.totals);
    }

    /// @dev What the operator was not given stays with the aggregator.
    function test_prove_ofAnAggregatorThatGaveNoBids() public {
        bystanders.push(PowerAccountId.wrap(_own(sponsorId)));
        PowerAccountId[] memory own = new PowerAccountId[](1);
        own[0] = bystanders[0];
        vm.prank(sponsor);
        settlement.join(node, own);
        _street(700, 1_000);
        lines.push();
        lines[3].account = bystanders[0];
        (lines[0].soldWh, lines[1].boughtWh, lines[3].soldWh, lines[3].boughtWh) = (0, 0, 1_000, 1_000);
        uint256[] memory words;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _quiet();
                lines.push();
                lines[3].account = bystanders[0];
                _read(1);
            }
            RunTotals memory t = _settle();
            if (i == 0) sold = _show(t, 3);
        }
        words = _sponsorFirst(_wordsDue());
        _list(words);
        _doubt();
        ShownBid[] memory b = _bids(0);
        (b[0].bid.limitWh, b[0].bid.account) = (0, bystanders[0]);
        settlement.prove(node, sold, b, margins);
    }

    /// @dev A list is sorted by account.
    function _sponsorFirst(uint256[] memory due) private view returns (uint256[] memory words) {
        words = new uint256[](4);
        words[0] = uint256(_own(sponsorId)) | uint256(uint96(int96(lines[3].day.net))) << 32;
        for (uint256 i; i < 3; ++i) {
            words[i + 1] = due[i];
        }
    }

    function test_doubt_endsAQuarterBeforeTheWindow() public {
        _street(700, 1_000);
        _listed(0);
        uint256 until = _listState().postedAt + WINDOW * 3 / 4;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        _doubt();
        vm.warp(until);
        _doubt();
    }

    // ------------------------------------------------------------------ references

    function test_countPrices_ofADayThatIsPaid() public {
        _street(700, 1_000);
        _listed(0);
        NodeRun[] memory runs = new NodeRun[](1);
        runs[0] = NodeRun(node, DATA, sold.totals);
        uint256 until = _listState().postedAt + WINDOW;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.countPrices(sold.interval, runs);
        vm.warp(until + 1);
        vm.expectEmit(address(references));
        emit IReferencePrices.PriceCounted(node, sold.interval, uint32(PRICE), 2_000); // 700 + 1,000 + 300
        settlement.countPrices(sold.interval, runs);
        vm.expectPartialRevert(IReferencePrices.ReferenceCounted.selector);
        settlement.countPrices(sold.interval, runs);
        runs[0].totals.importWh += 1;
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherTotals.selector);
        settlement.countPrices(sold.interval, runs);
        vm.expectPartialRevert(ISettlementRecords.SettlementWindow.selector); // no list of another day
        settlement.countPrices(sold.interval + 4, runs);
    }

    /// @dev Of an interval without readings nothing was delivered: its price counts for nothing.
    function test_countPrices_passesOverWhatHadNoReadings() public {
        _account(0, 0, 0, 1_000, 0);
        _account(1, 0, 0, 0, 1_000);
        _account(2, 0, 0, 0, 0);
        _trade();
        delete leaves;
        (lines[0].meteredWh, lines[1].meteredWh) = (1_000, -1_000);
        NodeRun[] memory runs = new NodeRun[](1);
        uint32 first = interval;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _quiet();
                _read(1);
                _ready();
            } else {
                vm.warp((uint256(day) + 1) * 1 days + LATE + 1);
            }
            RunTotals memory t = _reckon();
            _post(t);
            if (i == 0) runs[0] = NodeRun(node, DATA, t);
        }
        _list(_wordsDue());
        _toPayment();
        vm.recordLogs();
        settlement.countPrices(first, runs);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    // ------------------------------------------------------------------ prices of imbalance

    /// @dev The price is 160,000 about a reference of 80,000; of 2,000 Wh metered 1,400 were delivered behind it: 136,000 count.
    function test_post_imbalanceIsTwoSidedAboutTheReference() public {
        price = 2 * PRICE;
        _street(700, 1_000);
        _settle();
        assertEq(lines[0].net, 160_000 - 300 * 136); // short: the dearer
        assertEq(lines[1].net, -160_000);
        assertEq(lines[2].net, 300 * 80); // long: the cheaper
        assertEq(shortPays, 136_000);
    }

    /// @dev A price at which nothing is delivered is not one that imbalance pays.
    function test_post_aPriceWithoutDeliveryCountsNothing() public {
        price = 100 * PRICE;
        _account(0, 0, 0, 1_000, 0);
        _account(1, 0, 0, 0, 1_000);
        _account(2, 0, 0, 0, 0);
        _trade();
        _read(1);
        _settle();
        assertEq(shortPays, PRICE);
        assertEq(lines[0].net, 8_000_000 - 80_000);
        assertEq(lines[1].net, -8_000_000 + 80_000);
    }
}
