// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {AccountLine} from "../../contracts/lib/AccountLine.sol";
import {ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId, SchemeId} from "../types/Ids.sol";
import {MeterId, NodeId} from "../types/MeterTypes.sol";
import {IRuleSource} from "../rules/ILedgerSources.sol";
import {IMeterOracle, LeafProof} from "../evidence/IMeterOracle.sol";
import {IBidProofs, ShownBid, ShownBook} from "./IBidProofs.sol";
import {IPowerLosses} from "./IPowerLosses.sol";
import {IPowerMarket, PowerAccountId} from "./IPowerMarket.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @dev Settlement terms of a node from the first interval of a day on: one slot. Prices in [micro-credit/kWh].
struct AreaTerms {
    uint32 fromInterval;
    ParticipantId operator; // settles the node, is liable for it, receives the grid fees
    uint32 feeImport; //       on an account's net import in an interval
    uint32 feeExport;
    uint32 spreadPpm; //       of the price: surcharge on short, discount on long positions
}

/// @dev Totals of a run: one node in one interval. Energy in Wh, amounts in micro-credits.
struct RunTotals {
    bytes32 lines; //     root of the account lines, see {AccountLine} and {LineTree}: its sums are the four below
    bytes32 meterRoot; // of the node's readings, see {IMeterOracle}; 0 where there are none
    SumWord sums; //      of the readings
    uint32 count; //      of lines: first one for each reading, in their order, then those of accounts without a meter
    uint48 soldWh; //     in the clearing, by all lines
    uint48 boughtWh;
    uint48 chargedWh; //  loss borne by the lines
    uint48 longWh; //     sum of imbalances above 0
    uint48 shortWh; //    sum of imbalances below 0, without sign
    uint48 importWh; //   sum of net imports
    uint48 exportWh; //   sum of net exports
    int88 net; //         sum of the lines' amounts, after fees
    uint88 fees; //       sum of their fees
    int88 due; //         to the operator: fees, and the energy that lines do not bear
    int80 surplus; //     receipts less payments
    uint32 rounding; //   remainder
    uint32 cleared; //    price of energy sold and bought in the clearing [micro-credit/kWh]
    uint40 shortPays; //  prices of imbalance, see {SettlementPrices}
    uint40 longGets;
}

/// @dev A run to post.
struct NodeRun {
    uint8 node;
    bytes32 data; // hash of the file of lines; the operator shows each account its own
    RunTotals totals;
}

/// @dev A line and its way to the root.
struct ShownLine {
    uint32 interval;
    uint32 index;
    RunTotals totals;
    AccountLine line;
    bytes proof; // hash (22 bytes) and sums (24) of each sibling, from the ground up, see {LineTree}
}

/// @dev The reading of a meter and its way to the root of the oracle, see {LeafProof}.
struct ShownReading {
    MeterId meter;
    uint32 index;
    bytes32 salt; // with which the leaf names the meter
    ReadingWord reading;
    bytes32 recordDigest;
    bytes proof;
}

/// @dev Owner of accounts at a node: one slot.
struct NodeOwner {
    uint32 since; //    day from which it has any, of its own accord; 0 = it has none
    uint32 accounts; // that are members
    uint32 meters; //   that it entered, at most as many
}

/// @dev A meter that its owner entered at a node: one slot.
struct EnteredMeter {
    ParticipantId owner;
    uint32 since; // day; 0 = it is not entered
}

/// @dev State of an interval: one slot.
struct IntervalState {
    uint40 postedAt; //      [s]; 0 = no run stands
    ParticipantId poster; // liable for the run
    uint176 commitment; //   of the totals; of no run: `account 32 | amount 96`, a reward that is kept for the account, 0 = none
}

/// @dev State of a day: sums of its intervals' standing runs. Two slots. Days have 24 hours from 1970-01-01, 00:00 UTC.
struct DayState {
    int88 net;
    int88 due;
    uint16 intervals; // that stand
    uint16 failures; //  of runs and lists
    uint32 lines; //     the most of any interval
    bool closed; //      without payments
    bool bonded; //      a poster's bond answers for it: it has a run, or was taken over, and is neither paid nor closed
    //
    int88 surplus;
    uint72 volumeWh; // net imports and exports
    uint96 carried; //  from days that were closed: bonds that were lost there, returned with the surplus
}

/// @dev Who took a day over from the operator, or from another: one slot.
struct DayTaker {
    ParticipantId poster; // 0 = the operator settles it
    uint40 until; //         [s] when another may take it over
}

