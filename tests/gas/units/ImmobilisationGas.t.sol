// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../../../interfaces/types/Ids.sol";
import {Lodging, Place} from "../../../interfaces/units/IImmobilisation.sol";
import {ImmobilisationBase} from "../../units/ImmobilisationBase.sol";

/// @dev Whole transactions. Figures go to `snapshots/offsets.json`.
/// forge-config: default.isolate = true
contract ImmobilisationGasTest is ImmobilisationBase {
    uint256 internal constant MOST = 120_000;

    /// @dev A block between its two neighbours, into a batch that has blocks, for a holder who has units of it.
    function test_gas_immobiliseNextToNeighbours() public {
        _immobilise(505_972_385, 505_973_109, 0);
        _immobilise(505_982_056, 505_982_352, 505_972_385);
        Lodging memory lodging = _lodging(forest, 0, 505_973_110, 505_982_055);

        vm.prank(officer);
        desk.immobilise(lodging, alice, 505_972_385);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("offsets", "immobilise_next_to_neighbours", used);
        assertLe(used, MOST);
    }

    /// @dev The same between blocks of two other batches, which touch it on both sides: nothing grows, a stretch is added.
    function test_gas_immobiliseBetweenOtherBatches() public {
        UnitId mine = forest;
        _immobilise(1, 9, 0);
        (UnitId before, UnitId after_) = (_another(), _another());
        forest = before;
        _immobilise(505_972_385, 505_973_109, 1);
        forest = after_;
        _immobilise(505_982_056, 505_982_352, 505_972_385);
        Lodging memory lodging = _lodging(mine, 0, 505_973_110, 505_982_055);

        vm.prank(officer);
        desk.immobilise(lodging, alice, 505_972_385);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("offsets", "immobilise_between_other_batches", used);
        assertLe(used, MOST);

        // Of every two blocks of a batch, the first opens the slot of both.
        lodging = _lodging(mine, 0, 1_000_000_000, 1_000_000_009);
        vm.prank(officer);
        desk.immobilise(lodging, alice, 505_982_056);
        vm.snapshotValue("offsets", "immobilise_apart_first_of_two", vm.lastCallGas().gasTotalUsed);
    }

    function _another() private returns (UnitId) {
        vm.prank(officer);
        return desk.openBatch(_terms(verra));
    }

    function test_gas_requestAndFinalise() public {
        _immobilise(1, 9, 0);
        Lodging memory lodging = _lodging(forest, 0, 505_973_110, 505_982_055);

        vm.prank(alice);
        desk.request(lodging, 1);
        vm.snapshotValue("offsets", "immobilise_request", vm.lastCallGas().gasTotalUsed);

        vm.prank(officer);
        desk.finaliseImmobilisation(1, PROOF);
        vm.snapshotValue("offsets", "immobilise_finalise", vm.lastCallGas().gasTotalUsed);
    }

    function test_gas_finaliseRelease() public {
        _immobilise(1, 9, 0);
        uint64 number = _hand(4);
        Place[] memory places = _places(1, 0);

        vm.prank(officer);
        desk.finaliseRelease(number, places, PROOF);
        vm.snapshotValue("offsets", "release_finalise", vm.lastCallGas().gasTotalUsed);
    }
}
