// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, Side, TimeInForce} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeGateway, Permit, SignedCancel, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {BookInsiders} from "./BookInsiders.sol";

/// @title SignedInsiders
/// @notice Traders that sign orders off chain, and a stranger that sends, repeats, withholds and changes them; books of
/// spent nonces.
abstract contract SignedInsiders is BookInsiders {
    address private constant STRANGER = address(0x57A46E4);
    uint256 private constant TAKER_FEE = 500; // [ppm]

    struct Signed {
        SignedOrder order;
        bytes signature;
        uint256 who;
    }

    IExchangeGateway internal immutable GATEWAY;
    uint256[] private _keys; // of the traders' wallets
    Signed[] private _signed;
    mapping(uint256 who => mapping(uint256 nonce => bool)) private _spent;
    uint256 private _nonce = 250; // crosses the end of a word of nonces soon

    constructor(IExchangeGateway gateway, uint256[] memory keys) {
        (GATEWAY, _keys) = (gateway, keys);
        _add("sign an order", SignedInsiders.sign.selector);
        _add("send an order", SignedInsiders.send.selector);
        _add("send a spent order", SignedInsiders.sendAgain.selector);
        _add("send an order late", SignedInsiders.sendLate.selector);
        _add("change an order", SignedInsiders.change.selector);
        _add("cancel by signature", SignedInsiders.cancelBySignature.selector);
        _add("spend a nonce", SignedInsiders.spendNonce.selector);
        _add("deposit and place", SignedInsiders.depositAndPlace.selector);
    }

    /* THE SIGNER */

    /// @dev Some share a nonce, have a minimum or a maximum, or never rest.
    function sign(uint256 who, uint256 side, uint256 tick, uint256 lots, uint256 options) external counted {
        who %= people();
        (tick, lots) = (bound(tick, 4_780, 4_820), bound(lots, 1, 900));
        SignedOrder memory o;
        o.wallet = _wallet(who);
        o.terms.market = _market();
        (o.terms.side, o.terms.tick, o.terms.lots) = (Side(side % 2), uint16(tick), uint32(lots));
        if (options % 4 == 0) o.terms.minimumLots = uint32(1 + lots / 8);
        if (options / 4 % 4 == 0) o.terms.maximumCost = uint64(1 + lots * tick * 50);
        if (options / 16 % 4 == 0) o.terms.timeInForce = TimeInForce.ImmediateOrCancel;
        bool shared = options / 64 % 4 == 0 && _signed.length != 0;
        o.nonce = shared ? _signed[_signed.length - 1].order.nonce : ++_nonce;
        o.deadline = uint64(block.timestamp + bound(options, 1 hours, 2 days));
        _signed.push(Signed(o, _signature(who, GATEWAY.orderDigest(o)), who));
    }

    /// @dev Promise: what the signer withdraws is never executed.
    function spendNonce(uint256 which, uint256 chance) external counted {
        _needs(chance % 16 == 0);
        Signed memory s = _signed[_some(which, false, false)];
        bytes memory data =
            abi.encodeCall(IExchangeGateway.cancelNonces, (s.order.nonce >> 8, 1 << (s.order.nonce & 0xff)));
        _as(s.order.wallet, address(GATEWAY), data);
        _spent[s.who][s.order.nonce] = true;
        _refused(STRANGER, address(GATEWAY), _sending(s), "an order was executed that its signer had withdrawn");
    }

    /// @dev Promise: an order ends by its owner's signature only, and the signature counts once.
    function cancelBySignature(uint256 which, uint256 by, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        (OrderId id, uint256 who) = _someOrder(which);
        by %= people();
        SignedCancel memory c = SignedCancel(_wallet(who), id, ++_nonce, uint64(block.timestamp + 1 hours));
        bytes memory data = abi.encodeCall(
            IExchangeGateway.cancelSigned, (c, _signature((who + 1) % people(), GATEWAY.cancelDigest(c)))
        );
        _refused(STRANGER, address(GATEWAY), data, "another's signature cancelled an order");
        if (by != who) _cancelAnothers(id, who, by);
        data = abi.encodeCall(IExchangeGateway.cancelSigned, (c, _signature(who, GATEWAY.cancelDigest(c))));
        _remember();
        _as(STRANGER, address(GATEWAY), data);
        _nothingMoved("a signed cancellation moves nothing");
        _refused(STRANGER, address(GATEWAY), data, "a signed cancellation counted twice");
    }

    /// @dev A cancellation that `by` signs for an order of `who`.
    function _cancelAnothers(OrderId id, uint256 who, uint256 by) private {
        SignedCancel memory c = SignedCancel(_wallet(by), id, ++_nonce, uint64(block.timestamp + 1 hours));
        bytes memory data = abi.encodeCall(IExchangeGateway.cancelSigned, (c, _signature(by, GATEWAY.cancelDigest(c))));
        _freesNothing(STRANGER, address(GATEWAY), data, who);
    }

    /// @dev Promise: the gateway keeps nothing of a deposit, and the order behind it is the caller's.
    function depositAndPlace(uint256 who, uint256 cents, uint256 side, uint256 tick, uint256 lots) external counted {
        (who, side, tick, lots) = (who % people(), side % 2, bound(tick, 4_780, 4_820), bound(lots, 1, 200));
        _needs(cashInWallet(who) != 0);
        cents = bound(cents, 1, cashInWallet(who));
        OrderRequest[] memory requests = new OrderRequest[](1);
        requests[0] = _request(side, tick, lots, 0);
        Permit memory none; // the allowance decides
        _quote(who, side, tick);
        _remember();
        uint256 before = cashInWallet(who);
        bytes memory data = abi.encodeCall(IExchangeGateway.depositAndPlace, (_market(), cents, none, requests));
        _keep(who, abi.decode(_as(_wallet(who), address(GATEWAY), data), (OrderId[]))[0]);
        assertEq(cashInWallet(who), before - cents, "the deposit leaves the wallet");
        _checkFills(who);
    }

    /* THE SENDER */

    /// @dev Promise: a signed order is executed once, and within its terms.
    function send(uint256 which) external counted {
        Signed memory s = _signed[_some(which, false, false)];
        _quote(s.who, uint256(s.order.terms.side), s.order.terms.tick);
        Account memory before = _account(s.who);
        _remember();
        OrderId id = abi.decode(_as(STRANGER, address(GATEWAY), _sending(s)), (OrderId));
        _spent[s.who][s.order.nonce] = true;
        _keep(s.who, id);
        _checkFills(s.who);
        if (s.order.terms.side == Side.Sell) _checkSold(s.who, s.order.terms, before);
        else _checkBought(s.who, s.order.terms, before);
        _refused(STRANGER, address(GATEWAY), _sending(s), "a signed order was executed twice");
    }

    /// @dev No more lots than signed, at the signed price or better, less the market's fee; the rest waits if it may.
    function _checkSold(uint256 who, OrderTerms memory t, Account memory before) private view {
        uint256 sold = _lotsThen(who) - lotsOf(who);
        uint256 value = sold * t.tick * 100;
        assertGe(cashOf(who) + _fee(value), _cashThen(who) + value, "sold below the signed price, or for a higher fee");
        assertGe(sold, t.minimumLots, "less was sold than the signed minimum");
        uint256 rests = t.timeInForce == TimeInForce.Day ? t.lots - sold : 0;
        assertLe(_account(who).lotsInAsks, before.lotsInAsks + rests, "more rests than was signed");
    }

    function _checkBought(uint256 who, OrderTerms memory t, Account memory before) private view {
        uint256 bought = lotsOf(who) - _lotsThen(who);
        uint256 value = bought * t.tick * 100;
        uint256 spent = _cashThen(who) - cashOf(who);
        assertLe(spent, value + _fee(value), "bought above the signed price, or for a higher fee");
        if (t.maximumCost != 0) assertLe(spent, t.maximumCost, "bought for more than the signed cost");
        assertGe(bought, t.minimumLots, "less was bought than the signed minimum");
        uint256 rests = t.timeInForce == TimeInForce.Day ? (t.lots - bought) * t.tick * 100 : 0;
        assertLe(_account(who).cashInBids, before.cashInBids + rests + _fee(rests), "more rests than was signed");
    }

    function _fee(uint256 value) private pure returns (uint256) {
        return (value * TAKER_FEE + 999_999) / 1_000_000;
    }

    /// @dev Promise: a spent order is executed on no path. Alone it is refused, in a batch passed over.
    function sendAgain(uint256 which, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        Signed memory s = _signed[_some(which, true, false)];
        _refused(STRANGER, address(GATEWAY), _sending(s), "an order with a spent nonce was executed");
        (SignedOrder[] memory orders, bytes[] memory signatures) = (new SignedOrder[](2), new bytes[](2));
        (orders[0], orders[1], signatures[0], signatures[1]) = (s.order, s.order, s.signature, s.signature);
        Account memory a = _account(s.who);
        _remember();
        _as(STRANGER, address(GATEWAY), abi.encodeCall(IExchangeGateway.placeSignedBatch, (orders, signatures)));
        _nothingMoved("a batch executed a spent order");
        assertEq(_account(s.who).lotsInAsks, a.lotsInAsks, "a batch placed a spent order");
        assertEq(_account(s.who).cashInBids, a.cashInBids, "a batch placed a spent order");
    }

    function sendLate(uint256 which) external counted {
        Signed memory s = _signed[_some(which, false, true)];
        _refused(STRANGER, address(GATEWAY), _sending(s), "an order was executed after its deadline");
    }

    /// @dev Promise: no term changes behind the signature.
    function change(uint256 which, uint256 how) external counted {
        Signed memory s = _signed[_some(which, false, false)];
        SignedOrder memory o = s.order;
        _needs(how / 8 % 4 == 0);
        how %= 8;
        if (how == 0) ++o.terms.lots;
        else if (how == 1) o.terms.tick = o.terms.side == Side.Sell ? o.terms.tick - 1 : o.terms.tick + 1;
        else if (how == 2) ++o.deadline;
        else if (how == 3) o.nonce = ++_nonce;
        else if (how == 4) o.wallet = _wallet((s.who + 1) % people());
        else if (how == 5) o.terms.side = o.terms.side == Side.Sell ? Side.Buy : Side.Sell;
        else if (how == 6) ++o.terms.maximumCost;
        else o.terms.minimumLots += 1;
        _refused(STRANGER, address(GATEWAY), _sending(s), "other terms were executed than were signed");
    }

    /* WHAT THERE IS */

    /// @dev The latest of a trader's signed orders: whether its nonce is spent here and at the gateway.
    function latestSigned(uint256 back) external view returns (bool any, bool spent, bool spentThere) {
        if (back >= _signed.length) return (false, false, false);
        Signed storage s = _signed[_signed.length - 1 - back];
        return (true, _spent[s.who][s.order.nonce], GATEWAY.nonceUsed(s.order.wallet, s.order.nonce));
    }

    /// @dev One of the latest signed orders; discards the act where there is none.
    function _some(uint256 which, bool spent, bool late) private view returns (uint256) {
        uint256 count = _signed.length;
        for (uint256 i = 0; i < count && i < 10; ++i) {
            uint256 one = count - 1 - (which % 10 + i) % (count < 10 ? count : 10);
            Signed storage s = _signed[one];
            if (_spent[s.who][s.order.nonce] != spent) continue;
            if (spent || block.timestamp > s.order.deadline == late) return one;
        }
        vm.assume(false);
        return 0;
    }

    function _sending(Signed memory s) private pure returns (bytes memory) {
        return abi.encodeCall(IExchangeGateway.placeSigned, (s.order, s.signature));
    }

    function _signature(uint256 who, bytes32 hash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[who], hash);
        return abi.encodePacked(r, s, v);
    }
}