/// @dev The list of a day's payments: two slots.
struct DayList {
    ParticipantId poster; // liable for it
    uint40 postedAt; //      [s] when it was complete, before that when it was begun
    uint32 last; //          account
    uint16 chunks;
    uint16 paid; //          chunks
    bool complete;
    uint96 debits; //        sum of the negative amounts, without sign
    //
    int96 sum; //            of the amounts
}

/// @dev A request to be shown a line: two slots.
struct LineAsk {
    address key; //     of the one-time key that the answer is encrypted to
    uint40 deadline; // [s] for the answer
    uint40 listAt; //   the list that it belongs to: its moment [s] and the day's failures, added
    bytes32 answer; //  hash of the answer; 0 = none yet
}

/// @dev An answer: the line encrypted by the key that both sides derive, see {SharedSecret}. Block `i` of it is
/// `keccak256(abi.encode(shared, i)) XOR` word `i` of `index | line, four words | proof`, the proof filled up to a whole word.
struct LineAnswer {
    bytes32 x; //     of the ephemeral point
    bool odd; //      whether its y is
    bytes32[] blocks;
}

/// @dev An answer that is an account: `keccak256(abi.encode(shared, 0)) XOR account`, see {LineAnswer}.
struct SealedAccount {
    bytes32 x; //     of the ephemeral point
    bool odd; //      whether its y is
    bytes32 word;
}

