// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    ISettlementRecords,
    NodeRun,
    RunTotals,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev Three participants settle a node; a day ends whatever they do.
contract SettlementEndsTest is SettlementCase {
    address private substitute = makeAddr("substitute");
    address private third = makeAddr("third");
    ParticipantId private substituteId;
    ParticipantId private thirdId;

    function setUp() public override {
        super.setUp();
        (substituteId, thirdId) = (_register(substitute), _register(third));
        address[2] memory both = [substitute, third];
        for (uint256 i; i < 2; ++i) {
            _deposit(both[i], 1_000_000);
            vm.prank(both[i]);
            settlement.bond(2 * BOND + DEBITS);
        }
    }

    function _late(uint256 seconds_) private {
        vm.warp((uint256(day) + 1) * 1 days + seconds_);
    }

    function _take(address who) private {
        vm.prank(who);
        settlement.takeOver(node, day);
    }

    function _bondOf(ParticipantId poster) private view returns (uint96 amount) {
        (amount,,) = settlement.bondOf(poster);
    }

    /// @dev All runs of the day by one poster; readings of the first interval are final, those of the others come late.
    function _postDayAs(address who) private {
        _postAs(who, _reckon());
        for (uint256 i; i < 3; ++i) {
            _next();
            _quiet();
            _read(1);
            _ready();
            _postAs(who, _reckon());
        }
    }

    // ------------------------------------------------------------------ roles

    function test_operatorOracleAndOwnersAreThreeParticipants() public {
        AreaTerms memory a = terms;
        vm.startPrank(officer);
        ParticipantId oracle = meters.node(area).oracle;
        a.operator = oracle;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, oracle));
        settlement.setArea(node, a);
        a.operator = sponsorId;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, sponsorId));
        settlement.setArea(node, a);
        vm.stopPrank();
        _joinOwn(operator, operatorId, true);
        _joinOwn(notary, oracle, true);
        _joinOwn(plant, plantId, false);
    }

    /// @dev Who is named from a later day on is held to it as the first one is.
    function test_join_isNotOfAnOperatorNamedLater() public {
        AreaTerms memory next = terms;
        (next.operator, next.fromInterval) = (substituteId, terms.fromInterval + 4);
        vm.startPrank(officer);
        limits.nameOperator(node, substituteId);
        settlement.setArea(node, next);
        vm.stopPrank();
        _joinOwn(substitute, substituteId, true);
        _joinOwn(third, thirdId, false);
    }

    function _joinOwn(address who, ParticipantId id, bool refused) private {
        PowerAccountId[] memory own = new PowerAccountId[](1);
        own[0] = PowerAccountId.wrap(_own(id));
        vm.prank(who);
        if (refused) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, id));
        }
        settlement.join(node, own);
    }

    /// @dev Though it became the oracle, or the owner of accounts, later on.
    function test_post_isNotOfAnInterestedPoster() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        _late(LATE + 1 days + 1);
        ParticipantId oracle = meters.node(area).oracle;
        vm.prank(officer);
        meters.setOracle(area, operatorId);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, operatorId));
        _post(t);
        vm.prank(officer);
        meters.setOracle(area, sponsorId); // who has accounts
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, operatorId));
        _post(t);
        vm.prank(officer);
        meters.setOracle(area, oracle);
        _take(substitute);
        _joinOwn(substitute, substituteId, false);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, substituteId));
        _postAs(substitute, t);
    }

    function test_join_isOfOnesOwnAccounts_once() public {
        PowerAccountId[] memory one = new PowerAccountId[](1);
        one[0] = PowerAccountId.wrap(FIRST_PSEUDONYM + 13);
        vm.prank(plant);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOwner.selector);
        settlement.join(node, one);
        vm.startPrank(sponsor);
        settlement.join(node, one);
        assertEq(settlement.memberSince(node, one[0]), vm.getBlockTimestamp() / 1 days + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementNoMember.selector);
        settlement.join(node, one);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 201, 200));
        settlement.join(node, new PowerAccountId[](201));
        vm.stopPrank();
    }

    function test_join_isOfOnesOwnAccounts_eachOfThem() public {
        PowerAccountId[] memory two = new PowerAccountId[](2);
        (two[0], two[1]) = (PowerAccountId.wrap(FIRST_PSEUDONYM + 13), PowerAccountId.wrap(_own(plantId)));
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOwner.selector, sponsor, two[1]));
        settlement.join(node, two);
    }

    /// @dev Whose reading belongs on an account of its own, of which the list can pay none.
    function test_join_isOfAnAccountAtLeast() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 200));
        vm.prank(plant);
        settlement.join(node, new PowerAccountId[](0));
    }

    // ------------------------------------------------------------------ silence

    function test_takeOver_afterADayOfSilence() public {
        _street(700, 1_000);
        _ready();
        uint256 due = (uint256(day) + 1) * 1 days + LATE + 1 days;
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, due));
        _take(substitute);
        vm.warp(due + 1);
        RunTotals memory t = _reckon();
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, substitute, operatorId)
        );
        _postAs(substitute, t);
        _take(substitute);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementNotOperator.selector, operator, substituteId)
        );
        _post(t);
        _postDayAs(substitute);
        assertEq(ParticipantId.unwrap(_state().poster), ParticipantId.unwrap(substituteId));
        uint256[] memory words = _wordsDue();
        _listAs(substitute, words);
        _toPayment();
        settlement.pay(node, day, 0, words);
        assertEq(int256(_free(FIRST_PSEUDONYM + 1)), int256(uint256(PURSE)) + lines[1].day.net);
        (, uint96 debits,) = settlement.bondOf(substituteId);
        assertEq(debits, 0); // the penalty that was kept for the day is free again
    }

    /// @dev What is due goes to who did the work, what is owed to who answers for the node.
    function test_pay_theSubstituteGetsTheFees() public {
        _setTerms(10_000, 0, 0);
        _street(700, 1_000);
        _ready();
        _late(LATE + 1 days + 1);
        _take(substitute);
        _postDayAs(substitute);
        uint256[] memory words = _wordsDue();
        _listAs(substitute, words);
        _toPayment();
        uint256 before = _free(_own(substituteId));
        settlement.pay(node, day, 0, words);
        assertEq(_free(_own(substituteId)) - before, 10_390);
    }

    /// @dev 52 Wh that were lost and dealt to nobody are the operator's, whoever posts in its place.
    function test_pay_theSubstituteOwesNothingForTheOperator() public {
        vm.prank(officer);
        losses.setAreaBound(area, 1);
        _account(0, 1_053, 0, 1_000, 0);
        _account(1, 0, 1_001, 0, 1_000);
        _trade();
        _read(1);
        _ready();
        _late(LATE + 1 days + 1);
        _take(substitute);
        _postDayAs(substitute);
        int88 due = settlement.dayOf(node, day).due;
        assertLt(due, 0);
        uint256[] memory words = _wordsDue();
        _listAs(substitute, words);
        _toPayment();
        uint256 before = _free(_own(substituteId));
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.OperatorPaid(node, day, operatorId, due);
        settlement.pay(node, day, 0, words);
        assertEq(_free(_own(substituteId)), before);
    }

    function test_takeOver_aDayEarlierAfterTwoFailures() public {
        _street(700, 1_000);
        _ready();
        for (uint256 i; i < 2; ++i) {
            lines[1].salt = bytes32(i);
            RunTotals memory t = _reckon();
            (lines[0].net, lines[1].net) = (lines[0].net + 1, lines[1].net - 1);
            t.lines = _lineRoot();
            _post(t);
            settlement.disputeLine(node, _show(t, 1), _reading(1));
        }
        uint256 due = (uint256(day) + 1) * 1 days + LATE;
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, due));
        _take(substitute);
        vm.warp(due + 1);
        _take(substitute);
        _postDayAs(substitute);
        assertEq(_dayState().failures, 2);
    }

    /// @dev Whoever has a bond and is a participant, while the day lasts and has no list.
    function test_takeOver_ofADayWithoutAList_byWhoHasABond() public {
        _street(700, 1_000);
        _ready();
        _late(LATE + 1 days + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        _take(stranger);
        _deposit(plant, 1_000_000);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementBondTooSmall.selector, plantId, 0, 2 * BOND)
        );
        _take(plant);
        uint256 snapshot = vm.snapshotState();
        _late(7 days + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementWindow.selector);
        _take(substitute);
        vm.revertToState(snapshot);
        _postDayAs(operator);
        _list(_wordsDue());
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        _take(substitute);
    }

    /// @dev Whose runs would be refused: an owner of accounts there, the oracle of the meters, and all while the oracle is an owner.
    function test_takeOver_isNotOfAnInterestedParticipant() public {
        _joinOwn(substitute, substituteId, false);
        _late(LATE + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, substituteId));
        _take(substitute);
        vm.prank(officer);
        meters.setOracle(area, thirdId);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, thirdId));
        _take(third);
        vm.prank(officer);
        meters.setOracle(area, substituteId);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementInterested.selector, node, thirdId));
        _take(third);
    }

    /// @dev One bond does not hold up many days: the penalty of each is kept apart, and there is one left for what is false.
    function test_takeOver_needsAPenaltyForEachDay() public {
        vm.prank(third);
        settlement.unbond(DEBITS);
        _late(LATE + 2 days + 1);
        _take(third);
        ++day;
        uint256 least = 3 * BOND;
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementBondTooSmall.selector, thirdId, 2 * BOND, least)
        );
        _take(third);
        --day;
        (, uint96 debits,) = settlement.bondOf(thirdId);
        assertEq(debits, BOND);
    }

    /// @dev Its bond is liable as a poster's is, though it posts nothing.
    function test_takeOver_bindsTheBond() public {
        _late(LATE + 1 days + 1);
        _take(third);
        vm.prank(third);
        vm.expectPartialRevert(ISettlementRecords.SettlementBondBound.selector);
        settlement.unbond(1);
    }

    // ------------------------------------------------------------------ missing readings

    /// @dev The oracle never posts: all are taken to have delivered what they sold.
    function test_post_withoutReadingsWhenTheyAreLate() public {
        _account(0, 0, 0, 1_000, 0);
        _account(1, 0, 0, 0, 1_000);
        _account(2, 0, 0, 0, 0);
        _trade();
        vm.warp(_startOf(interval + 1));
        delete leaves;
        (lines[0].meteredWh, lines[1].meteredWh) = (1_000, -1_000);
        _late(LATE);
        RunTotals memory t = _reckon();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotFinal.selector);
        _post(t);
        _late(LATE + 1);
        _post(t);
        assertEq(lines[0].net, 80_000);
        assertEq(lines[1].net, -80_000);
        LeafProof memory none;
        for (uint32 i; i < 3; ++i) {
            ShownLine memory shown = _show(t, i);
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputeLine(node, shown, none);
        }
    }

    /// @dev Readings that are there and final are not left out.
    function test_post_leavesOutNoReadings() public {
        _street(700, 1_000);
        _ready();
        delete leaves;
        _late(LATE + 1);
        (lines[0].meteredWh, lines[1].meteredWh, lines[2].meteredWh) = (1_000, -1_000, 0);
        RunTotals memory t = _reckon();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotFinal.selector);
        _post(t);
    }

    // ------------------------------------------------------------------ the end

    function test_closeDay_endsADayAfterSevenDays() public {
        _street(700, 1_000);
        _settle();
        _late(7 days);
        vm.expectPartialRevert(ISettlementRecords.SettlementDayEnd.selector);
        settlement.closeDay(node, day);
        _late(7 days + 1);
        vm.startPrank(stranger);
        settlement.closeDay(node, day);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        settlement.closeDay(node, day);
        vm.stopPrank();
        RunTotals memory t = _reckon();
        vm.expectPartialRevert(ISettlementRecords.SettlementDayEnd.selector);
        _post(t);
    }

    /// @dev Whoever has a run there; who has none, and what covers another list, is left.
    function test_closeDay_costsThePostersOfStandingRuns() public {
        _wholeDay();
        _list(_wordsDue());
        uint96 debits = _listState().debits; // of a list that nobody pays out
        assertGt(debits, 0);
        ++day;
        _next();
        _clearAccounts();
        _emptyRun(operator, interval);
        (uint96 others,,) = settlement.bondOf(substituteId);
        _late(7 days + 1);
        settlement.closeDay(node, day);
        (uint96 left,,) = settlement.bondOf(operatorId);
        assertEq(left, debits);
        (uint96 same,,) = settlement.bondOf(substituteId);
        assertEq(same, others);
    }

    /// @dev Of a day that has ended long ago, and of which there are neither readings nor trades.
    function _emptyRun(address who, uint32 number) private {
        _late(LATE + 1 days + 1);
        RunTotals memory nothing;
        (nothing.cleared, nothing.shortPays, nothing.longGets) = (uint32(PRICE), uint40(PRICE), uint40(PRICE));
        NodeRun[] memory runs = new NodeRun[](1);
        runs[0] = NodeRun(node, DATA, nothing);
        vm.prank(who);
        settlement.post(number, runs);
    }

    /// @dev Each has one turn of a window. Who had the day and brought it to no list loses a penalty, posted or not, to its accounts.
    function test_takeOver_inTurns_costsWhoHadTheDayAPenalty() public {
        uint96 before = _bondOf(operatorId);
        _emptyRun(operator, interval);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.DayTaken(node, day, substituteId, uint40(vm.getBlockTimestamp() + WINDOW));
        _take(substitute);
        assertEq(_bondOf(operatorId), before - BOND);
        assertEq(_state().postedAt, 0);
        assertEq(_dayState().intervals, 0);
        assertEq(_dayState().carried, BOND);

        uint256 until = settlement.takerOf(node, day).until;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        _take(third);
        vm.warp(until + 1);
        _take(third);
        assertEq(_bondOf(substituteId), before - BOND);
        assertEq(_dayState().carried, 2 * BOND);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        _take(substitute);

        _late(7 days + 1);
        settlement.closeDay(node, day);
        assertEq(_bondOf(thirdId), 0);
        assertEq(_bondOf(substituteId), before - BOND);
        uint32 today = uint32(vm.getBlockTimestamp() / 1 days);
        assertEq(settlement.dayOf(node, today).carried, before + 2 * BOND);
        // That day is closed as well: what it had goes on.
        day = today;
        _late(7 days + 1);
        settlement.closeDay(node, today);
        assertEq(settlement.dayOf(node, uint32(vm.getBlockTimestamp() / 1 days)).carried, before + 2 * BOND);
    }

    function test_takeOver_ofADayWithoutRunsCostsNobody() public {
        uint96 before = _bondOf(operatorId);
        _late(LATE + 1 days + 1);
        _take(substitute);
        assertEq(_bondOf(operatorId), before);
        assertEq(_dayState().carried, 0);
    }

    /// @dev One party: the operator's false list falls at the last moment, so does that of its turn, and there is a turn left.
    function test_takeOver_leavesATurnWhateverOnePartyDoes() public {
        uint256 longest = uint256(settlement.LATE()) + 1 days + 4 * settlement.WINDOW();
        assertLe(longest, 7 days);
        _emptyRun(operator, interval);
        for (uint256 i; i < 2; ++i) {
            vm.warp(vm.getBlockTimestamp() + 2 * WINDOW);
            _take(i == 0 ? operator : substitute);
        }
        assertEq(ParticipantId.unwrap(settlement.takerOf(node, day).poster), ParticipantId.unwrap(substituteId));
    }

    /// @dev The operator falls silent within a day, and who took it over, if anybody did, does no better. The next day is settled and
    /// paid meanwhile, and in the end no credits of that day are held: bids, deposits, bonds.
    function test_aDayThatIsNeverSettled_holdsNothingAndBlocksNoOther() public {
        _street(700, 1_000);
        _settle();
        (uint32 dead, uint32 traded) = (day, interval);
        uint256[3] memory purses = [_free(FIRST_PSEUDONYM), _free(FIRST_PSEUDONYM + 1), _free(FIRST_PSEUDONYM + 2)];
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            _payTheNextDay(purses);
            day = dead;
            _late(LATE + 1 days + 1);
            if (i == 1) _take(substitute);
            _late(7 days + 1);
            settlement.closeDay(node, dead);
            _assertFree(traded, i == 1);
            vm.revertToState(snapshot);
        }
    }

    function _payTheNextDay(uint256[3] memory purses) private {
        ++day;
        interval += 3;
        _next();
        _wholeDay();
        uint256[] memory words = _wordsDue();
        _list(words);
        _toPayment();
        settlement.pay(node, day, 0, words);
        for (uint32 i; i < 3; ++i) {
            assertEq(int256(_free(FIRST_PSEUDONYM + i)), int256(purses[i]) + lines[i].day.net, "the next day");
        }
    }

    function _assertFree(uint32 traded, bool taken) private {
        ParticipantId[] memory one = new ParticipantId[](1);
        one[0] = sponsorId;
        market.release(traded, one);
        market.release(interval - interval % 4, one);
        vm.startPrank(sponsor);
        market.takeBack(market.depositOf(sponsorId).amount);
        vm.stopPrank();
        for (uint32 i; i < 3; ++i) {
            assertEq(_bound(FIRST_PSEUDONYM + i), 0, "bound");
        }
        // Who had the day last in hand lost all of its bond, another before it one penalty.
        uint96 all = 2 * BOND + DEBITS;
        _assertUnbonds(operator, operatorId, taken ? all - BOND : 0);
        _assertUnbonds(substitute, substituteId, taken ? 0 : all);
        _assertUnbonds(third, thirdId, all);
    }

    function _assertUnbonds(address who, ParticipantId id, uint96 left) private {
        (uint96 amount, uint96 debits, uint24 openDays) = settlement.bondOf(id);
        assertEq(amount, left);
        assertEq(debits, 0);
        assertEq(openDays, 0);
        vm.prank(who);
        settlement.unbond(amount);
        assertEq(_bondOf(id), 0);
    }

    /// @dev Two days that are closed on one day: what both leave is carried to it.
    function test_closeDay_addsToWhatIsCarriedAlready() public {
        _emptyRun(operator, interval);
        ++day;
        _late(LATE + 1 days + 1);
        _take(substitute);
        _late(7 days + 1);
        uint96 both = _bondOf(operatorId) + _bondOf(substituteId);
        settlement.closeDay(node, day - 1);
        settlement.closeDay(node, day);
        assertEq(_bondOf(operatorId) + _bondOf(substituteId), 0);
        assertEq(settlement.dayOf(node, uint32(vm.getBlockTimestamp() / 1 days)).carried, both);
    }

    /// @dev Where nobody posted anything nobody is liable.
    function test_closeDay_withoutARunCostsNobody() public {
        (uint96 before,,) = settlement.bondOf(operatorId);
        _late(7 days + 1);
        settlement.closeDay(node, day);
        (uint96 left,,) = settlement.bondOf(operatorId);
        assertEq(left, before);
        assertEq(settlement.dayOf(node, uint32(vm.getBlockTimestamp() / 1 days)).carried, 0);
    }

    function test_closeDay_notOfADayWithAList() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        _list(words);
        _late(7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        settlement.closeDay(node, day);
        settlement.pay(node, day, 0, words);
    }
}
