"""How the settings say that notebooks are confined."""

from __future__ import annotations

import os

from django.conf import settings

from builder.engines.containers.client import NO_PROGRAM
from reproduce.runner.job import Apptainer, Container


def configured_container() -> Container | None:
    """Return the container engine of the settings, with the image for environments of this machine, if there is one."""
    program = settings.REPRISE_CONTAINER_ENGINE
    if program == NO_PROGRAM:
        return None
    # The runner inherits nothing, so what the client would find by itself must be told.
    own = os.environ.get("CONTAINER_HOST" if program == "podman" else "DOCKER_HOST", "")
    return Container(program, settings.REPRISE_CONTAINER_HOST or own, settings.REPRISE_RUN_IMAGE)


def configured_apptainer() -> Apptainer:
    """Return Apptainer with the image for environments of this machine; those that are images bring their own root."""
    return Apptainer(image=settings.REPRISE_RUN_SIF)
