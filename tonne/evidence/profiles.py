"""Profiles: signed documents with names of participants, projects and sources; their hashes are on chain.

A document lies in a folder under its hash. It is the own statement of the participant that is entitled
to name the subject. One that is missing, or is not what was published, is said to be so; its name is never
shown.
"""

from __future__ import annotations

import json
import secrets
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.contract import topic
from tonne.constants import ZERO_WORD
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, SignatureError, Struct, recover
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused, why
from tonne.evidence.manifest import canonical_json
from tonne.evidence.report_files import Bytes32, DraftSignature, Envelope, Whole
from tonne.text import harmless

#: `ProfileKind` of IProfiles.
PARTICIPANT, PROJECT, SOURCE = 1, 2, 3
#: Kind, word, and the participant that names it.
Subject = tuple[int, bytes, int]
KINDS: Final = {"participant": PARTICIPANT, "project": PROJECT, "source": SOURCE}
SUFFIX: Final = ".profile.json"
FORM_SUFFIX: Final = ".profile.toml"
SALT_BYTES: Final = 32
MAX_BYTES: Final = 64 * 1024

Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, Field(max_length=2000)]


@dataclass(frozen=True, slots=True)
class Profile(Struct):
    """A participant's signed words about a subject."""

    TYPES: ClassVar = ("uint8", "bytes32", "uint24", "bytes32", "uint64")

    kind: int
    subject: bytes
    participant: int
    content: bytes  # Keccak-256 of the content as canonical JSON
    signedAt: int  # [s]


class ProfileForm(BaseModel):
    """Names and words of a profile, as they are filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    names: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Line] = Field(default_factory=dict)
    registration: Annotated[str, Field(max_length=120)] = ""  # number in a public register
    address: Annotated[str, Field(max_length=240)] = ""
    website: Annotated[str, Field(pattern=r"^(https://[^\s]{1,200})?$")] = ""
    contact: Annotated[str, Field(max_length=240)] = ""
    about: Words = ""


class ProfileContent(ProfileForm):
    """A form with the salt that keeps the hash of a withdrawn document from telling its words."""

    salt: Bytes32


class ProfileFile(Envelope):
    """A signed document."""

    kind: Literal["profile"] = "profile"
    subjectKind: Annotated[int, Field(strict=True, ge=1, le=3)]
    subject: Bytes32
    participant: Whole
    content: ProfileContent
    signedAt: Whole
    signature: DraftSignature

    def struct(self) -> Profile:
        content = keccak(canonical_json(self.content.model_dump(mode="json")))
        return Profile(self.subjectKind, self.subject, self.participant, content, self.signedAt)

    def domain(self) -> Domain:
        return profiles_domain(self.chainId, self.contract)


def profiles_domain(chain_id: int, contract: str) -> Domain:
    return Domain("tonne Profiles", chain_id, contract)


def number_word(number: int) -> bytes:
    """A participant or project as the subject of a profile."""
    return number.to_bytes(32, "big")


# Writing


FORM: Final = """\
# Profile of {what}. Fill in all that is to be seen, then: tonne profile sign {file}
# The document stays off chain. Its hash goes on record; whoever has the document can show it.
# Personal data (contact, address of a person) can be withdrawn: then no document stands on record any more.

name = ""               # as in the register of companies, or the name of the project or plant
registration = ""       # number in a public register, if there is one
address = ""
website = ""            # https://…
contact = ""
about = ""

