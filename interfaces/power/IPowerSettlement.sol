// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ParticipantId} from "../types/Ids.sol";
import {IRuleSource} from "../rules/ILedgerSources.sol";
import {IMeterOracle, LeafProof} from "../evidence/IMeterOracle.sol";
import {IPowerLosses} from "./IPowerLosses.sol";
import {IPowerMarket, PowerAccountId} from "./IPowerMarket.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @dev Settlement terms of a node from an interval on: one slot. Prices in [micro-credit/kWh].
struct AreaTerms {
    uint32 fromInterval;
    ParticipantId operator; // posts runs, is liable for them, receives the grid fees
    uint32 feeImport; //       on an account's net import in an interval
    uint32 feeExport;
    uint32 spreadPpm; //       of the price: surcharge on short, discount on long positions. 0 = single price
}

/// @dev Totals of one run for a node and interval. Energy in Wh.
struct RunTotals {
    bytes32 lines; //     root of the account lines, see {AccountLine}
    bytes32 meterRoot; // of the node's readings, see {IMeterOracle}
    SumWord sums; //      of the readings
    uint32 count; //      of lines: first one for each reading, in their order, then those of accounts without a meter
    uint48 soldWh; //     in the clearing, by all lines
    uint48 boughtWh;
    uint48 chargedWh; //  loss borne by the lines; 0 while the area's loss is not booked
    uint48 longWh; //     sum of imbalances above 0
    uint48 shortWh; //    sum of imbalances below 0, without sign
    uint48 importWh; //   sum of net imports
    uint48 exportWh; //   sum of net exports
    int88 net; //         [micro-credit] sum of the lines' amounts, after fees
    uint88 fees; //       [micro-credit] sum of their fees
    uint32 rounding; //   [micro-credit] remainder
}

/// @dev One account at one node in one interval. Its leaf is {Merkle-leaf} of abi.encode(line); the salt keeps it
/// confidential. An account has one line in each interval of a day, or in none.
struct AccountLine {
    PowerAccountId account;
    int48 meteredWh; // net export of its reading; 0 where it is held or missing
    uint48 soldWh; //   in the clearing
    uint48 boughtWh;
    int48 tradedWh; //  sold less bought by contracts, see {IPowerTrades}
    uint48 lossWh; //   its share of `chargedWh`
    int88 net; //       [micro-credit] contract leg, imbalance and fee
    uint96 unbound; //  [micro-credit] escrow of its accepted orders, freed with the day's payment
    bytes32 salt;
}

/// @dev A line and its Merkle proof.
struct ShownLine {
    uint32 interval;
    uint32 index;
    RunTotals totals; // of the interval's present run
    AccountLine line;
    bytes32[] proof;
}

/// @dev All orders of an interval with their acceptances, as in the clearing, see {Proposal}.
struct ShownBook {
    uint256[] orders;
    uint256[] accepted;
    uint256[] prices;
    uint256[] flows;
}

/// @dev A chunk of a day's payments, at most 200 words, and its Merkle proof.
struct ShownChunk {
    uint16 index;
    int88 sum; //         of the amounts
    uint256[] words; //   `account 32 | amount 96, in two's complement | unbound 96`, see {IPowerLedger-settle}
    bytes32[] proof;
}

/// @dev State of an interval: two slots.
struct IntervalState {
    uint8 run; //      0 = none yet
    uint8 meterRun; // of its readings
    bool isFinal;
    bool failed; //    disputed with success: the next run is due
    uint40 postedAt; // [s]
    int88 net; //      [micro-credit] booked to accounts
    int88 due; //      booked to the operator: fees, and the loss not borne by accounts
    //
    int80 surplus; //  booked to the surplus account
    uint176 commitment; // of the totals
}

/// @dev State of a day: sums of its intervals' present runs, and of its posted payments [micro-credit].
struct DayState {
    int88 net;
    int88 due;
    uint16 intervals; // posted and not failed
    uint16 finals;
    uint8 run; //        of payments
    //
    int88 surplus;
    uint88 returned; //  of the surplus
    int80 rounding;
    //
    int88 posted; //     sum of the amounts of all payment runs
    int88 duePaid; //    to the operator
}

