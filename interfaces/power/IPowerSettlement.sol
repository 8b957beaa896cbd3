// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ParticipantId} from "../types/Ids.sol";
import {IRuleSource} from "../rules/ILedgerSources.sol";
import {IMeterOracle, LeafProof} from "../evidence/IMeterOracle.sol";
import {IPowerLosses} from "./IPowerLosses.sol";
import {IPowerMarket, PowerAccountId} from "./IPowerMarket.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @dev How a node of the grid is settled from an interval on: one slot. Prices in [micro-credit/kWh].
struct AreaTerms {
    uint32 fromInterval;
    ParticipantId operator; // posts runs, answers for them, gets the grid fees
    uint32 feeImport; //       on what an account imports, net, in an interval
    uint32 feeExport;
    uint32 spreadPpm; //       of the price: who is short pays that more, who is long gets that less. 0 = single price
}

/// @dev What one run says of a node and interval. Energy in Wh.
struct RunTotals {
    bytes32 lines; //     root of the account lines, see {AccountLine}
    bytes32 meterRoot; // of the node's readings, see {IMeterOracle}
    SumWord sums; //      of these
    uint32 count; //      of lines: first one for each reading, in their order, then those of accounts without a meter
    uint48 soldWh; //     in the clearing, by all lines
    uint48 boughtWh;
    uint48 chargedWh; //  loss that the lines bear; 0 while the area's loss is not booked
    uint48 longWh; //     sum of imbalances above 0
    uint48 shortWh; //    sum of imbalances below 0, without sign
    uint48 importWh; //   sum of what accounts imported, net
    uint48 exportWh; //   sum of what accounts exported, net
    int88 net; //         [micro-credit] sum of what lines get, fees taken off
    uint88 fees; //       [micro-credit] sum of their fees
    uint32 rounding; //   [micro-credit] what rounding leaves over
}

/// @dev One account at one node in one interval. Its leaf is {Merkle-leaf} of abi.encode(line): the salt keeps it from being
/// guessed. An account has one line in each interval of a day, or in none.
struct AccountLine {
    PowerAccountId account;
    int48 meteredWh; // net export of its reading; 0 where it is held or missing
    uint48 soldWh; //   in the clearing
    uint48 boughtWh;
    int48 tradedWh; //  sold less bought by contracts, see {IPowerTrades}
    uint48 lossWh; //   its share of `chargedWh`
    int88 net; //       [micro-credit] contract leg, imbalance and fee
    uint96 unbound; //  [micro-credit] what its accepted orders bound, freed with the day's payment
    bytes32 salt;
}

/// @dev A line and its way to the root.
struct ShownLine {
    uint32 interval;
    uint32 index;
    RunTotals totals; // of the interval's present run
    AccountLine line;
    bytes32[] proof;
}

/// @dev All orders of an interval with what was accepted of them, as the clearing had them, see {Proposal}.
struct ShownBook {
    uint256[] orders;
    uint256[] accepted;
    uint256[] prices;
    uint256[] flows;
}

/// @dev A part of a day's payments, at most 200 words, and its way to the root.
struct ShownChunk {
    uint16 index;
    int88 sum; //         of the amounts
    uint256[] words; //   `account 32 | amount 96, in two's complement | unbound 96`, see {IPowerLedger-settle}
    bytes32[] proof;
}

/// @dev Where an interval stands: two slots.
struct IntervalState {
    uint8 run; //      0 = none yet
    uint8 meterRun; // of the readings it is made of
    bool isFinal;
    bool failed; //    shown to be false: the next run is asked for
    uint40 postedAt; // [s]
    int88 net; //      [micro-credit] booked to accounts
    int88 due; //      booked to the operator: fees, and what accounts do not bear of the loss
    //
    int80 surplus; //  booked to the surplus account
    uint176 commitment; // of the totals
}

/// @dev Where a day stands: sums of its intervals' present runs, and of what was posted for payment [micro-credit].
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