/// @dev Parts and terms of settlement; fixed at deployment.
struct SettlementParts {
    IWalletSource participants;
    IRuleSource schemes;
    IMeterOracle meters;
    IPowerMarket market;
    IPowerLosses losses;
    IBidProofs proofs;
    ITradedEnergy trades; // 0 = no contracts between accounts
    uint256 window; //       [s] dispute window of a day's list
    uint256 late; //         [s] after a day's end, when readings and losses are due
    uint256 bond; //         [micro-credit] least bond, and the penalty for something false
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

/// @title IMeterOwners
/// @notice {IMeters-meter}, of which settlement reads the first field alone.
interface IMeterOwners {
    /// @notice Owner of a meter.
    function meter(MeterId id) external view returns (ParticipantId owner);
}

/// @title INodeOracles
/// @notice {IMeters-node}, of which settlement reads the first six fields alone.
interface INodeOracles {
    /// @notice Scheme, jurisdiction and carrier of a node of meters, its oracle, its number and the length of its intervals [s].
    function node(NodeId id)
        external
        view
        returns (
            SchemeId scheme,
            uint16 jurisdiction,
            uint8 carrier,
            ParticipantId oracle,
            uint24 region,
            uint16 intervalS
        );
}

/// @title IMeteredNodes
/// @notice {IPowerGrid-node}, of which settlement reads the first five fields alone.
interface IMeteredNodes {
    /// @notice Scheme, jurisdiction, carrier and number of a node of the grid, and the node of meters whose sums settle it.
    function node(uint8 id)
        external
        view
        returns (SchemeId scheme, uint16 jurisdiction, uint8 carrier, uint24 region, NodeId metering);
}

/// @title IAccountSponsors
/// @notice {IPowerMarket-accountOf}, of which settlement reads the third field alone.
interface IAccountSponsors {
    /// @notice Free and bound credits of an account, and its sponsor.
    function accountOf(PowerAccountId account)
        external
        view
        returns (uint256 free, uint256 escrow, ParticipantId sponsor);
}

/// @title ISettlementRecords
/// @notice Events, errors and terms of settlement.
interface ISettlementRecords {
    /// @notice Emitted when a node's terms change.
    event AreaSet(uint8 indexed node, AreaTerms terms, address officer);
    /// @notice Emitted when an account belongs to a node, from day `since` on.
    event MemberJoined(uint8 indexed node, PowerAccountId indexed account, uint32 since);
    /// @notice Emitted when an account that does not belong to a node has a line there from an interval on, until the end of its day.
    event AccountEnrolled(uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account);
    /// @notice Emitted when a participant first has accounts at a node, of its own accord.
    event OwnerJoined(uint8 indexed node, ParticipantId indexed owner, uint32 since);
    /// @notice Emitted when an owner enters a meter at a node, from day `since` on.
    event MeterEntered(uint8 indexed node, MeterId indexed meter, ParticipantId indexed owner, uint32 since);
    /// @notice Emitted for each run.
    /// @param data hash of the file of lines
    event RunPosted(
        uint8 indexed node, uint32 indexed interval, ParticipantId indexed poster, RunTotals totals, bytes32 data
    );
    /// @notice Emitted when a run fails in a dispute. `wronged` gets half the penalty, {IPowerLedger-award}; 0 = no account.
    event RunFailed(uint8 indexed node, uint32 indexed interval, PowerAccountId wronged);
    /// @notice Emitted when the wronged account's half of a penalty is kept for it [micro-credit]: {payReward}.
    event RewardKept(uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account, uint96 amount);
    /// @notice Emitted when it is paid.
    event RewardPaid(uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account, uint96 amount);
    /// @notice Emitted for each part of a day's list, from chunk `first` on; 0 begins it anew.
    /// @param words `account 32 | amount 96, in two's complement`, low to high
    event PaymentsPosted(
        uint8 indexed node,
        uint32 indexed day,
        ParticipantId indexed poster,
        uint16 first,
        uint256[] words,
        bool complete
    );
    /// @notice Emitted when a day's list is dropped: it failed, or one of its runs did.
    event PaymentsDropped(uint8 indexed node, uint32 indexed day);
    /// @notice Emitted when a list fails in a dispute.
    event PaymentsFailed(uint8 indexed node, uint32 indexed day, PowerAccountId wronged);
    /// @notice Emitted when a chunk is paid; the amounts are in {IPowerLedger-AccountsSettled}.
    event ChunkPaid(uint8 indexed node, uint32 indexed day, uint16 index);
    /// @notice Emitted when the operator's amount of a day is paid.
    event OperatorPaid(uint8 indexed node, uint32 indexed day, ParticipantId indexed payee, int88 amount);
    /// @notice Emitted when a bond changes.
    event BondChanged(ParticipantId indexed poster, uint96 bond, int256 by);
    /// @notice Emitted when a line is asked for. The answer is encrypted to the point (x, y).
    /// @param byKey whether the account's key asks, not a wallet of the participant or the sponsor: each has its own answer
    event LineAsked(
        uint8 indexed node,
        uint32 indexed interval,
        PowerAccountId indexed account,
        bool byKey,
        bytes32 x,
        bytes32 y,
        uint40 deadline,
        address by
    );
    /// @notice Emitted when it is answered.
    event LineAnswered(
        uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account, bool byKey, LineAnswer answer
    );
    /// @notice Emitted when it is asked on whose line a meter's reading is. The answer is encrypted to the point (x, y).
    event ReadingAsked(
        uint8 indexed node,
        uint32 indexed interval,
        MeterId indexed meter,
        bytes32 x,
        bytes32 y,
        uint40 deadline,
        address by
    );
    /// @notice Emitted when it is answered.
    event ReadingAnswered(uint8 indexed node, uint32 indexed interval, MeterId indexed meter, SealedAccount answer);
    /// @notice Emitted when a participant takes a day over: no run stands there any more. {BondChanged} follows of the one that had it
    /// before, if that is liable: what it loses is carried to the day.
    event DayTaken(uint8 indexed node, uint32 indexed day, ParticipantId indexed by, uint40 until);
    /// @notice Emitted when a day ends without payments. {BondChanged} of who had it in hand follows.
    event DayClosed(uint8 indexed node, uint32 indexed day);
    /// @notice Emitted when a bond lost by a closed day, and what was carried to it, are carried to another [micro-credit].
    event BondsCarried(uint8 indexed node, uint32 indexed day, uint32 to, uint96 amount);
    /// @notice Emitted when an account's owner says that the clearing accepted less of its bids than its line has.
    event LineDoubted(uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account, uint40 deadline);
    /// @notice Emitted when the bids of such a line are shown.
    event LineProved(uint8 indexed node, uint32 indexed interval, PowerAccountId indexed account);

