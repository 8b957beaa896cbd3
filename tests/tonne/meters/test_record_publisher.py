"""Requests for records: which are understood, and how many records one brings at most."""

from __future__ import annotations

import paho.mqtt.client as paho
import pytest

from tonne.meters.mqtt import REQUESTS
from tonne.meters.record_publisher import MOST_AGAIN, requested


def message(place: str, payload: bytes) -> paho.MQTTMessage:
    made = paho.MQTTMessage(topic=f"{REQUESTS}/{place}".encode())
    made.payload = payload
    return made


def test_a_request_names_a_meter_and_its_records():
    assert requested(message("17", b"3-9")) == (17, 3, 9)


def test_a_request_for_more_is_for_the_most_that_are_sent_again():
    assert requested(message("17", b"5-999999999")) == (17, 5, 5 + MOST_AGAIN - 1)


@pytest.mark.parametrize(
    ("place", "payload"),
    [
        ("17", b""),
        ("17", b"3"),
        ("17", b"3-9 "),
        ("17", b"-3-9"),
        ("17", b"3-1000000000"),
        ("x", b"3-9"),
        ("\u0661\u0667", b"3-9"),  # decimal digits, but not of ASCII
        ("12345678901", b"3-9"),
    ],
)
def test_another_message_is_no_request(place, payload):
    assert requested(message(place, payload)) is None
