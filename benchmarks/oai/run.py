"""Full harvests of 10,000, 100,000 and 1,000,000 records from PostgreSQL, by Reprise and by others.

    .venv/bin/python benchmarks/oai/run.py [--sizes 10000 100000 1000000] [--rounds 3] [--full-s 30]

See README.md beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("REPRISE_DATA", ROOT / "var")) / "benchmarks" / "oai"
sys.path.insert(0, str(ROOT))
from benchmarks.oai.records import load  # noqa: E402 - the project is not installed
from benchmarks.oai.servers import PAGE, PORT, SECRET, migrate, postgres, rival_python, serve  # noqa: E402
from catalog.exposure.oai.tokens import Place, write_token  # noqa: E402

SERVERS = ("reprise", "django-oai-pmh", "oaipmh")
TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")
# Tenths of the depth in the order in which they are tried: what takes too long is known by a few of them.
SPREAD = (9, 0, 5, 2, 7, 1, 8, 3, 6, 4)
FEWEST = 3
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Harvest:
    """What a harvest took: seconds of each page in order, processor seconds of the server, whether all was read."""

    pages_s: list[float]
    processor_s: float
    records: int
    is_full: bool

    def rate(self) -> float:
        """Return records a second."""
        return self.records / sum(self.pages_s)


def main() -> None:
    """Compare at every size, and print tables and the figures behind them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--full-s", type=float, default=30, help="harvests that would take longer are sampled")
    parser.add_argument("--servers", nargs="+", default=SERVERS)
    options = parser.parse_args()
    DATA.mkdir(parents=True, exist_ok=True)
    rivals = rival_python(DATA)
    with postgres(Path(f"/tmp/reprise-oai-{os.getpid()}")) as database:
        migrate(database, DATA, rivals)
        for size in options.sizes:
            begun = time.monotonic()
            load(database, size, with_rival="django-oai-pmh" in options.servers)
            print(f"# {size} records, loaded in {time.monotonic() - begun:.0f} s, load {os.getloadavg()}", flush=True)
            print(f"# bytes a record: {bytes_a_record(database, size)}", flush=True)
            found: dict[str, list[Harvest]] = {name: [] for name in options.servers}
            for number in range(options.rounds):
                order = options.servers if number % 2 == 0 else options.servers[::-1]
                for name in order:
                    found[name].append(measure(name, database, size, rivals, options.full_s))
                    print(json.dumps(_line(name, size, found[name][-1])), flush=True)
            report(found)


def measure(name: str, database: str, size: int, rivals: Path, full_s: float) -> Harvest:
    """Harvest everything from one server, or by pages at equal distances where that would take too long."""
    with serve(name, database, DATA, rivals) as process:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
        page(connection, {"metadataPrefix": "oai_dc"})  # what is only done once
        before = processor_s(process)
        taken: dict[int, tuple[float, int, str]] = {}
        for part in SPREAD:
            depth = PAGE * (size * part // (len(SPREAD) * PAGE))
            taken[depth] = page(connection, {"resumptionToken": token_at(name, database, depth)})
            if len(taken) >= FEWEST and sum(one[0] for one in taken.values()) > full_s:
                break
        if statistics.mean(one[0] for one in taken.values()) * size / PAGE > full_s:
            seconds = [taken[depth][0] for depth in sorted(taken)]
            records = sum(one[1] for one in taken.values())
            return Harvest(seconds, processor_s(process) - before, records, is_full=False)
        before = processor_s(process)
        pages_s, records, arguments = [], 0, {"metadataPrefix": "oai_dc"}
        while arguments:
            seconds, count, token = page(connection, arguments)
            pages_s.append(seconds)
            records += count
            arguments = {"resumptionToken": token} if token else {}
        if records != size:
            raise SystemExit(f"{name} gave {records} of {size} records")
        return Harvest(pages_s, processor_s(process) - before, records, is_full=True)


def bytes_a_record(database: str, size: int) -> dict[str, int]:
    """Return what our tables take on disk by record, with their indexes."""
    tables = ("catalog_exposedrecord", "catalog_exposedxml", "catalog_exposedmembership")
    with psycopg.connect(database) as connection:
        asked = "SELECT pg_total_relation_size(%s::regclass)"
        return {name: connection.execute(asked, (name,)).fetchone()[0] // size for name in tables}  # type: ignore[index]


def page(connection: http.client.HTTPConnection, arguments: dict[str, str]) -> tuple[float, int, str]:
    """Return the seconds of a page, how many records it has, and its token."""
    begun = time.perf_counter()
    connection.request("GET", f"/oai?{urlencode({'verb': 'ListRecords', **arguments})}")
    body = connection.getresponse().read()
    seconds = time.perf_counter() - begun
    token = TOKEN.search(body)
    return seconds, body.count(b"</record>"), html.unescape(token[1].decode()) if token else ""


def token_at(name: str, database: str, depth: int) -> str:
    """Return a token that leads to this depth, as the server itself would have given it."""
    if name == "oaipmh":
        return quote(urlencode({"metadataPrefix": "oai_dc", "cursor": str(depth)}))
    if name == "reprise":
        expires = int(time.time()) + 3600
        place = Place("ListRecords", "oai_dc", "", "", "", position=depth, given=depth, size=depth + 1, expires=expires)
        return write_token(place, hashlib.sha256(f"oai-pmh resumption {SECRET}".encode()).digest())
    token = f"depth-{depth}-{time.monotonic_ns()}"
    now = datetime.now(UTC)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO django_oai_pmh_resumptiontoken (created_at, updated_at, expiration_date, complete_list_size,"
            " cursor, token, metadata_prefix_id) VALUES (%s, %s, %s, 0, %s, %s, 1)",
            (now, now, now + timedelta(days=1), depth, token),
        )
    return token


def processor_s(process: subprocess.Popen[bytes]) -> float:
    """Return the processor seconds that a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def report(found: dict[str, list[Harvest]]) -> None:
    """Print the medians over the rounds, and how many times faster ours is, round by round."""
    print("\n| server | records/s | processor ms per record | page at 5 % | 50 % | 95 % | ours is faster by |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, harvests in found.items():
        rates = [harvest.rate() for harvest in harvests]
        ratios = [our.rate() / other.rate() for our, other in zip(found["reprise"], harvests, strict=True)]
        spent = statistics.median(1000 * one.processor_s / one.records for one in harvests)
        depths = [statistics.median(1000 * at(one.pages_s, part) for one in harvests) for part in (0.05, 0.5, 0.95)]
        how = "" if all(one.is_full for one in harvests) else ", sampled"
        pages = " | ".join(f"{depth:.0f} ms" for depth in depths)
        ratio = "" if name == "reprise" else f"{statistics.median(ratios):.1f}"
        print(f"| {name}{how} | {statistics.median(rates):.0f} | {spent:.3f} | {pages} | {ratio} |")
    print(flush=True)


def at(pages_s: list[float], part: float) -> float:
    """Return the median of the pages around a depth."""
    width = max(1, len(pages_s) // 20)
    begin = min(int(part * len(pages_s)), len(pages_s) - width)
    return statistics.median(pages_s[max(0, begin - width // 2) : begin + width])


def _line(name: str, size: int, harvest: Harvest) -> dict[str, object]:
    rate, spent = round(harvest.rate()), round(harvest.processor_s, 2)
    return {"server": name, "size": size, "records_per_s": rate, "processor_s": spent, "is_full": harvest.is_full}


if __name__ == "__main__":
    main()