/// @dev Parts and terms of settlement; fixed at deployment.
struct SettlementParts {
    IWalletSource participants;
    IRuleSource schemes;
    IMeterOracle meters;
    IPowerMarket market;
    IPowerLosses losses;
    ITradedEnergy trades; // 0 = no contracts between accounts
    uint256 window; //       [s] dispute window
    uint256 bond; //         [micro-credit] least bond of an operator
}

/// @dev One run of payments.
struct DayRun {
    bytes32 root;
    //
    int88 sum; //       of the amounts
    uint88 returned; // part of the surplus in it
    uint40 postedAt; // [s]
    uint16 chunks;
    //
    uint256 paid; //    one bit for each chunk
}

/// @title ITradedEnergy
/// @notice Source of bilateral trades for settlement, such as {IPowerTrades}.
interface ITradedEnergy {
    /// @notice Energy sold and bought by an account in contracts at a node and interval [Wh]. Over all accounts both are equal.
    function positionOf(PowerAccountId account, uint8 node, uint32 interval)
        external
        view
        returns (uint256 soldWh, uint256 boughtWh);
}

/// @title ISettlementRecords
/// @notice Events, errors and terms of settlement.
interface ISettlementRecords {
    /// @notice Emitted when a node's terms change.
    event AreaSet(uint8 indexed node, AreaTerms terms, address officer);
    /// @notice Emitted for each run of an interval.
    /// @param data hash of the file of lines; the operator shows each account its own line
    event RunPosted(
        uint8 indexed node, uint32 indexed interval, uint8 run, RunTotals totals, IntervalState state, bytes32 data
    );
    /// @notice Emitted when a run fails in a dispute.
    event RunFailed(uint8 indexed node, uint32 indexed interval, uint8 run, PowerAccountId rewarded);
    /// @notice Emitted when the payments of a day are posted.
    /// @param hashes of the words of each chunk
    event PaymentsPosted(
        uint8 indexed node, uint32 indexed day, uint8 run, bytes32 root, bytes32[] hashes, int88[] sums, uint88 returned
    );
    /// @notice Emitted when unpaid payments of a day are dropped: failed in a dispute, or superseded by a run.
    event PaymentsDropped(uint8 indexed node, uint32 indexed day, uint8 run);
    /// @notice Emitted when the payments of a day fail in a dispute; they are dropped.
    event PaymentsFailed(uint8 indexed node, uint32 indexed day, uint8 run, PowerAccountId rewarded);
    /// @notice Emitted when a chunk is paid; the amounts are in {IPowerLedger-AccountsSettled}.
    event ChunkPaid(uint8 indexed node, uint32 indexed day, uint8 run, uint16 index);
    /// @notice Emitted when the operator is paid its amount of a day.
    event OperatorPaid(uint8 indexed node, uint32 indexed day, ParticipantId indexed operator, int88 amount);
    /// @notice Emitted when a bond changes.
    event BondChanged(ParticipantId indexed operator, uint96 bond, int256 by);

