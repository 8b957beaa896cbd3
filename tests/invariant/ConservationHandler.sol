// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IBatchDesk} from "../../interfaces/market/IBatchDesk.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IPledges, Pledge} from "../../interfaces/market/IPledges.sol";
import {Claim, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {CertificateBooks} from "./CertificateBooks.sol";

/// @dev What the handler moves, and who may.
struct World {
    IAllowances allowances;
    IOffsetCredits credits;
    IIssuance issuance;
    IBatchDesk batchDesk;
    IExchange exchange;
    IParticipants participants;
    IRetirementRegistry registry;
    IPledges pledges;
    address officer;
    address controller; // issues, exits and debits
    address[4] wallets; // two of one participant, one of another, the developer's
    RefusingWallet refuser; // a further primary wallet, which refuses units or accepts them
    address claimant; //       the other wallet of its participant
    UnitId[3] units; //    an allowance with a market, two batches of credits, the first with a market
    MarketId[3] markets; // 0 where there is none
}

/// @title ConservationHandler
/// @notice Makes only legal moves, of every kind there is, and keeps its own books of them.
/// @dev The books are kept by what was asked for, never by what a contract answers.
contract ConservationHandler is CertificateBooks {
    World private _w;

    mapping(UnitId id => uint256) public issued;
    mapping(UnitId id => mapping(Exit kind => uint256)) public exited;
    mapping(UnitId id => mapping(address wallet => uint256)) public held;
    mapping(UnitId id => mapping(ParticipantId owner => uint256)) public ledger;
    mapping(UnitId id => uint256) public pledged;
    mapping(UnitId id => uint256) public buffered;
    mapping(string move => uint256) public moves;

    constructor(World memory w, uint256 buffer1, uint256 amount1, uint256 buffer2, uint256 amount2)
        CertificateBooks(w.registry)
    {
        _w = w;
        (buffered[w.units[1]], held[w.units[1]][w.wallets[3]]) = (buffer1, amount1);
        (buffered[w.units[2]], held[w.units[2]][w.wallets[3]]) = (buffer2, amount2);
        issued[w.units[1]] = buffer1 + amount1;
        issued[w.units[2]] = buffer2 + amount2;
    }

    /* IN */

    function issue(uint256 who, uint256 amount) external {
        address to = _wallet(who);
        amount = bound(amount, 1, 1e9);
        vm.prank(_w.controller);
        _w.allowances.issue(to, _w.units[0], amount, "allocation");

        issued[_w.units[0]] += amount;
        held[_w.units[0]][to] += amount;
        ++moves["issue"];
    }

    /// @dev To a wallet that takes the units, or refuses them in any way there is.
    function issueToRefuser(uint256 mood, uint256 amount) external {
        RefusingWallet.Mood how = RefusingWallet.Mood(mood % uint256(RefusingWallet.Mood.MoveOnThenRefuse));
        _w.refuser.set(how);
        amount = bound(amount, 1, 1e9);
        vm.prank(_w.controller);
        _w.allowances.issue(address(_w.refuser), _w.units[0], amount, "allocation");

        issued[_w.units[0]] += amount;
        held[_w.units[0]][how == RefusingWallet.Mood.Accept ? address(_w.refuser) : _heldAccount()] += amount;
        ++moves["issueToRefuser"];
    }

    /// @dev A forced transfer of any unit to the refuser.
    function forceToRefuser(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        if (!_movable(id)) return;
        _w.refuser.set(RefusingWallet.Mood.BurnGas);
        amount = bound(amount, 0, held[id][from] / 4);
        vm.prank(_w.officer);
        units.forcedTransferByOrder(from, address(_w.refuser), id, amount, "judgment");

        held[id][from] -= amount;
        held[id][_heldAccount()] += amount;
        ++moves["forceToRefuser"];
    }

    function claim(uint256 which, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        amount = bound(amount, 0, units.freeOf(_heldAccount(), id));
        if (!_movable(id)) return;
        vm.prank(_w.claimant);
        units.claim(id, amount, _w.claimant);

        held[id][_heldAccount()] -= amount;
        held[id][_w.claimant] += amount;
        ++moves["claim"];
    }

    /// @dev A surrender that takes what the wallet lacks out of what is held for its participant.
    function surrenderHeld(uint256 amount) external {
        UnitId id = _w.units[0];
        uint256 onWallet = held[id][address(_w.refuser)];
        uint256 most = onWallet + _w.allowances.freeOf(_heldAccount(), id);
        amount = bound(amount, 0, most);
        if (amount == 0) return;
        vm.prank(_w.controller);
        _w.allowances.exit(address(_w.refuser), id, amount, Exit.Surrendered, "obligation");

        uint256 drawn = amount > onWallet ? amount - onWallet : 0;
        held[id][address(_w.refuser)] -= amount - drawn;
        held[id][_heldAccount()] -= drawn;
        exited[id][Exit.Surrendered] += amount;
        ++moves["surrenderHeld"];
    }

    /// @dev A claw-back reaches what is held.
    function clawBackHeld(uint256 amount) external {
        UnitId id = _w.units[0];
        address account = _heldAccount();
        amount = bound(amount, 0, held[id][account] / 2);
        if (amount == 0) return;
        vm.prank(_w.controller);
        _w.allowances.exit(account, id, amount, Exit.ClawedBack, "decision");

        held[id][account] -= amount;
        exited[id][Exit.ClawedBack] += amount;
        ++moves["clawBackHeld"];
    }

    function issueBatch(uint256 amount, uint256 other) external {
        (ParticipantId[] memory to, uint256[] memory amounts) = (new ParticipantId[](3), new uint256[](3));
        (ParticipantId first,,) = _w.participants.walletOf(_w.wallets[0]);
        (ParticipantId second,,) = _w.participants.walletOf(_w.wallets[2]);
        (to[0], to[1], to[2]) = (first, second, first);
        (amounts[0], amounts[1], amounts[2]) = (bound(amount, 1, 1e9), bound(other, 0, 1e9), 7);
        vm.prank(_w.controller);
        _w.allowances.issueBatch(to, _w.units[0], amounts, "allocation");

        issued[_w.units[0]] += amounts[0] + amounts[1] + 7;
        held[_w.units[0]][_w.wallets[0]] += amounts[0] + 7;
        held[_w.units[0]][_w.wallets[2]] += amounts[1];
        ++moves["issueBatch"];
    }

    /* ABOUT */

    function transfer(uint256 which, uint256 who, uint256 whom, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        // Allowances move between wallets of one participant only.
        address to = which % 3 == 0
            ? (from == _w.wallets[0] ? _w.wallets[1] : from == _w.wallets[1] ? _w.wallets[0] : from)
            : _wallet(whom);
        if (!_movable(id)) return;
        amount = bound(amount, 0, units.freeOf(from, id));
        vm.prank(from);
        units.safeTransferFrom(from, to, UnitId.unwrap(id), amount, "");

        held[id][from] -= amount;
        held[id][to] += amount;
        ++moves["transfer"];
    }

    function freeze(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address account = _wallet(who);
        // Now and then more than there is, which holds what comes later.
        amount = bound(amount, 0, 2 * units.balanceOf(account, UnitId.unwrap(id)));
        vm.prank(_w.officer);
        units.freezeByOrder(account, id, amount, "order");
        ++moves["freeze"];
    }

    function thaw(uint256 which, uint256 who) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        vm.prank(_w.officer);
        units.setFrozenTokens(_wallet(who), UnitId.unwrap(id), 0);
        ++moves["thaw"];
    }

    function force(uint256 which, uint256 who, uint256 whom, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        (address from, address to) = (_wallet(who), _wallet(whom));
        if (!_movable(id)) return;
        amount = bound(amount, 0, held[id][from]);
        vm.prank(_w.officer);
        units.forcedTransferByOrder(from, to, id, amount, "judgment");

        held[id][from] -= amount;
        held[id][to] += amount;
        ++moves["force"];
    }

    function deposit(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which % 2);
        address from = _wallet(who);
        amount = bound(amount, 0, _min(units.freeOf(from, id), 1e9));
        if (amount == 0 || !_movable(id)) return;
        vm.prank(from);
        units.safeTransferFrom(from, address(_w.exchange), UnitId.unwrap(id), amount, "");

        held[id][from] -= amount;
        ledger[id][_ownerOf(from)] += amount;
        ++moves["deposit"];
    }

    function withdraw(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id,) = _unit(which % 2);
        address to = _wallet(who);
        Account memory account = _w.exchange.account(_ownerOf(to), _w.markets[which % 2]);
        amount = bound(amount, 0, account.lotsFree);
        if (amount == 0 || !_movable(id)) return;
        vm.prank(to);
        _w.exchange.withdrawUnits(_w.markets[which % 2], amount, to);

        held[id][to] += amount;
        ledger[id][_ownerOf(to)] -= amount;
        ++moves["withdraw"];
    }

    /// @dev An ask of one participant, taken by another.
    function trade(uint256 which, uint256 who, uint256 lots) external {
        which %= 2;
        UnitId id = _w.units[which];
        address seller = _w.wallets[who % 2 == 0 ? 0 : 3];
        address buyer = _w.wallets[2];
        lots = bound(lots, 0, _min(_w.exchange.account(_ownerOf(seller), _w.markets[which]).lotsFree, 10_000));
        if (lots == 0) return;
        uint256 order = lots | 4800 << 32 | uint256(MarketId.unwrap(_w.markets[which])) << 48;
        vm.prank(seller);
        _w.exchange.place(OrderRequest.wrap(order | 1 << 64));
        vm.prank(buyer);
        (, uint256 filled,) = _w.exchange.place(OrderRequest.wrap(order | 1 << 65));

        assertEq(filled, lots);
        ledger[id][_ownerOf(seller)] -= lots;
        ledger[id][_ownerOf(buyer)] += lots;
        ++moves["trade"];
    }

    function pledge(uint256 which, uint256 who, uint256 lots) external {
        which %= 2;
        UnitId id = _w.units[which];
        address from = _wallet(who);
        ParticipantId owner = _ownerOf(from);
        ParticipantId lender = _ownerOf(_w.wallets[owner == _ownerOf(_w.wallets[2]) ? 3 : 2]);
        lots = bound(lots, 0, _min(_w.exchange.account(owner, _w.markets[which]).lotsFree, 1e9));
        if (lots == 0) return;
        vm.prank(from);
        _w.pledges.pledge(_w.markets[which], lender, uint40(lots), uint40(block.timestamp + 3650 days), "loan");

        ledger[id][owner] -= lots;
        pledged[id] += lots;
        ++moves["pledge"];
    }

    /// @dev By an order of the authority, to either of the two.
    function release(uint256 number, uint256 lots, bool toLender) external {
        if (_w.pledges.count() == 0) return;
        number = bound(number, 1, _w.pledges.count());
        Pledge memory p = _w.pledges.pledgeOf(number);
        lots = bound(lots, 0, p.lots);
        if (lots == 0) return;
        vm.prank(_w.officer);
        _w.pledges.order(number, uint40(lots), toLender, "order");

        UnitId id = _w.units[p.market == _w.markets[0] ? 0 : 1];
        ledger[id][toLender ? p.lender : p.pledgor] += lots;
        pledged[id] -= lots;
        ++moves["release"];
    }

    /* OUT */

    /// @dev Surrender, claw-back, expiry, banking and release out of a wallet.
    function exitFromWallet(uint256 which, uint256 who, uint256 amount, uint256 how) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        Exit kind = [Exit.Surrendered, Exit.ClawedBack, Exit.Expired, Exit.BankedAway, Exit.Released][how % 5];
        amount = bound(amount, 0, units.freeOf(from, id) / 2);
        if (amount == 0 || !_movable(id)) return;
        vm.prank(_w.controller);
        units.exit(from, id, amount, kind, "decision");

        held[id][from] -= amount;
        exited[id][kind] += amount;
        ++moves["exitFromWallet"];
    }

    /// @dev A claw-back that takes frozen units too.
    function exitByForce(uint256 who, uint256 amount) external {
        UnitId id = _w.units[0];
        address from = _wallet(who);
        amount = bound(amount, 0, held[id][from] / 2);
        if (amount == 0) return;
        vm.prank(_w.controller);
        _w.allowances.exit(from, id, amount, Exit.ClawedBack, "decision");

        held[id][from] -= amount;
        exited[id][Exit.ClawedBack] += amount;
        ++moves["exitByForce"];
    }

    function surrenderFromLedger(uint256 which, uint256 who, uint256 lots) external {
        (UnitId id, IUnit1155 units) = _unit(which % 2);
        ParticipantId owner = _ownerOf(_wallet(who));
        lots = bound(lots, 0, ledger[id][owner] / 2);
        if (lots == 0 || !_movable(id)) return;
        vm.startPrank(_w.controller);
        assertEq(_w.exchange.debitUnits(owner, _w.markets[which % 2], lots, _w.controller), lots);
        units.exit(_w.controller, id, lots, Exit.Surrendered, "obligation");
        vm.stopPrank();

        ledger[id][owner] -= lots;
        exited[id][Exit.Surrendered] += lots;
        ++moves["surrenderFromLedger"];
    }

    function retire(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        amount = bound(amount, 0, units.freeOf(from, id) / 2);
        if (amount == 0 || !_movable(id)) return;
        vm.prank(from);
        _w.registry.retire(id, amount, _claim());

        held[id][from] -= amount;
        _retired(id, 1, amount);
        ++moves["retire"];
    }

    /// @dev For two beneficiaries, one of them no participant.
    function retireForMany(uint256 which, uint256 who, uint256 first, uint256 second) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        uint256 free = units.freeOf(from, id);
        if (free < 8 || !_movable(id)) return;
        (uint256[] memory amounts, Claim[] memory claims) = (new uint256[](2), new Claim[](2));
        (amounts[0], amounts[1]) = (bound(first, 1, free / 4), bound(second, 1, free / 4));
        (claims[0], claims[1]) = (_claim(), _claim());
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (from, address(0xBE4EF1C1A47));
        vm.prank(from);
        _w.registry.retireForMany(id, amounts, claims, holders);

        held[id][from] -= amounts[0] + amounts[1];
        _retired(id, 2, amounts[0] + amounts[1]);
        ++moves["retireForMany"];
    }

    /// @dev Promises: units of a batch that is locked or invalid, and more than there are, retire on no path.
    function retireBarred(uint256 who, uint256 amount) external {
        UnitId id = _w.units[2];
        address from = _wallet(who);
        uint256 most = held[id][from];
        bool barred = !_movable(id);
        amount = barred ? bound(amount, 1, most + 1) : most + 1;
        _refuse(from, abi.encodeCall(IRetirementRegistry.retire, (id, amount, _claim())), "barred units retired");
        uint256[] memory amounts = new uint256[](1);
        (Claim[] memory claims, address[] memory holders) = (new Claim[](1), new address[](1));
        (amounts[0], claims[0], holders[0]) = (amount, _claim(), from);
        bytes memory data = abi.encodeCall(IRetirementRegistry.retireForMany, (id, amounts, claims, holders));
        _refuse(from, data, "barred units retired");
        ++moves[barred ? "retireBarred" : "retireTooMany"];
    }

    /// @dev Promise: a certificate is its holder's for ever.
    function moveCertificate(uint256 number) external {
        if (certificates == 0) return;
        number = bound(number, 1, certificates);
        address holder = _w.registry.certificate(number).holder;
        _refuse(holder, abi.encodeCall(IERC721.approve, (_w.officer, number)), "a certificate was lent");
        bytes memory data = abi.encodeCall(IERC721.transferFrom, (holder, _w.officer, number));
        _refuse(holder, data, "a certificate moved");
        ++moves["moveCertificate"];
    }

    function _refuse(address who, bytes memory data, string memory why) private {
        vm.prank(who);
        (bool done,) = address(_w.registry).call(data);
        assertFalse(done, why);
    }

    function _retired(UnitId id, uint256 count, uint256 amount) private {
        exited[id][Exit.Retired] += amount;
        _keepCertificates(id, count, amount, UnitId.unwrap(id) != UnitId.unwrap(_w.units[0]));
    }

    function retireFromLedger(uint256 which, uint256 who, uint256 lots) external {
        (UnitId id,) = _unit(which % 2);
        address wallet = _wallet(who);
        lots = bound(lots, 0, ledger[id][_ownerOf(wallet)] / 2);
        if (lots == 0 || !_movable(id)) return;
        vm.prank(wallet);
        _w.registry.retireFromLedger(id, lots, _claim(), wallet);

        ledger[id][_ownerOf(wallet)] -= lots;
        _retired(id, 1, lots);
        ++moves["retireFromLedger"];
    }

    function cancel(uint256 which, uint256 who, uint256 amount) external {
        (UnitId id, IUnit1155 units) = _unit(which);
        address from = _wallet(who);
        amount = bound(amount, 0, units.freeOf(from, id) / 2);
        if (amount == 0 || !_movable(id)) return;
        vm.prank(from);
        _w.registry.cancel(id, amount, "no claim");

        held[id][from] -= amount;
        exited[id][Exit.Cancelled] += amount;
        ++moves["cancel"];
    }

    function reverse(uint256 which, uint256 amount) external {
        UnitId id = _w.units[1 + which % 2];
        amount = bound(amount, 0, buffered[id]);
        if (amount == 0 || _statusOf(id) == BatchStatus.Invalidated) return;
        uint256 serial = _w.credits.batch(id).next;
        vm.prank(_w.officer);
        _w.issuance.reverseUnavoidable(id, id, uint64(amount), "fire");
        _leaveForGood(id, serial, _w.credits.batch(id).next - 1);

        buffered[id] -= amount;
        exited[id][Exit.Reversed] += amount;
        ++moves["reverse"];
    }

    /// @dev The second batch is locked, let go, and in one run of sixteen declared invalid.
    function lock(uint256 how) external {
        UnitId id = _w.units[2];
        vm.startPrank(_w.officer);
        if (_statusOf(id) == BatchStatus.Active) _w.batchDesk.setLocked(id, true, "doubt");
        else if (_statusOf(id) == BatchStatus.Locked && how % 16 == 0) _w.batchDesk.invalidate(id, "void");
        else if (_statusOf(id) == BatchStatus.Locked) _w.batchDesk.setLocked(id, false, "cleared");
        vm.stopPrank();
        ++moves["lock"];
    }

    function clear(uint256 who) external {
        UnitId id = _w.units[2];
        if (_statusOf(id) != BatchStatus.Invalidated) return;
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (_wallet(who), address(_w.credits));
        uint256 serial = _w.credits.batch(id).next;
        _w.credits.clearInvalidated(id, holders);
        uint256 next = _w.credits.batch(id).next;
        if (next != serial) _leaveForGood(id, serial, next - 1);

        exited[id][Exit.Invalidated] += held[id][holders[0]] + buffered[id];
        (held[id][holders[0]], buffered[id]) = (0, 0);
        ++moves["clear"];
    }

    /* HELPERS */

    function _heldAccount() private view returns (address) {
        return HeldAccounts.accountOf(_ownerOf(address(_w.refuser)));
    }

    function _unit(uint256 which) private view returns (UnitId, IUnit1155) {
        return (_w.units[which % 3], which % 3 == 0 ? IUnit1155(_w.allowances) : IUnit1155(_w.credits));
    }

    function _wallet(uint256 who) private view returns (address) {
        return _w.wallets[who % 4];
    }

    function _ownerOf(address wallet) private view returns (ParticipantId owner) {
        (owner,,) = _w.participants.walletOf(wallet);
    }

    function _statusOf(UnitId id) private view returns (BatchStatus) {
        return _w.credits.batch(id).status;
    }

    function _movable(UnitId id) private view returns (bool) {
        return UnitId.unwrap(id) == UnitId.unwrap(_w.units[0]) || _statusOf(id) == BatchStatus.Active;
    }

    function _claim() private pure returns (Claim memory) {
        return Claim({
            beneficiary: "Example plc",
            commitment: 0,
            purpose: "travel",
            periodStart: 18_262,
            periodEnd: 18_627,
            country: "CN"
        });
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
