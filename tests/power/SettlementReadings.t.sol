// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {Curve, Meter, MeterKey} from "../../interfaces/evidence/IMeters.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    ISettlementRecords,
    RunTotals,
    SealedAccount,
    ShownLine,
    ShownReading
} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev The plant has a meter at the node. Its owner asks on whose line the reading is; a line of another's costs the operator the
/// run, and no owner makes an honest operator put two readings on one account.
contract SettlementReadingsTest is SettlementCase {
    PowerAccountId private constant STRAW_MAN = PowerAccountId.wrap(FIRST_PSEUDONYM);
    bytes32 private constant NAMING = keccak256("salt of the leaf");

    MeterId private meter;
    PowerAccountId private home;
    RunTotals private totals;

    function setUp() public override {
        super.setUp();
        (meter, home) = (_meterOfPlant(), PowerAccountId.wrap(_own(plantId)));
        _joinPlant(home);
    }

    function _meterOfPlant() private returns (MeterId) {
        uint40 from = uint40(_startOf(interval));
        Vm.Wallet memory w = vm.createWallet(SECRET);
        MeterKey memory key = MeterKey(bytes32(w.publicKeyX), bytes32(w.publicKeyY), from, Curve.Secp256k1);
        vm.prank(officer);
        return meters.registerMeter(Meter(plantId, area, 5_000, from, 0, 1_000, 9, 0, 0), key);
    }

    function _joinPlant(PowerAccountId account) private {
        PowerAccountId[] memory own = new PowerAccountId[](1);
        own[0] = account;
        vm.prank(plant);
        settlement.join(node, own);
    }

    function _enter(MeterId one) private {
        MeterId[] memory own = new MeterId[](1);
        own[0] = one;
        vm.prank(plant);
        settlement.enter(node, own);
    }

    /// @dev A day on which the first reading is the plant's, on the line of an account; the other account has a line without one.
    function _dayOn(PowerAccountId account) private {
        PowerAccountId other = PowerAccountId.unwrap(account) == PowerAccountId.unwrap(home) ? STRAW_MAN : home;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            _quiet();
            leaves[0].salted = keccak256(abi.encode(NAMING, meter));
            lines[0].account = account;
            lines.push();
            lines[3].account = other;
            _read(1);
            totals = _settle();
        }
        _list(_sorted(_wordsDue()));
    }

    function _sorted(uint256[] memory words) private pure returns (uint256[] memory) {
        for (uint256 i; i < words.length; ++i) {
            for (uint256 j = i; j != 0 && uint32(words[j - 1]) > uint32(words[j]); --j) {
                (words[j - 1], words[j]) = (words[j], words[j - 1]);
            }
        }
        return words;
    }

    function _ask() private {
        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(plant);
        settlement.askReading(node, interval, meter, bytes32(x), bytes32(y));
    }

    function _answer(SealedAccount memory a) private {
        vm.prank(operator);
        settlement.answerReading(node, interval, meter, vm.addr(SECRET), a);
    }

    function _shownReading(uint32 index) private view returns (ShownReading memory) {
        return _nameReading(_reading(index), meter, NAMING);
    }

    /// @dev With the line at an index, which is on no reading where it is the last.
    function _dispute(SealedAccount memory a, uint32 index) private {
        settlement.disputeReading(node, _show(totals, index), _shownReading(0), a, SECRET);
    }

    /// @dev Any account shows it; the reward is the owner's.
    function _assertFails(SealedAccount memory a, uint32 index) private {
        uint256 had = _free(_own(plantId));
        vm.prank(stranger);
        _dispute(a, index);
        assertEq(_free(_own(plantId)) - had, BOND / 2);
        assertEq(_state().postedAt, 0);
        assertFalse(_listState().complete);
    }

    // ------------------------------------------------------------------ on whose line

    /// @dev The plant is shown its own line alone, which is on no reading; the straw man's was shown to that one alone.
    function test_askReading_showsAStrawMansLine() public {
        _enter(meter);
        _dayOn(STRAW_MAN);
        _ask();
        SealedAccount memory a = _sealedAccount(STRAW_MAN);
        _answer(a);
        _assertFails(a, 1); // whatever line is shown
    }

    /// @dev The owner's account, whose line is on no reading; a word that is no account; a point that is none.
    function test_disputeReading_showsThatAnotherAccountIsNamed() public {
        _enter(meter);
        _dayOn(STRAW_MAN);
        for (uint256 i; i < 3; ++i) {
            uint256 snapshot = vm.snapshotState();
            _ask();
            SealedAccount memory a = _sealedAccount(home);
            if (i == 1) a.word ^= bytes32(uint256(1) << 32); // its account, and a bit beyond
            if (i == 2) a.x = bytes32(uint256(5)); // no point of the curve has this x
            _answer(a);
            if (i == 0) {
                vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
                _dispute(a, 0); // of another account than the one that was named
            }
            _assertFails(a, i == 0 ? 3 : 0);
            vm.revertToState(snapshot);
        }
    }

    /// @dev An account that its owner opened and that is at no node: no line of it can be asked for, none shows that it is another's.
    function test_disputeReading_ofAnAccountThatHasNoLineThere() public {
        _enter(meter);
        PowerAccountId idle = market.pseudonymOf(_pseudonymFor(plant, "key of an account at no node"));
        _dayOn(STRAW_MAN);
        _ask();
        SealedAccount memory a = _sealedAccount(idle);
        _answer(a);
        uint256 snapshot = vm.snapshotState();
        _assertIdle(a);
        vm.revertToState(snapshot);
        _joinPlant(idle); // from tomorrow on: not on this day either
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        _dispute(a, 3); // a line of another account says nothing of it
        _assertIdle(a);
        _post(totals);
        _list(_sorted(_wordsDue()));
        // Of an account with a line there it is not enough to show none.
        _ask();
        a = _sealedAccount(home);
        _answer(a);
        ShownLine memory none = _noLine();
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeReading(node, none, _shownReading(0), a, SECRET);
    }

    /// @dev Interval and totals alone.
    function _noLine() private view returns (ShownLine memory none) {
        (none.interval, none.totals) = (interval, totals);
    }

    function _assertIdle(SealedAccount memory a) private {
        settlement.disputeReading(node, _noLine(), _shownReading(0), a, SECRET);
        assertEq(_state().postedAt, 0);
    }

    function test_disputeReading_endsARunOfWhichNothingIsShown() public {
        _enter(meter);
        _dayOn(STRAW_MAN);
        SealedAccount memory none;
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        _dispute(none, 0);
        _ask();
        uint256 deadline = vm.getBlockTimestamp() + WINDOW / 8;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        _dispute(none, 0);
        vm.warp(deadline + 1);
        SealedAccount memory a = _sealedAccount(STRAW_MAN);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        _answer(a);
        _assertFails(none, 0);
    }

    function test_disputeReading_refusesWhatIsTrue() public {
        _enter(meter);
        _dayOn(home);
        _ask();
        SealedAccount memory a = _sealedAccount(home);
        _answer(a);
        for (uint32 i; i < 4; ++i) {
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            _dispute(a, i);
        }
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1); // it was answered
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        _dispute(a, 0);
        ShownLine memory shown = _show(totals, 0);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherKey.selector);
        settlement.disputeReading(node, shown, _shownReading(0), a, SECRET + 1);
        shown.line.money ^= 1; // a line that is not there
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInRoot.selector);
        settlement.disputeReading(node, shown, _shownReading(0), a, SECRET);
        a.word ^= bytes32(uint256(1)); // not what was answered
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherKey.selector);
        _dispute(a, 0);
    }

    /// @dev What is asked for in vain counts where the reading is the meter's: by leaf, name and totals.
    function test_disputeReading_needsTheReading() public {
        _enter(meter);
        _dayOn(home);
        _ask();
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1);
        SealedAccount memory none;
        ShownLine memory shown = _show(totals, 0);
        ShownReading memory other = _shownReading(1); // another meter's
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 1));
        settlement.disputeReading(node, shown, other, none, SECRET);
        other = _shownReading(0);
        other.salt = keccak256("another");
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 0));
        settlement.disputeReading(node, shown, other, none, SECRET);
        other = _shownReading(0);
        other.index = 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, interval, 1));
        settlement.disputeReading(node, shown, other, none, SECRET);
        shown.totals.net += 1;
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherTotals.selector);
        settlement.disputeReading(node, shown, _shownReading(0), none, SECRET);
    }

    function test_askReading_isOfWhoEnteredTheMeter_inTime() public {
        (uint256 x, uint256 y) = _point(SECRET);
        bytes memory refused = abi.encodeWithSelector(ISettlementRecords.SettlementNotMeter.selector, node, meter);
        uint32 before = interval - 4; // the day before it counts
        vm.warp((uint256(day) - 1) * 1 days);
        vm.prank(plant);
        vm.expectRevert(refused);
        settlement.askReading(node, interval, meter, bytes32(x), bytes32(y));
        _enter(meter);
        assertEq(settlement.enteredAt(node, meter).since, day);
        _dayOn(home);
        vm.prank(plant);
        vm.expectRevert(refused);
        settlement.askReading(node, before, meter, bytes32(x), bytes32(y));
        vm.prank(sponsor);
        vm.expectRevert(refused);
        settlement.askReading(node, interval, meter, bytes32(x), bytes32(y));
        uint256 until = _listState().postedAt + WINDOW / 4;
        vm.warp(until);
        _ask();
        assertEq(settlement.readingAskOf(node, interval, meter).deadline, until + WINDOW / 8);
        vm.prank(plant);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector); // once a list
        settlement.askReading(node, interval, meter, bytes32(x), bytes32(y));
        vm.warp(until + 1);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.askReading(node, interval - 1, meter, bytes32(x), bytes32(y));
    }

    /// @dev However late it is named, there is time to ask for the line of the account that is.
    function test_answerReading_leavesTimeToAskForTheLineOfTheAccount() public {
        _enter(meter);
        _dayOn(STRAW_MAN);
        vm.warp(_listState().postedAt + WINDOW / 4);
        _ask();
        vm.warp(settlement.readingAskOf(node, interval, meter).deadline);
        SealedAccount memory a = _sealedAccount(home);
        _answer(a);
        vm.warp(vm.getBlockTimestamp() + 12);
        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(plant);
        settlement.ask(node, interval, home, bytes32(x), bytes32(y));
        _assertFails(a, 3);
    }

    function test_answerReading_isThePosters() public {
        _enter(meter);
        _dayOn(home);
        SealedAccount memory a = _sealedAccount(home);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        _answer(a);
        _ask();
        vm.prank(sponsor);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.answerReading(node, interval, meter, vm.addr(SECRET), a);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.ReadingAnswered(node, interval, meter, a);
        _answer(a);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        _answer(a);
    }

    // ------------------------------------------------------------------ no more meters than accounts

    /// @dev Two readings on one account make lines that do not follow from each other, and true ones at that.
    function test_enter_noMoreMetersThanAccounts() public {
        MeterId second = _meterOfPlant();
        _enter(meter);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 2, 1));
        _enter(second);
        // So the second reading is false on no account, and the operator has one for each that may be.
        meter = second;
        _dayOn(STRAW_MAN);
        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMeter.selector, node, second));
        settlement.askReading(node, interval, second, bytes32(x), bytes32(y));

        _pseudonymFor(plant, "second account");
        _joinPlant(PowerAccountId.wrap(FIRST_PSEUDONYM + 16));
        _enter(second);
        assertEq(settlement.ownerAt(node, plantId).accounts, 2);
        assertEq(settlement.ownerAt(node, plantId).meters, 2);
        assertEq(settlement.enteredAt(node, second).since, vm.getBlockTimestamp() / 1 days + 1);
    }

    function test_enter_isOfOnesOwnMeters_once() public {
        MeterId[] memory none = new MeterId[](0);
        MeterId[] memory many = new MeterId[](201);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 200));
        settlement.enter(node, none);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 201, 200));
        settlement.enter(node, many);
        vm.stopPrank();
        MeterId[] memory one = new MeterId[](1);
        one[0] = meter;
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMeter.selector, node, meter));
        settlement.enter(node, one);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.enter(node, one);
        uint32 since = uint32(vm.getBlockTimestamp() / 1 days + 1);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.MeterEntered(node, meter, plantId, since);
        _enter(meter);
        assertEq(settlement.ownerAt(node, plantId).since, since);
        _pseudonymFor(plant, "second account");
        _joinPlant(PowerAccountId.wrap(FIRST_PSEUDONYM + 16));
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMeter.selector, node, meter));
        _enter(meter);
    }

    function test_enter_isOfOnesOwnMeters_eachOfThem() public {
        uint40 from = uint40(_startOf(interval));
        MeterKey memory key = MeterKey(bytes32(uint256(1)), bytes32(uint256(2)), from, Curve.Secp256k1);
        vm.prank(officer);
        MeterId others = meters.registerMeter(Meter(sponsorId, area, 5_000, from, 0, 1_000, 9, 0, 0), key);
        _pseudonymFor(plant, "second account");
        _joinPlant(PowerAccountId.wrap(FIRST_PSEUDONYM + 16));
        MeterId[] memory two = new MeterId[](2);
        (two[0], two[1]) = (meter, others);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotMeter.selector, node, others));
        settlement.enter(node, two);
    }
}
