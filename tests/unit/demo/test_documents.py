import pytest

from crate_core.domain.leaflets import LeafletName
from crate_core.domain.roles import Role
from crate_core.domain.study import StudyFacts, is_possible_contact_study
from crate_core.pdf import check_upload
from crate_demo.documents import DocumentText, make_pdf
from crate_demo.site_content import LEAFLETS, STUDIES, USERS, extra_form, study_details

DOCUMENTS = [
    *LEAFLETS.values(),
    *(study_details(study, USERS[0]) for study in STUDIES),
    *(extra_form(study) for study in STUDIES if study.has_extra_form),
]


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text.title)
def test_documents_are_pdfs_that_the_site_itself_would_accept(text: DocumentText) -> None:
    assert check_upload(make_pdf(text), 1024 * 1024).pages >= 1


def test_the_same_text_gives_the_same_bytes() -> None:
    assert make_pdf(DOCUMENTS[0]) == make_pdf(DOCUMENTS[0])


def test_every_leaflet_of_a_site_is_there() -> None:
    assert set(LEAFLETS) == set(LeafletName)


def test_studies_differ_as_the_specification_names_them() -> None:
    s1, s2, s3, s4 = STUDIES
    assert s1.direct_approach
    assert not s1.include_discharged
    assert s2.include_discharged
    assert not s3.direct_approach
    assert s4.has_extra_form


def test_leads_of_studies_have_the_names_that_letters_need() -> None:
    users = {user.username: user for user in USERS}
    for study in STUDIES:
        lead = users[study.lead]
        assert Role.RESEARCHER in lead.roles
        assert is_possible_contact_study(
            StudyFacts(
                patient_contact=True,
                approved_by_rec=True,
                approved_locally=True,
                has_details_pdf=True,
                lead_title=lead.title,
                lead_first_name=lead.first_name,
                lead_last_name=lead.last_name,
            )
        )


def test_five_users_hold_the_five_roles_of_the_journey() -> None:
    assert len(USERS) == 5
    assert {role for user in USERS for role in user.roles} == {
        Role.RESEARCHER,
        Role.CLINICIAN,
        Role.RDBM,
        Role.DEVELOPER,
        Role.SUPERUSER,
    }
