"""Pages on which the RDBM gives a question to another clinician (consent spec 0, clinician link)."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.contact_requests import end_question
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.jobs import Task, ask_again
from crate_core.models import ClinicianResponse, ContactRequest
from crate_web.forms import FormState, parse, state_of
from crate_web.rdbm.noting import note
from crate_web.rdbm.stories import queries
from crate_web.rdbm.stories.actions import may_be_asked_anew, status_in_words
from crate_web.rdbm.stories.forms import ReassignForm
from crate_web.requests import PageRequest


def show_reassign(request: PageRequest) -> Response:
    """Show the form that names another clinician, or the request if nobody else can be asked now."""
    return _answer(request, FormState())


def reassign(request: PageRequest) -> Response:
    """Check who is to be asked, show it once more, and ask them when it is confirmed."""
    return _answer(request, parse(ReassignForm, request.form_data))


def _answer(request: PageRequest, form: ReassignForm | FormState) -> Response:
    with request.site.database.read() as session:
        found = queries.find_request(session, request.path_params["code"])
    if found is None:
        raise HTTPException(404)
    asked = found.clinician_response
    if asked is None or not may_be_asked_anew(
        Status(found.status), answered=asked.answered_at is not None
    ):
        return _moved_on(request, found)
    if isinstance(form, FormState):
        return _form_page(request, found, form)
    permitted = request.site.settings.permitted_email_domains
    wrong = form.problems(present=(asked.name, asked.email), permitted=permitted)
    if wrong or form.change:
        return _form_page(request, found, wrong or state_of(form))
    if not form.confirmed:
        return _check_page(request, found, form)
    if not _ask_instead(request, found, asked, form):
        return _moved_on(request, found)
    request.flash(
        f"{form.name} will be asked instead, unless the patient may not be asked any more. The earlier"
        " links have ended."
    )
    return request.redirect("rdbm.story", code=found.code)


def _ask_instead(
    request: PageRequest, found: ContactRequest, asked: ClinicianResponse, form: ReassignForm
) -> bool:
    def work(session: WriteSession) -> bool:
        if not queries.name_clinician(session, asked.id, form):
            return False
        end_question(session, found.id, asked.id, request.now)
        ask_again(session, Task.REISSUE_CLINICIAN_LINK, asked.id)
        note(
            session,
            request,
            AuditKind.CLINICIAN_REASSIGNED,
            f"request:{found.code}",
            before=asked.email,
            to=form.email,
        )
        return True

    return request.site.database.write(work)


def _moved_on(request: PageRequest, found: ContactRequest) -> Response:
    request.flash("Nothing was changed: no clinician can be asked about this request now.", "info")
    return request.redirect("rdbm.story", code=found.code)


def _form_page(request: PageRequest, found: ContactRequest, form: FormState) -> Response:
    return request.render("rdbm_stories/reassign.html", form=form, found=found)


def _check_page(request: PageRequest, found: ContactRequest, form: ReassignForm) -> Response:
    return request.render(
        "rdbm_stories/reassign_check.html",
        found=found,
        asked=form,
        state=status_in_words(found.status),
    )
