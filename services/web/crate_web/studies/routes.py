"""Pages of studies, and the papers that anybody may read."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import ReadSession
from crate_core.domain.roles import Role
from crate_core.domain.study import missing_for_contact
from crate_core.models import Document, Study
from crate_web import access
from crate_web.documents import content_of, pdf_response
from crate_web.feature import Feature, NavigationEntry
from crate_web.forms import FormState, parse
from crate_web.listing import Query, csv_download, read_query
from crate_web.requests import PageRequest
from crate_web.routing import UPLOAD_BODY_BYTES, page
from crate_web.studies import queries
from crate_web.studies.forms import FLAGS, StudyForm, form_of
from crate_web.studies.saving import Saving, read_papers

_KEPT_PDF = "PDFs that you chose are not kept when a form comes back: choose them again."


def show_list(request: PageRequest) -> Response:
    """List own studies; all of them for the research database manager (C2, C3)."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_studies(session, request.user, query)
    rows = [(study, missing_for_contact(study.facts)) for study in listing.items]
    return request.render("studies/list.html", listing=listing, rows=rows)


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                study.institutional_id,
                study.title,
                study.lead_researcher.full_name,
                "; ".join(missing_for_contact(study.facts)),
            )
            for study in queries.all_studies(session, request.user, _query(request))
        ]
    return csv_download("studies", ("Number", "Title", "Lead researcher", "Missing"), rows)


def show(request: PageRequest) -> Response:
    """Show one study; to the research database manager with its history."""
    with request.site.database.read() as session:
        study = _visible(queries.find_study(session, request.user, _number(request)))
        events = queries.history(session, study) if request.user.has(Role.RDBM) else ()
        names = queries.names_of(session, study.researcher_ids)
    return request.render(
        "studies/show.html",
        study=study,
        missing=missing_for_contact(study.facts),
        summary=study.summary,
        others=[name for user, name in names.items() if user != study.lead_researcher_id],
        flags=[
            (question, "yes" if getattr(study, name) else "no") for name, question in FLAGS.items()
        ],
        events=events,
        may_edit=request.user.has(Role.RDBM),
    )


def show_new(request: PageRequest) -> Response:
    """Show the empty form."""
    return _edit_page(request, FormState())


def create(request: PageRequest) -> Response:
    """Create a study."""
    read = _read(request)
    if isinstance(read, FormState):
        return _edit_page(request, read)
    if not request.site.database.write(read.create):
        return _edit_page(request, _number_is_taken(request))
    request.flash("The study is saved.")
    return request.redirect("studies.show", number=read.form.institutional_id)


def show_edit(request: PageRequest) -> Response:
    """Show the form with what is there."""
    study = _study(request)
    return _edit_page(request, form_of(study, request.site.settings.zone), study)


def change(request: PageRequest) -> Response:
    """Change a study."""
    study = _study(request)
    read = _read(request)
    if isinstance(read, FormState):
        return _edit_page(request, read, study)
    if not request.site.database.write(lambda session: read.change(session, study.id)):
        return _edit_page(request, _number_is_taken(request), study)
    request.flash("The study is saved.")
    return request.redirect("studies.show", number=read.form.institutional_id)


def show_details(request: PageRequest) -> Response:
    """Give what patients read about a study (C121)."""
    return _paper(request, "details")


def show_form(request: PageRequest) -> Response:
    """Give the researchers' form that a clinician fills in."""
    return _paper(request, "form")


def show_leaflet(request: PageRequest) -> Response:
    """Give a leaflet; anybody may read it (C121)."""
    with request.site.database.read() as session:
        leaflet = queries.find_leaflet(session, request.path_params["name"])
        if leaflet is None or leaflet.document_id is None:
            raise HTTPException(404)
        content = content_of(session, leaflet.document_id)
    return pdf_response(content, f"{leaflet.name}.pdf")


def _paper(request: PageRequest, part: str) -> Response:
    """Give a PDF of a study: to anybody once it may be sent to patients, before that to its people."""
    with request.site.database.read() as session:
        study = queries.study_by_number(session, _number(request))
        if study is None or not (_is_published(study) or _belongs_to(study, request)):
            raise HTTPException(404)
        document: Document | None = (
            study.details_document if part == "details" else study.form_document
        )
        if document is None:
            raise HTTPException(404)
        content = content_of(session, document.id)
    return pdf_response(content, f"study-{study.institutional_id}-{part}.pdf")


def _is_published(study: Study) -> bool:
    return not missing_for_contact(study.facts)


