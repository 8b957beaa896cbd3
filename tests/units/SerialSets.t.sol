// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Lodging} from "../../interfaces/units/IImmobilisation.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Registry, Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {ImmobilisationBase} from "./ImmobilisationBase.sol";

/// @dev Registries, the one text of each issuance series, and what was used elsewhere.
contract SerialSetsTest is ImmobilisationBase {
    function test_addRegistry_numbersFromTwo() public {
        assertEq(verra, 2);
        assertEq(acr, 3);
        assertEq(desk.registryCount(), 2);
        Registry memory r = desk.registryOf(verra);
        assertEq(r.name, "VERRA");
        assertTrue(r.countsThrough);
        vm.expectEmit(address(desk));
        emit ISerialSets.RegistryAdded(4, "GOLD", false, SCHEME, officer);
        vm.prank(officer);
        desk.addRegistry(SCHEME, "GOLD", false);
    }

    function test_addRegistry_isAnOfficersAndOnceForAName() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.addRegistry(SCHEME, "GOLD", false);

        string[7] memory names = ["VERRA", "", "Verra", "VER RA", "VER-RA", "0", string(new bytes(33))];
        names[5] = "VERRA ";
        for (uint256 i; i < names.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadRegistry.selector, names[i]));
            vm.prank(officer);
            desk.addRegistry(SCHEME, names[i], false);
        }
    }

    function test_series_isNumberedWhenItsTextIsFirstSeen() public {
        vm.expectEmit(address(desk));
        emit ISerialSets.SeriesNumbered(acr, 1, SERIES);
        _ask(SERIES, 1, 9);
        assertEq(desk.seriesOf(acr, SERIES), 1);
        _ask(SERIES, 10, 19);
        _ask("ACR-US-192-2010-204", 1, 9);
        assertEq(desk.seriesOf(acr, "ACR-US-192-2010-204"), 2);
        assertEq(desk.registryOf(acr).series, 2);
        assertEq(desk.seriesOf(verra, ""), 0);
    }

    /// @dev `017`, `17` and ` 17` would be three series, and no overlap between them seen.
    function test_series_hasOneText() public {
        string[11] memory texts = [
            "ACR-US-0192-2010-203",
            "ACR-US- 192-2010-203",
            "ACR-US-192-2010-203 ",
            "acr-US-192-2010-203",
            "ACR--192-2010-203",
            "-ACR-192",
            "ACR-192-",
            "ACR_192",
            "00",
            "",
            "A2345678901234567890123456789012345678901234567890123456789012345"
        ];
        for (uint256 i; i < texts.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadSeries.selector, acr, texts[i]));
            this.ask(texts[i]);
        }
        _ask("ACR-US-0-2010-0A", 1, 9);
    }

    function test_series_isNoneWhereTheRegistryCountsThrough() public {
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadSeries.selector, verra, SERIES));
        vm.prank(alice);
        desk.request(_lodging(forest, SERIES, 1, 9), 0);
    }

    function test_recordUsed_barsABlockForEver() public {
        UsedBlock[] memory blocks = new UsedBlock[](2);
        blocks[0] = UsedBlock(SERIES, 1, 50, 0, Stretch.Retired, SERIAL);
        blocks[1] = UsedBlock(SERIES, 51, 60, 1, Stretch.Cancelled, SERIAL);
        vm.expectEmit(address(desk));
        emit ISerialSets.BlockUsedElsewhere(acr, 1, 1, 50, Stretch.Retired, SERIAL, PROOF, officer);
        vm.prank(officer);
        desk.recordUsed(SCHEME, acr, blocks, PROOF);

        (uint64 last, Stretch kind, uint64 ref) = desk.stretchAt(acr, 1, 51);
        assertEq(last, 60);
        assertEq(uint8(kind), uint8(Stretch.Cancelled));
        assertEq(ref, 0);
        bytes memory overlap = abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 50, 51, 1, 51);
        Lodging memory lodging = _lodging(ozone, SERIES, 50, 50);
        vm.expectRevert(overlap);
        vm.prank(alice);
        desk.request(lodging, 1);
        vm.expectRevert(overlap);
        vm.prank(officer);
        desk.immobilise(lodging, alice, 1);
        vm.expectRevert(overlap);
        vm.prank(officer);
        desk.recordUsed(SCHEME, acr, _used(SERIES, 50, 50, 1), PROOF);
    }

    /// @dev What lives here cannot have been used there: somebody has to look.
    function test_recordUsed_refusesWhatIsHere() public {
        _immobilise(100, 199, 0);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 150, 151, 100, 200));
        vm.prank(officer);
        desk.recordUsed(SCHEME, verra, _used("", 150, 150, 100), PROOF);
    }

    /// @dev An officer of another scheme could record all serials of a registry as retired, for ever.
    function test_recordUsed_isForTheSchemeThatAddedTheRegistry() public {
        vm.prank(otherOfficer);
        vm.expectRevert(
            abi.encodeWithSelector(ISerialSets.SerialsForeignRegistry.selector, verra, SCHEME, OTHER_SCHEME)
        );
        desk.recordUsed(OTHER_SCHEME, verra, _used("", 1, type(uint64).max - 1, 0), PROOF);
    }

    function test_recordUsed_refusesWhatIsNoUse() public {
        vm.startPrank(officer);
        for (uint256 i; i < 4; ++i) {
            UsedBlock[] memory blocks = _used(SERIES, 1, 9, 0);
            if (i == 0) blocks[0].use = Stretch.Immobilised;
            if (i == 1) blocks[0].first = 10;
            if (i == 2) blocks[0].last = type(uint64).max;
            if (i == 3) blocks[0].serial = "";
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISerialSets.SerialsBadBlock.selector, blocks[0].first, blocks[0].last, blocks[0].serial
                )
            );
            desk.recordUsed(SCHEME, acr, blocks, PROOF);
        }
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsTooMany.selector, 101, 100));
        desk.recordUsed(SCHEME, acr, new UsedBlock[](101), PROOF);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsUnknownRegistry.selector, 9));
        desk.recordUsed(SCHEME, 9, _used(SERIES, 1, 9, 0), PROOF);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, alice, SCHEME, 0, Powers.ISSUE));
        vm.prank(alice);
        desk.recordUsed(SCHEME, acr, _used(SERIES, 1, 9, 0), PROOF);
    }

    /// @dev Every text of the alphabet is taken or refused as its definition says.
    function testFuzz_series_canonical(bytes memory raw) public {
        bytes memory letters = "A0 -a19Z";
        vm.assume(raw.length != 0 && raw.length <= 12);
        for (uint256 i; i < raw.length; ++i) {
            raw[i] = letters[uint8(raw[i]) % letters.length];
        }
        bool taken = true;
        try this.ask(string(raw)) {}
        catch {
            taken = false;
        }
        assertEq(taken, _canonical(raw));
    }

    function ask(string calldata series) external {
        _ask(series, 1, 9);
    }

    function _ask(string memory series, uint64 first, uint64 last) private {
        uint64 hint = desk.stretchBefore(acr, desk.seriesOf(acr, series), first, 10);
        vm.prank(alice);
        desk.request(_lodging(ozone, series, first, last), hint);
    }

    /// @dev The definition, field by field.
    function _canonical(bytes memory text) private pure returns (bool) {
        uint256 from;
        for (uint256 i; i <= text.length; ++i) {
            if (i < text.length && text[i] != "-") {
                bool capital = text[i] >= "A" && text[i] <= "Z";
                bool digit = text[i] >= "0" && text[i] <= "9";
                if (!capital && !digit) return false;
                continue;
            }
            if (i == from) return false;
            bool allDigits = true;
            for (uint256 j = from; j < i; ++j) {
                if (text[j] >= "A") allDigits = false;
            }
            if (allDigits && text[from] == "0" && i - from > 1) return false;
            from = i + 1;
        }
        return true;
    }
}
