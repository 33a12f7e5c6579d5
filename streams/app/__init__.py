"""Faust wiring: a handler as an agent, and the rates in windowed tables. The only package that knows Faust.

At-least-once, like the loop: outputs, then state, then offset. An agent waits for the brokers' word on every message it
sent, and acknowledges by itself, only what is settled.
"""

from streams.app.brokers import Brokers
from streams.app.counting import rates_app
from streams.app.handling import handler_app
from streams.app.running import run

__all__ = ["Brokers", "handler_app", "rates_app", "run"]
