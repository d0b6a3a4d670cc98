"""test_client_certs.py - clients that show who they are by a certificate (docs/auth.md)"""

import re
import ssl
import subprocess

import pytest

from cases import fresh, table
from certificates import Authority
from client import Client
from gateway import Gateway, run, wait_for
from places import free_port
from talk import Talk

CONFIG = """
listen:
  - address: @listen_tls@
    tls: {cert: @cert@, key: @key@}
  - @listen@
workers: 2
auth:
  machines:
    client_cert:
      ca: @ca@
      subjects: ["CN=mobile,O=Shop", "CN=Käse\\\\, Wein", "DNS:batch.test", "URI:spiffe://shop/pay"]
  others: {client_cert: {ca: @other_ca@}}
  partner: {api_keys: {file: keys.yaml}}
services: {s: "http://@s@"}
endpoints:
  - {path: "/machines/{n}", auth: machines, sources: {one: {get: "s:/machines/{n}"}}}
  - {path: "/others/{n}", auth: others, sources: {one: {get: "s:/others/{n}"}}}
  - {path: "/both/{n}", auth: [machines, others], sources: {one: {get: "s:/both/{n}"}}}
  - {path: "/any/{n}", auth: [machines, partner], sources: {one: {get: "s:/any/{n}"}}}
  - {path: "/open/{n}", sources: {one: {get: "s:/open/{n}"}}}
  - path: /counted/{n}
    auth: machines
    rate_limit: {rate: 1/h, burst: 2, by: key}
    sources: {one: {get: "s:/counted/{n}"}}
  - {path: "/kept/{n}", auth: machines, cache: 60s, sources: {one: {get: "s:/kept/{n}"}}}
"""

MOBILE = "/O=Shop/CN=mobile"
RSA = ["-newkey", "rsa:1024", "-nodes"]


class Certificates:
    """What clients of the cases show, made once."""

    def __init__(self, folder, authority):
        self.front = authority
        self.ca, self.other = Authority(folder, "clients"), Authority(folder, "partners")
        self.middle = Authority(folder, "middle", under=self.ca)
        self.folder = folder
        issue, middle = self.ca.issue, self.middle
        self.by_name = {
            "mobile": issue("mobile", subject=MOBILE),
            "for clients": issue("forclients", subject=MOBILE, extra="extendedKeyUsage=clientAuth"),
            "cheese": issue("cheese", subject="/CN=Käse, Wein"),
            "batch": issue("batch", "DNS:other.test,DNS:BATCH.test"),
            "spiffe": issue("spiffe", "URI:spiffe://shop/pay"),
            "partner": self.other.issue("partner", subject="/O=Partner/CN=web"),
            "another": issue("another", subject="/O=Shop/CN=desktop"),
            "turned": issue("turned", subject="/CN=mobile/O=Shop"),
            "longer": issue("longer", subject="/O=Shop/OU=x/CN=mobile"),
            "in one": issue("inone", subject="/CN=mobile,O=Shop"),
            "upper": issue("upper", subject="/O=SHOP/CN=mobile"),
            "wild": issue("wild", "DNS:*.test"),
            "uri as dns": issue("uriasdns", "DNS:spiffe"),
            "uri upper": issue("uriupper", "URI:SPIFFE://shop/pay"),
            "mail": issue("mail", "email:batch.test"),
            "foreign": self.other.issue("foreign", subject=MOBILE),
            "expired": issue("expired", subject=MOBILE, days=0),
            "early": issue("early", subject=MOBILE, when="future"),
            "server": issue("server", subject=MOBILE, extra="extendedKeyUsage=serverAuth"),
            "weak": issue("weak", subject=MOBILE, new_key=RSA),
            "whole": self._chain(middle.issue("whole", subject=MOBILE), middle.ca),
            "alone": middle.issue("alone", subject=MOBILE),
            "self": self._self_signed(),
            "under a leaf": self._under_a_leaf(),
        }

    def _chain(self, pair, *above):
        pair[0].write_text("".join(part.read_text() for part in (pair[0], *above)))
        return pair

    def _self_signed(self):
        return Authority(self.folder, "selfmade").issue("selfsigned", subject=MOBILE)

    def _under_a_leaf(self):
        """Signed by a certificate that is no authority's."""
        leaf = Authority.__new__(Authority)
        leaf.folder, leaf.name = self.folder, "leaf"
        leaf.ca, _ = self.ca.issue("leaf")
        return self._chain(leaf.issue("underleaf", subject=MOBILE), leaf.ca)

    def context(self, name=None, version=None):
        context = self.front.client()
        context.check_hostname = False
        if name:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or it would not show a weak one
            context.load_cert_chain(*self.by_name[name])
        if version:
            context.maximum_version = version
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory, authority):
    return Certificates(tmp_path_factory.mktemp("certs"), authority)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, authority, certificates):
    cert, key = authority.issue("front-certs", "DNS:front.test")
    with Gateway(CONFIG, tmp_path_factory.mktemp("gateway"), {"keys.yaml": "acme: key\n"},
                 cert=cert, key=key, ca=certificates.ca.ca, other_ca=certificates.other.ca,
                 listen_tls=f"127.0.0.1:{free_port()}") as shared:
        yield shared


