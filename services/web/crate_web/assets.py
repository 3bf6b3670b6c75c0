"""Files that browsers may keep: served from memory under names that hold their hash."""

import gzip
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crate_core.telemetry.logs import get_logger

log = get_logger(__name__)

BUILT = Path(__file__).parent / "static" / "dist"
_FOR_EVER = "public, max-age=31536000, immutable"
_COMPRESSED = frozenset({".css", ".js", ".svg", ".json"})


@dataclass(frozen=True, slots=True)
class _File:
    plain: bytes
    gzipped: bytes | None
    media_type: str


class Assets:
    """What `npm run build` made, as addresses for templates and as an ASGI application below /static."""

    def __init__(self, folder: Path, prefix: str) -> None:
        """Read all files of `folder` (a few hundred kilobytes); without a manifest pages have no style."""
        self._prefix = f"{prefix}/static/"
        manifest = folder / "manifest.json"
        if manifest.is_file():
            self._names: dict[str, str] = json.loads(manifest.read_text())
        else:
            log.warning("front-end assets are not built", build_with="npm run build")
            self._names = {}
        self._files = {hashed: _read(folder / hashed) for hashed in self._names.values()}

    def __call__(self, name: str) -> str:
        """Return the address of an asset by the name it has in the sources, such as "site.css"."""
        return self._prefix + self._names.get(name, name)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below /static."""
        file = self._files.get(scope["path_params"].get("name", ""))
        if file is None:
            raise HTTPException(404)
        headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
        content = file.plain
        if file.gzipped is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            content = file.gzipped
            headers["content-encoding"] = "gzip"
        await Response(content, media_type=file.media_type, headers=headers)(scope, receive, send)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    gzipped = gzip.compress(content, mtime=0) if path.suffix in _COMPRESSED else None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(content, gzipped, media_type)