    /// @notice Thrown when an extension was made with other parts or terms. Remedy: one that was made with the same.
    error SettlementOtherParts(address extension);
    /// @notice Thrown when the market's interval does not divide a day. Remedy: a market of whole intervals a day.
    error SettlementBadStep(uint256 intervalS);
    /// @notice Thrown when the time for readings, a day and four windows do not fit in a day's seven days. Remedy: shorter times.
    error SettlementBadTimes(uint256 window, uint256 late);
    /// @notice Thrown when terms have no operator, a past interval or one within a day, or a spread beyond the price. Remedy: terms
    /// from the first interval of a day, from `earliest` on.
    error SettlementBadTerms(uint8 node, uint256 earliest);
    /// @notice Thrown when a node has no settlement terms. Remedy: {setArea} for a coming day.
    error SettlementNoTerms(uint8 node, uint32 interval);
    /// @notice Thrown when operator, oracle and owners of a node's accounts are not different participants, or the operator is not
    /// the one that the metering office named, see {IBidLimits}. Remedy: another participant for one of them, or name it.
    error SettlementInterested(uint8 node, ParticipantId participant);
    /// @notice Thrown when the caller is not a wallet of the account's owner. Remedy: the participant, the sponsor or the key.
    error SettlementNotOwner(address caller, PowerAccountId account);
    /// @notice Thrown when a meter is not the caller's, or is entered already, or was not by that day. Remedy: {enter} of an own
    /// meter, once, ahead of the day.
    error SettlementNotMeter(uint8 node, MeterId meter);
    /// @notice Thrown when an account belongs to a node already, is enrolled from an earlier interval on, or a bid to show for it is
    /// missing. Remedy: none is needed; an interval with an accepted bid.
    error SettlementNoMember(uint8 node, PowerAccountId account, uint256 since);
    /// @notice Thrown when the caller is not a wallet of who settles the day, or lacks the right. Remedy: that one's wallet, or
    /// {takeOver} in its time.
    error SettlementNotOperator(address caller, ParticipantId operator);
    /// @notice Thrown when a bond is below the minimum and the debits of the lists in their window [micro-credit]. Remedy: {bond}.
    error SettlementBondTooSmall(ParticipantId poster, uint256 bond, uint256 least);
    /// @notice Thrown when a bond would be freed while it answers for days. Remedy: {pay} each, or {closeDay}.
    error SettlementBondBound(ParticipantId poster, uint256 openDays);
    /// @notice Thrown when a run or list stands, its day is closed, or the caller took it over before. Remedy: none; a false one is
    /// disputed, and a day without a list taken over by others.
    error SettlementStands(uint8 node, uint32 period);
    /// @notice Thrown when readings and loss of an interval are not final, or a run leaves them out though they are, or before they
    /// were due. Remedy: after they are final; without readings after `late` [s].
    error SettlementNotFinal(uint8 node, uint32 interval, uint256 late);
    /// @notice Thrown when the loss borne by the lines differs from the area's booked loss. Remedy: the booked loss.
    error SettlementOtherLoss(uint8 node, uint32 interval, uint256 chargedWh, uint256 bookedWh);
    /// @notice Thrown when energy sold differs from energy bought plus scheduled outflow. Remedy: the acceptances of all curves.
    error SettlementNotScheduled(uint8 node, uint32 interval, int256 residueWh, uint256 mostWh);
    /// @notice Thrown when the energy balance does not close. `openWh` is 0 for none. Remedy: totals that are sums of lines.
    error SettlementEnergyOpen(uint8 node, uint32 interval, int256 openWh);
    /// @notice Thrown when a run has other prices than its clearing, reference and terms make. Remedy: the prices given.
    error SettlementOtherPrices(uint8 node, uint32 interval, uint256 cleared, uint256 shortPays, uint256 longGets);
    /// @notice Thrown when fees differ from those on imports and exports. Remedy: the fees of the terms.
    error SettlementOtherFees(uint8 node, uint32 interval, uint256 fees, uint256 least);
    /// @notice Thrown when the balance of money does not close. Remedy: amounts at the node's price.
    error SettlementMoneyOpen(uint8 node, uint32 interval, int256 open);
    /// @notice Thrown when lines are fewer than readings. Remedy: a line for each reading.
    error SettlementTooFewLines(uint8 node, uint32 interval, uint256 lines, uint256 readings);
    /// @notice Thrown when not all intervals of a day are settled yet. Remedy: {post} the others.
    error SettlementDayOpen(uint8 node, uint32 day, uint256 intervals, uint256 needed);
    /// @notice Thrown when a day has ended for good, or has not yet. Remedy: its payments before `end` [s], its runs or closure after.
    error SettlementDayEnd(uint8 node, uint32 day, uint256 end);
    /// @notice Thrown when a part of a list does not follow, or ends within a chunk. Remedy: go on at chunk `expected`, or anew at 0.
    error SettlementOtherChunk(uint8 node, uint32 day, uint256 first, uint256 expected);
    /// @notice Thrown when accounts of a list do not rise, or a word has bits beyond its fields. Remedy: sort by account.
    error SettlementUnsorted(uint8 node, uint32 day, uint256 word);
    /// @notice Thrown when an account of a list or request did not belong to the node on that day. Remedy: {join} or {enrol}.
    error SettlementNotMember(uint8 node, uint32 day, uint256 account);
    /// @notice Thrown when amounts do not add up to the day's net and surplus [micro-credit]. Remedy: each account's own lines.
    error SettlementOtherSum(uint8 node, uint32 day, int256 sum, int256 most);
    /// @notice Thrown when a call has no items, more than its limit, or lists of different lengths, or an owner enters more meters
    /// than it has accounts. Remedy: several calls; {join} with an account for each meter.
    error SettlementTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when a line is not under the root of its interval. Remedy: its proof.
    error SettlementNotInRoot(uint8 node, uint32 interval, uint256 index);
    /// @notice Thrown when totals are not those of the interval's standing run. Remedy: those of {RunPosted}.
    error SettlementOtherTotals(uint8 node, uint32 interval);
    /// @notice Thrown when a chunk is not the one that was posted, was paid, or the account is not in its range. Remedy: the words
    /// of {PaymentsPosted}.
    error SettlementNotInList(uint8 node, uint32 day, uint256 index);
    /// @notice Thrown when a payment or {takeOver} is inside, or a dispute, request or answer outside, its time. Remedy: after, or
    /// before, `until` [s].
    error SettlementWindow(uint256 until);
    /// @notice Thrown when there is no such request, or it was answered, or not yet. Remedy: {ask}.
    error SettlementNotAsked(uint8 node, uint32 interval, PowerAccountId account);
    /// @notice Thrown when bids shown come to less than a doubted line has. Remedy: all bids that it counted.
    error SettlementNotProved(uint8 node, uint32 interval, PowerAccountId account);
    /// @notice Thrown when the one-time key of a request is no point of secp256k1. Remedy: the public key of a secret.
    error SettlementNoPoint(bytes32 x, bytes32 y);
    /// @notice Thrown when a secret is not that of the one-time key. Remedy: the key of {LineAsked}.
    error SettlementOtherKey(address key, address expected);
    /// @notice Thrown when no reward is kept for an interval. Remedy: none; {RewardPaid} tells when it was paid.
    error SettlementNoReward(uint8 node, uint32 interval);
    /// @notice Thrown when a dispute shows no difference. Remedy: none; the line is right.
    error SettlementNothingFalse();
}

/// @title ISettlementRuns
/// @notice Runs of intervals and payments of days.
interface ISettlementRuns is ISettlementRecords {
    /// @notice Market of the settled accounts.
    function MARKET() external view returns (IPowerMarket);

