"""A provider that lies: all that oidc-provider would never answer, signed by keys of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT: Final = "reprise"
_KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER_KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Lies:
    """What is told otherwise than it should be; `raw` are whole answers, as status, headers and body, by path."""

    nonce: str = ""
    description: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    userinfo: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    signed: str = "RS256"
    raw: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    slow: str = ""


class _Server(ThreadingHTTPServer):
    lies: Lies
    daemon_threads = True

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answers(self) -> dict[str, dict[str, Any]]:
        issuer, lies = self.issuer, self.lies
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "userinfo_endpoint": f"{issuer}/userinfo",
                **lies.description,
            },
            "/keys": {"keys": [{**jwk, "kid": "one", "use": "sig", "alg": "RS256"}]},
            "/token": {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(), **lies.token},
            "/userinfo": {"sub": "nora", "preferred_username": "nora", **lies.userinfo},
        }

    def id_token(self) -> str:
        now, lies = int(time.time()), self.lies
        whole = {"iss": self.issuer, "sub": "nora", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": lies.nonce}
        claims = {name: value for name, value in {**whole, **lies.claims}.items() if name not in lies.without}
        public = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if lies.signed == "HS256":
            # PyJWT refuses a public key as a secret where it signs; an attacker does not.
            return jwt.api_jws.PyJWS().encode(
                json.dumps(claims).encode(), public.replace(b"-----", b""), algorithm="HS256", headers={"kid": "one"}
            )
        key = {"none": None, "another key": _OTHER_KEY}.get(lies.signed, _KEY)
        algorithm = "none" if lies.signed == "none" else "RS256"
        kid = "two" if lies.signed == "unknown key" else "one"
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})  # type: ignore[arg-type]  # none


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        status, headers, body = server.lies.raw.get(self.path, (200, {"Content-Type": "application/json"}, b""))
        if self.path not in server.lies.raw:
            body = json.dumps(server.answers()[self.path]).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == server.lies.slow:
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def forged_provider() -> Iterator[tuple[str, Lies]]:
    """Serve on this machine until the block ends; give the issuer and what it lies about."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.lies = Lies()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.issuer, server.lies
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)
