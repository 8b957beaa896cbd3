// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {ParticipantId} from "../types/Ids.sol";
import {IBidLimits} from "./IBidLimits.sol";
import {IPowerGrid} from "./IPowerGrid.sol";
import {IReferencePrices} from "./IReferencePrices.sol";

/// @dev An account of the market's ledger: below 2^24 a participant's number, from there on a pseudonym's. 0 means none.
type PowerAccountId is uint32;

/// @dev Stage of an interval.
enum PowerStage {
    Open, //     accepts commitments
    Opening, //  curves committed are opened
    Clearing, // accepts clearings
    Cleared, //  the best clearing is final
    Lapsed //    not cleared: no trade
}

/// @dev Terms of a market; fixed at deployment.
struct PowerTerms {
    uint32 intervalS; // [s] length of an interval; its number is its start divided by the length
    uint32 gateLeadS; // [s] between gate closure and the interval's start
    uint32 openingS; //  [s] from gate closure, at most, to open curves in
    uint32 windowS; //   [s] from gate closure to clear in
    uint32 holdS; //     [s] from the interval's start that bids are held
    uint32 priceCap; //  [micro-credit/kWh] of a step's price
    uint32 guarantee; // [micro-credit/kWh] that an offer binds
    uint32 stepFee; //   [micro-credit] of a step, for the clearing that stands
}

/// @dev An account: one slot. Amounts in micro-credits.
struct PowerAccount {
    uint96 free;
    uint96 escrow; //         bound by controllers
    ParticipantId sponsor; // of a pseudonym: owner of its credits; 0 for a participant
    bool inDebt; //           receipts pay the debt first, see {IPowerLedger}
}

/// @dev Result of an interval. Welfare and rent in [micro-credit × Wh / kWh].
struct PowerRound {
    PowerStage stage;
    uint32 commits;
    uint32 opened; //      of them
    address proposer; //   of the best clearing; 0 = none
    uint40 clearedAt; //   [s]
    bytes32 curvesHash; // running keccak of what was opened, see {IPowerBids}
    bytes32 resultHash; // keccak256(abi.encode(curves hash, margins)); 0 = none
    int256 welfare;
    uint256 energyWh; //   [Wh] accepted of bids
    uint256 lossWh; //     [Wh] scheduled losses of lines
    int256 rent; //        congestion rent of all arcs
}

/// @dev A proposed clearing. Lanes have 32 bits, eight a word, the first lowest; unused lanes are 0.
struct Proposal {
    uint256[][] curves; // words of each bidder, in the order of opening
    uint256[] margins; //  [Wh] four lanes a node: accepted of bids at its price, limits of these bids, and of offers alike
    uint256[] prices; //   [micro-credit/kWh] by node, in lanes
    uint256[] flows; //    [Wh] sent, by arc, in lanes
    uint256[] arcs; //     the grid's words at the interval's start, see {IPowerGrid-gridAt}
}

/// @dev A step, or a customer's part of it.
struct CurvePart {
    uint8 node;
    uint8 side; //    0 buys, 1 sells
    uint32 price; //  [micro-credit/kWh]
    uint32 limitWh;
    uint256 pastWh; // limits at this price ahead of it, in the order of opening
}

/// @dev Scheduled flow of an arc.
struct ScheduledFlow {
    uint256 sentWh;
    uint256 arrivingWh; // sent × efficiency, rounded down
    int256 rent; //        [micro-credit × Wh / kWh] value arriving less value sent less cost
}

/// @title IPowerMarket
/// @notice Energy bought and sold by node and interval: curves, see {IPowerBids}, and clearings that any account solves and the
/// chain checks; the ledger of credits behind them.
/// @dev Prices are never negative, so that losses on a line are never paid for.
interface IPowerMarket is IERC1155Receiver {
    // ------------------------------------------------------------------ events

    /// @notice Emitted once, when the token of payment is set.
    /// @param microPerUnit micro-credits of one unit of the token
    event CreditsSet(address indexed token, uint256 indexed id, uint64 microPerUnit);

    /// @notice Emitted when credits arrive in an account [micro-credit].
    event CreditsDeposited(PowerAccountId indexed account, address indexed from, uint256 amount);

    /// @notice Emitted when credits leave an account [micro-credit].
    event CreditsWithdrawn(PowerAccountId indexed account, address indexed to, uint256 amount);

    /// @notice Emitted when credits move between a sponsor and its pseudonyms [micro-credit].
    event CreditsMoved(PowerAccountId indexed from, PowerAccountId indexed to, uint256 amount);

