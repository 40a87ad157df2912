"""REST calls of one exchange: inside its budget, with retries, read into data objects."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from ..clock import Clock
from ..containers.base import Origin, Topic
from ..exceptions import BtApiError, NetworkError, RateLimitError, RequestFailedError, RequestTimeoutError
from ..exchanges.account_base import PrivateSide, encoded
from ..exchanges.base import Exchange, Page, Request
from .errors import is_retryable
from .limits import host_of, limits_of
from .transport import Response, Transport, retry_after

log = logging.getLogger("bt_api_py.rest")

_TOO_MANY = {418, 429}
_LONGEST_PAUSE = 10.0  # seconds between two tries, unless the venue asks for more
_LONGEST_WAIT = 60.0  # a venue that wants more quiet than this gets it, but the caller is told


class RestClient:
    """Makes the calls that an adapter describes."""

    def __init__(
        self,
        exchange: Exchange,
        transport: Transport,
        clock: Clock,
        *,
        signing_ms: Callable[[], Awaitable[int]] | None = None,
        refused: Callable[[], None] | None = None,
    ) -> None:
        """Make a client.

        Args:
            signing_ms: gives the venue's time, for a private side that signs.
            refused: called when the venue refused the time of a signature.
        """
        self._exchange = exchange
        self._transport = transport
        self._clock = clock
        self._base = exchange.rest_url
        self._host = limits_of(clock).host(host_of(self._base))
        self._signing_ms = signing_ms
        self._refused = refused
        self.calls = 0
        self.rejected = 0
        self.sent_at = 0.0  # time of day of the last call: its budget may have kept it waiting

    async def fetch(self, request: Request, topic: Topic, *, origin: Origin = "snapshot", attempts: int = 3) -> Page:
        """Return the objects of the answer, in the venue's order, and what else it says.

        Raises:
            RateLimitError: the venue wants a longer wait than a caller should be kept for.
            RequestTimeoutError, NetworkError: no answer, `attempts` times.
            RequestFailedError, InvalidSymbolError, AuthenticationError: the venue's own answer.
            DataParseError: the answer is not understood.
        """
        try:
            response = await self.send(request, attempts=attempts)
        except BtApiError as error:
            exchange = self._exchange
            if self._refused is None or not isinstance(exchange, PrivateSide) or not exchange.is_clock_error(error):
                raise
            self._refused()
            response = await self.send(request, attempts=attempts)
        objects, refused = self._exchange.read(request, response.body, topic, self._clock.now(), origin)
        if refused:
            self.rejected += len(refused)
            log.warning("%s: %d rows of %s rejected: %s", self._exchange.name, len(refused), request.path, refused[0])
        return Page(objects, response.headers, response.body)

    async def send(self, request: Request, *, attempts: int = 3) -> Response:
        """Return the venue's good answer. Raises as `fetch` does."""

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, RateLimitError):
                return 0.0  # the budget of the host makes everybody wait
            return min(_LONGEST_PAUSE, 2.0 ** (state.attempt_number - 1)) * self._clock.random()

        retrying = AsyncRetrying(
            retry=retry_if_exception(is_retryable),
            stop=stop_after_attempt(attempts),
            wait=pause,
            sleep=self._clock.sleep,
            reraise=True,
        )
        response: Response = await retrying(self._once, request)
        return response

    async def _once(self, request: Request) -> Response:
        name = self._exchange.name
        clock = self._clock
        self._check_ban()
        settings = self._exchange.settings
        with self._host.reserve(request.budget, request.rate, clock.monotonic(), request.cost) as turn:
            while (wait := turn.wait(clock.monotonic())) > 0:
                self._check_ban()
                log.debug("%s: %s waits %.2f s for its budget", name, request.path, wait)
                await clock.sleep(wait)
            self.calls += 1
            self.sent_at = clock.now()
            try:
                response = await self._ask(request)
            except TimeoutError as error:
                raise RequestTimeoutError(name, request.path, settings.timeout) from error
            except OSError as error:
                raise NetworkError(name, f"{request.path}: {error}") from error
            finally:
                turn.arrived(clock.monotonic())
        self._observe(request, response)
        if response.status in _TOO_MANY:
            seconds = retry_after(response.headers)
            self._host.block(self._clock.monotonic(), seconds if seconds is not None else request.rate.per_s)
            raise RateLimitError(name, seconds, f"HTTP {response.status} for {request.path}")
        error_found: BtApiError | None = self._exchange.failure(request.path, response.status, response.body)
        if isinstance(error_found, RateLimitError):  # said in the body, under a good status
            self._host.block(clock.monotonic(), error_found.retry_after or request.rate.per_s)
        if error_found is not None:
            raise error_found
        if response.status >= 300:
            raise RequestFailedError(name, request.path, "unexpected answer", response.status)
        return response

    async def _ask(self, request: Request) -> Response:
        exchange = self._exchange
        settings = exchange.settings
        url, query, headers = self._base + request.path, request.query, exchange.rest_headers
        body = request.body
        if request.signed:
            assert isinstance(exchange, PrivateSide), f"{request.path} is signed by a private side only"
            assert self._signing_ms is not None, f"{request.path} needs the venue's time"
            call = exchange.sign(request, await self._signing_ms())
            # What was signed is what is sent, to the letter.
            url, query, headers = f"{url}?{call.query}" if call.query else url, {}, {**headers, **call.headers}
            body = call.body
        timeout, proxy = settings.timeout, settings.proxy_url
        if not body and not request.method:
            return await self._transport.get(url, query, headers, timeout=timeout, proxy=proxy)
        if query:
            url = f"{url}?{encoded(query)}"
        if body:
            headers = {"Content-Type": "application/json", **headers}
        method = request.method or "POST"
        return await self._transport.post(url, body, headers, timeout=timeout, proxy=proxy, method=method)

    def _check_ban(self) -> None:
        blocked = self._host.blocked_for(self._clock.monotonic())
        if blocked > _LONGEST_WAIT:
            raise _Blocked(self._exchange.name, blocked, "the venue banned this address for a while")

    def _observe(self, request: Request, response: Response) -> None:
        header = self._exchange.used_weight_header
        used = response.headers.get(header.lower(), "") if header else ""
        if used.isdigit():
            self._host.observe(request.budget, self._clock.monotonic(), int(used))


class _Blocked(RateLimitError):
    """The wait is too long to keep a caller for."""

    retryable = False
