"""Records for tests: one full and one minimal of each kind, and strategies for any record at all, hostile ones too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import quote

from hypothesis import strategies as st

from catalog.exposure.record import (
    Day,
    File,
    Funding,
    Identifier,
    Instrument,
    Licence,
    Organisation,
    Outcome,
    Person,
    Record,
    Relation,
    Site,
    Software,
    Subject,
)

SITE: Final = Site(
    name="Reprise at the Example Facility",
    url="https://reprise.example.org",
    domain="reprise.example.org",
    contact="curators@example.org",
    description="Re-runs the notebooks behind published figures.",
    operator=Organisation("European Synchrotron Radiation Facility", "https://ror.org/02550n020"),
)
ESRF: Final = Organisation("European Synchrotron Radiation Facility", "https://ror.org/02550n020")
CREATORS: Final = (
    Person("Josiah Carberry", "Josiah", "Carberry", "0000-0002-1825-0097", (ESRF,)),
    Person("Zoë Ångström-Müller", "Zoë", "Ångström-Müller"),
    Person("The Beamline & Detector Group", is_group=True),
)
CC_BY: Final = Licence(
    "Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"
)
BSD: Final = Licence("BSD 3-Clause", "https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause")
TOMOGRAPHY: Final = Subject(
    "x-ray tomography",
    "http://purl.org/pan-science/PaNET/PaNET01119",
    "PaNET",
    "http://purl.org/pan-science/PaNET/PaNET.owl",
)
SEEN: Final = datetime(2026, 5, 4, 13, 20, 11, tzinfo=UTC)
FIGURE_3: Final = Outcome(
    "reproduced",
    "Figure 3",
    SEEN,
    "Both curves lie within the tolerance.",
    "re-run twice",
    f"{SITE.url}/runs/6a1d5d2e-0000-4000-8000-000000000001",
)
_CREATED: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_UPDATED: Final = datetime(2026, 5, 4, 13, 20, 12, tzinfo=UTC)
_PAPER: Final = Identifier("DOI", "10.1063/1.4962726")
_NOTEBOOKS: Final = Identifier("DOI", "10.5072/reprise.n1")
_FIGURE: Final = File("Figure 3", 20_480, "image/png", "12" * 32, "", f"{SITE.url}/figures/3")
_ENVIRONMENT: Final = f"{SITE.url}/environments/py35-1a2b3c"
_DATA: Final = Identifier("DOI", "10.15151/esrf-dc-1234")


def _record(key: str, title: str, resource_type: str, **others: object) -> Record:
    kind, _, name = key.partition("/")
    address = {"publication": "doi", "dataset": "doi", "notebooks": "notebooks"}.get(kind, f"{kind}s")
    record = Record(key, kind, f"{SITE.url}/{address}/{name}", title, resource_type, _CREATED, _UPDATED)
    return replace(record, **others)


FULL: Final = (
    _record(
        "publication/10.1063/1.4962726",
        "Ptychography of “nano” structures & <b>more</b>: 5 % at 100 µm",
        "JournalArticle",
        doi="10.1063/1.4962726",
        type_words="Journal article",
        description="We show how it is done.\n\nAnd then we show it again, with data & code.",
        creators=CREATORS,
        publisher=Organisation("AIP Publishing"),
        venue="Applied Physics Letters",
        published_on=date(2016, 9, 14),
        days=(Day("Submitted", date(2016, 5, 1)),),
        language="en",
        licence=CC_BY,
        subjects=(Subject("coherent imaging"),),
        techniques=(TOMOGRAPHY,),
        facility=ESRF,
        facility_slug="esrf",
        identifiers=(Identifier("arXiv", "1605.01234"), Identifier("URN", "urn:nbn:de:101-2016")),
        relations=(
            Relation("IsSupplementedBy", _NOTEBOOKS, "ComputationalNotebook", "notebooks/1", "Notebooks"),
            Relation("References", _DATA, "Dataset", "dataset/10.15151/esrf-dc-1234", "Projections"),
            Relation("IsReviewedBy", Identifier("DOI", "10.5072/reprise.c1"), "Report", "certificate/c1"),
            Relation("HasPart", Identifier("URL", _FIGURE.url), "Image", title="Figure 3 as published", file=_FIGURE),
        ),
        funding=(
            Funding("European Commission", "https://doi.org/10.13039/501100000780", "823852", "PaNOSC"),
            Funding("Helmholtz Association", "https://ror.org/0281dp749"),
        ),
        outcomes=(FIGURE_3,),
    ),
    _record(
        "dataset/10.15151/esrf-dc-1234",
        "Projections of a nano structure",
        "Dataset",
        doi="10.15151/esrf-dc-1234",
        description="Raw projections, dark and flat fields, as HDF5 files that follow NeXus.",
        creators=CREATORS[:2],
        contributors=(Person("Ada Lovelace", "Ada", "Lovelace"),),
        publisher=ESRF,
        published_on=date(2016, 9, 1),
        published_precision="month",
        days=(Day("Collected", date(2015, 11, 3), "experiment MI-1234"),),
        version="2",
        licence=CC_BY,
        access="embargoed",
        embargo_until=date(2027, 1, 31),
        techniques=(TOMOGRAPHY,),
        facility=ESRF,
        facility_slug="esrf",
        instruments=(Instrument("ID16A", "10.15151/esrf-id16a", ESRF),),
        identifiers=(Identifier("Handle", "21.T11998/0000-001A"),),
        relations=(Relation("IsReferencedBy", _PAPER, "JournalArticle", "publication/10.1063/1.4962726", "The paper"),),
        files=(
            File("raw/scan 1.h5", 123456789, "application/x-hdf5", "ab" * 32, "", "https://data.example.org/raw/scan%201.h5"),
            File("readme.txt", 512, "text/plain", "", "0f" * 16),
        ),
        size_bytes=123457301,
    ),
    _record(
        "notebooks/1",
        "Notebooks behind “Ptychography of nano structures”",
        "ComputationalNotebook",
        doi="10.5072/reprise.n1",
        description="The notebooks that make Figures 1 to 4.",
        creators=CREATORS[:1],
        publisher=Organisation(SITE.name),
        published_on=date(2026, 3, 1),
        version="8f2c1a0",
        licence=BSD,
        techniques=(TOMOGRAPHY,),
        identifiers=(Identifier("SWHID", "swh:1:dir:" + "d1" * 20),),
        relations=(
            Relation("IsSupplementTo", _PAPER, "JournalArticle", "publication/10.1063/1.4962726"),
            Relation("Requires", _DATA, "Dataset", "dataset/10.15151/esrf-dc-1234"),
            Relation("HasVersion", Identifier("SWHID", "swh:1:rev:" + "c2" * 20), "Software"),
        ),
        code_repository="https://git.example.org/nano/figures.git",
        commit="8f2c1a0" + "0" * 33,
        programming_language="Python",
        software=(Software("numpy", "1.11.1", "pkg:pypi/numpy@1.11.1"), Software("h5py", "2.6.0")),
        outcomes=(FIGURE_3, replace(FIGURE_3, verdict="differs", claim="Figure 4", sentence="")),
    ),
    _record(
        "environment/py35-1a2b3c",
        "Python 3.5 as of 14 September 2016, 2 packages",
        "Software",
        type_words="Software environment",
        creators=(Person(SITE.name, is_group=True),),
        publisher=Organisation(SITE.name),
        published_on=date(2026, 3, 1),
        licence=Licence("Creative Commons Zero", "https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        subjects=(Subject("software environment"), Subject("Python")),
        techniques=(TOMOGRAPHY,),
        relations=(Relation("IsRequiredBy", _NOTEBOOKS, "ComputationalNotebook", "notebooks/1"),),
        files=(
            File("pylock.toml", 2918, "application/toml", "cd" * 32, "", f"{_ENVIRONMENT}/pylock.toml?of=1"),
            File("requirements.txt", 99, "text/plain", "ef" * 32, "", f"{_ENVIRONMENT}/requirements.txt?of=1"),
        ),
        programming_language="Python",
        software=(Software("numpy", "1.11.1"), Software("h5py", "2.6.0")),
    ),
    _record(
        "certificate/c1",
        "Figure 3 came out again within its tolerance",
        "PeerReview",
        doi="10.5072/reprise.c1",
        type_words="Certificate of a reproduction",
        description="The notebook was run twice in the environment of its date; both curves lie within the tolerance.",
        creators=(Person(SITE.name, is_group=True),),
        publisher=Organisation(SITE.name),
        published_on=date(2026, 5, 4),
        days=(Day("Valid", SEEN),),
        licence=CC_BY,
        relations=(
            Relation("Reviews", _PAPER, "JournalArticle", "publication/10.1063/1.4962726"),
            Relation("Reviews", _NOTEBOOKS, "ComputationalNotebook", "notebooks/1"),
            Relation("Obsoletes", Identifier("URL", f"{SITE.url}/certificates/c0"), "PeerReview", "certificate/c0"),
        ),
        outcomes=(FIGURE_3,),
        valid_until=datetime(2027, 5, 4, 13, 20, 11, tzinfo=UTC),
        crate_url=f"{SITE.url}/runs/6a1d5d2e-0000-4000-8000-000000000001/ro-crate-metadata.json",
    ),
)  # fmt: skip
MINIMAL: Final = (
    _record("publication/10.5555/least", "A title", "JournalArticle", access="unknown"),
    _record("dataset/10.5555/least-data", "Data", "Dataset", access="restricted"),
    _record("notebooks/2", "Notebooks", "ComputationalNotebook"),
    _record("environment/least", "Python 3.12", "Software"),
    _record("certificate/c2", "Nothing came out", "Report"),
)
SAMPLES: Final = {
    f"{record.kind}-{size}": record for size, of in (("full", FULL), ("minimal", MINIMAL)) for record in of
}

# What breaks formats: ends of sections and entities, quotes and escapes of every syntax, control characters, half of a
# surrogate pair, text from right to left with its overrides, signs beyond the first plane, words that a syntax reads.
HOSTILE: Final = (
    "]]>", "<![CDATA[", "</script><script>alert(1)</script>", "&amp; &bogus; &#0;", '"\\', "'''", '"""', "{", "}",
    "\\}", "%", "$x_1^2$", "#&_~", "\x00\x01\x1f", "\x7f\x85\x9f", "\ud800", "\udfff tail", "‮drow‬", "שלום עולם",
    "العربية", "👩‍🔬🧪", "𝒳", "\ufeff", "\ufffe", "\ufdd0", " ", " and ", "Fish and Chips", "a, b, c", "yes", "null",
    "1e5", "2016-09-14", "- item", "key: value", "@book{x,", "? !", "line\nline", "\r\n", "\t", "javascript:alert(1)",
    "http://[::1", "http://exa mple.org/<x>", "http://example.org/a b?c=d%zz#e#f", "https://user@example.org:99999/",
    "https://пример.рф/", "10.5555/ABC<>{}\\", "10.5555/a(b)[c];d,e", "0000-0002-1825-0098", "swh:1:dir:zz",
    "https://ror.org/02550n021", "x" * 20_000,
)  # fmt: skip


