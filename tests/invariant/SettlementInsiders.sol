// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {LineAnswer, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "../power/SettlementCase.sol";
import {Insiders} from "./Insiders.sol";

/// @title SettlementInsiders
/// @notice An operator and a substitute that post false runs and lists, show garbage or nothing, an oracle that falls silent,
/// and strangers, against three customers that look at what concerns them before the window ends.
/// @dev Day after day: four intervals, a list, its payment; or another takes the day over; or the end after seven days. What customers are owed is reckoned by
/// the plain lines of {SettlementCase}.
contract SettlementInsiders is Insiders, SettlementCase {
    uint256 private constant CUSTOMERS = 3;

    address private _substitute = makeAddr("substitute");
    ParticipantId private _substituteId;
    bool private _delivered;
    bool private _posted;
    bool private _listed;
    /// @dev What is false: 0 nothing, 1 a line, 2 its sums, 3 a word of the list.
    uint256 private _false;
    PowerAccountId private _asked;
    bool private _byKey;
    RunTotals private _totals;
    uint256[] private _words;
    ShownLine private _before; // the buyer's, of the interval before
    uint256[4] private _seeds; // of the day's deliveries

    /// @dev What an account's lines of paid days come to.
    mapping(uint256 customer => int256) public owed;
    uint256 public ended;

    function setUp() public override {
        super.setUp();
        _substituteId = _register(_substitute);
        _add("deliver", this.deliver.selector);
        _add("post a run", this.postRun.selector);
        _add("post a list", this.postList.selector);
        _add("ask", this.askFor.selector);
        _add("look", this.look.selector);
        _add("pay", this.payAll.selector);
        _add("take over", this.takeOver.selector);
        _add("give up", this.giveUp.selector);
        _add("rob", this.rob.selector);
    }

    function purse(uint256 customer) external view returns (uint256) {
        uint32 account = uint32(FIRST_PSEUDONYM + customer);
        return _free(account) + _bound(account);
    }

    // ------------------------------------------------------------------ the day's course

    /// @dev The next interval's deliveries and readings; some days the oracle is silent.
    function deliver(uint256 seed) external counted {
        _needs(!_listed && (!_delivered || (_posted && _false == 0 && interval % 4 != 3)));
        if (_delivered) {
            _before = _show(_totals, 1);
            _next();
        }
        _seeds[interval % 4] = seed;
        uint32 agreed = _lay(seed);
        if (agreed != 0) _trade();
        if (seed % 7 == 0) _silence(agreed);
        else _read(1);
        (_delivered, _posted) = (true, false);
    }

    function _lay(uint256 seed) private returns (uint32 agreed) {
        (uint40 given, uint40 used) = (uint40(seed % 2_000), uint40((seed >> 32) % 2_000));
        agreed = interval % 4 == 0 ? 1_000 : 0;
        _account(0, given, 0, agreed, 0);
        _account(1, 0, used, 0, agreed);
        _account(2, used > given ? used - given : 0, given > used ? given - used : 0, 0, 0);
    }

    /// @dev All are taken to have delivered what they sold.
    function _silence(uint32 agreed) private {
        delete leaves;
        (lines[0].meteredWh, lines[1].meteredWh, lines[2].meteredWh) =
        (int48(uint48(agreed)), -int48(uint48(agreed)), 0);
    }

    function postRun(uint256 seed, uint256 lie) external counted {
        _needs(_delivered && !_posted && !_listed);
        if (leaves.length == 0) _toLate();
        else _ready();
        address poster = _poster();
        RunTotals memory t = _reckon();
        lie = lie % 4;
        if (lie == 1) {
            (lines[1].net, lines[2].net) = (lines[1].net - 1_000, lines[2].net + 1_000);
            (lines[1].day.net, lines[2].day.net) = (lines[1].day.net - 1_000, lines[2].day.net + 1_000);
        }
        if (lie == 2) lines[1].day.net -= 1_000;
        t.lines = _lineRoot();
        _postAs(poster, t);
        (_posted, _false, _totals) = (true, lie == 3 ? 0 : lie, t);
    }

    /// @dev The list as it is due, or one that takes from a customer, or leaves it out, for another.
    function postList(uint256 seed, uint256 lie) external counted {
        _needs(_posted && _false == 0 && interval % 4 == 3 && !_listed);
        address poster = _poster();
        uint256[] memory words = _wordsDue();
        lie = lie % 4;
        if (lie == 2 && words[0] >> 32 == 0) lie = 0; // who is owed nothing needs no word
        if (lie == 1) (words[1], words[2]) = (_moved(words[1], -1_000), _moved(words[2], 1_000));
        if (lie == 2) {
            uint256[] memory fewer = new uint256[](3);
            (fewer[0], fewer[1]) = (words[1], words[2]);
            fewer[2] = words[0] + 8; // another member has its word
            words = fewer;
        }
        vm.prank(poster);
        settlement.postPayments(node, day, 0, words, true);
        (_listed, _words, _false) = (true, words, lie == 1 || lie == 2 ? 3 : 0);
    }

    function _moved(uint256 word, int256 by) private pure returns (uint256) {
        return _payWord(uint32(word) - FIRST_PSEUDONYM, int96(uint96(word >> 32)) + by);
    }

    /// @dev A customer asks for its last line and is shown garbage, or nothing.
    function askFor(uint256 seed) external counted {
        _needs(_listed && PowerAccountId.unwrap(_asked) == 0);
        _needs(block.timestamp <= _listState().postedAt + WINDOW / 2);
        uint256 customer = seed % CUSTOMERS;
        _asked = PowerAccountId.wrap(uint32(FIRST_PSEUDONYM + customer));
        bytes32 x = bytes32(vm.createWallet(SECRET).publicKeyX);
        bytes32 y = bytes32(vm.createWallet(SECRET).publicKeyY);
        _byKey = seed & 2 == 0;
        vm.prank(_byKey ? vm.addr(_keyOf(_asked)) : sponsor);
        settlement.ask(node, interval, _asked, x, y);
        if (seed % 2 == 0) return;
        LineAnswer memory garbage = LineAnswer(x, false, new bytes32[](7));
        address poster = _addressOf(_state().poster);
        vm.prank(poster);
        settlement.answer(node, interval, _asked, _byKey, vm.addr(SECRET), garbage);
    }

    /// @dev Customers look at what they know, and show what is false.
    function look() external counted {
        _needs(_false != 0 || PowerAccountId.unwrap(_asked) != 0);
        _look();
    }

    function _look() private {
        if (_false == 1) _showLine();
        if (_false == 2) _showSums();
        if (_false == 3) _showWord();
        if (PowerAccountId.unwrap(_asked) != 0) _showSilence();
    }

    function _showLine() private {
        LeafProof memory reading;
        if (leaves.length != 0) reading = _reading(1);
        settlement.disputeLine(node, _show(_totals, 1), reading);
        _fallen();
    }

    /// @dev The line before is shown with it, which only the first of a day does not have.
    function _showSums() private {
        if (interval % 4 == 0) {
            ShownLine[] memory one = new ShownLine[](1);
            one[0] = _show(_totals, 1);
            settlement.disputeSums(node, one);
        } else {
            ShownLine[] memory two = new ShownLine[](2);
            two[0] = _before;
            two[1] = _show(_totals, 1);
            settlement.disputeSums(node, two);
        }
        _fallen();
    }

    function _fallen() private {
        (_posted, _listed, _false) = (false, false, 0);
        _asked = PowerAccountId.wrap(0);
    }

    function _showWord() private {
        uint32 index = uint32(_words[0]) == FIRST_PSEUDONYM ? 1 : 0;
        settlement.disputePayment(node, day, 0, _words, _show(_totals, index));
        (_listed, _false) = (false, 0);
        _asked = PowerAccountId.wrap(0);
    }

    function _showSilence() private {
        bytes32 answered = settlement.askOf(node, interval, _asked, _byKey).answer;
        if (answered == 0) {
            vm.warp(_max(vm.getBlockTimestamp(), settlement.askOf(node, interval, _asked, _byKey).deadline + 1));
            settlement.disputeSilence(node, interval, _asked, _byKey, _totals);
        } else {
            bytes32 x = bytes32(vm.createWallet(SECRET).publicKeyX);
            LineAnswer memory garbage = LineAnswer(x, false, new bytes32[](7));
            settlement.disputeAnswer(node, interval, _asked, _byKey, _totals, garbage, SECRET);
        }
        _fallen();
    }

    function payAll() external counted {
        _needs(_listed);
        _look();
        _needs(_listed);
        _toPayment();
        vm.prank(stranger);
        settlement.pay(node, day, 0, _words);
        for (uint256 i; i < CUSTOMERS; ++i) {
            owed[i] += int96(uint96(_words[i] >> 32));
        }
        _nextDay();
    }

    /// @dev Whatever stands there, the substitute takes the day over and settles it as it is due.
    function takeOver(uint256 seed) external counted {
        _needs(_posted && !_listed && interval % 4 == 3 && seed % 4 == 0);
        _needs(ParticipantId.unwrap(settlement.takerOf(node, day).poster) == 0);
        uint256 end = (uint256(day) + 1) * 1 days;
        _needs(block.timestamp <= end + 6 days);
        vm.warp(_max(vm.getBlockTimestamp(), end + LATE + 1 days + 1));
        _fund(_substitute);
        (uint96 before,,) = settlement.bondOf(operatorId);
        vm.prank(_substitute);
        settlement.takeOver(node, day);
        (uint96 left, uint96 debits,) = settlement.bondOf(operatorId);
        assertTrue(left + BOND == before || left == debits, "who had the day paid something else");
        assertEq(_dayState().intervals, 0, "a run stands in a day that was taken over");
        _settleAnew();
    }

    function _settleAnew() private {
        interval = day * 4;
        for (uint32 i; i < CUSTOMERS; ++i) {
            delete carried[PowerAccountId.wrap(FIRST_PSEUDONYM + i)];
        }
        _clearAccounts();
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _before = _show(_totals, 1);
                _next();
            }
            uint32 agreed = _lay(_seeds[i]);
            if (_seeds[i] % 7 == 0) _silence(agreed);
            charged = losses.areaLoss(area, uint40(_startOf(interval))).chargedWh;
            _totals = _reckon();
            _postAs(_substitute, _totals);
        }
        _false = 0;
    }

    /// @dev No poster acts any more: the day is closed.
    function giveUp(uint256 seed) external counted {
        _needs(_delivered && !_listed && seed % 40 == 0); // seldom, so that most days are paid
        vm.warp((uint256(day) + 1) * 1 days + 7 days + 1);
        uint96[2] memory bonds;
        (bonds[0],,) = settlement.bondOf(operatorId);
        (bonds[1],,) = settlement.bondOf(_substituteId);
        bool bonded = _dayState().bonded;
        if (bonded) _keepsItsBond();
        vm.startPrank(stranger);
        settlement.closeDay(node, day);
        vm.stopPrank();
        _unpaidCostsItsPosters(bonds, bonded);
        _nextDay();
    }

    /// @dev Whoever has the day in hand frees nothing of its bond while the day has not ended.
    function _keepsItsBond() private {
        ParticipantId taker = settlement.takerOf(node, day).poster;
        address settler = ParticipantId.unwrap(taker) == 0 ? operator : _substitute;
        bytes memory data = abi.encodeCall(settlement.unbond, (1));
        _refused(settler, address(settlement), data, "a bond left a day that has not ended");
    }

    /// @dev All that covers no other list, if it has or had runs there or took it over; nothing else.
    function _unpaidCostsItsPosters(uint96[2] memory before, bool liable) private view {
        ParticipantId taker = settlement.takerOf(node, day).poster;
        ParticipantId settler = ParticipantId.unwrap(taker) == 0 ? operatorId : taker;
        ParticipantId[2] memory who = [operatorId, _substituteId];
        for (uint256 i; i < 2; ++i) {
            (uint96 bond, uint96 debits,) = settlement.bondOf(who[i]);
            if (liable && who[i] == settler) assertLe(bond, debits, "a poster of an unpaid day kept its bond");
            else assertEq(bond, before[i], "one paid for a day that it did not have");
        }
    }

    function _nextDay() private {
        ++ended;
        ParticipantId[2] memory posters = [operatorId, _substituteId];
        for (uint256 i; i < 2; ++i) {
            (,, uint24 openDays) = settlement.bondOf(posters[i]);
            assertEq(openDays, 0, "a bond answers for a day that has ended");
        }
        (_delivered, _posted, _listed, _false) = (false, false, false, 0);
        _asked = PowerAccountId.wrap(0);
        for (uint32 i; i < CUSTOMERS; ++i) {
            delete carried[PowerAccountId.wrap(FIRST_PSEUDONYM + i)];
            assertEq(_bound(FIRST_PSEUDONYM + i), 0, "escrow of an ended day");
        }
        _clearAccounts();
        day = uint32(vm.getBlockTimestamp() / 1 days + 2);
        interval = day * 4;
    }

    // ------------------------------------------------------------------ what must be refused

    function rob(uint256 seed) external counted {
        address desk = address(settlement);
        PowerAccountId[] memory theirs = new PowerAccountId[](1);
        theirs[0] = PowerAccountId.wrap(FIRST_PSEUDONYM + 14);
        uint256[] memory words = _robbing();
        bytes[7] memory acts = [
            abi.encodeCall(settlement.join, (node, theirs)),
            abi.encodeCall(settlement.pay, (node, day, 0, words)),
            abi.encodeCall(settlement.postPayments, (node, day, 0, words, true)),
            abi.encodeCall(settlement.closeDay, (node, uint32(vm.getBlockTimestamp() / 1 days))),
            abi.encodeCall(settlement.takeOver, (node, uint32(vm.getBlockTimestamp() / 1 days))),
            abi.encodeCall(settlement.disputeDoubt, (node, interval, theirs[0], _totals)),
            abi.encodeCall(settlement.ask, (node, interval, theirs[0], bytes32(seed), bytes32(seed)))
        ];
        address[4] memory who = [operator, _substitute, stranger, notary];
        _refused(who[(seed >> 8) % 4], desk, acts[seed % 7], "a robbery");
    }

    /// @dev The day's own list, where there is one to post, with a payment between accounts of no member behind it: all adds up.
    function _robbing() private view returns (uint256[] memory words) {
        bool whole = _posted && !_listed && interval % 4 == 3;
        uint256[] memory due = whole ? _wordsDue() : new uint256[](0);
        words = new uint256[](due.length + 2);
        for (uint256 i; i < due.length; ++i) {
            words[i] = due[i];
        }
        (words[due.length], words[due.length + 1]) = (_payWord(14, -1_000), _payWord(15, 1_000));
    }

    // ------------------------------------------------------------------ posters

    /// @dev The operator, or who took the day over, with enough bond.
    function _poster() private returns (address poster) {
        ParticipantId taker = settlement.takerOf(node, day).poster;
        poster = ParticipantId.unwrap(taker) == 0 ? operator : _addressOf(taker);
        _fund(poster);
    }

    function _fund(address poster) private {
        _deposit(poster, 1_000_000);
        vm.prank(poster);
        settlement.bond(2 * BOND + 100 * DEBITS);
    }

    function _addressOf(ParticipantId id) private view returns (address) {
        return ParticipantId.unwrap(id) == ParticipantId.unwrap(operatorId) ? operator : _substitute;
    }

    function _toLate() private {
        vm.warp(_max(vm.getBlockTimestamp(), (uint256(day) + 1) * 1 days + LATE + 1));
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
