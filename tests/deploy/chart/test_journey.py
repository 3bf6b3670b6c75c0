"""What `helm test` runs goes the whole way on a running site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from charts.generate.rendering import CHART
from tests.browser.sites import PATIENTS, EmbeddedSite


@pytest.mark.timeout(400)
def test_the_journey_ends_with_the_mail_of_the_approval(tmp_path: Path) -> None:
    site = EmbeddedSite(tmp_path)
    try:
        mails = re.search(r"Mails?: +http://(\S+?)/?\s", (tmp_path / "run.log").read_text())
        assert mails
        command = [
            sys.executable,
            str(CHART / "files" / "journey.py"),
            f"--site={site.url}",
            f"--web={site.url.removeprefix('http://').partition('/')[0]}",
            f"--mails={mails[1]}",
            f"--patients={PATIENTS}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    finally:
        site.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the approval was mailed" in done.stdout