    /// @notice Dispute window of a day's list [s]. A line is asked for in its first half and shown within a quarter.
    function WINDOW() external view returns (uint256);

    /// @notice Time after a day's end when readings and losses are due [s]; a day later others than the operator may take over.
    function LATE() external view returns (uint256);

    /// @notice Minimum bond, and the penalty for something false; half of it goes to the wronged account [micro-credit].
    function BOND() external view returns (uint256);

    /// @notice Posts runs of an interval, one for each node, when its day is over. Caller: a wallet with REPORT of the operator, or of the participant that
    /// took the day over; it has a bond.
    function post(uint32 interval, NodeRun[] calldata runs) external;

    /// @notice Posts the list of a day's payments, or a part of it: one word for each account, sorted by account, when all intervals
    /// of the day are posted. Caller: as {post}.
    /// @param first chunk: 96 words are a chunk; 0 begins anew
    /// @param words `account 32 | amount 96, in two's complement`, low to high, in whole chunks but the last
    /// @param last whether the list is complete
    function postPayments(uint8 node, uint32 day, uint16 first, uint256[] calldata words, bool last) external;

    /// @notice Pays a chunk after the dispute window, once. Caller: any account.
    function pay(uint8 node, uint32 day, uint16 index, uint256[] calldata words) external;

    /// @notice State of an interval.
    function intervalOf(uint8 node, uint32 interval) external view returns (IntervalState memory);

    /// @notice State of a day.
    function dayOf(uint8 node, uint32 day) external view returns (DayState memory);

    /// @notice List of a day.
    function listOf(uint8 node, uint32 day) external view returns (DayList memory);

    /// @notice A chunk that is not paid: its first account in the upper 32 bits, and 224 bits of the hash of its words; 0 = none.
    function chunkOf(uint8 node, uint32 day, uint16 index) external view returns (uint256);

    /// @notice Bond of a participant, what of it covers lists in their window and days taken over, and how many days of nodes it
    /// answers for: those it posted a run of or took over that are neither paid nor closed, nor taken over by another.
    function bondOf(ParticipantId poster) external view returns (uint96 amount, uint96 debits, uint24 openDays);
}

/// @title ISettlementTerms
/// @notice Terms and members.
interface ISettlementTerms is ISettlementRecords {
    /// @notice Sets a node's terms from the first interval of a future day on, within 366 days. Replaces terms set for that
    /// interval or later. The operator is the one named in {IBidLimits}, and not the owner of an account of the node. Caller:
    /// power MARKET in its scheme and jurisdiction.
    function setArea(uint8 node, AreaTerms calldata terms) external;

