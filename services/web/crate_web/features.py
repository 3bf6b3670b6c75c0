"""The feature packages of the site, in the order in which their routes are tried."""

from crate_web.auth.routes import feature as auth
from crate_web.feature import Feature
from crate_web.frame.routes import feature as frame
from crate_web.research.routes import feature as research

FEATURES: tuple[Feature, ...] = (frame, auth, research)
