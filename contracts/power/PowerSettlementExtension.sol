// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBidProofs, ShownBid, ShownBook} from "../../interfaces/power/IBidProofs.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    DayList,
    DayState,
    DayTaker,
    IntervalState,
    ISettlementBook,
    LineAsk,
    NodeRun,
    RunTotals,
    SettlementParts,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {AccountLine} from "../lib/AccountLine.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {SettlementDisputes} from "./SettlementDisputes.sol";
import {SettlementMath} from "./SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlementExtension
/// @notice Extension of the {PowerSettlement}: disputes, what follows from the bids of a clearing, and the ends of days; see
/// {ISettlementBook}.
/// @dev That a line has too little is shown by bids; that it has too much is said, and the poster shows the bids it counted. A
/// poster answers only for bids that it signed to have: what it was not given stays on the bidder's own account. See {Extendable}.
contract PowerSettlementExtension is SettlementDisputes, ISettlementBook {
    ParticipantId private constant NONE = ParticipantId.wrap(0);
    uint256 private constant FAILURES = 2; // of a day, after which it is taken over a day earlier

    constructor(SettlementParts memory p, uint256 intervalS, IPowerGrid grid, IReferencePrices references)
        SettlementStore(p, intervalS, grid, references)
    {}

    // ------------------------------------------------------------------ too little

    /// @inheritdoc ISettlementBook
    function disputeContracts(
        uint8 node,
        ShownLine calldata shown,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external {
        AccountLine memory line = _lineOf(node, shown);
        PowerAccountId account = PowerAccountId.wrap(line.account());
        ParticipantId poster = _intervals[node][shown.interval].poster;
        (bool isEnough,) = _weigh(line, node, shown.interval, poster, bids, margins);
        _requireFalse(isEnough);
        _failRun(node, shown.interval, shown.totals, account);
    }

    function _weigh(
        AccountLine memory line,
        uint8 node,
        uint32 interval,
        ParticipantId receiver,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) private view returns (bool isEnough, bool isProved) {
        uint256 bidsAt;
        uint256 marginsAt;
        assembly ("memory-safe") {
            bidsAt := add(sub(bids.offset, 0x24), 0x100)
            marginsAt := add(sub(margins.offset, 0x24), 0x100)
        }
        bytes memory head = abi.encodeWithSelector(
            IBidProofs.weigh.selector,
            line.account(),
            node,
            interval,
            receiver,
            line.soldWh(),
            line.boughtWh(),
            bidsAt,
            marginsAt
        );
        return abi.decode(_askProofs(head), (bool, bool));
    }

    /// @dev Asks {IBidProofs} about what is shown in this call: behind the head stands the call's data as it came, into which
    /// the head's offsets point.
    function _askProofs(bytes memory head) private view returns (bytes memory) {
        (bool done, bytes memory said) = address(PROOFS).staticcall(bytes.concat(head, msg.data[4:]));
        if (!done) {
            assembly ("memory-safe") {
                revert(add(said, 0x20), mload(said))
            }
        }
        return said;
    }

    // ------------------------------------------------------------------ too much

    /// @inheritdoc ISettlementBook
    function doubt(uint8 node, ShownLine calldata shown) external {
        uint32 interval = shown.interval;
        PowerAccountId account = PowerAccountId.wrap(_lineOf(node, shown).account());
        LineAsk storage request = _asks[_doubtOf(node, interval, account)];
        uint40 deadline = _asked(request, node, interval, account, WINDOW_ * 3 / 4, WINDOW_ / 8);
        emit LineDoubted(node, interval, account, deadline);
    }

    /// @inheritdoc ISettlementBook
    function prove(uint8 node, ShownLine calldata shown, ShownBid[] calldata bids, uint256[] calldata margins)
        external
    {
        AccountLine memory line = _lineOf(node, shown);
        PowerAccountId account = PowerAccountId.wrap(line.account());
        LineAsk storage request = _requireDoubted(node, shown.interval, account);
        if (block.timestamp > request.deadline) revert SettlementWindow(request.deadline);
        (, bool isProved) = _weigh(line, node, shown.interval, NONE, bids, margins);
        if (!isProved) revert SettlementNotProved(node, shown.interval, account);
        request.answer = bytes32(uint256(1));
        emit LineProved(node, shown.interval, account);
    }

    /// @inheritdoc ISettlementBook
    function disputeDoubt(uint8 node, uint32 interval, PowerAccountId account, RunTotals calldata totals) external {
        _failSilent(_requireDoubted(node, interval, account), node, interval, account, totals);
    }

    /// @inheritdoc ISettlementBook
    function doubtOf(uint8 node, uint32 interval, PowerAccountId account) external view returns (LineAsk memory) {
        return _asks[_doubtOf(node, interval, account)];
    }

    /// @dev A doubt of the present list whose bids are not shown.
    function _requireDoubted(uint8 node, uint32 interval, PowerAccountId account)
        private
        view
        returns (LineAsk storage)
    {
        return _requirePresent(_doubtOf(node, interval, account), node, interval, account, true);
    }

    /// @dev Beside the requests of lines, see {_request}.
    function _doubtOf(uint8 node, uint32 interval, PowerAccountId account) private pure returns (bytes32) {
        return ~_request(node, interval, account);
    }

    // ------------------------------------------------------------------ totals and members

    /// @inheritdoc ISettlementBook
    function disputeTotals(uint8 node, uint32 interval, RunTotals calldata totals, ShownBook calldata book) external {
        _requireTotals(node, interval, totals);
        uint256 bookAt;
        assembly ("memory-safe") {
            bookAt := add(sub(book, 4), 0x60)
        }
        bytes memory head = abi.encodeWithSelector(IBidProofs.acceptedAt.selector, node, interval, bookAt);
        uint256[2] memory accepted = abi.decode(_askProofs(head), (uint256[2]));
        _requireFalse(
            totals.soldWh == accepted[PackedCurveLib.OFFER] && totals.boughtWh == accepted[PackedCurveLib.BID]
        );
        _failRun(node, interval, totals, PowerAccountId.wrap(0));
    }

    /// @inheritdoc ISettlementBook
    function enrol(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external {
        uint32 day = _dayOf(interval);
        uint32 since = _sinceOf(node, PowerAccountId.unwrap(account));
        AccountLine memory none; // it has less than was accepted
        none.energy = PowerAccountId.unwrap(account);
        // Who settles the day could have no line for a bid that it was not given.
        (bool isEnough,) = _weigh(none, node, interval, _settlerOf(node, day), bids, margins);
        if (isEnough || (since != 0 && since <= day)) revert SettlementNoMember(node, account, since);
        _setSince(node, account, day);
    }

    // ------------------------------------------------------------------ ends

    /// @inheritdoc ISettlementBook
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
        _days[node][day] = anew;
        _bonds[next].debits += uint96(BOND_); // a part of a bond
        _setLiable(next, day);
        (taker.poster, taker.until) = (next, uint40(until));
        took[next] = until;
        mapping(uint256 => IntervalState) storage runs = _intervals[node];
        uint256 first = _firstOf(day);
        unchecked {
            for (uint256 i; i < PER_DAY; ++i) {
                delete runs[first + i];
            }
        }
    }

    /// @inheritdoc ISettlementBook
    function takerOf(uint8 node, uint32 day) external view returns (DayTaker memory) {
        return _takers[node][day];
    }

    /// @inheritdoc ISettlementBook
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

    /// @dev Runs in a day, and a day taken over, oblige to bring the day to an end: who does not loses up to `most` of its bond that
    /// covers no other list.
    function _forfeited(uint8 node, uint32 day, uint256 most) private returns (uint96) {
        if (_days[node][day].intervals == 0 && _takers[node][day].until == 0) return 0;
        ParticipantId poster = _settlerOf(node, day);
        _releaseTaker(node, day);
        return _lose(poster, _bonds[poster].debits, most, PowerAccountId.wrap(0));
    }

    /// @inheritdoc ISettlementBook
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
