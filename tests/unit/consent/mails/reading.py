"""HTML mails read as a person reads them, so that they can be compared with the text."""

import re
from html.parser import HTMLParser

_LINE_OF_DASHES = re.compile(r"^-{2,}$", re.MULTILINE)
_UNSEEN = {"head", "style", "script"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._unseen += tag in _UNSEEN
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        self.seen.append({"strong": "*** "}.get(tag, " "))

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        ends = {"th": ": ", "strong": " *** ", "a": f": {self.links[-1] if self.links else ''} "}
        self.seen.append(ends.get(tag, " "))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.seen.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def words_of_html(html: str) -> list[str]:
    """Return the words as the text mail would show them: links with their address, rows with a colon."""
    return "".join(_read(html).seen).replace(" :", ":").split()


def words_of_text(text: str) -> list[str]:
    """Return the words without the lines that stand for headings and rules."""
    return _LINE_OF_DASHES.sub("", text).split()


def links(html: str) -> list[str]:
    """Return where the links lead, in order."""
    return _read(html).links


def tags(html: str) -> set[str]:
    """Return the names of all elements."""
    return _read(html).tags
