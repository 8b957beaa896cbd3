// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {BatchTerms, IImmobilisationWhole, Lodging} from "../../interfaces/units/IImmobilisation.sol";
import {IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Activity, MethodologyId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev Blocks of another registry, surrendered as far as the pack admits what its batch was opened as: a wind farm in
/// Viet Nam (704), methodology 3, vintage 2019.
contract ImmobilisedSurrenderTest is ComplianceCase {
    IImmobilisationWhole private immobilisation;
    uint32 private verra;
    UnitId private vcu;
    uint64 private next = 1;

    function setUp() public override {
        super.setUp();
        vm.prank(ministry);
        verra = immobilisation.addRegistry(CHINA, "VERRA", true, 1000, "descriptor");
        vcu = _batch(_terms());
        _assess(plant, EMISSIONS);
    }

    function _deployImmobilisation() internal override returns (address) {
        immobilisation = IImmobilisationWhole(
            vm.deployCode(
                "Immobilisation.sol:Immobilisation",
                abi.encode(participants, schemes, credits, address(0), address(0), uint128(0))
            )
        );
        return address(immobilisation);
    }

    /* WHAT THE PACK SAYS */

    function test_surrender_admitsImmobilisedByAllThePackSays() public {
        _setParam("offset.oldest_vintage", 2019);
        _setParam("offset.newest_vintage", 2019);
        _setParam("offset.host_country", 704);
        _setParam("offset.activities", 1 << uint256(Activity.Reduction));
        _setParam("offset.kinds", 1 << uint256(ProjectKind.Wind));
        _setParam("offset.methodologies", 1 << 3);

        SerialBlock[] memory blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: verra, series: 0, first: 1, last: 40});
        vm.expectEmit(address(credits));
        emit IOffsetCredits.SerialsAttached(vcu, wallet, obligationRef(CHINA, PERIOD, plant), Exit.Surrendered, blocks);
        _surrender(vcu, 40);
        assertEq(_obligation().offsets, 40);
        // Only what Parties can authorise here is remembered.
        bytes32 ref = obligationRef(CHINA, PERIOD, plant);
        assertFalse(credits.wasSurrenderOf(vcu, blocks, ref));
        blocks[0] = SerialBlock({registry: 1, series: 0, first: 1, last: 5});
        assertFalse(credits.wasSurrenderOf(credit, blocks, ref));
        assertEq(credits.exitedOf(vcu, Exit.Surrendered), 40);
    }

    function test_surrender_refusesImmobilisedOfAnotherVintage() public {
        _admitsOnly("offset.oldest_vintage", 2020, 2019);
        _admitsOnly("offset.newest_vintage", 2018, 2019);
    }

    function test_surrender_refusesImmobilisedOfAnotherHostCountry() public {
        _admitsOnly("offset.host_country", 156, 704);
    }

    function test_surrender_refusesImmobilisedOfAnotherMethodology() public {
        _admitsOnly("offset.methodologies", type(uint192).max - (1 << 3), 1 << 3);
    }

    /// @dev Its text alone makes it no methodology that a pack could have meant.
    function test_surrender_refusesImmobilisedOfAMethodologyThatIsNoneOfOurs() public {
        BatchTerms memory terms = _terms();
        terms.methodology = MethodologyId.wrap(0);
        UnitId other = _batch(terms);
        _surrender(other, 1); // without a rule
        _setParam("offset.methodologies", 1 << 3);
        _refuse(other);
        _surrender(vcu, 1);
    }

    function test_surrender_refusesImmobilisedOfAnotherActivityOrKind() public {
        _admitsOnly("offset.activities", 1 << uint256(Activity.Removal), 1 << uint256(Activity.Reduction));
        _admitsOnly("offset.kinds", 1 << uint256(ProjectKind.Forest), 1 << uint256(ProjectKind.Wind));
    }

    function test_surrender_refusesImmobilisedOfAnotherScheme() public {
        BatchTerms memory terms = _terms();
        terms.scheme = OTHER;
        vm.prank(ministry);
        immobilisation.admitScheme(verra, OTHER, true);
        UnitId other = _batch(terms);
        _refuse(other);
        _setParam("offset.credit_scheme", SchemeId.unwrap(OTHER));
        _surrender(other, 1);
        _refuse(vcu);
    }

    function test_surrender_countsImmobilisedAgainstTheSameLimit() public {
        _surrender(credit, OFFSET_LIMIT - 1);
        _refuseSurrender(vcu, 2, abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, 2, 1));
        _surrender(vcu, 1);
    }

    /* HELP */

    function _terms() private view returns (BatchTerms memory) {
        return BatchTerms({
            scheme: CHINA,
            vintage: 2019,
            registry: verra,
            activity: Activity.Reduction,
            kind: ProjectKind.Wind,
            hostCountry: 704,
            methodology: MethodologyId.wrap(3),
            project: "1899",
            methodologyText: "ACM0002",
            account: "account 77 of the developer"
        });
    }

    /// @dev A batch of 100 units, which are the emitter's.
    function _batch(BatchTerms memory terms) private returns (UnitId id) {
        vm.startPrank(ministry);
        id = immobilisation.openBatch(terms);
        immobilisation.immobilise(
            Lodging(id, 0, next, next + 99, "as VERRA writes it", "proof"), wallet, next == 1 ? 0 : 1
        );
        vm.stopPrank();
        next += 100;
    }

    function _refuse(UnitId unit) private {
        _refuseSurrender(unit, 1, abi.encodeWithSelector(ICompliance.ComplianceUnitRefused.selector, unit, PERIOD));
    }

    /// @dev Refused under the one value; admitted under the other, which stays.
    function _admitsOnly(string memory key, uint256 without, uint256 with) private {
        _setParam(key, without);
        _refuse(vcu);
        _setParam(key, with);
        _surrender(vcu, 1);
    }
}
