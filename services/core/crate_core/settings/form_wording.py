"""The texts of the two decision forms that patients fill in."""

from pydantic import Field

from crate_core.settings.texts import Wording


class StudyFormWording(Wording):
    """Decision form about one study. No placeholders: the code adds the study and the patient."""

    heading: str = Field(
        default="Your decision about this study", description="Heading of the form."
    )
    instruction: str = Field(default="Please tick one box.", description="Before the boxes.")
    yes: str = Field(
        default="The researchers may write to me about this study and may see my full health "
        "records.",
        description="Meaning of the box yes.",
    )
    yes_with_form: str = Field(
        default="The researchers may write to me about this study and may see my full health "
        "records. Please also pass on to them their own form, which I return with this.",
        description="Meaning of the box yes when an extra form for the researchers is in the pack.",
    )
    no: str = Field(
        default="I do not want the researchers to contact me about this study.",
        description="Meaning of the box no.",
    )
    parent_box: str = Field(
        default="If you are under 16",
        description="Heading of the box for a parent or guardian and a clinician.",
    )
    parent_hint: str = Field(
        default="Two of you three need to sign: you, your parent or guardian, a clinician.",
        description="Explains that box.",
    )
    capacity_box: str = Field(
        default="If the person cannot decide this for themselves",
        description="Heading of the box for a representative and a clinician.",
    )
    capacity_hint: str = Field(
        default="A person who may speak for them signs, and a clinician too.",
        description="Explains that box.",
    )
    return_one: str = Field(
        default="Please return this form to:", description="When one form goes back."
    )
    return_both: str = Field(
        default="Please return both forms to:", description="When two forms go back."
    )
    return_all: str = Field(
        default="Please return all the forms to:", description="When three or more forms go back."
    )
    no_stamp: str = Field(
        default="You do not need a stamp.", description="After the return address; may be empty."
    )


class TrafficLightWording(Wording):
    """The general choice RED, YELLOW, GREEN: its meanings, and the form that asks for it."""

    heading: str = Field(
        default="May researchers contact you about research?", description="Heading of the form."
    )
    introduction: str = Field(
        default="Researchers sometimes look for people who might like to take part in a study. "
        "Please tell us once how you feel about being contacted. You can change your mind at any "
        "time, and your care is the same whatever you choose.",
        description="Before the boxes.",
    )
    instruction: str = Field(default="Please tick one box.", description="Before the boxes.")
    red: str = Field(default="No. Researchers must not contact me.", description="Meaning of RED.")
    yellow: str = Field(
        default="Ask my clinical team first. They decide whether to tell me about a study.",
        description="Meaning of YELLOW.",
    )
    green: str = Field(
        default="Yes. Researchers whose study has ethical approval may contact me directly and may "
        "see my health records to find out whether the study suits me.",
        description="Meaning of GREEN.",
    )
    email: str = Field(
        default="Please use e-mail when you write to me. My address is:",
        description="Box for e-mail.",
    )
    opt_out_heading: str = Field(
        default="Research without your name", description="Before the opt-out box."
    )
    opt_out_introduction: str = Field(
        default="Records with names and addresses taken out are used for research that helps us to "
        "improve care. You can say no to that too. Leave the box empty if you do not mind.",
        description="Before the opt-out box.",
    )
    opt_out: str = Field(
        default="Do not use my records for research, even without my name.",
        description="Meaning of the opt-out box.",
    )
    signature_heading: str = Field(
        default="About you, and your signature", description="Heading of the form's second page."
    )
