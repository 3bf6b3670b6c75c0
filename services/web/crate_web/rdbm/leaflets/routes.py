"""Pages of leaflets: which there are, and putting another PDF in place of one (C114, C122, C123)."""

from pathlib import Path

from sqlalchemy import select
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import WriteSession
from crate_core.domain.leaflets import LeafletName
from crate_core.domain.roles import Role
from crate_core.models import Document, Leaflet
from crate_core.pdf import UploadRefused
from crate_web import access
from crate_web.documents import fresh, read_upload, remove_if_unused
from crate_web.feature import Feature
from crate_web.forms import FormState
from crate_web.rdbm.noting import note
from crate_web.requests import PageRequest
from crate_web.routing import UPLOAD_BODY_BYTES, page

TITLES = {
    LeafletName.TAKING_PART: "Taking part in research",
    LeafletName.NATIONAL: "National leaflet",
    LeafletName.TRAFFIC_LIGHT_CHOICE: "The traffic-light choice",
    LeafletName.FOR_STAFF: "Guide for clinicians and researchers",
}
_USES = {
    LeafletName.TAKING_PART: "Goes into every pack for a patient",
    LeafletName.NATIONAL: "Published only",
    LeafletName.TRAFFIC_LIGHT_CHOICE: "Clinicians hand it out",
    LeafletName.FOR_STAFF: "Linked from the clinician's page",
}


def show_list(request: PageRequest) -> Response:
    """List the leaflets, each with its form."""
    return _list_page(request, FormState())


def replace(request: PageRequest) -> Response:
    """Put another PDF in place of a leaflet's; the old one goes if nothing else needs it."""
    name = request.path_params["name"]
    if name not in set(LeafletName):
        raise HTTPException(404)
    upload = request.form_data.get("pdf")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return _list_page(request, FormState().refuse(f"pdf-{name}", "Choose a PDF"))
    try:
        paper = read_upload(
            upload,
            filename=f"{name}.pdf",
            max_bytes=request.site.settings.max_upload_bytes,
            now=request.now,
        )
    except UploadRefused as refused:
        return _list_page(request, FormState().refuse(f"pdf-{name}", str(refused)))
    changed = request.site.database.write(
        lambda session: _replace(session, request, LeafletName(name), paper)
    )
    if changed:
        request.flash("The leaflet is replaced. Packs made from now on have the new one.")
    else:
        request.flash("This PDF is the leaflet already.", "info")
    return request.redirect("rdbm.leaflets")


def _replace(
    session: WriteSession, request: PageRequest, name: LeafletName, paper: Document
) -> bool:
    leaflet = session.scalar(select(Leaflet).where(Leaflet.name == name))
    if leaflet is None:
        leaflet = Leaflet(name=name, title=TITLES[name])
        session.add(leaflet)
    before = leaflet.document
    if before is not None and before.sha256 == paper.sha256:
        return False
    leaflet.document = fresh(paper)
    session.flush()
    if before is not None:
        remove_if_unused(session, before.id)
    note(
        session,
        request,
        AuditKind.LEAFLET_CHANGED,
        f"leaflet:{name}",
        sha256=[before.sha256 if before else "", paper.sha256],
    )
    return True


def _list_page(request: PageRequest, form: FormState) -> Response:
    with request.site.database.read() as session:
        leaflets = {
            leaflet.name: (leaflet, leaflet.document)
            for leaflet in session.scalars(select(Leaflet))
        }
    return request.render(
        "rdbm_leaflets/list.html",
        form=form,
        names=[(name.value, TITLES[name], _USES[name]) for name in LeafletName],
        leaflets=leaflets,
        megabytes=request.site.settings.max_upload_bytes // (1024 * 1024),
    )


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_leaflets",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/leaflets", show_list, access=_rdbm, name="rdbm.leaflets"),
        page(
            "/rdbm/leaflets/{name}",
            replace,
            access=_rdbm,
            name="rdbm.leaflet",
            methods=["POST"],
            max_body_bytes=UPLOAD_BODY_BYTES,
        ),
    ],
)
