"""A certificate authority of one run, so that the proxy can see which addresses are fetched through TLS.

It is made by the program openssl, lives for one run in a directory that the notebook does not see, and is known to
that notebook alone. It signs for the hosts that the run may reach, each when it is first asked for.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

_DAYS: Final = "2"
_TIMEOUT_S: Final = 20
# A wildcard has no end of names, and each certificate costs a process of ours.
_MOST_HOSTS: Final = 200
_EC: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256")
_CONFIGURATION: Final = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = Reprise, for one run
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
_HOST: Final = """\
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:{host}
"""


class AuthorityError(Exception):
    """No certificates can be made on this machine; the message says why."""


class RunAuthority:
    """Makes the run's certificates. `remove` it when the run is over."""

    def __init__(self) -> None:
        program = shutil.which("openssl")
        if program is None:
            raise AuthorityError("the program openssl, which makes the certificates of the proxy, is not installed")
        self._program = program
        self._directory = Path(tempfile.mkdtemp(prefix="ra-"))
        self._lock = threading.Lock()
        self._serials: dict[str, int] = {}
        self._write("openssl.cnf", _CONFIGURATION)
        common = (*_EC, "-config", "openssl.cnf")
        try:
            self._run("req", "-x509", "-days", _DAYS, "-extensions", "authority", *common, *_into("ca.key", "ca.pem"))
            self._run("req", "-new", *common, *_into("host.key", "host.csr"))
        except AuthorityError:
            self.remove()
            raise

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, as PEM."""
        return (self._directory / "ca.pem").read_bytes()

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return what answers TLS as `host`, which must be a checked name. Raises AuthorityError."""
        with self._lock:
            serial = self._serials.get(host)
            if serial is None:
                if len(self._serials) >= _MOST_HOSTS:
                    raise AuthorityError(f"a run may reach {_MOST_HOSTS} hosts by TLS")
                serial = len(self._serials) + 1
                self._sign(host, serial)
                self._serials[host] = serial
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._directory / f"{serial}.pem", self._directory / "host.key")
        context.set_alpn_protocols(["http/1.1"])
        return context

    def remove(self) -> None:
        """Forget all keys."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _sign(self, host: str, serial: int) -> None:
        self._write(f"{serial}.cnf", _HOST.format(host=host))
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", str(serial + 1), "-days", _DAYS, "-sha256")
        paths = ("-in", "host.csr", "-extfile", f"{serial}.cnf", "-out", f"{serial}.pem")
        self._run("x509", "-req", *signer, *paths)

    def _write(self, name: str, text: str) -> None:
        (self._directory / name).write_text(text, encoding="ascii")

    def _run(self, *arguments: str) -> None:
        variables = {"PATH": "/usr/bin:/bin", "HOME": str(self._directory), "OPENSSL_CONF": "openssl.cnf"}
        try:
            done = subprocess.run(
                [self._program, *arguments],
                cwd=self._directory,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AuthorityError(f"openssl {arguments[0]} does not run: {error}") from error
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip()[-300:]
            raise AuthorityError(f"openssl {arguments[0]} ended with {done.returncode}: {words}")


def _into(key: str, certificate: str) -> tuple[str, ...]:
    return "-keyout", key, "-out", certificate
