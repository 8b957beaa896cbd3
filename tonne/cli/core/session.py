"""A command's connection to the market, the key it signs with, and the parties it names.

The libraries that talk to a chain take longer to load than a help page may take: they are imported
where a session first needs them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tonne import paths
from tonne.cli.core.options import (
    DEFAULT_RPC,
    DEPLOYMENTS,
    PROFILES,
    As,
    Deployments,
    DryRun,
    Elsewhere,
    Keystore,
    MarketNumber,
    PassphraseFile,
    Profiles,
    Rpc,
    SchemeNumber,
)
from tonne.cli.core.output import Printer, working
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.chain.client import Chain, Event
    from tonne.chain.sender import Receipt
    from tonne.crypto.accounts import Account
    from tonne.deployment.record import Deployment
    from tonne.evidence.profiles import Names

#: Folder in which `tonne up` leaves its keystores.
ACCOUNTS: Final = Path(os.environ.get("TONNE_ACCOUNTS", paths.HOME / "build" / "accounts"))
PASSPHRASE_FILE: Final = "passphrase.txt"


def documents(profiles: Path) -> Path:
    """Folder of profile documents; by the environment where a command has no option for it."""
    return Path(os.environ.get("TONNE_PROFILES", profiles)) if profiles == PROFILES else profiles


#: `ParticipantStatus` of IParticipants.
STATUSES: Final = ("unknown", "applied", "active", "suspended", "closed")

#: Metadata of an option that a command has only if it asks for it.
ON_REQUEST: Final = {"on_request": True}

#: `Carrier` of IMeters.
CARRIERS: Final = ("", "electricity", "heat", "gas", "hydrogen")


@dataclass(kw_only=True)
class Session(Printer):
    """A connection to a deployed market; each field is an option of the command.

    Raises the chain's and the deployment record's errors when the connection is first used.
    """

    rpc: Rpc = DEFAULT_RPC
    folder: Deployments = DEPLOYMENTS
    scheme: SchemeNumber = field(default=1, metadata=ON_REQUEST)
    market: MarketNumber = field(default=1, metadata=ON_REQUEST)
    profiles: Profiles = field(default=PROFILES, metadata=ON_REQUEST)

    @property
    def url(self) -> str:
        """URL of the node that is read."""
        return self.rpc

    @property
    def chain(self) -> Chain:
        return self._connected[0]

    @property
    def deployment(self) -> Deployment:
        return self._connected[1]

    @property
    def first_block(self) -> int:
        """Block of the deployment, where its events begin."""
        return self.deployment.first_block

    @cached_property
    def names(self) -> Names:
        """Names of participants, projects and sources, by the documents at hand."""
        from tonne.evidence.profiles import ChainRecords, Names

        return Names(ChainRecords(self.chain, self.first_block), documents(self.profiles))

    def names_at_hand(self) -> Names | None:
        return self.names if "_connected" in self.__dict__ else None

    @property
    def zone(self) -> timezone:
        """Time zone of the scheme; UTC where no scheme is set up yet."""
        return self._connected[2]

    @cached_property
    def _connected(self) -> tuple[Chain, Deployment, timezone]:
        from tonne.chain import clock
        from tonne.chain.client import Chain
        from tonne.deployment import record

        chain = Chain(self.url)
        deployment = record.attach(chain, self.folder)
        try:
            zone = clock.zone_of(chain, self.scheme)
        except TonneError as error:
            if error.code != "SCHEMES_UNKNOWN":
                raise
            zone = UTC
        clock.speak(chain, zone)
        return chain, deployment, zone

    def local_time(self, moment: int) -> str:
        """A time [s] as text in the scheme's zone; its seconds where no calendar has it."""
        from tonne.chain import clock

        try:
            return clock.shown(moment, self.zone)
        except (ValueError, OverflowError, OSError):
            return f"{moment} s after 1970"

    def local_date(self, moment: int) -> str:
        """The scheme's local date of a time [s], e.g. 2021-07-30."""
        return datetime.fromtimestamp(moment, self.zone).date().isoformat()

    def close(self) -> None:
        if "_connected" in self.__dict__:
            self.chain.close()


@dataclass(kw_only=True)
class Signer(Session):
    """A session with the key of an account, which is read when it is first used."""

    as_name: As = None
    keystore_file: Keystore = None
    passphrase_file: PassphraseFile = None
    dry_run: DryRun = field(default=False, metadata=ON_REQUEST)
    wallet: Elsewhere = field(default=None, metadata=ON_REQUEST)

    @property
    def has_key(self) -> bool:
        """Whether an option names a key."""
        return any(o is not None for o in (self.as_name, self.keystore_file, self.wallet))

    @cached_property
    def account(self) -> Account:
        if self.wallet is not None:
            return elsewhere(self.wallet)
        return read_key(self.as_name, self.keystore_file, self.passphrase_file)

    @cached_property
    def participant(self) -> int:
        """Number of the participant that owns the account."""
        number: int = self.chain.call("Participants", "walletOf", self.account)[0]
        if number == 0:
            raise refused("ACCOUNT_NOT_REGISTERED", account_address=self.account.address)
        return number

    def fund(self) -> None:
        """Gives the account gas money on a test chain; does nothing elsewhere."""
        self.chain.fund([self.account])

    def send(self, contract: Any, function: str, *args: Any) -> Receipt:
        """Sends one transaction of the account; raises its revert as ChainError."""
        self.fund()
        return self.chain.send(self.account, contract, function, *args)

    def post(self, contract: Any, function: str, *args: Any) -> str:
        """Sends one transaction of the account and does not wait for it; its hash."""
        self.fund()
        return self.chain.post(self.account, contract, function, *args)

    def sent_event(self, receipt: Receipt, name: str) -> Event:
        """The first event of this name in a receipt; it must be there."""
        return next(event for event in self.chain.events(receipt) if event.name == name)


