// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ChargeId} from "../../interfaces/compliance/IFalseReports.sol";
import {PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ComplianceCase} from "../compliance/ComplianceCase.sol";
import {FalseReportsCase} from "../compliance/FalseReportsCase.sol";
import {ReentrantCurrency} from "./ReentrantCurrency.sol";

/// @dev A fine is debited, and while the currency moves it is paid once more.
contract ReentrantPenaltyTest is ComplianceCase {
    ReentrantCurrency private _evil;

    function setUp() public override {
        super.setUp();
        _evil = new ReentrantCurrency();
        exchange.open(MARKET, CEA, address(allowances), address(_evil), 1);
        penalties.setTreasury(CHINA, address(_evil), treasury);
    }

    function test_debitPenalty_isBookedBeforeTheCurrencyMoves() public {
        _decided(1000);
        exchange.fund(emitter, MARKET, 700_000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        _evil.arm(address(compliance), abi.encodeCall(penalties.payPenalty, (plant, PERIOD, FINE)));
        vm.prank(bureau);
        penalties.debitPenalty(plant, PERIOD, MARKET);

        assertFalse(_evil.accepted(), "more is paid than is due");
        assertEq(_penalty().paidCents, 700_000);
        assertEq(uint256(_penalty().state), uint256(PenaltyState.Decided));
        assertEq(_evil.balanceOf(treasury), 700_000);
    }
}

/// @dev The same of a fine for a false report.
contract ReentrantFineTest is FalseReportsCase {
    function test_debit_isBookedBeforeTheCurrencyMoves() public {
        ReentrantCurrency evil = new ReentrantCurrency();
        exchange.open(MARKET, CEA, address(allowances), address(evil), 1);
        penalties.setTreasury(CHINA, address(evil), treasury);
        ChargeId id = _decided(OPERATOR);
        uint256 fine = 2_000_000 * YUAN;
        exchange.fund(emitter, MARKET, 700_000);
        vm.warp(REFUSED);
        evil.arm(address(reports), abi.encodeCall(reports.pay, (id, fine)));
        vm.prank(bureau);
        reports.debit(id, MARKET);

        assertFalse(evil.accepted(), "more is paid than is due");
        assertEq(_of(OPERATOR, 1).paidCents, 700_000);
        assertEq(evil.balanceOf(treasury), 700_000);
    }
}
