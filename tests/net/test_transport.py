"""aiohttp behind the two things asked of the network, against a small server on loopback."""

import asyncio
import gzip
import zlib

import pytest
from aiohttp import WSMsgType, web

from bt_api_py.exceptions import DataParseError
from bt_api_py.net.aiohttp_transport import AiohttpTransport
from bt_api_py.net.errors import ConnectionLost

LIMIT = 10_000
FLOOD = 2000  # messages, more than the buffers of a connection hold
REFUSALS = {"/refused": 403, "/busy": 429, "/missing": 404}


class Server:
    """A server that does what the path says."""

    def __init__(self):
        self.extensions = []  # offered by clients
        self.agents = []
        self.calls = []
        self.sent = 0
        self.never = asyncio.Event()
        self.address = ""

    async def handle(self, request):
        return await (self.talk if "Upgrade" in request.headers else self.page)(request)

    async def talk(self, request):
        """Do what the path says to whoever connects."""
        if request.path in REFUSALS:
            return web.Response(status=REFUSALS[request.path], headers={"Retry-After": "12"})
        socket = web.WebSocketResponse(autoping=False, compress=request.path == "/compressed")
        await socket.prepare(request)
        self.extensions.append(request.headers.get("Sec-WebSocket-Extensions", ""))
        self.agents.append(request.headers.get("User-Agent", ""))
        match request.path:
            case "/gzip":
                await socket.send_bytes(gzip.compress(b'{"a":1}'))
                await socket.send_bytes(gzip.compress(b"x" * (LIMIT + 1)))
                await socket.send_bytes(gzip.compress(b"cut short" * 10)[:-9])
                await socket.send_bytes(b"\x1f\x8bnothing like it")
                await socket.send_bytes(b"plain")
            case "/large":
                await socket.send_str("y" * (LIMIT + 1))
            case "/bye":
                await socket.close(code=4001, message=b"enough")
            case "/cut":
                request.transport.abort()
            case "/ping":
                await socket.ping(b"are you there")
            case "/parts":  # of one text, with a ping between them
                request.transport.write(b"\x01\x03one\x89\x00\x80\x04 two")
            case "/stray":  # the end of a text that never began
                request.transport.write(b"\x80\x03end")
            case "/flood":
                for self.sent in range(FLOOD):
                    await socket.send_str(f"{self.sent} {'.' * (LIMIT - 100)}")
        async for message in socket:
            if message.type is WSMsgType.PONG:
                await socket.send_str(f"pong {message.data.decode()}")
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                await socket.send_str(message.data.upper())
        return socket

    async def page(self, request):
        match request.path:
            case "/echo":
                return web.json_response({"query": dict(request.query), "key": request.headers.get("X-Key")})
            case "/posted":
                return web.json_response([request.method, request.headers["Content-Type"], await request.text()])
            case "/slow":
                await self.never.wait()
            case "/deflated":
                return web.Response(body=zlib.compress(b"deflated"), headers={"Content-Encoding": "deflate"})
            case "/moved":
                raise web.HTTPFound("/echo")
            case "/cut":
                self.calls.append(request.path)
                request.transport.abort()
        return web.Response(status=418, headers={"Retry-After": "7"}, text="no")


@pytest.fixture
async def server():
    """Yield a small server."""
    served = Server()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", served.handle)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.address = f"127.0.0.1:{runner.addresses[0][1]}"
    yield served
    served.never.set()
    await runner.cleanup()


@pytest.fixture
async def transport():
    made = AiohttpTransport()
    yield made
    await made.close()


@pytest.fixture
def dial(server, transport):
    """Return a function that opens a socket to a path."""

    async def connect(path, compression=True, timeout=5.0):
        return await transport.connect(
            f"ws://{server.address}{path}", timeout=timeout, compression=compression, max_message_size=LIMIT, proxy=None
        )

    return connect


