// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IPowerLedger, LedgerController, LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev A sponsor with 1,000,000 micro-credits and two pseudonyms of 10,000 each, a plant with 500,000, a reserve to be named,
/// and this test as a controller.
contract PowerLedgerTest is PowerCase {
    uint32 private constant ONE = FIRST_PSEUDONYM;
    uint32 private constant TWO = FIRST_PSEUDONYM + 1;
    uint32 private constant OWN = type(uint32).max;

    IPowerLedger private ledger;
    address private keeper = makeAddr("keeper of the reserve");
    uint32 private keeperAccount;

    function setUp() public override {
        super.setUp();
        ledger = IPowerLedger(address(market));
        keeperAccount = _own(_register(keeper));
        ledger.setController(address(this), LedgerRights.BIND | LedgerRights.SETTLE);
        _deposit(sponsor, 1_020);
        _deposit(plant, 500);
        _pseudonyms(2, 10_000);
    }

    // ------------------------------------------------------------------ who

    function test_setController_givesAnAccountOfItsOwn() public {
        vm.expectEmit(address(market));
        emit IPowerLedger.ControllerSet(stranger, LedgerRights.BIND, PowerAccountId.wrap(OWN - 1));
        ledger.setController(stranger, LedgerRights.BIND);
        LedgerController memory c = ledger.controllerOf(stranger);
        assertEq(c.rights, LedgerRights.BIND);
        assertEq(PowerAccountId.unwrap(c.account), OWN - 1);

        ledger.setController(stranger, 0);
        c = ledger.controllerOf(stranger);
        assertEq(c.rights, 0);
        assertEq(PowerAccountId.unwrap(c.account), OWN - 1); // what is there stays reachable
    }

    function test_setController_refusesNobodyAndUnknownRights() public {
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerBadController.selector, address(0), 1));
        ledger.setController(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerBadController.selector, stranger, 4));
        ledger.setController(stranger, 4);
    }

    function test_office_isRestricted() public {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        ledger.setController(stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        ledger.setReserve(PowerAccountId.wrap(keeperAccount));
        vm.stopPrank();
    }

    function test_acts_needTheirRight() public {
        ledger.setController(stranger, LedgerRights.BIND);
        ledger.setController(keeper, LedgerRights.SETTLE);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerNotController.selector, stranger, LedgerRights.BIND));
        ledger.settle(new uint256[](1));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerNotController.selector, stranger, LedgerRights.BIND));
        ledger.award(PowerAccountId.wrap(ONE), 1);
        vm.startPrank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerNotController.selector, keeper, LedgerRights.SETTLE));
        ledger.bind(PowerAccountId.wrap(ONE), 1);
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerNotController.selector, keeper, LedgerRights.SETTLE));
        ledger.unbind(PowerAccountId.wrap(ONE), 1);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ escrow

    function test_bind_takesFromWhatIsFree() public {
        vm.expectEmit(address(market));
        emit IPowerLedger.CreditsBound(PowerAccountId.wrap(ONE), address(this), 4_000);
        ledger.bind(PowerAccountId.wrap(ONE), 4_000);
        assertEq(_free(ONE), 6_000);
        assertEq(_bound(ONE), 4_000);

        vm.expectRevert(
            abi.encodeWithSelector(
                IPowerMarket.PowerInsufficientCredits.selector, PowerAccountId.wrap(ONE), 6_000, 6_001
            )
        );
        ledger.bind(PowerAccountId.wrap(ONE), 6_001);
    }

    function test_unbind_givesBackNoMoreThanIsBound() public {
        ledger.bind(PowerAccountId.wrap(ONE), 4_000);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerLedger.PowerNotBound.selector, PowerAccountId.wrap(ONE), 4_000, 4_001)
        );
        ledger.unbind(PowerAccountId.wrap(ONE), 4_001);

        vm.expectEmit(address(market));
        emit IPowerLedger.CreditsUnbound(PowerAccountId.wrap(ONE), address(this), 1_000);
        ledger.unbind(PowerAccountId.wrap(ONE), 1_000);
        assertEq(_free(ONE), 7_000);
        assertEq(_bound(ONE), 3_000);
    }

    // ------------------------------------------------------------------ settlement

    function test_settle_movesAmountsAndKeepsTheRest() public {
        uint256[] memory words = _words(_move(ONE, -3_001, 0), _move(TWO, 3_000, 0));
        vm.expectEmit(address(market));
        emit IPowerLedger.AccountsSettled(address(this), words);
        ledger.settle(words);
        assertEq(_free(ONE), 6_999);
        assertEq(_free(TWO), 13_000);
        assertEq(_free(OWN), 1);
        _assertClosed();
    }

    /// @dev Of the controller's own account; a participant has it at once, the key of a pseudonym takes it.
    function test_award_isThePseudonymsKeys() public {
        ledger.settle(_words(_move(TWO, -5_000, 0), _move(ONE, 0, 0)));
        PowerAccountId one = PowerAccountId.wrap(ONE);
        vm.expectEmit(address(market));
        emit IPowerLedger.CreditsAwarded(one, address(this), 3_000);
        ledger.award(one, 3_000);
        assertEq(_free(ONE), 10_000);
        assertEq(_award(ONE), 3_000);
        assertEq(_free(OWN), 2_000);
        ledger.award(PowerAccountId.wrap(_own(plantId)), 500);
        assertEq(_free(_own(plantId)), 500 * MICRO + 500);
        assertEq(_award(_own(plantId)), 0);
        uint32[3] memory unknown = [uint32(0), FIRST_PSEUDONYM + 2, OWN]; // accounts that there are not, and a controller's
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, address(this)));
            ledger.award(PowerAccountId.wrap(unknown[i]), 1);
        }
        vm.prank(vm.addr(_key(0)));
        market.takeAward(one);
        assertEq(_free(ONE), 13_000);
        _assertClosed();
    }

    function test_settle_takesWhatAnOrderBound() public {
        ledger.bind(PowerAccountId.wrap(ONE), 9_000);
        ledger.settle(_words(_move(ONE, -8_000, 8_500), _move(TWO, 8_000, 0)));
        assertEq(_free(ONE), 1_500);
        assertEq(_bound(ONE), 500);
        assertEq(ledger.debtOf(PowerAccountId.wrap(_own(sponsorId))), 0);

        ledger.settle(_words(_move(ONE, 0, 600), _move(TWO, 0, 1))); // no more than is there
        assertEq(_free(ONE), 2_000);
        assertEq(_bound(ONE), 0);
        _assertClosed();
    }

    function test_settle_refusesMoreThanABalanceHolds() public {
        int96 most = type(int96).max;
        uint256 sum = 10_000 + 2 * uint256(uint96(most)); // one bit above the 96 of a balance
        uint256[] memory words = _words(_move(TWO, most, 0), _move(TWO, most, 0));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, sum));
        ledger.settle(words);
    }

    function test_settle_aSponsorAnswersForItsPseudonyms() public {
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsMoved(PowerAccountId.wrap(_own(sponsorId)), PowerAccountId.wrap(ONE), 15_000);
        ledger.settle(_words(_move(ONE, -25_000, 0), _move(TWO, 25_000, 0)));
        assertEq(_free(ONE), 0);
        assertEq(_free(_own(sponsorId)), 985_000);
        assertEq(ledger.debtOf(PowerAccountId.wrap(_own(sponsorId))), 0);
        _assertClosed();
    }

    function test_settle_aShortageIsADebtByNameAndBlocksNobody() public {
        _fundReserve(2_000);
        uint256[] memory words = _words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0));
        vm.expectEmit(address(market));
        emit IPowerLedger.DebtIncurred(PowerAccountId.wrap(_own(sponsorId)), PowerAccountId.wrap(ONE), 30_000);
        ledger.settle(words);
        assertEq(_free(_own(plantId)), 1_540_000); // paid in full
        assertEq(ledger.debtOf(PowerAccountId.wrap(_own(sponsorId))), 30_000);
        assertEq(_free(keeperAccount), 1_970_000);
        assertEq(ledger.debtOf(PowerAccountId.wrap(keeperAccount)), 0);
        _assertClosed();
    }

    function test_settle_aReserveThatHasNotEnoughOwesTheRest() public {
        _fundReserve(10);
        vm.expectEmit(address(market));
        emit IPowerLedger.DebtIncurred(PowerAccountId.wrap(keeperAccount), PowerAccountId.wrap(keeperAccount), 20_000);
        ledger.settle(_words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0)));
        assertEq(_free(keeperAccount), 0);
        assertEq(ledger.debtOf(PowerAccountId.wrap(keeperAccount)), 20_000);
        assertEq(_free(_own(plantId)), 1_540_000);
        _assertClosed();
    }

    function test_settle_withoutAReserveAccountNoneOwes() public {
        ledger.settle(_words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0)));
        assertEq(ledger.debtOf(PowerAccountId.wrap(0)), 30_000);
        _assertClosed();
    }

    function test_credits_thatReachADebtorPayItsDebtFirst() public {
        _fundReserve(10);
        ledger.settle(_words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0)));

        token.mint(sponsor, CREDIT, 50);
        vm.prank(sponsor);
        vm.expectEmit(address(market));
        emit IPowerLedger.DebtPaid(PowerAccountId.wrap(_own(sponsorId)), 30_000);
        token.safeTransferFrom(sponsor, address(market), CREDIT, 50, "");
        assertEq(_free(_own(sponsorId)), 20_000);
        assertEq(_free(keeperAccount), 10_000); // 20,000 ended its own debt
        assertEq(ledger.debtOf(PowerAccountId.wrap(_own(sponsorId))), 0);
        assertEq(ledger.debtOf(PowerAccountId.wrap(keeperAccount)), 0);
        _assertClosed();
    }

    function test_settle_paysADebtFromWhatIsEarned() public {
        _fundReserve(100);
        uint32 debtor = _own(plantId);
        ledger.settle(_words(_move(debtor, -540_000, 0), _move(ONE, 540_000, 0)));
        assertEq(ledger.debtOf(PowerAccountId.wrap(debtor)), 40_000);

        ledger.settle(_words(_move(debtor, 15_000, 0), _move(ONE, -15_000, 0)));
        assertEq(ledger.debtOf(PowerAccountId.wrap(debtor)), 25_000);
        assertEq(_free(debtor), 0);
        ledger.settle(_words(_move(debtor, 26_000, 0), _move(ONE, -26_000, 0)));
        assertEq(ledger.debtOf(PowerAccountId.wrap(debtor)), 0);
        assertEq(_free(debtor), 1_000);
        assertEq(_free(keeperAccount), 100_000);
        _assertClosed();
    }

    function test_release_paysADebtToo() public {
        _fundReserve(100);
        uint32 debtor = _own(plantId);
        ledger.bind(PowerAccountId.wrap(debtor), 500_000);
        ledger.settle(_words(_move(debtor, -40_000, 0), _move(ONE, 40_000, 0)));
        assertEq(ledger.debtOf(PowerAccountId.wrap(debtor)), 40_000);
        ledger.unbind(PowerAccountId.wrap(debtor), 100_000);
        assertEq(ledger.debtOf(PowerAccountId.wrap(debtor)), 0);
        assertEq(_free(debtor), 60_000);
        _assertClosed();
    }

    function test_settle_refusesWordsOfNobody() public {
        uint256[3] memory bad = [_move(0, 1, 0), _move(FIRST_PSEUDONYM + 2, 1, 0), _move(ONE, 1, 0) | 1 << 224];
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerBadWord.selector, bad[i]));
            ledger.settle(_words(_move(ONE, -1, 0), bad[i]));
        }
    }

    function test_settle_isBounded() public {
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        ledger.settle(new uint256[](201));
    }

    // ------------------------------------------------------------------ reserve

    function test_setReserve_takesOverTheDebtOfTheOneBefore() public {
        ledger.settle(_words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0)));
        _deposit(keeper, 10);
        vm.expectEmit(address(market));
        emit IPowerLedger.ReserveSet(PowerAccountId.wrap(keeperAccount), PowerAccountId.wrap(0), 30_000);
        ledger.setReserve(PowerAccountId.wrap(keeperAccount));
        assertEq(_free(keeperAccount), 0);
        assertEq(ledger.debtOf(PowerAccountId.wrap(keeperAccount)), 20_000);
        assertEq(ledger.debtOf(PowerAccountId.wrap(0)), 0);
        _assertClosed();
    }

    function test_setReserve_refusesNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IPowerLedger.PowerBadReserve.selector, PowerAccountId.wrap(0), 0));
        ledger.setReserve(PowerAccountId.wrap(0));
    }

    function test_setReserve_refusesAPseudonymAndADebtor() public {
        ledger.settle(_words(_move(ONE, -1_040_000, 0), _move(_own(plantId), 1_040_000, 0)));
        uint32[3] memory bad = [0, ONE, _own(sponsorId)];
        uint256[3] memory debts = [uint256(30_000), 0, 30_000];
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IPowerLedger.PowerBadReserve.selector, PowerAccountId.wrap(bad[i]), debts[i])
            );
            ledger.setReserve(PowerAccountId.wrap(bad[i]));
        }
    }

    // ------------------------------------------------------------------ always

    /// @dev Whatever is settled, bound, freed and paid in: what all have is what the market holds and the reserve owes.
    function testFuzz_ledger_closes(uint256 seed) public {
        _fundReserve(seed % 300);
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed, i)));
            uint32 from = _any(seed);
            uint32 to = _any(seed >> 8);
            int256 amount = int256(seed >> 16 & (1 << 20) - 1);
            uint256 act = seed >> 40 & 7;
            if (act == 0) _deposit(seed >> 48 & 1 == 0 ? sponsor : plant, 1 + (seed >> 64 & 255));
            else if (act == 1) ledger.bind(PowerAccountId.wrap(from), uint96(_free(from)) / 2);
            else if (act == 2) ledger.unbind(PowerAccountId.wrap(from), uint96(_bound(from)) / 2);
            else ledger.settle(_words(_move(from, -amount, seed >> 64 & 1023), _move(to, amount - int256(act), 0)));
            _assertClosed();
        }
    }

    function _any(uint256 seed) private view returns (uint32) {
        uint32[5] memory all = [ONE, TWO, _own(sponsorId), _own(plantId), keeperAccount];
        return all[uint8(seed) % 5];
    }

    function _assertClosed() private view {
        uint32[7] memory all = [0, ONE, TWO, _own(sponsorId), _own(plantId), keeperAccount, OWN];
        uint256 sum;
        for (uint256 i; i < all.length; ++i) {
            sum += _free(all[i]) + _bound(all[i]);
            assertTrue(ledger.debtOf(PowerAccountId.wrap(all[i])) == 0 || _free(all[i]) == 0);
        }
        assertEq(sum, token.balanceOf(address(market), CREDIT) * MICRO + ledger.debtOf(ledger.reserve()));
    }

    function _fundReserve(uint256 units) private {
        ledger.setReserve(PowerAccountId.wrap(keeperAccount));
        if (units != 0) _deposit(keeper, units);
    }

    function _move(uint32 account, int256 amount, uint256 unbound) private pure returns (uint256) {
        return account | uint256(uint96(int96(amount))) << 32 | unbound << 128;
    }

    function _words(uint256 a, uint256 b) private pure returns (uint256[] memory words) {
        words = new uint256[](2);
        (words[0], words[1]) = (a, b);
    }
}
