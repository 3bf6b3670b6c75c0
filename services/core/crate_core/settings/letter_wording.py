"""The texts of letters to patients and researchers, with defaults that any site can send.

Order and parts of each paper are fixed by the code (spec 2.10, 2.14, 2.15); the words are the site's.
"""

from typing import Self

from pydantic import Field, model_validator

from crate_core.settings.form_wording import StudyFormWording, TrafficLightWording
from crate_core.settings.texts import Wording, check_placeholders

PATIENT_LETTER_NAMES = frozenset(
    {"study", "lead_researcher", "trust", "manager", "manager_telephone", "manager_email", "forms"}
)
RESEARCHER_LETTER_NAMES = frozenset(
    {"study", "patient", "trust", "manager", "manager_telephone", "manager_email", "date", "code"}
)
CONFIRMATION_NAMES = frozenset(
    {"mode", "trust", "manager", "manager_telephone", "manager_email", "address"}
)


class PatientLetterWording(Wording):
    """Letter from a clinician to a patient about a study; first part of the pack.

    Placeholders everywhere: {study}, {lead_researcher}, {trust}, {manager}, {manager_telephone},
    {manager_email}, {forms} ("the form", "both forms" or "all the forms").
    """

    heading: str = Field(
        default="May researchers contact you about a study?", description="Heading of the letter."
    )
    opening: str = Field(
        default="I am writing to ask whether researchers may contact you about a research study "
        "called “{study}”.",
        description="First sentence: why the letter came.",
    )
    about: str = Field(
        default="The study is led by {lead_researcher}. The researchers do not know who you are: I "
        "have not given them your name or told them anything about you.",
        description="Who asks, and what they know.",
    )
    because_asked: str = Field(
        default="They have asked the staff who look after people suitable for the study to pass "
        "this letter on.",
        description="Why by the clinician: the researchers wished it.",
    )
    because_yellow: str = Field(
        default="You told us that you would like your clinical team to be asked first when "
        "researchers want to contact you. That is why this comes from me.",
        description="Why by the clinician: the patient's choice is YELLOW.",
    )
    because_unknown: str = Field(
        default="This comes from me because you have not yet told us how you feel about being "
        "contacted for research in general.",
        description="Why by the clinician: the patient has not chosen yet.",
    )
    because_own: str = Field(
        default="I thought of you because you are in my care, and the study may be one that you "
        "would like to hear about.",
        description="Why by the clinician: they asked by themselves about a patient of their own.",
    )
    general_choice: str = Field(
        default="Another form is enclosed, with a traffic light on it. Please use it to tell us how "
        "you feel about being contacted for research in general, whatever you decide about this "
        "study.",
        description="Added when the traffic-light form is enclosed.",
    )
    under_16: str = Field(
        default="Please read this together with your parent or guardian.",
        description="Added for patients under 16.",
    )
    request: str = Field(
        default="Please read what is enclosed. Then tick yes or no on the decision form, sign it, "
        "and send {forms} back. The address is on the form.",
        description="The one thing asked.",
    )
    choice: str = Field(
        default="It is your choice, and no is as good an answer as yes. You need not give a "
        "reason. Your care will be the same whatever you decide.",
        description="How to say no.",
    )
    meaning: str = Field(
        default="Yes means only that the researchers may write to you and see your health records. "
        "It does not mean that you take part: that you decide later, with them.",
        description="What yes means.",
    )
    questions: str = Field(
        default="If you would like to talk about it, please ring {manager} on "
        "{manager_telephone}, or ask me.",
        description="A name and a telephone number.",
    )
    sent_on_behalf: str = Field(
        default="Sent on my behalf by {manager}, {trust}.",
        description="Line below the signature when the research database manager posts it.",
    )


