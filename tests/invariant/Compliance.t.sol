// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationState} from "../../interfaces/compliance/IAllocation.sol";
import {Obligation, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId, MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {AppealOutcome, Penalty, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {BankingCase} from "../compliance/BankingCase.sol";
import {Campaign} from "./Campaign.sol";
import {ComplianceInsiders, Republic} from "./ComplianceInsiders.sol";

/// @dev Promises about allocation, obligation, surrender, penalties and banking, whatever emitters and officers do.
contract ComplianceTest is BankingCase, Campaign {
    uint256 private constant CREDITS = 300_000;
    uint256 private constant HEARING = 10 days;

    ComplianceInsiders private _handler;
    Republic private _w;

    function setUp() public override {
        super.setUp();
        address third = address(new RefusingWallet());
        _w.scheme = CHINA;
        (_w.period, _w.nextPeriod, _w.deadline) = (PERIOD, NEXT_PERIOD, DEADLINE);
        (_w.participants, _w.allocation, _w.compliance) = (participants, allocation, compliance);
        (_w.allowances, _w.credits, _w.exchange, _w.banking) = (allowances, credits, real, banking);
        (_w.oracle, _w.currency) = (oracle, currency);
        (_w.registrar, _w.bureau, _w.ministry) = (address(this), bureau, ministry);
        _w.wallets = [wallet, buyer, third];
        _w.ids = [emitter, other, _join(third, ParticipantKinds.EMITTER)];
        _w.markets = [market, older];
        _w.lotSizes = [uint256(1), 10];
        for (uint256 i = 0; i < 6; ++i) {
            _w.plants[i] = _plant(_w.ids[i / 2], CHINA, EAST, i % 3 == 2 ? GAS : COAL);
        }
        _setParam("penalty.appeal_days", 30);
        _setParam("penalty.units_for_each_ppm", 1_200_000);
        string memory expired = "banking.expired_vintage";
        schemes.setParam(CHINA, keccak256(bytes(expired)), expired, uint32(DEADLINE / 1 days) + 90, 2019, 0);
        real.setController(address(allocation), 1);
        _endow();
        _handler = new ComplianceInsiders(_w);
        _enlist(_handler);
    }

    /// @dev Credits and money for the three.
    function _endow() private {
        address developer = makeAddr("developer");
        UnitId credit = _offsets(developer, CHINA, uint64(CREDITS));
        _w.units = [CEA, CEA_2019, CEA_2021, credit];
        for (uint256 i = 0; i < 3; ++i) {
            currency.mint(_w.wallets[i], 1e11);
            _fund(_w.wallets[i], market, 1e10);
            _fund(_w.wallets[i], older, 1e10);
            vm.prank(_w.wallets[i]);
            currency.approve(address(compliance), type(uint256).max);
            vm.prank(developer);
            credits.safeTransferFrom(developer, _w.wallets[i], UnitId.unwrap(credit), CREDITS / 3, "");
        }
    }

    function _checkPromises() internal view override {
        _whatWasSurrenderedLeft();
        _allocationsAndDebtsAreWhatWasIssued();
        _nothingIsLost();
        _finesAreWhatWasPaid();
        for (uint256 plant = 0; plant < 6; ++plant) {
            _anObligationIsWithinItsLimits(plant);
            _aFineIsWithinTheDecision(plant);
        }
    }

    /// @dev Exits by surrender are the obligations' sums, class by class.
    function _whatWasSurrenderedLeft() private view {
        uint256[2] memory given;
        for (uint256 plant = 0; plant < 6; ++plant) {
            Obligation memory o = _handler.obligationOf(plant);
            (uint256 inAllowances, uint256 inCredits) = _handler.givenOf(plant);
            assertEq(o.allowances, inAllowances, "allowances counted are those given");
            assertEq(o.offsets, inCredits, "credits counted are those given");
            given[0] += o.allowances;
            given[1] += o.offsets;
        }
        uint256 left = allowances.exitedOf(CEA, Exit.Surrendered) + allowances.exitedOf(CEA_2019, Exit.Surrendered);
        assertEq(left, given[0], "allowances surrendered");
        assertEq(credits.exitedOf(_w.units[3], Exit.Surrendered), given[1], "credits surrendered");
    }

    /// @dev Allocations and debts of all plants are what was issued to them, less what came back, and what they missed.
    function _allocationsAndDebtsAreWhatWasIssued() private view {
        uint256 granted;
        uint256 debts;
        uint256 deducted;
        for (uint256 plant = 0; plant < 6; ++plant) {
            (, uint256 now_) = allocation.allocationOf(CHINA, PERIOD, _w.plants[plant]);
            (, uint256 next) = allocation.allocationOf(CHINA, NEXT_PERIOD, _w.plants[plant]);
            granted += now_ + next;
            debts += allocation.debtOf(_w.plants[plant]);
            deducted += _handler.obligationOf(plant).deducted;
        }
        uint256 issued = allowances.issuedOf(CEA) - 2 * HELD - _handler.bought(0);
        issued += allowances.issuedOf(CEA_2021) - _handler.banked();
        assertEq(granted + debts, issued + deducted - allowances.exitedOf(CEA, Exit.ClawedBack), "allocations");
        assertLe(allocation.freeIssuedOf(CHINA, 2020), FREE_SHARE, "free share");
    }

    /// @dev Of each unit: issued = held by the three, on wallets and in the ledger, + what left by name.
    function _nothingIsLost() private view {
        for (uint256 unit = 0; unit < 3; ++unit) {
            UnitId id = _w.units[unit];
            uint256 sum = allowances.exitedOf(id, Exit.Surrendered) + allowances.exitedOf(id, Exit.BankedAway);
            sum += allowances.exitedOf(id, Exit.ClawedBack) + allowances.exitedOf(id, Exit.Expired);
            for (uint256 who = 0; who < 3; ++who) {
                sum += _handler.unitsOf(who, unit);
            }
            assertEq(sum, allowances.issuedOf(id), "issued");
        }
        uint256 away = allowances.exitedOf(CEA, Exit.BankedAway) + allowances.exitedOf(CEA_2019, Exit.BankedAway);
        assertEq(away, _handler.banked(), "banked");
    }

    function _finesAreWhatWasPaid() private view {
        uint256 paid;
        for (uint256 plant = 0; plant < 6; ++plant) {
            paid += _handler.penaltyOf(plant).paidCents;
        }
        assertEq(paid, _handler.fines(), "fines");
        assertEq(currency.balanceOf(treasury), paid, "treasury");
    }

    /// @dev What was assessed stays; never more is given than is due, nor more credits than the limit.
    function _anObligationIsWithinItsLimits(uint256 plant) private view {
        Obligation memory o = _handler.obligationOf(plant);
        if (_handler.due(plant) == 0) {
            assertTrue(o.state == ObligationState.None, "assessed by none");
            return;
        }
        assertEq(uint256(o.due) + 1, _handler.due(plant), "what is due changed");
        assertLe(uint256(o.allowances) + o.offsets, uint256(o.due) + o.added, "more than due");
        assertLe(o.offsets, uint256(o.due) * 50_000 / 1_000_000, "more credits than the limit");
        bool met = uint256(o.allowances) + o.offsets == uint256(o.due) + o.added;
        if (o.state != ObligationState.Closed) assertEq(o.state == ObligationState.Met, met, "met");
    }

    function _aFineIsWithinTheDecision(uint256 plant) private view {
        Penalty memory p = _handler.penaltyOf(plant);
        assertLe(p.fineCents, _handler.fineOf(plant), "a fine rose");
        assertLe(p.paidCents, p.fineCents, "more was paid than the fine");
        if (p.state == PenaltyState.Paid) assertEq(p.paidCents, p.fineCents, "paid in part");
    }

    /// @dev Every obligation reaches an end: with every emitter silent, strangers and officers bring each to met, or to a
    /// shortfall that is fined, decided and owed to the next allocation.
    function _checkEnd() internal override {
        for (uint256 plant = 0; plant < 6; ++plant) {
            if (!_handler.isReported(plant)) _handler.report(plant, 40_000, 40_000); // a determination
            if (_handler.stateOf(plant) != AllocationState.Final) _handler.trueUpOne(plant);
            if (_handler.due(plant) == 0) _handler.assessOne(plant);
        }
        _passUntil(DEADLINE + 1);
        for (uint256 plant = 0; plant < 6; ++plant) {
            if (_isShort(plant)) _handler.notifyOne(plant);
        }
        vm.warp(vm.getBlockTimestamp() + HEARING);
        for (uint256 plant = 0; plant < 6; ++plant) {
            if (_stateOf(plant) == PenaltyState.Noticed) _handler.decideOne(plant, 2_000_000, true);
            if (_stateOf(plant) == PenaltyState.Appealed) {
                _handler.decideAppealOne(plant, AppealOutcome.Upheld, _handler.penaltyOf(plant).fineCents);
            }
        }
        _passUntil(DEADLINE + 61 days);
        for (uint256 plant = 0; plant < 6; ++plant) {
            if (_handler.obligationOf(plant).state == ObligationState.Open) _handler.deductOne(plant);
            ObligationState state = _handler.obligationOf(plant).state;
            assertTrue(state == ObligationState.Met || state == ObligationState.Closed, "an obligation without end");
        }
        _checkPromises();
    }

    function _passUntil(uint256 time) private {
        if (vm.getBlockTimestamp() < time) vm.warp(time);
    }

    function _stateOf(uint256 plant) private view returns (PenaltyState) {
        return _handler.penaltyOf(plant).state;
    }

    function _isShort(uint256 plant) private view returns (bool) {
        Obligation memory o = _handler.obligationOf(plant);
        return _stateOf(plant) == PenaltyState.None && uint256(o.due) + o.late > uint256(o.allowances) + o.offsets;
    }

    /* FOUND SEQUENCES */

    /// @dev An emitter whose wallet refuses units, in any way, escapes neither allocation nor assessment nor the end.
    function test_sequence_refuseAllocateAssess() public {
        uint256 mark = vm.snapshotState();
        for (uint256 mood = 1; mood < uint256(RefusingWallet.Mood.MoveOnThenRefuse); ++mood) {
            RefusingWallet(_w.wallets[2]).set(RefusingWallet.Mood(mood));
            _handler.report(4, 60_000, 50_000);
            _handler.allocate(4, 50_000);
            _handler.trueUpOne(4);
            _handler.assessOne(4);
            _checkPromises();
            _checkEnd();
            vm.revertToState(mark);
        }
    }

    /// @dev An annulled fine leaves the obligation, which closes by the deduction of what is missing.
    function test_sequence_decideAppealAnnulDeduct() public {
        _handler.report(0, 60_000, 50_000);
        _handler.allocate(0, 50_000);
        _handler.trueUpOne(0);
        _handler.assessOne(0);
        _passUntil(DEADLINE + 1);
        _handler.notifyOne(0);
        vm.warp(vm.getBlockTimestamp() + HEARING);
        _handler.decideOne(0, 2_500_000, true);
        _handler.appeal(0);
        _handler.decideAppealOne(0, AppealOutcome.Annulled, 0);
        _passUntil(DEADLINE + 61 days);
        _handler.deductOne(0);
        assertTrue(_handler.obligationOf(0).state == ObligationState.Closed, "an obligation without end");
        _checkPromises();
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(500, 1);
    }
}
