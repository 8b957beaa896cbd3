"""Notices go out once, past receivers that fail, and no secret is seen on the way."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import structlog

from oracles.runtime import news, notices
from oracles.runtime.journal import Journal
from oracles.runtime.metrics import Metrics
from oracles.runtime.notices import Courier, MailChannel, Notice, NoticeSettings, WebhookChannel
from tests.patience import HANGING_S
from tonne.constants import DAY_S
from tonne.errors import TonneError

NOTICE = Notice("balance/2026-11-28", "balance", "The sender has 3 wei; 5 are the least.")
WAIT_S = HANGING_S


class Recorder:
    """A channel that fails so many times, then takes."""

    name = "recorder"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.tries = 0
        self.taken: list[Notice] = []

    def send(self, notice: Notice, daemon: str) -> None:
        self.tries += 1
        if self.failures:
            self.failures -= 1
            raise OSError("https://secret.example/hook refused")
        self.taken.append(notice)


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def courier(journal, *channels, **options):
    return Courier(
        "meters", NoticeSettings(), journal, Metrics("meters"), channels, lambda _: None, **options
    )


def settle(sent, count=1):
    """Until so many notices have ended in the thread."""
    end = threading.Event()
    for _ in range(WAIT_S * 100):
        if sent._ended.qsize() >= count:
            return
        end.wait(0.01)
    raise AssertionError("nothing ended")


def test_a_notice_goes_out_once_across_a_restart(journal):
    channel = Recorder()
    sent = courier(journal, channel)
    sent.offer([NOTICE, NOTICE])
    settle(sent)
    sent.offer([NOTICE])
    again = courier(journal, channel)
    again.offer([NOTICE])
    again.offer([])
    assert channel.taken == [NOTICE]
    assert sent._metrics.value("notices", "sent") == 1


def test_a_receiver_that_stumbles_is_tried_again_and_a_dead_one_given_up_for_a_while(journal):
    clock = [0.0]
    stumbling, dead = Recorder(2), Recorder(10**6)
    first = courier(journal, stumbling)
    first.offer([NOTICE])
    settle(first)
    assert (stumbling.tries, len(stumbling.taken)) == (3, 1)

    other = Notice("bond/1", "bond", "The bond is short.")
    second = courier(journal, dead, clock=lambda: clock[0])
    second.offer([other])
    settle(second)
    assert dead.tries == 1 + len(notices.WAITS_S)
    second.offer([other])  # it failed just now
    assert second._waiting.empty()
    clock[0] += notices.AGAIN_S + 1
    second.offer([other])
    settle(second)
    assert dead.tries == 2 * (1 + len(notices.WAITS_S))
    assert second._metrics.value("notices", "failed") == 1  # of the first attempt


def test_of_two_channels_one_is_enough(journal):
    good = Recorder()
    sent = courier(journal, Recorder(10**6), good)
    sent.offer([NOTICE])
    settle(sent)
    sent.offer([])
    assert good.taken == [NOTICE] and sent._metrics.value("notices", "sent") == 1


def test_a_slow_receiver_holds_up_nothing_and_what_is_too_much_is_dropped(journal, monkeypatch):
    release = threading.Event()
    slow = Recorder()
    monkeypatch.setattr(slow, "send", lambda *_: release.wait(WAIT_S))
    monkeypatch.setattr(notices, "MOST_WAITING", 3)
    sent = courier(journal, slow)
    sent.offer([Notice(f"a/{number}", "dispute", "") for number in range(9)])
    assert sent._metrics.value("notices", "dropped") >= 5
    release.set()


@contextlib.contextmanager
def receiver(status=200):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers.get("Authorization"), json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        server.server_close()


def test_a_webhook_gets_json_and_what_authorises_it():
    with receiver() as (port, got):
        settings = notices.Webhook(url=f"http://127.0.0.1:{port}/hook/t0ken", bearer="s3cret")
        WebhookChannel(settings).send(NOTICE, "meters")
    ((path, bearer, body),) = got
    assert (path, bearer) == ("/hook/t0ken", "Bearer s3cret")
    assert body == {"daemon": "meters", "key": NOTICE.key, "kind": "balance", "text": NOTICE.text}


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_answer_but_yes_is_a_refusal_and_a_redirect_is_not_followed(status):
    with receiver(status) as (port, got):
        settings = notices.Webhook(url=f"http://127.0.0.1:{port}/")
        with pytest.raises(OSError, match=f"status {status}"):
            WebhookChannel(settings).send(NOTICE, "meters")
    assert len(got) == 1


def test_a_mail_is_handed_to_its_server():
    got = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as file:
            file.write(b"220 here\r\n")
            file.flush()
            data = False
            for raw in file:
                line = raw.decode().rstrip("\r\n")
                got.append(line)
                if data and line != ".":
                    continue
                data = line.upper() == "DATA"
                word = line.split()[0].upper() if line else ""
                answer = (
                    b"354 go on\r\n"
                    if data
                    else b"221 bye\r\n"
                    if word == "QUIT"
                    else b"250 ok\r\n"
                )
                file.write(answer)
                file.flush()
                if word == "QUIT":
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings = notices.Mail(
        host="127.0.0.1",
        port=listener.getsockname()[1],
        security="none",
        sender="oracle@example.org",
        to=["one@example.org", "two@example.org"],
    )
    MailChannel(settings).send(NOTICE, "meters")
    thread.join(WAIT_S)
    listener.close()
    assert "Subject: tonne meters: balance" in got
    assert NOTICE.text in got
    assert [line for line in got if line.lower().startswith("rcpt")] == [
        "rcpt TO:<one@example.org>",
        "rcpt TO:<two@example.org>",
    ]


def test_the_settings_are_read_from_a_file_of_its_owner_alone(tmp_path):
    path = tmp_path / "notices.json"
    path.write_text('{"webhook": {"url": "https://hooks.example/t0ken"}}')
    path.chmod(0o640)
    with pytest.raises(TonneError) as refused:
        notices.read_settings(path)
    assert refused.value.code == "ORACLE_NOTICES_OPEN"
    path.chmod(0o600)
    settings = notices.read_settings(path)
    assert "t0ken" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[",
        '{"webhook": {"url": "https://x", "t0ken": "t0ken"}}',
        '{"mail": {"host": "t0ken", "port": "t0ken"}}',
    ],
)
def test_malformed_settings_are_refused_without_a_word_of_what_is_in_them(tmp_path, text):
    path = tmp_path / "notices.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(TonneError) as refused:
        notices.read_settings(path)
    assert refused.value.code == "ORACLE_NOTICES_FORM"
    assert "t0ken" not in refused.value.message.replace("webhook.t0ken", "")


def test_no_secret_is_logged_where_a_receiver_fails(journal):
    url = "http://127.0.0.1:1/hook/t0ken"
    channel = WebhookChannel(notices.Webhook(url=url, bearer="s3cret"))
    with structlog.testing.capture_logs() as lines:
        sent = courier(journal, channel)
        sent.offer([NOTICE])
        settle(sent)
    assert len(lines) > len(notices.WAITS_S)
    assert "t0ken" not in str(lines) and "s3cret" not in str(lines)


def test_a_low_balance_and_what_stops_the_sending_are_told_once_a_day():
    watched = Metrics("meters")
    settings = NoticeSettings(least_balance_wei=5)
    assert list(news.of_daemon(watched, settings)) == []
    watched.put("balance_wei", 4)
    watched.put_all("stopped", {("ORACLE_KEY_SHARED",): 1.0})
    today = [notice.key for notice in news.of_daemon(watched, settings, lambda: 0)]
    assert today == ["balance/1970-01-01", "stopped/ORACLE_KEY_SHARED/1970-01-01"]
    watched.put("balance_wei", 5)
    watched.put_all("stopped", {})
    assert list(news.of_daemon(watched, settings)) == []


@pytest.mark.parametrize(
    ("days", "key"),
    [(31, None), (30, "a/30d"), (8, "a/30d"), (7, "a/7d"), (1, "a/1d"), (0, "a/1d")],
)
def test_a_date_to_come_is_told_of_at_each_of_the_days_before_it(days, key):
    found = [n.key for n in news.ahead("a", "deadline", "", days * DAY_S, [30, 7, 1])]
    assert found == ([key] if key else [])
