"""Settings: typed, from the environment and one YAML file; wrong ones stop the start."""

from crate_core.settings.loading import Service, load_settings, require
from crate_core.settings.model import Settings

__all__ = ["Service", "Settings", "load_settings", "require"]