def connect(gateway, context):
    return Client(gateway.places["listen_tls"], tls=context, server_name="front.test")


def ask(gateway, certificates, name, target, fields=()):
    with connect(gateway, certificates.context(name)) as client:
        return client.get(target, fields=fields)


def refused(got):
    got.problem(401)
    assert got["www-authenticate"] == 'ClientCertificate realm="sheaf"'
    return got.json()["detail"]


@pytest.mark.essential
@table(
    "name,identity",
    ("the subject of the list", "mobile", "CN=mobile,O=Shop"),
    ("a purpose that is clients'", "for clients", "CN=mobile,O=Shop"),
    ("a subject in UTF-8, with a comma in it", "cheese", "CN=Käse\\, Wein"),
    ("a host name, in any case", "batch", "DNS:batch.test"),
    ("a URI", "spiffe", "URI:spiffe://shop/pay"),
    ("an authority between, which the client brings", "whole", "CN=mobile,O=Shop"),
)
def test_one_who_is_named_may_ask(gateway, certificates, name, identity):
    mark = fresh("r")
    got = ask(gateway, certificates, name, f"/machines/{mark}", [("X-Request-Id", mark)])
    assert got.status == 200, got.body
    line = gateway.log_line(mark)
    assert (line["policy"], line["identity"]) == ("machines", identity)


def test_what_a_websocket_asks_has_the_certificate_of_its_handshake(gateway, certificates):
    n = fresh()
    with Talk(gateway.places["listen_tls"], f"/machines/{n}", tls=certificates.context("mobile"),
              server_name="front.test") as talk:
        assert [said["event"] for said in talk.answer()] == ["initial", "part", "done"]
        asked = talk.send({"id": 1, "params": {"n": fresh()}}).answer()
        assert [said["event"] for said in asked] == ["initial", "part", "done"]


def test_who_is_named_is_one_caller_whichever_certificate_is_shown(gateway, certificates):
    names = ["mobile", "for clients", "mobile", "batch"]
    statuses = [ask(gateway, certificates, name, f"/counted/{fresh()}").status for name in names]
    assert statuses == [200, 200, 429, 200]


@table(
    "name",
    ("another subject", "another"),
    ("the same names in another order", "turned"),
    ("a name more", "longer"),
    ("both names in one", "in one"),
    ("letters of another case", "upper"),
    ("a wildcard", "wild"),
    ("a host name for a URI", "uri as dns"),
    ("a URI in letters of another case", "uri upper"),
    ("a mail address for a host name", "mail"),
    ("the subject, by another policy's authority", "foreign"),
    ("a certificate that has expired", "expired"),
    ("one that is not good yet", "early"),
    ("one for servers", "server"),
    ("a weak key", "weak"),
    ("one whose authority is missing between", "alone"),
    ("one that nobody else has signed", "self"),
    ("one that is signed by no authority", "under a leaf"),
)
def test_any_other_is_401_and_asks_what_is_open(gateway, certificates, name):
    with connect(gateway, certificates.context(name)) as client:
        assert refused(client.get(f"/machines/{fresh()}")) == "the credentials are not good"
        assert client.get(f"/open/{fresh()}").status == 200
        assert refused(client.get(f"/machines/{fresh()}")) == "the credentials are not good"


def test_no_certificate_is_401_and_asks_what_is_open(gateway, certificates):
    with connect(gateway, certificates.context()) as client:
        assert refused(client.get(f"/machines/{fresh()}")) == "credentials are missing"
        assert client.get(f"/open/{fresh()}").status == 200


def test_in_the_clear_nobody_has_a_certificate(gateway):
    assert refused(gateway.get(f"/machines/{fresh()}")) == "credentials are missing"
    for name in ("X-Forwarded-Client-Cert", "X-SSL-Client-S-DN", "Client-Cert"):
        got = gateway.get(f"/machines/{fresh()}", fields=[(name, "CN=mobile,O=Shop")])
        assert refused(got) == "credentials are missing"


def test_each_policy_trusts_its_own(gateway, certificates):
    """On one connection, in turn: whom one policy trusts is nothing to another."""
    with connect(gateway, certificates.context("partner")) as client:
        for _ in range(3):
            assert client.get(f"/others/{fresh()}").status == 200
            assert client.get(f"/machines/{fresh()}").status == 401
            assert client.get(f"/both/{fresh()}").status == 200
    with connect(gateway, certificates.context("mobile")) as client:
        for _ in range(3):
            assert client.get(f"/others/{fresh()}").status == 401
            assert client.get(f"/machines/{fresh()}").status == 200
            assert client.get(f"/both/{fresh()}").status == 200


