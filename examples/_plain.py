"""What examples without asyncio use: a simulator in another thread for those who have no network."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread

from bt_api_py.simulator import Simulator


def run(main: Callable[[], None], simulate: bool) -> None:
    """Call `main`; with `simulate`, while a simulator runs."""
    with suppress(KeyboardInterrupt):
        if simulate:
            _run_simulated(main)
        else:
            main()


def _run_simulated(main: Callable[[], None]) -> None:
    started: Future[tuple[str, Callable[[], object]]] = Future()

    async def serve() -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        async with Simulator() as simulator:
            started.set_result((simulator.url, lambda: loop.call_soon_threadsafe(ended.set)))
            await ended.wait()

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    os.environ["BT_API_SIMULATOR"], end = started.result()  # every BtApi made from now on goes there
    try:
        main()
    finally:
        end()
        thread.join()
