// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {FirstTransfer, IArticle6, ItmoPurpose} from "../../interfaces/compliance/IArticle6.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {BatchStatus, Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {Activity, MethodologyId, ProjectId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {ImmobilisationBase} from "../units/ImmobilisationBase.sol";

/// @dev Serial numbers 1 to 1,000 twice: of a batch of this registry, and immobilised of another; Paraguay (600) hosts both.
contract Article6ForeignTest is ImmobilisationBase, ICreditOrigin {
    uint16 private constant PARAGUAY = 600;
    UnitId private constant OWN = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(VINTAGE) << 64) | 1);

    IArticle6 private article6;
    IRetirementRegistry private registry;
    address private asuncion = makeAddr("focal point of Paraguay");

    function setUp() public override {
        super.setUp();
        AccessManager manager = new AccessManager(address(this));
        address[] memory units = new address[](1);
        units[0] = address(credits);
        registry = IRetirementRegistry(
            vm.deployCode(
                "RetirementRegistry.sol:RetirementRegistry", abi.encode(manager, participants, address(0), units)
            )
        );
        credits.setController(
            address(registry), EXIT | 1 << (8 + uint256(Exit.Retired)) | 1 << (8 + uint256(Exit.Cancelled))
        );
        article6 = IArticle6(
            vm.deployCode("Article6.sol:Article6", abi.encode(manager, participants, credits, address(this), registry))
        );
        article6.setFocalPoint(asuncion, PARAGUAY);

        _immobilise(1, 1_000, 0);
        Recipient[] memory to = new Recipient[](1);
        to[0] = Recipient({to: alice, amount: 1_000});
        assertEq(credits.issueOwn(OWN, to, 0, PROOF, BatchStatus.Active, 0), 1);
    }

    /// @inheritdoc ICreditOrigin
    /// @dev The test issues the batch of this registry, and answers for it.
    function traitsOf(UnitId) external pure returns (Traits memory) {
        return Traits(Activity.Reduction, ProjectKind.Forest, PARAGUAY, MethodologyId.wrap(0));
    }

    /// @inheritdoc ICreditOrigin
    function projectOf(UnitId) external pure returns (ProjectId) {
        return ProjectId.wrap(0);
    }

    function _authorise(UnitId unit) private {
        vm.prank(asuncion);
        article6.authorise(unit, 1_000, alpha, 0, ItmoPurpose.Other, FirstTransfer.Use, "CA0001", "letter");
    }

    function test_authorise_isNotForSerialsOfAnotherRegistry() public {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotHeld.selector, forest, 1_000));
        _authorise(forest);
        _authorise(OWN);
    }
}
