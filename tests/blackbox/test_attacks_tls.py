"""test_attacks_tls.py - faults and attacks on TLS, one row each, as in test_attacks.py"""

import os
import re
import ssl
import subprocess
import time

import pytest

from behaviour import answer, closing, head, raw
from cases import Attacks, fresh
from client import Client
from gateway import Gateway
from places import free_port
from service import Service

CONFIG = """
listen:
  - @listen@
  - address: @listen_tls@
    tls: {cert: @cert@, key: @key@}
workers: 1
bounds: {header_timeout: 400ms}
services:
  alpha: {targets: ["https://@alpha@"], tls: {ca: @ca@, server_name: service.test}}
  plain: {targets: ["https://@plain@"], tls: {ca: @ca@, server_name: service.test}}
  expired: {targets: ["https://@expired@"], tls: {ca: @ca@, server_name: service.test}}
  deep: {targets: ["https://@wild@"], tls: {ca: @ca@, server_name: a.b.wild.test}}
  stranger: {targets: ["https://@stranger@"], tls: {ca: @ca@, server_name: service.test}}
endpoints:
""" + "".join(
    f"  - {{path: \"/{name}/{{key}}\", sources: {{one: {{get: \"{name}:/{{key}}\"}}}}}}\n"
    for name in ("alpha", "plain", "expired", "deep", "stranger")
)

attack = Attacks()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, authority, stranger):
    cert, key = authority.issue("front-attacked", "DNS:front.test")
    contexts = {
        "alpha": authority.server("alpha"), "plain": None,
        "expired": authority.server("old", days=-1),
        "wild": authority.server("wilder", "DNS:*.wild.test"),
        "stranger": stranger.server("strange"),
    }
    services = {name: Service(name, context) for name, context in contexts.items()}
    with Gateway(CONFIG, tmp_path_factory.mktemp("tls"), cert=cert, key=key, ca=authority.ca,
                 listen_tls=f"127.0.0.1:{free_port()}", **services) as shared:
        yield shared
    for service in services.values():
        service.close()


def secure(gateway, authority, context=None):
    return Client(gateway.places["listen_tls"], tls=context or authority.client(),
                  server_name="front.test")


def s_client(gateway, *words, text=""):
    """What openssl's client says of the TLS listener."""
    command = ["openssl", "s_client", "-connect", gateway.places["listen_tls"], *words]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=10,
                          check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


@attack("G-132", "a handshake that never ends is ended")
def _(gateway):
    for data in (b"", b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        with Client(gateway.places["listen_tls"]) as client:
            began = time.monotonic()
            client.send(data)
            client.rest(5)
            assert time.monotonic() - began < 3


@attack("G-185", "bytes in the clear before the handshake are no answer")
def _(gateway):
    gateway["plain"].otherwise = answer({"evil": 1})
    got = gateway.get(f"/plain/{fresh()}")
    assert got.failures() == [("one", "unreachable")] and b"evil" not in got.body


@attack("G-186", "a service's certificate is checked: its name, its chain, its dates")
def _(gateway):
    assert gateway.get(f"/alpha/{fresh()}").is_complete()
    for name in ("expired", "deep", "stranger"):
        assert gateway.get(f"/{name}/{fresh()}").failures() == [("one", "unreachable")]
    assert gateway["expired"].requests() == gateway["stranger"].requests() == []


@attack("G-187", "an unknown protocol of ALPN is not chosen")
def _(gateway, authority):
    context = authority.client()
    context.set_alpn_protocols(["foo", "acme-tls/1"])
    try:
        with secure(gateway, authority, context) as client:
            assert client.socket.selected_alpn_protocol() is None
    except ssl.SSLError:
        pass


@attack("G-189", "odd server names do no harm")
def _(gateway):
    for name in ("a" * 250 + ".test", "x", "front.test."):
        s_client(gateway, "-servername", name)
    s_client(gateway, "-noservername")


@attack("G-190", "old versions and weak suites are refused")
def _(gateway):
    for version in ("-tls1", "-tls1_1"):
        told = s_client(gateway, version, "-cipher", "ALL:@SECLEVEL=0")
        assert "Cipher is (NONE)" in told, told
    for suite in ("RC4", "3DES", "aNULL", "eNULL", "EXPORT", "CAMELLIA"):
        told = s_client(gateway, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        assert "Cipher is (NONE)" in told or "no cipher match" in told, told


@attack("G-191", "a client does not renegotiate")
def _(gateway, authority):
    told = s_client(gateway, "-tls1_2", text="R\n")
    assert "RENEGOTIATING" in told and "no renegotiation" in told, told
    with secure(gateway, authority) as client:
        assert client.get(f"/alpha/{fresh()}").status == 200


@attack("G-192", "no early data is taken")
def _(gateway, tmp_path):
    session = tmp_path / "session"
    request = "GET /alpha/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    (tmp_path / "early").write_text(request.replace("/alpha/x", "/alpha/early"))
    told = s_client(gateway, "-tls1_3", "-ign_eof", "-sess_out", str(session), text=request)
    assert set(re.findall(r"Max Early Data: (\d+)", told)) == {"0"}, told
    if session.exists():
        s_client(gateway, "-tls1_3", "-sess_in", str(session), "-early_data",
                 str(tmp_path / "early"))
    assert gateway["alpha"].requests("/early") == []


@attack("G-195", "a certificate that is garbage is refused, and the old one stays")
def _(gateway, authority):
    cert = gateway.places["cert"]
    good = cert.read_bytes()
    try:
        cert.write_bytes(os.urandom(100))
        gateway.reload(CONFIG)
        time.sleep(0.2)
        with secure(gateway, authority) as client:
            assert client.get(f"/alpha/{fresh()}").status == 200
    finally:
        cert.write_bytes(good)


@attack("G-196", "plain text on the TLS port and TLS on the plain port end without a hang")
def _(gateway, authority):
    with Client(gateway.places["listen_tls"]) as client:
        assert b" 200 " not in client.ask("/alpha/x").rest(5)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(gateway.address, tls=authority.client(), server_name="front.test")


@attack("G-197", "a body to the end without close_notify is cut")
def _(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", closing(raw(head() + b'{"a":1}')))
    assert gateway.get(f"/alpha/{key}").failures() == [("one", "unreachable")]


@pytest.mark.parametrize("case", attack)
def test_an_attack(case, request, gateway):
    attack.run(case, request, gateway)
    assert gateway.get("/alpha/x").is_complete()
