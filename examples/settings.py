"""Set how the sockets of an exchange are kept alive, and see what a wrong setting says."""

from _common import arguments, run

from bt_api_py import BtApi
from bt_api_py.exceptions import ConfigurationError


async def main(exchange: str, symbol: str, count: int) -> None:
    api = BtApi(
        {
            exchange: {
                "timeout": 10,  # seconds for one REST call
                "websocket": {
                    "ping_interval": 15,  # quiet for so long: ask for a sign of life
                    "ping_timeout": 5,  # and wait so long for it
                    "max_reconnect": None,  # never give up; 5 failed attempts in a row are the default
                    "reconnect_delay": 0.5,  # doubles with each failure, with jitter
                    "compression": False,
                },
            }
        }
    )
    shown = 0
    async for ticker in api.stream_ticker(exchange, symbol):
        print(f"{symbol}: {ticker.get_last_price():,.2f}")
        shown += 1
        if shown == count:
            break

    try:
        BtApi({exchange: {"websocket": {"ping_intervall": 15}}})
    except ConfigurationError as error:
        print(f"a typing error is noticed: {error}")


if __name__ == "__main__":
    args = arguments(__doc__, count=2).parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
