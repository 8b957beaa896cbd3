// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {AreaLoss, LossStatus} from "../../interfaces/power/IPowerLosses.sol";
import {ScheduledFlow} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayState,
    IntervalState,
    ISettlementRuns,
    NodeRun,
    RunTotals
} from "../../interfaces/power/IPowerSettlement.sol";
import {PackedArc} from "../types/PackedArc.sol";
import {ImbalancePrices, SettlementMath} from "./lib/SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementRuns
/// @notice Part of {PowerSettlement}: runs of intervals, checked against data on chain.
abstract contract SettlementRuns is SettlementStore, ISettlementRuns {
    uint256 private constant SLACK = 2; // [Wh] of a clearing at a node, see {Clearing}
    /// @dev Roundings of a line: two legs of the contract, imbalance.
    uint256 private constant ROUNDINGS = 3;
    uint256 private constant NODES = 64; // of a grid, see {IPowerGrid}

    /// @inheritdoc ISettlementRuns
    function post(uint32 interval, NodeRun[] calldata runs) external {
        (int256[NODES] memory outflows, uint256[NODES] memory slack) = _scheduled(interval);
        for (uint256 i; i < runs.length; ++i) {
            (uint8 node, RunTotals calldata t) = (runs[i].node, runs[i].totals);
            ParticipantId poster = _requirePoster(node, _dayOf(interval));
            IntervalState storage state = _intervals[node][interval];
            if (state.postedAt != 0) revert SettlementStands(node, interval);
            if (state.commitment != 0) _payKept(node, interval);
            _checkReadings(node, interval, t);
            int256 residue = int256(uint256(t.soldWh)) - int256(uint256(t.boughtWh)) - outflows[node];
            if (residue > int256(slack[node]) || -residue > int256(slack[node])) {
                revert SettlementNotScheduled(node, interval, residue, slack[node]);
            }
            _checkMoney(node, interval, t, _checkEnergy(node, interval, t));
            _intervals[node][interval] = IntervalState(uint40(block.timestamp), poster, _commit(t)); // 34,000 years
            _book(node, poster, _dayOf(interval), t);
            emit RunPosted(node, interval, poster, t, runs[i].data);
        }
    }

    /// @dev The first run of a day binds the poster's bond, until the day is paid or closed, or another takes it over.
    function _book(uint8 node, ParticipantId poster, uint32 day, RunTotals calldata t) private {
        DayState memory d = _days[node][day];
        if (!d.bonded) {
            d.bonded = true;
            ++_bonds[poster].openDays;
        }
        (d.net, d.due, d.surplus) = (d.net + t.net, d.due + t.due, d.surplus + t.surplus);
        d.volumeWh += uint72(t.importWh) + t.exportWh;
        ++d.intervals;
        if (t.count > d.lines) d.lines = t.count;
        _days[node][day] = d;
    }

    /// @dev The caller settles the day, and has a bond. All bids of the day are known when it is over: each account with
    /// one can be a member before the first run.
    function _requirePoster(uint8 node, uint32 day) internal view returns (ParticipantId poster) {
        poster = _callerWith(WalletRights.REPORT);
        if (block.timestamp < _after(day, 0)) revert SettlementDayEnd(node, day, _after(day, 0));
        uint256 end = _after(day, END);
        if (_days[node][day].closed || block.timestamp > end) revert SettlementDayEnd(node, day, end);
        ParticipantId settler = _settlerOf(node, day);
        if (poster != settler) revert SettlementNotOperator(msg.sender, settler);
        _requireApart(node, poster);
        Bond storage b = _bonds[poster];
        _requireBond(poster, b.amount, b.debits);
    }

    /// @dev Readings are the oracle's and the loss is the area's, and neither can change any more. Where that is not so when they
    /// were due, a run has no readings.
    function _checkReadings(uint8 node, uint32 interval, RunTotals calldata t) private view {
        NodeId area = _metering(node);
        uint40 start = uint40(interval * INTERVAL_S); // 32 bits of intervals, of at most a day
        uint256 late = _after(_dayOf(interval), LATE_);
        AreaLoss memory l = LOSSES.areaLoss(area, start);
        bool booked = l.status == LossStatus.Charged || l.status == LossStatus.Settled; // of readings that are final
        uint256 readings = t.sums.count();
        if (readings == 0) {
            if (booked || block.timestamp <= late) revert SettlementNotFinal(node, interval, late);
            return;
        }
        (, bool isFinal) = METERS.checkRoot(area, start, t.meterRoot, t.sums);
        if (!isFinal || !booked) revert SettlementNotFinal(node, interval, late);
        if (l.chargedWh != t.chargedWh) revert SettlementOtherLoss(node, interval, t.chargedWh, l.chargedWh);
        if (t.count < readings) revert SettlementTooFewLines(node, interval, t.count, readings);
    }

    /// @dev Scheduled outflow of every node, and what sold less bought may differ from it by. Reads each arc once.
    function _scheduled(uint32 interval)
        private
        view
        returns (int256[NODES] memory outflows, uint256[NODES] memory slack)
    {
        (, uint256[] memory arcs) = GRID.gridAt(interval * INTERVAL_S);
        // At most 128 arcs, of flows of 48 bits.
        unchecked {
            for (uint256 i; i < NODES; ++i) {
                slack[i] = SLACK;
            }
            for (uint256 i; i < arcs.length; ++i) {
                if (arcs[i] == 0) continue;
                (uint256 from, uint256 to) = (PackedArc.wrap(arcs[i]).from(), PackedArc.wrap(arcs[i]).to());
                ScheduledFlow memory flow = MARKET_.scheduledOf(interval, uint8(i));
                outflows[from] += int256(flow.sentWh);
                outflows[to] -= int256(flow.arrivingWh);
                ++slack[from];
                ++slack[to];
            }
        }
    }

    /// @return openWh metered difference that lines do not bear
    function _checkEnergy(uint8 node, uint32 interval, RunTotals calldata t) private pure returns (int256 openWh) {
        int256 sold = int256(uint256(t.soldWh)) - int256(uint256(t.boughtWh));
        int256 charged = int256(uint256(t.chargedWh));
        int256 metered = int256(uint256(t.exportWh)) - int256(uint256(t.importWh));
        if (t.sums.count() == 0) {
            // All are taken to have delivered what they sold.
            if (metered != sold || charged != 0 || t.longWh != 0 || t.shortWh != 0) {
                revert SettlementEnergyOpen(node, interval, metered - sold);
            }
            return 0;
        }
        int256 read = int256(t.sums.exportWh()) - int256(t.sums.importWh());
        if (read != metered || t.exportWh > t.sums.exportWh()) {
            revert SettlementEnergyOpen(node, interval, read - metered);
        }
        int256 open = read - sold - charged - int256(uint256(t.longWh)) + int256(uint256(t.shortWh));
        if (open != 0) revert SettlementEnergyOpen(node, interval, open);
        return charged - read;
    }

    function _checkMoney(uint8 node, uint32 interval, RunTotals calldata t, int256 openWh) private view {
        AreaTerms memory a = _termsAt(node, interval);
        uint256 least = SettlementMath.leastFees(t, a);
        if (t.fees < least || t.fees > least + t.count) revert SettlementOtherFees(node, interval, t.fees, least);
        ImbalancePrices memory p = _pricesOf(node, interval, t, a);
        if (t.cleared != p.cleared || t.shortPays != p.shortPays || t.longGets != p.longGets) {
            revert SettlementOtherPrices(node, interval, p.cleared, p.shortPays, p.longGets);
        }
        (int256 own, int256 left) = SettlementMath.remainder(t, openWh, p);
        own += int256(uint256(t.fees));
        int256 open = int256(t.net) + own + left + int256(uint256(t.rounding));
        bool fits = t.rounding <= ROUNDINGS * (uint256(t.count) + 1) + 1;
        if (open != 0 || !fits || t.due != own || t.surplus != left) revert SettlementMoneyOpen(node, interval, open);
    }
}