def texts(most: int = 60) -> st.SearchStrategy[str]:
    """Any text, hostile ones often."""
    return st.one_of(
        st.text(max_size=most),
        st.text(st.characters(codec=None), max_size=most),
        st.sampled_from(HOSTILE),
        st.tuples(st.sampled_from(HOSTILE), st.text(max_size=10), st.sampled_from(HOSTILE)).map("".join),
    )


def _maybe(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), st.sampled_from(values), texts(20))


def organisations() -> st.SearchStrategy[Organisation]:
    return st.builds(Organisation, name=texts(), ror=_maybe(("https://ror.org/02550n020",)))


def people() -> st.SearchStrategy[Person]:
    return st.builds(
        Person,
        name=texts(),
        given=texts(20),
        family=texts(20),
        orcid=_maybe(("0000-0002-1825-0097",)),
        affiliations=st.lists(organisations(), max_size=2).map(tuple),
        is_group=st.booleans(),
    )


def identifiers() -> st.SearchStrategy[Identifier]:
    values = {
        "DOI": ("10.5072/abc", "10.1002/(sici)1096<1:x>3.0.co;2-2"),
        "URL": ("https://example.org/x", "https://example.org/a?b=c&d=e"),
        "SWHID": ("swh:1:rev:" + "0a" * 20,),
        "ARK": ("ark:/12345/x1",),
        "Handle": ("20.500/1",),
        "URN": ("urn:nbn:de:1",),
        "arXiv": ("2101.00001",),
    }
    return st.sampled_from(sorted(values)).flatmap(
        lambda scheme: st.builds(Identifier, st.just(scheme), st.one_of(st.sampled_from(values[scheme]), texts(20)))
    )


