"""What a feature package gives the frame: routes, entries of the navigation, sections of the home page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.routing import BaseRoute

from crate_core.database import ReadSession
from crate_core.domain.roles import Role
from crate_web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One entry of the row of navigation, shown to whoever holds one of `roles`."""

    label: str
    route: str
    roles: frozenset[Role]
    order: int


@dataclass(frozen=True, slots=True)
class HomeSection:
    """What the home page shows to one role.

    `load` reads what `template` needs, in the one unit of work of the home page; the template gets
    its result as variables, beside those of every page.
    """

    role: Role
    heading: str
    template: str
    load: Callable[[ReadSession, Visitor, datetime], Mapping[str, object]]
    order: int = 100


@dataclass(frozen=True, slots=True)
class Feature:
    """A package of pages.

    Args:
        name: the package's name; its templates are "<name>/<file>", its files lie in `templates` of
            the package.
        title: the section in page titles, "" for none.
        folder: the package's folder.
        routes: made by `crate_web.routing.page`.
    """

    name: str
    title: str
    folder: Path
    routes: Sequence[BaseRoute]
    navigation: Sequence[NavigationEntry] = ()
    home: Sequence[HomeSection] = ()
