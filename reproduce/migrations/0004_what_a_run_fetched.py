from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reproduce", "0003_one_active_run_a_date"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="network",
            field=models.JSONField(blank=True, help_text="what was fetched and refused while it ran", null=True),
        ),
    ]
