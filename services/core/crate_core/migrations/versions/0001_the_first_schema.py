"""The first schema."""

import sqlalchemy as sa
from alembic import op

from crate_core.database.types import LongBytes, LongText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Unicode(length=255), nullable=False),
        sa.Column("address", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Unicode(length=255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_event_actor_at", ["actor_id", "at"], unique=False)
        batch_op.create_index("ix_audit_event_kind_at", ["kind", "at"], unique=False)
        batch_op.create_index(
            "uq_audit_event_position",
            ["position"],
            unique=True,
            mssql_where=sa.text("position IS NOT NULL"),
        )

    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filename", sa.Unicode(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", LongBytes, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("open_key", sa.String(length=100), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("next_publish_at", UtcDateTime(), nullable=True),
        sa.Column("published_count", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("last_error", LongText, nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_claim", ["claimed_by"], unique=False)
        batch_op.create_index("ix_job_publish", ["next_publish_at"], unique=False)
        batch_op.create_index(
            "uq_job_open", ["open_key"], unique=True, mssql_where=sa.text("open_key IS NOT NULL")
        )

    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.create_index("ix_login_failure_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_login_failure_name_at", ["username_hash", "at"], unique=False)

    op.create_table(
        "patient_snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nhs_number", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Unicode(length=100), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_snapshot")),
    )
    with op.batch_alter_table("patient_snapshot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_snapshot_nhs_number"), ["nhs_number"], unique=False
        )

    op.create_table(
        "research_column",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("database", sa.Unicode(length=100), nullable=False),
        sa.Column("table_name", sa.Unicode(length=100), nullable=False),
        sa.Column("column_name", sa.Unicode(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data_type", sa.Unicode(length=100), nullable=False),
        sa.Column("comment", LongText, nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_column")),
        sa.UniqueConstraint(
            "database",
            "table_name",
            "column_name",
            name=op.f("uq_research_column_database_table_name_column_name"),
        ),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.Unicode(length=100), nullable=False),
        sa.Column("password_hash", sa.Unicode(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("first_name", sa.Unicode(length=100), nullable=False),
        sa.Column("last_name", sa.Unicode(length=100), nullable=False),
        sa.Column("email", sa.Unicode(length=255), nullable=False),
        sa.Column("email_verified_at", UtcDateTime(), nullable=True),
        sa.Column("telephone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Unicode(length=800), nullable=False),
        sa.Column("signatory_title", sa.Unicode(length=255), nullable=False),
        sa.Column("is_consultant", sa.Boolean(), nullable=False),
        sa.Column("rows_per_page", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "consent_mode",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nhs_number", sa.BigInteger(), nullable=False),
        sa.Column("current_nhs_number", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("exclude_entirely", sa.Boolean(), nullable=False),
        sa.Column("consent_after_discharge", sa.Boolean(), nullable=False),
        sa.Column("max_approaches_per_year", sa.Integer(), nullable=False),
        sa.Column("other_requests", LongText, nullable=False),
        sa.Column("prefers_email", sa.Boolean(), nullable=False),
        sa.Column("changed_by_clinician_override", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Unicode(length=100), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("date_in_record", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("letter_wanted", sa.Boolean(), nullable=False),
        sa.Column("submission", sa.String(length=40), nullable=True),
        sa.Column("patient_signed", sa.Boolean(), nullable=False),
        sa.Column("patient_authorised", sa.Boolean(), nullable=False),
        sa.Column("parent_signed", sa.Boolean(), nullable=False),
        sa.Column("child_clinician_signed", sa.Boolean(), nullable=False),
        sa.Column("representative_signed", sa.Boolean(), nullable=False),
        sa.Column("capacity_clinician_signed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_consent_mode_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_mode")),
    )
    with op.batch_alter_table("consent_mode", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_mode_nhs_number"), ["nhs_number"], unique=False
        )
        batch_op.create_index(
            "uq_consent_mode_current",
            ["current_nhs_number"],
            unique=True,
            mssql_where=sa.text("current_nhs_number IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_consent_mode_submission",
            ["submission"],
            unique=True,
            mssql_where=sa.text("submission IS NOT NULL"),
        )

    op.create_table(
        "leaflet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Unicode(length=255), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_leaflet_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaflet")),
        sa.UniqueConstraint("name", name=op.f("uq_leaflet_name")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("address", sa.String(length=40), nullable=False),
        sa.Column("last_visit_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_session_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "research_query",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("database", sa.Unicode(length=100), nullable=False),
        sa.Column("sql", LongText, nullable=False),
        sa.Column("sql_sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Unicode(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_research_query_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_query")),
        sa.UniqueConstraint(
            "owner_id",
            "database",
            "sql_sha256",
            name=op.f("uq_research_query_owner_id_database_sql_sha256"),
        ),
    )
    op.create_table(
        "study",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("institutional_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Unicode(length=255), nullable=False),
        sa.Column("summary", LongText, nullable=False),
        sa.Column("lead_researcher_id", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=True),
        sa.Column("search_methods_planned", LongText, nullable=False),
        sa.Column("patient_contact", sa.Boolean(), nullable=False),
        sa.Column("include_under_16s", sa.Boolean(), nullable=False),
        sa.Column("include_lack_capacity", sa.Boolean(), nullable=False),
        sa.Column("clinical_trial", sa.Boolean(), nullable=False),
        sa.Column("include_discharged", sa.Boolean(), nullable=False),
        sa.Column("request_direct_approach", sa.Boolean(), nullable=False),
        sa.Column("approved_by_rec", sa.Boolean(), nullable=False),
        sa.Column("rec_reference", sa.String(length=40), nullable=False),
        sa.Column("approved_locally", sa.Boolean(), nullable=False),
        sa.Column("local_approval_at", UtcDateTime(), nullable=True),
        sa.Column("details_document_id", sa.BigInteger(), nullable=True),
        sa.Column("form_document_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["details_document_id"], ["document.id"], name=op.f("fk_study_details_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["form_document_id"], ["document.id"], name=op.f("fk_study_form_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_researcher_id"], ["user_account.id"], name=op.f("fk_study_lead_researcher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("institutional_id", name=op.f("uq_study_institutional_id")),
    )
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_study_lead_researcher_id"), ["lead_researcher_id"], unique=False
        )

    op.create_table(
        "user_role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint("user_id", "role", name=op.f("uq_user_role_user_id_role")),
    )
    op.create_table(
        "contact_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("direct_approach", sa.Boolean(), nullable=False),
        sa.Column("repeat_confirmed", sa.Boolean(), nullable=False),
        sa.Column("submission", sa.String(length=40), nullable=False),
        sa.Column("lookup_kind", sa.String(length=40), nullable=False),
        sa.Column("lookup_value", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("news_at", UtcDateTime(), nullable=False),
        sa.Column("nhs_number", sa.BigInteger(), nullable=True),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("consent_mode_id", sa.BigInteger(), nullable=True),
        sa.Column("approaches_in_past_year", sa.Integer(), nullable=True),
        sa.Column("involvement", sa.Integer(), nullable=True),
        sa.Column("stop_code", sa.String(length=40), nullable=True),
        sa.Column("stop_text", LongText, nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "lookup_kind IN ('rid', 'mrid', 'nhs_number')",
            name=op.f("ck_contact_request_lookup_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["consent_mode_id"],
            ["consent_mode.id"],
            name=op.f("fk_contact_request_consent_mode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["user_account.id"],
            name=op.f("fk_contact_request_requested_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["patient_snapshot.id"], name=op.f("fk_contact_request_snapshot_id")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_contact_request_study_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_request")),
        sa.UniqueConstraint("code", name=op.f("uq_contact_request_code")),
        sa.UniqueConstraint(
            "submission",
            "lookup_kind",
            "lookup_value",
            name=op.f("uq_contact_request_submission_lookup_kind_lookup_value"),
        ),
    )
    with op.batch_alter_table("contact_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_request_nhs_number"), ["nhs_number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contact_request_requested_by_id"), ["requested_by_id"], unique=False
        )
        batch_op.create_index(
            "ix_contact_request_status_created", ["status", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_contact_request_study_news", ["study_id", "news_at"], unique=False
        )

    op.create_table(
        "research_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("query_id", sa.BigInteger(), nullable=False),
        sa.Column("database", sa.Unicode(length=100), nullable=False),
        sa.Column("sql", LongText, nullable=False),
        sa.Column("submission", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("message", LongText, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_requested_at", UtcDateTime(), nullable=True),
        sa.Column("columns", LongText, nullable=False),
        sa.Column("rows_kept", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.BigInteger(), nullable=True),
        sa.Column("bytes_kept", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'timed_out', 'rejected', 'lost')",
            name=op.f("ck_research_run_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_research_run_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["research_query.id"], name=op.f("fk_research_run_query_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_run")),
        sa.UniqueConstraint("submission", name=op.f("uq_research_run_submission")),
    )
    with op.batch_alter_table("research_run", schema=None) as batch_op:
        batch_op.create_index(
            "ix_research_run_owner_created", ["owner_id", "created_at"], unique=False
        )
        batch_op.create_index("ix_research_run_status", ["status"], unique=False)

    op.create_table(
        "study_researcher",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["study.id"],
            name=op.f("fk_study_researcher_study_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_study_researcher_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_researcher")),
        sa.UniqueConstraint(
            "study_id", "user_id", name=op.f("uq_study_researcher_study_id_user_id")
        ),
    )
    with op.batch_alter_table("study_researcher", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_study_researcher_user_id"), ["user_id"], unique=False)

    op.create_table(
        "clinician_response",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("reminders_sent", sa.Integer(), nullable=False),
        sa.Column("name", sa.Unicode(length=255), nullable=False),
        sa.Column("email", sa.Unicode(length=255), nullable=False),
        sa.Column("reassigned", sa.Boolean(), nullable=False),
        sa.Column("signatory_title", sa.Unicode(length=255), nullable=False),
        sa.Column("is_consultant", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", LongText, nullable=False),
        sa.Column("signed_name", sa.Unicode(length=255), nullable=False),
        sa.Column("charity_amount", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_clinician_response_contact_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinician_response")),
        sa.UniqueConstraint(
            "contact_request_id", name=op.f("uq_clinician_response_contact_request_id")
        ),
    )
    with op.batch_alter_table("clinician_response", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clinician_response_answered_at"), ["answered_at"], unique=False
        )

    op.create_table(
        "contact_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Unicode(length=255), nullable=False),
        sa.Column("from_status", sa.String(length=40), nullable=True),
        sa.Column("to_status", sa.String(length=40), nullable=False),
        sa.Column("why", LongText, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_contact_event_contact_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_event")),
    )
    with op.batch_alter_table("contact_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_event_contact_request_id"), ["contact_request_id"], unique=False
        )

    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("addressee", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=True),
        sa.Column("consent_mode_id", sa.BigInteger(), nullable=True),
        sa.Column("study_id", sa.BigInteger(), nullable=True),
        sa.Column("rdbm_may_view", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("needs_posting", sa.Boolean(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=True),
        sa.Column("posted_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "addressee IN ('researcher', 'patient')", name=op.f("ck_letter_addressee_known")
        ),
        sa.ForeignKeyConstraint(
            ["consent_mode_id"], ["consent_mode.id"], name=op.f("fk_letter_consent_mode_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_letter_contact_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_letter_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["posted_by_id"], ["user_account.id"], name=op.f("fk_letter_posted_by_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_letter_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_letter_effect_key")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_letter_contact_request_id"), ["contact_request_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_letter_needs_posting"), ["needs_posting"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_letter_study_id"), ["study_id"], unique=False)

    op.create_table(
        "own_patient_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_posts", sa.Boolean(), nullable=False),
        sa.Column("signatory_name", sa.Unicode(length=255), nullable=False),
        sa.Column("signatory_title", sa.Unicode(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_own_patient_request_contact_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_patient_request")),
        sa.UniqueConstraint(
            "contact_request_id", name=op.f("uq_own_patient_request_contact_request_id")
        ),
    )
    op.create_table(
        "patient_response",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_name", sa.Unicode(length=255), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("scan_document_id", sa.BigInteger(), nullable=True),
        sa.Column("patient_signed", sa.Boolean(), nullable=False),
        sa.Column("patient_authorised", sa.Boolean(), nullable=False),
        sa.Column("parent_signed", sa.Boolean(), nullable=False),
        sa.Column("child_clinician_signed", sa.Boolean(), nullable=False),
        sa.Column("representative_signed", sa.Boolean(), nullable=False),
        sa.Column("capacity_clinician_signed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_patient_response_contact_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_patient_response_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["scan_document_id"], ["document.id"], name=op.f("fk_patient_response_scan_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_response")),
        sa.UniqueConstraint(
            "contact_request_id", name=op.f("uq_patient_response_contact_request_id")
        ),
    )
    op.create_table(
        "research_run_chunk",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("content", LongBytes, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["research_run.id"], name=op.f("fk_research_run_chunk_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_run_chunk")),
        sa.UniqueConstraint(
            "run_id", "first_row", name=op.f("uq_research_run_chunk_run_id_first_row")
        ),
    )
    op.create_table(
        "work_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("serious", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Unicode(length=255), nullable=False),
        sa.Column("detail", LongText, nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=True),
        sa.Column("consent_mode_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consent_mode_id"], ["consent_mode.id"], name=op.f("fk_work_item_consent_mode_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_request_id"],
            ["contact_request.id"],
            name=op.f("fk_work_item_contact_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name=op.f("fk_work_item_done_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_work_item_effect_key")),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_work_item_contact_request_id"), ["contact_request_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_work_item_done_at"), ["done_at"], unique=False)

    op.create_table(
        "clinician_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clinician_response_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinician_response_id"],
            ["clinician_response.id"],
            name=op.f("fk_clinician_link_clinician_response_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinician_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_clinician_link_token_hash")),
    )
    with op.batch_alter_table("clinician_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clinician_link_clinician_response_id"),
            ["clinician_response_id"],
            unique=False,
        )

    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.Unicode(length=255), nullable=False),
        sa.Column("recipient", sa.Unicode(length=255), nullable=False),
        sa.Column("subject", sa.Unicode(length=255), nullable=False),
        sa.Column("text", LongText, nullable=False),
        sa.Column("html", LongText, nullable=False),
        sa.Column("carries_identity", sa.Boolean(), nullable=False),
        sa.Column("reports_outcome", sa.Boolean(), nullable=False),
        sa.Column("contact_request_id", sa.BigInteger(), nullable=True),
        sa.Column("letter_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'unknown')",
            name=op.f("ck_mail_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_request_id"], ["contact_request.id"], name=op.f("fk_mail_contact_request_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_mail_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_mail_effect_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mail_contact_request_id"), ["contact_request_id"], unique=False
        )
        batch_op.create_index("ix_mail_state_changed", ["state", "changed_at"], unique=False)

    op.create_table(
        "mail_attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Unicode(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_mail_attachment_document_id")
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_mail_attachment_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_attachment")),
    )
    with op.batch_alter_table("mail_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_attachment_mail_id"), ["mail_id"], unique=False)

    op.create_table(
        "mail_transmission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("envelope_recipient", sa.Unicode(length=255), nullable=False),
        sa.Column("server_reply", LongText, nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_mail_transmission_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mail.id"], name=op.f("fk_mail_transmission_mail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_transmission")),
    )
    with op.batch_alter_table("mail_transmission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_transmission_mail_id"), ["mail_id"], unique=False)


def downgrade() -> None:
    """Take back: dropping a table drops its indexes."""
    for table in (
        "mail_transmission",
        "mail_attachment",
        "mail",
        "clinician_link",
        "work_item",
        "research_run_chunk",
        "patient_response",
        "own_patient_request",
        "letter",
        "contact_event",
        "clinician_response",
        "study_researcher",
        "research_run",
        "contact_request",
        "user_role",
        "study",
        "research_query",
        "login_session",
        "leaflet",
        "consent_mode",
        "user_account",
        "research_column",
        "patient_snapshot",
        "login_failure",
        "job",
        "document",
        "audit_event",
    ):
        op.drop_table(table)
