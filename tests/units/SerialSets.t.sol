// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Lodging} from "../../interfaces/units/IImmobilisation.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Registry, Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {ImmobilisationBase} from "./ImmobilisationBase.sol";

/// @dev Registries, their issuances, and what was used elsewhere.
contract SerialSetsTest is ImmobilisationBase {
    address private arbiter = makeAddr("officer for disputes");

    function test_addRegistry_numbersFromTwo() public {
        assertEq(verra, 2);
        assertEq(acr, 3);
        assertEq(desk.registryCount(), 2);
        Registry memory r = desk.registryOf(verra);
        assertEq(r.name, "VERRA");
        assertTrue(r.countsThrough);
        assertEq(r.largest, LARGEST);
        assertEq(r.descriptor, DESCRIPTOR);
        Registry memory gold = Registry("GOLD", "another", SCHEME, false, 7, 0);
        vm.expectEmit(address(desk));
        emit ISerialSets.RegistryAdded(4, SCHEME, gold, officer);
        vm.prank(officer);
        desk.addRegistry(SCHEME, "GOLD", false, 7, "another");
    }

    function test_addRegistry_isAnOfficersAndOnceForAName() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.addRegistry(SCHEME, "GOLD", false, LARGEST, "another");

        string[7] memory names = ["VERRA", "", "Verra", "VER RA", "VER-RA", "VERRA ", "0"];
        for (uint256 i; i < names.length; ++i) {
            _refuseRegistry(names[i], LARGEST, "another");
        }
        _refuseRegistry("A23456789012345678901234567890123", LARGEST, "another");
    }

    function test_addRegistry_takesAllCapitalsAndDigits() public {
        vm.startPrank(officer);
        uint32 letters = desk.addRegistry(SCHEME, "AZ09", false, LARGEST, "letters");
        uint32 longest = desk.addRegistry(SCHEME, "A2345678901234567890123456789012", false, LARGEST, "longest");
        vm.stopPrank();
        assertEq(desk.registryOf(letters).name, "AZ09");
        assertEq(bytes(desk.registryOf(longest).name).length, 32);
    }

    /// @dev Two names of one registry would be two sets of serial numbers.
    function test_addRegistry_takesADescriptorOnceAndABound() public {
        _refuseRegistry("VCS", LARGEST, DESCRIPTOR);
        _refuseRegistry("VCS", LARGEST, 0);
        _refuseRegistry("VCS", 0, "another");
    }

    function _refuseRegistry(string memory name, uint32 largest, bytes32 descriptor) private {
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadRegistry.selector, name));
        vm.prank(officer);
        desk.addRegistry(SCHEME, name, false, largest, descriptor);
    }

    function test_series_isNumberedWhenItsIssuanceIsFirstSeen() public {
        vm.expectEmit(address(desk));
        emit ISerialSets.SeriesNumbered(acr, 1, SERIES);
        _ask(SERIES, 1, 9);
        assertEq(desk.seriesOf(acr, SERIES), 1);
        _ask(SERIES, 10, 19);
        _ask(204, 1, 9);
        assertEq(desk.seriesOf(acr, 204), 2);
        assertEq(desk.registryOf(acr).series, 2);
        assertEq(desk.seriesOf(verra, 0), 0);
    }

    function test_series_isNoneWhereTheRegistryCountsThrough() public {
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadIssuance.selector, verra, SERIES));
        vm.prank(alice);
        desk.request(_lodging(forest, SERIES, 1, 9), 0);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadIssuance.selector, acr, 0));
        vm.prank(alice);
        desk.request(_lodging(ozone, 0, 1, 9), 0);
    }

    function test_recordUsed_barsABlock() public {
        UsedBlock[] memory blocks = new UsedBlock[](2);
        blocks[0] = UsedBlock(SERIES, 1, 50, 0, Stretch.Retired, 20_000, SERIAL, "Example Airlines");
        blocks[1] = UsedBlock(SERIES, 51, 60, 1, Stretch.Cancelled, 0, SERIAL, "");
        vm.expectEmit(address(desk));
        emit ISerialSets.BlockUsedElsewhere(acr, 1, blocks[0], PROOF, officer);
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

    /// @dev What lives here cannot have been used there: an officer has to look.
    function test_recordUsed_refusesWhatIsHere() public {
        _immobilise(100, 199, 0);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 150, 151, 100, 200));
        vm.prank(officer);
        desk.recordUsed(SCHEME, verra, _used(0, 150, 150, 100), PROOF);
    }

    /// @dev An officer of another scheme could record all serials of a registry as retired, which bars them for all schemes; one
    /// that is admitted may take serials, no more.
    function test_recordUsed_isForTheSchemeThatAddedTheRegistry() public {
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(officer);
            desk.admitScheme(verra, OTHER_SCHEME, i == 1);
            vm.prank(otherOfficer);
            vm.expectRevert(
                abi.encodeWithSelector(ISerialSets.SerialsForeignRegistry.selector, verra, SCHEME, OTHER_SCHEME)
            );
            desk.recordUsed(OTHER_SCHEME, verra, _used(0, 1, 9, 0), PROOF);
        }
    }

    function test_recordUsed_refusesWhatIsNoUse() public {
        vm.startPrank(officer);
        for (uint256 i; i < 5; ++i) {
            UsedBlock[] memory blocks = _used(SERIES, 1, 9, 0);
            if (i == 0) blocks[0].use = Stretch.Immobilised;
            if (i == 1) blocks[0].first = 10;
            if (i == 2) (blocks[0].first, blocks[0].last) = (type(uint64).max, type(uint64).max);
            if (i == 3) blocks[0].serial = "";
            if (i == 4) blocks[0].beneficiary = string(new bytes(201));
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISerialSets.SerialsBadBlock.selector, blocks[0].first, blocks[0].last, blocks[0].serial
                )
            );
            desk.recordUsed(SCHEME, acr, blocks, PROOF);
        }
        vm.expectPartialRevert(ISerialSets.SerialsBadBlock.selector); // as many as may be, all of them empty
        desk.recordUsed(SCHEME, acr, new UsedBlock[](100), PROOF);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsTooMany.selector, 101, 100));
        desk.recordUsed(SCHEME, acr, new UsedBlock[](101), PROOF);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsUnknownRegistry.selector, 9));
        desk.recordUsed(SCHEME, 9, _used(SERIES, 1, 9, 0), PROOF);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, alice, SCHEME, 0, Powers.ISSUE));
        vm.prank(alice);
        desk.recordUsed(SCHEME, acr, _used(SERIES, 1, 9, 0), PROOF);
    }

    /* UNDER TWO OFFICES */

    function test_undoUse_takesTwoOfficesAndFreesJustThat() public {
        _use();
        vm.prank(officer);
        desk.contestUse(acr, 1, 20, 29, REASON);
        bytes memory alone = abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, acr, officer);
        vm.expectRevert(alone); // the officer holds both powers, and is one person
        vm.prank(officer);
        desk.undoUse(acr, 1, 20, 29, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, acr, address(0)));
        vm.prank(arbiter);
        desk.undoUse(acr, 1, 20, 28, 1, 0);

        vm.expectEmit(address(desk));
        emit ISerialSets.UseUndone(acr, 1, 20, 29, arbiter);
        vm.prank(arbiter);
        desk.undoUse(acr, 1, 20, 29, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, acr, address(0))); // once
        vm.prank(arbiter);
        desk.undoUse(acr, 1, 20, 29, 1, 0);
        (uint64 last,,) = desk.stretchAt(acr, 1, 1);
        assertEq(last, 19);
        (last,,) = desk.stretchAt(acr, 1, 30);
        assertEq(last, 50);
        _ask(SERIES, 20, 29);
    }

    function test_adoptDescriptor_isForTheOfficesOfTheKeeper() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.proposeDescriptor(verra, 7, "another");
        vm.prank(officer);
        desk.proposeDescriptor(verra, 7, "another");
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.DISPUTE)
        );
        vm.prank(otherOfficer);
        desk.adoptDescriptor(verra, 7, "another");
    }

    function test_secondOffice_ofARegistryThatIsNone() public {
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsUnknownRegistry.selector, 999));
        desk.adoptDescriptor(999, 7, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsUnknownRegistry.selector, 999));
        desk.undoUse(999, 1, 20, 29, 1, 0);
    }

    function test_undoUse_isForTheOfficesOfTheKeeper() public {
        _use();
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.contestUse(acr, 1, 1, 9, REASON);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, arbiter, SCHEME, 0, Powers.ISSUE));
        vm.prank(arbiter);
        desk.contestUse(acr, 1, 1, 9, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.DISPUTE)
        );
        vm.prank(otherOfficer);
        desk.undoUse(acr, 1, 1, 9, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.proposeDescriptor(acr, 7, "another");
        vm.prank(officer);
        desk.proposeDescriptor(acr, 7, "another");
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.DISPUTE)
        );
        vm.prank(otherOfficer);
        desk.adoptDescriptor(acr, 7, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsUnknownRegistry.selector, 9));
        vm.prank(officer);
        desk.contestUse(9, 1, 1, 9, REASON);
    }

    /// @dev Neither units that are here nor requests are undone as uses.
    function test_undoUse_touchesOnlyUses() public {
        schemes.grantOffice(arbiter, SCHEME, 0, Powers.DISPUTE);
        _immobilise(100, 199, 0);
        vm.prank(officer);
        desk.contestUse(verra, 0, 100, 199, REASON);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotUsed.selector, verra, 0, 100));
        vm.prank(arbiter);
        desk.undoUse(verra, 0, 100, 199, 100, 0);
    }

    function test_adoptDescriptor_takesTwoOffices() public {
        schemes.grantOffice(arbiter, SCHEME, 0, Powers.DISPUTE);
        vm.prank(officer);
        desk.proposeDescriptor(verra, 7, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, verra, officer));
        vm.prank(officer);
        desk.adoptDescriptor(verra, 7, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, verra, address(0)));
        vm.prank(arbiter);
        desk.adoptDescriptor(verra, 8, "another");
        vm.expectEmit(address(desk));
        emit ISerialSets.DescriptorAdopted(verra, 7, "another", arbiter);
        vm.prank(arbiter);
        desk.adoptDescriptor(verra, 7, "another");
        assertEq(desk.registryOf(verra).largest, 7);
        assertEq(desk.registryOf(verra).descriptor, "another");
        _refuseRegistry("VCS", LARGEST, DESCRIPTOR); // the former one stays taken
        _refuseRegistry("VCS", LARGEST, "another"); // as the adopted one is

        vm.prank(officer);
        desk.proposeDescriptor(verra, 7, "descriptor of ACR");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadRegistry.selector, "VERRA"));
        vm.prank(arbiter);
        desk.adoptDescriptor(verra, 7, "descriptor of ACR");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadRegistry.selector, "VERRA"));
        vm.prank(officer);
        desk.proposeDescriptor(verra, 0, "a third");
    }

    /// @dev An officer keeps one registry, another office confirms in all: what was proposed for one is adopted there alone.
    function test_adoptDescriptor_isOfTheRegistryItWasProposedFor() public {
        schemes.grantOffice(arbiter, SCHEME, 0, Powers.DISPUTE);
        vm.prank(officer);
        desk.proposeDescriptor(acr, 7, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, verra, address(0)));
        vm.prank(arbiter);
        desk.adoptDescriptor(verra, 7, "another");
        vm.prank(arbiter);
        desk.adoptDescriptor(acr, 7, "another");
        assertEq(desk.registryOf(verra).largest, LARGEST);
        assertEq(desk.registryOf(acr).largest, 7);
    }

    /// @dev Two registries have a use of the same numbers; one is contested, the other one stays.
    function test_undoUse_isOfTheRegistryItWasContestedIn() public {
        _use();
        vm.startPrank(officer);
        desk.recordUsed(SCHEME, verra, _used(0, 20, 29, 0), PROOF);
        desk.contestUse(acr, 0, 20, 29, REASON);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, verra, address(0)));
        vm.prank(arbiter);
        desk.undoUse(verra, 0, 20, 29, 20, 0);
    }

    function test_recordUsed_looksAtEachOfItsBlocks() public {
        vm.startPrank(officer);
        for (uint256 i; i < 2; ++i) {
            UsedBlock[] memory blocks = new UsedBlock[](2);
            blocks[0] = _used(SERIES, 1, 9, 0)[0];
            blocks[1] = _used(SERIES, 21, 29, 1)[0];
            if (i == 0) blocks[1].use = Stretch.Immobilised;
            else blocks[1].beneficiary = string(new bytes(201));
            vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadBlock.selector, 21, 29, SERIAL));
            desk.recordUsed(SCHEME, acr, blocks, PROOF);
        }
        vm.stopPrank();
    }

    function _use() private {
        schemes.grantOffice(arbiter, SCHEME, 0, Powers.DISPUTE);
        vm.prank(officer);
        desk.recordUsed(SCHEME, acr, _used(SERIES, 1, 50, 0), PROOF);
    }

    function _ask(uint256 issuance, uint64 first, uint64 last) private {
        uint64 hint = desk.stretchBefore(acr, desk.seriesOf(acr, issuance), first, 10);
        vm.prank(alice);
        desk.request(_lodging(ozone, issuance, first, last), hint);
    }
}