/// @dev What settlement is made with; fixed for ever.
struct SettlementParts {
    IWalletSource participants;
    IRuleSource schemes;
    IMeterOracle meters;
    IPowerMarket market;
    IPowerLosses losses;
    ITradedEnergy trades; // 0 = no contracts between accounts
    uint256 window; //       [s] in which what was posted can be shown to be false
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
/// @notice All that settlement asks of contracts between accounts. {IPowerTrades} answers it.
interface ITradedEnergy {
    /// @notice What an account has sold and bought by contract at a node in an interval [Wh]. All together sell what they buy.
    function positionOf(PowerAccountId account, uint8 node, uint32 interval)
        external
        view
        returns (uint256 soldWh, uint256 boughtWh);
}

/// @title ISettlementRecords
/// @notice What settlement tells and refuses, and what it is made with.
interface ISettlementRecords {
    /// @notice Emitted when a node gets other terms.
    event AreaSet(uint8 indexed node, AreaTerms terms, address officer);
    /// @notice Emitted for each run of an interval.
    /// @param data hash of the file of lines, which the operator shows to each account for its own line
    event RunPosted(
        uint8 indexed node, uint32 indexed interval, uint8 run, RunTotals totals, IntervalState state, bytes32 data
    );
    /// @notice Emitted when a run was shown to be false.
    event RunFailed(uint8 indexed node, uint32 indexed interval, uint8 run, PowerAccountId rewarded);
    /// @notice Emitted when the payments of a day are posted.
    /// @param hashes of the words of each chunk
    event PaymentsPosted(
        uint8 indexed node, uint32 indexed day, uint8 run, bytes32 root, bytes32[] hashes, int88[] sums, uint88 returned
    );
    /// @notice Emitted when payments of a day of which none was made are taken back: shown to be false, or a run of the day
    /// came in between.
    event PaymentsDropped(uint8 indexed node, uint32 indexed day, uint8 run);
    /// @notice Emitted when the payments of a day were shown to be false; they are dropped with it.
    event PaymentsFailed(uint8 indexed node, uint32 indexed day, uint8 run, PowerAccountId rewarded);
    /// @notice Emitted when a chunk is paid; the amounts are in {IPowerLedger-AccountsSettled}.
    event ChunkPaid(uint8 indexed node, uint32 indexed day, uint8 run, uint16 index);
    /// @notice Emitted when the operator is paid what all runs of a day came to.
    event OperatorPaid(uint8 indexed node, uint32 indexed day, ParticipantId indexed operator, int88 amount);
    /// @notice Emitted when a bond changes.
    event BondChanged(ParticipantId indexed operator, uint96 bond, int256 by);

    /// @notice Thrown when a day is no whole number of the market's intervals.
    error SettlementBadStep(uint256 intervalS);
    /// @notice Thrown when terms are of no participant, of a past interval, or say more than the whole price.
    error SettlementBadTerms(uint8 node, AreaTerms terms, uint256 earliest);
    /// @notice Thrown when nothing says how a node is settled.
    error SettlementNoTerms(uint8 node, uint32 interval);
    /// @notice Thrown when the caller is no wallet of the operator with the right it needs.
    error SettlementNotOperator(address caller, ParticipantId operator);
    /// @notice Thrown when a bond is below what an operator must have [micro-credit].
    error SettlementBondTooSmall(ParticipantId operator, uint256 bond, uint256 least);
    /// @notice Thrown when a bond would leave while a run can still be shown to be false.
    error SettlementBondBound(ParticipantId operator, uint256 until);
    /// @notice Thrown when a run is not the next one.
    error SettlementBadRun(uint8 node, uint32 interval, uint8 run, uint8 expected);
    /// @notice Thrown when an interval's last run is final.
    error SettlementFinal(uint8 node, uint32 interval, uint8 run);
    /// @notice Thrown when the loss that lines bear is not what the area's book says.
    error SettlementOtherLoss(uint8 node, uint32 interval, uint256 chargedWh, uint256 bookedWh);
    /// @notice Thrown when more or less was sold than bought and scheduled to leave.
    error SettlementNotScheduled(uint8 node, uint32 interval, int256 residueWh, uint256 mostWh);
    /// @notice Thrown when energy does not close. `openWh` is 0 for none.
    error SettlementEnergyOpen(uint8 node, uint32 interval, int256 openWh);
    /// @notice Thrown when fees are not those on what was imported and exported.
    error SettlementOtherFees(uint8 node, uint32 interval, uint256 fees, uint256 least);
    /// @notice Thrown when money does not close.
    error SettlementMoneyOpen(uint8 node, uint32 interval, int256 open);
    /// @notice Thrown when lines are fewer than readings.
    error SettlementTooFewLines(uint8 node, uint32 interval, uint256 lines, uint256 readings);
    /// @notice Thrown when not all intervals of a day are settled yet.
    error SettlementDayOpen(uint8 node, uint32 day, uint256 intervals, uint256 needed);
    /// @notice Thrown when amounts do not come to what intervals did, or to what was said of them [micro-credit].
    error SettlementOtherSum(uint8 node, uint32 day, int256 sum, int256 expected);
    /// @notice Thrown when payments are posted while others of the day are under way.
    error SettlementPaying(uint8 node, uint32 day, uint8 run, uint256 paid);
    /// @notice Thrown when a surplus is returned before all is final, twice, or not whole.
    error SettlementOtherSurplus(uint8 node, uint32 day, uint256 returned, int256 surplus);
    /// @notice Thrown when a call has no items, or more than its bound, or lists of different lengths.
    error SettlementTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when what is shown is not under the root of the interval or day `period`.
    error SettlementNotInRoot(uint8 node, uint32 period, uint256 index);
    /// @notice Thrown when totals are not those of the interval's present run.
    error SettlementOtherTotals(uint8 node, uint32 interval);
    /// @notice Thrown when a chunk was paid before.
    error SettlementPaid(uint8 node, uint32 day, uint8 run, uint256 index);
    /// @notice Thrown when payments may still be shown to be false, or may no longer.
    error SettlementWindow(uint256 until);
    /// @notice Thrown when orders and acceptances are not those of the clearing.
    error SettlementOtherBook(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when what is shown agrees with what is told to be false.
    error SettlementNothingFalse();

    /// @notice The market whose accounts are settled.
    function MARKET() external view returns (IPowerMarket);

    /// @notice [s] in which what was posted can be shown to be false.
    function WINDOW() external view returns (uint256);

    /// @notice [micro-credit] least bond of an operator; a false line costs as much, half of it to who showed it.
    function BOND() external view returns (uint256);
}

/// @title ISettlementRuns
/// @notice Runs of intervals and payments of days.
interface ISettlementRuns is ISettlementRecords {
    /// @notice Says how a node is settled from a coming interval on. Caller: power MARKET in its scheme and jurisdiction.
    function setArea(uint8 node, AreaTerms calldata terms) external;

