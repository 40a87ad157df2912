"""What clients did to a simulated venue: the judge of politeness."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class ExchangeStats:
    """Counters of one exchange since the simulator started.

    Attributes:
        connects: sockets that were accepted; refused: upgrades that were turned away.
        open_sockets: sockets open at present.
        ws_in, ws_out: websocket messages from and to clients (text and binary, no ping frames).
        control_in: ping and pong frames from clients.
        subscribes: topics asked for, however many per message.
        http: requests by path; statuses: answers by status.
        weight_used: request weight of the running minute, where the venue counts weight; weight_peak: its
            maximum.
        breaches: how often which limit was broken, by the limit's name.
        sent: data messages by topic, as "channel symbol".
    """

    connects: int = 0
    refused: int = 0
    open_sockets: int = 0
    ws_in: int = 0
    ws_out: int = 0
    control_in: int = 0
    subscribes: int = 0
    http: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    weight_used: int = 0
    weight_peak: int = 0
    breaches: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
