from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_network_without_a_host"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="target",
            name="needs_network",
        ),
    ]
