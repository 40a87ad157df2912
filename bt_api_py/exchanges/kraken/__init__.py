"""Kraken: spot markets and the account, over web socket version 2."""

from .account import KrakenAccount
from .spot import KrakenSpot

__all__ = ["KrakenAccount", "KrakenSpot"]