class ResearcherLetterWording(Wording):
    """Letters from the research database manager to the lead researcher of a study.

    Placeholders: {study}, {patient}, {trust}, {manager}, {manager_telephone}, {manager_email},
    {date} (when the permission was given), {code} (of the request).
    """

    approval_heading: str = Field(
        default="You may contact a patient about your study", description="Heading of the approval."
    )
    approval_opening: str = Field(
        default="I am writing because you may now contact a patient about your study “{study}” "
        "(request {code}).",
        description="First sentence of the approval.",
    )
    approval_standing: str = Field(
        default="The patient has not been asked about this study. Their standing choice is GREEN: "
        "researchers with ethical approval may contact them directly.",
        description="How the permission came about: standing choice.",
    )
    approval_asked: str = Field(
        default="The patient has been asked about this study, and said yes: their reply was recorded on "
        "{date}.",
        description="How the permission came about: the patient answered.",
    )
    rules: tuple[str, ...] = Field(
        default=(
            (
                "Keep these details confidential, store them as your approvals require, and use them "
                "for this study only."
            ),
            (
                "The patient has agreed to be contacted and to their records being seen by you. They "
                "have not agreed to take part. Ask for their consent to the study as your protocol says."
            ),
            (
                "This letter does not give their research ID. Do not use what you know of them to look "
                "for them in the research database."
            ),
            (
                "Say at once, whenever you are in touch, that they are free to say no, and take no for "
                "an answer."
            ),
            (
                "If a child, or somebody who cannot decide for themselves, is concerned, involve "
                "those who speak for them."
            ),
            (
                "Work under the supervision of a suitably qualified person, by the Declaration of "
                "Helsinki and the protocol that the ethics committee approved."
            ),
            "If you learn of a risk to the patient or others, tell their clinical team.",
        ),
        min_length=1,
        description="Rules for the researcher, one sentence or two each.",
    )
    model_text_standing: str = Field(
        default="You told {trust} that researchers may contact you directly about studies. That is "
        "how we have your name and address. You do not have to take part or to answer, and your "
        "care will be the same whatever you decide. If you would like to change that choice, please "
        "ring {manager} on {manager_telephone}.",
        description="Text to use when writing to a patient whose standing choice is GREEN.",
    )
    model_text_asked: str = Field(
        default="{trust} asked you about our study, and you said that we may contact you. That is "
        "how we have your name and address. You do not have to take part or to answer, and your "
        "care will be the same whatever you decide. If you have changed your mind, please tell us, or "
        "ring {manager} on {manager_telephone}.",
        description="Text to use when writing to a patient who said yes to being contacted.",
    )
    withdrawal_heading: str = Field(
        default="Please do not contact this patient", description="Heading of the withdrawal."
    )
    withdrawal_opening: str = Field(
        default="I am writing because a patient has changed their mind: the permission of {date} to "
        "contact them about your study “{study}” (request {code}) has ended.",
        description="First sentence of the withdrawal.",
    )
    withdrawal_request: str = Field(
        default="If you have not contacted this patient yet, please do not, and destroy the details "
        "that you hold.",
        description="The one thing asked.",
    )
    withdrawal_otherwise: str = Field(
        default="If you have already contacted them, please ignore this letter: what you have agreed "
        "with each other is between the two of you.",
        description="What holds if they were contacted.",
    )
    questions: str = Field(
        default="If you have a question, please ring me on {manager_telephone} or write to "
        "{manager_email}.",
        description="Whom to ask.",
    )


class ConfirmationWording(Wording):
    """Letter from the research database manager to a patient that confirms their general choice.

    Placeholders: {mode}, {trust}, {manager}, {manager_telephone}, {manager_email}, {address}
    (the e-mail address held).
    """

    heading: str = Field(
        default="Your choice about being contacted for research",
        description="Heading of the letter.",
    )
    chosen_by_patient: str = Field(
        default="I am writing to confirm what you told us about being contacted by researchers: you "
        "chose {mode}.",
        description="First sentence when the patient chose.",
    )
    chosen_by_clinician: str = Field(
        default="I am writing to tell you what we have recorded about your being contacted by "
        "researchers: a clinician who looks after you chose {mode} for you.",
        description="First sentence when a clinician chose.",
    )
    chosen_for_patient: str = Field(
        default="I am writing to tell you what we have recorded about your being contacted by "
        "researchers: a person who may decide for you chose {mode}, together with a clinician.",
        description="First sentence when a parent or a representative chose with a clinician.",
    )
    please_check: str = Field(
        default="If this is right, you need do nothing. If it is wrong, or whenever you change your "
        "mind, please ring {manager} on {manager_telephone}, or write to the address above or to "
        "{manager_email}. You need not give a reason.",
        description="How to change the choice.",
    )
    opted_out: str = Field(
        default="Your records are also not to be used for research without your name on them. We "
        "have taken them out of the research database.",
        description="RED, with opt-out of the de-identified database.",
    )
    not_opted_out: str = Field(
        default="Your records, without your name and address, stay in the research database. If "
        "you would rather not have that, please tell us.",
        description="No opt-out of the de-identified database.",
    )
    prefers_email: str = Field(
        default="You would like to hear by e-mail. The address we have is {address}.",
        description="E-mail is preferred and an address is held.",
    )
    prefers_email_no_address: str = Field(
        default="You would like to hear by e-mail, but we have no e-mail address for you. Please "
        "tell us.",
        description="E-mail is preferred, and no address is held.",
    )
    prefers_post: str = Field(
        default="You would like to hear by post, at the address of this letter.",
        description="E-mail is not preferred.",
    )
    care: str = Field(
        default="Your care is the same whatever you choose.", description="Last sentence."
    )


class LetterWording(Wording):
    """Texts of all letters and forms."""

    patient: PatientLetterWording = Field(
        default_factory=PatientLetterWording, description="Clinician's letter to a patient."
    )
    study_form: StudyFormWording = Field(
        default_factory=StudyFormWording, description="Decision form about a study."
    )
    traffic_light: TrafficLightWording = Field(
        default_factory=TrafficLightWording,
        description="The general choice: its three meanings, and the form.",
    )
    researcher: ResearcherLetterWording = Field(
        default_factory=ResearcherLetterWording, description="Letters to lead researchers."
    )
    confirmation: ConfirmationWording = Field(
        default_factory=ConfirmationWording, description="Letter that confirms a general choice."
    )

    @model_validator(mode="after")
    def _placeholders_exist(self) -> Self:
        for group, names in (
            (self.patient, PATIENT_LETTER_NAMES),
            (self.researcher, RESEARCHER_LETTER_NAMES),
            (self.confirmation, CONFIRMATION_NAMES),
        ):
            for value in dict(group).values():
                check_placeholders((value,) if isinstance(value, str) else value, names)
        return self
