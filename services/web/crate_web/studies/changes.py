"""What a change of a study was, for the audit: the value before and after, by field."""

from collections.abc import Mapping

from crate_core.models import Study
from crate_web.studies.forms import FLAGS

_FIELDS = (
    "institutional_id",
    "title",
    "lead_researcher_id",
    "summary",
    "search_methods_planned",
    "registered_at",
    "local_approval_at",
    "rec_reference",
    *FLAGS,
)
Facts = Mapping[str, str]


def facts_of(study: Study) -> Facts:
    """Return everything that can change about a study, as text; PDFs by their hash."""
    facts = {name: _text(getattr(study, name)) for name in _FIELDS}
    facts["researchers"] = ", ".join(str(user) for user in sorted(study.researcher_ids))
    details, form = study.details_document, study.form_document
    facts["details_pdf"] = details.sha256[:16] if details else ""
    facts["form_pdf"] = form.sha256[:16] if form else ""
    return facts


def changes(before: Facts, after: Facts) -> dict[str, object]:
    """Return (before, after) of each field that differs."""
    return {
        name: [before.get(name, ""), value]
        for name, value in after.items()
        if before.get(name, "") != value
    }


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
