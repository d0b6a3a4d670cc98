"""certificates.py - an authority and certificates of its own, made by openssl when the tests run"""

import ssl
import subprocess
from pathlib import Path

_CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
_DATES = {"past": ("20200101000000Z", "20200102000000Z"),
          "future": ("20900101000000Z", "20910101000000Z")}


class Authority:
    """Signs certificates into a folder; `ca` is the file that trusts them. One that is `under`
    another is an intermediate one, whose certificate that has signed."""

    def __init__(self, folder, name="ca", under=None):
        self.folder, self.name = Path(folder), name
        self.ca = self.folder / f"{name}.pem"
        if under:
            cert, key = under.issue(name, constraints="CA:TRUE")
            key.rename(self._file("key"))
            assert cert == self.ca
            return
        _openssl("req", "-x509", *_CURVE, "-keyout", self._file("key"), "-out", self.ca,
                 "-days", "30", "-subj", f"/CN={name}",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _file(self, kind):
        return self.folder / f"{self.name}.{kind}"

    def issue(self, name, alternatives="DNS:service.test", days=30, subject=None, extra="",
              constraints="CA:FALSE", new_key=_CURVE, when=None):
        """A certificate and its key, as paths; with no days left, or `when` it was in the past, one
        that has expired, and of the future one that is not good yet."""
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        wish, file = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        file.write_text(f"subjectAltName={alternatives}\nbasicConstraints={constraints}\n"
                        f"authorityKeyIdentifier=keyid\n{extra}\n")
        _openssl("req", "-new", "-utf8", *new_key, "-keyout", key, "-out", wish,
                 "-subj", subject or f"/CN={name}")
        if days <= 0 or when:
            self._sign_dated(wish, file, cert, *_DATES[when or "past"])
        else:
            _openssl("x509", "-req", "-in", wish, "-CA", self.ca, "-CAkey", self._file("key"),
                     "-CAcreateserial", "-days", days, "-extfile", file, "-out", cert)
        return cert, key

    def _sign_dated(self, wish, extra, cert, begin, end):
        """By `openssl ca`, the one way to date a certificate back that OpenSSL 3.0 and 3.5 know."""
        index, config = self._file("index"), self._file("config")
        index.write_text("")
        self._file("serial").write_text("01\n")
        config.write_text("[ca]\ndefault_ca=it\n[it]\ndefault_md=sha256\npolicy=any\n"
                          f"database={index}\nserial={self._file('serial')}\n"
                          f"new_certs_dir={self.folder}\n"
                          "[any]\ncommonName=supplied\norganizationName=optional\n")
        _openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.ca,
                 "-keyfile", self._file("key"), "-in", wish, "-extfile", extra, "-out", cert,
                 "-startdate", begin, "-enddate", end)

    def server(self, name, alternatives="DNS:service.test", days=30, client_ca=None):
        """A context for a service with such a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, alternatives, days))
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        return context

    def client(self):
        """A context for a client that trusts this authority."""
        return ssl.create_default_context(cafile=str(self.ca))


def _openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
