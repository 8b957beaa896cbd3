"""Permits are what wallets sign: compared with eth-account."""

from __future__ import annotations

from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data

from tonne.crypto.accounts import Account
from tonne.market.permits import PermitDomain

CURRENCY, SPENDER = "0x" + "11" * 20, "0x" + "22" * 20


def test_sign_is_what_a_wallet_signs() -> None:
    account = Account.from_seed("permit")
    domain = PermitDomain.of("CNY settlement token", 31337, CURRENCY, SPENDER)
    deadline, v, r, s = domain.sign(account, 12_345, 3, 1_700_000_000)
    message = encode_typed_data(
        {"name": "CNY settlement token", "version": "1", "chainId": 31337}
        | {"verifyingContract": CURRENCY},
        {
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ]
        },
        {
            "owner": account.address,
            "spender": SPENDER,
            "value": 12_345,
            "nonce": 3,
            "deadline": deadline,
        },
    )
    signed = Wallet.sign_message(message, account.key)
    assert (v, int.from_bytes(r, "big"), int.from_bytes(s, "big")) == (
        signed.v,
        signed.r,
        signed.s,
    )
