// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../units/IEnergyCertificates.sol";
import {ParticipantId} from "../types/Ids.sol";
import {MeterId} from "../types/MeterTypes.sol";
import {PowerAccountId} from "./IPowerMarket.sol";

/// @dev Terms signed by seller, buyer and, for wheeled energy, carrier; the EIP-712 struct `PowerContract`. Each is named by
/// a key: a wallet with the right to trade of an active participant, or a pseudonym's. Prices in [micro-credit/kWh].
struct PowerContract {
    address seller;
    address buyer;
    address carrier; //       buys at the seller's node and sells at the buyer's; 0 within one node
    uint8 sellerNode;
    uint8 buyerNode;
    uint32 fromInterval;
    uint32 untilInterval; //  the last one
    uint32 price; //          of the energy
    uint32 wheelingFee; //    to the carrier, from the buyer
    uint32 maximumGridFee; // limit of the grid fee
    uint32 penalty; //        paid by a side for each kWh of its shortfall
    uint32 energyWh; //       [Wh] of each interval; 0 where there is a profile
    bytes32 profile; //       keccak256 of the profile's words; 0 where there is none
    MeterId sellerMeter; //   measures the delivery; 0 = the seller owes no penalty
    MeterId buyerMeter; //    measures the offtake; 0 = the buyer owes no penalty
    uint40 deadline; //       [s] last moment to agree
    uint256 salt; //          distinguishes contracts of equal terms
}

/// @dev Signatures of the parties (ECDSA or ERC-1271).
struct PowerSignatures {
    bytes seller;
    bytes buyer;
    bytes carrier; // empty without a carrier
}

/// @dev A contract as stored; an empty comment marks each slot boundary.
struct PowerContractState {
    PowerAccountId seller;
    PowerAccountId buyer;
    PowerAccountId carrier;
    PowerAccountId grid; //   receives the grid fee of the buyer's node
    uint32 fromInterval;
    uint32 untilInterval;
    uint8 sellerNode;
    uint8 buyerNode;
    //
    uint32 price;
    uint32 wheelingFee;
    uint32 gridFee; //        at the time of agreement
    uint32 penalty;
    uint32 energyWh;
    MeterId sellerMeter;
    MeterId buyerMeter;
    //
    bytes32 profile;
}

/// @dev Grid fee for energy traded to a node: one slot.
struct GridFee {
    uint32 fee; //       [micro-credit/kWh]
    PowerAccountId to;
}

/// @dev Totals of intervals executed in one call [micro-credit].
struct Executed {
    uint256 energyWh;
    uint256 paid; //          by the buyer, with fees, rounded up for each interval
    uint256 proceeds; //      to the seller, rounded down
    uint256 wheeling; //      to the carrier, rounded down
    uint256 grid; //          to the grid, rounded down
    uint256 sellerShortWh; // this contract's share of the seller's shortfall
    uint256 buyerShortWh; //  this contract's share of the buyer's shortfall
    uint256 sellerPenalty; // from the seller to the buyer, rounded down
    uint256 buyerPenalty; //  from the buyer to the seller, rounded down
}