    /// @notice Accounts belong to a node from the next day on, at most 200 a call: each has a line in every interval from then on.
    /// An account may belong to several nodes and never leaves; an owner joins with one for each of its meters there. Caller: a wallet
    /// with TRADE of the participant or the sponsor.
    function join(uint8 node, PowerAccountId[] calldata accounts) external;

    /// @notice Enters meters of the caller's at a node from the next day on, at most 200 a call and in all at most as many as accounts
    /// of its own belong there: then each of their readings can be on an account of its own, and it is false where it is on none,
    /// see {ISettlementDisputes-askReading}. Which reading is on which of its accounts is told to the operator, outside the chain.
    /// Caller: a wallet with TRADE of the meters' owner.
    function enter(uint8 node, MeterId[] calldata meters) external;

    /// @notice Terms of a node in an interval; reverts where there are none.
    function termsAt(uint8 node, uint32 interval) external view returns (AreaTerms memory);

    /// @notice First day on which an account belongs to a node; 0 = never.
    function memberSince(uint8 node, PowerAccountId account) external view returns (uint32 day);

    /// @notice A participant as an owner of accounts and meters of a node.
    function ownerAt(uint8 node, ParticipantId owner) external view returns (NodeOwner memory);

    /// @notice Owner of a meter that was entered at a node, and since which day.
    function enteredAt(uint8 node, MeterId meter) external view returns (EnteredMeter memory);
}

/// @title ISettlementDisputes
/// @notice Disputes of lines and payments, proved against data on chain. Caller of each: any account; half of the penalty goes
/// to the account that was wronged. Until the window of the day's list ends.
interface ISettlementDisputes is ISettlementRecords {
    /// @notice Fails a run by a line that contradicts its reading, its share of the loss or its contracts between accounts, or adds
    /// up wrongly.
    /// @param reading the reading with the line's index; unused for a line beyond the readings
    function disputeLine(uint8 node, ShownLine calldata shown, LeafProof calldata reading) external;

    /// @notice Fails a run by a line whose sums since the day's begin are not those of the account's preceding line and its own.
    /// @param lines the line, behind the preceding one unless it is the first of its day
    function disputeSums(uint8 node, ShownLine[] calldata lines) external;

    /// @notice Fails a day's list whose word of an account contradicts its last line of the day, or is left out.
    /// @param index chunk in whose range the account is
    function disputePayment(uint8 node, uint32 day, uint16 index, uint256[] calldata words, ShownLine calldata shown)
        external;

    /// @notice Asks for an account's line of an interval, in the first half of the window; to be shown within an eighth. Once a
    /// list by the account's key, and once by the participant or the sponsor; a request costs about the gas of its answer.
    /// Caller: the account's key, or a wallet with TRADE of the participant or the sponsor.
    /// @param x of the one-time key's point
    /// @param y of the one-time key's point
    function ask(uint8 node, uint32 interval, PowerAccountId account, bytes32 x, bytes32 y) external;

    /// @notice Shows it, encrypted. Caller: a wallet with REPORT of the run's poster.
    /// @param byKey whether it was the account's key that asked
    /// @param key address of the one-time key that it is encrypted to
    function answer(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        bool byKey,
        address key,
        LineAnswer calldata shown
    ) external;

    /// @notice Fails a run whose line was not shown in time.
    /// @param byKey whether it was the account's key that asked
    function disputeSilence(uint8 node, uint32 interval, PowerAccountId account, bool byKey, RunTotals calldata totals)
        external;

    /// @notice Fails a run by an answer that is not the account's line.
    /// @param byKey whether it was the account's key that asked
    /// @param secret of the one-time key
    function disputeAnswer(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        bool byKey,
        RunTotals calldata totals,
        LineAnswer calldata shown,
        uint256 secret
    ) external;

    /// @notice The request for a line.
    /// @param byKey that of the account's key, or that of the participant or the sponsor
    function askOf(uint8 node, uint32 interval, PowerAccountId account, bool byKey)
        external
        view
        returns (LineAsk memory);

