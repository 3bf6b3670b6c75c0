"""Home by role, help, and the pages behind the footer's links."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.domain.roles import Role
from crate_web import access
from crate_web.feature import Feature, HomeSection
from crate_web.refusals import ROLE_NAMES
from crate_web.requests import PageRequest
from crate_web.routing import page

HELP_TOPICS = {
    "signing-in": "Signing in and your account",
    "using-the-site": "Lists, forms and the keyboard",
    "researchers": "For researchers",
    "clinicians": "For clinicians",
    "managers": "For research database managers",
}


def home(request: PageRequest) -> Response:
    """Show one card for each role, with what its feature reads for it."""
    visitor = request.user
    sections = _sections_of(request)
    with request.site.database.read() as session:
        loaded = [
            (section, dict(section.load(session, visitor, request.now))) for section in sections
        ]
    covered = {section.role for section in sections}
    cards = [
        (f"As {ROLE_NAMES[role]}", request.site.pages.links_of(role))
        for role in Role
        if role in visitor.roles - covered and request.site.pages.links_of(role)
    ]
    if more := request.site.pages.links_beyond(visitor.roles):
        cards.append(("More", more))
    return request.render("frame/home.html", sections=loaded, cards=cards)


def about(request: PageRequest) -> Response:
    """Say what this is, and which version."""
    return request.render("frame/about.html")


def accessibility(request: PageRequest) -> Response:
    """Show the site's words on accessibility."""
    return request.render("frame/accessibility.html")


def privacy(request: PageRequest) -> Response:
    """Show the site's words on privacy."""
    return request.render("frame/privacy.html")


def show_help(request: PageRequest) -> Response:
    """List the topics."""
    return request.render("frame/help.html", topics=HELP_TOPICS)


def show_topic(request: PageRequest) -> Response:
    """Show one topic; 404 for others."""
    topic = request.path_params["topic"]
    if topic not in HELP_TOPICS:
        raise HTTPException(404)
    return request.render(f"frame/help/{topic}.html", title=HELP_TOPICS[topic])


def _sections_of(request: PageRequest) -> list[HomeSection]:
    roles = request.user.roles
    sections = [
        section
        for feature in request.site.features
        for section in feature.home
        if section.role in roles
    ]
    return sorted(sections, key=lambda section: section.order)


feature = Feature(
    name="frame",
    title="",
    folder=Path(__file__).parent,
    routes=[
        page("/", home, access=access.anyone_signed_in, name="home"),
        page("/about", about, access=access.public, name="about"),
        page("/accessibility", accessibility, access=access.public, name="accessibility"),
        page("/privacy", privacy, access=access.public, name="privacy"),
        page("/help", show_help, access=access.public, name="help"),
        page("/help/{topic}", show_topic, access=access.public, name="help.topic"),
    ],
)
