"""What a change of a patient's choice ends: permissions given, and requests under way.

See docs/decisions/0001-withdrawal.md for the table and why it is so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Route, Status, StopCode, is_waiting


@dataclass(frozen=True, slots=True)
class Case:
    """A request of the patient: where it stands, the way it went, the consent record it was decided on."""

    request_id: int
    status: Status
    route: Route
    based_on: ConsentRecord


@dataclass(frozen=True, slots=True)
class PendingStop:
    """A request under way that must not go on, and why."""

    request_id: int
    code: StopCode


@dataclass(frozen=True, slots=True)
class Consequences:
    """Request IDs of permissions to withdraw, and requests to stop; both in ascending order."""

    withdraw: tuple[int, ...] = ()
    stop: tuple[PendingStop, ...] = ()


def bar_to_contact(record: ConsentRecord) -> StopCode | None:
    """Return why nobody may contact a patient with this choice; None when somebody may."""
    if record.exclude_entirely:
        return StopCode.OPTED_OUT
    return StopCode.CONSENT_RED if record.mode is ConsentMode.RED else None


def barred_since(history: Iterable[ConsentRecord], based_on: ConsentRecord) -> StopCode | None:
    """Return why a request that was decided on `based_on` must not go on, None when it may.

    Ask this in the transaction that records a clinician's answer, a patient's reply, or a new link: the
    choice may have changed, and changed back, since the request was decided. An opt-out comes before RED,
    as in the stop tests.
    """
    bars = {bar_to_contact(record) for record in _following(history, based_on)}
    return next((code for code in (StopCode.OPTED_OUT, StopCode.CONSENT_RED) if code in bars), None)


def is_withdrawn(history: Iterable[ConsentRecord], route: Route, based_on: ConsentRecord) -> bool:
    """Say whether a permission ended (C82 to C85, C144, C146).

    A direct one ends with the first later choice that is not GREEN; one that the patient gave for a study
    ends with RED. An opt-out ends both. What comes after, GREEN again for one, revives nothing.
    """
    following = _following(history, based_on)
    if route is Route.DIRECT:
        return any(
            record.exclude_entirely or record.mode is not ConsentMode.GREEN for record in following
        )
    return any(bar_to_contact(record) for record in following)


def consequences(history: Iterable[ConsentRecord], cases: Iterable[Case]) -> Consequences:
    """Return what the patient's whole history ends among their requests.

    Args:
        history: every stored consent record of the patient, in any order.
        cases: requests of the patient that were decided; others than approved or pending ones are ignored.

    Returns:
        The same for any order in which records arrived and however late this is asked; nothing is named twice
        once the statuses have been changed accordingly.
    """
    records, ordered = tuple(history), sorted(cases, key=lambda case: case.request_id)
    withdraw = tuple(
        case.request_id
        for case in ordered
        if case.status is Status.APPROVED and is_withdrawn(records, case.route, case.based_on)
    )
    stop = tuple(
        PendingStop(case.request_id, code)
        for case in ordered
        if is_waiting(case.status) and (code := barred_since(records, case.based_on))
    )
    return Consequences(withdraw, stop)


def _following(
    history: Iterable[ConsentRecord], based_on: ConsentRecord
) -> tuple[ConsentRecord, ...]:
    """Return the records that take precedence over `based_on`.

    Precedence, not the time of the permission, decides: a RED choice that was made before the permission
    but learnt of after it would have prevented it.
    """
    return tuple(record for record in history if record.precedence > based_on.precedence)
