"""One `helm install` leads to a site that people can use, and to nothing that they must not."""

import secrets

import httpx
import pytest

from tests.deploy.cluster.kubernetes import INGRESS_NAMESPACE, ingress_pods
from tests.deploy.cluster.site import SERVERS, SERVICES, ClusterSite, until
from tests.deploy.images.engine import run
from tests.load.site import fields_of

INVENTED_ADDRESS = "203.0.113.77"


def test_one_command_leads_to_a_signed_in_page(site: ClusterSite) -> None:
    print(f"helm install --wait, from nothing to a signed-in page: {site.seconds:.0f} s")
    assert "helm --namespace" in site.said
    for service in (*SERVICES, *SERVERS):
        for pod in site.pods(service):
            [state] = pod["status"]["containerStatuses"]
            assert (state["ready"], state["restartCount"]) == (True, 0), service


def test_helm_test_goes_the_way_of_a_researcher(site: ClusterSite) -> None:
    said = site.namespace.helm("test", "crate", "--logs", "--timeout=3m").stdout
    assert "the approval was mailed" in said
    site.leave_out({rid for [rid] in site.rows("SELECT lookup_value FROM contact_request")})


def test_the_site_is_on_tls_alone(site: ClusterSite) -> None:
    host, _ = site.ingress_address()
    plain = httpx.get(f"http://{host}/crate/login", headers={"Host": "localhost"})
    assert plain.status_code in {httpx.codes.NOT_FOUND, httpx.codes.PERMANENT_REDIRECT}
    with site.browser() as browser:
        page = browser.get("/login")
    assert page.headers["strict-transport-security"]
    assert all(
        "secure" in cookie.lower() and cookie.startswith("__")
        for cookie in page.headers.get_list("set-cookie")
    )


def test_nobody_says_where_they_come_from(site: ClusterSite) -> None:
    name = f"nobody-{secrets.token_hex(4)}"
    with site.browser() as browser:
        browser.headers["X-Forwarded-For"] = INVENTED_ADDRESS
        form = fields_of(browser.get("/login"))
        browser.post("/login", data={**form, "username": name, "password": "wrong"})
    [*_, [address]] = site.rows("SELECT address FROM login_failure ORDER BY id")
    assert address != INVENTED_ADDRESS
    assert address not in {pod["status"]["podIP"] for pod in ingress_pods()}


def test_no_access_log_keeps_the_links_of_clinicians(site: ClusterSite) -> None:
    marker, token = secrets.token_hex(8), secrets.token_urlsafe(32)
    with site.browser() as browser:
        assert browser.get(f"/respond/{token}").status_code == httpx.codes.FORBIDDEN
        browser.get(f"/login?next=/{marker}")
    logs = _ingress_logs()
    if marker not in logs:
        pytest.skip("the ingress controller keeps no access log, or not where kubectl reads it")
    assert token not in logs


def _ingress_logs() -> str:
    """Return what the ingress controller wrote of the last minutes."""
    texts = []
    for pod in ingress_pods():
        name = pod["metadata"]["name"]
        arguments = ("kubectl", "--namespace", INGRESS_NAMESPACE, "logs", name, "--since=3m")
        texts.append(run(*arguments).stdout)
    return "\n".join(texts)


def test_metrics_of_the_cluster_know_what_pods_use(site: ClusterSite) -> None:
    def used() -> str:
        text = site.namespace.kubectl("top", "pods")
        missing = [name for name in (*SERVICES, *SERVERS) if f"crate-{name}-" not in text]
        assert not missing
        return text

    print(until(used, AssertionError, seconds=90))