RELATION_TYPES: Final = (
    "IsCitedBy", "Cites", "IsSupplementTo", "IsSupplementedBy", "IsNewVersionOf", "IsPartOf", "HasPart", "References",
    "IsPublishedIn", "IsReferencedBy", "IsDocumentedBy", "IsCompiledBy", "IsIdenticalTo", "HasMetadata", "Reviews",
    "IsReviewedBy", "IsDerivedFrom", "IsSourceOf", "HasVersion", "IsVersionOf", "Requires", "IsRequiredBy", "Obsoletes",
    "IsObsoletedBy", "Collects", "IsTranslationOf", "Other",
)  # fmt: skip
RESOURCE_TYPES: Final = (
    "Book", "Collection", "ComputationalNotebook", "ConferencePaper", "Dataset", "Dissertation", "Image", "Instrument",
    "JournalArticle", "PeerReview", "Poster", "Preprint", "Report", "Software", "Text", "Workflow", "Other",
)  # fmt: skip
_MOMENTS: Final = st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def relations() -> st.SearchStrategy[Relation]:
    return st.builds(
        Relation,
        relation=st.sampled_from(RELATION_TYPES),
        identifier=identifiers(),
        resource_type=st.sampled_from(("", *RESOURCE_TYPES)),
        title=texts(20),
        file=st.none() | files(),
    )


