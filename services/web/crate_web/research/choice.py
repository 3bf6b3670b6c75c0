"""Which of the site's research databases a page is about."""

from starlette.exceptions import HTTPException

from crate_core.settings.research import ResearchDatabase
from crate_web.requests import PageRequest
from crate_web.research.databases import find_database


def database_asked_for(request: PageRequest, name: str) -> ResearchDatabase:
    """Return the database of this name, else the default one; 404 where the site has none."""
    databases = request.site.settings.research_databases
    if not databases:
        raise HTTPException(404, "This site has no research database.")
    return find_database(databases, name) or databases[0]


def database_options(request: PageRequest) -> list[tuple[str, str]]:
    """Return name and label of each database."""
    return [(each.name, each.label) for each in request.site.settings.research_databases]