/// @title IPowerTrades
/// @notice Bilateral energy trades at an agreed price: for one interval, or supply and wheeling over many.
/// @dev EIP-712, domain "tonne PowerTrades" version "1", one type for both:
///
/// `PowerContract(address seller,address buyer,address carrier,uint8 sellerNode,uint8 buyerNode,uint32 fromInterval,uint32
/// untilInterval,uint32 price,uint32 wheelingFee,uint32 maximumGridFee,uint32 penalty,uint32 energyWh,bytes32 profile,uint32
/// sellerMeter,uint32 buyerMeter,uint40 deadline,uint256 salt)`
///
/// Any account submits the signatures; an operator has no part in price, energy or parties. The maximum cost of each side is
/// bound on agreement. Each interval
///
/// 1. is booked: its energy counts as sold and bought in settlement, by the accounts at their nodes;
/// 2. is executed after its end, by any account: the buyer pays, seller, carrier and grid are paid. By the meters named in the
///    contract, a side with a shortfall pays the penalty to the other side;
/// 3. or lapses if it was not booked in time, and its bound credits are free again.
///
/// Energy is firm: a seller buys its undelivered energy as imbalance, at its node's price in settlement. The buyer always
/// receives the energy; the penalty comes on top. At each node and interval as much is sold here as bought: a carrier buys at
/// one node and sells at the other.
///
/// The shortfall of an account is computed over all its contracts at a node and interval, and allocated to them in proportion
/// to their energy: one kWh cannot be delivered twice. A named meter is public; a household leaves it out, and its deviations
/// are imbalance only.
interface IPowerTrades {
    /// @notice Emitted when an officer sets a node's grid fee for contracts agreed from now on.
    event GridFeeSet(uint8 indexed node, uint32 fee, PowerAccountId indexed to, address officer);

    /// @notice Emitted when a contract is agreed.
    /// @param terms as signed
    /// @param state as stored
    /// @param profile words of the profile, eight lanes of 32 bits each, the day's first interval lowest; none without one
    event ContractAgreed(
        uint64 indexed id,
        PowerAccountId indexed seller,
        PowerAccountId indexed buyer,
        bytes32 digest,
        PowerContract terms,
        PowerContractState state,
        uint256[] profile
    );

    /// @notice Emitted when consecutive intervals are booked.
    event IntervalsBooked(uint64 indexed id, uint32 indexed first, uint32 count);

    /// @notice Emitted when consecutive intervals are executed.
    event IntervalsExecuted(uint64 indexed id, uint32 indexed first, uint32 count, Executed executed);

    /// @notice Emitted when consecutive intervals lapse, and their bound credits are free.
    event IntervalsLapsed(uint64 indexed id, uint32 indexed first, uint32 count);

    /// @notice Emitted when a signer revokes its signature before the contract is agreed.
    event SignatureRevoked(address indexed signer, bytes32 indexed digest);

    /// @notice Thrown when terms are inconsistent; `field` is the name of the first such field.
    error TradesBadTerms(bytes32 field);
    /// @notice Thrown when a signature is not the signer's, or was revoked.
    error TradesBadSignature(address signer, bytes32 digest);
    /// @notice Thrown when a key has no account that may trade.
    error TradesNotAllowed(address signer);
    /// @notice Thrown when the deadline has passed, or the gate of the first interval is closed.
    error TradesTooLate(uint256 deadline, uint32 fromInterval);
    /// @notice Thrown when the grid fee exceeds the signed limit [micro-credit/kWh].
    error TradesGridFee(uint32 fee, uint32 maximum);
    /// @notice Thrown when exactly this contract was agreed before.
    error TradesAgreedBefore(uint64 id);
    /// @notice Thrown when no contract has this number.
    error TradesUnknown(uint64 id);
    /// @notice Thrown when words are not the contract's profile.
    error TradesOtherProfile(uint64 id);
    /// @notice Thrown when an interval is not the contract's, or its state does not allow the call.
    error TradesWrongInterval(uint64 id, uint32 interval);
    /// @notice Thrown when an interval begins more than `ahead` seconds from now. Remedy: book it later.
    error TradesTooEarly(uint64 id, uint32 interval, uint256 ahead);
    /// @notice Thrown when a call has no intervals, or more than its limit.
    error TradesTooMany(uint256 count, uint256 most);
    /// @notice Thrown when the energy of an account in an interval would exceed 32 bits [Wh].
    error TradesTooMuch(uint8 node, uint32 interval);
    /// @notice Thrown when the accounts of a participant would sell more at a node in an interval than it may offer there [Wh]. Remedy: at
    /// most `limit`, or have the metering office register more, see {IBidLimits-register}.
    error TradesBeyondLimit(ParticipantId owner, uint8 node, uint32 interval, uint256 wh, uint256 limit);
    /// @notice Thrown when there is not one leaf for each meter and interval.
    error TradesOtherLeaves(uint256 given, uint256 needed);
    /// @notice Thrown when a leaf belongs to another meter.
    error TradesOtherMeter(MeterId meter, uint32 interval);
    /// @notice Thrown when a reading is not final, or still missing within its grace period.
    error TradesNotFinal(MeterId meter, uint32 interval);

