// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev Moves allowances of one id about between accounts of every kind, which come by a seat and lose their participant as
/// they go, and keeps plain books: a balance and a freeze for each account.
contract SeatsHandler is Test {
    uint256 internal constant ACCOUNTS = 12;
    uint16 internal constant JURISDICTION = 11;

    IAllowances private immutable _ALLOWANCES;
    IParticipants private immutable _PARTICIPANTS;
    UnitId private immutable _ID;
    address private immutable _CONTROLLER; // issues, exits and forces
    address private immutable _OFFICER;
    address private immutable _ARBITER;
    uint256 private immutable _FIRST; //      number of the first participant that is made here

    address[] public accounts;
    mapping(address account => uint256) public balance;
    mapping(address account => uint256) public frozen;
    mapping(address account => uint256) public seat;
    mapping(string move => uint256) public moves;
    uint256 public issued;
    uint256 public gone;

    constructor(
        IAllowances allowances,
        IParticipants participants,
        UnitId id,
        address controller,
        address officer,
        address venue
    ) {
        (_ALLOWANCES, _PARTICIPANTS, _ID, _CONTROLLER, _OFFICER) = (allowances, participants, id, controller, officer);
        _ARBITER = makeAddr("arbiter");
        _FIRST = participants.participantCount() + 1;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            accounts.push(makeAddr(string(abi.encodePacked("account ", bytes1(uint8(65 + i))))));
        }
        accounts.push(venue);
    }

    function count() external view returns (uint256) {
        return accounts.length;
    }

    /* UNITS */

    function issue(uint256 who, uint256 amount) external {
        address to = _account(who);
        amount = bound(amount, 1, 1e9);
        vm.prank(_CONTROLLER);
        _ALLOWANCES.issue(to, _ID, amount, "");
        balance[to] += amount;
        issued += amount;
        ++moves["issue"];
    }

    /// @dev To neighbours, one after the other.
    function issueBatch(uint256 from, uint256 length, uint256 amount) external {
        uint256 made = _PARTICIPANTS.participantCount() + 1 - _FIRST;
        if (made == 0) return;
        from = bound(from, 0, made - 1);
        length = bound(length, 1, made - from);
        (ParticipantId[] memory to, uint256[] memory amounts) = (new ParticipantId[](length), new uint256[](length));
        for (uint256 i = 0; i < length; ++i) {
            to[i] = ParticipantId.wrap(uint24(_FIRST + from + i));
            amounts[i] = bound(amount, 0, 1e9) + i;
            balance[_PARTICIPANTS.primaryWallet(to[i])] += amounts[i];
            issued += amounts[i];
        }
        if (amounts[length - 1] == 0) return;
        vm.prank(_CONTROLLER);
        _ALLOWANCES.issueBatch(to, _ID, amounts, "");
        ++moves["issueBatch"];
    }

    function transfer(uint256 who, uint256 whom, uint256 amount, bool all) external {
        (address from, address to) = (_account(who), _account(whom));
        if (_isLost(from) || _isLost(to)) return;
        uint256 free = balance[from] > frozen[from] ? balance[from] - frozen[from] : 0;
        amount = all ? free : bound(amount, 0, free);
        vm.prank(from);
        _ALLOWANCES.safeTransferFrom(from, to, UnitId.unwrap(_ID), amount, "");
        balance[from] -= amount;
        balance[to] += amount;
        ++moves["transfer"];
    }

    function freeze(uint256 who, uint256 amount) external {
        address account = accounts[who % ACCOUNTS];
        amount = bound(amount, 0, 2 * balance[account] + 1);
        vm.prank(_CONTROLLER);
        _ALLOWANCES.setFrozenTokens(account, UnitId.unwrap(_ID), amount);
        frozen[account] = amount;
        ++moves["freeze"];
    }

    function force(uint256 who, uint256 whom, uint256 amount) external {
        (address from, address to) = (accounts[who % ACCOUNTS], accounts[whom % ACCOUNTS]);
        if (_ownerOf(to) == 0 || _isLost(to)) return;
        amount = bound(amount, 0, balance[from]);
        vm.prank(_CONTROLLER);
        _ALLOWANCES.forcedTransfer(from, to, UnitId.unwrap(_ID), amount);
        _thaw(from, amount);
        balance[from] -= amount;
        balance[to] += amount;
        ++moves["force"];
    }

    function exit(uint256 who, uint256 amount, bool all) external {
        address from = accounts[who % ACCOUNTS];
        if (balance[from] == 0) return;
        amount = all ? balance[from] : bound(amount, 1, balance[from]);
        vm.prank(_CONTROLLER);
        _ALLOWANCES.exit(from, _ID, amount, Exit.ClawedBack, "");
        _thaw(from, amount);
        balance[from] -= amount;
        gone += amount;
        ++moves["exit"];
    }

    /* THE REGISTER */

    function join(uint256 who) external {
        address wallet = accounts[who % ACCOUNTS];
        if (_ownerOf(wallet) != 0) return;
        ParticipantId id = Applications.join(_PARTICIPANTS, wallet, 2, JURISDICTION, 0, _OFFICER);
        if (seat[wallet] == 0) seat[wallet] = ParticipantId.unwrap(id);
        else ++moves["joinAgain"];
        ++moves["join"];
    }

    function invite(uint256 who, uint256 whom) external {
        ParticipantId id = ParticipantId.wrap(_ownerOf(accounts[who % ACCOUNTS]));
        address wallet = accounts[whom % ACCOUNTS];
        if (ParticipantId.unwrap(id) == 0 || _ownerOf(wallet) != 0) return;
        if (_PARTICIPANTS.walletsOf(id).length == 8) return;
        vm.prank(_PARTICIPANTS.primaryWallet(id));
        _PARTICIPANTS.addWallet(wallet, WalletRights.ALL);
        vm.prank(wallet);
        _PARTICIPANTS.confirmWallet(id);
        ++moves["invite"];
    }

    /// @dev The primary wallet hands over to another and is removed: it may join again.
    function leave(uint256 who) external {
        ParticipantId id = ParticipantId.wrap(_ownerOf(accounts[who % ACCOUNTS]));
        if (ParticipantId.unwrap(id) == 0) return;
        address[] memory wallets = _PARTICIPANTS.walletsOf(id);
        if (wallets.length < 2) return;
        vm.startPrank(wallets[1]);
        _PARTICIPANTS.setPrimaryWallet(wallets[1]);
        _PARTICIPANTS.removeWallet(wallets[0]);
        vm.stopPrank();
        ++moves["leave"];
    }

    function replace(uint256 who, uint256 whom) external {
        address lost = accounts[who % ACCOUNTS];
        address fresh = accounts[whom % ACCOUNTS];
        ParticipantId id = ParticipantId.wrap(_ownerOf(lost));
        if (ParticipantId.unwrap(id) == 0 || _ownerOf(fresh) != 0 || _isLost(lost)) return;
        if (moves["replace"] == 2) return; // a lost account never moves again
        address[] memory wallets = _PARTICIPANTS.walletsOf(id);
        uint8[] memory rights = new uint8[](wallets.length);
        for (uint256 i; i < wallets.length; ++i) {
            if (wallets[i] == lost) wallets[i] = fresh;
            rights[i] = WalletRights.ALL;
        }
        IWalletRecovery recoveries = IWalletRecovery(address(_PARTICIPANTS));
        vm.prank(fresh);
        recoveries.joinRecovery(id);
        vm.prank(_OFFICER);
        recoveries.proposeRecovery(id, wallets, rights, 0);
        skip(7 days);
        vm.prank(_ARBITER);
        recoveries.upholdRecovery(id, wallets, rights);
        ++moves["replace"];
    }

    /* INSIDE */

    /// @dev Frozen units move by order once nothing else is left.
    function _thaw(address account, uint256 amount) private {
        uint256 left = balance[account] - amount;
        if (
            frozen[account] > left
                && amount > (balance[account] > frozen[account] ? balance[account] - frozen[account] : 0)
        ) {
            frozen[account] = left;
        }
    }

    function _account(uint256 who) private view returns (address) {
        return accounts[who % accounts.length];
    }

    /// @dev The units of a lost wallet follow to the primary one, frozen ones excepted.
    function recover(uint256 who) external {
        address lost = accounts[who % ACCOUNTS];
        if (!_isLost(lost)) return;
        uint256 free = balance[lost] > frozen[lost] ? balance[lost] - frozen[lost] : 0;
        UnitId[] memory ids = new UnitId[](1);
        ids[0] = _ID;
        _ALLOWANCES.recoverHoldings(lost, ids);
        balance[lost] -= free;
        balance[_PARTICIPANTS.primaryWallet(ParticipantId.wrap(_ownerOf(lost)))] += free;
        ++moves["recover"];
    }

    function _isLost(address wallet) private view returns (bool) {
        (WalletWord word,) = _PARTICIPANTS.readParties(wallet, wallet);
        return word.isLost();
    }

    function _ownerOf(address wallet) private view returns (uint24) {
        (ParticipantId id,,) = _PARTICIPANTS.walletOf(wallet);
        return ParticipantId.unwrap(id);
    }
}
