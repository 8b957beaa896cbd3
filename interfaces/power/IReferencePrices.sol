// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IReferencePrices
/// @notice The usual worth of a kWh at a node: the price about which imbalance is settled, and that of an interval without a
/// clearing.
/// @dev For each hour of day: the median, by energy, of seven days' prices of intervals of which at least half was delivered;
/// it moves by a fifth a day at most. It is fixed for a day before that day begins and does not change any more.
interface IReferencePrices {
    /// @notice Emitted when a node gets its first reference.
    event ReferenceStarted(uint8 indexed node, uint32 day, uint32 price, address officer);

    /// @notice Emitted when a node's references of a day are fixed.
    /// @param prices [micro-credit/kWh] by hour of day, eight lanes of 32 bits a word
    event ReferencesFixed(uint8 indexed node, uint32 indexed day, uint256[3] prices);

    /// @notice Emitted when an interval's price is counted.
    event PriceCounted(uint8 indexed node, uint32 indexed interval, uint32 price, uint48 wh);

    /// @notice Emitted when the contract that counts prices is set.
    event CounterSet(address counter, address before);

    /// @notice Thrown when intervals are too short for an hour of them [s]. Remedy: the market's own length, at least 60 s.
    error ReferenceBadStep(uint32 intervalS);
    /// @notice Thrown when the caller does not count prices. Remedy: the settlement alone does.
    error ReferenceNotCounter(address caller);
    /// @notice Thrown when an interval was counted, or is not of the last eight days. Remedy: count each once, in time.
    error ReferenceCounted(uint8 node, uint32 interval);
    /// @notice Thrown when a node has no reference at that time. Remedy: its office starts one.
    error ReferenceNone(uint8 node, uint32 day);
    /// @notice Thrown when a node has a reference already, or the first would be 0. Remedy: it moves by itself.
    error ReferenceHas(uint8 node, uint32 price);
    /// @notice Thrown when references of tomorrow are fixed already. Remedy: fix them tomorrow for the day after.
    error ReferenceFixed(uint8 node, uint32 day);

    /// @notice Sets the contract that counts prices. Restricted.
    function setCounter(address next) external;

    /// @notice Gives a node its first reference, for all hours from today on; once. Caller: power MARKET there.
    function start(uint8 node, uint32 price) external;

    /// @notice Counts an interval's cleared price with the energy behind it. Caller: the settlement, of a final run.
    /// @dev Less than half delivered counts nothing.
    function countPrice(uint8 node, uint32 interval, uint32 price, uint48 backedWh, uint48 meteredWh) external;

    /// @notice Fixes a node's references of tomorrow. Caller: any account. Without it today's hold on.
    function fix(uint8 node) external;

    /// @notice The contract that counts prices.
    function counter() external view returns (address);

    /// @notice Whether an interval's price is counted.
    function isCounted(uint8 node, uint32 interval) external view returns (bool);

    /// @notice The latest day, since 1970-01-01, whose references are fixed; 0 where a node has none.
    function fixedDay(uint8 node) external view returns (uint32);

    /// @notice Reference of a node in an interval [micro-credit/kWh].
    function referenceOf(uint8 node, uint32 interval) external view returns (uint32);

    /// @notice Prices of imbalance at a node: two-sided about its reference, see {SettlementPrices} [micro-credit/kWh].
    /// @param cleared price of the clearing
    /// @param backedWh delivered of what was accepted
    function imbalancePrices(
        uint8 node,
        uint32 interval,
        uint256 cleared,
        uint256 backedWh,
        uint256 meteredWh,
        uint256 spreadPpm
    ) external view returns (uint256 shortPays, uint256 longGets);
}
