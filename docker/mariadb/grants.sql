-- What each service may do with the tables of the site; run after each migration, by the owner, since
-- tables must be there before rights to them can be given. Nobody else changes the schema.

-- Accounts, sessions and studies: the front end's.
GRANT SELECT, INSERT, UPDATE, DELETE ON site.user_account TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.user_role TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.login_session TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.login_failure TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.study TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.study_researcher TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.leaflet TO 'web'@'%';
-- Letters and mails name people; no hash of a password leaves the front end.
GRANT SELECT (id, username, is_active, created_at, title, first_name, last_name, email, email_verified_at, telephone, address, signatory_title, is_consultant, rows_per_page) ON site.user_account TO 'consent'@'%';
GRANT SELECT ON site.user_role TO 'consent'@'%';
GRANT SELECT ON site.study TO 'consent'@'%';
GRANT SELECT ON site.study_researcher TO 'consent'@'%';
GRANT SELECT ON site.leaflet TO 'consent'@'%';

-- Requests, answers, choices, letters and mails: the front end and consent write them in turns.
GRANT SELECT, INSERT, UPDATE, DELETE ON site.contact_request TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.contact_event TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.clinician_response TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.clinician_link TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.own_patient_request TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.patient_response TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.patient_snapshot TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.consent_mode TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.document TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.letter TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.work_item TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.mail TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.mail_attachment TO 'web'@'%', 'consent'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.mail_transmission TO 'web'@'%', 'consent'@'%';

-- Queries and their results: the front end's, and the runner's.
GRANT SELECT, INSERT, UPDATE, DELETE ON site.research_query TO 'web'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.research_run TO 'web'@'%', 'runner'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.research_run_chunk TO 'web'@'%', 'runner'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON site.research_column TO 'runner'@'%';
GRANT SELECT ON site.research_column TO 'web'@'%';
GRANT SELECT ON site.research_query TO 'runner'@'%';
GRANT SELECT (id, username, is_active), UPDATE (is_active) ON site.user_account TO 'runner'@'%';

-- Jobs: whoever works.
GRANT SELECT, INSERT, UPDATE ON site.job TO 'web'@'%', 'runner'@'%', 'consent'@'%', 'mailer'@'%', 'relay'@'%';
GRANT SELECT ON site.alembic_version TO 'web'@'%', 'runner'@'%', 'consent'@'%', 'mailer'@'%', 'relay'@'%';

-- The audit: events are added, and sealed by consent; nobody changes what one tells, or removes it.
GRANT SELECT, INSERT ON site.audit_event TO 'web'@'%';
GRANT SELECT (id), INSERT ON site.audit_event TO 'runner'@'%';
GRANT SELECT, INSERT, UPDATE (position, hash) ON site.audit_event TO 'consent'@'%';

-- Mails as they are: the mailer's.
GRANT SELECT, UPDATE ON site.mail TO 'mailer'@'%';
GRANT SELECT, INSERT, UPDATE ON site.mail_transmission TO 'mailer'@'%';
GRANT SELECT ON site.mail_attachment TO 'mailer'@'%';
GRANT SELECT ON site.document TO 'mailer'@'%';

-- The relay counts for the metrics; it sees states, and no person.
GRANT SELECT (id, status) ON site.contact_request TO 'relay'@'%';
GRANT SELECT (id, state) ON site.mail TO 'relay'@'%';
GRANT SELECT (id, needs_posting) ON site.letter TO 'relay'@'%';
GRANT SELECT (id, done_at, serious) ON site.work_item TO 'relay'@'%';
GRANT SELECT (id, position) ON site.audit_event TO 'relay'@'%';
GRANT SELECT (id, contact_request_id, answered_at, reminders_sent) ON site.clinician_response TO 'relay'@'%';
