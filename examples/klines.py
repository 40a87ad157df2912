"""Print candles as they build, and say when one is closed."""

from datetime import UTC, datetime

from _common import arguments, run

from bt_api_py import BtApi


async def main(exchange: str, symbol: str, interval: str, count: int) -> None:
    api = BtApi()
    shown = 0
    async for bar in api.stream_klines(exchange, symbol, interval):
        opened = datetime.fromtimestamp(bar.get_timestamp() / 1000, UTC)
        state = "closed" if bar.get_bar_status() else "building"
        print(
            f"{opened:%H:%M:%S} open {bar.get_open():,.2f} high {bar.get_high():,.2f} "
            f"low {bar.get_low():,.2f} close {bar.get_close():,.2f} volume {bar.get_volume():.4f} {state}"
        )
        shown += 1
        if shown == count:
            break


if __name__ == "__main__":
    parser = arguments(__doc__, count=5)
    parser.add_argument("--interval", default="1m", help="default: %(default)s")
    args = parser.parse_args()
    run(main(args.exchange, args.symbol, args.interval, args.count), args.simulate)
