"""The feature packages of the site, in the order in which their routes are tried."""

from crate_web.auth.routes import feature as auth
from crate_web.clinician.routes import feature as clinician
from crate_web.contact.routes import feature as contact
from crate_web.feature import Feature
from crate_web.frame.routes import feature as frame
from crate_web.rdbm.features import RDBM_FEATURES
from crate_web.research.routes import feature as research
from crate_web.respond.routes import feature as respond
from crate_web.studies.routes import feature as studies

FEATURES: tuple[Feature, ...] = (
    frame,
    auth,
    research,
    contact,
    clinician,
    studies,
    respond,
    *RDBM_FEATURES,
)
