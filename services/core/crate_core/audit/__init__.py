"""Append-only audit, sealed by a chain of hashes (design 5)."""

from crate_core.audit.chain import SEAL_BATCH, Verification, seal, verify, verify_stretch
from crate_core.audit.events import AuditKind, keyed_hash, record

__all__ = [
    "SEAL_BATCH",
    "AuditKind",
    "Verification",
    "keyed_hash",
    "record",
    "seal",
    "verify",
    "verify_stretch",
]
