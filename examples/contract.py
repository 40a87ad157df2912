"""Follow what is told of one contract beside its market: mark price, funding, open interest, liquidations."""

import time

from _common import arguments, run

from bt_api_py import BtApi, FundingRateData, LiquidationData, MarkPriceData, OpenInterestData
from bt_api_py.operators import merge


async def main(exchange: str, symbol: str, count: int) -> None:
    async with BtApi() as api:
        streams = (
            api.stream_mark_price(exchange, symbol),
            api.stream_funding_rate(exchange, symbol),
            api.stream_open_interest(exchange, symbol),
            api.stream_liquidations(exchange, symbol),
        )
        async for item in merge(*streams):
            match item:
                case MarkPriceData():
                    print(f"mark {item.get_mark_price():,.2f}, index {item.get_index_price():,.2f}")
                case FundingRateData():
                    due_ms = item.get_current_funding_time()  # 0 where it is paid all the time
                    due = time.strftime("at %H:%M UTC", time.gmtime(due_ms / 1000)) if due_ms else "all the time"
                    print(f"funding {item.get_current_funding_rate():+.4%}, paid {due}")
                case OpenInterestData():
                    print(f"open interest {item.get_open_interest():,.3f}")
                case LiquidationData():
                    what = f"{item.get_quantity():g} {item.get_position_side()}"
                    print(f"liquidated: {what} at {item.get_price():,.2f}")
            count -= 1
            if count <= 0:
                break


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.set_defaults(exchange="BINANCE___SWAP")
    args = parser.parse_args()
    run(main(args.exchange, args.symbol, args.count), args.simulate)
