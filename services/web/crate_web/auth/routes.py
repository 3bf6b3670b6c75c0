"""Pages of signing in and out, and of the own account."""

from pathlib import Path

from starlette.responses import Response

from crate_core.audit import AuditKind, record
from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.models.users import LoginSession, UserAccount
from crate_web import access
from crate_web.auth import login, queries
from crate_web.auth.forms import LoginForm, PasswordForm, PreferencesForm
from crate_web.auth.passwords import problem_with
from crate_web.cookies import clear_cookie, set_cookie
from crate_web.feature import Feature
from crate_web.forms import FormState, parse
from crate_web.paths import own_path
from crate_web.refusals import ROLE_NAMES
from crate_web.requests import PageRequest
from crate_web.routing import page


def show_login(request: PageRequest) -> Response:
    """Show the form, or go on when somebody is signed in already."""
    target = request.query_params.get("next", "")
    if request.visitor:
        return request.redirect_to(_after_login(request, target))
    return request.render("auth/login.html", form=FormState({"next": target}))


def sign_in(request: PageRequest) -> Response:
    """Sign in, then go to the page that was asked for (C118 to C120, R1, R2)."""
    form = parse(LoginForm, request.form_data)
    if isinstance(form, FormState):
        return request.render("auth/login.html", form=_without_passwords(form))
    result = login.attempt(request, form.username, form.password)
    if result.outcome is not login.Outcome.SUCCESS:
        return _login_refused(request, form, result.outcome)
    names = request.site.cookies
    response = request.redirect_to(_after_login(request, form.next))
    set_cookie(response, names.session, result.token, secure=names.secure)
    clear_cookie(response, names.visit, secure=names.secure)
    return response


def sign_out(request: PageRequest) -> Response:
    """End the session in the database, not only in the browser."""
    visitor, names = request.visitor, request.site.cookies

    def end(session: WriteSession) -> None:
        if visitor:
            request.site.sessions.end(session, visitor.session_id, request.now)
            account = session.get_one(UserAccount, visitor.user_id)
            record(session, AuditKind.LOGOUT, actor=account, address=request.address)

    request.site.database.write(end)
    request.flash("You are signed out.", "info")
    response = request.redirect("login")
    clear_cookie(response, names.session, secure=names.secure)
    response.headers["clear-site-data"] = '"cache"'
    return response


def show_account(request: PageRequest) -> Response:
    """Show who one is, what one may do, and where one is signed in."""
    visitor = request.user
    form = FormState({"rows_per_page": str(visitor.rows_per_page)})
    return _account_page(request, form)


def save_preferences(request: PageRequest) -> Response:
    """Save how lists are shown."""
    form = parse(PreferencesForm, request.form_data)
    if isinstance(form, FormState):
        return _account_page(request, form)

    def save(session: WriteSession) -> None:
        session.get_one(UserAccount, request.user.user_id).rows_per_page = form.rows_per_page

    request.site.database.write(save)
    request.flash("Your settings are saved.")
    return request.redirect("account")


def show_password(request: PageRequest) -> Response:
    """Show the form for a new password."""
    return request.render("auth/password.html", form=FormState())


def change_password(request: PageRequest) -> Response:
    """Change the password, end all other sessions, and go on with a new one (C120)."""
    form = parse(PasswordForm, request.form_data)
    if isinstance(form, FormState):
        return request.render("auth/password.html", form=_without_passwords(form))
    visitor, site = request.user, request.site
    wrong = FormState()
    problem = problem_with(form.new, username=visitor.username)
    if problem:
        wrong.refuse("new", problem)
    elif form.new != form.again:
        wrong.refuse("again", "The new passwords must be the same")
    # Who finds a browser signed in must not be able to guess here what the log-in guards.
    outcome, _account, _name_hash = login.check(request, visitor.username, form.present)
    if outcome is login.Outcome.THROTTLED:
        return _must_wait(request, "auth/password.html", wrong, "present")
    if outcome is login.Outcome.FAILED:
        wrong.refuse("present", "Your present password is not right")
    if wrong.errors:
        return request.render("auth/password.html", form=wrong)
    new_hash = site.passwords.hash(form.new)

    def change(session: WriteSession) -> str:
        account = session.get_one(UserAccount, visitor.user_id)
        account.password_hash = new_hash
        site.sessions.end_all_of(session, account.id, request.now)
        record(session, AuditKind.PASSWORD_CHANGED, actor=account, address=request.address)
        return site.sessions.begin(session, account, now=request.now, address=request.address)

    token = site.database.write(change)
    request.flash("Your password is changed. You are signed out everywhere else.")
    response = request.redirect("account")
    set_cookie(response, site.cookies.session, token, secure=site.cookies.secure)
    return response