    /// @notice Emitted when a clearing is the best so far; the last one of an interval is final.
    /// @param prices [micro-credit/kWh] by node, eight lanes of 32 bits a word, the first lowest
    /// @param flows [Wh] sent, by arc, packed alike
    /// @param margins [Wh] four lanes a node, see {Proposal}
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
        uint256[] margins
    );

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
    /// @notice Thrown when a call has more items than its limit, or lists of different lengths.
    error PowerTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when the stage of an interval does not allow the call.
    error PowerWrongStage(uint32 interval, PowerStage stage);
    /// @notice Thrown when a clearing is not of all curves of the interval, in the order of opening. Remedy: read the events.
    error PowerOtherCurves(uint32 interval, bytes32 expected, bytes32 found);
    /// @notice Thrown when an interval has no curves to clear. Remedy: none; it lapses.
    error PowerNoCurves(uint32 interval);
    /// @notice Thrown when a clearing is not better than the present one.
    error PowerNotBetter(uint32 interval, int256 standing, int256 offered);
    /// @notice Thrown when margins shown are not those of the clearing that stands. Remedy: those of its event.
    error PowerOtherMargins(uint32 interval);
    /// @notice Thrown when a node has no price. Remedy: wait for a clearing, or for the interval to lapse.
    error PowerNoPrice(uint32 interval, uint8 node);

    // ------------------------------------------------------------------ accounts

    /// @notice Sets the token of payment. Restricted; once.
    function setCredits(address token, uint256 id, uint64 microPerUnit) external;

    /// @notice Withdraws free credits [token units]. Caller: wallet with WITHDRAW; `to` is a wallet of its participant.
    function withdraw(uint256 units, address to) external;

    // ------------------------------------------------------------------ clearing

    /// @notice Proposes a clearing: an optimum, see {Clearing}, of exactly the interval's curves. Caller: any account; the one
    /// whose clearing stands is paid, see {IPowerBids-release}.
    /// @dev Within the window the highest welfare wins, then the lowest prices in the order of nodes. Welfare within one
    /// price unit on every traded Wh counts as equal, the size of the rounding.
    function clear(uint32 interval, Proposal calldata proposal) external;

    // ------------------------------------------------------------------ views

    /// @notice An account of the ledger.
    function accountOf(PowerAccountId account) external view returns (PowerAccount memory);

    /// @notice The pseudonym of a key; 0 = none.
    function pseudonymOf(address signer) external view returns (PowerAccountId);

    /// @notice Count of pseudonyms; their numbers run from 2^24.
    function pseudonymCount() external view returns (uint256);

    /// @notice Curves and result of an interval.
    function roundOf(uint32 interval) external view returns (PowerRound memory);

    /// @notice Hashes of an interval's curves and of its result, as {roundOf} has them: what proofs of bids compare with.
    function resultOf(uint32 interval) external view returns (bytes32 curvesHash, bytes32 resultHash);

    /// @notice Stage of an interval now.
    function stageOf(uint32 interval) external view returns (PowerStage);

    /// @notice Price at a node [micro-credit/kWh]: of the best clearing so far, or of a lapsed interval the reference.
    /// @return price see {IReferencePrices} for one that is not cleared
    /// @return isCleared whether it is a clearing's
    function priceOf(uint32 interval, uint8 node) external view returns (uint32 price, bool isCleared);

    /// @notice Energy that a clearing accepted of a step, or of a customer's part of it, at a node and side [Wh].
    /// @dev It follows from the price and, of a step at it, from the margins: from the bid and public figures.
    /// @param margins of the clearing that stands
    function acceptedOf(uint32 interval, CurvePart calldata part, uint256[] calldata margins)
        external
        view
        returns (uint256);

    /// @notice Prices of all nodes: eight lanes of 32 bits a word. All 0 when not cleared.
    function pricesOf(uint32 interval) external view returns (uint256[] memory);

    /// @notice Scheduled flow of an arc, with its loss (sent less arriving) and congestion rent.
    function scheduledOf(uint32 interval, uint8 arc) external view returns (ScheduledFlow memory);

    /// @notice Initial value of an interval's running hash of curves.
    function seedOf(uint32 interval) external view returns (bytes32);

    /// @notice Terms of the market.
    function terms() external view returns (PowerTerms memory);

    /// @notice Token of payment.
    function credits() external view returns (address token, uint256 id, uint64 microPerUnit);

    /// @notice Grid of nodes and arcs.
    function GRID() external view returns (IPowerGrid);

    /// @notice What may be bid.
    function LIMITS() external view returns (IBidLimits);

    /// @notice Prices of intervals without a clearing.
    function REFERENCES() external view returns (IReferencePrices);
}
