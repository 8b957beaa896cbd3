"""The service's routes: tables by page, candles, book, certificates, the audit's result, and the page.

Answers are made of rows without models in between: a model of each row takes two to three times as long. The
models stand in OpenAPI, and the tests hold the answers to them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request, WebSocket
from fastapi import Path as FromPath
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field, create_model

from tonne.audit.store import candles, register_transactions
from tonne.audit.store.register import SOURCED
from tonne.errors import TonneError
from tonne.sandbox.page_server import PageSource
from tonne.serve import live
from tonne.serve.database import PublishedTables, ServedHead
from tonne.serve.limits import Limiter
from tonne.serve.tables import TABLES, ServedTable, columns

PREFIX: Final = "/v1"
MOST_ROWS: Final = 1_000
MOST_LOGS: Final = 20_000
MOST_NAMES: Final = 200
#: Before the name of a column that is a filter: some names are words of Python.
FILTER: Final = "where_"
#: Greatest number of a column, so that it fits into SQLite.
MOST: Final = 2**63 - 1

STATUS: Final = {
    "SERVICE_NOT_READY": 503, "SERVICE_TOO_LONG": 503, "SERVICE_UNKNOWN": 404, "SERVICE_TOO_MANY": 429,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Settings of a worker."""

    sqlite: Path
    origins: tuple[str, ...] = ("*",)  # that a browser may ask from
    rate: float = 100  # requests a second and client
    page: PageSource | None = None


class ServedProblem(BaseModel):
    """Why there is no answer."""

    code: str
    message: str
    field: str
    value: str | int | None
    remedy: str


class ServedAnswer(BaseModel):
    """Fields of every answer: the block that it holds at."""

    block: int
    blockHash: str
    time: int


#: A whole number; as text beyond 2^53 - 1.
Number = int | str | None

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": ServedProblem} for code in (404, 422, 429, 503)
}


