from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reproduce", "0007_certificates")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="repetitions",
            field=models.JSONField(
                default=dict, help_text="{subject, runs}: how each run ended, of a notebook that was run more than once"
            ),
        ),
    ]
