"""Turns templates into pages: one environment for all features, and what every page gets."""

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup

from crate_core.domain.roles import Role
from crate_core.domain.study import plain_summary_to_paragraphs
from crate_web import formatting
from crate_web.assets import Assets
from crate_web.components import Components
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.forms import new_submission, option_items
from crate_web.paths import Urls
from crate_web.wording import SiteFacts

if TYPE_CHECKING:
    from crate_web.requests import PageRequest

_OWN_TEMPLATES = Path(__file__).parent / "templates"
MOST_ENTRIES = 6
Link = tuple[str, str, bool]
"""Label, address, whether it is the present section."""


class Pages:
    """Renders the pages of the site."""

    def __init__(
        self,
        features: Iterable[Feature],
        urls: Urls,
        assets: Assets,
        facts: SiteFacts,
        zone: ZoneInfo,
    ) -> None:
        """Make the environment; the templates of a feature are "<feature>/<file>"."""
        features = tuple(features)
        self._urls = urls
        self._titles = {
            entry.route: feature.title for feature in features for entry in feature.navigation
        }
        self._entries = sorted(
            (entry for feature in features for entry in feature.navigation), key=_order
        )
        self._environment = Environment(
            loader=_loader(features),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.do"],
        )
        self._environment.globals.update(
            site=facts,
            component=Components(),
            url=urls,
            asset=assets,
            new_submission=new_submission,
            option_items=option_items,
            include_section=self._section,
        )
        self._environment.filters.update(
            moment=partial(formatting.moment, zone=zone),
            day=formatting.day,
            local_day=partial(formatting.local_day, zone=zone),
            duration=formatting.duration,
            number=formatting.number,
            plural=formatting.plural,
            paragraphs=_paragraphs,
        )
        self.navigation = lru_cache(maxsize=512)(self._navigation)

    def render(self, request: "PageRequest", template: str, context: Mapping[str, object]) -> str:
        """Return the page as HTML.

        Every template has `request`, `visitor` (None when nobody is signed in), `navigation`,
        `site` (names and wording), `url`, `asset`, `component`, `now`, and what the handler gave.
        """
        visitor = request.visitor
        return self._environment.get_template(template).render(
            request=request,
            visitor=visitor,
            section=request.section,
            navigation=self.navigation(visitor.roles, request.section) if visitor else (),
            now=request.now,
            **context,
        )

    def _navigation(self, roles: frozenset[Role], section: str) -> tuple[Link, ...]:
        shown = [entry for entry in self._entries if entry.roles & roles][:MOST_ENTRIES]
        return tuple(
            (
                entry.label,
                self._urls(entry.route),
                bool(section) and self._titles[entry.route] == section,
            )
            for entry in shown
        )

    @pass_context
    def _section(
        self, context: Context, section: HomeSection, values: Mapping[str, object]
    ) -> Markup:
        template = self._environment.get_template(section.template)
        return Markup(template.render({**context.get_all(), **values}))  # noqa: S704 (rendered with autoescape)

    def links_beyond(self, roles: frozenset[Role]) -> tuple[Link, ...]:
        """Return what somebody with many roles may open that has no place in the row of navigation."""
        shown = [entry for entry in self._entries if entry.roles & roles][MOST_ENTRIES:]
        return tuple((entry.label, self._urls(entry.route), False) for entry in shown)

    def links_of(self, role: Role) -> tuple[Link, ...]:
        """Return what `role` may open, for its section of the home page."""
        return tuple(
            (entry.label, self._urls(entry.route), False)
            for entry in self._entries
            if role in entry.roles
        )


def _paragraphs(text: str) -> Markup:
    return Markup(plain_summary_to_paragraphs(text))  # noqa: S704 (each line is escaped)


def _order(entry: NavigationEntry) -> tuple[int, str]:
    return (entry.order, entry.label)


def _loader(features: Iterable[Feature]) -> BaseLoader:
    by_feature: dict[str, BaseLoader] = {
        feature.name: FileSystemLoader(feature.folder / "templates") for feature in features
    }
    return ChoiceLoader([FileSystemLoader(_OWN_TEMPLATES), PrefixLoader(by_feature)])
