"""Several pods of each service share the work, and do nothing twice."""

from contextlib import closing

from charts.generate.rendering import merged
from crate_demo.kinds import Kind
from tests.deploy.cluster.site import SERVICES, ClusterSite, until
from tests.deploy.images.engine import ROOT
from tests.deploy.losses import await_rest, check_mails, check_requests, people_in_turns
from tests.load.site import fields_of

NUMBERS = {Kind.GREEN: 5, Kind.YELLOW: 20, Kind.UNKNOWN: 20}
STOP = "kubectl -n crate scale deployment --selector app.kubernetes.io/name=crate --replicas 0"
THREE = {"consent": {"replicas": 3}, "mailer": {"replicas": 3}, "relay": {"replicas": 2}}
SPAN = """
    SELECT COUNT(*), TIMESTAMPDIFF(MICROSECOND, MIN(queued_at), MAX(sent_at)) / 1e6 FROM mail
    WHERE id > {before}
"""


def test_three_of_consent_and_mailer_do_nothing_twice(site: ClusterSite) -> None:
    site.helm("upgrade", merged(site.values(), THREE))
    assert [len(site.pods(name)) for name in ("consent", "mailer", "relay")] == [3, 3, 2]
    people = people_in_turns(site, NUMBERS)
    [[before]] = site.rows("SELECT COALESCE(MAX(id), 0) FROM mail")
    done = [_done(site, name) for name in ("consent", "mailer")]
    [[study]] = site.rows("SELECT id FROM study WHERE title LIKE 'S1:%'")
    with closing(site.sign_in("researcher")) as browser:
        form = fields_of(browser.get("/contact/requests/new"))
        order = {"study": study, "rids": " ".join(person.rid for person in people)}
        sent = {**form, **order, "direct": "true", "confirmed": "true"}
        assert browser.post("/contact/requests/new", data=sent).status_code == 303
    await_rest(site)
    check_requests(site, people)
    check_mails(site, people, most_unknown=0)
    [[mails, seconds]] = site.rows(SPAN.format(before=before))
    print(
        f"{mails} mails of one form in {float(seconds):.1f} s: {int(mails) / float(seconds):.0f}/s"
    )
    for name, earlier in zip(("consent", "mailer"), done, strict=True):
        shares = {pod: number - earlier.get(pod, 0) for pod, number in _done(site, name).items()}
        print(f"jobs of each pod of {name}: {sorted(shares.values())}")
        assert all(shares.values())


def test_the_budgets_let_one_pod_of_each_service_go(site: ClusterSite) -> None:
    budgets = {item["metadata"]["name"]: item for item in site.namespace.get("pdb")}
    assert set(budgets) == {f"crate-{name}" for name in SERVICES}
    for name, budget in budgets.items():
        assert budget["status"]["disruptionsAllowed"] == 1, name


def test_pods_that_were_stopped_for_a_restore_come_back(site: ClusterSite) -> None:
    """The steps around a restore in docs/operations.md: everything stops, and an upgrade starts it."""
    docs = (ROOT / "docs/operations.md").read_text()
    assert STOP in docs
    site.namespace.kubectl(*STOP.replace(" -n crate", "").split()[1:])
    until(lambda: _assert_none(site), AssertionError, seconds=120)
    # What `kubectl` set, Helm 4 takes back only when told to; Helm 3 does not ask, and has no such option.
    version = site.namespace.helm("version", "--template={{.Version}}").stdout
    options = [] if version.startswith("v3.") else ["--force-conflicts"]
    assert all(f"`{option}`" in docs for option in options)
    site.helm("upgrade", site.values(), *options)
    assert [len(site.pods(name)) for name in ("web", "consent", "mailer")] == [2, 1, 1]
    site.sign_in("researcher").close()


def _assert_none(site: ClusterSite) -> None:
    assert not [name for name in SERVICES if site.pods(name)]


def _done(site: ClusterSite, service: str) -> dict[str, int]:
    """Return how many jobs each pod of a service has done, by its log."""
    return {
        name: site.namespace.kubectl("logs", name, f"--container={service}").count("job ended")
        for name in (pod["metadata"]["name"] for pod in site.pods(service))
    }