def _belongs_to(study: Study, request: PageRequest) -> bool:
    visitor = request.visitor
    return visitor is not None and (
        visitor.has(Role.RDBM)
        or (visitor.has(Role.RESEARCHER) and visitor.user_id in study.researcher_ids)
    )


def _read(request: PageRequest) -> Saving | FormState:
    """Return what is to be saved, or the form with what is wrong."""
    form = parse(StudyForm, request.form_data)
    if isinstance(form, FormState):
        return _with_note_on_files(request, form)
    state = _typed(request)
    papers = read_papers(
        form, max_bytes=request.site.settings.max_upload_bytes, now=request.now, wrong=state
    )
    with request.site.database.read() as session:
        known = {each.id for each in queries.people(session, _already_there(request, session))}
    if form.lead_researcher not in known:
        state.refuse("lead_researcher", "Choose the lead researcher")
    if not known.issuperset(form.researchers):
        state.refuse("researchers", "Choose researchers from the list")
    if state.errors:
        return _with_note_on_files(request, state)
    return Saving(form, papers, request.user.user_id, request.address, request.site.settings.zone)


def _already_there(request: PageRequest, session: ReadSession) -> frozenset[int]:
    if "number" not in request.path_params:
        return frozenset()
    study = queries.study_by_number(session, _number(request))
    return study.researcher_ids if study else frozenset()


def _typed(request: PageRequest) -> FormState:
    data = request.form_data
    values: dict[str, str | list[str]] = {
        name: str(value) for name, value in data.items() if isinstance(value, str)
    }
    values["researchers"] = [str(value) for value in data.getlist("researchers")]
    return FormState(values)


def _with_note_on_files(request: PageRequest, form: FormState) -> FormState:
    """Say that a browser does not send a file twice, where one had been chosen."""
    for name in ("details_pdf", "form_pdf"):
        if getattr(request.form_data.get(name), "filename", ""):
            form.refuse(name, _KEPT_PDF)
    return form


def _number_is_taken(request: PageRequest) -> FormState:
    state = _typed(request).refuse("institutional_id", "Another study has this number")
    return _with_note_on_files(request, state)


def _edit_page(request: PageRequest, form: FormState, study: Study | None = None) -> Response:
    with request.site.database.read() as session:
        people = queries.people(session, study.researcher_ids if study else frozenset())
    return request.render(
        "studies/edit.html",
        form=form,
        study=study,
        flags=FLAGS,
        people=[(str(each.id), f"{each.full_name} ({each.username})") for each in people],
        megabytes=request.site.settings.max_upload_bytes // (1024 * 1024),
    )


def _study(request: PageRequest) -> Study:
    with request.site.database.read() as session:
        return _visible(queries.study_by_number(session, _number(request)))


def _visible(study: Study | None) -> Study:
    if study is None:
        raise HTTPException(404)
    return study


def _number(request: PageRequest) -> int:
    number: int = request.path_params["number"]
    if number >= 2**63:
        # No key can be it, and drivers raise: anybody may ask for the papers of a study.
        raise HTTPException(404)
    return number


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="number",
        page_size=request.user.rows_per_page,
    )


_readers = access.role(Role.RESEARCHER, Role.RDBM)
_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="studies",
    title="Studies",
    folder=Path(__file__).parent,
    routes=[
        page("/studies", show_list, access=_readers, name="studies"),
        page("/studies.csv", download_list, access=_readers, name="studies.csv"),
        page("/studies/new", show_new, access=_rdbm, name="studies.new"),
        page(
            "/studies/new",
            create,
            access=_rdbm,
            name="studies.new",
            methods=["POST"],
            max_body_bytes=UPLOAD_BODY_BYTES,
        ),
        page("/studies/{number:int}", show, access=_readers, name="studies.show"),
        page("/studies/{number:int}/edit", show_edit, access=_rdbm, name="studies.edit"),
        page(
            "/studies/{number:int}/edit",
            change,
            access=_rdbm,
            name="studies.edit",
            methods=["POST"],
            max_body_bytes=UPLOAD_BODY_BYTES,
        ),
        page(
            "/studies/{number:int}/details.pdf",
            show_details,
            access=access.public,
            name="studies.details",
        ),
        page(
            "/studies/{number:int}/form.pdf", show_form, access=access.public, name="studies.form"
        ),
        page("/leaflets/{name}.pdf", show_leaflet, access=access.public, name="leaflet"),
    ],
    navigation=[
        NavigationEntry("Studies", "studies", frozenset({Role.RESEARCHER, Role.RDBM}), order=50)
    ],
)
