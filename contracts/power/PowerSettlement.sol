// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    DayList,
    DayState,
    IntervalState,
    ISettlementRuns,
    SettlementParts
} from "../../interfaces/power/IPowerSettlement.sol";
import {IPowerMarket} from "../../interfaces/power/IPowerMarket.sol";
import {Extendable} from "../lib/Extendable.sol";
import {PackedLedgerEntry} from "../types/PackedLedgerEntry.sol";
import {PowerSettlementExtension} from "./PowerSettlementExtension.sol";
import {SettlementMath} from "./lib/SettlementMath.sol";
import {SettlementMembers} from "./SettlementMembers.sol";
import {SettlementRuns} from "./SettlementRuns.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlement
/// @notice Runs, payments, members and bonds; disputes are in {PowerSettlementExtension}, which is
/// deployed ahead of it. See {IPowerSettlement}.
contract PowerSettlement is SettlementRuns, SettlementMembers, Extendable {
    uint256 private constant MAX_CHUNKS = 1_000;
    /// @dev Windows of a day whose operator posts a false list at the last moment, takes the day over when that fell, and posts
    /// another false one at the end of its turn: that of the first list, its turn, that of the second list, the next one's turn.
    uint256 private constant TURNS = 4;

    constructor(SettlementParts memory p, PowerSettlementExtension extension)
        SettlementStore(p)
        Extendable(address(extension))
    {
        if (p.window == 0 || p.late + SILENCE + TURNS * p.window > END) {
            revert SettlementBadTimes(p.window, p.late);
        }
        if (DAY % INTERVAL_S != 0) revert SettlementBadStep(INTERVAL_S);
        if (extension.PARTS() != keccak256(abi.encode(p))) revert SettlementOtherParts(address(extension));
    }

    // ------------------------------------------------------------------ list

    /// @inheritdoc ISettlementRuns
    function postPayments(uint8 node, uint32 day, uint16 first, uint256[] calldata words, bool last) external {
        ParticipantId poster = _requirePoster(node, day);
        DayState memory d = _days[node][day];
        if (d.intervals != PER_DAY) revert SettlementDayOpen(node, day, d.intervals, PER_DAY);
        if (_lists[node][day].complete) revert SettlementStands(node, day);
        DayList memory p = _begun(node, day, first, poster);
        uint256 chunks = (words.length + CHUNK - 1) / CHUNK;
        if (words.length == 0 || first + chunks > MAX_CHUNKS) {
            revert SettlementTooMany(words.length, MAX_CHUNKS * CHUNK);
        }
        if (!last && words.length % CHUNK != 0) revert SettlementOtherChunk(node, day, first, first + chunks);

        uint96 before = p.debits;
        _add(node, day, p, words);
        for (uint256 i; i < chunks; ++i) {
            uint256[] calldata chunk = words[i * CHUNK:_least((i + 1) * CHUNK, words.length)];
            _chunks[node][day][first + i] = uint256(uint32(chunk[0])) << 224 | _hashOf(chunk);
        }
        p.chunks = uint16(first + chunks); // at most 1,000
        if (last) {
            _checkSums(node, day, d, p);
            (p.complete, p.postedAt) = (true, uint40(block.timestamp)); // 34,000 years
        }
        _lists[node][day] = p;
        Bond storage b = _bonds[poster];
        b.debits += p.debits - before;
        _requireBond(poster, b.amount, b.debits);
        emit PaymentsPosted(node, day, poster, first, words, last);
    }

    /// @dev The list as it stands before chunk `first`. One that another began fell when the day was taken over.
    function _begun(uint8 node, uint32 day, uint16 first, ParticipantId poster) private returns (DayList memory p) {
        p = _lists[node][day];
        if (first != 0) {
            if (p.chunks != first) revert SettlementOtherChunk(node, day, first, p.chunks);
            return p;
        }
        _dropList(node, day);
        delete p;
        (p.poster, p.postedAt) = (poster, uint40(block.timestamp)); // 34,000 years
    }

    /// @dev The gas-critical loop, see `snapshots/energy.json`: accounts rise, and belong to the node since that day at the latest, or
    /// are enrolled for it.
    function _add(uint8 node, uint32 day, DayList memory p, uint256[] calldata words) private view {
        (uint256 previous, uint256 eighth, uint256 lanes) = (p.last, type(uint256).max, 0);
        (int256 sum, uint256 debits) = (p.sum, p.debits);
        // Sums of at most 100,000 amounts of 96 bits.
        unchecked {
            for (uint256 i; i < words.length; ++i) {
                PackedLedgerEntry entry = PackedLedgerEntry.wrap(words[i]);
                uint256 account = entry.account();
                if (account <= previous || words[i] >> 128 != 0) revert SettlementUnsorted(node, day, words[i]);
                previous = account;
                if (account / 8 != eighth) (eighth, lanes) = (account / 8, _members[node][account / 8]);
                uint256 since = uint32(lanes >> 32 * (account % 8)); // a lane
                if (since == 0 || since > day) _requireEnrolled(node, day, account);
                int256 amount = entry.amount();
                sum += amount;
                if (amount < 0) debits += uint256(-amount);
            }
        }
        if (sum != int96(sum) || debits > type(uint96).max) {
            revert SettlementOtherSum(node, day, sum, type(int96).max);
        }
        (p.last, p.sum, p.debits) = (uint32(previous), int96(sum), uint96(debits)); // checked
    }

    function _requireEnrolled(uint8 node, uint32 day, uint256 account) private view {
        if (_enrolled[node][day][account] == 0) revert SettlementNotMember(node, day, account);
    }

    /// @dev The lines' net and all that the day returns, less rounding below one micro-credit for each line.
    function _checkSums(uint8 node, uint32 day, DayState memory d, DayList memory p) private pure {
        uint256 back = SettlementMath.returning(d);
        int256 most = int256(d.net) + int256(back); // 97 bits
        bool rounded = back != 0 && p.sum < most && most - p.sum < int256(uint256(d.lines));
        if (p.sum != most && !rounded) revert SettlementOtherSum(node, day, p.sum, most);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    // ------------------------------------------------------------------ payments

    /// @inheritdoc ISettlementRuns
    function pay(uint8 node, uint32 day, uint16 index, uint256[] calldata words) external {
        DayList storage list = _lists[node][day];
        DayList memory p = list;
        uint256 until = p.postedAt + WINDOW_;
        if (!p.complete || block.timestamp <= until) revert SettlementWindow(until);
        mapping(uint256 => uint256) storage chunks = _chunks[node][day];
        uint256 chunk = chunks[index];
        if (index >= p.chunks || chunk == 0 || uint224(chunk) != _hashOf(words)) {
            revert SettlementNotInList(node, day, index);
        }
        delete chunks[index];
        list.paid = ++p.paid;
        emit ChunkPaid(node, day, index);
        LEDGER.settle(words);
        if (p.paid == p.chunks) _payOperator(node, day, p);
    }

    /// @dev After all chunks. A due goes to the poster, who may have settled in the operator's place; a debit is the
    /// operator's alone.
    function _payOperator(uint8 node, uint32 day, DayList memory p) private {
        Bond storage b = _bonds[p.poster];
        (b.debits, b.openDays) = (b.debits - p.debits, b.openDays - 1);
        _releaseTaker(node, day);
        DayState storage d = _days[node][day];
        d.bonded = false;
        int88 amount = d.due;
        if (amount == 0) return;
        ParticipantId payee = amount > 0 ? p.poster : _termsAt(node, _firstOf(day)).operator;
        emit OperatorPaid(node, day, payee, amount);
        _move(_accountOf(payee), amount);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISettlementRuns
    function MARKET() external view returns (IPowerMarket) {
        return MARKET_;
    }

    /// @inheritdoc ISettlementRuns
    function WINDOW() external view returns (uint256) {
        return WINDOW_;
    }

    /// @inheritdoc ISettlementRuns
    function LATE() external view returns (uint256) {
        return LATE_;
    }

    /// @inheritdoc ISettlementRuns
    function BOND() external view returns (uint256) {
        return BOND_;
    }

    /// @inheritdoc ISettlementRuns
    function intervalOf(uint8 node, uint32 interval) external view returns (IntervalState memory) {
        return _intervals[node][interval];
    }

    /// @inheritdoc ISettlementRuns
    function dayOf(uint8 node, uint32 day) external view returns (DayState memory) {
        return _days[node][day];
    }

    /// @inheritdoc ISettlementRuns
    function listOf(uint8 node, uint32 day) external view returns (DayList memory) {
        return _lists[node][day];
    }

    /// @inheritdoc ISettlementRuns
    function chunkOf(uint8 node, uint32 day, uint16 index) external view returns (uint256) {
        return _chunks[node][day][index];
    }

    /// @inheritdoc ISettlementRuns
    function bondOf(ParticipantId poster) external view returns (uint96 amount, uint96 debits, uint24 openDays) {
        Bond storage b = _bonds[poster];
        return (b.amount, b.debits, b.openDays);
    }
}
