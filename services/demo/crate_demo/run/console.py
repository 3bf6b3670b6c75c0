"""Shows the logs of several processes in one terminal."""

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

_COLOURS = (36, 32, 35, 33, 34, 96, 92, 95)
_RESET = "\x1b[0m"
_SHOWN_ELSEWHERE = {"time", "level", "event", "service", "logger"}
_LOUD = {"warning": 33, "error": 31, "critical": 31}


class Console:
    """Writes lines with the name of the process they come from, in its colour."""

    def __init__(self, names: tuple[str, ...], stream: TextIO = sys.stdout) -> None:
        """Keep a colour for each of `names`; there are none where `stream` is no terminal."""
        self._stream = stream
        self._coloured = stream.isatty()
        self._width = max(map(len, names), default=0)
        self._colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}

    def log(self, name: str, line: str) -> None:
        """Show one line of a process; its JSON becomes words."""
        label = self._paint(f"{name:<{self._width}} |", self._colours.get(name))
        self._write(f"{label} {self._readable(line)}")

    def say(self, text: str) -> None:
        """Show something of our own."""
        self._write(text)

    def _readable(self, line: str) -> str:
        try:
            entry = json.loads(line)
        except ValueError:
            return line
        if not isinstance(entry, dict) or "event" not in entry:
            return line
        return self._entry(entry)

    def _entry(self, entry: Mapping[str, Any]) -> str:
        level = str(entry.get("level", "info"))
        time = str(entry.get("time", ""))[11:19]
        values = " ".join(
            f"{key}={value}" for key, value in entry.items() if key not in _SHOWN_ELSEWHERE
        )
        event = " ".join(str(entry["event"]).split())
        words = " ".join(part for part in (time, level, event, values) if part)
        return self._paint(words, _LOUD.get(level))

    def _paint(self, text: str, colour: int | None) -> str:
        return f"\x1b[{colour}m{text}{_RESET}" if self._coloured and colour else text

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()
