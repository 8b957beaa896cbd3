"""A city's broker: mosquitto, where it is installed and there are many meters."""

from __future__ import annotations

from oracles.meters.mqtt import MqttSource
from tests.oracles.meters.test_mosquitto import connects, needs_mosquitto, until
from tonne.meters.mqtt import BrokerSettings
from tonne.simulation.energy_day.steps import city_broker
from tonne.simulation.energy_day.steps.city_broker import MANY, CityBroker


@needs_mosquitto
def test_it_is_reached_while_it_runs_and_not_afterwards(tmp_path):
    made = CityBroker(tmp_path)
    settings = BrokerSettings(f"mqtt://127.0.0.1:{made.port}", "city")
    made.start()
    source = MqttSource(settings)
    source.start()
    try:
        assert until(lambda: source.down_since is None)
    finally:
        source.stop()
        made.stop()
    made.stop()  # again
    assert not connects(settings)


def test_a_neighbourhood_has_the_oracle_s_own(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: "/usr/sbin/mosquitto")
    assert [city_broker.is_wanted(n) for n in (MANY, MANY + 1)] == [False, True]
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert not city_broker.is_wanted(10_000)
