"""The mask: whatever form a name has, it is found, replaced, and found no more; what is none stays."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from catalog.masking import Mask, identities_of
from catalog.masking.folding import fold, spellings

OLGA = {"given": "Olga Maria", "family": "Müller-Olsson", "name": "Müller-Olsson, Olga Maria"}


def mask_for(*creators: dict[str, Any], **more: Any) -> Mask:  # noqa: ANN401 - of identities_of
    return Mask(identities_of(creators, **more))


@pytest.mark.parametrize(
    "written",
    [
        "Olga Maria Müller-Olsson",
        "Müller-Olsson, Olga Maria",
        "O. M. Müller-Olsson",
        "Müller-Olsson O.M.",
        "OLGA MÜLLER-OLSSON",
        "Muller-Olsson",
        "Mueller-Olsson",
        "Müller Olsson",
        "muellerolsson",
        "olga.mueller-olsson",
        "ommuellerolsson",
        "Mu\u0308ller-Olsson",
        "Mül\u00adler-Olsson",
        "Olga",
        "Olsson",
        "fitOlsson",
        "olsson_fit",
        "olsson2020",
        "O.M.M.O.",
        'M\\"uller-Olsson',
        '{\\"M}{\\"u}ller-Olsson'.replace('{\\"M}', "M"),
        "M\\u00fcller-Olsson",
        "M%C3%BCller-Olsson",
        "\x1b[0;32molsson\x1b[0m",
        "\\nolsson",
        "M&uuml;ller",
    ],
)
def test_a_name_is_masked_in_every_form(written: str) -> None:
    mask = mask_for(OLGA)
    for text in (written, f"by {written}, 2020", f"/data/{written}/a.csv", f"({written})"):
        masked = fold(mask.text(text))
        assert [part for part in ("muller", "mueller", "olsson", "olga", "o.m.m.o") if part in masked] == [], masked
        assert mask.find(mask.text(text)) == []


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "Max van der Berg",
            ["M. van der Berg", "v. d. Berg", "vanderberg", "Max", "van-der-Berg"],
        ),
        ("Wei Li", ["Li, W.", "Wei LI", "wei_li", "W. Li"]),
        ("Søren Østergård", ["Soren Ostergard", "Soeren Oestergaard", "S. Østergård"]),
        ("Łukasz Wiśniewski", ["Lukasz Wisniewski", "Wiśniewski Ł."]),
        ("Αλέξης Παπαδόπουλος", ["Παπαδοπουλος", "Α. Παπαδόπουλος"]),
        ("王小明", ["王小明"]),
    ],
)
def test_names_of_many_languages_are_masked(name: str, texts: list[str]) -> None:
    mask = mask_for({"name": name})
    for text in texts:
        masked = mask.text(f"seen by {text} twice")
        assert masked != f"seen by {text} twice"
        assert mask.find(masked) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Max Min", "y = max(min(x), 0)"),
        ("Wei Li", "a limit of the list"),
        ("Ann Berg", "Heisenberg and an iceberg"),
        ("Mark Ring", "mark the string"),
        ("Tim Chen", "in the kitchen, some time"),
    ],
)
def test_words_that_only_hold_a_name_stay(name: str, text: str) -> None:
    given_name, family = name.split()
    assert mask_for({"given": given_name, "family": family}).text(text) in (text, text.replace("min", "author1"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail olga@example.org now", "mail someone@example.invalid now"),
        ("iD 0000-0002-1825-0097", "iD 0000-0000-0000-0000"),
        ("/home/olga/a.py and /Users/om/b", "/home/user/a.py and /Users/user/b"),
        (r"C:\Users\olga\a.py", r"C:\Users\user\a.py"),
        ("see https://github.com/olga/silica.git", "see https://masked.invalid/notebooks.git"),
        ("git@github.com:olga/silica.git", "someone@example.invalid:author0/silica.git"),
        ("https://doi.org/10.5072/SILICA", "https://doi.org/10.0000/masked"),
        ("at 0123456789ab", "at 000000000000"),
        ("swh:1:dir:0123456789abcdef0123456789abcdef01234567", "swh:1:dir:000000000000"),
        ("as of 2020-04-01T12:30:00Z", "as of 2001-09-09T12:30:00Z"),
        ("made on 1 April 2020", "made on 9 September 2001"),
        ("SOURCE_DATE_EPOCH=1585744200", "SOURCE_DATE_EPOCH=1000000000"),
        ("thanks to ANSTO", "thanks to Masked"),
        ("user xolg here", "user author0 here"),
    ],
)
def test_what_is_no_name_but_tells_one_is_masked(text: str, masked: str) -> None:
    mask = Mask(
        identities_of(
            [],
            accounts=["xolg", "olga"],
            repositories=["github.com/olga/silica"],
            dois=["10.5072/silica"],
            commits=["0123456789abcdef0123456789abcdef01234567"],
            committed=[datetime(2020, 4, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))],
            further=["ANSTO"],
        )
    )
    assert mask.text(text) == masked


def test_letters_that_are_written_as_references_are_read_and_signs_stay_as_they_are() -> None:
    mask = mask_for(OLGA)
    assert mask.markup("<b>M&uuml;ller-Olsson</b> &lt;&amp;") == "<b>Author1</b> &lt;&amp;"
    assert mask.markup("&#79;lga &#x4f;lga") == "Author1 Author1"


def picture(author: str) -> bytes:
    """Return a PNG that names its author beside its pixels."""
    words, stream = PngImagePlugin.PngInfo(), io.BytesIO()
    words.add_text("Author", author)
    Image.new("RGB", (4, 4), "red").save(stream, "PNG", pnginfo=words)
    return stream.getvalue()


def test_a_picture_inside_an_address_stays_a_picture_and_loses_its_words() -> None:
    address = f"data:image/png;base64,{base64.b64encode(picture('Olga')).decode()}"
    masked = mask_for(OLGA).markup(f'<img src="{address}" alt="by Olga">')
    found = re.fullmatch(r'<img src="data:image/png;base64,([^"]+)" alt="by Author1">', masked)
    assert found is not None
    data = base64.b64decode(found[1])
    assert b"Olga" not in data
    assert Image.open(io.BytesIO(data)).size == (4, 4)


@pytest.mark.parametrize(
    ("kind", "held", "shown"),
    [
        ("image/svg+xml", b"<svg><text>Olga</text></svg>", b"<svg><text>Author1</text></svg>"),
        ("text/html", b"Olga", None),
        ("image/png", b"Olga", None),
    ],
)
def test_what_an_address_holds_is_masked_or_left_out(kind: str, held: bytes, shown: bytes | None) -> None:
    masked = mask_for(OLGA).text(f"see data:{kind};base64,{base64.b64encode(held).decode()} by Olga")
    expected = f"data:{kind};base64,{base64.b64encode(shown).decode()}" if shown else "data:,"
    assert masked == f"see {expected} by Author1"


def test_keys_and_values_of_json_are_masked() -> None:
    assert mask_for(OLGA).json({"Olga": ["by Olsson", 1, None]}) == {"Author1": ["by Author1", 1, None]}


def test_the_word_that_stands_for_people_is_none_of_their_names() -> None:
    mask = mask_for({"given": "Ann", "family": "Author"})
    assert fold("Author") not in fold(mask.text("by Ann Author, /home/author/x"))


def test_a_paper_of_thousands_of_authors_is_masked() -> None:
    mask = mask_for(
        *({"given": f"Given{number}", "family": f"Family{chr(97 + number % 26)}x"} for number in range(3000))
    )
    assert "Family" not in mask.text("Familycx, G., wrote this " * 50)


def test_a_name_of_very_many_words_does_not_hold_up_the_service() -> None:
    mask = mask_for({"given": "a " * 90, "family": "b " * 90})
    assert mask.text("a b " * 2000)


NAMES = st.text(
    st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F, exclude_characters="ŉǰ"), min_size=2, max_size=9
).map(str.title)
AROUND = st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    givens=st.lists(NAMES, min_size=1, max_size=2), family=NAMES, before=AROUND, after=AROUND, form=st.integers(0, 7)
)
def test_whatever_is_masked_holds_no_name_in_any_form(
    givens: list[str], family: str, before: str, after: str, form: int
) -> None:
    assume(len(fold(family)) >= 2)
    first = " ".join(givens)
    initials = " ".join(f"{name[0]}." for name in givens)
    forms = [
        f"{first} {family}",
        f"{family}, {first}",
        f"{initials} {family}",
        f"{family} {initials}",
        family.upper(),
        family.lower(),
        spellings(family)[-1],
        unicodedata.normalize("NFD", f"{first} {family}"),
    ]
    mask = mask_for({"given": first, "family": family})
    masked = mask.text(f"{before} {forms[form]} {after}")
    assert mask.find(masked) == []
    words = fold(masked).replace(fold(before), " ").replace(fold(after), " ").split()
    assert fold(family) not in words
