// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev Allowances of a later vintage against the obligation of this period.
contract BorrowingTest is ComplianceCase {
    uint256 private constant LIMIT = 96_470; // a tenth of 964,700

    function setUp() public override {
        super.setUp();
        _setParam("obligation.borrow_vintages", 1);
        allowances.issue(wallet, CEA_2021, 600_000, 0);
        _assess(plant, EMISSIONS);
    }

    function test_surrender_borrowsUpToTheShareOfThePack() public {
        _setParam("borrowing.limit_ppm", 100_000);
        _refuseSurrender(CEA_2021, LIMIT + 1, _overLimit(LIMIT + 1, LIMIT));
        _surrender(CEA_2021, LIMIT - 1);
        _surrender(CEA, 1000); // of its own vintage: no limit
        _refuseSurrender(CEA_2021, 2, _overLimit(2, 1));
        _surrender(CEA_2021, 1);
        assertEq(_obligation().borrowed, LIMIT);
        assertEq(_obligation().allowances, LIMIT + 1000);
    }

    function test_surrender_sumsWhatACallBorrows() public {
        _setParam("borrowing.limit_ppm", 100_000);
        UnitId[] memory ids = new UnitId[](2);
        uint256[] memory amounts = new uint256[](2);
        (ids[0], ids[1], amounts[0], amounts[1]) = (CEA_2021, CEA_2021, LIMIT, 1);
        vm.prank(wallet);
        vm.expectRevert(_overLimit(LIMIT + 1, LIMIT));
        compliance.surrender(plant, PERIOD, ids, amounts);
    }

    function test_surrender_roundsTheBorrowingLimitDown() public {
        _setParam("borrowing.limit_ppm", 100_001); // 96,470.96
        _refuseSurrender(CEA_2021, LIMIT + 1, _overLimit(LIMIT + 1, LIMIT));
    }

    function test_surrender_borrowsAllWhereThePackHasNoShare() public {
        _surrender(CEA_2021, 600_000);
        assertEq(_obligation().borrowed, 600_000);
    }

    function test_surrender_borrowsNothingWhereTheShareIsNone() public {
        _setParam("borrowing.limit_ppm", 0);
        _refuseSurrender(CEA_2021, 1, _overLimit(1, 0));
    }

    function test_surrender_borrowsNoVintageBeyondTheWindow() public {
        _setParam("obligation.borrow_vintages", 0);
        _refuseSurrender(
            CEA_2021, 1, abi.encodeWithSelector(ICompliance.ComplianceUnitRefused.selector, CEA_2021, PERIOD)
        );
    }

    function _overLimit(uint256 amount, uint256 room) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICompliance.ComplianceBorrowLimit.selector, plant, amount, room);
    }
}
