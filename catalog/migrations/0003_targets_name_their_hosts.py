from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_environments"),
    ]

    operations = [
        migrations.AddField(
            model_name="target",
            name="allowed_hosts",
            field=models.JSONField(
                blank=True, default=list, help_text="hosts that its notebook may reach; no network when empty"
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="is_host_missing",
            field=models.BooleanField(
                default=False, help_text="it asks for the network, from before hosts were named, and names none"
            ),
        ),
    ]
