"""Figures as data: what the recorder keeps of a real run, and that nothing of the run shows that it was there."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from reproduce.compare import Tolerance, compare_recordings
from reproduce.runner.launch import run_job

pytestmark = pytest.mark.real

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"
# On a busy machine it says that it makes its list of fonts.
QUIET = "import logging\nlogging.getLogger('matplotlib').setLevel(logging.ERROR)\n"
DRAW = f"""
{QUIET}
import matplotlib.pyplot as plt, numpy as np
x = np.linspace(0, 1, 5)
plt.plot(x, x ** 2, 'r-', label='model')
plt.legend()
plt.xlabel('energy')
plt.show()
"""
MANY = """
fig, (left, right) = plt.subplots(1, 2)
left.bar(['a', 'b'], [1, 2]); left.errorbar([0, 1], [1, 2], yerr=.1)
right.imshow(np.arange(12.).reshape(3, 4)); right.scatter(x, x, c=x); right.set_title('é')
"""


def records(ran):
    return [json.loads((ran.bundle / "figures" / row["name"]).read_bytes()) for row in ran.result.figures]


def test_a_shown_figure_is_recorded_beside_its_picture(run):
    ran = run("1 + 1", DRAW)
    (row,) = ran.result.figures
    assert (row["cell_index"], row["way"], row["output"], row["ordinal"]) == (1, "shown", 0, 1)
    (record,) = records(ran)
    png = b64decode(ran.notebook.cells[1].outputs[row["output"]].data["image/png"])
    assert record["pictures"] == [{"type": "image/png", "sha256": hashlib.sha256(png).hexdigest()}]
    (axes,) = record["figure"]["axes"]
    assert axes["axis"]["x"]["label"] == "energy"
    assert axes["legend"] == {"title": "", "labels": ["model"], "is_visible": True}
    (line,) = axes["artists"]
    assert (line["label"], line["words"]["color"]) == ("model", "#ff0000ff")
    assert line["numbers"]["y"]["values"] == [0.0, 0.0625, 0.25, 0.5625, 1.0]


def test_neither_pictures_nor_outputs_show_whether_figures_are_recorded(job, tmp_path):
    cells = (DRAW, f"{MANY}\nfig", "import sys\nsorted(name for name in globals() if 'reprise' in name)", "dir()[:3]")
    results = [
        run_job(job(*cells, are_figures_recorded=is_on), tmp_path / f"bundle-{is_on}") for is_on in (True, False)
    ]
    assert [result.status for result in results] == ["completed", "completed"]
    assert results[0].digests["outputs"] == results[1].digests["outputs"]
    assert [len(result.figures) for result in results] == [3, 0]
    assert not (tmp_path / "bundle-False" / "figures").exists()


def test_every_record_and_the_result_keep_to_their_schemas(run):
    ran = run(DRAW, MANY, "plt.savefig('out.png')", output_files=("out.png",))
    assert ran.result.status == "completed"
    schema = json.loads((SCHEMAS / "figure.schema.json").read_bytes())
    for record in records(ran):
        jsonschema.validate(record, schema)
        assert record["figure"]["unread"] == 0
    result = json.loads((ran.bundle / "result.json").read_bytes())
    jsonschema.validate(result, json.loads((SCHEMAS / "result.schema.json").read_bytes()))
    for row in ran.result.figures:
        content = (ran.bundle / "figures" / row["name"]).read_bytes()
        assert row["sha256"] == result["digests"][f"figures/{row['name']}"] == hashlib.sha256(content).hexdigest()


def test_without_a_sandbox_figures_are_recorded_as_well(run):
    assert [row["output"] for row in run(DRAW, sandbox="none").result.figures] == [0]


def test_a_figure_that_is_saved_is_recorded_by_the_name_of_its_file(run):
    ran = run(
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt",
        "plt.plot([1, 2])\nplt.savefig('a.pdf')",
    )
    (row,) = ran.result.figures
    assert (row["cell_index"], row["way"], row["file"], row["output"]) == (1, "saved", "a.pdf", None)


def test_a_figure_saved_to_memory_and_shown_from_there_belongs_to_its_output(run):
    ran = run(
        f"{QUIET}import io, matplotlib.pyplot as plt\nfrom IPython.display import Image, display\n"
        "buffer = io.BytesIO()\n"
        "plt.plot([1, 2])\nplt.savefig(buffer)\nplt.close()\ndisplay(Image(buffer.getvalue()))"
    )
    assert [(row["way"], row["output"]) for row in ran.result.figures] == [("saved", 0)]


def test_a_reset_a_closed_figure_and_another_backend_do_not_end_the_recording(run):
    ran = run(
        DRAW,
        "%reset -f",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nfig = plt.figure()\nplt.plot([1]); plt.close(fig)\nfig",
        "%config InlineBackend.figure_formats = ['svg']\nplt.plot([1, 3]);",
    )
    assert ran.result.status == "completed"
    assert [row["output"] for row in ran.result.figures] == [0, 0, 0]
    assert [row["cell_index"] for row in ran.result.figures] == [0, 2, 3]


def test_an_artist_that_fails_is_counted_and_nothing_of_it_is_seen(run):
    ran = run(
        f"{QUIET}import matplotlib.pyplot as plt, warnings\nfrom matplotlib.lines import Line2D\n"
        "class Odd(Line2D):\n    def get_drawstyle(self):\n        warnings.warn('heard'); raise RuntimeError('no')\n"
        "fig, ax = plt.subplots(); ax.add_line(Odd([0, 1], [0, 1])); ax.plot([1, 2])\nplt.show()"
    )
    assert [output.output_type for output in ran.notebook.cells[0].outputs] == ["display_data"]
    (record,) = records(ran)
    assert record["figure"]["unread"] == 1
    assert len(record["figure"]["axes"][0]["artists"]) == 1


def test_a_large_array_is_told_by_a_sample_and_its_digest(run):
    ran = run("import matplotlib.pyplot as plt, numpy as np\nplt.imshow(np.arange(250000.).reshape(500, 500));")
    (record,) = records(ran)
    array = record["figure"]["axes"][0]["artists"][0]["numbers"]["array"]
    assert (array["shape"], array["step"], len(array["sample"])) == ([500, 500], 25, 10000)
    assert array["sha256"] == hashlib.sha256(np.arange(250000.0).tobytes()).hexdigest()
    assert (array["min"], array["max"]) == (0.0, 249999.0)
    assert ran.result.figures[0]["size_bytes"] < 1 << 18


def test_dates_wedges_and_texts_are_recorded_as_numbers(run):
    ran = run(
        f"{QUIET}import datetime, matplotlib.pyplot as plt\ndays = [datetime.datetime(2020, 1, d) for d in (1, 2)]\n"
        "fig, (left, right) = plt.subplots(1, 2)\nleft.plot(days, [1, 2]); left.text(days[1], 1, 'here')\n"
        "right.pie([1, 3], labels=['a', 'b'])\nplt.show()"
    )
    (record,) = records(ran)
    left, right = record["figure"]["axes"]
    assert (left["axis"]["x"]["is_date"], left["axis"]["x"]["epoch"]) == (True, "1970-01-01T00:00:00")
    line, text = left["artists"]
    assert (line["numbers"]["x"]["values"], text["numbers"]["x"]["values"]) == ([18262.0, 18263.0], [18263.0])
    wedges = [artist["numbers"] for artist in right["artists"] if artist["kind"] == "patch"]
    assert [(wedge["begin"]["values"], wedge["end"]["values"]) for wedge in wedges] == [
        ([0.0], [90.0]),
        ([90.0], [360.0]),
    ]


def test_numbers_that_are_none_stay_words(run):
    ran = run("import matplotlib.pyplot as plt\nplt.plot([1, 2], [float('nan'), 2.5]);")
    (record,) = records(ran)
    assert record["figure"]["axes"][0]["artists"][0]["numbers"]["y"]["values"] == ["nan", 2.5]


def test_figures_of_two_runs_are_compared_as_numbers(job, tmp_path):
    bundles = []
    for number, y in enumerate(("x ** 2", "x ** 2 + (x == 0.5) * 0.02")):
        cell = DRAW.replace("x ** 2", y)
        run_job(job(cell), tmp_path / f"bundle-{number}")
        bundles.append((tmp_path / f"bundle-{number}" / "figures" / "0001.json").read_bytes())
    found = compare_recordings(bundles[0], bundles[1], Tolerance())
    assert found.state == "differs"
    moved = "the third of 5 points moved from (0.5, 0.250) to (0.5, 0.270), 1.8 % of the y axis"
    assert found.findings[0].sentence == f"Axes 1, the red line “model”: {moved}."
    assert compare_recordings(bundles[0], bundles[0], Tolerance()).state == "identical"
