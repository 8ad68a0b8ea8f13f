"""What is said in words of a file's default plot, and how the files of a dataset are listed."""

from __future__ import annotations

from pathlib import Path

from reproduce.preview.trees import Node, Tree
from reproduce.preview_files import PreviewFile
from reproduce.preview_words import default_plot_in_words, row_of_file, rows_of_files

HERE = PreviewFile("0" * 16, "a.nxs", 12, Path("/data/a.nxs"))
AWAY = PreviewFile("1" * 16, "b.nxs", 12, reason="nobody said where")


def tree(*nodes: Node, default: str) -> Tree:
    return Tree(nodes, default, is_cut=False)


def test_the_plot_of_a_group_is_told_by_the_values_in_it() -> None:
    nodes = (
        Node("/entry/data", "data", 2, "group", nx_class="NXdata"),
        Node("/entry/data/counts", "counts", 3, "dataset", (64, 2), "float64"),
        Node("/entry/data/q", "q", 3, "dataset", (64,), "float32", "1/nm"),
        Node("/entry/data_of_another", "x", 2, "dataset", (3,)),
    )
    words = default_plot_in_words(tree(*nodes, default="/entry/data"))
    assert words == "Plot of /entry/data, which holds counts, 64 × 2 values; q, 64 values in 1/nm."


def test_the_plot_of_values_is_told_by_their_shape() -> None:
    words = default_plot_in_words(tree(Node("/image", "image", 1, "dataset", (4, 5)), default="/image"))
    assert words == "Plot of /image: 4 × 5 values."


def test_a_plot_below_what_the_tree_shows_is_told_by_its_path() -> None:
    assert default_plot_in_words(tree(default="/deep")) == "What the file plots by default, /deep."


def test_no_plot_has_no_words() -> None:
    assert default_plot_in_words(tree(Node("/", "", 0, "group"), default="")) == ""


def test_only_a_file_that_is_here_can_be_looked_into() -> None:
    listed = [{"path": "a.nxs", "md5": "d" * 32}, {"path": "b.nxs", "sha256": "e" * 64}, {"path": "c.txt"}, "broken"]
    rows = rows_of_files(listed, (HERE, AWAY), pictures=4)
    assert [(row.path, row.preview, row.has_picture) for row in rows] == [
        ("a.nxs", HERE, True),
        ("b.nxs", None, False),
        ("c.txt", None, False),
    ]
    assert [row.digest_kind for row in rows] == ["md5", "sha256", ""]


def test_only_the_first_files_have_a_picture() -> None:
    files = tuple(PreviewFile(str(n) * 16, f"{n}.nxs", 1, Path("/data")) for n in range(4))
    rows = rows_of_files([{"path": file.path} for file in files], files, pictures=2)
    assert [row.has_picture for row in rows] == [True, True, False, False]


def test_where_the_dataset_lists_nothing_the_files_found_here_are_listed() -> None:
    assert [row.path for row in rows_of_files([], (HERE, AWAY), pictures=4)] == ["a.nxs"]


def test_a_file_has_the_digest_of_its_list() -> None:
    row = row_of_file([{"path": "other"}, {"path": "a.nxs", "sha256": "f" * 64}], HERE)
    assert (row.digest, row.preview) == ("f" * 64, HERE)
