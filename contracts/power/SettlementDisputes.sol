// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayList,
    IMeterOwners,
    IntervalState,
    ISettlementDisputes,
    LineAnswer,
    LineAsk,
    RunTotals,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {LineTree} from "../lib/LineTree.sol";
import {LossShares} from "../lib/LossShares.sol";
import {MerkleSum, SumWord} from "../lib/MerkleSum.sol";
import {ReadingWord} from "../lib/MeterReadings.sol";
import {SharedSecret} from "../lib/SharedSecret.sol";
import {AccountLine} from "../lib/AccountLine.sol";
import {PackedLedgerEntry} from "../types/PackedLedgerEntry.sol";
import {ImbalancePrices, SettlementMath} from "./SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementDisputes
/// @notice Part of {PowerSettlementExtension}: disputes of lines and payments, and lines that are asked for.
/// @dev A line follows from the reading with its index, the bids of the clearing, the bilateral contracts and the line
/// before; a payment follows from the last line of the day. Everything is proved against a hash on chain. What a run was checked
/// against when it was posted, readings, loss and prices, is in its totals: no contract is asked for it again.
abstract contract SettlementDisputes is SettlementStore, ISettlementDisputes {
    // ------------------------------------------------------------------ lines

    /// @inheritdoc ISettlementDisputes
    function disputeLine(uint8 node, ShownLine calldata shown, LeafProof calldata reading) external {
        AccountLine memory line = _lineOf(node, shown);
        (int256 metered, uint256 loss) = _dueOf(node, shown, line, reading);
        AreaTerms memory a = _termsAt(node, shown.interval);
        RunTotals calldata t = shown.totals;
        ImbalancePrices memory prices = ImbalancePrices(t.cleared, t.shortPays, t.longGets);
        bool right = line.meteredWh() == metered && line.lossWh() == loss
            && line.tradedWh() == _tradedOf(line.account(), node, shown.interval)
            && line.net() == SettlementMath.net(line, prices, a);
        _requireFalse(right);
        _failRun(node, shown.interval, t, PowerAccountId.wrap(line.account()));
    }

    /// @dev Metered energy of the line's reading; 0 for a held or missing one. Without any readings it is what was sold.
    function _dueOf(uint8 node, ShownLine calldata shown, AccountLine memory line, LeafProof calldata reading)
        private
        pure
        returns (int256 metered, uint256 loss)
    {
        RunTotals calldata t = shown.totals;
        uint256 readings = t.sums.count();
        if (readings == 0) return (int256(line.soldWh()) - int256(line.boughtWh()) + line.tradedWh(), 0);
        if (shown.index >= readings) return (0, 0);
        _requireReading(node, shown, reading);
        SumWord own = reading.leaf.reading.sums();
        SumWord before = LossShares.sumsBefore(shown.index, readings, reading.proof);
        return (int256(own.exportWh()) - int256(own.importWh()), LossShares.share(t.chargedWh, before, own, t.sums));
    }

    /// @dev The reading is the one with the line's index. A run has the root, the sums and the loss that oracle and area had when
    /// neither could change any more, so that nobody is asked for them again.
    function _requireReading(uint8 node, ShownLine calldata shown, LeafProof calldata reading) private pure {
        RunTotals calldata t = shown.totals;
        MeterLeaf calldata l = reading.leaf;
        bytes32 hash = MerkleSum.leaf(l.salted, bytes32(ReadingWord.unwrap(l.reading)), l.recordDigest);
        (bytes32 root, SumWord all, bool isWhole) =
            MerkleSum.climb(hash, l.reading.sums(), shown.index, t.sums.count(), reading.proof);
        bool its = isWhole && root == t.meterRoot && SumWord.unwrap(all) == SumWord.unwrap(t.sums);
        _requireInRoot(its && l.reading.quality() <= uint256(type(Quality).max), node, shown);
    }

    function _requireInRoot(bool right, uint8 node, ShownLine calldata shown) private pure {
        if (!right) revert SettlementNotInRoot(node, shown.interval, shown.index);
    }

    function _tradedOf(uint32 account, uint8 node, uint32 interval) private view returns (int256) {
        if (address(TRADES) == address(0)) return 0;
        (uint256 sold, uint256 bought) = TRADES.positionOf(PowerAccountId.wrap(account), node, interval);
        return int256(sold) - int256(bought); // 32 bits each
    }

    /// @inheritdoc ISettlementDisputes
    function disputeReading(
        uint8 node,
        ShownLine calldata shown,
        LeafProof calldata reading,
        MeterId meter,
        bytes32 salt
    ) external {
        AccountLine memory line = _lineOf(node, shown);
        _requireReading(node, shown, reading);
        ParticipantId owner = IMeterOwners(address(METERS)).meter(meter);
        uint256 since = _owners[node][owner];
        bool its =
            reading.leaf.salted == keccak256(abi.encode(salt, meter)) && since != 0 && since <= _dayOf(shown.interval);
        _requireInRoot(its, node, shown);
        _requireFalse(_ownerOf(PowerAccountId.wrap(line.account())) == owner);
        _failRun(node, shown.interval, shown.totals, _accountOf(owner));
    }

    /// @inheritdoc ISettlementDisputes
    function disputeSums(uint8 node, ShownLine[] calldata lines) external {
        ShownLine calldata last = lines[lines.length - 1];
        AccountLine memory line = _lineOf(node, last);
        (int256 net, uint256 volume) = (line.net(), line.volumeWh());
        uint256 place = last.interval % PER_DAY;
        if (lines.length != (place == 0 ? 1 : 2)) revert SettlementTooMany(lines.length, 2);
        if (place != 0) {
            AccountLine memory before = _lineOf(node, lines[0]);
            bool follows = lines[0].interval + 1 == last.interval && before.account() == line.account();
            _requireInRoot(follows, node, lines[0]);
            (net, volume) = (net + before.dayNet(), volume + before.dayVolumeWh());
        }
        _requireFalse(line.dayNet() == net && line.dayVolumeWh() == volume);
        _failRun(node, last.interval, last.totals, PowerAccountId.wrap(line.account()));
    }

    function _requireFalse(bool right) internal pure {
        if (right) revert SettlementNothingFalse();
    }

    /// @dev A line of the interval's standing run.
    function _lineOf(uint8 node, ShownLine calldata shown) internal view returns (AccountLine memory line) {
        _requireTotals(node, shown.interval, shown.totals);
        line = shown.line;
        bool its = _isUnder(shown.totals, line.leaf(), LineTree.sumsOf(line), shown.index, shown.proof);
        _requireInRoot(its, node, shown);
    }

    function _isUnder(RunTotals calldata t, bytes32 hash, uint256 own, uint256 index, bytes memory proof)
        private
        pure
        returns (bool)
    {
        uint256 sums = LineTree.pack(t.importWh, t.exportWh, t.longWh, t.shortWh);
        return LineTree.isUnder(t.lines, sums, hash, own, index, t.count, proof);
    }

    /// @dev A run that failed, and one that was never posted, has no commitment.
    function _requireTotals(uint8 node, uint32 interval, RunTotals calldata totals) internal view {
        if (_intervals[node][interval].commitment != _commit(totals)) revert SettlementOtherTotals(node, interval);
    }

    // ------------------------------------------------------------------ payments

    /// @inheritdoc ISettlementDisputes
    function disputePayment(uint8 node, uint32 day, uint16 index, uint256[] calldata words, ShownLine calldata shown)
        external
    {
        AccountLine memory line = _lineOf(node, shown);
        _requireInRoot(shown.interval == (uint256(day) + 1) * PER_DAY - 1, node, shown);
        uint32 account = line.account();
        _requireChunk(node, day, index, words, account);
        int256 paid = _wordOf(words, account);
        int256 due = line.dayNet() + SettlementMath.returned(_days[node][day], line.dayVolumeWh());
        _requireFalse(paid == due);
        _requireOpen(node, day);
        _failList(node, day, PowerAccountId.wrap(account));
    }

    /// @dev The chunk of a complete list in whose range the account is: from its first account to the next chunk's.
    function _requireChunk(uint8 node, uint32 day, uint16 index, uint256[] calldata words, uint32 account)
        private
        view
    {
        DayList storage p = _lists[node][day];
        uint256 chunk = _chunks[node][day][index];
        bool inList = p.complete && index < p.chunks && uint224(chunk) == _hashOf(words);
        bool behind = index == 0 || account >= chunk >> 224;
        bool ahead = index + 1 == p.chunks || account < _chunks[node][day][index + 1] >> 224;
        if (!inList || !behind || !ahead) revert SettlementNotInList(node, day, index);
    }

    /// @dev 0 for an account that is not there.
    function _wordOf(uint256[] calldata words, uint32 account) private pure returns (int256 amount) {
        unchecked {
            for (uint256 i; i < words.length; ++i) {
                PackedLedgerEntry entry = PackedLedgerEntry.wrap(words[i]);
                if (entry.account() == account) return entry.amount();
            }
        }
    }

    // ------------------------------------------------------------------ lines not shown

    /// @inheritdoc ISettlementDisputes
    function ask(uint8 node, uint32 interval, PowerAccountId account, bytes32 x, bytes32 y) external {
        uint32 day = _dayOf(interval);
        uint32 since = _sinceOf(node, PowerAccountId.unwrap(account));
        if (since == 0 || since > day) revert SettlementNotMember(node, day, PowerAccountId.unwrap(account));
        LineAsk storage request = _asks[_request(node, interval, account)];
        uint40 deadline = _asked(request, node, interval, account, WINDOW_ / 2, WINDOW_ / 4);
        request.key = address(uint160(uint256(keccak256(abi.encode(x, y)))));
        emit LineAsked(node, interval, account, x, y, deadline, msg.sender);
    }

    /// @dev A number that rises with each complete list of a day, though all be of one block: one falls by a failure alone.
    function _listOf(uint8 node, uint32 interval) private view returns (uint40) {
        uint32 day = _dayOf(interval);
        return _lists[node][day].postedAt + _days[node][day].failures;
    }

    /// @dev A request by the owner, in the first part of the window, once a list.
    function _asked(
        LineAsk storage request,
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        uint256 part,
        uint256 time
    ) internal returns (uint40 deadline) {
        _requireOwner(account);
        DayList storage p = _lists[node][_dayOf(interval)];
        uint256 until = p.postedAt + part;
        if (!p.complete || block.timestamp > until) revert SettlementWindow(until);
        uint40 list = _listOf(node, interval);
        if (request.listAt == list) revert SettlementNotAsked(node, interval, account);
        deadline = uint40(block.timestamp + time); // 34,000 years
        (request.deadline, request.listAt, request.answer) = (deadline, list, 0);
    }

    function _requireOwner(PowerAccountId account) private view {
        if (PowerAccountId.unwrap(MARKET_.pseudonymOf(msg.sender)) == PowerAccountId.unwrap(account)) return;
        if (_ownerOf(account) != _callerWith(WalletRights.TRADE)) revert SettlementNotOwner(msg.sender, account);
    }

    /// @inheritdoc ISettlementDisputes
    function answer(uint8 node, uint32 interval, PowerAccountId account, LineAnswer calldata shown) external {
        LineAsk storage request = _requireAsked(node, interval, account, true);
        if (block.timestamp > request.deadline) revert SettlementWindow(request.deadline);
        ParticipantId poster = _intervals[node][interval].poster;
        if (_callerWith(WalletRights.REPORT) != poster) revert SettlementNotOperator(msg.sender, poster);
        if (shown.blocks.length > MOST_BLOCKS) revert SettlementTooMany(shown.blocks.length, MOST_BLOCKS);
        request.answer = keccak256(abi.encode(shown));
        emit LineAnswered(node, interval, account, shown);
    }

    /// @dev A request of the present list, answered or not.
    function _requireAsked(uint8 node, uint32 interval, PowerAccountId account, bool open)
        private
        view
        returns (LineAsk storage request)
    {
        return _requirePresent(_request(node, interval, account), node, interval, account, open);
    }

    function _requirePresent(bytes32 key, uint8 node, uint32 interval, PowerAccountId account, bool open)
        internal
        view
        returns (LineAsk storage request)
    {
        request = _asks[key];
        bool present = request.listAt != 0 && request.listAt == _listOf(node, interval);
        if (!present || (request.answer == 0) != open) revert SettlementNotAsked(node, interval, account);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeSilence(uint8 node, uint32 interval, PowerAccountId account, RunTotals calldata totals) external {
        _failSilent(_requireAsked(node, interval, account, true), node, interval, account, totals);
    }

    /// @dev Fails a run of which something was asked for in vain.
    function _failSilent(
        LineAsk storage request,
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        RunTotals calldata totals
    ) internal {
        if (block.timestamp <= request.deadline) revert SettlementWindow(request.deadline);
        _requireTotals(node, interval, totals);
        _failRun(node, interval, totals, account);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeAnswer(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        RunTotals calldata totals,
        LineAnswer calldata shown,
        uint256 secret
    ) external {
        LineAsk storage request = _requireAsked(node, interval, account, false);
        _requireTotals(node, interval, totals);
        address key = SharedSecret.addressOf(secret);
        bool same = request.answer == keccak256(abi.encode(shown)) && key == request.key;
        if (!same) revert SettlementOtherKey(key, request.key);
        address shared = SharedSecret.addressOf(shown.x, shown.odd, secret);
        bytes32[] memory plain = SharedSecret.apply_(shared, shown.blocks);
        _requireFalse(_isLineOf(account, totals, plain));
        _failRun(node, interval, totals, account);
    }

    uint256 private constant LINE = 5; // words of an answer ahead of the proof
    uint256 private constant MOST_BLOCKS = LINE + 46; // 32 levels of 46 bytes

    /// @dev Whether the words are `index | line | proof` of a line of the account.
    function _isLineOf(PowerAccountId account, RunTotals calldata totals, bytes32[] memory plain)
        private
        pure
        returns (bool)
    {
        if (plain.length < LINE) return false;
        AccountLine memory line;
        assembly ("memory-safe") {
            line := add(plain, 0x40)
        }
        (bytes32 hash, uint256 own) = (line.leaf(), LineTree.sumsOf(line));
        if (line.account() != PowerAccountId.unwrap(account)) return false;
        bytes memory proof;
        // The proof's length is written over the salt.
        assembly ("memory-safe") {
            proof := add(plain, 0xa0)
            mstore(proof, shl(5, sub(mload(plain), LINE)))
        }
        return _isUnder(totals, hash, own, uint256(plain[0]), proof);
    }

    /// @inheritdoc ISettlementDisputes
    function askOf(uint8 node, uint32 interval, PowerAccountId account) external view returns (LineAsk memory) {
        return _asks[_request(node, interval, account)];
    }
}