[names]                 # the name in other languages, by code: en, zh, es
# en = ""
"""


def load_form(path: Path) -> ProfileForm:
    """A filled-in form; one error with the field and its value."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
        return ProfileForm.model_validate(plain)
    except FileNotFoundError:
        raise TonneError(
            "PROFILE_FILE_MISSING",
            "There is no such file.",
            field="file",
            value=str(path),
            remedy="Begin with `tonne profile new --help`.",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refused(
            "PROFILE_FORM",
            given=None if first["type"] == "missing" else str(first["input"])[:80],
            field=field,
            msg=first["msg"],
        ) from None
    except ValueError as error:
        raise refused("PROFILE_FORM_UNREADABLE", path=str(path), reason=why(error)) from None


def sign(chain: Chain, account: Account, kind: int, subject: bytes, form: ProfileForm) -> bytes:
    """The document as bytes, signed by a wallet of the participant that publishes it; of a wallet elsewhere
    the signature is awaited."""
    participant, _, _ = chain.call("Participants", "walletOf", account)
    content = ProfileContent(**form.model_dump(), salt=secrets.token_bytes(SALT_BYTES))
    contract = chain["Profiles"].address
    unsigned = ProfileFile(
        chainId=chain.chain_id,
        contract=contract,
        subjectKind=kind,
        subject=subject,
        participant=participant,
        content=content,
        signedAt=chain.now(),
        signature=bytes(65),
    )
    signature = account.sign_typed(unsigned.struct(), unsigned.domain())
    return text_of(unsigned.model_copy(update={"signature": signature}))


def text_of(document: ProfileFile) -> bytes:
    """A document as it is hashed and kept."""
    return (document.model_dump_json(indent=2) + "\n").encode()


def parse(name: str, raw: bytes) -> ProfileFile:
    """A document; one error with the field and its value."""
    if len(raw) > MAX_BYTES:
        raise refused("PROFILE_TOO_LARGE", file=name, raw_count=len(raw), max_bytes=MAX_BYTES)
    try:
        return ProfileFile.model_validate(json.loads(raw.decode("utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = f"{name}: {field}: {first['msg']}."
    except (ValueError, RecursionError) as error:
        field, message = "file", f"{name} is not JSON in UTF-8 ({why(error)})."
    raise TonneError(
        "PROFILE_MALFORMED",
        message,
        field,
        name,
        "Make the document with `tonne profile sign --help`.",
    )


# A folder of documents


def path_of(folder: Path, document_hash: bytes) -> Path:
    return folder / f"0x{document_hash.hex()}{SUFFIX}"


def keep(folder: Path, raw: bytes) -> Path:
    """Puts a document into the folder under its hash."""
    path = path_of(folder, keccak(raw))
    files.write(path, raw)
    return path


# Reading


@dataclass(frozen=True, slots=True)
class Named:
    """The name of a subject, or why there is none to show."""

    state: Literal["none", "named", "withdrawn", "missing", "wrong"]
    detail: str = ""
    file: ProfileFile | None = None

    @property
    def name(self) -> str | None:
        return harmless(self.file.content.name) if self.file is not None else None

    @property
    def told(self) -> str | None:
        """The name, or in brackets why there is none to show; None without a profile."""
        if self.state == "none" or self.name is not None:
            return self.name
        said = {
            "withdrawn": "profile withdrawn",
            "missing": "profile document not at hand",
            "wrong": f"profile document wrong: {self.detail}",
        }[self.state]
        return f"({said})"

    def beside(self, number: str) -> str:
        """A number with the name beside it, as text for people."""
        if self.told is None:
            return number
        return f"{number} “{self.told}”" if self.name is not None else f"{number} {self.told}"


NOTHING: Final = Named("none")


class ProfileRecords(Protocol):
    """Profiles on one chain, and developers of projects."""

    @property
    def here(self) -> tuple[int, str] | None:
        """Chain and address of Profiles, in small letters; None where there is no such contract."""

    def current(self, about: Subject) -> bytes | None:
        """Hash of the document on record; 32 zero bytes for a withdrawn one, None for none ever."""

    def publisher(self, about: Subject, document_hash: bytes) -> str | None:
        """The wallet that published the document last."""

    def developer(self, project: int) -> int:
        """0 for a project that is not there."""

    def registered_name(self, project: int) -> str | None:
        """The name that the developer gave a project last in Projects; None for none."""


class ChainRecords:
    """Records as a node gives them: the events once, then the contract's word on what was published."""

    def __init__(self, chain: Chain, first_block: int) -> None:
        self.chain = chain
        self.first_block = first_block

    @property
    def here(self) -> tuple[int, str] | None:
        contract = self.chain.contracts.get("Profiles")
        return None if contract is None else (self.chain.chain_id, contract.address.lower())

    @cached_property
    def _published(self) -> dict[Subject, list[tuple[bytes, str]]]:
        found: dict[Subject, list[tuple[bytes, str]]] = {}
        for e in self.chain.logs("Profiles", "ProfilePublished", self.first_block):
            about = (e["kind"], e["subject"], e["by"])
            found.setdefault(about, []).append((e["documentHash"], e["wallet"]))
        return found

    def current(self, about: Subject) -> bytes | None:
        if self.here is None or about not in self._published:
            return None
        found: bytes = self.chain.call("Profiles", "profileOf", *about).documentHash
        return found

    def publisher(self, about: Subject, document_hash: bytes) -> str | None:
        wallets = [w for document, w in self._published.get(about, ()) if document == document_hash]
        return wallets[-1] if wallets else None

    def developer(self, project: int) -> int:
        known = self.here is not None and any(
            kind == PROJECT and subject == number_word(project)
            for kind, subject, _ in self._published
        )
        if not known or project > self.chain.call("Projects", "projectCount"):
            return 0
        return int(self.chain.call("Projects", "project", project).developer)

    def registered_name(self, project: int) -> str | None:
        named = self.chain.logs(
            "Projects", "ProjectNamed", self.first_block, topics=(topic(project),)
        )
        return named[-1]["name"] if named else None


class Names:
    """Names on one chain, by the documents in a folder; each is checked before it is shown."""

    def __init__(self, records: ProfileRecords, folder: Path) -> None:
        self.records = records
        self.folder = folder
        self._known: dict[Subject, Named] = {}
        self._developers: dict[int, int] = {}

    def participant(self, number: int) -> Named:
        return self.of(PARTICIPANT, number_word(number), number)

    def project(self, number: int, developer: int = 0) -> Named:
        """As the project's developer names it; who that is, is read where it is not given."""
        if not developer and number not in self._developers:
            self._developers[number] = self.records.developer(number)
        by = developer or self._developers[number]
        return self.of(PROJECT, number_word(number), by) if by else NOTHING

    def source(self, source: bytes, developer: int) -> Named:
        """As the developer of a project of the source names it."""
        return self.of(SOURCE, source, developer)

    def of(self, kind: int, subject: bytes, by: int) -> Named:
        """The profile of a subject by the participant that is entitled to name it."""
        key = (kind, subject, by)
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def _read(self, about: Subject) -> Named:
        document_hash = self.records.current(about)
        if document_hash is None:
            return NOTHING
        if document_hash == ZERO_WORD:
            return Named("withdrawn")
        path = path_of(self.folder, document_hash)
        if not path.is_file():
            return Named("missing", str(path))
        try:
            file = self._checked(path, document_hash, about)
        except (TonneError, OSError) as error:
            said = error.message if isinstance(error, TonneError) else why(error)
            return Named("wrong", harmless(said.rstrip(".")))
        return Named("named", file=file)

    def _checked(self, path: Path, document_hash: bytes, about: Subject) -> ProfileFile:
        raw = path.read_bytes()
        if keccak(raw) != document_hash:
            raise _wrong("it does not hash to what is on record")
        file = parse(path.name, raw)
        if (file.chainId, file.contract.lower()) != self.records.here:
            raise _wrong("it is for another chain or contract")
        if (file.subjectKind, file.subject, file.participant) != about:
            raise _wrong("it is about another subject")
        try:
            # A contract that has published a document has said by that that it is its own.
            by_contract = wallet_signatures.contract_signature(file.signature)
            signer = (
                by_contract[0]
                if by_contract
                else recover(file.struct(), file.domain(), file.signature)
            )
        except SignatureError:
            raise _wrong("its signature is none") from None
        if signer != self.records.publisher(about, document_hash):
            raise _wrong("it is not signed by the wallet that published it")
        if not has_registered_name(file, self.records):
            raise _wrong("the project is registered under another name")
        return file


def has_registered_name(file: ProfileFile, records: ProfileRecords) -> bool:
    """Whether a document of a project has its name in Projects, which alone names it."""
    if file.subjectKind != PROJECT:
        return True
    return file.content.name == records.registered_name(int.from_bytes(file.subject, "big"))


def _wrong(message: str) -> TonneError:
    return TonneError("PROFILE_WRONG", message, "document")
