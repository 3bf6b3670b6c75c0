"""Deciding whether an uploaded file is a PDF that may be stored and sent to patients."""

from crate_core.pdf.upload import (
    Refusal,
    UploadFacts,
    UploadRefused,
    check_upload,
)

__all__ = ["Refusal", "UploadFacts", "UploadRefused", "check_upload"]