def end_other_sessions(request: PageRequest) -> Response:
    """Sign out everywhere else, and go on with a new session here, which ends when the present one would."""
    visitor, site = request.user, request.site

    def end(session: WriteSession) -> str:
        account = session.get_one(UserAccount, visitor.user_id)
        until = session.get_one(LoginSession, visitor.session_id).expires_at
        site.sessions.end_all_of(session, account.id, request.now)
        record(
            session,
            AuditKind.LOGOUT,
            actor=account,
            address=request.address,
            detail={"sessions": "all others"},
        )
        return site.sessions.begin(
            session, account, now=request.now, address=request.address, until=until
        )

    token = site.database.write(end)
    request.flash("You are signed out everywhere else.")
    response = request.redirect("account")
    set_cookie(response, site.cookies.session, token, secure=site.cookies.secure)
    return response


def _account_page(request: PageRequest, form: FormState) -> Response:
    visitor, limits = request.user, request.site.sessions.limits
    with request.site.database.read() as session:
        account = session.get_one(UserAccount, visitor.user_id)
        sessions = queries.live_sessions(
            session, visitor.user_id, now=request.now, seen_after=request.now - limits.idle
        )
    role_names = [ROLE_NAMES[role] for role in Role if role in visitor.roles]
    return request.render(
        "auth/account.html", form=form, account=account, sessions=sessions, role_names=role_names
    )


def _login_refused(request: PageRequest, form: LoginForm, outcome: login.Outcome) -> Response:
    state = FormState({"username": form.username, "next": form.next})
    if outcome is login.Outcome.THROTTLED:
        return _must_wait(request, "auth/login.html", state, "username")
    state.refuse("username", "The username or the password is not right")
    return request.render("auth/login.html", form=state)


def _must_wait(request: PageRequest, template: str, form: FormState, field: str) -> Response:
    minutes = request.site.settings.login_failure_minutes
    form.refuse(field, f"There were too many attempts. Wait {minutes} minutes, then try again.")
    response = request.render(template, status=429, form=form)
    response.headers["retry-after"] = str(minutes * 60)
    return response


def _after_login(request: PageRequest, target: str) -> str:
    return own_path(target, request.site.address.prefix, request.site.urls("home"))


def _without_passwords(form: FormState) -> FormState:
    kept = {name: form.values[name] for name in ("username", "next") if name in form.values}
    return FormState(kept, form.errors)


feature = Feature(
    name="auth",
    title="Your account",
    folder=Path(__file__).parent,
    routes=[
        page("/login", show_login, access=access.public, name="login"),
        page(
            "/login",
            sign_in,
            access=access.public,
            name="login",
            methods=["POST"],
            hashes_passwords=True,
        ),
        page("/logout", sign_out, access=access.public, name="logout", methods=["POST"]),
        page("/account", show_account, access=access.anyone_signed_in, name="account"),
        page(
            "/account",
            save_preferences,
            access=access.anyone_signed_in,
            name="account",
            methods=["POST"],
        ),
        page(
            "/account/password",
            show_password,
            access=access.anyone_signed_in,
            name="account.password",
        ),
        page(
            "/account/password",
            change_password,
            access=access.anyone_signed_in,
            name="account.password",
            methods=["POST"],
            hashes_passwords=True,
        ),
        page(
            "/account/sessions",
            end_other_sessions,
            access=access.anyone_signed_in,
            name="account.sessions",
            methods=["POST"],
        ),
    ],
)
