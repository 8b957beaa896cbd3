// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../units/IEnergyCertificates.sol";
import {MeterId} from "../types/MeterTypes.sol";
import {PowerAccountId} from "./IPowerMarket.sol";

/// @dev What seller, buyer and, where energy is wheeled, its carrier sign; the EIP-712 struct `PowerContract`. Each is named
/// by a key: a wallet with the right to trade of an active participant, or a pseudonym's. Prices in [micro-credit/kWh].
struct PowerContract {
    address seller;
    address buyer;
    address carrier; //       buys at the seller's node and sells at the buyer's; 0 where both are one node
    uint8 sellerNode;
    uint8 buyerNode;
    uint32 fromInterval;
    uint32 untilInterval; //  the last one
    uint32 price; //          of the energy
    uint32 wheelingFee; //    to the carrier, from the buyer
    uint32 maximumGridFee; // nobody signs for more
    uint32 penalty; //        for each kWh a side falls short by, from it to the other side
    uint32 energyWh; //       [Wh] of each interval; 0 where there is a profile
    bytes32 profile; //       keccak256 of the profile's words; 0 where there is none
    MeterId sellerMeter; //   shows what the seller delivers; 0 = it owes no penalty
    MeterId buyerMeter; //    shows what the buyer takes; 0 = it owes no penalty
    uint40 deadline; //       [s] last moment to agree
    uint256 salt; //          makes two contracts of one text differ
}

/// @dev Who signed what, as bytes each side's wallet understands (ERC-1271 too).
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
    PowerAccountId grid; //   gets the grid fee of the buyer's node
    uint32 fromInterval;
    uint32 untilInterval;
    uint8 sellerNode;
    uint8 buyerNode;
    //
    uint32 price;
    uint32 wheelingFee;
    uint32 gridFee; //        as it was when they agreed
    uint32 penalty;
    uint32 energyWh;
    MeterId sellerMeter;
    MeterId buyerMeter;
    //
    bytes32 profile;
}

/// @dev What a grid charges for energy that is traded to its node: one slot.
struct GridFee {
    uint32 fee; //       [micro-credit/kWh]
    PowerAccountId to;
}

/// @dev What intervals that are carried out together came to [micro-credit].
struct Executed {
    uint256 energyWh;
    uint256 paid; //          by the buyer, with fees, rounded up for each interval
    uint256 proceeds; //      to the seller, rounded down
    uint256 wheeling; //      to the carrier, rounded down
    uint256 grid; //          to the grid, rounded down
    uint256 sellerShortWh; // the seller's share of what it did not deliver
    uint256 buyerShortWh; //  the buyer's share of what it did not take
    uint256 sellerPenalty; // from the seller to the buyer, rounded down
    uint256 buyerPenalty; //  from the buyer to the seller, rounded down
}

/// @title IPowerTrades
/// @notice Energy sold at an agreed price: from neighbour to neighbour for one interval, or supplied and wheeled over time.
/// @dev EIP-712, domain "tonne PowerTrades" version "1", one type for both:
///
/// `PowerContract(address seller,address buyer,address carrier,uint8 sellerNode,uint8 buyerNode,uint32 fromInterval,uint32
/// untilInterval,uint32 price,uint32 wheelingFee,uint32 maximumGridFee,uint32 penalty,uint32 energyWh,bytes32 profile,uint32
/// sellerMeter,uint32 buyerMeter,uint40 deadline,uint256 salt)`
///
/// Whoever has the signatures submits them; no operator has a say in price, energy or parties. All that a contract can cost
/// either side is bound when it is agreed. Of each interval
///
/// 1. the energy is booked: sold and bought by the accounts, in settlement, at their nodes;
/// 2. once it has ended, it is carried out, by anybody: buyer pays, seller, carrier and grid are paid. By the meters named in
///    the contract, whoever fell short pays the penalty to the other side;
/// 3. what was never booked lapses, and what it bound is free again.
///
/// Energy is firm: what somebody sells here and does not deliver it buys, as imbalance, at its node's price in settlement. So
/// the buyer has what it paid for, and the penalty is what the contract says on top. At each node and interval as much is sold
/// here as bought: who wheels buys at one node and sells at the other.
///
/// What an account falls short by is reckoned over all it has here at that node and interval, and shared by its contracts in
/// proportion to their energy: one kWh cannot be delivered twice. A meter that is named is named for everybody to read; a
/// household leaves it out, and its deviations are imbalance.
interface IPowerTrades {
    /// @notice Emitted when an officer sets what the grid charges at a node for contracts agreed from now on.
    event GridFeeSet(uint8 indexed node, uint32 fee, PowerAccountId indexed to, address officer);

    /// @notice Emitted when a contract is agreed.
    /// @param terms as they were signed
    /// @param state as it is kept
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

    /// @notice Emitted when intervals that follow one another are booked.
    event IntervalsBooked(uint64 indexed id, uint32 indexed first, uint32 count);

    /// @notice Emitted when intervals that follow one another are carried out.
    event IntervalsExecuted(uint64 indexed id, uint32 indexed first, uint32 count, Executed executed);

