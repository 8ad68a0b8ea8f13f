# What is known of publications, datasets, techniques and instruments, and which records stand for which publication.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0020_techniques_once_per_term"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Instrument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("pid", models.CharField(blank=True, max_length=300, verbose_name="identifier")),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RecordReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_index=True, max_length=400)),
            ],
        ),
        migrations.CreateModel(
            name="TechniqueAncestor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.AddField(
            model_name="dataset",
            name="contributors",
            field=models.JSONField(blank=True, default=list, help_text="as of publications"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="dataset",
            name="creators",
            field=models.JSONField(blank=True, default=list, help_text="as of publications"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="description",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="embargo_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="facility",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="datasets",
                to="catalog.facility",
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="funding",
            field=models.JSONField(blank=True, default=list, help_text="[{funder, identifier, award, award_title}]"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="language",
            field=models.CharField(blank=True, help_text="a BCP 47 tag", max_length=35),
        ),
        migrations.AddField(
            model_name="dataset",
            name="licence",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="dataset",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="parts",
                to="catalog.dataset",
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="published_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="published_precision",
            field=models.CharField(
                choices=[("year", "the year alone"), ("month", "year and month"), ("day", "the day")],
                default="day",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="publisher",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="dataset",
            name="publisher_ror",
            field=models.URLField(blank=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="related",
            field=models.JSONField(
                blank=True, default=list, help_text="[{relation, identifier, kind}], as the source says"
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="repository",
            field=models.CharField(blank=True, help_text="name of the repository that holds it", max_length=300),
        ),
        migrations.AddField(
            model_name="dataset",
            name="size_bytes",
            field=models.PositiveBigIntegerField(blank=True, help_text="of all files; their sum if empty", null=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="subjects",
            field=models.JSONField(blank=True, default=list, help_text="[{text, uri, scheme, scheme_uri}]: keywords"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="techniques",
            field=models.ManyToManyField(blank=True, related_name="datasets", to="catalog.technique"),
        ),
        migrations.AddField(
            model_name="dataset",
            name="updated_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name="dataset",
            name="version",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="publication",
            name="contributors",
            field=models.JSONField(blank=True, default=list, help_text="as creators, each with a role"),
        ),
        migrations.AddField(
            model_name="publication",
            name="funding",
            field=models.JSONField(blank=True, default=list, help_text="[{funder, identifier, award, award_title}]"),
        ),
        migrations.AddField(
            model_name="publication",
            name="language",
            field=models.CharField(blank=True, help_text="a BCP 47 tag such as en or pt-BR", max_length=35),
        ),
        migrations.AddField(
            model_name="publication",
            name="published_precision",
            field=models.CharField(
                choices=[("year", "the year alone"), ("month", "year and month"), ("day", "the day")],
                default="day",
                help_text="how much of the date is known",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="related",
            field=models.JSONField(
                blank=True, default=list, help_text="[{relation, identifier, kind}], as the source says"
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="subjects",
            field=models.JSONField(blank=True, default=list, help_text="[{text, uri, scheme, scheme_uri}]: keywords"),
        ),
        migrations.AddField(
            model_name="publication",
            name="type",
            field=models.CharField(
                blank=True, help_text="as the source calls it: journal-article, Preprint", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="technique",
            name="definition",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="technique",
            name="is_deprecated",
            field=models.BooleanField(default=False, help_text="kept for what names it; not offered any more"),
        ),
        migrations.AddField(
            model_name="technique",
            name="parents",
            field=models.ManyToManyField(
                blank=True, help_text="the next broader techniques", related_name="children", to="catalog.technique"
            ),
        ),
        migrations.AddField(
            model_name="technique",
            name="release",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="technique",
            name="synonyms",
            field=models.JSONField(blank=True, default=list, help_text="other names"),
        ),
        migrations.AlterField(
            model_name="dataset",
            name="files",
            field=models.JSONField(
                blank=True, default=list, help_text="[{path, size_bytes, sha256 or md5, media_type, url}]"
            ),
        ),
        migrations.AlterField(
            model_name="publication",
            name="creators",
            field=models.JSONField(
                default=list, help_text="[{name, given, family, orcid, affiliations: [{name, ror}], is_group}]"
            ),
        ),
        migrations.AlterField(
            model_name="technique",
            name="name",
            field=models.CharField(max_length=200),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.CheckConstraint(
                condition=models.Q(("ror", ""), ("ror__startswith", "https://ror.org/0"), _connector="OR"),
                name="facility_ror_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="technique",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_deprecated", False)), fields=("name",), name="technique_name_once_in_use"
            ),
        ),
        migrations.AddConstraint(
            model_name="technique",
            constraint=models.UniqueConstraint(
                condition=models.Q(("panet_id", ""), _negated=True),
                fields=("panet_id",),
                name="technique_once_per_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="technique",
            constraint=models.CheckConstraint(
                condition=models.Q(("panet_id", ""), ("panet_id__startswith", "PaNET"), _connector="OR"),
                name="technique_panet_id_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="technique",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="technique_has_a_name"
            ),
        ),
        migrations.AddField(
            model_name="instrument",
            name="facility",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="instruments",
                to="catalog.facility",
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="instruments",
            field=models.ManyToManyField(blank=True, related_name="datasets", to="catalog.instrument"),
        ),
        migrations.AddField(
            model_name="publication",
            name="instruments",
            field=models.ManyToManyField(blank=True, related_name="publications", to="catalog.instrument"),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="dataset_has_a_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("access__in", ["open", "embargoed", "restricted", "unknown"])),
                name="dataset_access_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("published_precision__in", ["year", "month", "day"])),
                name="dataset_precision_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publisher_ror", ""), ("publisher_ror__startswith", "https://ror.org/0"), _connector="OR"
                ),
                name="dataset_publisher_ror_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("pk")), _negated=True), _connector="OR"
                ),
                name="dataset_is_no_part_of_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(("published_precision__in", ["year", "month", "day"])),
                name="publication_precision_is_known",
            ),
        ),
        migrations.AddField(
            model_name="recordreason",
            name="publication",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="record_reasons",
                to="catalog.publication",
            ),
        ),
        migrations.AddField(
            model_name="techniqueancestor",
            name="ancestor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="below", to="catalog.technique"
            ),
        ),
        migrations.AddField(
            model_name="techniqueancestor",
            name="technique",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="closure", to="catalog.technique"
            ),
        ),
        migrations.AddConstraint(
            model_name="instrument",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="instrument_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="instrument",
            constraint=models.UniqueConstraint(
                condition=models.Q(("pid", ""), _negated=True), fields=("pid",), name="instrument_once_per_pid"
            ),
        ),
        migrations.AddConstraint(
            model_name="instrument",
            constraint=models.UniqueConstraint(fields=("facility", "name"), name="instrument_name_once_per_facility"),
        ),
        migrations.AddConstraint(
            model_name="instrument",
            constraint=models.UniqueConstraint(
                condition=models.Q(("facility__isnull", True)),
                fields=("name",),
                name="instrument_name_once_without_facility",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordreason",
            constraint=models.UniqueConstraint(fields=("publication", "key"), name="record_reason_once"),
        ),
        migrations.AddIndex(
            model_name="techniqueancestor",
            index=models.Index(fields=["ancestor", "technique"], name="technique_below"),
        ),
        migrations.AddConstraint(
            model_name="techniqueancestor",
            constraint=models.UniqueConstraint(fields=("technique", "ancestor"), name="technique_ancestor_once"),
        ),
    ]
