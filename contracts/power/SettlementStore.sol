// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerLedger} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerLosses} from "../../interfaces/power/IPowerLosses.sol";
import {IPowerMarket, PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayRun,
    DayState,
    IntervalState,
    ISettlementRecords,
    ITradedEnergy,
    RunTotals,
    SettlementParts,
    ShownChunk
} from "../../interfaces/power/IPowerSettlement.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {Merkle} from "../lib/Merkle.sol";
import {PackedLedgerEntryLib} from "../types/PackedLedgerEntry.sol";

/// @title SettlementStore
/// @notice Part of {PowerSettlement}: storage, terms, and the operator's bond.
/// @dev Storage, by slot:
///
///     terms     from 32 · operator 24 · fee import 32 · fee export 32 · spread 32           one per change, by node
///     bond      amount 96 · bound until 40                                                 one per operator
///     interval  run 8 · meter run 8 · final 8 · failed 8 · posted at 40 · net 88 · due 88   by (node, interval)
///               surplus 80 · commitment 176, of the run's totals
///     day       net 88 · due 88 · intervals 16 · finals 16 · run 8                          by (node, day)
///               surplus 88 · returned 88 · rounding 80
///               posted 88 · due paid 88
///     payments  root 256                                                                   by (node, day, run)
///               sum 88 · returned 88 · posted at 40 · chunks 16
///               paid 256, a bit for each chunk
///
/// Totals are in the event and in the commitment; calls that need them carry them.
abstract contract SettlementStore is ISettlementRecords {
    struct Bond {
        uint96 amount;
        uint40 boundUntil;
    }

    uint256 internal constant DAY = 1 days;

    /// @inheritdoc ISettlementRecords
    IPowerMarket public immutable MARKET;
    /// @inheritdoc ISettlementRecords
    uint256 public immutable WINDOW;
    /// @inheritdoc ISettlementRecords
    uint256 public immutable BOND;
    IPowerLedger internal immutable LEDGER;
    IPowerGrid internal immutable GRID;
    IMeterOracle internal immutable METERS;
    IPowerLosses internal immutable LOSSES;
    ITradedEnergy internal immutable TRADES;
    IWalletSource internal immutable PARTICIPANTS;
    IRuleSource internal immutable SCHEMES;
    uint256 internal immutable INTERVAL_S;
    uint256 internal immutable PER_DAY;
    uint256 internal immutable GUARANTEE;

    mapping(uint256 node => AreaTerms[]) internal _terms;
    mapping(ParticipantId operator => Bond) internal _bonds;
    mapping(uint256 node => mapping(uint256 interval => IntervalState)) internal _intervals;
    mapping(uint256 node => mapping(uint256 day => DayState)) internal _days;
    mapping(uint256 node => mapping(uint256 day => mapping(uint256 run => DayRun))) internal _payments;

    constructor(SettlementParts memory p) {
        (PARTICIPANTS, SCHEMES, METERS) = (p.participants, p.schemes, p.meters);
        (MARKET, LOSSES, TRADES) = (p.market, p.losses, p.trades);
        (LEDGER, GRID) = (IPowerLedger(address(p.market)), p.market.GRID());
        (WINDOW, BOND) = (p.window, p.bond);
        PowerTerms memory t = p.market.terms();
        if (DAY % t.intervalS != 0) revert SettlementBadStep(t.intervalS);
        (INTERVAL_S, GUARANTEE) = (t.intervalS, t.guarantee);
        PER_DAY = DAY / INTERVAL_S;
    }

    function _termsAt(uint8 node, uint32 interval) internal view returns (AreaTerms memory) {
        AreaTerms[] storage all = _terms[node];
        // First of the terms that begin after the interval, by bisection: changes to come do not make it dearer.
        (uint256 low, uint256 high) = (0, all.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (all[middle].fromInterval > interval) high = middle;
            else low = middle + 1;
        }
        if (low == 0) revert SettlementNoTerms(node, interval);
        return all[low - 1];
    }

    // ------------------------------------------------------------------ books

    /// @dev Adds the difference to the preceding run to the day.
    function _book(uint8 node, uint32 interval, IntervalState memory before, IntervalState memory next) internal {
        _intervals[node][interval] = next;
        uint256 day = interval / PER_DAY;
        DayState memory d = _days[node][day];
        _dropPayments(node, uint32(day), d);
        d.net += next.net - before.net;
        d.due += next.due - before.due;
        d.surplus += int88(next.surplus) - before.surplus;
        d.rounding -= int80(int256(next.net) + next.due + next.surplus - before.net - before.due - before.surplus);
        bool counted = before.run != 0 && !before.failed;
        if (next.failed && counted) --d.intervals;
        if (!next.failed && !counted) ++d.intervals;
        if (next.isFinal && !before.isFinal) ++d.finals;
        if (!next.isFinal && before.isFinal) --d.finals;
        _days[node][day] = d;
    }

    /// @dev Drops posted payments of which none is made.
    function _dropPayments(uint8 node, uint32 day, DayState memory d) internal {
        if (d.run == 0) return;
        DayRun memory p = _payments[node][day][d.run];
        if (p.paid != 0) return;
        d.posted -= p.sum;
        d.returned -= p.returned;
        delete _payments[node][day][d.run];
        emit PaymentsDropped(node, day, d.run);
        --d.run;
    }

    /// @dev A failed run counts as zero.
    function _fail(uint8 node, uint32 interval, PowerAccountId rewarded) internal {
        IntervalState memory s = _intervals[node][interval];
        IntervalState memory failed;
        (failed.run, failed.meterRun, failed.postedAt, failed.failed) = (s.run, s.meterRun, s.postedAt, true);
        _book(node, interval, s, failed);
        emit RunFailed(node, interval, s.run, rewarded);
        _slash(_termsAt(node, interval).operator, rewarded);
    }

    /// @dev The operator loses up to {BOND}: half of it is the reward, the rest is surplus.
    function _slash(ParticipantId operator, PowerAccountId rewarded) internal {
        Bond storage b = _bonds[operator];
        uint256 lost = b.amount < BOND ? b.amount : BOND;
        b.amount -= uint96(lost); // at most that
        emit BondChanged(operator, b.amount, -int256(lost));
        uint256[] memory words = new uint256[](2);
        words[0] = _entry(_accountOf(operator), -int256(lost), lost);
        words[1] = _entry(rewarded, int256(lost / 2), 0);
        LEDGER.settle(words);
    }

    // ------------------------------------------------------------------ words

    function _accountOf(ParticipantId participant) internal pure returns (PowerAccountId) {
        return PowerAccountId.wrap(ParticipantId.unwrap(participant));
    }

    /// @dev See {IPowerLedger-settle}; amounts here fit 96 bits.
    function _entry(PowerAccountId account, int256 amount, uint256 unbound) internal pure returns (uint256) {
        return PackedLedgerEntryLib.pack(PowerAccountId.unwrap(account), amount, unbound);
    }

    function _commit(RunTotals calldata totals) internal pure returns (uint176) {
        return uint176(uint256(keccak256(abi.encode(totals))) >> 80);
    }

    /// @dev keccak256 of the words as they stand; {abi-encodePacked} would copy one at a time.
    function _hashOf(uint256[] calldata words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, words.offset, shl(5, words.length))
            hash := keccak256(data, shl(5, words.length))
        }
    }

    function _leafOf(bytes32 hash, int256 sum) internal pure returns (bytes32) {
        return Merkle.leaf(hash, bytes32(uint256(sum)));
    }

    function _requireChunk(uint8 node, uint32 day, bytes32 root, uint256 chunks, ShownChunk calldata chunk)
        internal
        pure
    {
        bytes32 leaf = _leafOf(_hashOf(chunk.words), chunk.sum);
        if (!Merkle.verify(root, leaf, chunk.index, chunks, chunk.proof)) {
            revert SettlementNotInRoot(node, day, chunk.index);
        }
    }
}
