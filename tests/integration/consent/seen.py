"""What can be seen of a small hospital: rows, with what belongs to them loaded."""

from typing import Any

from sqlalchemy import func, select

from crate_core.database import Database
from crate_core.jobs import Task
from crate_core.models import (
    ConsentModeRow,
    ContactRequest,
    Job,
    Letter,
    Mail,
    WorkItem,
)

FIRST_NUMBER = 9434765919


class Seen:
    """Reads the site database of a hospital."""

    database: Database

    def request(self, request_id: int) -> ContactRequest:
        """Return a request with what belongs to it loaded."""
        with self.database.read() as session:
            request = session.get_one(ContactRequest, request_id)
            _ = (request.events, request.clinician_response, request.patient_response)
            _ = (request.consent_mode, request.snapshot)
            return request

    def mails(self, kind: str | None = None) -> list[Mail]:
        """Return the mails of a kind, or all."""
        with self.database.read() as session:
            statement = select(Mail).order_by(Mail.id)
            if kind:
                statement = statement.where(Mail.kind == kind)
            mails = list(session.scalars(statement))
            for mail in mails:
                _ = (mail.text, mail.html, [part.document for part in mail.attachments])
                _ = mail.transmissions
            return mails

    def letters(self, kind: str | None = None) -> list[Letter]:
        """Return the letters of a kind, or all."""
        with self.database.read() as session:
            statement = select(Letter).order_by(Letter.id)
            if kind:
                statement = statement.where(Letter.kind == kind)
            letters = list(session.scalars(statement))
            for letter in letters:
                _ = letter.document.content
            return letters

    def statuses(self, request_id: int) -> list[str]:
        """Return the statuses that a request has had, in order."""
        return [event.to_status for event in self.request(request_id).events]

    def findings(self, kind: str | None = None) -> list[WorkItem]:
        """Return the findings that wait for the RDBM, of a kind or all."""
        with self.database.read() as session:
            statement = select(WorkItem).where(WorkItem.done_at.is_(None)).order_by(WorkItem.id)
            if kind:
                statement = statement.where(WorkItem.kind == kind)
            return list(session.scalars(statement))

    def jobs(self, *tasks: Task) -> list[Job]:
        """Return the jobs of some tasks, oldest first."""
        with self.database.read() as session:
            statement = select(Job).where(Job.task.in_(tasks)).order_by(Job.id)
            return list(session.scalars(statement))

    def choices(self, nhs_number: int = FIRST_NUMBER) -> list[ConsentModeRow]:
        """Return a patient's consent modes in the order of their entry."""
        with self.database.read() as session:
            return list(
                session.scalars(
                    select(ConsentModeRow)
                    .where(ConsentModeRow.nhs_number == nhs_number)
                    .order_by(ConsentModeRow.id)
                )
            )

    def choice_in_force(self, nhs_number: int = FIRST_NUMBER) -> ConsentModeRow:
        """Return a patient's current consent mode."""
        (row,) = [row for row in self.choices(nhs_number) if row.current_nhs_number is not None]
        return row

    def count(self, table: type[Any]) -> int:
        """Return how many rows a table has."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
