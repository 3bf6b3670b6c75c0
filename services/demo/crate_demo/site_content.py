"""What the site of the demonstration holds: people with accounts, studies, leaflets."""

from dataclasses import dataclass

from crate_core.domain.leaflets import LeafletName
from crate_core.domain.roles import Role
from crate_demo.documents import DocumentText, Section

PASSWORD = "demonstration"  # noqa: S105 - printed for everybody who tries the site


@dataclass(frozen=True)
class DemoUser:
    """A person with an account."""

    username: str
    roles: tuple[Role, ...]
    title: str
    first_name: str
    last_name: str
    does: str
    """What to try with this account."""
    is_consultant: bool = False
    signatory_title: str = ""

    @property
    def email(self) -> str:
        """Address in a domain that is nobody's."""
        return f"{self.first_name}.{self.last_name}@trust.example.org".lower()


RESEARCHER, SECOND_RESEARCHER = "researcher", "researcher2"

USERS = (
    DemoUser(
        RESEARCHER,
        (Role.RESEARCHER,),
        "Dr",
        "Amara",
        "Reed",
        "queries the database; leads studies S1, S3 and S4, works on S2",
    ),
    DemoUser(
        SECOND_RESEARCHER,
        (Role.RESEARCHER,),
        "Professor",
        "Benedict",
        "Okafor",
        "queries the database; leads study S2, sees no other",
    ),
    DemoUser(
        "clinician",
        (Role.CLINICIAN,),
        "Dr",
        "Clara",
        "Whitfield",
        "looks up own patients, starts requests",
        is_consultant=True,
        signatory_title="Consultant psychiatrist",
    ),
    DemoUser(
        "rdbm",
        (Role.RDBM,),
        "Ms",
        "Alex",
        "Example",
        "runs the database: letters, replies, consent modes, studies, audit",
        signatory_title="Research Database Manager",
    ),
    DemoUser(
        "developer",
        (Role.DEVELOPER, Role.SUPERUSER),
        "Mr",
        "Devan",
        "Shaw",
        "looks after the system: accounts, drafts, tests",
    ),
)


@dataclass(frozen=True)
class DemoStudy:
    """A study; those named S1 to S4 differ in one thing each."""

    number: int
    title: str
    summary: str
    lead: str
    others: tuple[str, ...] = ()
    direct_approach: bool = True
    include_discharged: bool = False
    has_extra_form: bool = False


STUDIES = (
    DemoStudy(
        1,
        "S1: Sleep after a chest infection",
        "People often sleep badly for weeks after bronchitis or pneumonia.\n"
        "We ask about sleep with two questionnaires and lend a wrist monitor for a week.\n"
        "Taking part needs no visit to a clinic.",
        RESEARCHER,
    ),
    DemoStudy(
        2,
        "S2: Life after discharge",
        "We want to learn what helps people in the years after their treatment has ended.\n"
        "One interview of an hour, by telephone or at home.",
        SECOND_RESEARCHER,
        others=(RESEARCHER,),
        include_discharged=True,
    ),
    DemoStudy(
        3,
        "S3: Memory and everyday tasks",
        "We compare memory tests with how people manage everyday tasks.\n"
        "Two visits of ninety minutes; travel is paid for.",
        RESEARCHER,
        direct_approach=False,
    ),
    DemoStudy(
        4,
        "S4: Joint pain and walking",
        "We study how joint pain changes the way people walk.\n"
        "The clinician fills in a short form about the joints first.",
        RESEARCHER,
        has_extra_form=True,
    ),
)


def study_details(study: DemoStudy, lead: DemoUser) -> DocumentText:
    """Return the patient information sheet of a study."""
    what, *more = study.summary.splitlines()
    return DocumentText(
        f"Information about the study “{study.title[4:]}”",
        (
            Section(
                "Why we are writing", (what, "You are invited because your clinic treats people.")
            ),
            Section("What would happen", tuple(more)),
            Section(
                "Do I have to take part?",
                (
                    (
                        "No. It is your choice. If you say no, or change your mind later, the care you "
                        "get stays exactly the same, and you need give no reason."
                    ),
                ),
            ),
            Section(
                "Who to ask",
                (
                    (
                        f"{lead.title} {lead.first_name} {lead.last_name} leads the study and will "
                        f"gladly answer questions: {lead.email}, telephone 01632 960{100 + study.number}."
                    ),
                ),
            ),
        ),
    )


def extra_form(study: DemoStudy) -> DocumentText:
    """Return the form that the researchers want the clinician to fill in."""
    return DocumentText(
        f"Clinician's form for the study “{study.title[4:]}”",
        (
            Section("Which joints are affected?", ("Please list them, the worst first.",), lines=4),
            Section("Since when?", (), lines=2),
            Section("Can the patient walk 50 metres without help?", ("Yes / no, with:",), lines=2),
        ),
    )


LEAFLETS: dict[LeafletName, DocumentText] = {
    LeafletName.TAKING_PART: DocumentText(
        "Taking part in research",
        (
            Section(
                "What is research?",
                (
                    (
                        "Research finds out which treatments work, and why people fall ill. It needs "
                        "people who give their time, with and without an illness."
                    ),
                ),
            ),
            Section(
                "What may I be asked?",
                (
                    (
                        "To answer questions, to give a sample, or to try a treatment. Each study has "
                        "its own information sheet. You decide about each one anew."
                    ),
                ),
            ),
            Section(
                "Who looks after my interests?",
                (
                    (
                        "An ethics committee has approved each study. The research database manager "
                        "is independent of the researchers and answers your questions."
                    ),
                ),
            ),
        ),
    ),
    LeafletName.NATIONAL: DocumentText(
        "Your health record can help others",
        (
            Section(
                "",
                (
                    "Records without names help researchers to see what works for many people.",
                    (
                        "You may opt out at any time. Ask your clinic, or write to the research "
                        "database manager."
                    ),
                ),
            ),
        ),
    ),
    LeafletName.TRAFFIC_LIGHT_CHOICE: DocumentText(
        "Red, yellow or green: your choice about research",
        (
            Section("Green", ("Researchers may write to me about studies that could suit me.",)),
            Section("Yellow", ("My clinician may ask me about studies; researchers may not.",)),
            Section("Red", ("I do not want to hear about research.",)),
            Section(
                "Changing your mind",
                ("You may change your choice whenever you like. Your care stays the same.",),
            ),
        ),
    ),
    LeafletName.FOR_STAFF: DocumentText(
        "Asking patients about research: a guide for staff",
        (
            Section(
                "For clinicians",
                (
                    (
                        "A mail asks whether one of your patients may be told about a study. Open its "
                        "link, read about the study, and answer. It takes two minutes."
                    ),
                    (
                        "You know the patient. If a letter would distress them, say so: nobody will "
                        "ask again for this study."
                    ),
                ),
            ),
            Section(
                "For researchers",
                (
                    (
                        "You learn who a patient is only once they, or their standing choice, allow "
                        "it. Until then you see how far your request has come, and nothing else."
                    ),
                ),
            ),
        ),
    ),
}
