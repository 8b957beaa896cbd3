// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    DayRun,
    DayState,
    IntervalState,
    ISettlementRuns,
    SettlementParts,
    ShownChunk
} from "../../interfaces/power/IPowerSettlement.sol";
import {Extendable} from "../lib/Extendable.sol";
import {Merkle} from "../lib/Merkle.sol";
import {PowerSettlementExtension} from "./PowerSettlementExtension.sol";
import {SettlementRuns} from "./SettlementRuns.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlement
/// @notice Settlement runs, payments and bonds; disputes are in {PowerSettlementExtension}. See {IPowerSettlement}.
/// @dev A leaf of payments is {Merkle-leaf} of two words: hash of the chunk's words, sum of its amounts.
contract PowerSettlement is SettlementRuns, Extendable {
    uint256 private constant MAX_CHUNKS = 256;
    uint256 private constant MAX_WORDS = 200;

    constructor(SettlementParts memory p) SettlementStore(p) Extendable(address(new PowerSettlementExtension(p))) {}

    // ------------------------------------------------------------------ payments

    /// @inheritdoc ISettlementRuns
    function postPayments(uint8 node, uint32 day, bytes32[] calldata hashes, int88[] calldata sums, uint88 returned)
        external
    {
        _requireOperator(_operatorOf(node, day));
        DayState memory d = _days[node][day];
        if (d.intervals != PER_DAY) revert SettlementDayOpen(node, day, d.intervals, PER_DAY);
        _dropPayments(node, day, d);
        DayRun memory p = _payments[node][day][d.run];
        if (p.paid != _all(p.chunks)) revert SettlementPaying(node, day, d.run, p.paid);
        if (hashes.length == 0 || hashes.length > MAX_CHUNKS || hashes.length != sums.length) {
            revert SettlementTooMany(hashes.length, MAX_CHUNKS);
        }
        if (returned != 0) _checkReturned(node, day, d, returned, hashes.length * MAX_WORDS);

        bytes32[] memory leaves = new bytes32[](hashes.length);
        int256 sum;
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = _leafOf(hashes[i], sums[i]);
            sum += sums[i];
        }
        int256 expected = int256(d.net) - d.posted + int256(uint256(returned));
        if (sum != expected) revert SettlementOtherSum(node, day, sum, expected);

        ++d.run;
        d.posted += int88(sum); // what {expected} is made of has as many
        d.returned += returned;
        _days[node][day] = d;
        _payments[node][day][d.run] = DayRun({
            root: Merkle.root(leaves),
            sum: int88(sum), // as above
            returned: returned,
            postedAt: uint40(block.timestamp), // 34,000 years
            chunks: uint16(hashes.length), // at most 256
            paid: 0
        });
        emit PaymentsPosted(node, day, d.run, _payments[node][day][d.run].root, hashes, sums, returned);
    }

    /// @dev Once, when all runs are final: all of it, less rounding below one micro-credit for each account.
    function _checkReturned(uint8 node, uint32 day, DayState memory d, uint256 returned, uint256 accounts)
        private
        view
    {
        int256 rest = int256(d.surplus) - int256(returned);
        bool whole = rest >= 0 && rest < int256(accounts);
        if (d.finals != PER_DAY || d.returned != 0 || !whole) {
            revert SettlementOtherSurplus(node, day, returned, d.surplus);
        }
    }

    /// @inheritdoc ISettlementRuns
    function pay(uint8 node, uint32 day, ShownChunk calldata chunk) external {
        uint8 run = _days[node][day].run;
        DayRun storage p = _payments[node][day][run];
        uint256 until = p.postedAt + WINDOW;
        if (block.timestamp <= until) revert SettlementWindow(until);
        _requireChunk(node, day, p.root, p.chunks, chunk);
        uint256 bit = 1 << chunk.index;
        uint256 paid = p.paid;
        if (paid & bit != 0) revert SettlementPaid(node, day, run, chunk.index);

        p.paid = paid | bit;
        emit ChunkPaid(node, day, run, chunk.index);
        int256 sum = LEDGER.settle(chunk.words);
        if (sum != chunk.sum) revert SettlementOtherSum(node, day, sum, chunk.sum);
        if (paid | bit == _all(p.chunks)) _payOperator(node, day);
    }

    /// @dev A bit for each chunk, of at most 256.
    function _all(uint256 chunks) private pure returns (uint256) {
        return chunks == 0 ? 0 : type(uint256).max >> (MAX_CHUNKS - chunks);
    }

    /// @dev After all chunks of the run.
    function _payOperator(uint8 node, uint32 day) private {
        DayState memory d = _days[node][day];
        int88 amount = d.due - d.duePaid;
        if (amount == 0) return;
        ParticipantId operator = _operatorOf(node, day);
        _days[node][day].duePaid = d.due;
        emit OperatorPaid(node, day, operator, amount);
        uint256[] memory words = new uint256[](1);
        words[0] = _entry(_accountOf(operator), amount, 0);
        LEDGER.settle(words);
    }

    /// @dev The operator of a node at a day's end is liable for the day.
    function _operatorOf(uint8 node, uint32 day) private view returns (ParticipantId) {
        return _termsAt(node, uint32((uint256(day) + 1) * PER_DAY - 1)).operator; // a day whose intervals were posted
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISettlementRuns
    function intervalOf(uint8 node, uint32 interval) external view returns (IntervalState memory) {
        return _intervals[node][interval];
    }

    /// @inheritdoc ISettlementRuns
    function dayOf(uint8 node, uint32 day) external view returns (DayState memory) {
        return _days[node][day];
    }

    /// @inheritdoc ISettlementRuns
    function paymentsOf(uint8 node, uint32 day, uint8 run) external view returns (DayRun memory) {
        return _payments[node][day][run];
    }

    /// @inheritdoc ISettlementRuns
    function bondOf(ParticipantId operator) external view returns (uint96 amount, uint40 boundUntil) {
        return (_bonds[operator].amount, _bonds[operator].boundUntil);
    }
}
