// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, LineAnswer, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev An operator states imports, exports and imbalances that are not the sums of the lines: too much, so that its day has no
/// list, or too little, so that the day's surplus is a confederate's. Spread: a kWh long and one short leave 0.04 credits.
contract SettlementTotalsTest is SettlementCase {
    int256 private constant SHORT = 300; // of the seller [Wh]; the grid is long as much
    PowerAccountId private constant SELLER = PowerAccountId.wrap(FIRST_PSEUDONYM);
    PowerAccountId private constant CONFEDERATE = PowerAccountId.wrap(FIRST_PSEUDONYM + 3);

    RunTotals private totals; // of the interval that is false
    bytes32[] private hashes;
    uint256[] private energies;

    function setUp() public override {
        super.setUp();
        _setTerms(0, 0, 500_000);
    }

    /// @dev In its last interval the seller is short. The confederate has a line in each, and no meter.
    function _dayWith(int256 wh) private {
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            _lay(i);
            _read(1);
            if (i == 3) _postFalse(wh);
            else _settle();
        }
    }

    function _lay(uint256 i) private {
        if (i == 3) {
            _account(0, 0, uint40(uint256(SHORT)), 0, 0);
            _account(1, 0, 0, 0, 0);
            _account(2, uint40(uint256(SHORT)), 0, 0, 0);
        } else {
            _quiet();
        }
        lines.push();
        lines[3].account = CONFEDERATE;
    }

    /// @dev States so much more long and short, or less, and gives what is left of the money to the confederate.
    function _postFalse(int256 wh) private {
        _ready();
        RunTotals memory t = _reckon();
        (t.longWh, t.shortWh) = (uint48(uint256(SHORT + wh)), uint48(uint256(SHORT + wh)));
        int256 gap = wh * int256(shortPays - longGets) / 1_000;
        (t.surplus, t.net) = (t.surplus + int80(gap), t.net - int88(gap));
        if (gap < 0) (lines[3].net, lines[3].day.net) = (int88(-gap), int88(-gap));
        (hashes, energies) = _lineLeaves();
        if (wh > 0) (hashes[3], energies[3]) = (keccak256("made up"), uint256(wh) << 96 | uint256(wh) << 144);
        (t.lines,,) = _climb(hashes, energies, 0);
        _post(t);
        totals = t;
    }

    function _shown(uint32 index) private view returns (ShownLine memory) {
        (,, bytes memory proof) = _climb(hashes, energies, index);
        return ShownLine(interval, index, totals, _packed(lines[index]), proof);
    }

    /// @dev What is in the tree beside true lines makes the totals larger. Each account finds its line, which is true.
    function test_closeDay_costsWhoseTotalsComeToNoList() public {
        _dayWith(50);
        for (uint32 i; i < 3; ++i) {
            ShownLine memory shown = _shown(i);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, shown, _reading(i));
        }
        uint256[] memory words = _wordsDue();
        vm.prank(operator);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherSum.selector);
        settlement.postPayments(node, day, 0, words, true);

        (uint96 bond,,) = settlement.bondOf(operatorId);
        vm.warp((uint256(day) + 1) * 1 days + 7 days + 1);
        uint32 today = uint32(vm.getBlockTimestamp() / 1 days);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.BondsCarried(node, day, today, bond);
        settlement.closeDay(node, day);
        (uint96 left,,) = settlement.bondOf(operatorId);
        assertEq(left, 0);
        assertEq(_kept(), bond);
        assertEq(settlement.dayOf(node, today).carried, bond);
        _returns(today, bond);
    }

    /// @dev Another takes the day over: what was made up falls with the operator's runs, and each account gets its own.
    function test_takeOver_paysADayWhoseTotalsComeToNoList() public {
        _dayWith(50);
        address other = makeAddr("substitute");
        _register(other);
        _deposit(other, 1_000_000);
        vm.startPrank(other);
        settlement.bond(2 * BOND + DEBITS);
        vm.warp((uint256(day) + 1) * 1 days + LATE + 1 days + 1);
        settlement.takeOver(node, day);
        vm.stopPrank();
        for (uint32 i; i < 4; ++i) {
            delete carried[PowerAccountId.wrap(FIRST_PSEUDONYM + i)];
        }
        interval = day * 4;
        _clearAccounts();
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            _lay(i);
            _postAs(other, _reckon());
        }
        uint256[] memory words = _wordsDue(); // with the operator's penalty
        _listAs(other, words);
        _toPayment();
        settlement.pay(node, day, 0, words);
        for (uint32 i; i < 3; ++i) {
            assertEq(int256(_free(FIRST_PSEUDONYM + i)), int256(uint256(PURSE)) + int96(uint96(words[i] >> 32)));
            assertGe(int96(uint96(words[i] >> 32)), lines[i].day.net);
        }
        (uint96 left,,) = settlement.bondOf(operatorId);
        assertEq(left, BOND + DEBITS);
    }

    /// @dev The day of the closing gives all of it to its accounts, by what each metered.
    function _returns(uint32 today, uint96 lost) private {
        vm.prank(operator);
        settlement.bond(2 * BOND + 2 * DEBITS);
        (day, interval) = (today, today * 4);
        for (uint32 i; i < 4; ++i) {
            delete carried[PowerAccountId.wrap(FIRST_PSEUDONYM + i)];
        }
        _clearAccounts();
        int256 nets;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            _quiet();
            _read(1);
            _settle();
        }
        uint256[] memory words = _wordsDue();
        _list(words);
        _toPayment();
        settlement.pay(node, day, 0, words);
        for (uint256 i; i < 3; ++i) {
            nets += int96(uint96(words[i] >> 32)) - lines[i].day.net;
            int256 back = int256(uint256(lost)) * int256(uint256(lines[i].day.volumeWh)) / 104; // 4 times 26 Wh
            assertGe(int96(uint96(words[i] >> 32)), lines[i].day.net + back);
        }
        assertGe(nets, int256(uint256(lost)) - 3);
    }

    /// @dev Totals that are less than true lines come to have no tree in which all of these are.
    function test_disputeAnswer_ofALineThatTheTotalsLeaveOut() public {
        _dayWith(-SHORT);
        uint256[] memory words = _wordsDue();
        _list(words); // it adds up: the confederate has what the seller pays beyond what the grid gets
        assertEq(int96(uint96(words[3] >> 32)), SHORT * int256(shortPays - longGets) / 1_000);
        ShownLine memory shown = _shown(0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeLine(node, shown, _reading(0));

        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(vm.addr(_keyOf(SELLER)));
        settlement.ask(node, interval, SELLER, bytes32(x), bytes32(y));
        LineAnswer memory a = _answerOf(totals, 0);
        vm.prank(operator);
        settlement.answer(node, interval, SELLER, true, vm.addr(SECRET), a);
        uint256 had = market.awardOf(SELLER);
        vm.prank(stranger);
        settlement.disputeAnswer(node, interval, SELLER, true, totals, a, SECRET);
        assertEq(market.awardOf(SELLER), had + BOND / 2);
        assertFalse(_listState().complete);
    }
}
