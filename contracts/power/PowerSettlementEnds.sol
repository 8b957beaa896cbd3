// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    DayList,
    DayState,
    DayTaker,
    IntervalState,
    ISettlementEnds,
    NodeRun,
    RunTotals,
    SettlementParts
} from "../../interfaces/power/IPowerSettlement.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {SettlementMath} from "./lib/SettlementMath.sol";
import {SettlementBonds} from "./SettlementBonds.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlementEnds
/// @notice Extension of {PowerSettlementExtension}: bonds, days that others take over, days that are closed, and prices that count
/// once a day is paid; see {ISettlementBonds} and {ISettlementEnds}.
/// @dev See {Extendable}.
contract PowerSettlementEnds is SettlementBonds, ISettlementEnds {
    uint256 private constant FAILURES = 2; // of a day, after which it is taken over a day earlier

    constructor(SettlementParts memory p) SettlementStore(p) {}

    /// @inheritdoc ISettlementEnds
    function takeOver(uint8 node, uint32 day) external {
        ParticipantId next = _callerWith(WalletRights.REPORT);
        DayState storage d = _days[node][day];
        DayTaker storage taker = _takers[node][day];
        uint256 until = _after(day, d.failures < FAILURES ? LATE_ + SILENCE : LATE_);
        if (taker.until > until) until = taker.until;
        if (block.timestamp <= until || block.timestamp > _after(day, END)) revert SettlementWindow(until);
        mapping(ParticipantId => uint256) storage took = _took[node][day];
        if (_lists[node][day].complete || took[next] != 0) revert SettlementStands(node, day);
        _requireApart(node, next);
        _dropList(node, day);
        until = block.timestamp + WINDOW_;
        emit DayTaken(node, day, next, uint40(until)); // 34,000 years
        DayState memory anew;
        (anew.failures, anew.carried) = (d.failures, d.carried + _forfeited(node, day, BOND_));
        anew.bonded = true;
        _days[node][day] = anew;
        Bond storage b = _bonds[next];
        (b.debits, b.openDays) = (b.debits + uint96(BOND_), b.openDays + 1); // a part of a bond
        _requireBond(next, b.amount, b.debits);
        (taker.poster, taker.until) = (next, uint40(until));
        took[next] = until;
        mapping(uint256 => IntervalState) storage runs = _intervals[node];
        uint256 first = _firstOf(day);
        unchecked {
            for (uint256 i; i < PER_DAY; ++i) {
                if (runs[first + i].postedAt != 0) delete runs[first + i]; // a reward stays
            }
        }
    }

    /// @inheritdoc ISettlementEnds
    function takerOf(uint8 node, uint32 day) external view returns (DayTaker memory) {
        return _takers[node][day];
    }

    /// @inheritdoc ISettlementEnds
    function closeDay(uint8 node, uint32 day) external {
        DayState storage d = _days[node][day];
        if (block.timestamp <= _after(day, END)) revert SettlementDayEnd(node, day, _after(day, END));
        if (_lists[node][day].complete || d.closed) revert SettlementStands(node, day);
        _dropList(node, day);
        d.closed = true;
        emit DayClosed(node, day);
        uint96 amount = d.carried + _forfeited(node, day, type(uint256).max);
        if (amount == 0) return;
        // It has no list yet: a day of which an interval is to come has none.
        uint32 today = uint32(block.timestamp / DAY); // 11 million years
        _days[node][today].carried += amount;
        emit BondsCarried(node, day, today, amount);
    }

    /// @dev A run of a day, though it fell, and a day taken over, oblige to bring the day to an end: who does not loses up to `most` of
    /// its bond that covers no other list, and answers for the day no longer.
    function _forfeited(uint8 node, uint32 day, uint256 most) private returns (uint96) {
        if (!_days[node][day].bonded) return 0;
        _days[node][day].bonded = false;
        ParticipantId poster = _settlerOf(node, day);
        --_bonds[poster].openDays;
        _releaseTaker(node, day);
        return _lose(poster, _bonds[poster].debits, most);
    }

    /// @inheritdoc ISettlementEnds
    function countPrices(uint32 interval, NodeRun[] calldata runs) external {
        uint32 day = _dayOf(interval);
        for (uint256 i; i < runs.length; ++i) {
            (uint8 node, RunTotals calldata t) = (runs[i].node, runs[i].totals);
            DayList storage p = _lists[node][day];
            uint256 until = p.postedAt + WINDOW_;
            if (!p.complete || block.timestamp <= until) revert SettlementWindow(until);
            _requireTotals(node, interval, t);
            if (t.sums.count() == 0) continue; // nothing was delivered at a price
            // Where nothing was cleared nothing is backed, and counts for nothing.
            (uint256 backed, uint256 metered) = SettlementMath.delivered(t);
            // A node's metered energy of an interval is far below 48 bits.
            REFERENCES.countPrice(node, interval, t.cleared, uint48(backed), uint48(metered));
        }
    }
}
