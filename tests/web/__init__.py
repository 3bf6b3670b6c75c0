"""What tests of pages share: a site to test, people, and a browser without a screen."""

from tests.web.browser import Browser
from tests.web.site import PASSWORD, add_user, make_application

__all__ = ["PASSWORD", "Browser", "add_user", "make_application"]
