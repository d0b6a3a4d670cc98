"""test_tls.py - services over TLS: who is trusted, and what breaks (CONTRACT 3.8)"""

import socket
import ssl

import pytest

from behaviour import answer, chunked, closing, drip, head, raw
from cases import fresh, table
from gateway import Gateway
from service import Service

CONFIG = """
listen: @listen@
workers: 1
services:
  named: {targets: ["https://@named@"], tls: {ca: ca.pem, server_name: service.test}}
  by_host: {targets: ["https://localhost:@port@"], tls: {ca: ca.pem}}
  by_address: {targets: ["https://@by_address@"], tls: {ca: ca.pem}}
  wrong_name: {targets: ["https://@named@"], tls: {ca: ca.pem, server_name: other.test}}
  wrong_ca: {targets: ["https://@named@"], tls: {ca: stranger.pem, server_name: service.test}}
  no_ca: {targets: ["https://@named@"], tls: {server_name: service.test}}
  unnamed: {targets: ["https://@named@"], tls: {ca: ca.pem}}
  expired: {targets: ["https://@expired@"], tls: {ca: ca.pem, server_name: service.test}}
  self_made: {targets: ["https://@self_made@"], tls: {ca: ca.pem, server_name: service.test}}
  wildcard: {targets: ["https://@wildcard@"], tls: {ca: ca.pem, server_name: a.wild.test}}
  wild_deep: {targets: ["https://@wildcard@"], tls: {ca: ca.pem, server_name: a.b.wild.test}}
  plain: {targets: ["https://@plain@"], tls: {ca: ca.pem}}
  to_plain: {targets: ["http://@named@"]}
  mutual:
    targets: ["https://@mutual@"]
    tls: {ca: ca.pem, server_name: service.test, cert: client.pem, key: client.key}
  mutual_without: {targets: ["https://@mutual@"], tls: {ca: ca.pem, server_name: service.test}}
endpoints:
"""
NAMES = ["named", "by_host", "by_address", "wrong_name", "wrong_ca", "no_ca", "unnamed", "expired",
         "self_made", "wildcard", "wild_deep", "plain", "to_plain", "mutual", "mutual_without"]
CONFIG += "".join(
    f"  - {{path: \"/{name}/{{key}}\", sources: {{one: {{get: \"{name}:/{{key}}\"}}}}}}\n"
    for name in NAMES
)

# The first service alone.
ALONE = CONFIG[:CONFIG.index("  by_host")] + """\
endpoints:
  - {path: /x, sources: {one: {get: "named:/x"}}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, authority, stranger):
    folder = tmp_path_factory.mktemp("tls")
    files = {"ca.pem": authority.ca, "stranger.pem": stranger.ca}
    files["client.pem"], files["client.key"] = authority.issue("client")
    contexts = {
        "named": authority.server("named", "DNS:service.test,DNS:localhost"),
        "by_address": authority.server("address", "IP:127.0.0.1"),
        "expired": authority.server("expired", days=0),
        "self_made": stranger.server("self"),
        "wildcard": authority.server("wild", "DNS:*.wild.test"),
        "mutual": authority.server("mutual", client_ca=authority.ca),
        "plain": None,
    }
    services = {name: Service(name, tls) for name, tls in contexts.items()}
    with Gateway(CONFIG, folder, files={n: p.read_text() for n, p in files.items()},
                 port=services["named"].port, **services) as shared:
        yield shared
    for service in services.values():
        service.close()


@table(
    "name",
    ("a certificate for the name that is given", "named"),
    ("a certificate for the target's host", "by_host"),
    ("a certificate for the target's address", "by_address"),
    ("a wildcard for one label", "wildcard"),
    ("a service that asks for a certificate, and has it", "mutual"),
)
def test_trusted(gateway, name):
    got = gateway.get(f"/{name}/x")
    assert got.failures() == [] and got.is_complete()


@table(
    "name",
    ("a certificate for another name", "wrong_name"),
    ("a certificate of another authority", "wrong_ca"),
    ("an authority that the system does not trust", "no_ca"),
    ("a certificate for a name where an address is asked", "unnamed"),
    ("a certificate that has expired", "expired"),
    ("a certificate that an unknown authority made", "self_made"),
    ("a wildcard for two labels", "wild_deep"),
    ("a service that asks for a certificate, and has none", "mutual_without"),
)
def test_not_trusted_is_unreachable(gateway, name):
    before = len(gateway["named"].requests())
    got = gateway.get(f"/{name}/secret")
    assert got.failures() == [("one", "unreachable")]
    assert len(gateway["named"].requests()) == before, "not a byte of the request is told"
    assert b"certificate" not in got.body and b"SSL" not in got.body


def test_plain_text_from_a_tls_target_is_unreachable(gateway):
    gateway["plain"].otherwise = answer({"evil": 1})
    got = gateway.get("/plain/x")
    assert got.failures() == [("one", "unreachable")] and b"evil" not in got.body


def test_bytes_in_the_clear_before_the_handshake_are_no_answer(start, authority):
    """A service (or somebody between) that answers before TLS is up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = "127.0.0.1:%d" % listening.getsockname()[1]
        gateway = start(ALONE, files={"ca.pem": authority.ca.read_text()}, named=place)
        with gateway.client() as client:
            client.ask("/x")
            stream, _ = listening.accept()
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"evil\":1}")
            got = client.answer()
            stream.close()
        assert got.failures() == [("one", "unreachable")] and b"evil" not in got.body


