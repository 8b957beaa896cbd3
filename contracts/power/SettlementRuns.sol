// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {GridNode} from "../../interfaces/power/IPowerGrid.sol";
import {AreaLoss, LossStatus} from "../../interfaces/power/IPowerLosses.sol";
import {ScheduledFlow} from "../../interfaces/power/IPowerMarket.sol";
import {AreaTerms, IntervalState, ISettlementRuns, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {PackedArc} from "../types/PackedArc.sol";
import {SettlementMath} from "./SettlementMath.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementRuns
/// @notice Part of {PowerSettlement}: runs of intervals, checked against data on chain.
abstract contract SettlementRuns is SettlementStore, ISettlementRuns {
    uint256 private constant PPM = 1_000_000;
    uint256 private constant SLACK = 2; // [Wh] of a clearing at a node, see {Clearing}
    /// @dev Roundings of a line: two legs of the contract, imbalance.
    uint256 private constant ROUNDINGS = 3;

    // ------------------------------------------------------------------ terms

    /// @inheritdoc ISettlementRuns
    function setArea(uint8 node, AreaTerms calldata terms) external {
        GridNode memory g = GRID.node(node);
        SCHEMES.checkPower(msg.sender, g.scheme, g.jurisdiction, Powers.MARKET);
        uint256 earliest = block.timestamp / INTERVAL_S + 1;
        // One step of time for meters and market.
        bool timed = METERS.node(NodeId.wrap(g.metering)).intervalS == INTERVAL_S;
        bool fits = terms.operator != ParticipantId.wrap(0) && terms.spreadPpm <= PPM;
        if (!timed || !fits || terms.fromInterval < earliest) revert SettlementBadTerms(node, terms, earliest);
        Horizon.check(terms.fromInterval, (block.timestamp + Horizon.CHANGE) / INTERVAL_S);
        AreaTerms[] storage all = _terms[node];
        for (uint256 left = all.length; left != 0 && all[left - 1].fromInterval >= terms.fromInterval; --left) {
            all.pop();
        }
        all.push(terms);
        emit AreaSet(node, terms, msg.sender);
    }

    /// @inheritdoc ISettlementRuns
    function termsAt(uint8 node, uint32 interval) external view returns (AreaTerms memory) {
        return _termsAt(node, interval);
    }

    // ------------------------------------------------------------------ bonds

    /// @inheritdoc ISettlementRuns
    function bond(uint96 amount) external {
        ParticipantId operator = _callerWith(WalletRights.MANAGE);
        uint96 total = _bonds[operator].amount + amount;
        _bonds[operator].amount = total;
        emit BondChanged(operator, total, int256(uint256(amount)));
        LEDGER.bind(_accountOf(operator), amount);
    }

    /// @inheritdoc ISettlementRuns
    function unbond(uint96 amount) external {
        ParticipantId operator = _callerWith(WalletRights.MANAGE);
        Bond memory b = _bonds[operator];
        if (block.timestamp <= b.boundUntil) revert SettlementBondBound(operator, b.boundUntil);
        if (amount > b.amount) revert SettlementBondTooSmall(operator, b.amount, amount);
        _bonds[operator].amount = b.amount - amount;
        emit BondChanged(operator, b.amount - amount, -int256(uint256(amount)));
        LEDGER.unbind(_accountOf(operator), amount);
    }

    /// @dev The caller posts for the operator, whose bond is liable for it.
    function _requireOperator(ParticipantId operator) internal {
        if (_callerWith(WalletRights.REPORT) != operator) revert SettlementNotOperator(msg.sender, operator);
        Bond storage b = _bonds[operator];
        if (b.amount < BOND) revert SettlementBondTooSmall(operator, b.amount, BOND);
        b.boundUntil = uint40(block.timestamp + WINDOW); // 34,000 years
    }

    function _callerWith(uint8 right) private view returns (ParticipantId participant) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != uint8(ParticipantStatus.Active) || rights & right == 0) {
            revert SettlementNotOperator(msg.sender, participant);
        }
    }

    // ------------------------------------------------------------------ runs

    /// @inheritdoc ISettlementRuns
    function post(uint8 node, uint32 interval, uint8 run, RunTotals calldata t, bytes32 data) external {
        AreaTerms memory a = _termsAt(node, interval);
        _requireOperator(a.operator);
        IntervalState memory before = _intervals[node][interval];
        if (before.isFinal) revert SettlementFinal(node, interval, before.run);
        if (run == 0 || run - 1 != before.run) revert SettlementBadRun(node, interval, run, before.run + 1);

        IntervalState memory next;
        (next.meterRun, next.isFinal) = _checkReadings(node, interval, t);
        _checkScheduled(node, interval, t);
        int256 openWh = _checkEnergy(node, interval, t);
        (next.due, next.surplus) = _checkMoney(node, interval, t, openWh, a);
        (next.run, next.net, next.commitment) = (run, t.net, _commit(t));
        next.postedAt = uint40(block.timestamp); // 34,000 years
        _book(node, interval, before, next);
        emit RunPosted(node, interval, run, t, next, data);
    }

    /// @dev Readings are the oracle's and the loss is the area's. When neither can change any more the run is final.
    function _checkReadings(uint8 node, uint32 interval, RunTotals calldata t)
        private
        view
        returns (uint8 meterRun, bool isFinal)
    {
        NodeId area = NodeId.wrap(GRID.node(node).metering);
        uint40 start = uint40(interval * INTERVAL_S); // 32 bits of intervals, of at most a day
        (meterRun, isFinal) = METERS.checkRoot(area, start, t.meterRoot, t.sums);
        AreaLoss memory l = LOSSES.areaLoss(area, start);
        if (l.chargedWh != t.chargedWh) revert SettlementOtherLoss(node, interval, t.chargedWh, l.chargedWh);
        if (l.status != LossStatus.Charged && l.status != LossStatus.Settled) isFinal = false;
        uint256 readings = t.sums.count();
        if (t.count < readings) revert SettlementTooFewLines(node, interval, t.count, readings);
    }

    /// @dev Energy sold beyond energy bought is scheduled outflow.
    function _checkScheduled(uint8 node, uint32 interval, RunTotals calldata t) private view {
        (, uint256[] memory arcs) = GRID.gridAt(interval * INTERVAL_S);
        int256 residue = int256(uint256(t.soldWh)) - int256(uint256(t.boughtWh));
        uint256 most = SLACK;
        for (uint256 i; i < arcs.length; ++i) {
            PackedArc arc = PackedArc.wrap(arcs[i]);
            if (arcs[i] == 0 || (arc.from() != node && arc.to() != node)) continue;
            ++most;
            ScheduledFlow memory flow = MARKET.scheduledOf(interval, uint8(i)); // at most 128
            if (arc.from() == node) residue -= int256(flow.sentWh);
            else residue += int256(flow.arrivingWh);
        }
        if (residue > int256(most) || -residue > int256(most)) {
            revert SettlementNotScheduled(node, interval, residue, most);
        }
    }

    /// @return openWh metered difference that lines do not bear
    function _checkEnergy(uint8 node, uint32 interval, RunTotals calldata t) private pure returns (int256 openWh) {
        (int256 exported, int256 imported) = (int256(t.sums.exportWh()), int256(t.sums.importWh()));
        int256 charged = int256(uint256(t.chargedWh));
        int256 netExport = int256(uint256(t.exportWh));
        int256 open = exported - imported - netExport + int256(uint256(t.importWh));
        if (open != 0 || netExport > exported) revert SettlementEnergyOpen(node, interval, open);
        open = exported - imported - int256(uint256(t.soldWh)) + int256(uint256(t.boughtWh)) - charged
            - int256(uint256(t.longWh)) + int256(uint256(t.shortWh));
        if (open != 0) revert SettlementEnergyOpen(node, interval, open);
        return charged - exported + imported;
    }

    function _checkMoney(uint8 node, uint32 interval, RunTotals calldata t, int256 openWh, AreaTerms memory a)
        private
        view
        returns (int88 due, int80 surplus)
    {
        uint256 least = SettlementMath.leastFees(t, a);
        if (t.fees < least || t.fees > least + t.count) revert SettlementOtherFees(node, interval, t.fees, least);
        (uint32 price,) = MARKET.priceOf(interval, node);
        (int256 own, int256 left) = SettlementMath.remainder(t, openWh, price, a);
        own += int256(uint256(t.fees));
        int256 open = int256(t.net) + own + left + int256(uint256(t.rounding));
        bool fits = t.rounding <= ROUNDINGS * (uint256(t.count) + 1) + 1;
        if (open != 0 || !fits) revert SettlementMoneyOpen(node, interval, open);
        return (int88(own), int80(left)); // below 2^104 / 10^9, and fees close to theirs
    }
}
