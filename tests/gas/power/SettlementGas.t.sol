// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {AccountLine} from "../../../contracts/lib/AccountLine.sol";
import {MerkleSum, SumWord} from "../../../contracts/lib/MerkleSum.sol";
import {ReadingWord} from "../../../contracts/lib/MeterReadings.sol";
import {LeafProof, MeterLeaf} from "../../../interfaces/evidence/IMeterOracle.sol";
import {Curve, Meter, MeterKey} from "../../../interfaces/evidence/IMeters.sol";
import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {MeterId} from "../../../interfaces/types/MeterTypes.sol";
import {PowerAccountId} from "../../../interfaces/power/IPowerMarket.sol";
import {
    ITradedEnergy,
    LineAnswer,
    RunTotals,
    SealedAccount,
    ShownLine,
    ShownReading
} from "../../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "../../power/SettlementCase.sol";

/// @dev Gas of whole transactions, written to `snapshots/energy.json`. Run with `--isolate`.
///
/// State: a node with 10,000 lines in the day's last interval and a list of 192 accounts, each with an amount; the second
/// chunk is paid, so that what is written has been written before. The wronged is a household that never had a credit, in the first
/// dispute of a deployment, which has contracts between accounts: no slot that is written was written before for another's sake.
/// forge-config: default.isolate = true
contract SettlementGasTest is SettlementCase {
    uint256 private constant ACCOUNTS = 192;
    uint256 private constant LINES = 10_000;
    /// @dev Of each dispute by lines, words, or what was not shown; and by bids, one of 10,000 customers of an aggregator.
    uint256 private constant CEILING = 150_000;
    uint256 private constant CALLDATA = 16_384;

    /// @dev [Wh] long, and short, of each line whose account is not here.
    uint256 private constant OPEN = 65_793;

    bytes32[] private hashes;
    uint256[] private energies;
    RunTotals private totals;
    address private household = makeAddr("household");
    PowerAccountId private home;

    function setUp() public override {
        super.setUp();
        home = PowerAccountId.wrap(_own(_register(household)));
        PowerAccountId[] memory own = new PowerAccountId[](1);
        own[0] = home;
        vm.prank(household);
        settlement.join(node, own);
        for (uint256 first; first < ACCOUNTS; first += 96) {
            uint256[] memory keys = new uint256[](96);
            for (uint256 i; i < 96; ++i) {
                keys[i] = 1e6 + first + i;
            }
            _pseudonymsOf(sponsor, keys, 1e9);
            _join(uint32(16 + first), 96);
        }
        vm.prank(operator);
        settlement.bond(5e8);
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            if (i == 0) _street(700, 1_000);
            else _quiet();
            lines[0].account = home;
            if (i != 0) _read(1);
            _ready();
            RunTotals memory t = _reckon();
            if (i == 3) t = _many(t);
            _post(t);
            if (i == 2) vm.snapshotValue("energy", "settlement_run", _gas());
            totals = t;
        }
    }

    function _trades() internal override returns (ITradedEnergy) {
        bytes memory parts = abi.encode(market, meters, participants, schemes, uint256(0));
        return ITradedEnergy(vm.deployCode("PowerTrades.sol:PowerTrades", parts));
    }

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @dev Its three lines among 10,000 leaves, of which each is long as much as short: no line is, and sums of many are.
    function _many(RunTotals memory t) private returns (RunTotals memory) {
        (hashes, energies) = _lineLeaves();
        (bytes32[] memory all, uint256[] memory energy) = _all();
        (t.lines,,) = _climb(all, energy, 0);
        uint48 open = uint48(OPEN * (LINES - hashes.length));
        (t.count, t.longWh, t.shortWh) = (uint32(LINES), t.longWh + open, t.shortWh + open);
        return t;
    }

    function _all() private view returns (bytes32[] memory all, uint256[] memory energy) {
        (all, energy) = (new bytes32[](LINES), new uint256[](LINES));
        for (uint256 i; i < LINES; ++i) {
            all[i] = i < hashes.length ? hashes[i] : keccak256(abi.encode(i));
            energy[i] = i < hashes.length ? energies[i] : OPEN << 96 | OPEN << 144;
        }
    }

    function _shown(uint32 index) private view returns (ShownLine memory) {
        (bytes32[] memory all, uint256[] memory energy) = _all();
        (,, bytes memory proof) = _climb(all, energy, index);
        return ShownLine(interval, index, totals, _packed(lines[index]), proof);
    }

    /// @dev The three accounts' dues, one of them a micro-credit short, and amounts of both signs that come to zero.
    function _words(bool isFalse) private view returns (uint256[] memory words) {
        uint256[] memory due = _wordsDue();
        words = new uint256[](ACCOUNTS);
        for (uint256 i; i < 3; ++i) {
            words[i] = due[i];
        }
        if (isFalse) (words[0], words[2]) = (words[0] - (1 << 32), words[2] + (1 << 32));
        int256 amount;
        for (uint256 i = 3; i < ACCOUNTS; ++i) {
            amount = i % 2 == 0 ? -amount : int256(uint256(keccak256(abi.encode(i))) % 1_000_000);
            words[i] = _payWord(13 + i, i == ACCOUNTS - 1 ? int256(0) : amount);
        }
    }

    function _part(uint256[] memory words, uint256 index) private pure returns (uint256[] memory part) {
        part = new uint256[](96);
        for (uint256 i; i < 96; ++i) {
            part[i] = words[96 * index + i];
        }
    }

    function test_settle_account_in_batch() public {
        uint256[] memory words = _words(false);
        _list(words);
        vm.snapshotValue("energy", "list_account", _gas() / ACCOUNTS);
        _toPayment();
        settlement.pay(node, day, 0, _part(words, 0));
        settlement.pay(node, day, 1, _part(words, 1));
        vm.snapshotValue("energy", "settle_account_in_batch", _gas() / 96);
        assertEq(_listState().paid, 2);
    }

    /// @dev "The entry is not the line" and "left out" are one call; the wronged has its last line and the posted words.
    function test_dispute_payment() public {
        uint256[] memory words = _words(true);
        _list(words);
        bytes memory call = abi.encodeCall(settlement.disputePayment, (node, day, 0, _part(words, 0), _shown(0)));
        _measured("dispute_payment", stranger, call);
        assertFalse(_listState().complete);
    }

    /// @dev A line of 10,000 that is not what its reading makes of it, with the reading among as many.
    function test_dispute_line() public {
        _next();
        _quiet();
        lines[0].account = home;
        LeafProof memory reading = _postMany(5);
        bytes memory call = abi.encodeCall(settlement.disputeLine, (node, _shown(0), reading));
        _measured("dispute_line", stranger, call);
        assertEq(_state().postedAt, 0);
    }

    /// @dev Posts 10,000 readings, and a run whose first line has so much less than is due, its third so much more.
    function _postMany(int88 less) private returns (LeafProof memory) {
        (bytes32 root, uint256 all, bytes memory proof) = _climbMany(0);
        uint40 start = uint40(_startOf(interval));
        vm.warp(_startOf(interval + 1));
        vm.prank(notary);
        meters.post(area, start, 1, root, SumWord.wrap(all), DATA);
        _toFinal();
        losses.bookArea(area, start, root, SumWord.wrap(all));
        RunTotals memory t = _reckon();
        (lines[0].net, lines[2].net) = (lines[0].net - less, lines[2].net + less);
        (t.meterRoot, t.sums) = (root, SumWord.wrap(all));
        totals = _many(t);
        _post(totals);
        return LeafProof(leaves[0], 0, uint32(LINES), proof);
    }

    /// @dev The interval's readings, among others that give as much as they take.
    function _climbMany(uint256 index) private view returns (bytes32, uint256, bytes memory) {
        (bytes32[] memory all, uint256[] memory energy) = (new bytes32[](LINES), new uint256[](LINES));
        for (uint256 i; i < LINES; ++i) {
            if (i < leaves.length) {
                MeterLeaf memory l = leaves[i];
                all[i] = MerkleSum.leaf(l.salted, bytes32(ReadingWord.unwrap(l.reading)), l.recordDigest);
                energy[i] = SumWord.unwrap(l.reading.sums());
            } else {
                (all[i], energy[i]) = (keccak256(abi.encode("reading", i)), OPEN | OPEN << 48 | 1 << 96);
            }
        }
        return _climb(all, energy, index);
    }

    /// @dev The reading of the household's meter, one of 10,000, is on a line of another's account among as many; the answer
    /// names the household's own, whose line is another, or that account.
    function test_dispute_reading() public {
        ShownReading memory its = _dayOnAnothersLine();
        Vm.Wallet memory asker = vm.createWallet(SECRET);
        bytes memory call = abi.encodeCall(
            settlement.askReading, (node, interval, its.meter, bytes32(asker.publicKeyX), bytes32(asker.publicKeyY))
        );
        _measured("ask_reading", household, call);
        uint256 asked = vm.snapshotState();
        for (uint256 i; i < 2; ++i) {
            SealedAccount memory named = _sealedAccount(i == 0 ? home : lines[0].account);
            call = abi.encodeCall(settlement.answerReading, (node, interval, its.meter, asker.addr, named));
            _measured("answer_reading", operator, call);
            ShownLine memory shown = _shown(3);
            if (i == 1) (shown.proof, shown.line) = ("", AccountLine(0, 0, 0, 0));
            call = abi.encodeCall(settlement.disputeReading, (node, shown, its, named, SECRET));
            _measured(i == 0 ? "dispute_reading" : "dispute_reading_of_another", stranger, call);
            assertEq(_state().postedAt, 0);
            vm.revertToState(asked);
        }
    }

    function _dayOnAnothersLine() private returns (ShownReading memory its) {
        _next();
        (day, its.salt) = (uint32(vm.getBlockTimestamp() / 1 days + 2), keccak256("salt of the leaf"));
        interval = day * 4;
        its.meter = _registerMeter();
        MeterId[] memory own = new MeterId[](1);
        own[0] = its.meter;
        vm.prank(household);
        settlement.enter(node, own);
        LeafProof memory leaf;
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            _quiet();
            leaves[0].salted = keccak256(abi.encode(its.salt, its.meter));
            lines.push();
            lines[3].account = home;
            if (i == 3) {
                leaf = _postMany(0);
                break;
            }
            _read(1);
            _ready();
            _post(_reckon());
        }
        its = _nameReading(leaf, its.meter, its.salt);
        _list(_words(false));
    }

    function _registerMeter() private returns (MeterId) {
        ParticipantId owner = ParticipantId.wrap(uint24(PowerAccountId.unwrap(home)));
        uint40 from = uint40(_startOf(interval));
        Vm.Wallet memory w = vm.createWallet(SECRET);
        MeterKey memory key = MeterKey(bytes32(w.publicKeyX), bytes32(w.publicKeyY), from, Curve.Secp256k1);
        vm.prank(officer);
        return meters.registerMeter(Meter(owner, area, 5_000, from, 0, 1_000, 9, 0, 0), key);
    }

    /// @dev Two lines of 10,000, the later with other sums than the one before and its own.
    function test_dispute_sums() public {
        ShownLine[] memory two = new ShownLine[](2);
        for (uint256 i; i < 2; ++i) {
            _next();
            _quiet();
            lines[0].account = home;
            _read(1);
            _ready();
            RunTotals memory t = _reckon();
            if (i == 1) lines[0].day.net -= 1;
            totals = _many(t);
            _post(totals);
            two[i] = _shown(0);
        }
        _measured("dispute_sums", stranger, abi.encodeCall(settlement.disputeSums, (node, two)));
        assertEq(_state().postedAt, 0);
    }

    function test_ask_answer_and_garbage() public {
        _list(_words(false));
        Vm.Wallet memory asker = vm.createWallet(SECRET);
        bytes memory call = abi.encodeCall(
            settlement.ask, (node, interval, home, bytes32(asker.publicKeyX), bytes32(asker.publicKeyY))
        );
        _measured("ask_line", household, call);
        LineAnswer memory shown = LineAnswer(bytes32(asker.publicKeyX), false, new bytes32[](26));
        for (uint256 i; i < 26; ++i) {
            shown.blocks[i] = keccak256(abi.encode("garbage", i));
        }
        _measured(
            "answer_line", operator, abi.encodeCall(settlement.answer, (node, interval, home, false, asker.addr, shown))
        );
        call = abi.encodeCall(settlement.disputeAnswer, (node, interval, home, false, totals, shown, SECRET));
        _measured("dispute_answer", stranger, call);
        assertEq(_state().postedAt, 0);
    }

    function test_dispute_silence() public {
        _list(_words(false));
        Vm.Wallet memory asker = vm.createWallet(SECRET);
        vm.prank(household);
        settlement.ask(node, interval, home, bytes32(asker.publicKeyX), bytes32(asker.publicKeyY));
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1);
        bytes memory call = abi.encodeCall(settlement.disputeSilence, (node, interval, home, false, totals));
        _measured("dispute_silence", stranger, call);
    }

    // ------------------------------------------------------------------ bids

    /// @dev The interval of a coming day in which the household sells, one of 10,000 customers; its sale is put on the third line, or its
    /// buyer and it are left out.
    function _sell(bool elsewhere, bool nowhere) private returns (ShownLine memory) {
        _next();
        day = uint32(vm.getBlockTimestamp() / 1 days + 2);
        interval = day * 4;
        idle = LINES - 2;
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        lines[0].account = home;
        _trade();
        _read(1);
        _ready();
        if (elsewhere) (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        if (nowhere) (lines[0].soldWh, lines[1].boughtWh) = (0, 0);
        totals = _many(_reckon());
        _post(totals);
        return _shown(0);
    }

    function _sellAndList() private returns (ShownLine memory sold) {
        sold = _sell(false, false);
        for (uint256 i; i < 3; ++i) {
            _next();
            _quiet();
            lines[0].account = home;
            _read(1);
            _ready();
            _post(_reckon());
        }
        _list(_words(false));
    }

    function test_dispute_contracts() public {
        ShownLine memory sold = _sell(true, false);
        bytes memory call = abi.encodeCall(settlement.disputeContracts, (node, sold, _bids(1), margins));
        _measured("dispute_contracts", stranger, call);
        assertEq(_state().postedAt, 0);
    }

    /// @dev To an account that never had a credit.
    function test_pay_reward() public {
        ShownLine memory sold = _sell(true, false);
        settlement.disputeContracts(node, sold, _bids(1), margins);
        _measured("pay_reward", stranger, abi.encodeCall(settlement.payReward, (node, interval)));
        assertEq(_state().commitment, 0);
    }

    function test_dispute_totals() public {
        _sell(false, true);
        bytes memory call = abi.encodeCall(settlement.disputeTotals, (node, interval, totals, _book()));
        _measured("dispute_totals", stranger, call);
        assertEq(_state().postedAt, 0);
    }

    /// @dev By all of its curves, at one node.
    function test_enrol() public {
        _sell(false, false);
        PowerAccountId own = PowerAccountId.wrap(_own(sponsorId));
        bytes memory call = abi.encodeCall(settlement.enrol, (node, interval, own, _curvesOf(interval), margins));
        _measured("enrol", operator, call);
        assertEq(settlement.firstLineOf(node, day, own), interval);
    }

    function test_doubt_and_prove() public {
        ShownLine memory sold = _sellAndList();
        _measured("doubt", household, abi.encodeCall(settlement.doubt, (node, sold)));
        bytes memory call = abi.encodeCall(settlement.prove, (node, sold, _bids(1), margins));
        _measured("prove", operator, call);
    }

    function test_dispute_doubt() public {
        ShownLine memory sold = _sellAndList();
        vm.prank(household);
        settlement.doubt(node, sold);
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1);
        bytes memory call = abi.encodeCall(settlement.disputeDoubt, (node, sold.interval, home, sold.totals));
        _measured("dispute_doubt", stranger, call);
    }

    function _measured(string memory name, address who, bytes memory call) private {
        vm.prank(who);
        (bool done,) = address(settlement).call(call);
        assertTrue(done, name);
        uint256 gas = _gas();
        vm.snapshotValue("energy", name, gas);
        assertLe(gas, CEILING, name);
        assertLe(call.length, CALLDATA, name);
    }
}
