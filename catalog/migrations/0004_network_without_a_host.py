from django.db import migrations


def forwards(apps, _schema_editor):
    """Whoever asked for the network as such asks on, and has named no host yet."""
    apps.get_model("catalog", "Target").objects.filter(needs_network=True).update(is_host_missing=True)


def backwards(apps, _schema_editor):
    """A target that names hosts, or should, needs the network."""
    targets = apps.get_model("catalog", "Target").objects
    targets.exclude(allowed_hosts=[]).update(needs_network=True)
    targets.filter(is_host_missing=True).update(needs_network=True)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_targets_name_their_hosts"),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
