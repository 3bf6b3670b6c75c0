"""All mails of a site: the one thing that other modules use."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from crate_consent.letters.common import long_date, manager_names
from crate_consent.letters.facts import ApprovalFacts, WithdrawalFacts
from crate_consent.letters.result import Part
from crate_consent.mails.advice import discharge_advice
from crate_consent.mails.content import MailContent
from crate_consent.mails.facts import AnsweredFacts, ClinicianRequestFacts
from crate_consent.mails.renderer import Renderer
from crate_consent.mails.rows import (
    approved_patient_rows,
    asked_patient_rows,
    one_line,
    study_rows,
    withdrawn_patient_rows,
)
from crate_core.domain.contact import Answer
from crate_core.domain.study import summary_lines
from crate_core.settings.texts import fill
from crate_core.settings.wording import SiteWording

_OTHER_ANSWER = "“Something else or tell me more”"

_PART_NAMES = {
    Part.LETTER: "the letter",
    Part.DETAILS: "the information sheet of the study",
    Part.DECISION_FORM: "the decision form",
    Part.EXTRA_FORM: "the researchers' form",
    Part.TRAFFIC_LIGHT_FORM: "the traffic-light form",
    Part.LEAFLET: "the leaflet on taking part in research",
}

_MEANING = {
    Answer.R: "the patient may be asked, and you send the letter for the clinician",
    Answer.A: "the patient may be asked, and the clinician passes the pack on",
    Answer.B: "the patient should not be asked, for clinical reasons",
    Answer.C: "the patient is not eligible for the study",
    Answer.D: "the patient has died, was discharged too long ago, or the details are out of date",
}


class MailTexts:
    """Makes the mails of a site; make one a process and keep it.

    Each mail is for one recipient, in text and in HTML that say the same. A subject never tells who a patient
    is; a link's token stands in bodies only (C41).
    """

    def __init__(self, site: SiteWording, public_url: str, zone: tzinfo) -> None:
        """Take the site's wording, the root of all links, and the time zone of the dates in mails."""
        self._site = site
        self._root = public_url.rstrip("/")
        self._zone = zone
        manager = site.manager
        contact = {
            "name": manager.name,
            "telephone": manager.telephone,
            "email": manager.email,
        }
        self._renderer = Renderer(
            {
                "site": site,
                "manager": manager,
                "charity": site.charity,
                "contact": one_line(fill(site.contact, contact)),
                "other_answer": _OTHER_ANSWER,
            }
        )

    def clinician_request(self, facts: ClinicianRequestFacts) -> MailContent:
        """Ask a clinician whether their patient may be asked (spec 2.7; C40). Clicking decides nothing."""
        return self._renderer.mail("clinician_request", self._request(facts), carries_identity=True)

    def clinician_reminder(
        self, facts: ClinicianRequestFacts, *, number: int, asked_at: datetime
    ) -> MailContent:
        """Ask again: the `number`th reminder of what was asked at `asked_at` (C132)."""
        shown = {**self._request(facts), "number": number, "asked_on": self._date(asked_at)}
        return self._renderer.mail("clinician_reminder", shown, carries_identity=True)

    def clinician_own_request(
        self, facts: ClinicianRequestFacts, *, sent_by_manager: bool
    ) -> MailContent:
        """Confirm a clinician's own request, with the link to the pack (spec 2.8; C99, C100).

        `sent_by_manager` is answer R: the manager posts the pack; otherwise the clinician passes it on.
        """
        shown = {
            **self._request(facts),
            "sent_by_manager": sent_by_manager,
            "discharge_advice": discharge_advice(facts, f"tell {self._site.manager.name}"),
            "pack_url": f"{self._root}/respond/{facts.token}/pack.pdf",
        }
        return self._renderer.mail("clinician_own_request", shown, carries_identity=True)

    def approval(self, facts: ApprovalFacts) -> MailContent:
        """Tell the lead researcher that a patient may be contacted; the letter goes with it (spec 2.16)."""
        wording = self._site.letters.researcher
        names = self._researcher_names(facts)
        shown = {
            "code": facts.request_code,
            "study_number": facts.study.number,
            "greeting": one_line(facts.study.lead.salutation),
            "opening": fill(wording.approval_opening, names),
            "permission": fill(
                wording.approval_asked if facts.asked else wording.approval_standing, names
            ),
            "patient_rows": approved_patient_rows(facts),
        }
        return self._renderer.mail("approval", shown, carries_identity=True)

    def withdrawal(self, facts: WithdrawalFacts) -> MailContent:
        """Tell the lead researcher that a permission has ended; the letter goes with it (spec 2.13)."""
        wording = self._site.letters.researcher
        names = self._researcher_names(facts)
        shown = {
            "code": facts.request_code,
            "study_number": facts.study.number,
            "greeting": one_line(facts.study.lead.salutation),
            "opening": fill(wording.withdrawal_opening, names),
            "what_to_do": fill(wording.withdrawal_request, names),
            "otherwise": fill(wording.withdrawal_otherwise, names),
            "patient_rows": withdrawn_patient_rows(facts),
        }
        return self._renderer.mail("withdrawal", shown, carries_identity=True)

    def rdbm_letter_not_mailed(self, request_code: str, *, letter: str, reason: str) -> MailContent:
        """Ask for a researcher's letter to be posted, since it was not mailed (C32, C39, C86).

        `letter` is the kind of letter in words, "approval" or "withdrawal"; `reason` the end of a sentence.
        """
        return self._about_request(
            "rdbm_letter_not_mailed", request_code, letter=letter, reason=one_line(reason)
        )

    def rdbm_clinician_answered(self, facts: AnsweredFacts) -> MailContent:
        """Tell what a clinician answered, what there is to do, and what charity is due (C46 to C48)."""
        return self._about_request(
            "rdbm_clinician_answered",
            facts.request_code,
            study_number=facts.study_number,
            answer=facts.answer.value,
            meaning=_MEANING[facts.answer],
            to_print=facts.answer is Answer.R and not facts.stopped,
            agrees=facts.answer.agrees and not facts.stopped,
            donation=_pounds(facts.donation),
        )

    def rdbm_consent_letter_to_post(self) -> MailContent:
        """Ask for the confirmation of a patient's choice to be posted (C73); it names nobody."""
        return self._to_manager("rdbm_consent_letter_to_post", url=f"{self._root}/rdbm/letters")

    def rdbm_pack_part_missing(self, request_code: str, parts: Sequence[Part]) -> MailContent:
        """Tell that a pack was made without some of its parts (C60)."""
        names = [_PART_NAMES[part] for part in parts]
        return self._about_request("rdbm_pack_part_missing", request_code, parts=names)

    def rdbm_serious_finding(self, request_code: str) -> MailContent:
        """Tell that somebody who opted out was found in the research database (C13)."""
        return self._about_request("rdbm_serious_finding", request_code)

    def rdbm_request_expired(
        self, request_code: str, *, study_number: int, asked_at: datetime
    ) -> MailContent:
        """Tell that a clinician did not answer in time (C132)."""
        return self._about_request(
            "rdbm_request_expired",
            request_code,
            study_number=study_number,
            asked_on=self._date(asked_at),
        )

    def rdbm_test(self, asked_at: datetime) -> MailContent:
        """Prove the way from the site through broker and worker to the manager's mailbox (C115)."""
        local = asked_at.astimezone(self._zone)
        return self._to_manager(
            "rdbm_test", asked_on=long_date(local.date()), asked_time=f"{local:%H:%M}"
        )

    def _request(self, facts: ClinicianRequestFacts) -> dict[str, object]:
        link = f"{self._root}/respond/{facts.token}?choice="
        return {
            "code": facts.request_code,
            "study_number": facts.study.number,
            "study_title": one_line(facts.study.title),
            "patient_name": one_line(facts.patient.full_name) or "your patient",
            "greeting": one_line(facts.greeting),
            "reassigned": facts.reassigned,
            "patient_rows": asked_patient_rows(facts, self._zone),
            "study_rows": study_rows(facts),
            "summary": [one_line(line) for line in summary_lines(facts.study.summary)],
            "clinical_trial": facts.study.clinical_trial,
            "discharge_advice": discharge_advice(facts, f"choose {_OTHER_ANSWER}"),
            "extra_form": facts.extra_form,
            "yes_url": f"{link}yes",
            "more_url": f"{link}more",
            "no_url": f"{link}no",
            "donation": _pounds(facts.donation),
            "expires_on": self._date(facts.expires_at),
        }

    def _researcher_names(self, facts: ApprovalFacts | WithdrawalFacts) -> dict[str, str]:
        return {
            **manager_names(self._site),
            "study": one_line(facts.study.title),
            "patient": one_line(facts.patient.full_name),
            "date": long_date(facts.permitted_on),
            "code": facts.request_code,
        }

    def _about_request(self, kind: str, request_code: str, **shown: object) -> MailContent:
        url = f"{self._root}/rdbm/requests/{request_code}"
        return self._to_manager(kind, code=request_code, url=url, **shown)

    def _to_manager(self, kind: str, **shown: object) -> MailContent:
        return self._renderer.mail(kind, shown, carries_identity=False)

    def _date(self, moment: datetime) -> str:
        return long_date(moment.astimezone(self._zone).date())


def _pounds(amount: Decimal) -> str:
    """Return an amount of money for people; nothing for none."""
    return f"£{amount:.2f}" if amount else ""
