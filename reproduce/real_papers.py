"""The publications that the sources of this project name, with the repositories behind them.

Titles and authors are as the README of each repository states them; where none does, the title says so, and looking
the DOI up fills it in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RealPaper:
    """A publication by DOI, and where its notebooks are."""

    doi: str
    title: str
    repository_url: str
    creators: tuple[str, ...] = ()
    dataset_dois: tuple[str, ...] = ()


REAL_PAPERS: Final = (
    RealPaper(
        doi="10.1063/1.4962726",
        title="Hysteresis of nanocylinders with Dzyaloshinskii-Moriya interaction",
        repository_url="https://github.com/fangohr/paper-supplement-2016-dmi-nanocylinder-hysteresis",
        creators=(
            "Rebecca Carey",
            "Marijan Beg",
            "Maximilian Albert",
            "Marc-Antonio Bisotti",
            "David Cortés-Ortuño",
            "Mark Vousden",
            "Weiwei Wang",
            "Ondrej Hovorka",
            "Hans Fangohr",
        ),
    ),
    RealPaper(
        doi="10.1088/0957-4484/27/45/455502",
        title="Frequency-based nanoparticle sensing over large field ranges using the ferromagnetic resonances of a"
        " magnetic nanodisc",
        repository_url="https://github.com/maxalbert/paper-supplement-nanoparticle-sensing",
        creators=(
            "Maximilian Albert",
            "Marijan Beg",
            "Dmitri Chernyshenko",
            "Marc-Antonio Bisotti",
            "Rebecca L. Carey",
            "Hans Fangohr",
            "Peter Metaxas",
        ),
    ),
    RealPaper(
        doi="10.1038/s41467-020-15613-1",
        title="Phase-resolved Higgs response in superconducting cuprates",
        repository_url="https://github.com/hzdr/TELBE-raw-data-evaluation",
        dataset_dois=("10.14278/rodare.277",),
    ),
    RealPaper(
        doi="10.3233/bsi-170167",
        title="Publication 10.3233/BSI-170167 (title not looked up yet)",
        repository_url="https://github.com/DAAA-reference-data/SANS",
    ),
)
