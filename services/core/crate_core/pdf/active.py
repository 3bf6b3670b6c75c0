"""Finding what a PDF could do besides being read: scripts, programs, forms that send, hidden files."""

from collections.abc import Iterator

import pikepdf

_ACTIONS = {
    "/JavaScript": "a script",
    "/Launch": "an action that starts a program",
    "/SubmitForm": "a form that sends itself",
    "/ImportData": "an action that loads data",
    "/GoToE": "a link to an embedded file",
    "/GoToR": "a link to another file",
    "/Rendition": "an action that plays media",
    "/Movie": "an action that plays media",
    "/Sound": "an action that plays media",
    "/RichMediaExecute": "an action that plays media",
}
_ANNOTATIONS = {
    "/FileAttachment": "an attached file",
    "/Movie": "embedded media",
    "/Sound": "embedded media",
    "/Screen": "embedded media",
    "/RichMedia": "embedded media",
    "/3D": "embedded media",
}
_KEYS = {
    "/JS": "a script",
    "/JavaScript": "a script",
    "/AA": "actions that start by themselves",
    "/EmbeddedFiles": "an embedded file",
    "/EF": "an embedded file",
    "/XFA": "a scripted (XFA) form",
}


def active_content(pdf: pikepdf.Pdf) -> str | None:
    """Say what kind of active content a PDF holds.

    Every object of the file is looked at, reachable from the pages or not: what is not
    reachable for one reader is for another.

    Args:
        pdf: An opened document.

    Returns:
        Words for people, such as "a script"; None when there is nothing of the kind.
    """
    return next(
        (finding for entry in _dictionaries(pdf) if (finding := _finding(entry))),
        None,
    )


def _finding(entry: pikepdf.Object) -> str | None:
    keys = set(entry.keys())
    for key, words in _KEYS.items():
        if key in keys:
            return words
    # Only dictionaries with the mark of an action or an annotation are judged by their subtype:
    # /S and /Subtype mean harmless things elsewhere.
    return _ACTIONS.get(_name(entry, "/S")) or _ANNOTATIONS.get(_name(entry, "/Subtype"))


def _name(entry: pikepdf.Object, key: str) -> str:
    value = entry.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Each dictionary of the file once, those inside other objects included."""
    seen = pikepdf.ObjectSet()
    pending: list[object] = [pdf.trailer, *pdf.objects]
    while pending:
        item = pending.pop()
        if isinstance(item, pikepdf.Array):
            if seen.add(item):
                pending.extend(item)
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream) and seen.add(item):
            yield item
            pending.extend(item.get(key) for key in item.keys())  # noqa: SIM118 (not a dict)