    /// @notice Emitted when intervals that follow one another lapse, and what they bound is free.
    event IntervalsLapsed(uint64 indexed id, uint32 indexed first, uint32 count);

    /// @notice Emitted when somebody takes back its signature before the contract is agreed.
    event SignatureRevoked(address indexed signer, bytes32 indexed digest);

    /// @notice Thrown when terms contradict themselves; `field` is the first that does, in words.
    error TradesBadTerms(bytes32 field);
    /// @notice Thrown when a signature is not the signer's, or was taken back.
    error TradesBadSignature(address signer, bytes32 digest);
    /// @notice Thrown when a key stands for no account that may trade.
    error TradesNotAllowed(address signer);
    /// @notice Thrown when the deadline has passed, or the gate of the first interval is closed.
    error TradesTooLate(uint256 deadline, uint32 fromInterval);
    /// @notice Thrown when the grid charges more than was signed for [micro-credit/kWh].
    error TradesGridFee(uint32 fee, uint32 maximum);
    /// @notice Thrown when exactly this contract was agreed before.
    error TradesAgreedBefore(uint64 id);
    /// @notice Thrown when no contract has this number.
    error TradesUnknown(uint64 id);
    /// @notice Thrown when words are not the contract's profile.
    error TradesOtherProfile(uint64 id);
    /// @notice Thrown when an interval is not the contract's, or not in the state that the act needs.
    error TradesWrongInterval(uint64 id, uint32 interval);
    /// @notice Thrown when a call is of no intervals, or of more than it may.
    error TradesTooMany(uint256 count, uint256 most);
    /// @notice Thrown when an account or a node would have more than 32 bits of energy in an interval [Wh].
    error TradesTooMuch(uint8 node, uint32 interval);
    /// @notice Thrown when there is not one leaf for each meter and interval.
    error TradesOtherLeaves(uint256 given, uint256 needed);
    /// @notice Thrown when a leaf is not that meter's.
    error TradesOtherMeter(MeterId meter, uint32 interval);
    /// @notice Thrown when a reading can still change, or is missing and may still come.
    error TradesNotFinal(MeterId meter, uint32 interval);

    /// @notice Sets what the grid charges at a node. Caller: power MARKET in the node's scheme and jurisdiction.
    /// @param to the account of the grid's operator
    function setGridFee(uint8 node, uint32 fee, PowerAccountId to) external;

    /// @notice Puts a contract on record and binds all it can cost. Anybody, before the gate of its first interval.
    /// @dev A contract of one interval is booked at once.
    /// @param profile words of the profile; none without one
    function agree(PowerContract calldata terms, PowerSignatures calldata signatures, uint256[] calldata profile)
        external
        returns (uint64 id);

    /// @notice Takes back one's own signature, while the contract is not agreed.
    function revoke(bytes32 digest) external;

    /// @notice Books up to {MAX_BOOKED} intervals, none of which has ended. Anybody.
    function book(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external;

    /// @notice Carries out up to {MAX_BOOKED} booked intervals that have ended. Anybody.
    /// @dev Where a penalty is agreed, readings must be final. {GRACE} after an interval's end a leaf may be left out, which
    /// counts as nothing delivered or nothing taken: whoever has a meter sees to its leaf. So does a held one.
    /// @param leaves by interval: the seller's meter, if named, then the buyer's; none where nothing is to pay. One of count 0
    /// is left out.
    function execute(uint64 id, uint32 first, uint32 count, uint256[] calldata profile, MeteredLeaf[] calldata leaves)
        external;

    /// @notice Frees what intervals bind that were not booked before they ended. Anybody.
    function lapse(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external;

    /// @notice The contract; reverts when there is none.
    function contractOf(uint64 id) external view returns (PowerContractState memory);

    /// @notice The contract agreed by this digest; 0 = none.
    function idOf(bytes32 digest) external view returns (uint64);

    /// @notice Whether an interval of a contract was booked, and whether it is done with.
    function stateOf(uint64 id, uint32 interval) external view returns (bool booked, bool done);

    /// @notice What an account has sold and bought here at a node in an interval [Wh].
    function positionOf(PowerAccountId account, uint8 node, uint32 interval)
        external
        view
        returns (uint256 soldWh, uint256 boughtWh);

    /// @notice What all have sold here at a node in an interval, and what all have bought [Wh]: the same.
    function totalOf(uint8 node, uint32 interval) external view returns (uint256 wh);

    /// @notice What the grid charges at a node for contracts agreed now.
    function gridFeeOf(uint8 node) external view returns (GridFee memory);

    /// @notice What is signed, see {PowerContract}.
    function digestOf(PowerContract calldata terms) external view returns (bytes32);

    /// @notice The highest number of a contract so far; numbers run from 1.
    function contractCount() external view returns (uint64);

    /// @notice [s] from an interval's end until a missing reading counts as nothing.
    function GRACE() external view returns (uint256);

    /// @notice Most intervals of one call.
    function MAX_BOOKED() external view returns (uint256);

    /// @notice Most intervals of one contract.
    function MAX_INTERVALS() external view returns (uint256);
}
