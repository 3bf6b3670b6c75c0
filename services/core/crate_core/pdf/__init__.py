"""Deciding whether an uploaded file is a PDF that may be stored and sent to patients."""

from pikepdf.settings import set_qpdf_limits

from crate_core.pdf.upload import (
    Refusal,
    UploadFacts,
    UploadRefused,
    check_upload,
)

# A small file can unpack to gigabytes. The library's limits hold for the whole process and must be set
# before threads use it, so this happens when the package is loaded.
set_qpdf_limits(flate_max_memory=64 * 1024 * 1024, run_length_max_memory=64 * 1024 * 1024)

__all__ = ["Refusal", "UploadFacts", "UploadRefused", "check_upload"]