    /// @notice Asks on which account's line the reading of a meter is: were it another's, of whom alone that line can be had, the
    /// owner would not know. In the first quarter of the window, so that there is time to ask for the line of the account that is
    /// named; to be answered within an eighth, at the cost of {ask}, once a list. Caller: a wallet with TRADE of the owner who
    /// entered the meter.
    /// @param x of the one-time key's point
    /// @param y of the one-time key's point
    function askReading(uint8 node, uint32 interval, MeterId meter, bytes32 x, bytes32 y) external;

    /// @notice Names the account, encrypted. Caller: a wallet with REPORT of the run's poster.
    /// @param key address of the one-time key that it is encrypted to
    function answerReading(uint8 node, uint32 interval, MeterId meter, address key, SealedAccount calldata named)
        external;

    /// @notice Fails a run in which a reading is not where its meter's owner can see it: no account was named in time, or one that is not the
    /// owner's or has no line there, or one whose line is not on that reading. The reward is the owner's.
    /// @param shown the line of the account that was named; but for interval and totals unused where none was, or another's, and empty
    /// where it has none
    /// @param its the reading, without which silence alone counts for nothing
    /// @param named the answer; unused where there is none
    /// @param secret of the one-time key; unused where there is no answer
    function disputeReading(
        uint8 node,
        ShownLine calldata shown,
        ShownReading calldata its,
        SealedAccount calldata named,
        uint256 secret
    ) external;

