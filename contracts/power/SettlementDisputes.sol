// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Quality} from "../../interfaces/types/MeterTypes.sol";
import {LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayList,
    ISettlementDisputes,
    RunTotals,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {LineTree} from "../lib/LineTree.sol";
import {LossShares} from "../lib/LossShares.sol";
import {MerkleSum, SumWord} from "../lib/MerkleSum.sol";
import {ReadingWord} from "../lib/MeterReadings.sol";
import {AccountLine} from "../lib/AccountLine.sol";
import {PackedLedgerEntry} from "../types/PackedLedgerEntry.sol";
import {ImbalancePrices, SettlementMath} from "./lib/SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementDisputes
/// @notice Part of {PowerSettlementExtension}: disputes of lines and payments. Lines that are asked for are in {SettlementAsks}.
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
        MeterLeaf calldata l = reading.leaf;
        bool its = _isReading(t, shown.index, l.salted, l.reading, l.recordDigest, reading.proof);
        _requireInRoot(its, node, shown);
        SumWord own = l.reading.sums();
        SumWord before = LossShares.sumsBefore(shown.index, readings, reading.proof);
        return (int256(own.exportWh()) - int256(own.importWh()), LossShares.share(t.chargedWh, before, own, t.sums));
    }

    /// @dev Whether a reading is the one with an index. A run has the root, the sums and the loss that oracle and area had when
    /// neither could change any more, so that nobody is asked for them again.
    function _isReading(
        RunTotals calldata t,
        uint256 index,
        bytes32 salted,
        ReadingWord reading,
        bytes32 recordDigest,
        bytes calldata proof
    ) internal pure returns (bool) {
        bytes32 hash = MerkleSum.leaf(salted, bytes32(ReadingWord.unwrap(reading)), recordDigest);
        (bytes32 root, SumWord all, bool isWhole) = MerkleSum.climb(hash, reading.sums(), index, t.sums.count(), proof);
        bool its = isWhole && root == t.meterRoot && SumWord.unwrap(all) == SumWord.unwrap(t.sums);
        return its && reading.quality() <= uint256(type(Quality).max);
    }

    function _requireInRoot(bool right, uint8 node, ShownLine calldata shown) private pure {
        if (!right) revert SettlementNotInRoot(node, shown.interval, shown.index);
    }

    function _tradedOf(uint32 account, uint8 node, uint32 interval) internal view returns (int256) {
        if (address(TRADES) == address(0)) return 0;
        (uint256 sold, uint256 bought) = TRADES.positionOf(PowerAccountId.wrap(account), node, interval);
        return int256(sold) - int256(bought); // 32 bits each
    }

    /// @inheritdoc ISettlementDisputes
    function disputeSums(uint8 node, ShownLine[] calldata lines) external {
        ShownLine calldata last = lines[lines.length - 1];
        AccountLine memory line = _lineOf(node, last);
        (int256 net, uint256 volume) = (line.net(), line.volumeWh());
        bool isFirst =
            last.interval % PER_DAY == 0 || last.interval == _firstLineOf(node, _dayOf(last.interval), line.account());
        if (lines.length != (isFirst ? 1 : 2)) revert SettlementTooMany(lines.length, 2);
        if (!isFirst) {
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
        return _lineUnder(node, shown);
    }

    /// @dev A line under totals that are the run's.
    function _lineUnder(uint8 node, ShownLine calldata shown) internal pure returns (AccountLine memory line) {
        line = shown.line;
        bytes32 hash = line.leaf();
        RunTotals calldata t = shown.totals;
        uint256 own = LineTree.sumsOf(line);
        bool its = LineTree.isUnder(t.lines, _sumsOf(t), hash, own, shown.index, t.count, shown.proof);
        _requireInRoot(its, node, shown);
    }

    /// @dev Sums of the tree of a run's lines.
    function _sumsOf(RunTotals calldata t) internal pure returns (uint256) {
        return LineTree.pack(t.importWh, t.exportWh, t.longWh, t.shortWh);
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
}
