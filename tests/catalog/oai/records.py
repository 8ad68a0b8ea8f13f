"""Records for the tests of what harvesters are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from catalog.exposure.record import (
    Day,
    File,
    Funding,
    Harvested,
    Identifier,
    Instrument,
    Licence,
    Organisation,
    Outcome,
    Person,
    Quantity,
    Record,
    Relation,
    Software,
    Subject,
)

SEEN: Final = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ESS: Final = Organisation("European Spallation Source", "https://ror.org/01wv9cn34")
PANET: Final = "http://purl.org/pan-science/PaNET/"


def make_record(number: int = 1, **changes: object) -> Record:
    """Return a publication with a few facts, another for each number."""
    plain = Record(
        key=f"publication/10.5072/paper.{number}",
        kind="publication",
        url=f"https://reprise.example.org/doi/10.5072/paper.{number}",
        doi=f"10.5072/paper.{number}",
        title=f"Silica spheres {number}",
        resource_type="JournalArticle",
        created_at=SEEN,
        updated_at=SEEN,
        creators=(Person("Olsson, Olga", "Olga", "Olsson", "0000-0002-1825-0097", (ESS,)),),
        publisher=Organisation("Journal of Examples"),
        published_on=date(2020, 5, 1),
        facility=ESS,
        facility_slug="ess",
        techniques=(Subject("small angle neutron scattering", f"{PANET}PaNET01189", "PaNET", PANET),),
        broader_techniques=(Subject("neutron scattering", f"{PANET}PaNET01099", "PaNET", PANET),),
    )
    return replace(plain, **changes)


def make_full_record() -> Record:
    """Return a record in which no field has its default."""
    return make_record(
        7,
        type_words="article",
        description="What is <seen> & “said”.",
        contributors=(Person("The SANS group", is_group=True),),
        venue="Journal of Examples 3",
        published_precision="month",
        days=(Day("Issued", date(2020, 5, 1)), Day("Created", SEEN, "first seen")),
        language="en",
        version="2",
        licence=Licence("BSD 3-Clause", "https://spdx.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
        access="embargoed",
        embargo_until=date(2027, 1, 1),
        subjects=(Subject("colloids"),),
        instruments=(Instrument("LoKI", "10.5072/loki", ESS),),
        identifiers=(Identifier("arXiv", "2001.00001"),),
        relations=(Relation("IsDerivedFrom", Identifier("DOI", "10.5072/data"), "Dataset", "dataset/x", "Data"),),
        funding=(Funding("Council", "https://ror.org/018mejw64", "42", "Spheres"),),
        quantities=(Quantity("wavelength", 0.6, "nm"),),
        files=(File("a.h5", 3, "application/x-hdf5", "0" * 64, "1" * 32, "https://example.org/a.h5"),),
        size_bytes=3,
        code_repository="https://git.example.org/silica.git",
        commit="0" * 40,
        programming_language="Python",
        software=(Software("numpy", "1.26.4", "pkg:pypi/numpy@1.26.4"),),
        outcomes=(Outcome("identical", "Figure 1", SEEN, "every output is equal", "rung", "https://example.org/c"),),
        valid_until=SEEN,
        crate_url="https://reprise.example.org/runs/1/ro-crate-metadata.json",
        harvested=Harvested("https://other.example.org/oai", "oai:x:1", "2020-01-01", "http://ns.example.org/", SEEN),
    )