def create(settings: ServiceSettings) -> FastAPI:
    """The application of one worker."""
    database = PublishedTables(settings.sqlite)
    app = FastAPI(
        title="tonne",
        description="A carbon and electricity market's history, proven from its events. Read only.",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    _guard(app, Limiter(settings.rate))
    app.add_middleware(  # around the guard: a page elsewhere reads refusals too
        CORSMiddleware,
        allow_origins=list(settings.origins),
        allow_methods=["GET"],
        allow_headers=["If-None-Match"],
        expose_headers=["ETag", "Retry-After"],
    )
    for table in TABLES:
        _add_table(app, database, table)
    _add_others(app, database)
    feed = live.LiveFeed(PublishedTables(settings.sqlite))

    @app.websocket(f"{PREFIX}/live")
    async def follow(socket: WebSocket) -> None:
        await feed.serve(socket)

    if settings.page is not None:
        _add_page(app, settings.page)
    return app


def _add_page(app: FastAPI, page: PageSource) -> None:
    """The page under `/`, with what it reads first; all under the page's own policy."""
    files, headers = StaticFiles(directory=page.folder, html=True), page.headers()

    @app.middleware("http")
    async def bound(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        found = await go_on(request)
        if not request.url.path.startswith(f"{PREFIX}/"):
            found.headers.update(headers)
        return found

    @app.get("/page.json", include_in_schema=False)
    async def settings() -> Response:
        return Response(page.settings(), media_type="application/json")

    @app.get(f"/deployments/{page.chain_id}.json", include_in_schema=False)
    async def record() -> Response:
        return Response(page.record.read_bytes(), media_type="application/json")

    app.mount("/", files, name="page")


def _guard(app: FastAPI, limiter: Limiter) -> None:
    """Rate limit, and errors in one form."""

    @app.middleware("http")
    async def limited(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        client = request.client.host if request.client else ""
        wait = limiter.wait(client)
        if wait > 0:
            error = TonneError.of("SERVICE_TOO_MANY", client=client, wait=wait)
            answer = problem(error.translated(language_of(request)))
            answer.headers["Retry-After"] = str(int(wait) + 1)
            return answer
        return await go_on(request)

    @app.exception_handler(TonneError)
    async def refused(request: Request, error: TonneError) -> Response:
        return problem(error.translated(language_of(request)))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return problem(
            TonneError(
                "SERVICE_VALUE",
                f"This value is refused: {first['msg']}.",
                field=str(first["loc"][-1]),
                value=str(first.get("input"))[:100],
                remedy=f"See {PREFIX}/openapi.json for the values it takes.",
            )
        )

    @app.exception_handler(404)
    async def missing(request: Request, _: Exception) -> Response:
        return problem(_no_path(request, "There is nothing under this path"))

    @app.exception_handler(405)
    async def unwritable(request: Request, _: Exception) -> Response:
        answer = problem(_no_path(request, "The service is read only"), 405)
        answer.headers["Allow"] = "GET"
        return answer


def _no_path(request: Request, why: str) -> TonneError:
    return TonneError(
        "SERVICE_UNKNOWN",
        f"{why}.",
        field="path",
        value=request.url.path[:100],
        remedy=f"See {PREFIX}/openapi.json.",
    )


def _not_found(what: str, number: int, path: str) -> TonneError:
    return TonneError(
        "SERVICE_UNKNOWN",
        f"There is no {what} of this number.",
        field="number",
        value=number,
        remedy=f"Look for it in {PREFIX}/{path}.",
    )


def language_of(request: Request) -> str:
    """The first language that the client prefers; "" if it names none."""
    return request.headers.get("accept-language", "")[:2].lower()


def problem(error: TonneError, status: int | None = None) -> Response:
    """An error as an answer."""
    told = {
        "code": error.code, "message": error.message, "field": error.field, "value": error.value,
        "remedy": error.remedy,
    }  # fmt: skip
    code = status or STATUS.get(error.code, 422)
    return Response(json.dumps(told, default=str), code, media_type="application/json")


def answer(request: Request, head: ServedHead, **data: Any) -> Response:
    """An answer with its block, or 304 where the client has it: of one block and one result of an audit."""
    tag = f'W/"{head.hash[2:18]}-{head.audited}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    told = {"block": head.block, "blockHash": head.hash, "time": head.time, **data}
    body = json.dumps(told, separators=(",", ":"))
    return Response(body, headers=headers, media_type="application/json")


# Tables


def _kind(table: ServedTable, column: str) -> type:
    return columns()[table.table][column]


def _given(table: ServedTable, column: str) -> Any:
    if _kind(table, column) is str:
        return Annotated[str | None, Query(alias=column, max_length=200)]
    return Annotated[int | None, Query(alias=column, ge=0, le=MOST)]


def _add_table(app: FastAPI, database: PublishedTables, table: ServedTable) -> None:
    """A route that answers pages of a table; its signature says what it takes."""
    named = [part[1:-1] for part in table.path.split("/") if part.startswith("{")]

    async def rows(request: Request, limit: int, after: str | None, **given: Any) -> Response:
        q = given.pop("q", None)
        equal = {c.removeprefix(FILTER): v for c, v in given.items() if v is not None}
        with database.at_one_block() as head:
            page = database.page(table, equal, q, after, limit)
        found = [dict(zip(page.columns, row, strict=True)) for row in page.rows]
        return answer(request, head, rows=found, next=page.next)

    parameters = [
        _parameter("request", Request),
        *(_parameter(c, _in_path(table, c)) for c in named),
        *(_parameter(FILTER + c, _given(table, c), None) for c in table.filters),
        *(
            (_parameter("q", Annotated[str | None, Query(max_length=100)], None),)
            if table.search
            else ()
        ),
        _parameter("limit", Annotated[int, Query(ge=1, le=MOST_ROWS)], 100),
        _parameter("after", Annotated[str | None, Query(pattern=table.cursor)], None),
    ]
    rows.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # FastAPI reads it
    app.add_api_route(
        PREFIX + table.path,
        rows,
        methods=["GET"],
        name=table.name,
        summary=table.about,
        response_model=_model(table),
        responses=PROBLEMS,
    )


def _in_path(table: ServedTable, column: str) -> Any:
    if _kind(table, column) is str:
        return Annotated[str, FromPath(max_length=200)]
    return InPath


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def _model(table: ServedTable) -> type[BaseModel]:
    """The form of a page of a table."""
    own = {"log" if c == "place" else c: kind for c, kind in columns()[table.table].items()}
    own |= {"hash": str, "tx": str}
    fields: dict[str, Any] = {
        f"c_{c}": (str | None if kind is str else Number, Field(alias=c)) for c, kind in own.items()
    }
    row = create_model(f"{table.name}_row", **fields)
    listed: Any = GenericAlias(list, (row,))
    return create_model(
        f"{table.name}_page", __base__=ServedAnswer, rows=(listed, ...), next=(str | None, ...)
    )


# Others


class Candle(BaseModel):
    """A span of time of a market; prices and turnover in 0.0001 of the currency."""

    start: int
    open: Number
    high: Number
    low: Number
    close: Number
    lots: Number
    turnover: Number
    fills: int
    block: int
    log: int
    hash: str | None
    tx: str | None


class CandleRows(ServedAnswer):
    rows: list[Candle]


class LogRows(ServedAnswer):
    rows: list[list[int | str]]
    next: str | None


class BookLevel(BaseModel):
    side: str
    tick: int
    price: Number
    lots: Number
    orders: int


class BookAnswer(ServedAnswer):
    bookBlock: int | None
    rows: list[BookLevel]


class SessionAnswer(ServedAnswer):
    market: int
    bookBlock: int
    bookTime: int
    status: str
    phase: str
    open: bool
    opensAt: int | None
    day: int | None
    low: Number | None
    high: Number | None
    last: Number | None
    barred: bool


class HeadAnswer(ServedAnswer):
    historyDigest: str
    stateDigest: str | None
    auditedBlock: int | None
    result: dict[str, Any] | None


class EventPlace(BaseModel):
    """An event: its block, its log within it, and its transaction."""

    block: int
    log: int
    tx: str | None


class FigureSources(BaseModel):
    """The event that each figure comes of."""

    allocation: EventPlace | None
    verified: EventPlace | None
    surrendered: EventPlace | None
    owed: EventPlace | None


class ServedProduct(BaseModel):
    """Output of one product: a total or of lines on chain, of lines in a file proved against the root on
    chain, or the word why it is not known; block and log of the report, or of its lines on chain."""

    product: str
    unit: str | None
    quantity: Number
    state: str
    block: int | None
    log: int | None


class ServedStanding(BaseModel):
    """A plant in a period as `tonne register list` has it; amounts in t."""

    plant: int
    operator: int
    scheme: int
    class_: int = Field(alias="class")
    jurisdiction: int
    closed: bool
    period: int | None
    allocation: Number
    year: int | None
    verified: Number
    finality: str | None
    surrendered: Number
    owed: Number
    cumulative: bool
    standing: str
    openPenalties: int
    products: list[ServedProduct]
    sources: FigureSources


class SchemeTransferCount(BaseModel):
    """Transfers of a scheme's units that are public, and those within the delay it publishes."""

    scheme: int
    delayDays: int | None
    stated: str
    public: int
    withinDelay: int


class ServedTransfer(BaseModel):
    """A transfer of units between accounts that is public; sides by wallet or by participant."""

    block: int
    log: int
    number: int
    time: int
    kind: str
    scheme: int
    id: str
    from_: str | None = Field(alias="from")
    to: str | None
    seller: int | None
    buyer: int | None
    amount: Number
    publicFrom: int
    tx: str


class TransferRows(ServedAnswer):
    schemes: list[SchemeTransferCount]
    rows: list[ServedTransfer]
    next: str | None


class StandingRows(ServedAnswer):
    rows: list[ServedStanding]
    next: str | None


class CertificateAnswer(ServedAnswer):
    retirement: dict[str, Any]
    issued: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    moved: list[dict[str, Any]]


class ServedRows(ServedAnswer):
    rows: list[dict[str, Any]]


EventName = Annotated[str, Field(max_length=100)]
#: A word that an event has indexed.
Topic = Annotated[str | None, Query(pattern="^0x[0-9a-fA-F]{64}$")]
#: A number in a path that SQLite holds.
InPath = Annotated[int, FromPath(ge=0, le=MOST)]


def _add_others(app: FastAPI, database: PublishedTables) -> None:
    @app.get(f"{PREFIX}/head", response_model=HeadAnswer, responses=PROBLEMS)
    async def head(request: Request) -> Response:
        """The block that all answers hold at, digests, and the result of the last audit."""
        with database.at_one_block() as at:
            found = database.rows("SELECT block, state_digest, body FROM result")
        last = found[0] if found else {}
        return answer(
            request, at, historyDigest=at.history, stateDigest=last.get("state_digest"),
            auditedBlock=last.get("block"), result=json.loads(last.get("body", "null")),
        )  # fmt: skip

    @app.get(f"{PREFIX}/markets/{{market}}/candles", response_model=CandleRows, responses=PROBLEMS)
    async def candle_rows(
        request: Request,
        market: InPath,
        span: str = Query("1h", pattern=f"^({'|'.join(candles.SPANS)})$"),
        since: int = Query(0, ge=0, le=MOST, description="First start [s]."),
        limit: int = Query(500, ge=1, le=MOST_ROWS),
    ) -> Response:
        """Opening, highest, lowest and closing price of each span in UTC, with its last fill."""
        with database.at_one_block() as at:
            rows = database.rows(
                "SELECT start, open, high, low, close, lots, turnover, fills, c.block, c.place AS log,"
                " b.hash, e.tx FROM candles c"
                " LEFT JOIN blocks b ON b.number = c.block AND NOT b.replaced"
                " LEFT JOIN events e ON e.block = c.block AND e.place = c.place"
                " WHERE market = ? AND seconds = ? AND start >= ? ORDER BY start DESC LIMIT ?",
                (market, candles.SPANS[span], since, limit),
            )
        return answer(request, at, rows=rows[::-1])

    @app.get(f"{PREFIX}/logs", response_model=LogRows, responses=PROBLEMS)
    async def logs(
        request: Request,
        name: Annotated[list[EventName], Query(max_length=MOST_NAMES)],
        contract: Annotated[str | None, Query(max_length=100)] = None,
        since: Annotated[int, Query(ge=0, le=MOST)] = 0,
        until: Annotated[int, Query(ge=0, le=MOST)] = MOST,
        topic1: Topic = None,
        topic2: Topic = None,
        topic3: Topic = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LOGS)] = 1_000,
        after: Annotated[str | None, Query(pattern="^[0-9]{1,18}:[0-9]{1,18}$")] = None,
    ) -> Response:
        """Logs by event, the oldest first: block, log, time, transaction, topics as one, data, contract."""
        terms = [f"name IN ({', '.join('?' * len(name))})", "block >= ?", "block <= ?"]
        values: list[Any] = [*name, since, until]
        if contract is not None:
            terms.append("contract = ?")
            values.append(contract)
        for place, topic in enumerate((topic1, topic2, topic3), start=1):
            if topic is not None:
                terms.append(f"substr(topics, {64 * place + 1}, 64) = ?")
                values.append(topic[2:].lower())
        if after is not None:
            terms.append("(block, place) > (?, ?)")
            values += map(int, after.split(":"))
        with database.at_one_block() as at:
            found = database.lists(
                "SELECT block, place, time, tx, topics, data, contract FROM events"
                f" WHERE {' AND '.join(terms)} ORDER BY block, place LIMIT ?",
                (*values, limit + 1),
            )
        following = "{}:{}".format(*found[limit - 1][:2]) if len(found) > limit else None
        return answer(request, at, rows=found[:limit], next=following)

    @app.get(f"{PREFIX}/markets/{{market}}/book", response_model=BookAnswer, responses=PROBLEMS)
    async def book(request: Request, market: InPath) -> Response:
        """Open orders by price as the exchange's lens gives them at `bookBlock`: the node's word."""
        with database.at_one_block() as at:
            rows = database.rows(
                "SELECT side, tick, price, lots, orders, block FROM book WHERE market = ?"
                " ORDER BY side, CASE side WHEN 'buy' THEN -tick ELSE tick END",
                (market,),
            )
        block = max((row.pop("block") for row in rows), default=None)
        return answer(request, at, bookBlock=block, rows=rows)

    @app.get(
        f"{PREFIX}/markets/{{market}}/session", response_model=SessionAnswer, responses=PROBLEMS
    )
    async def session(request: Request, market: InPath) -> Response:
        """Whether orders are accepted, when they are next, and the day's band, as the exchange's lens
        says at `bookBlock`: the node's word. It is asked of each block in which the market changed,
        and of the first of each minute."""
        with database.at_one_block() as at:
            rows = database.rows("SELECT * FROM session WHERE market = ?", (market,))
        if not rows:
            raise _not_found("market", market, "markets")
        told = dict(rows[0])
        told |= {name: bool(told[name]) for name in ("open", "barred")}
        told["bookBlock"], told["bookTime"] = told.pop("block"), told.pop("time")
        return answer(request, at, **told)

    _add_register(app, database)

    @app.get(f"{PREFIX}/schemes", response_model=ServedRows, responses=PROBLEMS)
    async def schemes(request: Request) -> Response:
        """Schemes side by side: last published cap, plants, obligations and open amounts [t]."""
        with database.at_one_block() as at:
            rows = database.rows(SCHEMES)
        return answer(request, at, rows=rows)

    @app.get(f"{PREFIX}/schemes/{{scheme}}/supply", response_model=ServedRows, responses=PROBLEMS)
    async def supply(request: Request, scheme: InPath) -> Response:
        """Units of a scheme by class and vintage: issued, gone by kind of exit, outstanding."""
        with database.at_one_block() as at:
            rows = database.rows(SUPPLY, (scheme,))
        return answer(request, at, rows=rows)

    @app.get(
        f"{PREFIX}/certificates/{{number}}", response_model=CertificateAnswer, responses=PROBLEMS
    )
    async def certificate(request: Request, number: InPath) -> Response:
        """A certificate with its lineage: retirement, issues of its units, labels, movements."""
        with database.at_one_block() as at:
            found = database.rows("SELECT * FROM retirements WHERE certificate = ?", (number,))
            if not found:
                raise _not_found("certificate", number, "retirements")
            unit = (found[0]["id"],)
            issued = database.rows("SELECT * FROM issues WHERE id = ? ORDER BY block, place", unit)
            labels = database.rows("SELECT * FROM labels WHERE id = ? ORDER BY block, place", unit)
            moved = database.rows(
                "SELECT * FROM transfers WHERE id = ? ORDER BY block, place LIMIT 1000", unit
            )
        return answer(request, at, retirement=found[0], issued=issued, labels=labels, moved=moved)


#: Transactions of a register's line, each a search by the event's place.
_TRANSACTIONS: Final = ", ".join(
    f'(SELECT tx FROM events WHERE block = r."{figure}Block" AND place = r."{figure}Log") AS "{figure}Tx"'
    for figure in SOURCED
)


def _source(row: dict[str, Any], figure: str) -> dict[str, Any] | None:
    """Takes the columns of a figure's event out of a row of the register; None where there is no event."""
    block, log, tx = (row.pop(f"{figure}{of}") for of in ("Block", "Log", "Tx"))
    return None if block is None else {"block": block, "log": log, "tx": tx}


def _add_register(app: FastAPI, database: PublishedTables) -> None:
    @app.get(f"{PREFIX}/register", response_model=StandingRows, responses=PROBLEMS)
    async def register(
        request: Request,
        scheme: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        period: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        operator: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        plant: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        standing: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
        after: Annotated[int | None, Query(ge=0, le=MOST, description="Number of a plant.")] = None,
    ) -> Response:
        """Plants: operator, allocation, verified, products, surrendered and owed [t], standing, open
        penalties; of the named period, else of each plant's latest."""
        asked = {"scheme": scheme, "period": period, "operator": operator, "plant": plant}
        equal = {**asked, "standing": standing, "latest": 1 if period is None else None}
        given = {column: value for column, value in equal.items() if value is not None}
        terms = [*(f'"{column}" = ?' for column in given), "plant > ?"]
        with database.at_one_block() as at:
            rows = database.rows(
                f"SELECT r.*, {_TRANSACTIONS} FROM"
                f" (SELECT * FROM register WHERE {' AND '.join(terms)} ORDER BY plant LIMIT ?) r"
                " ORDER BY plant",
                (*given.values(), -1 if after is None else after, limit + 1),
            )
        for row in rows:
            del row["latest"]
            row |= {name: bool(row[name]) for name in ("closed", "cumulative")}
            row["sources"] = {figure: _source(row, figure) for figure in SOURCED}
            row["products"] = [_product(one) for one in json.loads(row["products"])]
        following = str(rows[limit - 1]["plant"]) if len(rows) > limit else None
        return answer(request, at, rows=rows[:limit], next=following)

    @app.get(f"{PREFIX}/register/transactions", response_model=TransferRows, responses=PROBLEMS)
    async def transactions(
        request: Request,
        scheme: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        participant: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
        after: Annotated[str | None, Query(pattern="^[0-9]{1,18}(:[0-9]{1,9}){2}$")] = None,
    ) -> Response:
        """Transfers of units once their scheme's delay is over, the latest first; how many are within it."""
        with database.at_one_block() as at:
            asked = (scheme, participant, limit, after)
            found = register_transactions.answer(database.rows, at.time, *asked)
        for row in found["rows"]:
            row["log"] = row.pop("place")
        return answer(request, at, **found)


def _product(row: dict[str, Any]) -> dict[str, Any]:
    """A product of a line of the register, its report's log under the name that answers have for it."""
    row["log"] = row.pop("place")
    return row


SCHEMES: Final = """
WITH known AS (SELECT scheme FROM caps UNION SELECT scheme FROM rules UNION SELECT scheme FROM installations),
last AS (SELECT scheme, vintage, capT, freeT, auctionT, block, place,
    row_number() OVER (PARTITION BY scheme ORDER BY vintage DESC, revision DESC) AS n FROM caps)
SELECT k.scheme, l.vintage, l.capT, l.freeT, l.auctionT, l.block, l.place AS log,
    (SELECT count(*) FROM installations i WHERE i.scheme = k.scheme) AS installations,
    (SELECT count(*) FROM markets m WHERE m.scheme = k.scheme) AS markets,
    (SELECT count(DISTINCT key) FROM rules r WHERE r.scheme = k.scheme) AS rules,
    o.due, o.surrendered, o.open
FROM known k LEFT JOIN last l ON l.scheme = k.scheme AND l.n = 1
LEFT JOIN (SELECT scheme, sum(due) AS due, sum(surrendered + surrenderedLate) AS surrendered,
    sum(max(due - surrendered - surrenderedLate, 0)) AS open FROM obligations GROUP BY scheme) o
    ON o.scheme = k.scheme
ORDER BY k.scheme
"""

#: Kinds of exits, as the view `exits` numbers them.
KINDS: Final = (
    "surrendered", "retired", "cancelled", "clawedBack", "expired", "bankedAway", "invalidated",
    "reversed", "released", "setApart",
)  # fmt: skip
SUPPLY: Final = f"""
SELECT class, vintage, sum(issued) AS issued,
    {", ".join(f"sum(CASE kind WHEN {n} THEN gone ELSE 0 END) AS {k}" for n, k in enumerate(KINDS, start=1))},
    sum(issued) - sum(gone) AS outstanding
FROM (SELECT scheme, class, vintage, 0 AS kind, amount AS issued, 0 AS gone FROM issues
    UNION ALL SELECT scheme, class, vintage, kind, 0, amount FROM exits)
WHERE scheme = ? GROUP BY class, vintage ORDER BY class, vintage
"""
