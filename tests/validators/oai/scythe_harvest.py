"""Harvest with oaipmh-scythe: one JSON object a line for each record."""

import json
import sys

from oaipmh_scythe import Scythe

base_url, verb, *arguments = sys.argv[1:]
names = {"metadataPrefix": "metadata_prefix", "from": "from_", "set": "set_"}
wanted = {names.get(name, name): value for name, value in (argument.split("=", 1) for argument in arguments)}
with Scythe(base_url) as harvester:
    call = {"ListRecords": harvester.list_records, "ListIdentifiers": harvester.list_identifiers}[verb]
    for item in call(**wanted):
        header = getattr(item, "header", item)
        titles = [] if header.deleted or verb != "ListRecords" else item.metadata["title"]
        said = {"identifier": header.identifier, "datestamp": header.datestamp, "deleted": header.deleted}
        print(json.dumps({**said, "titles": titles, "sets": header.setSpecs}))
