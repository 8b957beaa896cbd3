// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ArcTerms, GridNode, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PackedArc} from "../../contracts/types/PackedArc.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Two schemes, an officer of both and one of the north alone.
contract PowerGridTest is PowerCase {
    uint8 private constant ELECTRICITY = 1;
    uint8 private constant HEAT = 2;
    uint32 private constant WHOLE = 1_000_000;

    function _noPower(address who, SchemeId scheme) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, who, scheme, PLACE, Powers.MARKET);
    }

    function _three() private {
        _node(ELECTRICITY, 1);
        _node(ELECTRICITY, 2);
        _node(HEAT, 1);
    }

    /* nodes */

    function test_addNode_keepsItAndTellsIt() public {
        GridNode memory terms = GridNode(NORTH, PLACE, ELECTRICITY, 7, 3, _since());
        vm.expectEmit(address(grid));
        emit IPowerGrid.NodeAdded(0, NORTH, terms, officer);
        vm.prank(officer);
        assertEq(grid.addNode(NORTH, PLACE, ELECTRICITY, 7, 3), 0);
        assertEq(keccak256(abi.encode(grid.node(0))), keccak256(abi.encode(terms)));
        assertEq(_node(HEAT, 7), 1);
        (uint256 nodes, uint256 arcs) = grid.counts();
        assertEq(nodes, 2);
        assertEq(arcs, 0);
    }

    function test_addNode_isThereFromItsDateOn() public {
        uint40 since = _since();
        _node(ELECTRICITY, 1);
        vm.warp(since - 10 minutes);
        _node(ELECTRICITY, 2);
        assertEq(grid.nodesAt(since - 1), 0);
        assertEq(grid.nodesAt(since), 1);
        assertEq(grid.nodesAt(since + 50 minutes - 1), 1);
        assertEq(grid.nodesAt(since + 50 minutes), 2);
    }

    function test_addNode_isForTheMarketsOfficersThere() public {
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger, NORTH));
        grid.addNode(NORTH, PLACE, ELECTRICITY, 1, 0);
        vm.startPrank(bureau);
        vm.expectRevert(_noPower(bureau, SOUTH));
        grid.addNode(SOUTH, PLACE, ELECTRICITY, 1, 0);
        grid.addNode(NORTH, PLACE, ELECTRICITY, 1, 0);
    }

    function test_addNode_namesASchemeAndACarrier() public {
        _refusesNode(
            SchemeId.wrap(0), 1, abi.encodeWithSelector(IPowerGrid.GridBadNode.selector, SchemeId.wrap(0), ELECTRICITY)
        );
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridBadNode.selector, NORTH, 0));
        grid.addNode(NORTH, PLACE, 0, 1, 0);
    }

    function test_addNode_tellsAllCarriersAndRegionsApart() public {
        _node(ELECTRICITY, 0);
        _node(ELECTRICITY, type(uint24).max);
        _node(ELECTRICITY | 1 << 7, 0); // the carrier's highest bit
        (uint256 nodes,) = grid.counts();
        assertEq(nodes, 3);
    }

    function test_addNode_onceForACarrierAndRegionOfAScheme() public {
        _node(ELECTRICITY, 1);
        _refusesNode(NORTH, 1, abi.encodeWithSelector(IPowerGrid.GridNodeExists.selector, NORTH, ELECTRICITY, 1));
        _node(HEAT, 1);
        _node(ELECTRICITY, 2);
        _node(SOUTH, ELECTRICITY, 1);
        assertEq(grid.nodesAt(_since()), 4);
    }

    /* borders */

    /// @dev An officer of SOUTH could take all places.
    function test_addNode_leavesOtherSchemesTheirShare() public {
        for (uint24 i; i < NODES_PER_SCHEME; ++i) {
            _node(SOUTH, ELECTRICITY, i);
        }
        _refusesNode(SOUTH, 99, abi.encodeWithSelector(IPowerGrid.GridShareUsed.selector, SOUTH, NODES_PER_SCHEME));
        _node(NORTH, ELECTRICITY, 1);
    }

    function test_addNode_hasRoomFor64() public {
        for (uint24 i; i < 64; ++i) {
            _node(i < NODES_PER_SCHEME ? SOUTH : NORTH, ELECTRICITY, i);
        }
        _refusesNode(NORTH, 64, abi.encodeWithSelector(IPowerGrid.GridFull.selector, 64));
    }

    /// @dev An officer of SOUTH could date a node 2^40 - 1, and no change came after it.
    function test_aChangeTakesEffectAfterTheNotice_whateverOtherSchemesChange() public {
        _three();
        vm.warp(vm.getBlockTimestamp() + 1);
        _node(SOUTH, ELECTRICITY, 1);
        assertEq(grid.node(3).since, _since());
        vm.warp(vm.getBlockTimestamp() + 1);
        assertEq(_arc(0, 1, WHOLE, 1, 0), 0);
        assertEq(PackedArc.wrap(grid.arcAt(0, _since())).since(), _since());
        assertEq(grid.arcAt(0, _since() - 1), 0);
    }

    /// @dev Two changes of one block begin together, and the later one counts.
    function test_setArc_twiceInABlock_isTheLater() public {
        _three();
        _arc(0, 1, WHOLE, 1, 0);
        vm.prank(officer);
        grid.setArc(0, _arcTerms(WHOLE, 2, 0));
        (, uint256[] memory arcs) = grid.gridAt(_since());
        assertEq(PackedArc.wrap(arcs[0]).capacity(), 2);
        assertEq(grid.checkArcs(_since(), arcs), 3);
    }

    function test_theShareOfASchemeIsAtLeastOneNodeAndFits() public {
        for (uint256 i; i < 2; ++i) {
            uint256 share = i * 65;
            vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridBadShare.selector, share, 64));
            vm.deployCode("PowerGrid.sol:PowerGrid", abi.encode(schemes, NOTICE, share));
        }
    }

    function _refusesNode(SchemeId scheme, uint24 region, bytes memory reason) private {
        vm.prank(officer);
        vm.expectRevert(reason);
        grid.addNode(scheme, PLACE, ELECTRICITY, region, 0);
    }

    function test_node_isOneThatThereIs() public {
        _node(ELECTRICITY, 1);
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridUnknownNode.selector, 1));
        grid.node(1);
    }

    /* arcs */

    function test_addArc_keepsItAndTellsIt() public {
        _three();
        ArcTerms memory terms = ArcTerms(980_000, 5_000, 12, 4, 17, 18, "table");
        vm.expectEmit(address(grid));
        emit IPowerGrid.ArcSet(0, 1, 1, 0, _since(), terms, officer);
        vm.prank(officer);
        assertEq(grid.addArc(1, 0, terms), 0);

        PackedArc word = PackedArc.wrap(grid.arcAt(0, _since()));
        assertEq(word.capacity(), 5_000);
        assertEq(word.cost(), 12);
        assertEq(word.efficiency(), 980_000);
        assertEq(word.from(), 1);
        assertEq(word.to(), 0);
        assertTrue(word.isLine());
        assertEq(word.table(), 4);
        assertEq(word.version(), 1);
        assertEq(word.since(), _since());
        (uint32 meterFrom, uint32 meterTo) = grid.metersOf(0, 1);
        assertEq(meterFrom, 17);
        assertEq(meterTo, 18);
        assertEq(grid.arcAt(0, _since() - 1), 0);
    }

    function test_addArc_joinsTwoNodesThatThereAre() public {
        _three();
        _refusesArc(0, 0, WHOLE, abi.encodeWithSelector(IPowerGrid.GridBadArc.selector, 0, 0, WHOLE));
        _refusesArc(3, 0, WHOLE, abi.encodeWithSelector(IPowerGrid.GridUnknownNode.selector, 3));
        _refusesArc(0, 3, WHOLE, abi.encodeWithSelector(IPowerGrid.GridUnknownNode.selector, 3));
    }

    function test_aLine_gainsNothing_aConverterNoMoreThanTheMost() public {
        _three();
        uint32 most = grid.MAX_EFFICIENCY();
        _refusesArc(0, 1, 0, abi.encodeWithSelector(IPowerGrid.GridBadArc.selector, 0, 1, 0));
        _refusesArc(0, 1, WHOLE + 1, abi.encodeWithSelector(IPowerGrid.GridBadArc.selector, 0, 1, WHOLE + 1));
        _refusesArc(0, 2, most + 1, abi.encodeWithSelector(IPowerGrid.GridBadArc.selector, 0, 2, most + 1));
        _arc(0, 1, WHOLE, 1, 0);
        assertFalse(PackedArc.wrap(grid.arcAt(_arc(0, 2, most, 1, 0), _since())).isLine());
    }

    function _refusesArc(uint8 from, uint8 to, uint32 efficiencyPpm, bytes memory reason) private {
        vm.prank(officer);
        vm.expectRevert(reason);
        grid.addArc(from, to, _arcTerms(efficiencyPpm, 1, 0));
    }

    function test_addArc_hasRoomFor128_andAShareForEachScheme() public {
        _three();
        _node(SOUTH, ELECTRICITY, 1);
        for (uint256 i; i < 2 * NODES_PER_SCHEME; ++i) {
            _arc(3, 1, WHOLE, 1, 0);
        }
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridShareUsed.selector, SOUTH, 2 * NODES_PER_SCHEME));
        grid.addArc(3, 1, _arcTerms(WHOLE, 1, 0));
        for (uint256 i = 2 * NODES_PER_SCHEME; i < 128; ++i) {
            _arc(0, 1, WHOLE, 1, 0);
        }
        _refusesArc(0, 1, WHOLE, abi.encodeWithSelector(IPowerGrid.GridFull.selector, 128));
    }

    function test_arcs_areForOfficersOfBothEnds() public {
        _node(NORTH, ELECTRICITY, 1);
        _node(SOUTH, ELECTRICITY, 1);
        uint8 arc = _arc(0, 1, WHOLE, 1, 0);
        uint8 back = _arc(1, 0, WHOLE, 1, 0);
        ArcTerms memory terms = _arcTerms(WHOLE, 1, 0);
        vm.startPrank(bureau);
        vm.expectRevert(_noPower(bureau, SOUTH));
        grid.addArc(0, 1, terms);
        vm.expectRevert(_noPower(bureau, SOUTH));
        grid.addArc(1, 0, terms);
        vm.expectRevert(_noPower(bureau, SOUTH));
        grid.setArc(arc, terms);
        vm.expectRevert(_noPower(bureau, SOUTH));
        grid.setArc(back, terms);
    }

    function test_setArc_changesWhatIsToCome_andNotThePast() public {
        _three();
        uint40 first = _since();
        uint8 arc = _arc(0, 1, WHOLE, 1_000, 0);
        uint256 before = grid.arcAt(arc, first);
        vm.warp(first);
        ArcTerms memory terms = ArcTerms(900_000, 0, 7, 2, 5, 6, "second table");
        vm.expectEmit(address(grid));
        emit IPowerGrid.ArcSet(arc, 2, 0, 1, _since(), terms, officer);
        vm.prank(officer);
        assertEq(grid.setArc(arc, terms), 2);

        assertEq(grid.arcAt(arc, _since() - 1), before);
        PackedArc word = PackedArc.wrap(grid.arcAt(arc, _since()));
        assertEq(word.version(), 2);
        assertEq(word.capacity(), 0); // out of service
        assertEq(word.from(), 0);
        assertEq(word.to(), 1);
        assertTrue(word.isLine());
        (uint32 meterFrom,) = grid.metersOf(arc, 1);
        assertEq(meterFrom, 100);
        (meterFrom,) = grid.metersOf(arc, 2);
        assertEq(meterFrom, 5);
    }

    function test_setArc_isOfAnArcThatThereIs() public {
        _three();
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridUnknownArc.selector, 0));
        grid.setArc(0, _arcTerms(WHOLE, 1, 0));
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridUnknownArc.selector, 0));
        grid.arcAt(0, _since());
    }

    /* the whole */

    function test_gridAt_hasWhatIsThereThen() public {
        _three();
        uint40 first = _since();
        _arc(0, 1, WHOLE, 1_000, 0);
        vm.warp(first);
        _arc(1, 0, WHOLE, 2_000, 0);
        (uint256 nodes, uint256[] memory arcs) = grid.gridAt(first - 1);
        assertEq(nodes, 0);
        assertEq(arcs.length, 0);
        (nodes, arcs) = grid.gridAt(first);
        assertEq(nodes, 3);
        assertEq(arcs.length, 1);
        (, arcs) = grid.gridAt(_since());
        assertEq(arcs.length, 2);
        assertEq(arcs[1], grid.arcAt(1, _since()));
    }

    function test_checkArcs_takesTheArcsOfThatTime_andNoOthers() public {
        _three();
        uint40 first = _since();
        assertEq(grid.checkArcs(first, new uint256[](0)), 3);
        _arc(0, 1, WHOLE, 1_000, 0);
        _arc(1, 0, WHOLE, 1_000, 0);
        vm.warp(first);
        vm.prank(officer);
        grid.setArc(0, _arcTerms(WHOLE, 500, 0));

        (, uint256[] memory old) = grid.gridAt(first);
        (, uint256[] memory now_) = grid.gridAt(_since());
        assertEq(grid.checkArcs(first, old), 3);
        assertEq(grid.checkArcs(_since() - 1, old), 3);
        assertEq(grid.checkArcs(_since(), now_), 3);
        _refusesArcs(first, now_);
        _refusesArcs(_since(), old);
        _refusesArcs(first, new uint256[](0));
        _refusesArcs(first - 1, old);
        uint256[] memory less = new uint256[](1);
        less[0] = now_[0];
        _refusesArcs(_since(), less);
        assertEq(grid.checkArcs(first - 1, new uint256[](0)), 0);
    }

    function testFuzz_checkArcs_tellsEachChangeOfABit(uint8 changes, uint256 seed) public {
        _three();
        for (uint256 i; i < changes % 12 + 1; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(vm.getBlockTimestamp() + seed % 2 hours);
            (, uint256 count) = grid.counts();
            ArcTerms memory terms = _arcTerms(uint32(seed >> 8) % WHOLE + 1, uint32(seed >> 40), uint32(seed >> 72));
            vm.prank(officer);
            if (count == 0 || seed % 3 == 0) grid.addArc(uint8(i % 2), uint8(1 - i % 2), terms);
            else grid.setArc(uint8(seed % count), terms);
        }
        uint256 time = 1_700_000_100 + seed % (vm.getBlockTimestamp() + 2 hours - 1_700_000_100);
        (uint256 nodes, uint256[] memory arcs) = grid.gridAt(time);
        assertEq(grid.checkArcs(time, arcs), nodes);
        if (arcs.length == 0) return;
        arcs[seed % arcs.length] ^= 1 << (seed >> 16) % 192;
        _refusesArcs(time, arcs);
    }

    /// @dev An officer changed one line of its scheme for many hours to come, and every clearing walked through them all.
    function test_theCostOfALook_doesNotGrowWithTheChangesToCome() public {
        _three();
        _arc(0, 1, WHOLE, 1_000, 0);
        uint256 time = _since();
        for (uint256 i; i < 500; ++i) {
            vm.warp(vm.getBlockTimestamp() + 1);
            vm.prank(officer);
            grid.setArc(0, _arcTerms(WHOLE, uint32(i), 0));
        }
        (, uint256[] memory arcs) = grid.gridAt(time);
        vm.cool(address(grid));
        uint256 before = gasleft();
        assertEq(grid.checkArcs(time, arcs), 3);
        assertLt(before - gasleft(), 60_000);
        vm.cool(address(grid));
        before = gasleft();
        grid.gridAt(time);
        assertLt(before - gasleft(), 60_000);
    }

    function _refusesArcs(uint256 time, uint256[] memory arcs) private {
        vm.expectRevert(abi.encodeWithSelector(IPowerGrid.GridOtherArcs.selector, time));
        grid.checkArcs(time, arcs);
    }
}
