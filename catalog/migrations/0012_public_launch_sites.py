from django.db import migrations

# Each can be switched off or changed by the operator; what was changed under the same name is left alone.
SITES = (
    {
        "name": "mybinder.org",
        "template": "https://mybinder.org/v2/{binder}?labpath={notebook}",
        "note": "For everybody. It builds the environment as of today, and wants an environment file in the repository.",
        "position": 50,
    },
    {
        "name": "EGI Replay",
        "template": "https://replay.notebooks.egi.eu/v2/{binder}?labpath={notebook}",
        "note": "With an account of EGI Check-in. It builds the environment as of today.",
        "position": 60,
    },
)


def forwards(apps, _schema_editor):
    """Offer the BinderHubs that anybody in research can use."""
    sites = apps.get_model("catalog", "LaunchSite").objects
    for site in SITES:
        sites.get_or_create(name=site["name"], defaults=site)


def backwards(apps, _schema_editor):
    """Take them back where they are as they were."""
    for site in SITES:
        apps.get_model("catalog", "LaunchSite").objects.filter(name=site["name"], template=site["template"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_launch_sites"),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
