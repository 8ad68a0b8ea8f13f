"""The accounts and names that every confined kernel sees, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ACCOUNTS: Final = {
    "passwd": "root:x:0:0:root:/:/bin/false\nreprise:x:1000:1000:reprise:/home/repro:/bin/sh\n",
    "group": "root:x:0:\nreprise:x:1000:\n",
    "hosts": "127.0.0.1 localhost reprise\n::1 localhost\n",
}


def write_accounts(folder: Path) -> list[Path]:
    """Write them as files of /etc into the folder, readable to all; return their paths."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, text in ACCOUNTS.items():
        path = folder / name
        path.write_text(text, encoding="ascii")
        path.chmod(0o644)
        paths.append(path)
    return paths
