from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_data_and_output_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="facility",
            name="resources",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="what its runs ask of a batch system: catalog.resources, docs/operations.md",
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="resources",
            field=models.JSONField(blank=True, default=dict, help_text="what it asks of a batch system"),
        ),
    ]
