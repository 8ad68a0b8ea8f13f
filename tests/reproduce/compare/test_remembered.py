"""Answers that are kept: the same as those that were asked for, and never too many."""

from concurrent.futures import ThreadPoolExecutor

from reproduce.compare import Tolerance
from reproduce.compare.images import compare_pictures
from reproduce.compare.lettering import LIKENESSES
from reproduce.compare.remembered import Remembered
from tests.reproduce.compare.test_redrawn_figures import draw


def test_what_is_known_is_not_asked_again():
    asked = []
    kept = Remembered(3)
    for key in (1, 2, 1, 3, 1, 4, 1, 2):
        assert kept.answer(key, lambda key=key: asked.append(key) or -key) == -key
    # 2 was the one used longest ago when 4 came.
    assert asked == [1, 2, 3, 4, 2]
    kept.forget()
    kept.answer(1, lambda: asked.append("again"))
    assert asked[-1] == "again"


def test_an_answer_that_fails_is_not_kept():
    kept = Remembered(3)
    with ThreadPoolExecutor(4) as pool:
        failed = pool.submit(kept.answer, 1, lambda: 1 // 0)
        assert isinstance(failed.exception(), ZeroDivisionError)
        assert list(pool.map(lambda number: kept.answer(number % 2, lambda: number % 2), range(50))) == [0, 1] * 25


def test_words_that_were_compared_before_change_no_comparison():
    published = draw()
    fresh = {name: draw(dpi=120, **way) for name, way in (("same", {}), ("label", {"label": "Energy (keV)"}))}
    alone = {}
    for name, picture in fresh.items():
        LIKENESSES.forget()
        alone[name] = compare_pictures("image/png", published, picture, Tolerance())
    assert [alone[name].state for name in fresh] == ["within_tolerance", "differs"]
    for name in ("label", "same", "label"):
        again = compare_pictures("image/png", published, fresh[name], Tolerance())
        assert again == alone[name]
