"""Typesetting: a template and data become a tagged PDF."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import typst

from crate_consent.letters.glyphs import FONT_FOLDER, printable

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"

_TEMPLATES = Path(__file__).parent / "templates"


class Typesetter:
    """Turns templates into PDFs; made once a process, since it keeps fonts and templates ready.

    It may be made before a process is forked, but must not be used before: the compiler starts threads,
    which a fork does not copy, and would wait for them for ever.

    Templates see their own folder, the fonts of this package, and nothing else of the machine. Data
    reach them as JSON and are never read as markup.
    """

    def __init__(self) -> None:
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(FONT_FOLDER)],
        )
        self._compiler = typst.Compiler(
            root=str(_TEMPLATES), font_paths=fonts, ignore_system_fonts=True
        )
        self._used_in: int | None = None
        self._one_at_a_time = threading.Lock()  # the compiler keeps the data of its last call

    def typeset(self, template: str, data: Mapping[str, Data], made_at: datetime) -> bytes:
        """Make a PDF/UA-1 file; the same arguments give the same bytes.

        Args:
            template: Name of a template, without ".typ".
            data: What the template shows; characters without a glyph are replaced.
            made_at: The date of creation that is written into the file.

        Returns:
            The PDF.

        Raises:
            typst.TypstError: Template and data do not fit each other: a fault of this package.
            RuntimeError: It was used before this process was forked.
        """
        self._refuse_after_fork()
        text = json.dumps(_printable(dict(data)))
        with self._one_at_a_time:
            pdf = self._compiler.compile(
                input=str(_TEMPLATES / f"{template}.typ"),
                format="pdf",
                sys_inputs={"data": text},
                pdf_standards=["ua-1"],
                timestamp=int(made_at.timestamp()),
            )
        if not isinstance(pdf, bytes):
            raise TypeError("one PDF was expected")
        return pdf

    def _refuse_after_fork(self) -> None:
        process = os.getpid()
        if self._used_in not in {None, process}:
            raise RuntimeError("letters were made before this process was forked: make none there")
        self._used_in = process


def _printable(value: Data) -> Data:
    match value:
        case str():
            return printable(value)
        case list():
            return [_printable(item) for item in value]
        case dict():
            return {key: _printable(item) for key, item in value.items()}
        case _:
            return value