def test_without_subjects_all_of_the_authority_may_ask(gateway, certificates):
    mark = fresh("r")
    got = ask(gateway, certificates, "partner", f"/others/{mark}", [("X-Request-Id", mark)])
    assert got.status == 200
    assert gateway.log_line(mark)["identity"] == "CN=web,O=Partner"


def test_another_policy_will_do(gateway, certificates):
    key = [("X-Api-Key", "key")]
    for name in (None, "foreign", "expired"):
        assert ask(gateway, certificates, name, f"/any/{fresh()}", key).status == 200
    assert ask(gateway, certificates, "mobile", f"/any/{fresh()}").status == 200
    got = ask(gateway, certificates, None, f"/any/{fresh()}")
    assert len(got.all("www-authenticate")) == 2


def test_a_kept_answer_is_for_those_who_may_ask(gateway, certificates):
    target = f"/kept/{fresh()}"
    assert ask(gateway, certificates, "mobile", target).status == 200
    got = ask(gateway, certificates, "mobile", target)
    assert "hit" in got["cache-status"] and "private" in got["cache-control"]
    assert ask(gateway, certificates, None, target).status == 401


def test_services_hear_nothing_of_it(gateway, certificates):
    ask(gateway, certificates, "mobile", f"/machines/{fresh()}")
    said = str(gateway["s"].requests()[-1].__dict__)
    assert "mobile" not in said and "ertificate" not in said


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_again_proves_again(gateway, certificates, version):
    """A session with a certificate is not resumed: what it was signed by is not in a ticket."""
    context = certificates.context("whole", version)
    session = None
    for _ in range(3):
        with _again(gateway, context, session) as client:
            assert client.get(f"/machines/{fresh()}").status == 200
            assert not client.socket.session_reused
            session = client.socket.session


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_without_a_certificate_is_resumed(gateway, certificates, version):
    context = certificates.context(None, version)
    with _again(gateway, context, None) as client:
        assert client.get(f"/open/{fresh()}").status == 200
        session = client.socket.session
    with _again(gateway, context, session) as client:
        assert client.get(f"/open/{fresh()}").status == 200
        assert client.socket.session_reused
        assert client.get(f"/machines/{fresh()}").status == 401


def _again(gateway, context, session):
    client = Client(gateway.places["listen_tls"])
    client.socket = context.wrap_socket(client.socket, server_hostname="front.test",
                                        session=session)
    return client


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_ticket_that_was_taken_away_proves_nothing(gateway, certificates, tmp_path, version):
    """Somebody has the session of a client, and not its key."""
    cert, key = certificates.by_name["mobile"]
    session = tmp_path / "session"
    first = s_client(gateway, version, "-cert", cert, "-key", key, "-sess_out", session)
    assert " 200 " in first and session.exists()
    assert " 401 " in s_client(gateway, version, "-sess_in", session)


def s_client(gateway, *words):
    text = f"GET /machines/{fresh()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    command = ["openssl", "s_client", "-connect", gateway.places["listen_tls"], "-ign_eof"]
    done = subprocess.run([*command, *map(str, words)], input=text.encode(), capture_output=True,
                          timeout=20, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def test_a_reload_judges_open_connections_anew(start, authority, certificates):
    cert, key = authority.issue("front-reload", "DNS:front.test")
    gateway = start(CONFIG, files={"keys.yaml": "acme: key\n"}, cert=cert, key=key,
                    ca=certificates.ca.ca, other_ca=certificates.other.ca,
                    listen_tls=f"127.0.0.1:{free_port()}")
    with connect(gateway, certificates.context("partner")) as client:
        assert client.get(f"/others/{fresh()}").status == 200
        gateway.reload(CONFIG.replace("others: {client_cert: {ca: @other_ca@}}",
                                      "others: {client_cert: {ca: @ca@}}"))
        wait_for(lambda: client.get(f"/others/{fresh()}").status == 401)


def test_a_file_without_certificates_is_told(tmp_path, authority):
    cert, key = authority.issue("front-check", "DNS:front.test")
    text = CONFIG.replace("@listen_tls@", "127.0.0.1:8443").replace("@listen@", "127.0.0.1:8080")
    text = text.replace("@cert@", str(cert)).replace("@key@", str(key)).replace("@s@", "127.0.0.1:1")
    (tmp_path / "keys.yaml").write_text("acme: key\n")
    (tmp_path / "sheaf.yaml").write_text(text.replace("@ca@", str(key))
                                         .replace("@other_ca@", "absent.pem"))
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 2
    for line, file in ((10, str(key)), (12, "absent.pem")):
        assert re.search(rf"sheaf\.yaml:{line}:\d+: error: {re.escape(file[:40])}.*; give", done.stderr)
        assert any(file in shown for shown in done.stderr.splitlines()[1::3])