class TestSocket:
    async def test_texts_go_both_ways_as_bytes(self, dial):
        """What is sent as text comes back as bytes, undecoded."""
        socket = await dial("/talk")
        await socket.send("grüße")
        assert await socket.receive() == "GRÜSSE".encode()
        await socket.close()

    async def test_gzip_is_opened_within_a_limit(self, dial):
        """A gzip message is inflated; one that is too large, cut or broken costs only itself."""
        socket = await dial("/gzip")
        assert await socket.receive() == b'{"a":1}'
        for reason in ("larger than", "ends early", "no gzip"):
            with pytest.raises(DataParseError, match=reason):
                await socket.receive()
        assert await socket.receive() == b"plain"
        await socket.close()

    async def test_a_message_beyond_the_limit_ends_the_socket(self, dial):
        """A frame larger than max_message_size is a lost connection with code 1009."""
        socket = await dial("/large")
        with pytest.raises(ConnectionLost) as caught:
            await socket.receive()
        assert caught.value.code == 1009
        await socket.close()

    async def test_the_venues_close_code_and_reason_are_told(self, dial):
        """A close frame is a lost connection that carries its code and its words."""
        socket = await dial("/bye")
        with pytest.raises(ConnectionLost, match=r"code 4001 \(enough\)") as caught:
            await socket.receive()
        assert caught.value.code == 4001
        await socket.close()

    async def test_a_cut_connection_is_1006(self, dial):
        """A connection that ends without a close frame is a lost one, and sending fails in the same words."""
        socket = await dial("/cut")
        with pytest.raises(ConnectionLost) as caught:
            await socket.receive()
        assert caught.value.code == 1006
        with pytest.raises(ConnectionLost):
            await socket.send("anyone?")
        with pytest.raises(ConnectionLost):
            await socket.ping()
        await socket.close()

    async def test_a_ping_is_answered_with_its_content(self, dial):
        """A ping frame is answered at once, and shows as a sign of life without content."""
        socket = await dial("/ping")
        assert await socket.receive() == b""
        assert await socket.receive() == b"pong are you there"
        await socket.close()

    async def test_our_ping_is_answered(self, dial):
        """The answer to our ping shows as a sign of life."""
        socket = await dial("/talk")
        await socket.ping()
        assert await socket.receive() == b""
        await socket.close()

    async def test_the_client_tells_what_it_is(self, server, dial):
        """There are venues that turn away whoever names no user agent."""
        socket = await dial("/talk")
        await socket.close()
        assert all(server.agents)
        assert server.agents

    async def test_closing_ends_a_waiting_receive(self, dial):
        """close() while another task receives ends that with a lost connection, and may be called twice."""
        socket = await dial("/talk")
        waiting = asyncio.ensure_future(socket.receive())
        await asyncio.sleep(0)
        await socket.close()
        with pytest.raises(ConnectionLost):
            await waiting
        await socket.close()

    @pytest.mark.parametrize("compression", [True, False])
    async def test_compression_is_offered_as_set(self, server, dial, compression):
        """permessage-deflate is offered only when the setting says so, and is understood."""
        socket = await dial("/compressed", compression=compression)
        await socket.send("a" * 500)
        assert await socket.receive() == b"A" * 500
        assert ("permessage-deflate" in server.extensions[0]) is compression
        await socket.close()

    async def test_a_compressed_message_beyond_the_limit_ends_the_socket(self, dial):
        """What grows too large when it is unpacked is a lost connection with code 1009."""
        socket = await dial("/compressed")
        await socket.send("a" * (LIMIT + 1))
        with pytest.raises(ConnectionLost) as caught:
            await socket.receive()
        assert caught.value.code == 1009
        await socket.close()

    async def test_a_text_may_come_in_parts(self, dial):
        """Parts of a text are one message, and what comes between them is not lost."""
        socket = await dial("/parts")
        received = [await socket.receive(), await socket.receive()]
        assert sorted(received) == [b"", b"one two"]
        await socket.close()

    async def test_a_part_of_nothing_is_a_fault(self, dial):
        """The end of a message without its beginning is a lost connection."""
        socket = await dial("/stray")
        with pytest.raises(ConnectionLost, match="protocol error") as caught:
            await socket.receive()
        assert caught.value.code == 1002
        await socket.close()

    @pytest.mark.parametrize("path", ["/flood", "/gzip"])
    async def test_what_has_arrived_is_taken_together(self, dial, path):
        """`take` hands over what waits, in order and no more than asked for, and leaves the rest to `receive`."""
        socket = await dial(path)
        payloads = []
        while len(payloads) < (FLOOD if path == "/flood" else 2):
            try:
                payloads.append(await socket.receive())
            except DataParseError:
                continue
            await asyncio.sleep(0.001)
            taken = socket.take(7)
            assert len(taken) <= 7
            payloads += taken
        if path == "/flood":
            assert [int(payload.split()[0]) for payload in payloads] == list(range(FLOOD))
        else:
            assert payloads == [b'{"a":1}', b"plain"]
        await socket.close()

    async def test_who_does_not_read_is_not_sent_more(self, server, dial):
        """A flood that nobody reads waits at the sender, and all of it comes when it is read."""
        socket = await dial("/flood")
        sent = -1
        while sent < server.sent:
            sent = server.sent
            await asyncio.sleep(0.1)
        assert sent < FLOOD - 1
        payloads = [await socket.receive() for _ in range(FLOOD)]
        assert len({payload.split()[0] for payload in payloads}) == FLOOD
        await socket.close()


