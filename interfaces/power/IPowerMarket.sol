// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {ParticipantId} from "../types/Ids.sol";
import {IPowerGrid} from "./IPowerGrid.sol";

/// @dev An account of the market's ledger: below 2^24 a participant's number, from there on a pseudonym's. 0 means none.
type PowerAccountId is uint32;

/// @dev Stage of an interval.
enum PowerStage {
    Open, //     accepts orders
    Clearing, // accepts clearings
    Cleared, //  the best clearing is final
    Lapsed //    not cleared: no trade
}

/// @dev Terms of a market; fixed at deployment.
struct PowerTerms {
    uint32 intervalS; //     [s] length of an interval; its number is its start divided by the length
    uint32 gateLeadS; //     [s] between gate closure and the interval's start
    uint32 windowS; //       [s] clearing window from gate closure
    uint32 priceCap; //      [micro-credit/kWh] of an order's price
    uint32 guarantee; //     [micro-credit/kWh] escrow of an offer
    uint16 maximumOrders; // of an interval
}

/// @dev An account: one slot. Amounts in micro-credits.
struct PowerAccount {
    uint96 free;
    uint96 escrow; //         bound by orders
    ParticipantId sponsor; // of a pseudonym: owner of its credits; 0 for a participant
    bool inDebt; //           receipts pay the debt first, see {IPowerLedger}
}

/// @dev Result of an interval. Welfare and rent in [micro-credit × Wh / kWh].
struct PowerRound {
    PowerStage stage;
    uint16 count; //       orders
    uint16 released; //    orders whose escrow was released
    address proposer; //   of the best clearing; 0 = none
    uint40 clearedAt; //   [s]
    bytes32 orderHash; //  running keccak of the order words
    bytes32 resultHash; // running keccak of the acceptances, by packed words, see {Proposal}; 0 = none
    int256 welfare;
    uint256 energyWh; //   [Wh] accepted of bids
    uint256 lossWh; //     [Wh] scheduled losses of lines
    int256 rent; //        congestion rent of all arcs
}

/// @dev A proposed clearing. Lanes have 32 bits, eight a word, the first lowest; unused lanes are 0.
struct Proposal {
    uint256[] orders; //   words as placed, in the order of placement
    uint256[] accepted; // [Wh] by order, in lanes
    uint256[] prices; //   [micro-credit/kWh] by node, in lanes
    uint256[] flows; //    [Wh] sent, by arc, in lanes
    uint256[] arcs; //     the grid's words at the interval's start, see {IPowerGrid-gridAt}
}

/// @dev Orders to release from escrow: the last ones still bound, in the order of placement.
struct Release {
    bytes32 orderBefore; //  running hash of the orders ahead of them
    bytes32 resultBefore; // running hash of the acceptances ahead of them; unused in a lapsed interval
    uint256[] orders; //     their words
    uint256[] accepted; //   packed words as in the proposal; none in a lapsed interval
}

/// @dev Scheduled flow of an arc.
struct ScheduledFlow {
    uint256 sentWh;
    uint256 arrivingWh; // sent × efficiency, rounded down
    int256 rent; //        [micro-credit × Wh / kWh] value arriving less value sent less cost
}

/// @dev Standing instruction, signed once off chain: a sponsor places one order an interval by it.
struct StandingInstruction {
    address signer; //      wallet with the right to trade, or a pseudonym's key
    uint8 node;
    uint8 side; //          0 buys, 1 sells
    uint32 price; //        [micro-credit/kWh] limit: highest bid, lowest offer
    uint32 maximumWh; //    [Wh] of each interval
    uint32 fromInterval;
    uint32 untilInterval; // the last one
    address aggregator; //  may submit it; 0 = any account
    uint256 salt; //        distinguishes instructions of equal terms
}

/// @dev An order by a standing instruction.
struct InstructedOrder {
    StandingInstruction instruction;
    uint32 limitWh;
    uint32 price; // [micro-credit/kWh]
    bytes signature;
}

/// @title IPowerMarket
/// @notice Bids and offers for energy by node and interval, with escrow; clearings solved by any account, checked on chain.
/// @dev Orders are words, see {PackedPowerOrder}: `accepted 32 | account 32 | limit 32 | price 32 | node 8 | side 8`, low to high.
/// Prices are never negative, so that losses on a line are never paid for.
interface IPowerMarket is IERC1155Receiver {
    // ------------------------------------------------------------------ events

    /// @notice Emitted once, when the token of payment is set.
    /// @param microPerUnit micro-credits of one unit of the token
    event CreditsSet(address indexed token, uint256 indexed id, uint64 microPerUnit);