    /// @notice Thrown when the market's interval does not divide a day.
    error SettlementBadStep(uint256 intervalS);
    /// @notice Thrown when terms have no operator, a past interval, or a spread beyond the price.
    error SettlementBadTerms(uint8 node, AreaTerms terms, uint256 earliest);
    /// @notice Thrown when a node has no settlement terms.
    error SettlementNoTerms(uint8 node, uint32 interval);
    /// @notice Thrown when the caller is not a wallet of the operator, or lacks the right.
    error SettlementNotOperator(address caller, ParticipantId operator);
    /// @notice Thrown when a bond is below the operator's minimum [micro-credit].
    error SettlementBondTooSmall(ParticipantId operator, uint256 bond, uint256 least);
    /// @notice Thrown when a bond would be freed inside a dispute window.
    error SettlementBondBound(ParticipantId operator, uint256 until);
    /// @notice Thrown when a run is not the next one.
    error SettlementBadRun(uint8 node, uint32 interval, uint8 run, uint8 expected);
    /// @notice Thrown when an interval is final.
    error SettlementFinal(uint8 node, uint32 interval, uint8 run);
    /// @notice Thrown when the loss borne by the lines differs from the area's booked loss.
    error SettlementOtherLoss(uint8 node, uint32 interval, uint256 chargedWh, uint256 bookedWh);
    /// @notice Thrown when energy sold differs from energy bought plus scheduled outflow.
    error SettlementNotScheduled(uint8 node, uint32 interval, int256 residueWh, uint256 mostWh);
    /// @notice Thrown when the energy balance does not close. `openWh` is 0 for none.
    error SettlementEnergyOpen(uint8 node, uint32 interval, int256 openWh);
    /// @notice Thrown when fees differ from those on imports and exports.
    error SettlementOtherFees(uint8 node, uint32 interval, uint256 fees, uint256 least);
    /// @notice Thrown when the balance of money does not close.
    error SettlementMoneyOpen(uint8 node, uint32 interval, int256 open);
    /// @notice Thrown when lines are fewer than readings.
    error SettlementTooFewLines(uint8 node, uint32 interval, uint256 lines, uint256 readings);
    /// @notice Thrown when not all intervals of a day are settled yet.
    error SettlementDayOpen(uint8 node, uint32 day, uint256 intervals, uint256 needed);
    /// @notice Thrown when amounts do not add up to the intervals' net, or to the posted sum [micro-credit].
    error SettlementOtherSum(uint8 node, uint32 day, int256 sum, int256 expected);
    /// @notice Thrown when payments are posted while others of the day are incomplete.
    error SettlementPaying(uint8 node, uint32 day, uint8 run, uint256 paid);
    /// @notice Thrown when a surplus is returned before the day is final, twice, or in part.
    error SettlementOtherSurplus(uint8 node, uint32 day, uint256 returned, int256 surplus);
    /// @notice Thrown when a call has no items, more than its limit, or lists of different lengths.
    error SettlementTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when a line or chunk is not under the root of the interval or day `period`.
    error SettlementNotInRoot(uint8 node, uint32 period, uint256 index);
    /// @notice Thrown when totals are not those of the interval's present run.
    error SettlementOtherTotals(uint8 node, uint32 interval);
    /// @notice Thrown when a chunk was paid before.
    error SettlementPaid(uint8 node, uint32 day, uint8 run, uint256 index);
    /// @notice Thrown when a payment is inside, or a dispute outside, the dispute window.
    error SettlementWindow(uint256 until);
    /// @notice Thrown when orders and acceptances are not those of the clearing.
    error SettlementOtherBook(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when a dispute shows no difference.
    error SettlementNothingFalse();

    /// @notice Market of the settled accounts.
    function MARKET() external view returns (IPowerMarket);

    /// @notice Dispute window [s].
    function WINDOW() external view returns (uint256);

    /// @notice Minimum bond of an operator, and its penalty for a false line; half of it rewards the disputer [micro-credit].
    function BOND() external view returns (uint256);
}

/// @title ISettlementRuns
/// @notice Runs of intervals and payments of days.
interface ISettlementRuns is ISettlementRecords {
    /// @notice Sets a node's terms from a future interval on, within 366 days. Replaces terms set for that interval or later.
    /// Caller: power MARKET in its scheme and jurisdiction.
    function setArea(uint8 node, AreaTerms calldata terms) external;

    /// @notice Adds free credits of the operator's account to its bond. Caller: its wallet with MANAGE.
    function bond(uint96 amount) external;

    /// @notice Frees a part of the bond after the dispute window. Caller: its wallet with MANAGE.
    function unbond(uint96 amount) external;

    /// @notice Posts a run of an interval. Caller: a wallet of the operator with REPORT.
    function post(uint8 node, uint32 interval, uint8 run, RunTotals calldata totals, bytes32 data) external;

