// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {ParticipantId} from "../types/Ids.sol";
import {IPowerGrid} from "./IPowerGrid.sol";

/// @dev An account of the market's ledger: below 2^24 a participant's number, from there on a pseudonym's. 0 means none.
type PowerAccountId is uint32;

/// @dev Where an interval stands.
enum PowerStage {
    Open, //     takes orders
    Clearing, // takes clearings
    Cleared, //  the best clearing is final
    Lapsed //    nobody cleared it: no trade
}

/// @dev What a market is made with; fixed for ever.
struct PowerTerms {
    uint32 intervalS; //     [s] length of an interval, which is numbered by its start over this
    uint32 gateLeadS; //     [s] between gate closure and the interval's start
    uint32 windowS; //       [s] from gate closure in which clearings are taken
    uint32 priceCap; //      [micro-credit/kWh] of an order's price
    uint32 guarantee; //     [micro-credit/kWh] that an offer is backed with
    uint16 maximumOrders; // of an interval
}

/// @dev An account: one slot. Amounts in micro-credits.
struct PowerAccount {
    uint96 free;
    uint96 escrow; //         bound by orders
    ParticipantId sponsor; // of a pseudonym: whose money it is; 0 for a participant
    bool inDebt; //           what comes in pays the debt first, see {IPowerLedger}
}

/// @dev What an interval came to. Welfare and rent in [micro-credit × Wh / kWh].
struct PowerRound {
    PowerStage stage;
    uint16 count; //       orders
    uint16 released; //    orders whose escrow was released
    address proposer; //   of the best clearing; 0 = none
    uint40 clearedAt; //   [s]
    bytes32 orderHash; //  running keccak of the order words
    bytes32 resultHash; // running keccak of what was accepted, by packed words, see {Proposal}; 0 = none
    int256 welfare;
    uint256 energyWh; //   [Wh] accepted of bids
    uint256 lossWh; //     [Wh] scheduled losses of lines
    int256 rent; //        congestion rent of all arcs
}

/// @dev A clearing somebody proposes. Lanes have 32 bits, eight a word, the first lowest; none beyond the last is used.
struct Proposal {
    uint256[] orders; //   their words as they were placed, in their order
    uint256[] accepted; // [Wh] by order, in lanes
    uint256[] prices; //   [micro-credit/kWh] by node, in lanes
    uint256[] flows; //    [Wh] sent, by arc, in lanes
    uint256[] arcs; //     the grid's words at the interval's start, see {IPowerGrid-gridAt}
}

/// @dev Orders whose escrow is to be released: the last ones still bound, in the order of the set.
struct Release {
    bytes32 orderBefore; //  running hash of the orders ahead of them
    bytes32 resultBefore; // running hash of what was accepted ahead of them; not asked of an interval that lapsed
    uint256[] orders; //     their words
    uint256[] accepted; //   packed words as in the proposal; none of an interval that lapsed
}

/// @dev What a clearing scheduled for an arc.
struct ScheduledFlow {
    uint256 sentWh;
    uint256 arrivingWh; // sent × efficiency, rounded down
    int256 rent; //        [micro-credit × Wh / kWh] arriving at its price, less sent at its own and the cost
}

/// @dev What somebody signs once, off chain, for a sponsor to place orders by, one an interval.
struct StandingInstruction {
    address signer; //      a wallet with the right to trade, or a pseudonym's key
    uint8 node;
    uint8 side; //          0 buys, 1 sells
    uint32 price; //        [micro-credit/kWh] no bid above it, no offer below it
    uint32 maximumWh; //    [Wh] of each interval
    uint32 fromInterval;
    uint32 untilInterval; // the last one
    address aggregator; //  who may submit it; 0 = anybody
    uint256 salt; //        makes two instructions of one text differ
}

/// @dev An order by a standing instruction.
struct InstructedOrder {
    StandingInstruction instruction;
    uint32 limitWh;
    uint32 price; // [micro-credit/kWh]
    bytes signature;
}

/// @title IPowerMarket
/// @notice Bids and offers for energy by node and interval, escrowed; clearings that anybody solves and the chain proves.
/// @dev Orders are words, see {PackedPowerOrder}: `accepted 32 | account 32 | limit 32 | price 32 | node 8 | side 8`, low to high.
/// Prices are never negative: orders cannot be priced below 0, and so energy is nowhere paid for being wasted on a line.
interface IPowerMarket is IERC1155Receiver {
    // ------------------------------------------------------------------ events

    /// @notice Emitted once, when the market learns what it is paid in.
    /// @param microPerUnit micro-credits that one unit of the token stands for
    event CreditsSet(address indexed token, uint256 indexed id, uint64 microPerUnit);

    /// @notice Emitted when credits arrive in an account [micro-credit].
    event CreditsDeposited(PowerAccountId indexed account, address indexed from, uint256 amount);

