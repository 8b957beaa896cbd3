// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IBidProofs, ShownBid} from "../../interfaces/power/IBidProofs.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev Accounts that do not belong to a node, and whose bids are accepted there.
contract SettlementEnrolledTest is SettlementCase {
    /// @dev Customers that belong to no node: one sells 1,000 Wh to the other, and neither has a meter.
    function _strangersTrade() private {
        _account(13, 0, 0, 1_000, 0);
        _account(14, 0, 0, 0, 1_000);
        leaves.pop();
        leaves.pop();
        _trade();
    }

    // ------------------------------------------------------------------ whose bids count

    /// @dev A member of a later day is in no list of this one, unless a bid of its own was accepted.
    function test_enrol_isOfAnAcceptedBid() public {
        _account(0, 1_000, 0, 0, 0);
        _account(1, 0, 1_000, 0, 0);
        _strangersTrade();
        _read(1);
        ShownBid[] memory b = _bids(1);
        PowerAccountId account = PowerAccountId.wrap(FIRST_PSEUDONYM + 13);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBook.selector);
        settlement.enrol(node, interval, account, b, _margins(0, 0, 0, 0));
        vm.expectPartialRevert(ISettlementRecords.SettlementNoMember.selector); // no bid is shown
        settlement.enrol(node, interval, account, new ShownBid[](0), margins);
        vm.expectPartialRevert(IBidProofs.ProofsOtherBid.selector);
        settlement.enrol(node, interval, PowerAccountId.wrap(FIRST_PSEUDONYM + 15), b, margins);
        settlement.enrol(node, interval, account, b, margins);
        assertEq(settlement.firstLineOf(node, day, account), interval);
        assertEq(settlement.memberSince(node, account), 0);
        assertEq(settlement.ownerAt(node, sponsorId).accounts, 12); // a meter needs an account that stays
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoMember.selector, node, account, interval));
        settlement.enrol(node, interval, account, b, margins);
    }

    /// @dev An aggregator hides a customer's bid; when the day's list stands, it shows it, and the customer asks for a line that no
    /// operator could know of.
    function test_enrol_byAHiddenBid_costsNoHonestOperator() public {
        _account(0, 1_000, 0, 0, 0);
        _account(1, 0, 1_000, 0, 0);
        _account(2, 0, 0, 0, 0);
        _strangersTrade();
        lines.pop();
        lines.pop();
        (lines[2].soldWh, lines[2].boughtWh) = (1_000, 1_000); // the aggregator's own
        _read(1);
        _settle();
        uint32 traded = interval;
        ShownBid[] memory hidden = _bids(1);
        for (uint256 i; i < 3; ++i) {
            _next();
            _quiet();
            _read(1);
            _settle();
        }
        _list(_wordsDue());
        PowerAccountId account = PowerAccountId.wrap(FIRST_PSEUDONYM + 13);
        hidden[0].signature = _receiptOf(hidden[0], "stranger");
        vm.expectPartialRevert(IBidProofs.ProofsNoReceipt.selector);
        settlement.enrol(node, traded, account, hidden, margins);
        assertEq(settlement.firstLineOf(node, day, account), 0);
    }

    // ------------------------------------------------------------------ an aggregator that gave no bids

    /// @dev An aggregator that belongs to no node trades in the day's second interval, and gives its bids to nobody.
    function _tradeOfAStranger() private returns (PowerAccountId own) {
        ++interval;
        _strangersTrade();
        _clearAccounts();
        --interval;
        return PowerAccountId.wrap(uint32(_own(sponsorId)));
    }

    /// @dev The day's first interval, ahead of the trade.
    function _first() private {
        _quiet();
        _read(1);
        _settle();
        _next();
        _quiet();
        _read(1);
    }

    function _lineOf(PowerAccountId own, uint48 wh) private {
        lines.push();
        PlainLine storage l = lines[lines.length - 1];
        (l.account, l.soldWh, l.boughtWh, l.salt) = (own, wh, wh, keccak256("own"));
    }

    function _withRest() private {
        for (uint256 i; i < 2; ++i) {
            PowerAccountId own = lines[3].account;
            _next();
            _quiet();
            _read(1);
            _lineOf(own, 0);
            _settle();
        }
    }

    /// @dev Without it the node's day could not be paid: no list takes an account that does not belong there.
    function test_enrol_byWhoSettles_ofAnAggregatorThatGaveNoBids() public {
        PowerAccountId own = _tradeOfAStranger();
        _first();
        _lineOf(own, 1_000);
        _settle();
        uint32 traded = interval;
        _withRest();
        uint256[] memory words = _wordsDue();
        (words[0], words[1], words[2], words[3]) = (words[3], words[0], words[1], words[2]); // in their order
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMember.selector, node, day, own));
        _list(words);

        vm.prank(operator);
        settlement.enrol(node, traded, own, _curvesOf(traded), margins);
        assertEq(settlement.firstLineOf(node, day, own), traded);
        assertEq(settlement.firstLineOf(node, day + 1, own), 0);
        _list(words);

        // It asks for the lines that it has, and for no other.
        (uint256 x, uint256 y) = _point(SECRET);
        vm.startPrank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMember.selector, node, day, own));
        settlement.ask(node, traded - 1, own, bytes32(x), bytes32(y));
        settlement.ask(node, traded, own, bytes32(x), bytes32(y));
        settlement.ask(node, traded + 1, own, bytes32(x), bytes32(y));
        vm.stopPrank();
    }

    /// @dev Others would put a line on an operator that has the bids, and made none.
    function test_enrol_ofAllCurves_byNobodyElse() public {
        PowerAccountId own = _tradeOfAStranger();
        uint32 traded = interval + 1;
        ShownBid[] memory whole = _curvesOf(traded);
        address clerk = makeAddr("clerk");
        vm.prank(operator);
        participants.addWallet(clerk, WalletRights.TRADE);
        vm.prank(clerk);
        participants.confirmWallet(operatorId);
        address[3] memory others = [sponsor, notary, clerk];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectPartialRevert(IBidProofs.ProofsOtherBid.selector);
            settlement.enrol(node, traded, own, whole, margins);
        }
    }

    /// @dev Who settles may not begin late with what it was given: it is shown an earlier bid.
    function test_enrol_onceMoreForAnEarlierInterval() public {
        PowerAccountId own = _tradeOfAStranger();
        uint32 traded = interval + 1;
        vm.startPrank(operator);
        settlement.enrol(node, traded, own, _curvesOf(traded), margins);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoMember.selector, node, own, traded));
        settlement.enrol(node, traded, own, _curvesOf(traded), margins);
        vm.stopPrank();
        (uint32 earlier, ShownBid[] memory whole) = (traded - 1, _tradeEarlier());
        vm.prank(operator);
        settlement.enrol(node, earlier, own, whole, margins);
        assertEq(settlement.firstLineOf(node, day, own), earlier);
    }

    /// @dev Its curves of the day's first interval.
    function _tradeEarlier() private returns (ShownBid[] memory) {
        _strangersTrade();
        return _curvesOf(interval);
    }

    /// @dev Its first line of the day starts from nothing, which nobody could show by the line before.
    function test_disputeSums_ofTheFirstLineOfWhoWasEnrolled() public {
        PowerAccountId own = _tradeOfAStranger();
        _first();
        vm.prank(operator);
        settlement.enrol(node, interval, own, _curvesOf(interval), margins);
        _lineOf(own, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        uint256 snapshot = vm.snapshotState();
        ShownLine[] memory one = new ShownLine[](1);
        _post(t);
        one[0] = _show(t, 3);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeSums(node, one);
        one[0] = _show(t, 1); // of a member
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 1, 2));
        settlement.disputeSums(node, one);
        vm.revertToState(snapshot);
        lines[3].day.net += 1;
        t.lines = _lineRoot();
        _post(t);
        one[0] = _show(t, 3);
        settlement.disputeSums(node, one);
        assertEq(_state().postedAt, 0);
    }
}
