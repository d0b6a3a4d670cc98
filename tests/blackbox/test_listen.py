"""test_listen.py - where the gateway listens: TCP, IPv6, Unix sockets, TLS (CONTRACT 3)"""

import os
import ssl
import time

import pytest

from behaviour import silent
from cases import table
from client import Client
from gateway import Gateway, run, wait_for
from places import free_port, has_ipv6

CONFIG = """
listen:
  - @listen@
  - "@listen6@"
  - @unix@
  - address: @listen_tls@
    tls: {cert: @cert@, key: @key@}
bounds: {header_timeout: 400ms}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 20s}
endpoints:
  - path: /one
    timeout: 20s
    sources:
      one: {get: "alpha:/one"}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("listen")
    cert, key = authority.issue("front", "DNS:front.test,IP:127.0.0.1")
    host = "[::1]" if has_ipv6() else "127.0.0.1"
    places = {
        "listen6": f"{host}:{free_port(host.strip('[]'))}",
        "listen_tls": f"127.0.0.1:{free_port()}",
        "unix": f"unix:{folder}/socket",
    }
    with Gateway(CONFIG, folder, cert=cert, key=key, **places) as shared:
        yield shared
    assert not os.path.exists(folder / "socket"), "the socket's name is left behind"


@pytest.fixture
def secure(gateway, authority):
    def connect(**options):
        return Client(gateway.places["listen_tls"], tls=authority.client(),
                      server_name="front.test", **options)

    return connect


@table(
    "place, client, proto",
    ("over TCP", "listen", "127.0.0.1", "http"),
    ("over IPv6", "listen6", "::1", "http"),
    ("over a Unix socket", "unix", None, "http"),
)
def test_it_serves(gateway, place, client, proto):
    if place == "listen6" and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    answer = gateway.get("/one", place=place)
    assert answer.status == 200
    request = gateway["alpha"].requests("/one")[-1]
    assert request["x-forwarded-proto"] == proto
    if client:
        assert request["x-forwarded-for"] == client


def test_it_serves_over_tls_and_says_so(gateway, secure):
    with secure() as client:
        assert client.get("/one").status == 200
        assert client.get("/one").status == 200, "and keeps the connection"
    assert gateway["alpha"].requests("/one")[-1]["x-forwarded-proto"] == "https"


def test_tls_serves_pipelined_requests_in_small_records(secure):
    with secure() as client:
        for byte in b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n" * 2:
            client.send(bytes([byte]))
        assert [client.answer().status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls_version(gateway, authority, version):
    context = authority.client()
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with Client(gateway.places["listen_tls"], tls=context, server_name="front.test") as client:
        assert client.get("/one").status == 200


def test_plain_text_on_the_tls_port_is_closed_without_a_hang(gateway):
    with Client(gateway.places["listen_tls"]) as client:
        client.ask("/one")
        assert b" 200 " not in client.rest(timeout=5)


def test_tls_on_the_plain_port_is_refused_without_a_hang(gateway, authority):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(gateway.address, tls=authority.client(), server_name="front.test")


def test_a_handshake_that_never_ends_is_ended(gateway):
    with Client(gateway.places["listen_tls"]) as client:
        assert client.is_closed(timeout=5)


def test_a_handshake_that_is_garbage_disturbs_nobody(gateway, secure):
    with secure() as good:
        assert good.get("/one").status == 200
        with Client(gateway.places["listen_tls"]) as bad:
            bad.send(b"\x16\x03\x01\x00\x05hello" + os.urandom(64))
            bad.rest(timeout=5)
        assert good.get("/one").status == 200


def test_a_tls_client_that_vanishes_cancels_its_calls(gateway, secure):
    gateway["alpha"].on("/one", silent())
    n = len(gateway["alpha"].requests("/one"))
    client = secure().ask("/one")
    came = gateway["alpha"].wait_requests("/one", n + 1)[-1]
    client.close()
    closed = came.connection.closed.wait(5)
    del gateway["alpha"].behaviours["/one"]
    assert closed


def test_two_tcp_addresses_serve_the_same(start):
    gateway = start("listen: [@listen@, @listen2@]\n" + CONFIG[CONFIG.index("services:"):])
    assert gateway.get("/one").json() == gateway.get("/one", place="listen2").json()


def test_a_name_of_a_port_of_all_interfaces(start):
    place = f"0.0.0.0:{free_port()}"
    gateway = start("listen: @any@\n" + CONFIG[CONFIG.index("services:"):], any=place)
    wait_for(lambda: _answers(place.replace("0.0.0.0", "127.0.0.1")))
    assert gateway.process.poll() is None


def _answers(address):
    try:
        with Client(address) as client:
            return client.get("/one").status == 200
    except ConnectionRefusedError:
        time.sleep(0.01)
        return False


UNIX = """
listen: @unix@
services:
  alpha: http://@alpha@
endpoints:
  - path: /one
    sources:
      one: {get: "alpha:/one"}
"""


def expect_refusal(folder, place):
    """Another gateway cannot listen there, and says so."""
    config = folder / "other.yaml"
    config.write_text(UNIX.replace("@unix@", f"unix:{place}").replace("@alpha@", "127.0.0.1:1"))
    ended = run("run", "-c", config)
    assert ended.returncode == 1 and "in use" in ended.stderr


def test_another_gateway_leaves_the_socket_of_the_first_alone(start, tmp_path):
    place = tmp_path / "socket"
    first = start(UNIX, unix=f"unix:{place}")
    wait_for(place.exists)
    expect_refusal(tmp_path, place)
    assert first.get("/one", place="unix").status == 200


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    place = tmp_path / "notes"
    place.write_text("mine")
    expect_refusal(tmp_path, place)
    assert place.read_text() == "mine"
