"""The scenario file of a replay: meaning of columns and codes, schemes and dates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tonne.constants import HOUR_S
from tonne.errors import TonneError, refused, why

#: Meaning of a published code, in the words of the contract; `none`: nothing to compare.
Meaning = Literal["complies", "short", "unverified", "none"]
#: Years of a phase that the contract sums up.
PHASE_YEARS: Final = 32
_Day = Annotated[str, Field(pattern=r"^\d\d-\d\d$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Table):
    """Headings of the file; "" where it has none. Amounts are whole tonnes, a blank is no figure."""

    installation: str = "installation"
    year: str = "year"
    scheme: str = ""
    jurisdiction: str = ""
    table: str = ""  #            allocation as it was first decided
    allocation: str = "allocation_t"
    verified: str = "verified_t"
    surrendered: str = "surrendered_t"
    total_verified: str = ""  #    running totals that the registry judges by
    total_surrendered: str = ""
    code: str = ""  #             published compliance code
    status: str = ""
    also: tuple[str, ...] = ()  # known, not read

    @property
    def read(self) -> tuple[str, ...]:
        """Columns that the file must have."""
        named = self.model_dump(exclude={"also"}).values()
        return tuple(name for name in named if name)


class FileShape(_Table):
    """How the file is written; the defaults are a CSV file in UTF-8 with plain numbers."""

    separator: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = "utf-8"
    thousands: Literal["", ".", ",", " ", "'"] = ""
    decimal: Literal["", ".", ","] = ""  # tonnes with zeros behind it are whole
    blanks: tuple[str, ...] = ()  #        words that mean no figure, as n/a
    date: str = ""  #                      of the column of the year, as %d.%m.%Y

    @model_validator(mode="after")
    def _unlike(self) -> FileShape:
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("thousands and decimal are two signs")
        return self

    def tonnes(self, text: str) -> int | None:
        """Whole tonnes; None where the text is no such number."""
        mark, point = re.escape(self.thousands), re.escape(self.decimal)
        whole = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]+" if mark else "[0-9]+"
        if not re.fullmatch(rf"(?:{whole})(?:{point}0+)?" if point else whole, text, re.ASCII):
            return None
        plain = text.split(self.decimal)[0] if point else text
        return int(plain.replace(self.thousands, ""))

    def year(self, text: str) -> int | None:
        """The year of a cell; None where it is none."""
        if not self.date:
            return int(text) if re.fullmatch("[0-9]+", text, re.ASCII) else None
        try:
            return datetime.strptime(text, self.date).year
        except ValueError:
            return None


class ReplayedScheme(_Table):
    """A scheme of the file: its phases, and the days of a year's figures in the year after it."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    number: Annotated[int, Field(ge=1, lt=2**16)]
    utc_offset_h: Annotated[int, Field(ge=-12, le=14)] = 0
    phases: Annotated[tuple[int, ...], Field(min_length=1)]  # first years; totals begin anew
    last_year: Annotated[int, Field(ge=1970, lt=2**16)]
    allocate_on: _Day = "02-28"  # of the year itself
    report_by: _Day = "03-31"
    surrender_by: _Day = "04-30"

    @model_validator(mode="after")
    def _in_order(self) -> ReplayedScheme:
        ends = (*self.phases[1:], self.last_year + 1)
        for first, end in zip(self.phases, ends, strict=True):
            if not 1970 <= first < end <= first + PHASE_YEARS:
                raise ValueError(
                    f"phases rise, each of at most {PHASE_YEARS} years up to last_year"
                )
        for year in self.years:
            if (
                not self.allocation_moment(year + 1)
                < self.report_moment(year)
                < self.deadline(year)
            ):
                raise ValueError("allocate_on comes before report_by, and that before surrender_by")
        return self

    @property
    def years(self) -> range:
        return range(self.phases[0], self.last_year + 1)

    def phase_of(self, year: int) -> int:
        """First year of the phase of a year."""
        return max(first for first in self.phases if first <= year)

    def allocation_moment(self, year: int) -> int:
        """[s unix] Noon of the day of the year's tables."""
        return self._moment(year, self.allocate_on) - 12 * HOUR_S

    def report_moment(self, year: int) -> int:
        """[s unix] Last moment for the year's reports."""
        return self._moment(year + 1, self.report_by)

    def deadline(self, year: int) -> int:
        """[s unix] Last moment to surrender for the year."""
        return self._moment(year + 1, self.surrender_by)

    def _moment(self, year: int, day: str) -> int:
        local = datetime.combine(date.fromisoformat(f"{year}-{day}"), datetime.max.time(), UTC)
        return int(local.timestamp()) - self.utc_offset_h * HOUR_S


class ReplayForm(_Table):
    """How a registry's file is read and replayed."""

    title: Annotated[str, Field(min_length=1)]
    credit: Annotated[str, Field(min_length=1)]
    file: FileShape = FileShape()
    columns: Columns = Columns()
    codes: Mapping[str, Meaning] = {}
    statuses: tuple[str, ...] = ("",)
    jurisdictions: Mapping[str, Annotated[int, Field(ge=1, lt=2**16)]] = {}
    scheme: Annotated[tuple[ReplayedScheme, ...], Field(min_length=1)]

    def scheme_named(self, name: str) -> ReplayedScheme | None:
        """The scheme of a row; where the file names none, the only one."""
        if not self.columns.scheme:
            return self.scheme[0]
        return next((one for one in self.scheme if one.name == name), None)


def read(path: Path) -> ReplayForm:
    """The form in a scenario file, under [registry]; raises REPLAY_FORM."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return ReplayForm.model_validate(data.get("registry", {}))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(path, f"it cannot be read: {why(error)}", "scenario") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _bad(path, f"[registry] {where}: {first['msg']}", where) from error


def _bad(path: Path, what: str, where: str) -> TonneError:
    return refused("REPLAY_FORM", path=str(path), reason=what, where=where)