    /// @notice Emitted when credits leave an account [micro-credit].
    event CreditsWithdrawn(PowerAccountId indexed account, address indexed to, uint256 amount);

    /// @notice Emitted when a participant opens an account under a name of its own.
    event PseudonymOpened(PowerAccountId indexed account, ParticipantId indexed sponsor, address signer);

    /// @notice Emitted when credits move between a sponsor and its pseudonyms [micro-credit].
    event CreditsMoved(PowerAccountId indexed from, PowerAccountId indexed to, uint256 amount);

    /// @notice Emitted for orders of one call, in the order of the set.
    /// @param first number of the first of them in the interval, from 0
    /// @param orders their words, see {PackedPowerOrder}
    event OrdersPlaced(uint32 indexed interval, uint256 first, uint256[] orders);

    /// @notice Emitted when an instruction was used; it is good for later intervals only.
    event InstructionUsed(address indexed signer, bytes32 indexed digest, uint32 indexed interval);

    /// @notice Emitted when an instruction ends before its last interval.
    event InstructionRevoked(address indexed signer, bytes32 indexed digest, address by);

    /// @notice Emitted when a clearing is the best so far; the last one of an interval holds.
    /// @param prices [micro-credit/kWh] by node, eight lanes of 32 bits a word, the first lowest
    /// @param flows [Wh] sent, by arc, packed alike
    /// @param accepted [Wh] by order, packed alike
    event IntervalCleared(
        uint32 indexed interval,
        address indexed proposer,
        bytes32 resultHash,
        int256 welfare,
        uint256 energyWh,
        uint256 lossWh,
        int256 rent,
        uint256[] prices,
        uint256[] flows,
        uint256[] accepted
    );

