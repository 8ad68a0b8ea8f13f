"""The records that all servers serve: of the size of real ones, and the same in the tables of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg
from lxml import etree

from catalog.exposure import oai_dc
from catalog.exposure.harvested import formats_of
from catalog.exposure.oai.written import write_forms
from catalog.exposure.record import Identifier, Organisation, Person, Record, Relation, Site, Subject
from catalog.exposure.sets import sets_of, with_those_above
from catalog.exposure.stored import write_record

DOMAIN = "reprise.example.org"
SITE = Site("Reprise", f"https://{DOMAIN}", DOMAIN, "data@example.org")
MARK = "0000000"
SEEN = datetime(2026, 1, 1, tzinfo=UTC)
_PANET = "http://purl.org/pan-science/PaNET/"
_ESS = Organisation("European Spallation Source", "https://ror.org/01wv9cn34")


def template() -> Record:
    """Return the record with MARK where the number of each stands."""
    return Record(
        key=f"publication/10.5072/paper.{MARK}",
        kind="publication",
        url=f"https://{DOMAIN}/doi/10.5072/paper.{MARK}",
        doi=f"10.5072/paper.{MARK}",
        title=f"Structure of colloidal silica spheres in solution, part {MARK}",
        resource_type="JournalArticle",
        created_at=SEEN,
        updated_at=SEEN,
        description="We measured the structure of silica spheres. " * 8,
        creators=tuple(
            Person(f"{name}, Olga", "Olga", name, "0000-0002-1825-0097", (_ESS,)) for name in ("Olsson", "Ito", "Weiß")
        ),
        publisher=Organisation("Journal of Examples"),
        published_on=date(2020, 5, 1),
        subjects=(Subject("colloids"), Subject("silica")),
        techniques=(Subject("small angle neutron scattering", f"{_PANET}PaNET01189"),),
        broader_techniques=(Subject("neutron scattering", f"{_PANET}PaNET01099"),),
        facility=_ESS,
        facility_slug="ess",
        relations=tuple(Relation("References", Identifier("DOI", f"10.5072/data.{part}")) for part in range(3)),
    )


def load(url: str, count: int, *, with_rival: bool) -> None:
    """Fill our tables, and those of django-oai-pmh where wanted, anew with so many records, in bulk."""
    record = template()
    with psycopg.connect(url, autocommit=True) as connection:
        # Millions of rows that are known to point at others are not looked up one by one.
        connection.execute("SET session_replication_role = replica")
        _load_ours(connection, record, count)
        if with_rival:
            _load_rival(connection, record, count)
        connection.execute("VACUUM ANALYZE")


def _load_ours(connection: psycopg.Connection, record: Record, count: int) -> None:
    body, sets, bits, forms = write_record(record), sets_of(record), formats_of(record), write_forms(record, SITE)
    size = max(len(text.encode()) for text in (body, *forms.values()))
    tables = ("membership", "xml", "record", "set", "counter")
    names = ", ".join(f"catalog_{'exposure' if name == 'counter' else 'exposed'}{name}" for name in tables)
    connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
    columns = (
        "key, position, datestamp, body, size_bytes, digest, fingerprint, is_deleted, specs, formats, formats_ever"
    )
    with connection.cursor().copy(f"COPY catalog_exposedrecord ({columns}) FROM STDIN") as copy:
        for number, text in _numbered(body, count):
            key = record.key.replace(MARK, f"{number:07}")
            digest = hashlib.sha256(text.encode()).hexdigest()
            copy.write_row((key, number + 1, SEEN, text, size, digest, "of now", False, " ".join(sets), bits, bits))
    connection.execute(
        "INSERT INTO catalog_exposedxml (record_id, bit, text)"
        " SELECT n + 1, form.bit, replace(form.text, %s, lpad(n::text, 7, '0')) FROM generate_series(0, %s) n"
        " CROSS JOIN LATERAL unnest(%s::int[], %s::text[]) AS form (bit, text)",
        (MARK, count - 1, list(forms), list(forms.values())),
    )
    for spec, name in with_those_above(sets).items():
        connection.execute("INSERT INTO catalog_exposedset (spec, name) VALUES (%s, %s)", (spec, name))
    connection.execute(
        "INSERT INTO catalog_exposedmembership (exposed_set_id, record_id, position, formats_ever)"
        " SELECT s.id, r.id, r.position, r.formats_ever FROM catalog_exposedset s, catalog_exposedrecord r"
        " ORDER BY s.id, r.position"
    )
    connection.execute("INSERT INTO catalog_exposurecounter VALUES (1, %s, %s)", (count, SEEN))


def _load_rival(connection: psycopg.Connection, record: Record, count: int) -> None:
    xml = etree.tostring(oai_dc.element(record, SITE), encoding="unicode")
    tables = ("header_sets", "header_metadata_formats", "xmlrecord", "dcrecord", "resumptiontoken", "header", "set")
    names = ", ".join(f"django_oai_pmh_{name}" for name in (*tables, "metadataformat"))
    connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
    now = f"'{SEEN.isoformat()}'"
    connection.execute(
        "INSERT INTO django_oai_pmh_metadataformat (created_at, updated_at, prefix, schema, namespace)"
        f" VALUES ({now}, {now}, 'oai_dc', %s, %s)",
        (oai_dc.SCHEMA, oai_dc.NAMESPACE),
    )
    for spec, name in sets_of(record).items():
        connection.execute(
            f"INSERT INTO django_oai_pmh_set (created_at, updated_at, spec, name) VALUES ({now}, {now}, %s, %s)",
            (spec, name),
        )
    identifier = f"oai:{DOMAIN}:{record.key}".replace(MARK, "")
    connection.execute(
        "INSERT INTO django_oai_pmh_header (created_at, updated_at, identifier, timestamp, deleted)"
        f" SELECT {now}, {now}, %s || lpad(n::text, 7, '0'), {now}, false FROM generate_series(0, %s) n",
        (identifier, count - 1),
    )
    for table, other in (("sets", "set"), ("metadata_formats", "metadataformat")):
        connection.execute(
            f"INSERT INTO django_oai_pmh_header_{table} (header_id, {other}_id)"
            f" SELECT h.id, o.id FROM django_oai_pmh_header h, django_oai_pmh_{other} o"
        )
    connection.execute(
        "INSERT INTO django_oai_pmh_xmlrecord (created_at, updated_at, header_id, metadata_prefix_id, xml_metadata)"
        f" SELECT {now}, {now}, id, 1, replace(%s, %s, right(identifier, 7)) FROM django_oai_pmh_header",
        (xml, MARK),
    )


def _numbered(text: str, count: int) -> Iterator[tuple[int, str]]:
    for number in range(count):
        yield number, text.replace(MARK, f"{number:07}")
