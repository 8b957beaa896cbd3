// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {FirstTransfer, IArticle6, ItmoPurpose, ItmoState} from "../../interfaces/compliance/IArticle6.sol";
import {obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {Activity, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev Credits of a Chinese project, 1,000 t of them set apart for Switzerland by the emitter that holds them, and its plant.
contract OutcomeUseTest is ComplianceCase {
    uint256 private constant SET_APART = 2 | 1 << 18;
    uint16 private constant SWISS = 756;

    IArticle6 private article6;
    UnitId private outcome;
    address private bern = makeAddr("focal point of Switzerland");

    function setUp() public override {
        super.setUp();
        projects.setTraits(Activity.Reduction, ProjectKind.Wind, 156, 1);
        address manager = address(new AccessManager(address(this)));
        bytes memory args = abi.encode(manager, participants, credits, issuance, address(0));
        article6 = IArticle6(vm.deployCode("Article6.sol:Article6", args));
        credits.setController(address(issuance), SET_APART);
        credits.setController(address(article6), SET_APART);
        article6.setFocalPoint(ministry, 156);
        article6.setFocalPoint(bern, SWISS);
        vm.prank(ministry);
        article6.authorise(credit, 1_000, emitter, SWISS, ItmoPurpose.Ndc, FirstTransfer.None, "CA0001", "letter");
        vm.prank(wallet);
        outcome = article6.setApart(1, 1_000);
        _assess(plant, EMISSIONS);
    }

    function _acquired() private {
        vm.prank(ministry);
        article6.transfer(outcome, 1);
        vm.prank(bern);
        article6.acquire(outcome, 1);
    }

    function _refused() private {
        _refuseSurrender(
            outcome, 1, abi.encodeWithSelector(ICompliance.ComplianceUnitRefused.selector, outcome, PERIOD)
        );
    }

    /// @dev Also where the pack admits China's own credits of every kind.
    function test_surrender_inTheHostsScheme() public {
        _refused();
        _setParam("offset.host_country", 156);
        _acquired();
        _refused();
        _setParam("offset.acquiring_party", 156);
        _refused();
        _surrender(credit, 1_000);
        assertEq(credits.batch(outcome).next, 1);
    }

    function test_surrender_inTheSchemeOfThePartyThatAcquired() public {
        _setParam("offset.acquiring_party", SWISS);
        _refused(); // not yet
        _acquired();
        _surrender(outcome, 300);
        SerialBlock[] memory taken = new SerialBlock[](1);
        taken[0] = SerialBlock({registry: 1, series: 0, first: 1, last: 300});
        vm.prank(bern);
        article6.useInSurrender(outcome, 1, 1, 300, obligationRef(CHINA, PERIOD, plant), taken);
        assertTrue(article6.blockOf(outcome, 1).state == ItmoState.Used);
    }

    /// @dev Transferred to the Party and not yet acquired by it.
    function test_surrender_notOfWhatIsOnItsWay() public {
        _setParam("offset.acquiring_party", SWISS);
        vm.prank(ministry);
        article6.transfer(outcome, 1);
        _refused();
        vm.prank(bern);
        article6.acquire(outcome, 1);
        _surrender(outcome, 1);
    }

    function test_surrender_ofWhatHasLapsed() public {
        vm.warp(block.timestamp + 365 days + 1);
        article6.lapse(outcome, 1);
        _surrender(outcome, 1_000);
    }

    function test_surrender_forOtherPurposesIsNone() public {
        vm.prank(ministry);
        article6.authorise(credit, 10, emitter, 0, ItmoPurpose.Other, FirstTransfer.Use, "CA0001", "letter");
        vm.prank(wallet);
        outcome = article6.setApart(2, 10);
        _setParam("offset.acquiring_party", SWISS);
        _refused();
    }
}
