"""Before the database holds it: one technique for each term of PaNET, identifiers of techniques and facilities as such."""

from collections.abc import Callable
from typing import Any

from django.db import migrations

from catalog.causes import CausedError
from catalog.identifiers import panet_iri, parse_ror


def mend(apps: Any, _schema_editor: Any) -> None:  # noqa: ANN401 - the models as they were then
    facilities, techniques = apps.get_model("catalog", "Facility"), apps.get_model("catalog", "Technique")
    for facility in facilities.objects.exclude(ror=""):
        facilities.objects.filter(pk=facility.pk).update(ror=_or_nothing(parse_ror, facility.ror))
    kept: dict[str, Any] = {}
    for technique in techniques.objects.exclude(panet_id="").order_by("pk"):
        panet_id = _or_nothing(panet_iri, technique.panet_id).rpartition("/")[2]
        techniques.objects.filter(pk=technique.pk).update(panet_id=panet_id)
        if not panet_id or kept.setdefault(panet_id, technique) is technique:
            continue
        kept[panet_id].publications.add(*technique.publications.all())
        technique.delete()


def _or_nothing(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except CausedError:
        return ""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_review_links")]

    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