    /// @notice Emitted when credits arrive in an account [micro-credit].
    event CreditsDeposited(PowerAccountId indexed account, address indexed from, uint256 amount);

    /// @notice Emitted when credits leave an account [micro-credit].
    event CreditsWithdrawn(PowerAccountId indexed account, address indexed to, uint256 amount);

    /// @notice Emitted when a participant opens a pseudonymous account.
    event PseudonymOpened(PowerAccountId indexed account, ParticipantId indexed sponsor, address signer);

    /// @notice Emitted when credits move between a sponsor and its pseudonyms [micro-credit].
    event CreditsMoved(PowerAccountId indexed from, PowerAccountId indexed to, uint256 amount);

    /// @notice Emitted for the orders of one call, in their order.
    /// @param first index of the first of them in the interval
    /// @param orders words, see {PackedPowerOrder}
    event OrdersPlaced(uint32 indexed interval, uint256 first, uint256[] orders);

    /// @notice Emitted when an instruction is used; it remains valid for later intervals only.
    event InstructionUsed(address indexed signer, bytes32 indexed digest, uint32 indexed interval);

    /// @notice Emitted when an instruction is revoked.
    event InstructionRevoked(address indexed signer, bytes32 indexed digest, address by);

    /// @notice Emitted when a clearing is the best so far; the last one of an interval is final.
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

