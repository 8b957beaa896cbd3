// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {Forward, ForwardStatus, ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {UnitsBase} from "../units/UnitsBase.sol";
import {Insiders} from "./Insiders.sol";

/// @title ForwardInsiders
/// @notice Buyers, sellers, strangers and the registrar around forward purchases of credits; books of every one.
contract ForwardInsiders is UnitsBase, Insiders {
    uint256 internal constant PEOPLE = 3;
    uint256 internal constant NONE = type(uint256).max;

    IForwardPurchases public forwards;
    ISettlementCurrency public currency;
    address[PEOPLE] private _wallets;
    ParticipantId[PEOPLE] private _ids;
    UnitId private _credit;
    UnitId private _other; // of another project
    uint256[PEOPLE] private _cashBefore;
    uint256[PEOPLE] private _unitsBefore;

    mapping(uint256 forward => uint256) public escrowed; // [smallest unit of the currency]
    mapping(uint256 forward => uint256) public bonded; //   of the seller [likewise]
    mapping(uint256 forward => uint256) public left; //     [t] to deliver
    uint256 public cashHeld;

    constructor() {
        _add("offer", ForwardInsiders.offer.selector);
        _add("accept", ForwardInsiders.accept.selector);
        _add("deliver", ForwardInsiders.deliver.selector);
        _add("end", ForwardInsiders.end.selector);
        _add("collect", ForwardInsiders.collect.selector);
        _add("suspend", ForwardInsiders.suspend.selector);
        _add("pass", ForwardInsiders.pass.selector);
        _mayRefuse(IForwardPurchases.ForwardNotParty.selector);
        _mayRefuse(IForwardPurchases.ForwardTooLate.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotSend.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotReceive.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotTransfer.selector);
    }

    function setUp() public override {
        super.setUp();
        forwards = IForwardPurchases(
            vm.deployCode("ForwardPurchases.sol:ForwardPurchases", abi.encode(participants, credits))
        );
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        credits.setController(address(forwards), EXIT | 1 << 8); // keeps units, ends none
        (_wallets, _ids) = ([alice, bob, dora], [alpha, beta, developer]);
        _credit = _batch(1, 1_000_000);
        _report(2, 1_000, 0);
        vm.prank(officer);
        _other = issuance.issueFromReport(2);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            currency.mint(_wallets[i], 1e12);
            vm.startPrank(_wallets[i]);
            currency.approve(address(forwards), type(uint256).max);
            credits.setApprovalForAll(address(forwards), true);
            vm.stopPrank();
        }
        vm.prank(dora);
        credits.safeTransferFrom(dora, bob, UnitId.unwrap(_credit), 300_000, "");
    }

    /* WHAT EACH HAS */

    /// @dev On the wallet and held for its participant.
    function cashOf(uint256 who) public view returns (uint256) {
        return currency.balanceOf(_wallets[who]) + cashFor(who);
    }

    function unitsOf(uint256 who) public view returns (uint256) {
        return credits.balanceOf(_wallets[who], UnitId.unwrap(_credit)) + forwards.unitsFor(_ids[who], _credit);
    }

    function cashFor(uint256 who) public view returns (uint256) {
        return forwards.payoutOf(ParticipantId.unwrap(_ids[who]), uint160(address(currency)));
    }

    function creditsOf() external view returns (IERC1155 token, uint256 id) {
        return (IERC1155(address(credits)), UnitId.unwrap(_credit));
    }

    function walletOf(ParticipantId id) external view returns (address) {
        return _wallets[_whoIs(id)];
    }

    function otherWallet() external view returns (address) {
        return aliceDesk;
    }

    /// @dev The first buyer removes the wallet that it pays with.
    function moveToAnotherWallet() external {
        vm.startPrank(_wallets[0]);
        participants.setPrimaryWallet(aliceDesk);
        vm.stopPrank();
        vm.prank(aliceDesk);
        participants.removeWallet(_wallets[0]);
    }

    function people() external pure returns (uint256) {
        return PEOPLE;
    }

    function _remember() private {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            (_cashBefore[who], _unitsBefore[who]) = (cashOf(who), unitsOf(who));
        }
    }

    /// @dev Promise: an act of another takes nothing.
    function _othersLostNothing(uint256 actor) private view {
        for (uint256 who = 0; who < PEOPLE; ++who) {
            if (who == actor) continue;
            assertGe(cashOf(who), _cashBefore[who], "money fell by another's act");
            assertGe(unitsOf(who), _unitsBefore[who], "units fell by another's act");
        }
    }

    /* ACTS */

    function offer(uint256 buyer, uint256 seller, uint256 amount, uint256 price, uint256 days_) external counted {
        (buyer, seller) = (buyer % PEOPLE, 1 + seller % 2);
        _needs(buyer != seller);
        ForwardTerms memory t;
        (t.seller, t.project, t.vintage) = (_ids[seller], ProjectId.wrap(1), VINTAGE);
        (t.amount, t.price) = (uint64(bound(amount, 1, 2_000)), uint64(bound(price, 1, 1_000)));
        t.bond = t.price / 10 + 1;
        (t.deadline, t.currency) = (uint40(block.timestamp + bound(days_, 1, 30) * 1 days), address(currency));
        _remember();
        bytes memory answer = _as(_wallets[buyer], address(forwards), abi.encodeCall(IForwardPurchases.offer, (t)));
        uint256 id = abi.decode(answer, (uint256));
        assertEq(left[id], 0, "a number is given twice");
        (left[id], escrowed[id]) = (t.amount, uint256(t.amount) * t.price);
        cashHeld += escrowed[id];
        assertEq(_cashBefore[buyer] - cashOf(buyer), escrowed[id], "the price is escrowed");
        _othersLostNothing(buyer);
    }

    function accept(uint256 which) external counted {
        (uint256 id, Forward memory f) = _some(which, ForwardStatus.Offered);
        bytes memory data = abi.encodeCall(IForwardPurchases.accept, (id));
        _refused(_wallets[_whoIs(f.buyer)], address(forwards), data, "a buyer accepted its own offer");
        _remember();
        _as(_wallets[_whoIs(f.seller)], address(forwards), data);
        bonded[id] = uint256(f.amount) * f.bond;
        cashHeld += bonded[id];
        _othersLostNothing(_whoIs(f.seller));
    }

    function deliver(uint256 which, uint256 amount) external counted {
        (uint256 id, Forward memory f) = _some(which, ForwardStatus.Accepted);
        (address seller, address buyer) = (_wallets[_whoIs(f.seller)], _wallets[_whoIs(f.buyer)]);
        uint256 most = credits.balanceOf(seller, UnitId.unwrap(_credit));
        if (left[id] < most) most = left[id];
        _needs(most != 0);
        amount = bound(amount, 1, most);
        bytes memory data = abi.encodeCall(IForwardPurchases.deliver, (id, _credit, uint64(left[id] + 1)));
        _refused(seller, address(forwards), data, "more was delivered than agreed");
        data = abi.encodeCall(IForwardPurchases.deliver, (id, _credit, uint64(amount)));
        _refused(buyer, address(forwards), data, "a buyer delivered to itself");
        _remember();
        _as(seller, address(forwards), data);
        _checkDelivered(id, f, amount);
    }

    /// @dev Promise: each delivered tonne is paid at the price, releases its bond, and reaches the buyer.
    function _checkDelivered(uint256 id, Forward memory f, uint256 amount) private {
        (uint256 seller, uint256 buyer) = (_whoIs(f.seller), _whoIs(f.buyer));
        (uint256 paid, uint256 released) = (amount * f.price, amount * f.bond);
        assertEq(cashOf(seller), _cashBefore[seller] + paid + released, "paid at the price, and the bond");
        assertEq(unitsOf(buyer), _unitsBefore[buyer] + amount, "delivered to the buyer");
        (left[id], escrowed[id], bonded[id]) = (left[id] - amount, escrowed[id] - paid, bonded[id] - released);
        cashHeld -= paid + released;
        _othersLostNothing(seller);
    }

    /// @dev Before the deadline by the seller, or by the buyer while nothing is agreed; afterwards by a stranger.
    function end(uint256 which, uint256 by) external counted {
        (uint256 id, Forward memory f) = _some(which, by % 2 == 0 ? ForwardStatus.Offered : ForwardStatus.Accepted);
        if (block.timestamp <= f.deadline) {
            bytes memory data = abi.encodeCall(IForwardPurchases.end, (id));
            _refused(stranger, address(forwards), data, "a stranger ended a forward");
            if (f.status == ForwardStatus.Accepted) {
                _refused(_wallets[_whoIs(f.buyer)], address(forwards), data, "a bound buyer went back");
            }
            _needs(by % 8 < 2);
        }
        endOne(id);
    }

    function endOne(uint256 id) public {
        Forward memory f = forwards.forwardOf(id);
        address by = block.timestamp > f.deadline ? stranger : _wallets[_whoIs(f.seller)];
        _remember();
        _as(by, address(forwards), abi.encodeCall(IForwardPurchases.end, (id)));
        uint256 buyer = _whoIs(f.buyer);
        uint256 due = escrowed[id] + bonded[id];
        assertEq(cashOf(buyer), _cashBefore[buyer] + due, "the rest of escrow and bond is the buyer's");
        cashHeld -= due;
        (left[id], escrowed[id], bonded[id]) = (0, 0, 0);
        _othersLostNothing(NONE);
    }

    function collect(uint256 who) external counted {
        who %= PEOPLE;
        (,, ParticipantStatus status) = participants.walletOf(_wallets[who]);
        _needs(cashFor(who) != 0 && status == ParticipantStatus.Active);
        _remember();
        uint256 payee = ParticipantId.unwrap(_ids[who]);
        bytes memory data = abi.encodeCall(IPayouts.withdrawPayout, (payee, uint160(address(currency)), _wallets[who]));
        _as(_wallets[who], address(forwards), data);
        assertEq(cashOf(who), _cashBefore[who], "what is held for a participant arrives");
        assertEq(cashFor(who), 0, "collected");
        _othersLostNothing(NONE);
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
        _othersLostNothing(NONE);
    }

    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        vm.warp(block.timestamp + bound(time, 1 hours, 10 days));
    }

    function _some(uint256 which, ForwardStatus status) private view returns (uint256 id, Forward memory f) {
        uint256 count = forwards.count();
        for (uint256 n = 0; n < count && n < 10; ++n) {
            id = count - (which % 10 + n) % (count < 10 ? count : 10);
            f = forwards.forwardOf(id);
            if (f.status == status && left[id] != 0) return (id, f);
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
