// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CreditPledge, ICreditPledges} from "../../interfaces/power/ICreditPledges.sol";
import {BillShares, ICreditBills, Invoice, InvoiceStatus, InvoiceTerms} from "../../interfaces/power/ICreditBills.sol";
import {
    CollateralKind,
    CreditUses,
    IEnergyCredits,
    IEnergyCreditsCore,
    IEnergyCreditsErrors,
    IEnergyCreditsSeries
} from "../../interfaces/units/IEnergyCredits.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {BillsCase} from "../power/BillsCase.sol";
import {Insiders} from "./Insiders.sol";

/// @title EnergyInsiders
/// @notice A town, its customers and payees, sellers, buyers, confirmers, lenders and the province; books of one series.
contract EnergyInsiders is BillsCase, Insiders {
    uint256 internal constant PEOPLE = 8;
    uint256 internal constant NONE = type(uint256).max;

    ICreditPledges public pledges;
    address[PEOPLE] private _wallets;
    ParticipantId[PEOPLE] private _ids;
    uint256[PEOPLE] private _before;

    uint256 public granted; //   issued
    uint256 public redeemed;
    uint256 public reclaimed;
    uint256 public swept;
    uint256 public collateral;
    uint256 public escrowed; //  of funded invoices
    uint256 public inPledge;
    mapping(uint256 pledge => uint256) public pledgedIn;

    constructor() {
        _add("grant", EnergyInsiders.grant.selector);
        _add("record collateral", EnergyInsiders.recordMore.selector);
        _add("withdraw collateral", EnergyInsiders.withdrawSome.selector);
        _add("transfer", EnergyInsiders.transfer.selector);
        _add("redeem", EnergyInsiders.redeem.selector);
        _add("reclaim", EnergyInsiders.reclaim.selector);
        _add("sweep", EnergyInsiders.sweep.selector);
        _add("pay a bill", EnergyInsiders.payBill.selector);
        _add("invoice", EnergyInsiders.invoice.selector);
        _add("fund", EnergyInsiders.fundInvoice.selector);
        _add("settle", EnergyInsiders.settle.selector);
        _add("end", EnergyInsiders.end.selector);
        _add("take what is owed", EnergyInsiders.takeOwed.selector);
        _add("pledge", EnergyInsiders.pledge.selector);
        _add("agree", EnergyInsiders.agree.selector);
        _add("order a release", EnergyInsiders.order.selector);
        _add("freeze", EnergyInsiders.freeze.selector);
        _add("suspend", EnergyInsiders.suspend.selector);
        _add("pass", EnergyInsiders.pass.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsExpired.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsOverLimit.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsUncovered.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsRecordShort.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsReceiverRefused.selector);
        _mayRefuse(IEnergyCreditsErrors.EnergyCreditsMayNotRedeem.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotSend.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotReceive.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotTransfer.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector);
        _mayRefuse(ICreditBills.BillsNotParty.selector);
        _mayRefuse(IPayouts.PayoutsNotPayee.selector);
        _mayRefuse(ICreditBills.BillsTooLate.selector);
        _mayRefuse(ICreditPledges.CreditPledgesNotParty.selector);
        _mayRefuse(ICreditPledges.CreditPledgesBadLender.selector);
        _mayRefuse(ICreditPledges.CreditPledgesFrozen.selector);
    }

    function setUp() public override {
        super.setUp();
        pledges =
            ICreditPledges(vm.deployCode("CreditPledges.sol:CreditPledges", abi.encode(participants, schemes, energy)));
        energy.setController(address(pledges), HOLD | uint256(CreditUses.TRANSFER) << 32);
        _wallets = [alice, bob, mason, plant, grid, network, shop, fund];
        _ids = [alpha, beta, masonId, plantId, gridId, networkId, shopId, fundId];
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.startPrank(_wallets[i]);
            energy.setApprovalForAll(address(bills), true);
            energy.setApprovalForAll(address(pledges), true);
            vm.stopPrank();
        }
        (granted, collateral) = (HERS, COVER);
    }

    /* WHAT EACH HAS */

    /// @dev On the wallet and owed by the bills.
    function creditsOf(uint256 who) public view returns (uint256) {
        return _held(_wallets[who]) + owedTo(who) + owedByPledges(who);
    }

    /// @dev Released to one that could not receive.
    function owedByPledges(uint256 who) public view returns (uint256) {
        return pledges.payoutOf(ParticipantId.unwrap(_ids[who]), UnitId.unwrap(series));
    }

    function owedTo(uint256 who) public view returns (uint256) {
        return payouts.payoutOf(ParticipantId.unwrap(_ids[who]), UnitId.unwrap(series));
    }

    function _remember() private {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            _before[who] = creditsOf(who);
        }
    }

    /// @dev Promise: an act of another takes nothing, but for what it decides.
    function _lostAtMost(uint256 actor, uint256 amount) private view {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            uint256 may = who == actor ? amount : 0;
            assertGe(creditsOf(who) + may, _before[who], "credits fell by another's act");
        }
    }

    /* THE TOWN */

    function grant(uint256 who, uint256 amount, uint256 chance) external counted {
        _needs(chance % 2 == 0);
        (who, amount) = (who % PEOPLE, bound(amount, 1, 1e11));
        bytes memory data =
            abi.encodeCall(IEnergyCreditsCore.issue, (series, _to(_wallets[who], uint64(amount)), deposit, REF));
        _refused(clerk, address(energy), data, "issued without the power");
        _remember();
        _as(town, address(energy), data);
        granted += amount;
        _lostAtMost(NONE, 0);
    }

    function recordMore(uint256 amount, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        amount = bound(amount, 1, 1e10);
        _as(
            town,
            address(energy),
            abi.encodeCall(
                IEnergyCreditsSeries.recordCollateral, (series, CollateralKind.Deposit, uint64(amount), bytes32("deed"))
            )
        );
        collateral += amount;
    }

    /// @dev Promise: what is outstanding stays covered.
    function withdrawSome(uint256 amount, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        uint256 outstanding = granted - redeemed - reclaimed - swept;
        uint256 free = collateral - outstanding;
        bytes memory data =
            abi.encodeCall(IEnergyCreditsSeries.withdrawCollateral, (series, deposit, uint64(free + 1), REASON));
        _refused(town, address(energy), data, "collateral that covers credits was withdrawn");
        _needs(free != 0);
        amount = bound(amount, 1, free < 1e10 ? free : 1e10);
        data = abi.encodeCall(IEnergyCreditsSeries.withdrawCollateral, (series, deposit, uint64(amount), REASON));
        _as(town, address(energy), data);
        collateral -= amount;
    }

    function reclaim(uint256 who, uint256 amount, uint256 chance) external counted {
        who %= PEOPLE;
        uint256 free = energy.freeOf(_wallets[who], series);
        _needs(chance % 8 == 0 && free != 0);
        amount = bound(amount, 1, free < 1e9 ? free : 1e9);
        bytes memory data =
            abi.encodeCall(IEnergyCreditsCore.reclaim, (series, address(pledges), uint64(amount), REASON));
        _refused(town, address(energy), data, "the town reclaimed what others hold in custody");
        data = abi.encodeCall(IEnergyCreditsCore.reclaim, (series, _wallets[who], uint64(amount), REASON));
        _remember();
        _as(town, address(energy), data);
        reclaimed += amount;
        _lostAtMost(who, amount);
    }

    function sweep(uint256 who) external counted {
        who %= PEOPLE;
        address[] memory holders = new address[](1);
        holders[0] = _wallets[who];
        bytes memory data = abi.encodeCall(IEnergyCreditsCore.sweep, (series, holders));
        if (block.timestamp <= EXPIRY) {
            _refused(stranger, address(energy), data, "swept while good");
            vm.assume(false);
        }
        uint256 held = _held(_wallets[who]);
        _needs(held != 0);
        _as(stranger, address(energy), data);
        swept += held;
    }

    /* HOLDERS */

    function transfer(uint256 who, uint256 to, uint256 amount) external counted {
        (who, to) = (who % PEOPLE, to % PEOPLE);
        uint256 free = energy.freeOf(_wallets[who], series);
        _needs(who != to && free != 0 && amount % 2 == 0);
        amount = bound(amount, 1, free);
        _remember();
        bytes memory data =
            abi.encodeCall(energy.safeTransferFrom, (_wallets[who], _wallets[to], UnitId.unwrap(series), amount, ""));
        _as(_wallets[who], address(energy), data);
        _lostAtMost(who, amount);
    }

    function redeem(uint256 who, uint256 amount) external counted {
        who %= PEOPLE;
        uint256 free = energy.freeOf(_wallets[who], series);
        _needs(free != 0 && amount % 4 == 0);
        amount = bound(amount, 1, free);
        _remember();
        _as(_wallets[who], address(energy), abi.encodeCall(IEnergyCreditsCore.redeem, (series, uint64(amount), REF)));
        (redeemed, collateral) = (redeemed + amount, collateral - amount);
        _lostAtMost(who, amount);
    }

    /* BILLS */

    /// @dev Promise: what a bill takes reaches its payees, to the last unit.
    function payBill(uint256 who, uint256 amount) external counted {
        who %= PEOPLE;
        uint256 free = energy.freeOf(_wallets[who], series);
        _needs(free != 0);
        amount = bound(amount, 1, free < 1e9 ? free : 1e9);
        uint256 sum = _allCredits();
        _remember();
        uint256 paid = bills.paidOf(_wallets[who], REF);
        bytes memory call_ = abi.encodeCall(ICreditBills.payBill, (tariff, series, uint64(amount), REF, paid));
        _as(_wallets[who], address(bills), call_);
        _lostAtMost(who, amount);
        assertEq(_allCredits(), sum, "a bill loses nothing");
    }

    function _allCredits() private view returns (uint256 sum) {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            sum += creditsOf(who);
        }
    }

    function invoice(uint256 seller, uint256 buyer, uint256 amount, uint256 days_) external counted {
        (seller, buyer) = (seller % PEOPLE, buyer % PEOPLE);
        _needs(seller != buyer && block.timestamp < EXPIRY);
        InvoiceTerms memory t;
        (t.seller, t.buyer, t.credit, t.amount) = (_ids[seller], _ids[buyer], series, uint64(bound(amount, 1, 1e9)));
        if (amount % 2 == 0) t.tariff = tariff;
        if (amount % 3 == 0) t.confirmer = _ids[(buyer + 1) % PEOPLE];
        if (t.confirmer == t.seller) t.confirmer = ParticipantId.wrap(0);
        t.deadline = uint40(block.timestamp + bound(days_, 1, 20) * 1 days);
        t.subject = "delivery";
        t.nonce = uint64(bills.invoiceCount());
        bytes memory data = abi.encodeCall(ICreditBills.issueInvoice, (t));
        _refused(_wallets[buyer], address(bills), data, "a buyer invoiced itself");
        _as(_wallets[seller], address(bills), data);
        _refused(_wallets[seller], address(bills), data, "an invoice was issued twice");
    }

    function fundInvoice(uint256 which) external counted {
        (uint256 id, Invoice memory i) = _someInvoice(which, InvoiceStatus.Issued);
        uint256 buyer = _whoIs(i.buyer);
        _needs(energy.freeOf(_wallets[buyer], series) >= i.amount);
        _remember();
        _as(_wallets[buyer], address(bills), abi.encodeCall(ICreditBills.fund, (id)));
        escrowed += i.amount;
        _lostAtMost(buyer, i.amount);
    }

    /// @dev By buyer or confirmer; the seller never pays itself.
    function settle(uint256 which, uint256 by) external counted {
        (uint256 id, Invoice memory i) = _someInvoice(which, InvoiceStatus.Funded);
        bool byConfirmer = i.confirmer != ParticipantId.wrap(0) && by % 2 == 0;
        bytes memory data = abi.encodeCall(ICreditBills.settle, (id));
        _refused(_wallets[_whoIs(i.seller)], address(bills), data, "a seller settled its own invoice");
        uint256 sum = _allCredits();
        _remember();
        _as(_wallets[_whoIs(byConfirmer ? i.confirmer : i.buyer)], address(bills), data);
        escrowed -= i.amount;
        _lostAtMost(NONE, 0);
        assertEq(_allCredits(), sum + i.amount, "an invoice's escrow reaches its payees");
    }

    function end(uint256 which) external counted {
        (uint256 id, Invoice memory i) = _someInvoice(which, InvoiceStatus.Funded);
        if (block.timestamp <= i.deadline) {
            bytes memory data = abi.encodeCall(ICreditBills.end, (id));
            _refused(_wallets[_whoIs(i.buyer)], address(bills), data, "a buyer ended a funded invoice");
            _needs(which % 4 == 0);
        }
        endOne(id);
    }

    /// @dev By the seller, or after the deadline by a stranger: the escrow is the buyer's.
    function endOne(uint256 id) public {
        Invoice memory i = bills.invoiceOf(id);
        uint256 buyer = _whoIs(i.buyer);
        address by = block.timestamp > i.deadline ? stranger : _wallets[_whoIs(i.seller)];
        _remember();
        _as(by, address(bills), abi.encodeCall(ICreditBills.end, (id)));
        escrowed -= i.amount;
        assertEq(creditsOf(buyer), _before[buyer] + i.amount, "the escrow of an ended invoice is the buyer's");
        _lostAtMost(NONE, 0);
    }

    /// @dev By its payee, to a wallet of its own.
    function takeOwed(uint256 who) external counted {
        for (uint256 i = 0; i < PEOPLE && owedTo(who % PEOPLE) == 0; ++i) {
            who = who % PEOPLE + 1;
        }
        who %= PEOPLE;
        _needs(owedTo(who) != 0);
        uint256 payee = ParticipantId.unwrap(_ids[who]);
        uint256 asset = UnitId.unwrap(series);
        address other = _wallets[(who + 1) % PEOPLE];
        bytes memory data = abi.encodeCall(IPayouts.withdrawPayout, (payee, asset, other));
        _refused(other, address(bills), data, "another took what is owed to a payee");
        _remember();
        _as(_wallets[who], address(bills), abi.encodeCall(IPayouts.withdrawPayout, (payee, asset, _wallets[who])));
        assertEq(creditsOf(who), _before[who], "what is owed arrives");
        _lostAtMost(NONE, 0);
    }

    /* PLEDGES */

    function pledge(uint256 who, uint256 lender, uint256 amount) external counted {
        (who, lender) = (who % PEOPLE, lender % PEOPLE);
        uint256 free = energy.freeOf(_wallets[who], series);
        _needs(who != lender && free != 0 && amount % 2 == 0);
        amount = bound(amount, 1, free < 1e9 ? free : 1e9);
        bytes memory data =
            abi.encodeCall(ICreditPledges.pledge, (series, _ids[lender], uint64(amount), bytes32("terms")));
        _remember();
        uint256 id = abi.decode(_as(_wallets[who], address(pledges), data), (uint256));
        (pledgedIn[id], inPledge) = (amount, inPledge + amount);
        _lostAtMost(who, amount);
    }

    /// @dev Promise: pledged credits move when both agree on the same, and not before.
    function agree(uint256 which, uint256 amount, uint256 to) external counted {
        (uint256 id, CreditPledge memory p) = _somePledge(which);
        amount = bound(amount, 1, p.amount);
        bytes memory data = abi.encodeCall(ICreditPledges.agree, (id, uint64(amount), to % 2 == 0));
        _remember();
        _as(_wallets[_whoIs(p.lender)], address(pledges), data);
        _as(_wallets[_whoIs(p.lender)], address(pledges), data);
        assertEq(pledges.pledgeOf(id).amount, p.amount, "one party released a pledge");
        _as(_wallets[_whoIs(p.pledgor)], address(pledges), data);
        _released(id, amount, _whoIs(to % 2 == 0 ? p.lender : p.pledgor));
    }

    function order(uint256 which, uint256 amount, uint256 to) external counted {
        _needs(to % 8 < 2);
        (uint256 id, CreditPledge memory p) = _somePledge(which);
        orderOne(id, bound(amount, 1, p.amount), to % 2 == 0);
    }

    function orderOne(uint256 id, uint256 amount, bool toLender) public {
        CreditPledge memory p = pledges.pledgeOf(id);
        bytes memory data = abi.encodeCall(ICreditPledges.order, (id, uint64(amount), toLender, REASON));
        _refused(_wallets[_whoIs(p.lender)], address(pledges), data, "a lender ordered a release");
        _remember();
        _as(province, address(pledges), data);
        _released(id, amount, _whoIs(toLender ? p.lender : p.pledgor));
    }

    function _released(uint256 id, uint256 amount, uint256 to) private {
        (pledgedIn[id], inPledge) = (pledgedIn[id] - amount, inPledge - amount);
        assertEq(creditsOf(to), _before[to] + amount, "released credits arrive");
        _lostAtMost(NONE, 0);
    }

    /* AUTHORITIES */

    function freeze(uint256 who, uint256 amount, uint256 chance) external counted {
        who %= PEOPLE;
        _needs(chance % 8 == 0);
        amount = chance % 32 == 0 ? bound(amount, 1, 1e9) : 0;
        _remember();
        _as(province, address(energy), abi.encodeCall(energy.freezeByOrder, (_wallets[who], series, amount, REASON)));
        _lostAtMost(NONE, 0);
    }

    function suspend(uint256 who, uint256 chance) external counted {
        who %= PEOPLE;
        (,, ParticipantStatus status) = participants.walletOf(_wallets[who]);
        bool active = status == ParticipantStatus.Active;
        _needs(chance % (active ? 32 : 4) == 0);
        bytes memory data = active
            ? abi.encodeCall(IParticipants.suspend, (_ids[who], REASON))
            : abi.encodeCall(IParticipants.reinstate, (_ids[who]));
        _remember();
        _as(officer, address(participants), data);
        _lostAtMost(NONE, 0);
    }

    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        vm.warp(block.timestamp + bound(time, 1 hours, 40 days));
    }

    /* WHAT THERE IS */

    function seriesId() external view returns (IEnergyCredits token, UnitId id) {
        return (energy, series);
    }

    function billsOf() external view returns (ICreditBills) {
        return bills;
    }

    function walletOf(uint256 who) external view returns (address) {
        return _wallets[who];
    }

    function _someInvoice(uint256 which, InvoiceStatus status) private view returns (uint256 id, Invoice memory i) {
        uint256 count = bills.invoiceCount();
        for (uint256 n = 0; n < count && n < 10; ++n) {
            id = count - (which % 10 + n) % (count < 10 ? count : 10);
            i = bills.invoiceOf(id);
            if (i.status == status) return (id, i);
        }
        vm.assume(false);
    }

    function _somePledge(uint256 which) private view returns (uint256 id, CreditPledge memory p) {
        uint256 count = pledges.count();
        for (uint256 n = 0; n < count && n < 10; ++n) {
            id = 1 + (which % 64 + n) % count;
            p = pledges.pledgeOf(id);
            if (p.amount != 0) return (id, p);
        }
        vm.assume(false);
    }

    function _whoIs(ParticipantId id) private view returns (uint256) {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            if (_ids[who] == id) return who;
        }
        revert("no participant");
    }
}