    /// @notice Emitted when the escrow of orders `first` to `first + count - 1` is reduced to their acceptances.
    event EscrowReleased(uint32 indexed interval, uint256 first, uint256 count);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown when the market's terms are inconsistent with each other or with the grid's notice period.
    error PowerBadTerms(PowerTerms terms);
    /// @notice Thrown when the token of payment is already set, or zero.
    error PowerCreditsFixed(address token, uint256 id);
    /// @notice Thrown when another token than the credits arrives.
    error PowerForeignCredits(address token, uint256 id);
    /// @notice Thrown when the wallet belongs to no participant that is active, or lacks the right.
    error PowerNotAllowed(address wallet);
    /// @notice Thrown when credits would be withdrawn to a wallet of another participant.
    error PowerForeignWallet(address wallet, ParticipantId participant);
    /// @notice Thrown when an account has too few free credits [micro-credit].
    error PowerInsufficientCredits(PowerAccountId account, uint256 free, uint256 needed);
    /// @notice Thrown when an amount is zero, not in whole units of the token, or beyond 96 bits.
    error PowerBadAmount(uint256 amount);
    /// @notice Thrown when the account is not a pseudonym of the caller's participant.
    error PowerNotSponsor(PowerAccountId account, ParticipantId participant);
    /// @notice Thrown when a signer already has an account.
    error PowerSignerTaken(address signer, PowerAccountId account);
    /// @notice Thrown when a call has more items than its limit, or lists of different lengths.
    error PowerTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when the stage of an interval does not allow the call.
    error PowerWrongStage(uint32 interval, PowerStage stage);
    /// @notice Thrown when an interval is too far ahead to be traded.
    error PowerTooFarAhead(uint32 interval, uint256 latest);
    /// @notice Thrown when an order has bits beyond its fields, another account, no energy, or an invalid price or node.
    error PowerBadOrder(uint256 word);
    /// @notice Thrown when an interval has reached its limit of orders.
    error PowerIntervalFull(uint32 interval, uint256 limit);
    /// @notice Thrown when an order is outside its standing instruction.
    error PowerNotInstructed(address signer, bytes32 digest);
    /// @notice Thrown when the signature is not the signer's.
    error PowerBadSignature(address signer, bytes32 digest);
    /// @notice Thrown when an instruction was used for this interval or a later one, or was revoked.
    error PowerInstructionUsed(address signer, bytes32 digest, uint32 interval);
    /// @notice Thrown when a clearing is not of all orders of the interval, in their order.
    error PowerOtherOrders(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when an interval has no orders to clear.
    error PowerNoOrders(uint32 interval);
    /// @notice Thrown when a clearing is not better than the present one.
    error PowerNotBetter(uint32 interval, int256 standing, int256 offered);
    /// @notice Thrown when orders or acceptances shown are not the last ones whose escrow is still bound.
    error PowerNotTheNext(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when a node has no price.
    error PowerNoPrice(uint32 interval, uint8 node);

    // ------------------------------------------------------------------ accounts

    /// @notice Sets the token of payment. Restricted; once.
    function setCredits(address token, uint256 id, uint64 microPerUnit) external;

    /// @notice Withdraws free credits [token units]. Caller: wallet with WITHDRAW; `to` is a wallet of its participant.
    function withdraw(uint256 units, address to) external;

    /// @notice Opens pseudonymous accounts, at most 200. Caller: wallet with TRADE.
    /// @dev Only keys are public: the customer behind one is known to its sponsor alone, and with a new key each day accounts
    /// cannot be linked. A pseudonym's credits are its sponsor's.
    /// @param signers keys that sign the orders of each account
    /// @param credits [micro-credit] moved to each from the sponsor's account
    function openPseudonyms(address[] calldata signers, uint96[] calldata credits)
        external
        returns (PowerAccountId first);

    /// @notice Moves credits to pseudonyms [micro-credit]; at most 200. Caller: wallet with TRADE of their sponsor.
    function fund(PowerAccountId[] calldata accounts, uint96[] calldata credits) external;

    /// @notice Moves all free credits of pseudonyms back; at most 200. Caller: wallet with TRADE of their sponsor.
    function sweep(PowerAccountId[] calldata accounts) external;

    // ------------------------------------------------------------------ orders

    /// @notice Places orders of the caller's own account: a wallet with TRADE, or a pseudonym's key. At most 200.
    /// @dev Escrow of a bid is limit × price, of an offer limit × guarantee, rounded up. Orders cannot be cancelled.
    function place(uint32 interval, uint256[] calldata words) external;

    /// @notice Places orders by standing instructions, at most 200; all or none.
    function placeInstructed(uint32 interval, InstructedOrder[] calldata orders) external;

    /// @notice Revokes an instruction. Caller: its signer, or a wallet with TRADE of the pseudonym's sponsor.
    function revoke(address signer, bytes32 digest) external;

    // ------------------------------------------------------------------ clearing

    /// @notice Proposes a clearing: an optimum, see {Clearing}, of exactly the interval's orders. Caller: any account.
    /// @dev Within the window the highest welfare wins, then the lowest prices in the order of nodes. Welfare within one
    /// price unit on every traded Wh counts as equal, the size of the rounding.
    /// The result hash begins as keccak256(abi.encode(order hash, prices, flows)) and takes one packed word of `accepted` a step.
    function clear(uint32 interval, Proposal calldata proposal) external;

    /// @notice Reduces escrow to the acceptances, or to zero in a lapsed interval; from the last order backwards, in steps that
    /// end at a multiple of eight orders. Caller: any account.
    function release(uint32 interval, Release calldata shown) external;

    // ------------------------------------------------------------------ views

    /// @notice An account of the ledger.
    function accountOf(PowerAccountId account) external view returns (PowerAccount memory);

    /// @notice The pseudonym of a key; 0 = none.
    function pseudonymOf(address signer) external view returns (PowerAccountId);

    /// @notice Count of pseudonyms; their numbers run from 2^24.
    function pseudonymCount() external view returns (uint256);

    /// @notice Orders and result of an interval.
    function roundOf(uint32 interval) external view returns (PowerRound memory);

    /// @notice Stage of an interval now.
    function stageOf(uint32 interval) external view returns (PowerStage);

    /// @notice Price at a node [micro-credit/kWh]. For a lapsed interval it is the price of the last cleared one before it,
    /// `source`, at most {STALE_INTERVALS} back; it settles deviations only.
    /// @dev Before the window ends it is the price of the best clearing so far.
    function priceOf(uint32 interval, uint8 node) external view returns (uint32 price, uint32 source);

    /// @notice Prices of all nodes: eight lanes of 32 bits a word. All 0 when not cleared.
    function pricesOf(uint32 interval) external view returns (uint256[] memory);

    /// @notice Scheduled flow of an arc, with its loss (sent less arriving) and congestion rent.
    function scheduledOf(uint32 interval, uint8 arc) external view returns (ScheduledFlow memory);

    /// @notice The last interval used for an instruction; 2^32 − 1 when revoked.
    function usedUntil(address signer, bytes32 digest) external view returns (uint32 interval);

    /// @notice EIP-712 digest of a {StandingInstruction}.
    function instructionDigest(StandingInstruction calldata instruction) external view returns (bytes32);

    /// @notice Initial value of an interval's running hash of orders.
    function seedOf(uint32 interval) external view returns (bytes32);

    /// @notice Terms of the market.
    function terms() external view returns (PowerTerms memory);

    /// @notice Token of payment.
    function credits() external view returns (address token, uint256 id, uint64 microPerUnit);

    /// @notice Grid of nodes and arcs.
    function GRID() external view returns (IPowerGrid);

    /// @notice Age limit of the price that replaces a lapsed interval's [intervals].
    function STALE_INTERVALS() external view returns (uint256);
}
