"""The features of the RDBM's pages, in the order in which their routes are tried."""

from crate_web.feature import Feature
from crate_web.rdbm.audit_log.routes import feature as audit_log
from crate_web.rdbm.jobs.routes import feature as jobs
from crate_web.rdbm.leaflets.routes import feature as leaflets
from crate_web.rdbm.letters.routes import feature as letters
from crate_web.rdbm.mails.routes import feature as mails
from crate_web.rdbm.manage.routes import feature as manage
from crate_web.rdbm.patients.routes import feature as patients
from crate_web.rdbm.queue.routes import feature as queue
from crate_web.rdbm.replies.routes import feature as replies
from crate_web.rdbm.stories.routes import feature as stories
from crate_web.rdbm.users.routes import feature as users

RDBM_FEATURES: tuple[Feature, ...] = (
    queue,
    letters,
    replies,
    patients,
    stories,
    mails,
    jobs,
    users,
    leaflets,
    audit_log,
    manage,
)
