"""issuer.py - somebody who issues tokens: keys made by openssl, sets of them, tokens signed with them"""

import base64
import hashlib
import hmac
import json
import subprocess
import time

from behaviour import answer

ISSUER, AUDIENCE = "https://issuer.test", "shop"


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*words, data=None):
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Key:
    """A key pair in a file of the folder; `public` is it as a JSON Web Key."""

    def __init__(self, folder, kid, algorithm="ES256"):
        self.kid, self.algorithm = kid, algorithm
        self.file = folder / f"{kid}.pem"
        made = {
            "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "PS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "EdDSA": ["ED25519"],
        }[algorithm]
        _openssl("genpkey", "-out", self.file, "-algorithm", *made)
        self.public = {"kid": kid, "use": "sig", **self._numbers()}

    def _numbers(self):
        der = _openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        if self.algorithm == "ES256":
            x, y = der[-64:-32], der[-32:]
            return {"kty": "EC", "crv": "P-256", "x": url64(x), "y": url64(y)}
        if self.algorithm == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": url64(der[-32:])}
        text = _openssl("rsa", "-in", self.file, "-noout", "-modulus").decode()
        modulus = bytes.fromhex(text.strip().partition("=")[2])
        return {"kty": "RSA", "n": url64(modulus), "e": "AQAB"}

    def sign(self, data):
        if self.algorithm == "EdDSA":
            return self._sign_whole(data)
        options = []
        if self.algorithm == "PS256":
            options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"]
        made = _openssl("dgst", "-sha256", *options, "-sign", self.file, data=data)
        return _plain(made) if self.algorithm == "ES256" else made

    def _sign_whole(self, data):
        source = self.file.with_suffix(".data")
        source.write_bytes(data)
        return _openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", source)


class Secret:
    """A secret that both sides know."""

    algorithm = "HS256"

    def __init__(self, kid, value=b"0123456789abcdef0123456789abcdef"):
        self.kid, self.value = kid, value
        self.public = {"kid": kid, "kty": "oct", "k": url64(value)}

    def sign(self, data):
        return hmac.new(self.value, data, hashlib.sha256).digest()


def _plain(der):
    """The two numbers of an ECDSA signature, 32 bytes each."""
    at, both = 2, b""
    for _ in range(2):
        n = der[at + 1]
        both += der[at + 2 : at + 2 + n].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + n
    return both


def keys_of(*keys):
    return {"keys": [key.public for key in keys]}


def serves(*keys, fields=()):
    """The behaviour of a URL that has these keys."""
    return answer(keys_of(*keys), fields=fields)


def claims(**more):
    """Good ones; a claim that is None is left out."""
    now = int(time.time())
    every = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 600, "iat": now, **more}
    return {name: value for name, value in every.items() if value is not None}


def token(key, header=None, **more):
    """Signed by the key; `header` joins or replaces what its head says."""
    head = {"alg": key.algorithm, "typ": "JWT", "kid": key.kid, **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    data = f"{url64(json.dumps(head).encode())}.{url64(json.dumps(claims(**more)).encode())}"
    return f"{data}.{url64(key.sign(data.encode()))}"


def bearer(text):
    return [("Authorization", f"Bearer {text}")]
