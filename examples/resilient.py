"""Begin again after a stream has given up; with --simulate the exchange is closed for a second."""

import asyncio

from _common import arguments, run

from bt_api_py import BtApi
from bt_api_py.exceptions import WebSocketError
from bt_api_py.simulator import Simulator

OUTAGE = 1.0  # seconds


async def main(exchange: str, symbol: str, count: int) -> None:
    # Reconnecting is automatic; few and quick attempts make the stream give up within this example.
    api = BtApi({exchange: {"websocket": {"max_reconnect": 2, "reconnect_delay": 0.1}}})
    shown = 0
    while shown < count:
        try:
            async for ticker in api.stream_ticker(exchange, symbol):
                print(f"{symbol}: {ticker.get_last_price():,.2f}")
                shown += 1
                if shown == count:
                    break
        except WebSocketError as error:  # worth another try; every other error is not
            print(f"gave up: {error}")
            await asyncio.sleep(1)
            print("trying again")


def outage(simulator: Simulator) -> None:
    simulator.faults.refuse(args.exchange)
    asyncio.get_running_loop().call_later(OUTAGE, simulator.faults.refuse, args.exchange, False)


if __name__ == "__main__":
    args = arguments(__doc__, count=3).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate, outage)
