// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {Lanes} from "../../contracts/types/Lanes.sol";
import {PackedHolding} from "../../contracts/types/PackedHolding.sol";
import {PackedMetersLib} from "../../contracts/types/PackedMeters.sol";
import {BlockPairs} from "../../contracts/units/lib/BlockPairs.sol";
import {SharedHoldings} from "../../contracts/units/lib/SharedHoldings.sol";

/// @notice Proofs over every word of neighbours that share it: obligations, holdings, meters, blocks. One lane is read
/// back as it was written, and no other lane changes.
contract LaneProofs is Test {
    using BlockPairs for BlockPairs.List;

    BlockPairs.List private _blocks;

    // ------------------------------------------------------------------ obligations

    function check_obligation_isReadBack(uint256 word, uint256 index, uint256 value, uint256 marks) public pure {
        vm.assume(value <= Lanes.MAX_VALUE && marks <= 3);
        (uint256 readValue, uint256 readMarks) = Lanes.get(Lanes.set(word, index, value, marks), index);
        assert(readValue == value && readMarks == marks);
    }

    function check_obligation_leavesItsNeighbours(
        uint256 word,
        uint256 index,
        uint256 other,
        uint256 value,
        uint256 marks
    ) public pure {
        vm.assume(value <= Lanes.MAX_VALUE && marks <= 3);
        vm.assume(index % Lanes.PER_WORD != other % Lanes.PER_WORD);
        (uint256 valueBefore, uint256 marksBefore) = Lanes.get(word, other);
        (uint256 valueAfter, uint256 marksAfter) = Lanes.get(Lanes.set(word, index, value, marks), other);
        assert(valueAfter == valueBefore && marksAfter == marksBefore);
    }

    /// @dev Two installations share a lane of a word only if they are one.
    /// @custom:halmos --solver z3
    function check_obligation_placeIsOfOneInstallation(uint32 a, uint32 b) public pure {
        vm.assume(Lanes.wordOf(a) == Lanes.wordOf(b) && a % Lanes.PER_WORD == b % Lanes.PER_WORD);
        assert(a == b);
    }

    // ------------------------------------------------------------------ holdings

    function check_holding_freeIsWhatIsNotFrozen(uint64 balance, uint64 frozen) public pure {
        PackedHolding held = PackedHolding.wrap(balance).withFrozen(frozen);
        assert(held.balance() == balance && held.frozen() == frozen);
        assert(held.free() == (balance > frozen ? balance - frozen : 0));
    }

    function check_holding_addAndTakeLeaveTheFreeze(uint64 balance, uint64 frozen, uint64 more, uint64 less)
        public
        pure
    {
        vm.assume(more <= type(uint64).max - balance && less <= balance);
        PackedHolding held = PackedHolding.wrap(balance).withFrozen(frozen);
        assert(held.add(more).balance() == uint256(balance) + more && held.add(more).frozen() == frozen);
        assert(held.take(less).balance() == balance - less && held.take(less).frozen() == frozen);
    }

    function check_sharedHolding_isReadBack(PackedHolding word, uint256 lane, uint64 balance, uint64 frozen)
        public
        pure
    {
        vm.assume(lane >= 1 && lane <= SharedHoldings.PER_WORD);
        vm.assume(balance <= SharedHoldings.MAX_VALUE && frozen <= SharedHoldings.MAX_VALUE);
        PackedHolding held = PackedHolding.wrap(balance).withFrozen(frozen);
        PackedHolding read = SharedHoldings.get(SharedHoldings.set(word, lane, held), lane);
        assert(PackedHolding.unwrap(read) == PackedHolding.unwrap(held));
    }

    function check_sharedHolding_leavesItsNeighbours(
        PackedHolding word,
        uint256 lane,
        uint256 other,
        uint64 balance,
        uint64 frozen
    ) public pure {
        vm.assume(lane >= 1 && lane <= SharedHoldings.PER_WORD && other >= 1 && other <= SharedHoldings.PER_WORD);
        vm.assume(lane != other);
        vm.assume(balance <= SharedHoldings.MAX_VALUE && frozen <= SharedHoldings.MAX_VALUE);
        PackedHolding held = PackedHolding.wrap(balance).withFrozen(frozen);
        PackedHolding read = SharedHoldings.get(SharedHoldings.set(word, lane, held), other);
        assert(PackedHolding.unwrap(read) == PackedHolding.unwrap(SharedHoldings.get(word, other)));
    }

    function check_sharedHolding_addRaisesOneBalance(PackedHolding word, uint256 lane, uint256 other, uint256 amount)
        public
        pure
    {
        vm.assume(lane >= 1 && lane <= SharedHoldings.PER_WORD && other >= 1 && other <= SharedHoldings.PER_WORD);
        PackedHolding before = SharedHoldings.get(word, lane);
        vm.assume(amount <= SharedHoldings.MAX_VALUE - before.balance());
        PackedHolding added = SharedHoldings.add(word, lane, amount);
        PackedHolding read = SharedHoldings.get(added, lane);
        assert(read.balance() == before.balance() + amount && read.frozen() == before.frozen());
        if (lane != other) {
            assert(
                PackedHolding.unwrap(SharedHoldings.get(added, other))
                    == PackedHolding.unwrap(SharedHoldings.get(word, other))
            );
        }
    }

    /// @custom:halmos --solver z3
    function check_sharedHolding_placeIsOfOneSeat(uint32 a, uint32 b) public pure {
        vm.assume(SharedHoldings.wordOf(a) == SharedHoldings.wordOf(b));
        vm.assume(SharedHoldings.laneOf(a) == SharedHoldings.laneOf(b));
        assert(a == b);
    }

    // ------------------------------------------------------------------ meters and blocks

    function check_meters_areReadBackAtTheirPlaces(uint256 word, uint256 index, uint256 other, uint32 meter)
        public
        pure
    {
        vm.assume(index < PackedMetersLib.MAX_METERS && other < PackedMetersLib.MAX_METERS && other != index);
        vm.assume(MeterId.unwrap(PackedMetersLib.at(word, index)) == 0);
        uint256 put = PackedMetersLib.put(word, index, MeterId.wrap(meter));
        assert(MeterId.unwrap(PackedMetersLib.at(put, index)) == meter);
        assert(MeterId.unwrap(PackedMetersLib.at(put, other)) == MeterId.unwrap(PackedMetersLib.at(word, other)));
    }

    function check_blockPairs_areReadBackAtTheirPlaces(
        uint8 place,
        uint8 other,
        uint32 series,
        uint64 first,
        uint64 last,
        uint64 otherFirst
    ) public {
        vm.assume(place != other && first <= last && BlockPairs.fits(series, first, last));
        _blocks.put(other, 7, otherFirst, otherFirst);
        _blocks.put(place, series, first, last);
        (uint64 readSeries, uint64 readFirst, uint64 readLast) = _blocks.at(place);
        assert(readSeries == series && readFirst == first && readLast == last);
        (readSeries, readFirst, readLast) = _blocks.at(other);
        assert(readSeries == 7 && readFirst == otherFirst && readLast == otherFirst);
    }
}
