"""Whether a kernel that waits answers; and the first use of what is slow the first time."""

from __future__ import annotations

import json
from typing import Final

from jupyter_core.utils import run_sync
from nbformat.v4 import new_code_cell, new_notebook

from reproduce.runner.connected import Connected, KernelNotStartedError
from reproduce.runner.job import Job
from reproduce.runner.notebook import finish_notebook, prepare_notebook

_REHEARSED: Final = json.dumps({**new_notebook(), "cells": [new_code_cell("1")]}).encode()


def is_answering(connected: Connected) -> bool:
    """Wait until the kernel has answered; False when it ended or said nothing. Nothing is executed in it."""
    try:
        run_sync(connected.wait_until_ready)()
    except KernelNotStartedError:
        return False
    return True


def rehearse(job: Job) -> None:
    """Prepare and finish a notebook that nobody sees."""
    finish_notebook(prepare_notebook(_REHEARSED, job), job, "completed")