class TestConnecting:
    @pytest.mark.parametrize("path", sorted(REFUSALS))
    async def test_a_refused_upgrade_tells_status_and_wait(self, dial, path):
        """An HTTP answer in place of the upgrade is a lost connection with status and Retry-After."""
        with pytest.raises(ConnectionLost, match=f"HTTP {REFUSALS[path]}") as caught:
            await dial(path)
        assert (caught.value.status, caught.value.retry_after) == (REFUSALS[path], 12.0)

    async def test_nobody_there_is_told_in_words(self, transport, unused_tcp_port):
        """A port on which nobody listens is a lost connection that names host and port."""
        with pytest.raises(ConnectionLost, match=f"cannot connect to 127.0.0.1:{unused_tcp_port}"):
            await transport.connect(
                f"ws://127.0.0.1:{unused_tcp_port}/", timeout=5, compression=True, max_message_size=LIMIT, proxy=None
            )

    async def test_a_server_that_never_answers_is_left_in_time(self, transport):
        """An upgrade that is not answered ends after `timeout`, and leaves no connection."""

        async def silent(reader, writer):
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ConnectionLost, match=r"not open within 0\.05 s"):
                await transport.connect(
                    f"ws://127.0.0.1:{port}/", timeout=0.05, compression=True, max_message_size=LIMIT, proxy=None
                )
            await transport.close()


class TestRequests:
    async def get(self, transport, address, path, query=None, headers=None, timeout=5.0):
        url = f"http://{address}{path}"
        return await transport.get(url, query or {}, headers or {}, timeout=timeout, proxy=None)

    async def test_query_and_headers_arrive(self, server, transport):
        """Parameters and headers reach the server, and its answer comes with lower-case header names."""
        answer = await self.get(transport, server.address, "/echo", {"symbol": "BTC/USDT +"}, {"X-Key": "k"})
        assert answer.status == 200
        assert answer.body == b'{"query": {"symbol": "BTC/USDT +"}, "key": "k"}'
        assert answer.headers["content-type"].startswith("application/json")

    async def test_a_post_carries_its_body(self, server, transport):
        """A POST request brings body and headers to the server as they are given."""
        url, headers = f"http://{server.address}/posted", {"Content-Type": "application/json"}
        answer = await transport.post(url, b'{"a": 1}', headers, timeout=5.0, proxy=None)
        assert answer.body == b'["POST", "application/json", "{\\"a\\": 1}"]'

    async def test_an_error_answer_is_an_answer(self, server, transport):
        """A status that means trouble is handed on with its headers."""
        answer = await self.get(transport, server.address, "/teapot")
        assert (answer.status, answer.headers["retry-after"], answer.body) == (418, "7", b"no")

    async def test_compressed_answers_are_opened(self, server, transport):
        """A deflated body arrives inflated."""
        assert (await self.get(transport, server.address, "/deflated")).body == b"deflated"

    async def test_no_redirect_is_followed(self, server, transport):
        """A redirect is handed on as it is: it could lead to another host."""
        assert (await self.get(transport, server.address, "/moved")).status == 302

    async def test_no_answer_in_time_is_a_timeout(self, server, transport):
        """A call without an answer within `timeout` raises TimeoutError."""
        with pytest.raises(TimeoutError):
            await self.get(transport, server.address, "/slow", timeout=0.05)

    async def test_a_cut_call_is_asked_once(self, server, transport):
        """A connection that breaks is an OSError at once: nobody repeats the call behind the caller's back."""
        await self.get(transport, server.address, "/echo")
        with pytest.raises(OSError, match=r".+"):
            await self.get(transport, server.address, "/cut")
        assert server.calls == ["/cut"]

    async def test_a_closed_transport_opens_again(self, server, transport):
        """After close() the next use begins afresh; closing twice is harmless."""
        await self.get(transport, server.address, "/echo")
        await transport.close()
        await transport.close()
        assert (await self.get(transport, server.address, "/echo")).status == 200