@dataclass(kw_only=True)
class Keeper(Signer):
    """A session for calls open to every account; without a key, a clerk's on test chains."""

    @cached_property
    def account(self) -> Account:
        from tonne.chain import clock
        from tonne.crypto.accounts import Account

        return super().account if self.has_key else Account.from_seed(*clock.CLERK)


# Keys


def read_key(name: str | None, keystore_file: Path | None, passphrase: Path | None) -> Account:
    """The account of `tonne up` with this name, else the one in the keystore file."""
    from tonne.crypto.personal_account import PersonalAccount

    if name is not None:
        path = ACCOUNTS / f"{name}.json"
        if not path.exists():
            raise refused("ACCOUNT_UNKNOWN", given=name, known_accounts=_known_accounts() or "none")
        return PersonalAccount(_opened(path, ACCOUNTS / PASSPHRASE_FILE).key)
    if keystore_file is None:
        raise refused("ACCOUNT_MISSING")
    return PersonalAccount(_opened(keystore_file, passphrase).key)


def _opened(path: Path, passphrase: Path | None) -> Account:
    """The account in a keystore, whose opening takes a second; its passphrase is asked for without a file."""
    from tonne.crypto import keystore

    if passphrase is None:
        return keystore.read(path)
    with working(f"opening {path.name}"):
        return keystore.read(path, passphrase)


def elsewhere(address: str) -> Account:
    """The account of a wallet elsewhere; raises WALLET_NO_ADDRESS."""
    from tonne.crypto.eip712 import ADDRESS
    from tonne.crypto.wallet_signatures import ElsewhereAccount

    if ADDRESS.fullmatch(address) is None:
        raise refused("WALLET_NO_ADDRESS", address=address)
    return ElsewhereAccount(address)


def _known_accounts() -> str:
    return ", ".join(sorted(path.stem for path in ACCOUNTS.glob("*.json")))


def text_hash(text: str) -> bytes:
    """Keccak-256 of a text that goes on record."""
    from tonne.crypto.hashing import keccak

    return keccak(text.encode())


def file_hash(path: Path) -> bytes:
    """Keccak-256 of a document that goes on record."""
    from tonne.crypto.hashing import keccak

    return keccak(path.read_bytes())


# Parties


def party(session: Session, who: str, field: str) -> tuple[int, str]:
    """Participant number and wallet of `who`; a number stands for its primary wallet.

    `field` names the party in an error. Raises PARTY_UNKNOWN.
    """
    if who.isdigit():
        wallet: str = "0x0"
        if 0 < int(who) < 2**24:
            wallet = session.chain.call("Participants", "primaryWallet", int(who))
        if int(wallet, 16) == 0:
            raise _unknown_party(who, field)
        return int(who), wallet
    address = address_named(who)
    if address is None:
        raise _unknown_party(who, field)
    number: int = session.chain.call("Participants", "walletOf", address)[0]
    if number == 0:
        raise TonneError(
            "PARTY_UNKNOWN",
            "This wallet belongs to no participant.",
            field=field,
            value=who,
            remedy="Use a registered wallet.",
        )
    return number, address


def participant_named(session: Session, who: str, field: str) -> int:
    """Participant number of `who`; see `party`."""
    return party(session, who, field)[0]


def address_named(who: str) -> str | None:
    """An address with its checksum, or that of the account with this name, or of a keystore file."""
    from tonne.crypto import keystore
    from tonne.crypto.accounts import checksum
    from tonne.crypto.eip712 import ADDRESS

    if ADDRESS.fullmatch(who):
        return checksum(who)
    path = ACCOUNTS / f"{who}.json"
    if "/" not in who and path.exists():
        return keystore.address(path)
    return keystore.address(Path(who)) if who.endswith(".json") and Path(who).is_file() else None


def address_of(who: str, field: str) -> str:
    """As `address_named`; raises ADDRESS_UNKNOWN, which names `field`."""
    address = address_named(who)
    if address is None:
        raise refused("ADDRESS_UNKNOWN", who=who, field=field)
    return address


def _unknown_party(who: str, field: str) -> TonneError:
    names = _known_accounts()
    return TonneError(
        "PARTY_UNKNOWN",
        f"There is no {field} {who}.",
        field=field,
        value=who,
        remedy="Give the number of a participant, the address or keystore file of a wallet"
        + (f", or one of {names}." if names else "."),
    )


# Energy nodes


def node_names(session: Session) -> list[str]:
    """Carrier and region of each node of the power grid, by node number."""
    count, _ = session.chain.call("PowerGrid", "counts")
    nodes = session.chain.call_many(("PowerGrid", "node", (n,)) for n in range(count))
    return [f"{carrier_name(node.carrier)} {node.region}" for node in nodes]


def carrier_name(number: int) -> str:
    """A carrier of energy by its number in the contracts."""
    return CARRIERS[number] if number < len(CARRIERS) else f"carrier {number}"
