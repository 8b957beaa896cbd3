// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LeafProof} from "../../interfaces/evidence/IMeterOracle.sol";
import {PowerAccountId, PowerRound} from "../../interfaces/power/IPowerMarket.sol";
import {
    AccountLine,
    DayRun,
    DayState,
    IntervalState,
    ISettlementDisputes,
    RunTotals,
    SettlementParts,
    ShownBook,
    ShownChunk,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {ReadingWord} from "../lib/MeterReadings.sol";
import {LossShares} from "../lib/LossShares.sol";
import {MerkleSum, SumWord} from "../lib/MerkleSum.sol";
import {Merkle} from "../lib/Merkle.sol";
import {PackedPowerOrder, PackedPowerOrderLib} from "../types/PackedPowerOrder.sol";
import {PackedLedgerEntry} from "../types/PackedLedgerEntry.sol";
import {SettlementMath} from "./SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlementExtension
/// @notice Extension of the {PowerSettlement}: disputes of lines and payments; see {ISettlementDisputes}.
/// @dev A line follows from the reading with its index, the orders of the clearing and the bilateral contracts; a day's payments
/// follow from the lines. Everything is proved against a hash on chain. See {Extendable}.
contract PowerSettlementExtension is SettlementStore, ISettlementDisputes {
    using PackedPowerOrderLib for bytes32;
    using PackedPowerOrderLib for uint256;

    constructor(SettlementParts memory p) SettlementStore(p) {}

    // ------------------------------------------------------------------ lines

    /// @inheritdoc ISettlementDisputes
    function disputeLine(uint8 node, ShownLine calldata shown, LeafProof calldata reading, PowerAccountId rewarded)
        external
    {
        _requireDisputable(node, shown);
        AccountLine calldata line = shown.line;
        (int256 metered, uint256 loss) = _dueOf(node, shown, reading);
        (uint32 price,) = MARKET.priceOf(shown.interval, node);
        bool right = line.meteredWh == metered && line.lossWh == loss
            && line.tradedWh == _tradedOf(line.account, node, shown.interval)
            && line.net == SettlementMath.net(line, price, _termsAt(node, shown.interval));
        if (right) revert SettlementNothingFalse();
        _fail(node, shown.interval, rewarded);
    }

    /// @dev Metered energy of the line's reading; 0 for a held or missing one.
    function _dueOf(uint8 node, ShownLine calldata shown, LeafProof calldata reading)
        private
        pure
        returns (int256 metered, uint256 loss)
    {
        RunTotals calldata t = shown.totals;
        uint256 readings = t.sums.count();
        if (shown.index >= readings) return (0, 0);
        SumWord own = reading.leaf.reading.sums();
        bytes32 hash = MerkleSum.leaf(
            reading.leaf.salted, bytes32(ReadingWord.unwrap(reading.leaf.reading)), reading.leaf.recordDigest
        );
        (bytes32 root, SumWord sums, bool whole) = MerkleSum.climb(hash, own, shown.index, readings, reading.proof);
        bool same = root == t.meterRoot && SumWord.unwrap(sums) == SumWord.unwrap(t.sums);
        if (!whole || !same) revert SettlementNotInRoot(node, shown.interval, shown.index);
        metered = int256(own.exportWh()) - int256(own.importWh());
        SumWord before = LossShares.sumsBefore(shown.index, readings, reading.proof);
        loss = LossShares.share(t.chargedWh, before, own, t.sums);
    }

    function _tradedOf(PowerAccountId account, uint8 node, uint32 interval) private view returns (int256) {
        if (address(TRADES) == address(0)) return 0;
        (uint256 sold, uint256 bought) = TRADES.positionOf(account, node, interval);
        return int256(sold) - int256(bought); // 32 bits each
    }

    /// @inheritdoc ISettlementDisputes
    function disputeContracts(uint8 node, ShownLine calldata shown, ShownBook calldata book, PowerAccountId rewarded)
        external
    {
        _requireDisputable(node, shown);
        _requireBook(shown.interval, book);
        (uint256 sold, uint256 bought, uint256 bound) = _acceptedOf(shown.line.account, false, node, book);
        AccountLine calldata line = shown.line;
        if (line.soldWh == sold && line.boughtWh == bought && line.unbound == bound) revert SettlementNothingFalse();
        _fail(node, shown.interval, rewarded);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeTotals(
        uint8 node,
        uint32 interval,
        RunTotals calldata totals,
        ShownBook calldata book,
        PowerAccountId rewarded
    ) external {
        _requireInTime(_requireTotals(node, interval, totals));
        _requireBook(interval, book);
        (uint256 sold, uint256 bought,) = _acceptedOf(PowerAccountId.wrap(0), true, node, book);
        if (totals.soldWh == sold && totals.boughtWh == bought) revert SettlementNothingFalse();
        _fail(node, interval, rewarded);
    }

    function _requireBook(uint32 interval, ShownBook calldata book) private view {
        PowerRound memory round = MARKET.roundOf(interval);
        bytes32 hash = round.count == 0 ? bytes32(0) : MARKET.seedOf(interval);
        for (uint256 i; i < book.orders.length; ++i) {
            hash = hash.chain(book.orders[i]);
        }
        if (hash != round.orderHash) revert SettlementOtherBook(interval, round.orderHash, hash);
        // A lapsed interval has no acceptances and no hash to compare with.
        uint256 words = round.proposer == address(0) ? 0 : book.orders.length.words();
        if (book.accepted.length != words) revert SettlementTooMany(book.accepted.length, words);
        if (words == 0) return;
        hash = keccak256(abi.encode(round.orderHash, book.prices, book.flows));
        for (uint256 i; i < words; ++i) {
            hash = hash.chain(book.accepted[i]);
        }
        if (hash != round.resultHash) revert SettlementOtherBook(interval, round.resultHash, hash);
    }

    /// @param everybody all orders, not the account's alone
    /// @return sold [Wh]
    /// @return bought [Wh]
    /// @return bound escrow of its orders until the day is paid [micro-credit]
    function _acceptedOf(PowerAccountId account, bool everybody, uint8 node, ShownBook calldata book)
        private
        view
        returns (uint256 sold, uint256 bought, uint256 bound)
    {
        if (book.accepted.length == 0) return (0, 0, 0);
        for (uint256 i; i < book.orders.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(book.orders[i]);
            bool counts = everybody || order.account() == PowerAccountId.unwrap(account);
            if (!counts || order.node() != node) continue;
            uint256 energy = book.accepted[i / 8].lane(i);
            if (order.side() == PackedPowerOrderLib.BID) bought += energy;
            else sold += energy;
            bound += order.escrow(energy, GUARANTEE);
        }
    }

    /// @dev The line is of the interval's present run, inside its dispute window.
    function _requireDisputable(uint8 node, ShownLine calldata shown) private view {
        _requireInTime(_requireLine(node, shown));
    }

    function _requireInTime(uint256 postedAt) private view {
        if (block.timestamp > postedAt + WINDOW) revert SettlementWindow(postedAt + WINDOW);
    }

    function _requireLine(uint8 node, ShownLine calldata shown) private view returns (uint256 postedAt) {
        postedAt = _requireTotals(node, shown.interval, shown.totals);
        bytes32 leaf = Merkle.leaf(abi.encode(shown.line));
        if (!Merkle.verify(shown.totals.lines, leaf, shown.index, shown.totals.count, shown.proof)) {
            revert SettlementNotInRoot(node, shown.interval, shown.index);
        }
    }

    /// @dev A run that failed, and one that was never posted, has no commitment.
    function _requireTotals(uint8 node, uint32 interval, RunTotals calldata totals) private view returns (uint256) {
        IntervalState storage s = _intervals[node][interval];
        if (s.commitment != _commit(totals)) revert SettlementOtherTotals(node, interval);
        return s.postedAt;
    }

    // ------------------------------------------------------------------ payments

    /// @inheritdoc ISettlementDisputes
    function disputePayments(
        uint8 node,
        uint32 day,
        ShownChunk[] calldata chunks,
        uint256[] calldata positions,
        ShownLine[] calldata lines,
        PowerAccountId rewarded
    ) external {
        DayState memory d = _days[node][day];
        _requireInTime(_payments[node][day][d.run].postedAt); // none was posted in 1970
        if (lines.length != PER_DAY) revert SettlementTooMany(lines.length, PER_DAY);
        PowerAccountId account = lines[0].line.account;
        (int256 paid, uint256 freed) = _paidTo(account, node, day, d.run, chunks, positions);
        (int256 due, uint256 bound) = _earnedBy(account, node, day, d, lines);
        if (paid == due && freed == bound) revert SettlementNothingFalse();

        uint8 run = d.run;
        _dropPayments(node, day, d);
        _days[node][day] = d;
        emit PaymentsFailed(node, day, run, rewarded);
        _slash(_termsAt(node, uint32((uint256(day) + 1) * PER_DAY - 1)).operator, rewarded);
    }

    /// @dev An account's amounts and freed escrow over all runs of a day: one word in each.
    function _paidTo(
        PowerAccountId account,
        uint8 node,
        uint32 day,
        uint8 runs,
        ShownChunk[] calldata chunks,
        uint256[] calldata positions
    ) private view returns (int256 paid, uint256 freed) {
        if (chunks.length != runs || positions.length != runs) {
            revert SettlementTooMany(chunks.length, runs);
        }
        for (uint256 i; i < runs; ++i) {
            DayRun storage p = _payments[node][day][i + 1];
            _requireChunk(node, day, p.root, p.chunks, chunks[i]);
            uint256[] calldata words = chunks[i].words;
            if (positions[i] >= words.length) revert SettlementNotInRoot(node, day, positions[i]);
            PackedLedgerEntry entry = PackedLedgerEntry.wrap(words[positions[i]]);
            if (entry.account() != PowerAccountId.unwrap(account)) revert SettlementNotInRoot(node, day, positions[i]);
            paid += entry.amount();
            freed += entry.unbound();
        }
    }

    /// @dev Sum and freed escrow of the account's lines of all intervals of the day, with its part of a returned surplus.
    function _earnedBy(PowerAccountId account, uint8 node, uint32 day, DayState memory d, ShownLine[] calldata lines)
        private
        view
        returns (int256 due, uint256 bound)
    {
        uint256 own;
        uint256 all;
        for (uint256 i; i < lines.length; ++i) {
            ShownLine calldata shown = lines[i];
            bool next = shown.interval == day * PER_DAY + i
                && PowerAccountId.unwrap(shown.line.account) == PowerAccountId.unwrap(account);
            if (!next) revert SettlementNotInRoot(node, shown.interval, i);
            _requireLine(node, shown);
            due += shown.line.net;
            bound += shown.line.unbound;
            int256 metered = shown.line.meteredWh;
            own += uint256(metered < 0 ? -metered : metered);
            all += uint256(shown.totals.importWh) + shown.totals.exportWh;
        }
        if (d.returned != 0) due += SettlementMath.returned(d.surplus, own, all);
    }
}
