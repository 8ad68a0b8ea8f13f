"""A server written with oaipmh (pyoai): its batching server over our table, read as its interface asks, by offset."""

import json
import os
from datetime import datetime
from urllib.parse import parse_qsl

import psycopg
from oaipmh.common import Header, Identify, Metadata
from oaipmh.metadata import MetadataRegistry
from oaipmh.server import BatchingServer, oai_dc_writer

PAGE = int(os.environ["PAGE"])
DOMAIN = "reprise.example.org"
QUERY = (
    "SELECT key, datestamp, specs, is_deleted, body FROM catalog_exposedrecord"
    " WHERE (%(since)s::timestamptz IS NULL OR datestamp >= %(since)s)"
    " AND (%(until)s::timestamptz IS NULL OR datestamp <= %(until)s)"
    " ORDER BY position OFFSET %(cursor)s LIMIT %(most)s"
)


class Shelf:
    """What the library asks of a repository."""

    def __init__(self):
        self._connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def identify(self):
        return Identify(
            repositoryName="Rival",
            baseURL="http://127.0.0.1/oai",
            protocolVersion="2.0",
            adminEmails=["data@example.org"],
            earliestDatestamp=datetime(2020, 1, 1),
            deletedRecord="persistent",
            granularity="YYYY-MM-DDThh:mm:ssZ",
            compression=["identity"],
        )

    def listRecords(self, metadataPrefix, set=None, from_=None, until=None, cursor=0, batch_size=10):
        asked = {"since": from_, "until": until, "cursor": int(cursor), "most": batch_size}
        for key, datestamp, specs, is_deleted, body in self._connection.execute(QUERY, asked):
            header = Header(None, f"oai:{DOMAIN}:{key}", datestamp.replace(tzinfo=None), specs.split(), is_deleted)
            yield header, Metadata(None, _fields(json.loads(body))), None


def _fields(said):
    doi = said.get("doi")
    return {
        "title": [said["title"]],
        "creator": [person["name"] for person in said.get("creators", ())],
        "subject": [each["text"] for each in (*said.get("techniques", ()), *said.get("subjects", ()))],
        "description": [said["description"]],
        "publisher": [said["publisher"]["name"]],
        "date": [said["published_on"]],
        "type": [said["resource_type"]],
        "identifier": [said["url"], f"https://doi.org/{doi}"],
        "relation": [each["identifier"]["value"] for each in said.get("relations", ())],
    }


_registry = MetadataRegistry()
_registry.registerWriter("oai_dc", oai_dc_writer)
_server = BatchingServer(Shelf(), metadata_registry=_registry, resumption_batch_size=PAGE)


def application(environ, start_response):
    """Answer by WSGI."""
    answer = _server.handleRequest(dict(parse_qsl(environ["QUERY_STRING"])))
    start_response("200 OK", [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(answer)))])
    return [answer]
