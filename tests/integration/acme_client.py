"""A minimal ACME client that is not ours: what a customer's application might run behind HAProxy.

Python's standard library has no signatures: openssl makes them. One name, http-01, no comfort.
"""

import base64
import json
import pathlib
import re
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


class Client:
    def __init__(self, directory, ca_file):
        self.folder = tempfile.TemporaryDirectory()
        self.context = ssl.create_default_context(cafile=ca_file)
        self.key = str(pathlib.Path(self.folder.name) / "account.pem")
        openssl("genrsa", "-out", self.key, "2048")
        self.jwk = self.public_key()
        self.directory = json.loads(self.request(directory)[2])
        self.nonce = None
        self.kid = None

    def public_key(self):
        modulus = openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().split("=")[1].strip()
        return {"e": "AQAB", "kty": "RSA", "n": b64(bytes.fromhex(modulus))}

    def request(self, url, body=None):
        headers = {"Content-Type": "application/jose+json"} if body else {}
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=20) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def post(self, url, payload):
        """Signs and posts, again and again while the nonce is refused."""
        for _ in range(30):
            if not self.nonce:
                self.nonce = self.request(self.directory["newNonce"])[1]["Replay-Nonce"]
            header = {"alg": "RS256", "nonce": self.nonce, "url": url}
            header.update({"kid": self.kid} if self.kid else {"jwk": self.jwk})
            protected = b64(json.dumps(header).encode())
            body = "" if payload is None else b64(json.dumps(payload).encode())
            signature = b64(openssl("dgst", "-sha256", "-sign", self.key, stdin=f"{protected}.{body}".encode()))
            jws = json.dumps({"protected": protected, "payload": body, "signature": signature}).encode()
            status, headers, reply = self.request(url, jws)
            self.nonce = headers.get("Replay-Nonce")
            if b"badNonce" not in reply:
                break
        if status >= 400:
            raise RuntimeError(f"{url}: {status} {reply.decode()}")
        return headers, reply

    def poll(self, url):
        for _ in range(200):
            state = json.loads(self.post(url, None)[1])
            if state["status"] not in ("pending", "processing"):
                return state
            time.sleep(0.05)
        raise RuntimeError(f"{url} stays {state['status']}")

    def issue(self, name, publish):
        """The certificate's PEM; `publish(token, key_authorization)` answers the challenge."""
        self.kid = self.post(self.directory["newAccount"], {"termsOfServiceAgreed": True})[0]["Location"]
        headers, body = self.post(self.directory["newOrder"], {"identifiers": [{"type": "dns", "value": name}]})
        order_url, order = headers["Location"], json.loads(body)
        thumbprint = b64(openssl("dgst", "-sha256", "-binary", stdin=json.dumps(
            self.jwk, separators=(",", ":"), sort_keys=True).encode()))
        for authorization_url in order["authorizations"]:
            authorization = json.loads(self.post(authorization_url, None)[1])
            challenge = next(c for c in authorization["challenges"] if c["type"] == "http-01")
            publish(challenge["token"], challenge["token"] + "." + thumbprint)
            self.post(challenge["url"], {})
            if self.poll(authorization_url)["status"] != "valid":
                raise RuntimeError(f"{name} was not validated")
        csr = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
                      "-subj", "/", "-addext", f"subjectAltName=DNS:{name}", "-outform", "DER")
        self.post(order["finalize"], {"csr": b64(csr)})
        done = self.poll(order_url)
        pem = self.post(done["certificate"], None)[1].decode()
        return re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.S).group()
