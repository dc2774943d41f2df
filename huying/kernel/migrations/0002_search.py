from django.db import migrations

from huying.kernel.search.engine import engine


def create(apps, schema_editor):
    engine(connection=schema_editor.connection).create()


def drop(apps, schema_editor):
    engine(connection=schema_editor.connection).drop()


class Migration(migrations.Migration):
    """The search index's own tables, which no model describes: each database has its kind of full-text index."""

    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
