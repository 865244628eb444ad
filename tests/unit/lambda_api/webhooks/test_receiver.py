"""The receiver's bounds, and its signed events as OpenAI's own client checks them."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai
import pytest

from lambda_api.webhooks.events import event
from lambda_api.webhooks.receiver import DeliveryError, Receiver
from lambda_api.webhooks.signing import SecretError, signing_key
from tests.support.eventually import LONG

RESPONSE_ID = f"resp_{'0' * 32}"
EVENT_ID = f"evt_{'0' * 32}"
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
CERTIFICATE = Path(__file__).parents[3] / "support" / "service" / "localhost.pem"


class Handler(BaseHTTPRequestHandler):
    """Answers with the server's status, headers and body."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args):
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.received, server.status, server.body = [], 200, b""
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server():
    with serving() as server:
        yield server


@contextmanager
def raw(answer):
    """A server that treats its one connection as a test wants."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LONG)

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(LONG)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def receiver(port: int, scheme: str = "http", secrets=(SECRET,), **options) -> Receiver:
    keys = [signing_key(secret) for secret in secrets]
    return Receiver(f"{scheme}://127.0.0.1:{port}/hook?a=b", lambda: keys, **options)


def post(to: Receiver, event_type: str = "response.completed") -> None:
    to.post(EVENT_ID, event(event_type, RESPONSE_ID, 1_795_000_000).encode())


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "incomplete"])
def test_openais_client_accepts_an_event(server, status):
    post(receiver(server.server_port), f"response.{status}")
    ((path, headers, body),) = server.received
    with openai.OpenAI(api_key="x") as client:
        found = client.webhooks.unwrap(body, headers, secret=SECRET)

    assert path == "/hook?a=b"
    assert found.type == f"response.{status}"
    assert found.data.id == RESPONSE_ID
    assert found.id == headers["webhook-id"] == EVENT_ID


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_taken(server, status):
    server.status = status
    post(receiver(server.server_port))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_another_answer_is_refused_not_followed_and_hides_the_address(server, status):
    server.status = status

    with pytest.raises(DeliveryError, match=f"answered {status}") as caught:
        post(receiver(server.server_port))
    assert len(server.received) == 1
    assert "hook" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_an_address_that_is_not_there_is_an_error():
    with pytest.raises(DeliveryError, match="ConnectionRefused") as caught:
        post(receiver(1))
    assert "hook" not in str(caught.value)


def test_nothing_is_posted_without_a_key(server):
    def no_key():
        raise SecretError("none")

    with pytest.raises(SecretError):
        post(Receiver(f"http://127.0.0.1:{server.server_port}/", no_key))
    assert server.received == []


def drip(connection: socket.socket, beginning: bytes) -> bool:
    """Send a byte now and then, so that no single read waits long; tell if the client broke off."""
    connection.sendall(beginning)
    deadline = time.monotonic() + LONG
    try:
        while time.monotonic() < deadline:
            connection.sendall(b"x")
            time.sleep(0.02)
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 500 x\r\nx-never-ending: ",
        b"HTTP/1.1 500 x\r\ncontent-length: 1000000000\r\n\r\n",
    ],
    ids=["status line", "header", "body"],
)
def test_an_exchange_ends_in_time_however_the_answer_drips(beginning):
    broke_off = []
    answer = raw(lambda connection: broke_off.append(drip(connection, beginning)))
    with answer as port, pytest.raises(DeliveryError):
        post(receiver(port, exchange_seconds=0.3))
    assert broke_off == [True]


def test_a_2xx_is_taken_although_its_body_never_ends():
    broke_off = []
    ok = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
    with raw(lambda connection: broke_off.append(drip(connection, ok))) as port:
        post(receiver(port, exchange_seconds=0.3))
    assert broke_off == [True]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_exchange_ends_in_time_without_any_answer(scheme):
    """With TLS the receiver is silent in the handshake already."""
    left = []

    def silence(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass
        left.append(True)

    with raw(silence) as port, pytest.raises(DeliveryError):
        post(receiver(port, scheme, exchange_seconds=0.3))
    assert left == [True]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500,
    ],
)
def test_rubbish_is_an_error(rubbish):
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(rubbish)

    with raw(answer) as port, pytest.raises(DeliveryError, match="the receiver failed"):
        post(receiver(port))


def test_of_a_large_answer_little_is_read():
    sent = []

    def answer(connection: socket.socket) -> None:
        size = 500_000_000
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        try:
            while sum(sent) < size:
                sent.append(connection.send(b"x" * 100_000))
        except OSError:
            pass

    with raw(answer) as port:
        post(receiver(port))
    assert sum(sent) < 100_000_000  # buffers of the kernel's, and no more


def test_a_certificate_is_checked(monkeypatch):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    with serving(tls) as server:
        with pytest.raises(DeliveryError, match="CertVerification"):
            post(receiver(server.server_port, "https"))
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        post(receiver(server.server_port, "https"))
        assert [path for path, _, _ in server.received] == ["/hook?a=b"]