    /// @notice Sets a node's grid fee. Caller: power MARKET in the node's scheme and jurisdiction.
    /// @param to account of the grid operator
    function setGridFee(uint8 node, uint32 fee, PowerAccountId to) external;

    /// @notice Records a contract and binds its maximum cost. Caller: any account, before the gate of its first interval.
    /// @dev A contract of one interval is booked at once, unless it begins beyond {AHEAD}.
    /// @param profile words of the profile; none without one
    function agree(PowerContract calldata terms, PowerSignatures calldata signatures, uint256[] calldata profile)
        external
        returns (uint64 id);

    /// @notice Revokes the caller's signature while the contract is not agreed.
    function revoke(bytes32 digest) external;

    /// @notice Books up to {MAX_BOOKED} intervals, none of which has ended or begins beyond {AHEAD}: sales stay, though their seller be
    /// registered with less meanwhile. Caller: any account.
    function book(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external;

    /// @notice Executes up to {MAX_BOOKED} booked intervals that have ended. Caller: any account.
    /// @dev Where a penalty is agreed, readings must be final. {GRACE} after an interval's end a leaf may be left out and counts
    /// as zero, as a held reading does: each side is responsible for its meter's leaf.
    /// @param leaves by interval: the seller's meter, if named, then the buyer's; none without a penalty. A leaf of count 0 is
    /// one left out.
    function execute(uint64 id, uint32 first, uint32 count, uint256[] calldata profile, MeteredLeaf[] calldata leaves)
        external;

    /// @notice Frees the bound credits of intervals that were not booked in time. Caller: any account.
    function lapse(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external;

    /// @notice The contract; reverts when there is none.
    function contractOf(uint64 id) external view returns (PowerContractState memory);

    /// @notice The contract agreed by this digest; 0 = none.
    function idOf(bytes32 digest) external view returns (uint64);

    /// @notice Whether an interval of a contract is booked, and whether it is executed or lapsed.
    function stateOf(uint64 id, uint32 interval) external view returns (bool booked, bool done);

    /// @notice Energy sold and bought by an account here at a node and interval [Wh].
    function positionOf(PowerAccountId account, uint8 node, uint32 interval)
        external
        view
        returns (uint256 soldWh, uint256 boughtWh);

    /// @notice Energy sold here at a node and interval by all accounts that a participant answers for [Wh]: at most what it may offer
    /// there, see {IBidLimits-mostOf}.
    function soldBy(ParticipantId owner, uint8 node, uint32 interval) external view returns (uint256 wh);

    /// @notice Grid fee of a node for contracts agreed now.
    function gridFeeOf(uint8 node) external view returns (GridFee memory);

    /// @notice EIP-712 digest of a {PowerContract}.
    function digestOf(PowerContract calldata terms) external view returns (bytes32);

    /// @notice Count of contracts; numbers run from 1.
    function contractCount() external view returns (uint64);

    /// @notice Grace period after an interval's end for a missing reading [s].
    function GRACE() external view returns (uint256);

    /// @notice Time ahead of an interval from which on it may be booked [s].
    function AHEAD() external view returns (uint256);

    /// @notice Limit of intervals in one call.
    function MAX_BOOKED() external view returns (uint256);

    /// @notice Limit of intervals in one contract.
    function MAX_INTERVALS() external view returns (uint256);
}
