"""Adds the migration beside this file to those of the image, after the newest."""

from pathlib import Path

from alembic.script import ScriptDirectory

from crate_core.migrations import versions
from crate_core.migrations.running import config

head = ScriptDirectory.from_config(config()).get_current_head()
text = Path(__file__).with_name("next_schema.py").read_text(encoding="utf-8")
target = Path(versions.__path__[0]) / "9999_the_next_schema.py"
target.write_text(text.replace("@HEAD@", str(head)), encoding="utf-8")
