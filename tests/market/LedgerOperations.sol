// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {IExchangeBase, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookComparison} from "./BookComparison.sol";

/// @dev What moves lots and cash without an order: owners, authorities and desks.
abstract contract LedgerOperations is BookComparison {
    uint256[3] internal _settled; // by kind
    uint256 internal _settlementsRefused;
    uint256 internal _disowned;
    uint256 internal _cashMoved;

    // ------------------------------------------------------------------ owners

    function _stepMoney() internal {
        uint256 who = _roll(PEOPLE);
        uint256 m = _roll(4) == 0 ? 1 : 0;
        uint256 lots = _roll(2) == 0 ? 1 + _roll(120) : 0;
        uint256 cents = lots == 0 ? 1 + _roll(900_000) : 0;
        uint256 dice = _roll(12);
        if (dice == 0) return _stepMoveCash(who, m);
        if (dice == 1) return _stepOddUnits(who, m);
        if (dice < 8) return _deposit(who, m, lots, cents);
        vm.startPrank(_wallets[who]);
        bool ok;
        bytes memory reason;
        if (lots != 0) {
            (ok, reason) =
                address(exchange).call(abi.encodeCall(exchange.withdrawUnits, (_markets[m], lots, _wallets[who])));
        } else {
            (ok, reason) =
                address(exchange).call(abi.encodeCall(exchange.withdrawCash, (_markets[m], cents, _wallets[who])));
        }
        vm.stopPrank();
        bytes memory call = abi.encodeCall(_model.withdraw, (_ids[who], m, lots, cents));
        if (ok) _model.withdraw(_ids[who], m, lots, cents);
        else assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to withdraw");
    }

    function _stepMoveCash(uint256 who, uint256 m) private {
        uint256 amount = _roll(20_000_000);
        bytes memory call = abi.encodeCall(_model.moveCash, (_ids[who], m, amount));
        vm.prank(_wallets[who]);
        try exchange.moveCash(_markets[m], _markets[1 - m], amount) {
            _model.moveCash(_ids[who], m, amount);
            ++_cashMoved;
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to move cash");
        }
    }

    /// @dev Units that make no whole lots stay where they are.
    function _stepOddUnits(uint256 who, uint256 m) private {
        uint256 size = _model.lotSize(m);
        if (size == 1) return;
        uint256 id = UnitId.unwrap(m == 0 ? UNIT : NEXT_UNIT);
        uint256 amount = size * _roll(5) + 1 + _roll(size - 1);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotWholeLots.selector, amount, size));
        vm.prank(address(units));
        IERC1155Receiver(address(exchange)).onERC1155Received(_wallets[who], _wallets[who], id, amount, "");
    }

    // ------------------------------------------------------------------ authorities

    function _stepForce() internal {
        uint256 who = _roll(PEOPLE);
        uint256 other = _roll(PEOPLE);
        uint256 what = _roll(4);
        ParticipantId id = ParticipantId.wrap(_ids[who]);
        if (what == 0) {
            uint256 lots = _roll(3) == 0 ? 100_000 : _roll(80);
            assertEq(
                exchange.debitUnits(id, market, lots, makeAddr("treasury")), _model.seizeLots(_ids[who], lots), "debit"
            );
        } else if (what == 1) {
            uint256 amount = _roll(60_000_000);
            assertEq(
                exchange.debitCash(id, market, amount, makeAddr("treasury")),
                _model.seizeCash(_ids[who], amount),
                "debit of cash"
            );
        } else if (what == 2 && who != other) {
            uint256 lots = _roll(80);
            assertEq(
                exchange.forcedTransfer(id, ParticipantId.wrap(_ids[other]), market, lots),
                _model.forceTransfer(_ids[who], _ids[other], lots),
                "forced transfer"
            );
        } else {
            bool on = _roll(3) == 0;
            bool was = _model.person(_ids[who], 0).frozen;
            exchange.freezeAccount(id, market, on);
            if (on != was) _model.freeze(_ids[who], on);
        }
    }

    // ------------------------------------------------------------------ desks

    /// @dev Movements of all three kinds between anybody and the houses of two desks, sensible ones mostly.
    function _stepSettle() internal {
        uint256 desk = _roll(2);
        uint24 house = _houses[desk];
        Settlement kind = Settlement(_roll(3));
        uint24 one = _ids[_roll(PEOPLE)];
        uint24 from = one;
        uint24 to = _ids[_roll(PEOPLE)];
        if (kind == Settlement.Hold || (kind == Settlement.Trade && _roll(6) == 0)) to = 0;
        else if (kind == Settlement.Return || _roll(3) == 0) (from, to) = (0, one);
        if (_roll(15) == 0) from = _roll(2) == 0 ? _houses[1 - desk] : house;
        if (_roll(15) == 0) to = _roll(2) == 0 ? _houses[1 - desk] : house;
        uint256 lots = _roll(6) == 0 ? 0 : _roll(_roll(4) == 0 ? 60 : 12);
        uint256 cash = _roll(2) * _roll(5_000_000);
        if (kind == Settlement.Return && _roll(6) != 0) cash = 0;
        bytes memory call = abi.encodeCall(_model.settle, (house, from, to, lots, cash, kind));
        if (desk == 1) vm.prank(_desk);
        try exchange.settle(market, ParticipantId.wrap(from), ParticipantId.wrap(to), lots, cash, kind, 0) {
            _model.settle(house, from, to, lots, cash, kind);
            ++_settled[uint256(kind)];
        } catch (bytes memory reason) {
            ++_settlementsRefused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to settle");
        }
    }

    function _stepDisown() internal {
        uint24 who = _ids[_roll(PEOPLE)];
        uint256 lots = _roll(30);
        try exchange.disown(market, ParticipantId.wrap(who), lots) {
            _model.disown(who, lots);
            if (lots != 0) ++_disowned;
        } catch (bytes memory reason) {
            bytes memory call = abi.encodeCall(_model.disown, (who, lots));
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to disown");
        }
    }
}
