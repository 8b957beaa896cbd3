// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IBidProofs} from "../../interfaces/power/IBidProofs.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerLedger} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerLosses} from "../../interfaces/power/IPowerLosses.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {
    AreaTerms,
    DayList,
    DayState,
    DayTaker,
    EnteredMeter,
    IAccountSponsors,
    IMeteredNodes,
    INodeOracles,
    IntervalState,
    ISettlementRecords,
    ITradedEnergy,
    LineAsk,
    NodeOwner,
    RunTotals,
    SettlementParts
} from "../../interfaces/power/IPowerSettlement.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {PackedLedgerEntryLib} from "../types/PackedLedgerEntry.sol";
import {ImbalancePrices, SettlementMath} from "./lib/SettlementMath.sol";

/// @title SettlementStore
/// @notice Part of {PowerSettlement}: storage, and the cost of a failure.
/// @dev Storage, by slot:
///
///     terms     from 32 · operator 24 · fee import 32 · fee export 32 · spread 32           one per change, by node
///     members   since day 32, of eight accounts                                            by node
///     owner     since day 32 · accounts 32 · meters 32                                      by (node, participant)
///     entered   owner 24 · since day 32                                                     by (node, meter)
///     bond      amount 96 · debits 96 · open days 24                                       one per participant
///               debits: of lists in their window, and a penalty for each day taken over
///     interval  posted at 40 · poster 24 · commitment 176, of the run's totals              by (node, interval)
///               without a run: reward kept for an account, account 32 · amount 96
///     day       net 88 · due 88 · intervals 16 · failures 16 · lines 32 · closed 8 · bonded 8    by (node, day)
///               surplus 88 · volume 72 · carried 96
///     list      poster 24 · posted at 40 · last 32 · chunks 16 · paid 16 · complete 8 · debits 96    by (node, day)
///               sum 96
///     taker     poster 24 · until 40                                                        by (node, day)
///     took      until                                                                      by (node, day, participant)
///     chunk     first account 32 · hash of its words 224                                    by (node, day, chunk)
///     enrolled  interval 32, from which an account that is no member has lines              by (node, day, account)
///     ask       key 160 · deadline 40 · list at 40                          by (node, interval, account or meter)
///               hash of the answer 256
///
/// Totals are in the event and in the commitment; calls that need them carry them.
abstract contract SettlementStore is ISettlementRecords {
    struct Bond {
        uint96 amount;
        uint96 debits;
        uint24 openDays;
    }

    uint256 internal constant DAY = 1 days;
    /// @dev After a day's end, when it is closed unless its list is complete.
    uint256 internal constant END = 7 days;
    /// @dev After readings and losses were due, when others may settle.
    uint256 internal constant SILENCE = 1 days;
    uint256 internal constant CHUNK = 96;
    /// @dev Of the market's accounts: participants' are below it.
    uint256 private constant FIRST_PSEUDONYM = 1 << 24;

    IPowerMarket internal immutable MARKET_;
    uint256 internal immutable WINDOW_;
    uint256 internal immutable LATE_;
    uint256 internal immutable BOND_;
    IPowerLedger internal immutable LEDGER;
    IPowerGrid internal immutable GRID;
    IMeterOracle internal immutable METERS;
    IReferencePrices internal immutable REFERENCES;
    IPowerLosses internal immutable LOSSES;
    IBidProofs internal immutable PROOFS;
    ITradedEnergy internal immutable TRADES;
    IWalletSource internal immutable PARTICIPANTS;
    IRuleSource internal immutable SCHEMES;
    uint256 internal immutable INTERVAL_S;
    uint256 internal immutable PER_DAY;

    mapping(uint256 node => AreaTerms[]) internal _terms;
    mapping(uint256 node => mapping(uint256 eighth => uint256 lanes)) internal _members;
    mapping(uint256 node => mapping(ParticipantId owner => NodeOwner)) internal _owners;
    mapping(uint256 node => mapping(MeterId meter => EnteredMeter)) internal _entered;
    mapping(ParticipantId poster => Bond) internal _bonds;
    mapping(uint256 node => mapping(uint256 interval => IntervalState)) internal _intervals;
    mapping(uint256 node => mapping(uint256 day => DayState)) internal _days;
    mapping(uint256 node => mapping(uint256 day => DayList)) internal _lists;
    mapping(uint256 node => mapping(uint256 day => DayTaker)) internal _takers;
    mapping(uint256 node => mapping(uint256 day => mapping(ParticipantId => uint256 until))) internal _took;
    mapping(uint256 node => mapping(uint256 day => mapping(uint256 index => uint256))) internal _chunks;
    mapping(bytes32 request => LineAsk) internal _asks;
    mapping(uint256 node => mapping(uint256 day => mapping(uint256 account => uint256))) internal _enrolled;

    constructor(SettlementParts memory p) {
        (PARTICIPANTS, SCHEMES, METERS) = (p.participants, p.schemes, p.meters);
        (MARKET_, LOSSES, TRADES, PROOFS) = (p.market, p.losses, p.trades, p.proofs);
        (LEDGER, GRID, REFERENCES) = (IPowerLedger(address(p.market)), p.market.GRID(), p.market.REFERENCES());
        (WINDOW_, LATE_, BOND_) = (p.window, p.late, p.bond);
        uint256 step = p.market.terms().intervalS;
        (INTERVAL_S, PER_DAY) = (step, DAY / step);
    }

    // ------------------------------------------------------------------ terms and times

    function _termsAt(uint8 node, uint256 interval) internal view returns (AreaTerms memory) {
        AreaTerms[] storage all = _terms[node];
        // First of the terms that begin after the interval, by bisection: changes to come do not make it dearer.
        (uint256 low, uint256 high) = (0, all.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (all[middle].fromInterval > interval) high = middle;
            else low = middle + 1;
        }
        if (low == 0) revert SettlementNoTerms(node, uint32(interval)); // 32 bits of intervals
        return all[low - 1];
    }

    function _dayOf(uint32 interval) internal view returns (uint32) {
        return uint32(interval / PER_DAY); // less than the interval
    }

    /// @dev The first interval of a day, which 32 bits count.
    function _firstOf(uint32 day) internal view returns (uint256) {
        unchecked {
            return day * PER_DAY;
        }
    }

    /// @dev A moment some seconds after a day's end.
    function _after(uint256 day, uint256 seconds_) internal pure returns (uint256) {
        return (day + 1) * DAY + seconds_;
    }

    /// @dev Prices of a node in an interval, of which energy counts as the totals of its run have it. None can change any more.
    function _pricesOf(uint8 node, uint32 interval, RunTotals calldata t, AreaTerms memory a)
        internal
        view
        returns (ImbalancePrices memory p)
    {
        (p.cleared,) = MARKET_.priceOf(interval, node);
        (uint256 backed, uint256 metered) = SettlementMath.delivered(t);
        (p.shortPays, p.longGets) = REFERENCES.imbalancePrices(node, interval, p.cleared, backed, metered, a.spreadPpm);
    }

    function _metering(uint8 node) internal view returns (NodeId metering) {
        (,,,, metering) = IMeteredNodes(address(GRID)).node(node);
    }

    function _oracleOf(uint8 node) internal view returns (ParticipantId oracle) {
        (,,, oracle,,) = INodeOracles(address(METERS)).node(_metering(node));
    }

    // ------------------------------------------------------------------ who

    function _callerWith(uint8 right) internal view returns (ParticipantId participant) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != uint8(ParticipantStatus.Active) || rights & right == 0) {
            revert SettlementNotOperator(msg.sender, participant);
        }
    }

    /// @dev The participant, or the sponsor of a pseudonym.
    function _ownerOf(PowerAccountId account) internal view returns (ParticipantId owner) {
        (,, owner) = IAccountSponsors(address(MARKET_)).accountOf(account);
        if (owner == ParticipantId.wrap(0) && PowerAccountId.unwrap(account) <= type(uint24).max) {
            owner = ParticipantId.wrap(uint24(PowerAccountId.unwrap(account))); // checked
        }
    }

    function _sinceOf(uint8 node, uint256 account) internal view returns (uint32) {
        return uint32(_members[node][account / 8] >> 32 * (account % 8)); // a lane
    }

    /// @dev First interval of a day in which an account has a line; 0 of none.
    function _firstLineOf(uint8 node, uint32 day, uint256 account) internal view returns (uint256 interval) {
        uint32 since = _sinceOf(node, account);
        return since != 0 && since <= day ? _firstOf(day) : _enrolled[node][day][account];
    }

    function _setSince(uint8 node, PowerAccountId account, uint32 since) internal {
        uint256 number = PowerAccountId.unwrap(account);
        uint256 shift = 32 * (number % 8);
        uint256 others = _members[node][number / 8] & ~(uint256(type(uint32).max) << shift);
        _members[node][number / 8] = others | uint256(since) << shift;
        emit MemberJoined(node, account, since);
    }

    /// @dev Who alone settles a day: the operator, until another takes the day over.
    function _settlerOf(uint8 node, uint32 day) internal view returns (ParticipantId settler) {
        settler = _takers[node][day].poster;
        if (settler == ParticipantId.wrap(0)) settler = _termsAt(node, _firstOf(day)).operator;
    }

    /// @dev Who settles a node, the oracle of its meters and the owners of its accounts are different participants.
    function _requireApart(uint8 node, ParticipantId poster) internal view {
        ParticipantId oracle = _oracleOf(node);
        bool apart = poster != oracle && _owners[node][poster].since == 0 && _owners[node][oracle].since == 0;
        if (!apart) revert SettlementInterested(node, poster);
    }

    /// @dev Of a day that another settles now, or that has ended: the penalty that its taker's bond kept for it.
    function _releaseTaker(uint8 node, uint32 day) internal {
        ParticipantId taker = _takers[node][day].poster;
        if (taker != ParticipantId.wrap(0)) _bonds[taker].debits -= uint96(BOND_); // added when it took the day over
    }

    function _requireBond(ParticipantId poster, uint256 amount, uint256 debits) internal view {
        if (amount < BOND_ + debits) revert SettlementBondTooSmall(poster, amount, BOND_ + debits);
    }

    /// @dev A run that failed, and one that was never posted, has no commitment.
    function _requireTotals(uint8 node, uint32 interval, RunTotals calldata totals) internal view {
        if (_intervals[node][interval].commitment != _commit(totals)) revert SettlementOtherTotals(node, interval);
    }

    // ------------------------------------------------------------------ failures

    function _failRun(uint8 node, uint32 interval, RunTotals calldata t, PowerAccountId wronged) internal {
        _reward(wronged, _takeOff(node, interval, t, wronged));
    }

    /// @dev Takes a run off its day, whose list falls with it.
    /// @return lost of the poster's bond
    function _takeOff(uint8 node, uint32 interval, RunTotals calldata t, PowerAccountId wronged)
        internal
        returns (uint96 lost)
    {
        uint32 day = _dayOf(interval);
        _requireOpen(node, day);
        ParticipantId poster = _intervals[node][interval].poster;
        delete _intervals[node][interval];
        DayState memory d = _days[node][day];
        (d.net, d.due, d.surplus) = (d.net - t.net, d.due - t.due, d.surplus - t.surplus);
        d.volumeWh -= uint72(t.importWh) + t.exportWh;
        --d.intervals;
        ++d.failures;
        _days[node][day] = d;
        emit RunFailed(node, interval, wronged);
        _dropList(node, day);
        return _lose(poster, 0, BOND_);
    }

    /// @dev Pays the reward that stands in the place of a run.
    function _payKept(uint8 node, uint32 interval) internal {
        uint256 kept = _intervals[node][interval].commitment;
        (PowerAccountId account, uint96 amount) = (PowerAccountId.wrap(uint32(kept >> 96)), uint96(kept)); // its parts
        delete _intervals[node][interval];
        emit RewardPaid(node, interval, account, amount);
        _award(account, amount);
    }

    function _failList(uint8 node, uint32 day, PowerAccountId wronged) internal {
        ParticipantId poster = _lists[node][day].poster;
        ++_days[node][day].failures;
        emit PaymentsFailed(node, day, wronged);
        _dropList(node, day);
        _reward(wronged, _lose(poster, 0, BOND_));
    }

    /// @dev A day is in dispute until the window of its list has ended, or it is closed.
    function _requireOpen(uint8 node, uint32 day) internal view {
        DayList storage p = _lists[node][day];
        uint256 until = p.postedAt + WINDOW_;
        if (p.complete && block.timestamp > until) revert SettlementWindow(until);
        if (_days[node][day].closed) revert SettlementStands(node, day);
    }

    function _dropList(uint8 node, uint32 day) internal {
        DayList storage p = _lists[node][day];
        if (p.postedAt == 0) return;
        _bonds[p.poster].debits -= p.debits;
        delete _lists[node][day]; // its chunks are overwritten by the next list's
        emit PaymentsDropped(node, day);
    }

    /// @dev Half of what a poster lost is for the wronged account, if there is one.
    function _reward(PowerAccountId wronged, uint96 lost) private {
        if (PowerAccountId.unwrap(wronged) != 0) _award(wronged, lost / 2);
    }

    /// @dev A participant has it at once; a pseudonym's waits for its key, since its credits are its sponsor's.
    function _award(PowerAccountId account, uint96 amount) private {
        if (PowerAccountId.unwrap(account) < FIRST_PSEUDONYM) _move(account, int256(uint256(amount)));
        else LEDGER.award(account, amount);
    }

    /// @dev A poster loses up to so much of its bond, beyond what is kept. It stays on the account of this contract, where bonds are.
    function _lose(ParticipantId poster, uint256 kept, uint256 most) internal returns (uint96 lost) {
        Bond storage b = _bonds[poster];
        uint96 amount = b.amount;
        uint256 free = amount < kept ? 0 : amount - kept;
        lost = uint96(free < most ? free : most); // of a bond
        b.amount = amount - lost;
        emit BondChanged(poster, amount - lost, -int256(uint256(lost)));
    }

    // ------------------------------------------------------------------ words

    function _accountOf(ParticipantId participant) internal pure returns (PowerAccountId) {
        return PowerAccountId.wrap(ParticipantId.unwrap(participant));
    }

    /// @dev Between an account and that of this contract, see {IPowerLedger-settle}; amounts here fit 96 bits.
    function _move(PowerAccountId account, int256 amount) internal {
        uint256[] memory words = new uint256[](1);
        words[0] = PackedLedgerEntryLib.pack(PowerAccountId.unwrap(account), amount, 0);
        LEDGER.settle(words);
    }

    function _request(uint8 node, uint32 interval, PowerAccountId account) internal pure returns (bytes32) {
        return keccak256(abi.encode(node, interval, account));
    }

    /// @dev keccak256 of the totals as they stand in calldata: 19 words.
    function _commit(RunTotals calldata totals) internal pure returns (uint176) {
        bytes32 hash;
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, totals, 0x260)
            hash := keccak256(data, 0x260)
        }
        return uint176(uint256(hash) >> 80);
    }

    /// @dev keccak256 of the words as they stand; {abi-encodePacked} would copy one at a time.
    function _hashOf(uint256[] calldata words) internal pure returns (uint224) {
        bytes32 hash;
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, words.offset, shl(5, words.length))
            hash := keccak256(data, shl(5, words.length))
        }
        return uint224(uint256(hash)); // the lower bits
    }
}