    /// @notice Emitted when the escrow of orders `first` to `first + count - 1` is reduced to what was accepted of them.
    event EscrowReleased(uint32 indexed interval, uint256 first, uint256 count);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown when the market is made with terms that contradict themselves or the grid's notice.
    error PowerBadTerms(PowerTerms terms);
    /// @notice Thrown when the credits are set again, or to nothing.
    error PowerCreditsFixed(address token, uint256 id);
    /// @notice Thrown when another token than the credits arrives.
    error PowerForeignCredits(address token, uint256 id);
    /// @notice Thrown when the wallet belongs to no participant that is active, or lacks the right.
    error PowerNotAllowed(address wallet);
    /// @notice Thrown when credits would leave to a wallet of somebody else.
    error PowerForeignWallet(address wallet, ParticipantId participant);
    /// @notice Thrown when an account has less than is needed [micro-credit].
    error PowerInsufficientCredits(PowerAccountId account, uint256 free, uint256 needed);
    /// @notice Thrown for an amount of nothing, or that is not whole units of the token, or beyond the ledger.
    error PowerBadAmount(uint256 amount);
    /// @notice Thrown when the account is no pseudonym of the caller's participant.
    error PowerNotSponsor(PowerAccountId account, ParticipantId participant);
    /// @notice Thrown when a signer stands for an account already.
    error PowerSignerTaken(address signer, PowerAccountId account);
    /// @notice Thrown when a call carries more items than its bound, or lists of different lengths.
    error PowerTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when an interval is not in the stage the act needs.
    error PowerWrongStage(uint32 interval, PowerStage stage);
    /// @notice Thrown when an interval is too far ahead to be traded.
    error PowerTooFarAhead(uint32 interval, uint256 latest);
    /// @notice Thrown when an order's word is not plain, of another account, without energy, or its price or node is none.
    error PowerBadOrder(uint256 word);
    /// @notice Thrown when an interval has all the orders it may have.
    error PowerIntervalFull(uint32 interval, uint256 limit);
    /// @notice Thrown when what is placed is not what was instructed.
    error PowerNotInstructed(address signer, bytes32 digest);
    /// @notice Thrown when the signature is not the signer's.
    error PowerBadSignature(address signer, bytes32 digest);
    /// @notice Thrown when an instruction was used for this interval or a later one, or was revoked.
    error PowerInstructionUsed(address signer, bytes32 digest, uint32 interval);
    /// @notice Thrown when a clearing is not of all orders of the interval, in their order.
    error PowerOtherOrders(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when an interval has no orders to clear.
    error PowerNoOrders(uint32 interval);
    /// @notice Thrown when a clearing is not better than the one that stands.
    error PowerNotBetter(uint32 interval, int256 standing, int256 offered);
    /// @notice Thrown when orders or acceptances shown are not the last ones whose escrow is still bound.
    error PowerNotTheNext(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when no price is known for a node.
    error PowerNoPrice(uint32 interval, uint8 node);

    // ------------------------------------------------------------------ accounts

    /// @notice Says what the market is paid in. Restricted; once.
    function setCredits(address token, uint256 id, uint64 microPerUnit) external;

    /// @notice Takes free credits out [token units]. Caller: wallet with WITHDRAW; `to` is one of its participant's.
    function withdraw(uint256 units, address to) external;

    /// @notice Opens accounts under names of their own, at most 200. Caller: wallet with TRADE.
    /// @dev Only keys appear: who stands behind one is known to its sponsor alone, and a key made anew each day leaves
    /// nothing to follow. What a pseudonym has is its sponsor's.
    /// @param signers whose signatures place the account's orders
    /// @param credits [micro-credit] given to each from the sponsor's account
    function openPseudonyms(address[] calldata signers, uint96[] calldata credits)
        external
        returns (PowerAccountId first);

    /// @notice Gives credits to pseudonyms [micro-credit]; at most 200. Caller: wallet with TRADE of their sponsor.
    function fund(PowerAccountId[] calldata accounts, uint96[] calldata credits) external;

    /// @notice Takes all free credits of pseudonyms back; at most 200. Caller: wallet with TRADE of their sponsor.
    function sweep(PowerAccountId[] calldata accounts) external;

    // ------------------------------------------------------------------ orders

    /// @notice Places orders of the caller's own account: a wallet with TRADE, or a pseudonym's key. At most 200.
    /// @dev A bid binds limit × price, an offer limit × guarantee, rounded up. An order cannot be taken back.
    function place(uint32 interval, uint256[] calldata words) external;

    /// @notice Places orders by standing instructions, at most 200; all or none.
    function placeInstructed(uint32 interval, InstructedOrder[] calldata orders) external;

    /// @notice Ends an instruction. Caller: its signer, or a wallet with TRADE of the pseudonym's sponsor.
    function revoke(address signer, bytes32 digest) external;

    // ------------------------------------------------------------------ clearing

    /// @notice Proposes a clearing. Anybody may; it must be an optimum, see {Clearing}, of exactly the interval's orders.
    /// @dev Within the window the highest welfare holds, then the lowest prices in the order of nodes. Welfare within one
    /// price unit on every Wh that is traded counts as equal: rounding is worth no more.
    /// The result hash begins as keccak256(abi.encode(order hash, prices, flows)) and takes one packed word of `accepted` a step.
    function clear(uint32 interval, Proposal calldata proposal) external;

    /// @notice Reduces escrow to what was accepted, or to nothing in an interval that lapsed; from the last order on back, in
    /// steps that end at a multiple of eight orders. Anybody may.
    function release(uint32 interval, Release calldata shown) external;

    // ------------------------------------------------------------------ views

    /// @notice An account of the ledger.
    function accountOf(PowerAccountId account) external view returns (PowerAccount memory);

    /// @notice The pseudonym whose key this is; 0 = none.
    function pseudonymOf(address signer) external view returns (PowerAccountId);

    /// @notice How many pseudonyms were opened; they are numbered from 2^24.
    function pseudonymCount() external view returns (uint256);

    /// @notice The interval's state.
    function roundOf(uint32 interval) external view returns (PowerRound memory);

    /// @notice Where the interval stands now.
    function stageOf(uint32 interval) external view returns (PowerStage);

    /// @notice The price at a node [micro-credit/kWh]. For an interval that lapsed it is the price of the last cleared one
    /// before it, `source`, at most {STALE_INTERVALS} back; nothing is traded at it, but deviations are settled.
    /// @dev Before the window ends it is the price of the best clearing so far.
    function priceOf(uint32 interval, uint8 node) external view returns (uint32 price, uint32 source);

    /// @notice Prices of all nodes as they are stored: eight lanes of 32 bits a word. All 0 when not cleared.
    function pricesOf(uint32 interval) external view returns (uint256[] memory);

    /// @notice What was scheduled for an arc: its flow, loss (sent less arriving) and congestion rent.
    function scheduledOf(uint32 interval, uint8 arc) external view returns (ScheduledFlow memory);

    /// @notice The last interval used for an instruction; 2^32 − 1 when revoked.
    function usedUntil(address signer, bytes32 digest) external view returns (uint32 interval);

    /// @notice What is signed, see {StandingInstruction}.
    function instructionDigest(StandingInstruction calldata instruction) external view returns (bytes32);

    /// @notice The running hash of no order of an interval.
    function seedOf(uint32 interval) external view returns (bytes32);

    /// @notice What the market was made with.
    function terms() external view returns (PowerTerms memory);

    /// @notice What the market is paid in.
    function credits() external view returns (address token, uint256 id, uint64 microPerUnit);

    /// @notice Nodes and arcs.
    function GRID() external view returns (IPowerGrid);

    /// @notice How many intervals a price may be old to stand for one that lapsed.
    function STALE_INTERVALS() external view returns (uint256);
}
