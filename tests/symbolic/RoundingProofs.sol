// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedArc, PackedArcLib} from "../../contracts/types/PackedArc.sol";
import {PackedMarketConfigLib} from "../../contracts/types/PackedMarketConfig.sol";

/// @notice Proofs of who bears a rounding: payers pay up, payees receive down, parts add up to the whole.
/// @dev A solver takes a division apart bit by bit: where one is proved the dividend has {NARROW} bits, else all widths of an
/// order.
contract RoundingProofs is Test {
    uint256 private constant PPM = 1_000_000;
    /// @dev Bits of a dividend: sixteen times a million.
    uint256 private constant NARROW = 24;

    // ------------------------------------------------------------------ fees and escrow

    /// @dev The payer rounds up, by less than one.
    /// @custom:halmos --solver z3
    function check_feeUp_isTheLeastThatCoversIt(uint32 product) public pure {
        vm.assume(product < 1 << NARROW);
        uint256 fee = PackedMarketConfigLib.feeUp(product, 1);
        assert(fee * PPM >= product && fee * PPM < uint256(product) + PPM);
    }

    /// @dev With the proof before: the same for every turnover and rate.
    function check_feeUp_dependsOnTheProductAlone(uint80 turnover, uint16 ppm) public pure {
        uint256 fee = PackedMarketConfigLib.feeUp(turnover, ppm);
        assert(fee == PackedMarketConfigLib.feeUp(uint256(turnover) * ppm, 1));
    }

    /// @dev A larger order never reserves less: with it no payment E(n) - E(n - f) is negative.
    /// @custom:halmos --solver z3
    function check_feeUp_neverFalls(uint32 product, uint32 more) public pure {
        vm.assume(product < 1 << NARROW && more < 1 << NARROW);
        assert(PackedMarketConfigLib.feeUp(uint256(product) + more, 1) >= PackedMarketConfigLib.feeUp(product, 1));
    }

    function check_escrow_isTheValueAndItsFee(uint32 n, uint40 price, uint16 ppm) public pure {
        uint256 value = uint256(n) * price;
        assert(PackedMarketConfigLib.escrow(n, price, ppm) == value + PackedMarketConfigLib.feeUp(value, ppm));
    }

    /// @dev All widths of an order. {Book} charges a fill `f·p` and the fee on all less the fee on what stays.
    function check_fill_paysTheDifferenceOfEscrows(uint32 n, uint32 filled, uint40 price, uint16 ppm) public pure {
        vm.assume(filled <= n);
        uint256 fee = PackedMarketConfigLib.feeUp(uint256(n) * price, ppm)
            - PackedMarketConfigLib.feeUp(uint256(n - filled) * price, ppm);
        uint256 paid = uint256(filled) * price + fee;
        uint256 left = PackedMarketConfigLib.escrow(n - filled, price, ppm);
        assert(paid + left == PackedMarketConfigLib.escrow(n, price, ppm));
    }

    /// @dev Two fills and a cancellation give back what was reserved, to the last unit.
    function check_fills_sumUpToTheReservation(uint32 n, uint32 first, uint32 second, uint40 price, uint16 ppm)
        public
        pure
    {
        vm.assume(first <= n && second <= n - first);
        uint256 all = PackedMarketConfigLib.escrow(n, price, ppm);
        uint256 afterFirst = PackedMarketConfigLib.escrow(n - first, price, ppm);
        uint256 afterSecond = PackedMarketConfigLib.escrow(n - first - second, price, ppm);
        unchecked {
            assert((all - afterFirst) + (afterFirst - afterSecond) + afterSecond == all);
        }
    }

    // ------------------------------------------------------------------ power, by a division by 1,000: 16 bits

    /// @dev No arc makes energy: every efficiency, flows of 8 bits.
    /// @custom:halmos --solver z3
    function check_arriving_isNeverMoreThanWasSent(uint32 efficiency, uint8 flow) public pure {
        vm.assume(efficiency <= PackedArcLib.PPM);
        PackedArc arc = PackedArc.wrap(uint256(efficiency) << 64);
        assert(arc.efficiency() == efficiency);
        assert(arc.arriving(flow) <= flow);
    }
}
