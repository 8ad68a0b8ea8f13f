"""Why outputs may change from run to run: guesses from the sources of the cells."""

from __future__ import annotations

import pytest

from reproduce.compare.guesses import Draw, find_unseeded, guess_why


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("import numpy as np\nnp.random.normal(size=3)", "no seed is set"),
        ("from numpy.random import randn\nrandn(3)", "no seed is set"),
        ("import random as r\nr.choice([1, 2])", "no seed is set"),
        ("import numpy as np\nrng = np.random.default_rng()", "is made without a seed"),
        ("from sklearn.model_selection import train_test_split\ntrain_test_split(x)", "no seed is set"),
        ("frame.sample(5)", "no seed is set"),
        ("import os\nos.urandom(8)", "no seed is set"),
        ("%pylab inline\nnp.random.rand()", "no seed is set"),
        ("import random\nprint random.random()", "no seed is set"),
        ("import numpy as np\nnp.random.seed()\nnp.random.rand()", "no seed is set"),
        ("import numpy as np\nnp.random.Generator(np.random.PCG64())", "is made without a seed"),
        ("from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(4)", "threads or processes"),
        ("import time\ntime.time()", "the time is asked for"),
        ("from datetime import datetime\ndatetime.now()", "the time is asked for"),
        ("%timeit f()", "timed by a magic command"),
        ("id(x)", "what identifies an object"),
        ("import os\nos.listdir('.')", "the order of a set or of a directory"),
    ],
)
def test_what_changes_from_run_to_run_is_named(source: str, word: str) -> None:
    (guess,) = guess_why([source], 0, ())
    assert word in guess.words


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.random.seed(1)\nnp.random.normal(size=3)",
        "import numpy as np\nrng = np.random.default_rng(1)\nrng.normal()",
        "import numpy as np\nbits = np.random.PCG64(1)\nnp.random.Generator(bits).normal()",
        "import torch\nmaker = torch.Generator()\nmaker.manual_seed(1)",
        "import random\nrandom.seed(1)\nprint random.random()",
        "frame.sample(5, random_state=1)",
        "np.linspace(0, 1)",
        "axes.set(xlabel='q')",
        "this is no Python",
        "x <- rnorm(3)",
        "",
    ],
)
def test_without_a_reason_nothing_is_guessed(source: str) -> None:
    assert guess_why([source], 0, ()) == ()


def test_cells_above_count_and_cells_below_do_not() -> None:
    sources = ["import random", "value = random.random()", "print(value)", "time.time()"]
    (guess,) = guess_why(sources, 2, ())
    assert guess.words == "random numbers are drawn (random.random in cell 2) and no seed is set before."
    assert guess_why(sources, 0, ()) == ()


def test_the_first_draw_without_a_seed_is_found_with_its_cell_and_line() -> None:
    words = "random numbers are drawn (random.random in cell 2) and no seed is set before."
    found = find_unseeded(["import random", "if True:\n    value = random.random()  # noise", "random.random()"])
    assert found == Draw(words, 1, "value = random.random()  # noise")


def test_the_same_words_in_another_order_are_told_from_the_outputs() -> None:
    (guess,) = guess_why(["print(names)"], 0, ["a, b, c", "c, a, b"])
    assert guess.words == "the same words come in another order."
    assert guess_why(["print(names)"], 0, ["a, b, c", "c, a, d"]) == ()


def test_a_source_without_end_is_not_read() -> None:
    assert guess_why(["(" * 100_000], 0, ()) == ()
    assert guess_why(["random.random()\n" * 20_000], 0, ()) == ()
