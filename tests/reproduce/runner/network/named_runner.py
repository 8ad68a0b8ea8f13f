"""The runner program on a machine that knows the names of the tests: python named_runner.py NAMES_JSON BUNDLE."""

from __future__ import annotations

import json
import socket
import sys

from reproduce.runner.__main__ import main
from tests.reproduce.runner.network.servers import resolve_with

if __name__ == "__main__":
    socket.getaddrinfo = resolve_with(json.loads(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