    /// @notice Adds free credits of the operator's account to its bond. Caller: its wallet with MANAGE.
    function bond(uint96 amount) external;

    /// @notice Frees a part of the bond when nothing it stands for can be shown false any more. Caller: its wallet with MANAGE.
    function unbond(uint96 amount) external;

    /// @notice Posts a run of an interval. Caller: a wallet of the operator with REPORT.
    function post(uint8 node, uint32 interval, uint8 run, RunTotals calldata totals, bytes32 data) external;

    /// @notice Posts what is to be paid for a day, at most 256 chunks, when all its intervals are. Caller: as {post}.
    /// @param hashes keccak256 of the words of each chunk, as they are packed
    /// @param sums of the amounts of each chunk
    /// @param returned part of the surplus that the amounts return; once, when all runs are final: all of it but what rounding
    /// down leaves
    function postPayments(uint8 node, uint32 day, bytes32[] calldata hashes, int88[] calldata sums, uint88 returned)
        external;

    /// @notice Pays a chunk, when nobody has shown the day's payments false for {WINDOW}. Anybody; each once.
    function pay(uint8 node, uint32 day, ShownChunk calldata chunk) external;

    /// @notice Terms of a node in an interval; reverts where there are none.
    function termsAt(uint8 node, uint32 interval) external view returns (AreaTerms memory);

    /// @notice Where an interval stands.
    function intervalOf(uint8 node, uint32 interval) external view returns (IntervalState memory);

    /// @notice Where a day stands; days are of 24 hours from 1970-01-01, 00:00 UTC.
    function dayOf(uint8 node, uint32 day) external view returns (DayState memory);

    /// @notice A run of payments.
    function paymentsOf(uint8 node, uint32 day, uint8 run) external view returns (DayRun memory);

    /// @notice Bond of an operator, and until when it is bound [s].
    function bondOf(ParticipantId operator) external view returns (uint96 amount, uint40 boundUntil);
}

/// @title ISettlementDisputes
/// @notice How anybody shows that a line or a payment is false, against what the chain has.
interface ISettlementDisputes is ISettlementRecords {
    /// @notice Fails a run by a line that is not what its reading and the loss make of it, or adds up wrongly. Anybody, within
    /// {WINDOW}.
    /// @param reading the reading of the same number; not looked at for a line beyond the readings
    function disputeLine(uint8 node, ShownLine calldata shown, LeafProof calldata reading, PowerAccountId rewarded)
        external;

    /// @notice Fails a run by a line that has sold or bought other than was accepted of its account's orders at the node, or
    /// frees other than these bound.
    function disputeContracts(uint8 node, ShownLine calldata shown, ShownBook calldata book, PowerAccountId rewarded)
        external;

    /// @notice Fails a run whose totals sold or bought other than was accepted of all orders at the node: who was left out is
    /// missing there too. Needs nothing that is not in events.
    function disputeTotals(
        uint8 node,
        uint32 interval,
        RunTotals calldata totals,
        ShownBook calldata book,
        PowerAccountId rewarded
    ) external;

    /// @notice Fails the payments of a day by an account whose amounts, of all runs, are not what its lines come to, or free
    /// other than its lines do.
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
/// @notice What deliveries are worth: runs of each interval that the chain checks by what it knows itself, and one payment
/// for each account and day.
/// @dev Two legs: what an account sold and bought in the clearing, at the node's price; and its imbalance, metered less sold
/// plus bought less its share of the loss, at the same price or, with a spread, at a worse one. Energy closes to the watt-hour:
///
///     sold − bought = scheduled outflow − scheduled inflow + residue, of at most two Wh and one for each arc
///     imbalances    = metered − sold + bought − loss borne by lines
///
/// where `metered` is export less import of all the node's meters, the exchange with the grid outside and the ends of lines
/// among them. What lines do not bear of what the meters leave open is the operator's. Money closes to the micro-credit:
///
///     net of lines + fees + operator + surplus + rounding = 0
///
/// Payers pay rounded up, payees get rounded down; the surplus is what legs take in beyond what they pay out. Surplus and rounding
/// stay on the account of this contract; the surplus of a day returns to its accounts by metered volume, with the last payments.
///
/// A run is provisional until its readings and the area's loss are final; a later one replaces it and only the difference is
/// paid. A line that is not what readings, orders and loss make of it fails its run, and costs the operator a part of its bond.
interface IPowerSettlement is ISettlementRuns, ISettlementDisputes {}