def files() -> st.SearchStrategy[File]:
    return st.builds(
        File,
        texts(),
        st.none() | st.integers(0, 10**15),
        _maybe(("text/plain",)),
        url=_maybe(("https://data.example.org/a%20b.txt", "https://data.example.org/c?of=1")),
    )


def records() -> st.SearchStrategy[Record]:
    """Any record: each part is empty, as it should be, or hostile."""
    subjects = st.builds(Subject, texts(), _maybe((TOMOGRAPHY.uri,)), texts(10), _maybe((TOMOGRAPHY.scheme_uri,)))
    licences = st.one_of(st.sampled_from((CC_BY, BSD)), st.builds(Licence, texts(), texts(20), texts(10)))
    outcomes = st.builds(Outcome, st.sampled_from(("identical", "failed")), texts(20), _MOMENTS, texts(), url=texts(20))
    days = st.builds(
        Day, st.sampled_from(("Available", "Created", "Issued", "Updated")), _MOMENTS | st.dates(), texts(10)
    )
    return st.builds(
        _any_record,
        st.sampled_from(("publication", "dataset", "notebooks", "environment", "certificate")),
        st.one_of(st.just("10.5555/x"), texts(20)),
        title=texts(200),
        resource_type=st.sampled_from(RESOURCE_TYPES),
        created_at=_MOMENTS,
        updated_at=_MOMENTS,
        doi=_maybe(("10.1063/1.4962726", "10.1002/(sici)1096<1:x>3.0.co;2-2", "10.5555/{brace_d}")),
        type_words=texts(20),
        description=texts(300),
        creators=st.lists(people(), max_size=4).map(tuple),
        contributors=st.lists(people(), max_size=1).map(tuple),
        publisher=st.none() | organisations(),
        venue=texts(20),
        published_on=st.none() | st.dates(),
        published_precision=st.sampled_from(("year", "month", "day")),
        days=st.lists(days, max_size=2).map(tuple),
        language=_maybe(("en", "de-AT")),
        version=texts(10),
        licence=st.none() | licences,
        access=st.sampled_from(("open", "embargoed", "restricted", "unknown")),
        embargo_until=st.none() | st.dates(),
        subjects=st.lists(subjects, max_size=2).map(tuple),
        techniques=st.just((TOMOGRAPHY,)) | st.just(()),
        facility=st.none() | organisations(),
        instruments=st.lists(st.builds(Instrument, texts(20), texts(20)), max_size=1).map(tuple),
        identifiers=st.lists(identifiers(), max_size=2).map(tuple),
        relations=st.lists(relations(), max_size=4).map(tuple),
        funding=st.lists(st.builds(Funding, texts(20), texts(20), texts(10), texts(10)), max_size=2).map(tuple),
        files=st.lists(files(), max_size=2).map(tuple),
        size_bytes=st.none() | st.integers(0, 10**15),
        code_repository=texts(20),
        commit=texts(10),
        programming_language=texts(10),
        software=st.lists(st.builds(Software, texts(20), texts(10), texts(10)), max_size=2).map(tuple),
        outcomes=st.lists(outcomes, max_size=2).map(tuple),
        valid_until=st.none() | _MOMENTS,
        crate_url=_maybe(("https://reprise.example.org/runs/1/ro-crate-metadata.json",)),
    )


def _any_record(kind: str, name: str, **others: object) -> Record:
    key = f"{kind}/{name}"
    address = f"{SITE.url}/{kind}/{quote(name, safe='/', errors='replace')}"
    return Record(key=key, kind=kind, url=address, **others)