    /// @notice The request for the account of a meter's reading.
    function readingAskOf(uint8 node, uint32 interval, MeterId meter) external view returns (LineAsk memory);
}

/// @title ISettlementBook
/// @notice What follows from the curves of a clearing. Caller of each: any account, but where it is said otherwise.
/// @dev {IBidProofs} tells the accepted energy of bids.
interface ISettlementBook is ISettlementRecords {
    /// @notice Fails a run by a line with less energy sold or bought than was accepted of its account's bids at the node. The reward
    /// is kept for the account, until {ISettlementBonds-payReward} or the next run of the interval pays it.
    /// @dev A customer's bid counts where the run's poster signed that it has the aggregator's bids, see {TreeReceipt}.
    /// @param bids in the order of bidder and index
    /// @param margins of the clearing that stands
    function disputeContracts(
        uint8 node,
        ShownLine calldata shown,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external;

    /// @notice Says that a line has more energy sold or bought than was accepted of its account's bids: the run's poster shows them
    /// within an eighth of the window. In the first three quarters of the window; once a list. Caller: the account's
    /// key, or a wallet with TRADE of the participant or the sponsor.
    function doubt(uint8 node, ShownLine calldata shown) external;

    /// @notice Shows bids of which so much was accepted. What an aggregator does not show the operator may be on its own account.
    /// @param bids in the order of bidder and index
    function prove(uint8 node, ShownLine calldata shown, ShownBid[] calldata bids, uint256[] calldata margins) external;

    /// @notice Fails a run with a doubted line whose bids were not shown in time.
    function disputeDoubt(uint8 node, uint32 interval, PowerAccountId account, RunTotals calldata totals) external;

    /// @notice Fails a run whose totals sold or bought contradict the acceptances of all curves at the node. Needs data from events
    /// only; all of the penalty is surplus.
    function disputeTotals(uint8 node, uint32 interval, RunTotals calldata totals, ShownBook calldata book) external;

    /// @notice Gives an account that does not belong to a node, where a bid of its own was accepted or its contracts leave energy sold or
    /// bought, a line from that interval to the day's end: who never joined keeps no node from being settled. Once more for an earlier
    /// interval of the day.
    /// @dev A customer's bid counts where who settles the day signed that it has the aggregator's bids, see {TreeReceipt}. Who settles
    /// the day, with a wallet with REPORT, needs none, and may enrol an aggregator whose bids it was not given by all of its curves, and who got no
    /// more than a watt-hour by rounding, which no proof shows.
    function enrol(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external;

    /// @notice First interval of a day in which an account has a line: the day's first of a member; 0 of one that has none.
    function firstLineOf(uint8 node, uint32 day, PowerAccountId account) external view returns (uint256 interval);

    /// @notice Whether a line is doubted, until when its bids are to be shown, and whether they were: 1 in the place of an answer.
    function doubtOf(uint8 node, uint32 interval, PowerAccountId account) external view returns (LineAsk memory);
}

/// @title ISettlementBonds
/// @notice Bonds of those who settle, and rewards that are kept of them.
interface ISettlementBonds is ISettlementRecords {
    /// @notice Adds free credits of the caller's account to its bond, which is on this contract's account in the ledger. Caller: a
    /// wallet with MANAGE.
    function bond(uint96 amount) external;

    /// @notice Gives a part of the bond back when it answers for no day: each is paid in full, closed or another's. Any account pays
    /// and closes days. Caller: a wallet with MANAGE.
    function unbond(uint96 amount) external;

    /// @notice Pays the reward that is kept for an interval, see {ISettlementBook-disputeContracts}, to the account that it is kept for.
    function payReward(uint8 node, uint32 interval) external;
}

/// @title ISettlementEnds
/// @notice How a day comes to its end, though its operator be silent. Caller of each: any account, but where it is said otherwise.
interface ISettlementEnds is ISettlementRecords {
    /// @notice Takes over a day that has no complete list a day after its readings and losses were due, or when they were due after
    /// two failures: whatever runs stand there fall, false ones that nobody can show among them, and the caller alone posts anew.
    /// Once for each participant, and for each taker another may follow a window later. Of its bond {BOND} is kept for the day beside
    /// what any poster needs, so that one bond holds up no two days. Who had it before and posted a run of it,
    /// though that fell, or took it over, loses {BOND}, as far as that covers no other list; the day's accounts get it with the surplus.
    /// Caller: a wallet with REPORT of a participant that is neither oracle nor owner of accounts there.
    function takeOver(uint8 node, uint32 day) external;

    /// @notice Closes a day that has no complete list seven days after its end: no account pays or gets anything for it. Who
    /// posted a run of it, though that fell, or took it over, left it unpaid and loses all of its bond that covers no other list; until
    /// then it takes none of it out. The node's accounts get it back, with the surplus of the day on which this is called.
    function closeDay(uint8 node, uint32 day) external;

    /// @notice Who took a day over, and until when no other does.
    function takerOf(uint8 node, uint32 day) external view returns (DayTaker memory);

    /// @notice Counts cleared prices of an interval whose day is paid into the references, see {IReferencePrices-countPrice}.
    /// @param runs as posted; `data` is not read
    function countPrices(uint32 interval, NodeRun[] calldata runs) external;
}

/// @title IPowerSettlement
/// @notice Settlement of deliveries: runs of each interval, checked against data on chain, and one payment for each account
/// and day, in a list that is posted in full.
/// @dev Two legs: energy sold and bought in the clearing, at the node's price; and the imbalance, metered less sold plus
/// bought less the share of the loss, at the worse of two prices less or plus a spread: the reference, and the cleared price
/// as far as energy was delivered behind it, see {SettlementPrices}. Delivered is what was sold and bought less all
/// imbalances: a bid that is not delivered gives its price no weight. Energy closes to the watt-hour:
///
///     sold − bought = scheduled outflow − scheduled inflow + residue, of at most two Wh and one for each arc
///     imbalances    = metered − sold + bought − loss borne by lines
///
/// where `metered` is export less import of all the node's meters, with those of the external grid and of line ends. The
/// metered difference that lines do not bear is the operator's. Money closes to the micro-credit:
///
///     net of lines + fees + operator + surplus + rounding = 0
///
/// Payers pay rounded up, payees receive rounded down; the surplus is the excess of receipts over payments, returned to
/// the day's accounts by metered volume. Rounding stays on the account of this contract, where bonds are too: what of a bond is
/// lost and not the wronged's stays there.
///
/// Each account has one line in each interval of a day at a node that it belongs to. A line carries the account's sums since
/// the day's begin, so that the last line has all that the account is owed, and each line is checked against the one before. The
/// list has one word for each account that is owed anything, sorted by account; members, order, sums and the poster's bond are
/// checked when it is posted. So a list harms an account only by a word that its own last line contradicts, or by a false
/// line. An account that is not shown its line asks for it.
///
/// Imports, exports and imbalances of a run are the sums of its tree of lines, see {LineTree}: an account that finds its line
/// there knows that it counts, and lines that are kept from those they concern can only add to them. Where they do, true lines come
/// to no list, and another takes the day over.
///
/// A day always ends. Where readings or losses are not final when they are due, the interval is settled without them, as if
/// all had delivered what they sold. After a day of silence any participant with a bond takes a day without a list over: runs
/// that stand there fall, and it alone settles the day anew, until after a window another may follow, each participant
/// once. So no one party, by runs that are false, withheld or never posted, leaves a day unpaid that another is ready to settle. Seven
/// days after its end a day without a list is closed, at the cost of who had it in hand. It holds no escrow: bids are held by
/// the market.
interface IPowerSettlement is
    ISettlementRuns,
    ISettlementTerms,
    ISettlementDisputes,
    ISettlementBook,
    ISettlementBonds,
    ISettlementEnds
{}