def test_tls_where_plain_text_is_asked_is_a_failure(gateway):
    (failure,) = gateway.get("/to_plain/x").failures()
    assert failure[1] in ("invalid", "unreachable")


BODY = b'{"a":[1,2,3]}'


@table(
    "behaviour, body",
    ("by its length", answer(BODY), BODY),
    ("in chunks", chunked([BODY[:3], BODY[3:]]), BODY),
    ("in records of a byte", drip(head(length=len(BODY)) + BODY), BODY),
    ("larger than a record", answer(b'"' + b"a" * 200_000 + b'"'), b'"' + b"a" * 200_000 + b'"'),
    ("of megabytes", answer(b'"' + b"a" * 4_000_000 + b'"'), b'"' + b"a" * 4_000_000 + b'"'),
)
def test_an_answer(gateway, behaviour, body):
    key = fresh()
    gateway["named"].on(f"/{key}", behaviour)
    assert body in gateway.get(f"/named/{key}").body


def ends_well(connection, request):
    raw(head() + BODY)(connection, request)
    try:
        connection.stream.unwrap()
    except (OSError, ssl.SSLError):
        pass
    return False


def test_a_body_to_the_end_ends_with_close_notify(gateway):
    key = fresh()
    gateway["named"].on(f"/{key}", ends_well)
    assert BODY in gateway.get(f"/named/{key}").body


def test_one_that_is_cut_without_it_is_no_answer(gateway):
    key = fresh()
    gateway["named"].on(f"/{key}", closing(raw(head() + BODY)))
    assert gateway.get(f"/named/{key}").failures() == [("one", "unreachable")]


def test_connections_are_kept(gateway):
    keys = [fresh() for _ in range(5)]
    for key in keys:
        assert gateway.get(f"/by_address/{key}").is_complete()
    assert len({gateway["by_address"].only(f"/{key}").connection.number for key in keys}) == 1


def test_the_name_is_told_and_the_host_is_the_targets(start, authority):
    told = []
    context = authority.server("sni")
    context.sni_callback = lambda stream, name, _: told.append(name)
    with Service("named", context) as named:
        gateway = start(ALONE, files={"ca.pem": authority.ca.read_text()}, named=named)
        assert gateway.get("/x").is_complete()
        assert told == ["service.test"]
        assert named.only("/x")["host"] == named.address


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_version(start, authority, version):
    context = authority.server(f"v{version}")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with Service("named", context) as named:
        gateway = start(ALONE, files={"ca.pem": authority.ca.read_text()}, named=named)
        for _ in range(3):
            assert gateway.get("/x").is_complete()