    /// @notice Posts a day's payments, at most 256 chunks, when all its intervals are posted. Caller: as {post}.
    /// @param hashes keccak256 of the words of each chunk, as they are packed
    /// @param sums of the amounts of each chunk
    /// @param returned part of the surplus returned by the amounts; once, when all runs are final: all of it, rounded down for
    /// each account
    function postPayments(uint8 node, uint32 day, bytes32[] calldata hashes, int88[] calldata sums, uint88 returned)
        external;

    /// @notice Pays a chunk after the dispute window, once. Caller: any account.
    function pay(uint8 node, uint32 day, ShownChunk calldata chunk) external;

    /// @notice Terms of a node in an interval; reverts where there are none.
    function termsAt(uint8 node, uint32 interval) external view returns (AreaTerms memory);

    /// @notice State of an interval.
    function intervalOf(uint8 node, uint32 interval) external view returns (IntervalState memory);

    /// @notice State of a day; days have 24 hours from 1970-01-01, 00:00 UTC.
    function dayOf(uint8 node, uint32 day) external view returns (DayState memory);

    /// @notice A run of payments.
    function paymentsOf(uint8 node, uint32 day, uint8 run) external view returns (DayRun memory);

    /// @notice Bond of an operator, and the end of its dispute window [s].
    function bondOf(ParticipantId operator) external view returns (uint96 amount, uint40 boundUntil);
}

/// @title ISettlementDisputes
/// @notice Disputes of lines and payments, proved against data on chain. Caller of each: any account.
interface ISettlementDisputes is ISettlementRecords {
    /// @notice Fails a run by a line that contradicts its reading or its share of the loss, or adds up wrongly. Within
    /// {WINDOW}.
    /// @param reading the reading with the line's index; unused for a line beyond the readings
    function disputeLine(uint8 node, ShownLine calldata shown, LeafProof calldata reading, PowerAccountId rewarded)
        external;

    /// @notice Fails a run by a line whose energy sold or bought, or whose escrow freed, contradicts the acceptances of its
    /// account's orders at the node.
    function disputeContracts(uint8 node, ShownLine calldata shown, ShownBook calldata book, PowerAccountId rewarded)
        external;

    /// @notice Fails a run whose totals sold or bought contradict the acceptances of all orders at the node: an account left
    /// out is missing in the totals. Needs data from events only.
    function disputeTotals(
        uint8 node,
        uint32 interval,
        RunTotals calldata totals,
        ShownBook calldata book,
        PowerAccountId rewarded
    ) external;

    /// @notice Fails the payments of a day by an account whose amounts or freed escrow, over all runs, contradict its lines.
    /// @param chunks one of each run of the day so far, in order
    /// @param positions of the account's word in each
    /// @param lines of the account, of each interval of the day, in order
    function disputePayments(
        uint8 node,
        uint32 day,
        ShownChunk[] calldata chunks,
        uint256[] calldata positions,
        ShownLine[] calldata lines,
        PowerAccountId rewarded
    ) external;
}

/// @title IPowerSettlement
/// @notice Settlement of deliveries: runs of each interval, checked against data on chain, and one payment for each account
/// and day.
/// @dev Two legs: energy sold and bought in the clearing, at the node's price; and the imbalance, metered less sold plus
/// bought less the share of the loss, at the same price or, with a spread, at a worse one. Energy closes to the watt-hour:
///
///     sold − bought = scheduled outflow − scheduled inflow + residue, of at most two Wh and one for each arc
///     imbalances    = metered − sold + bought − loss borne by lines
///
/// where `metered` is export less import of all the node's meters, with those of the external grid and of line ends. The
/// metered difference that lines do not bear is the operator's. Money closes to the micro-credit:
///
///     net of lines + fees + operator + surplus + rounding = 0
///
/// Payers pay rounded up, payees receive rounded down; the surplus is the excess of receipts over payments. Surplus and
/// rounding stay on the account of this contract; a day's surplus is returned to its accounts by metered volume, with the last
/// payments.
///
/// A run is provisional until its readings and the area's loss are final; a later one replaces it and only the difference is
/// paid. A line that contradicts readings, orders or loss fails its run, and costs the operator a part of its bond.
interface IPowerSettlement is ISettlementRuns, ISettlementDisputes {}
