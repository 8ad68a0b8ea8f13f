"""Harvest with Sickle: one JSON object a line for each record."""

import json
import sys

from sickle import Sickle

base_url, verb, *arguments = sys.argv[1:]
harvester = Sickle(base_url, max_retries=5)
wanted = dict(argument.split("=", 1) for argument in arguments)
for item in getattr(harvester, verb)(**wanted):
    header = getattr(item, "header", item)
    deleted, titles = header.deleted, []
    if verb == "ListRecords" and not deleted:
        titles = item.metadata["title"]
    said = {"identifier": header.identifier, "datestamp": header.datestamp, "deleted": deleted, "titles": titles}
    print(json.dumps({**said, "sets": header.setSpecs}))
