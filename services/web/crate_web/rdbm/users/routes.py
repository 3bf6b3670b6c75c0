"""Pages of accounts: list, make, change, disable, and give a new password (C120)."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.domain.roles import Role
from crate_core.models import UserAccount
from crate_web import access
from crate_web.access import RefusedError
from crate_web.auth.passwords import problem_with
from crate_web.downloads import audited_download
from crate_web.feature import Feature, NavigationEntry
from crate_web.forms import FormState, parse, state_of
from crate_web.listing import Query, read_query
from crate_web.rdbm.noting import number_in_path
from crate_web.rdbm.users import queries, saving
from crate_web.rdbm.users.forms import (
    ROLES,
    AccountForm,
    NewAccountForm,
    PasswordForm,
    form_of,
)
from crate_web.rdbm.users.rules import may_change, problem_with_roles
from crate_web.refusals import ROLE_NAMES
from crate_web.requests import PageRequest
from crate_web.routing import page


def show_list(request: PageRequest) -> Response:
    """List the accounts."""
    with request.site.database.read() as session:
        listing = queries.list_accounts(session, _query(request))
    return request.render(
        "rdbm_users/list.html", listing=listing, roles=ROLES, role_names=ROLE_NAMES
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                account.username,
                account.title,
                account.first_name,
                account.last_name,
                account.email,
                " ".join(sorted(account.role_set)),
                "yes" if account.is_active else "no",
                account.created_at.isoformat(),
            )
            for account in queries.all_accounts(session, _query(request))
        ]
    header = ("Username", "Title", "First name", "Last name", "E-mail", "Roles", "Active", "Made")
    return audited_download(request, "users", _query(request), header, rows)


def show_new(request: PageRequest) -> Response:
    """Show the empty form."""
    return _edit_page(request, FormState())


def create(request: PageRequest) -> Response:
    """Make an account with a first password."""
    form = parse(NewAccountForm, request.form_data)
    if isinstance(form, FormState):
        return _edit_page(request, _without_password(form))
    wrong = form.problems() or state_of(form)
    if problem := problem_with(form.password, username=form.username):
        wrong.refuse("password", problem.replace("Your new password", "The password"))
    _check_roles(request, form, None, wrong)
    if wrong.errors:
        return _edit_page(request, _without_password(wrong))
    password_hash = request.site.passwords.hash(form.password)
    account_id = request.site.database.write(
        lambda session: saving.create(session, request, form, password_hash)
    )
    if account_id is None:
        wrong.refuse("username", "Somebody else has this username")
        return _edit_page(request, _without_password(wrong))
    request.flash("The account is there. Tell the person their username and first password.")
    return request.redirect("rdbm.user", user=account_id)


def show(request: PageRequest) -> Response:
    """Show one account with the form that changes it."""
    account = _account(request)
    return _edit_page(request, form_of(account), account)


def change(request: PageRequest) -> Response:
    """Change an account."""
    account = _changeable(request)
    form = parse(AccountForm, request.form_data)
    if isinstance(form, FormState):
        return _edit_page(request, form, account)
    wrong = form.problems() or state_of(form)
    _check_roles(request, form, account, wrong)
    if wrong.errors:
        return _edit_page(request, wrong, account)
    request.site.database.write(lambda session: saving.change(session, request, account.id, form))
    request.flash("The account is saved.")
    return request.redirect("rdbm.user", user=account.id)


def disable(request: PageRequest) -> Response:
    """Disable an account: nobody signs in with it, and its sessions end at once."""
    account = _changeable(request)
    if account.id == request.user.user_id:
        request.flash("You cannot disable your own account: ask a colleague.", "info")
        return request.redirect("rdbm.user", user=account.id)
    return _set_active(request, account, active=False)


def enable(request: PageRequest) -> Response:
    """Enable an account again."""
    return _set_active(request, _changeable(request), active=True)


def show_password(request: PageRequest) -> Response:
    """Show the form for a new password; for one's own the present one is asked for, elsewhere."""
    account = _changeable(request)
    if account.id == request.user.user_id:
        return request.redirect("account.password")
    return _password_page(request, account, FormState())


def reset_password(request: PageRequest) -> Response:
    """Give somebody a new password; weak ones are refused, and all their sessions end (C120)."""
    account = _changeable(request)
    if account.id == request.user.user_id:
        return request.redirect("account.password")
    form = parse(PasswordForm, request.form_data)
    if isinstance(form, FormState):
        return _password_page(request, account, form)
    if problem := problem_with(form.password, username=account.username):
        wrong = FormState().refuse("password", problem.replace("Your new password", "The password"))
        return _password_page(request, account, wrong)
    password_hash = request.site.passwords.hash(form.password)
    request.site.database.write(
        lambda session: saving.set_password(session, request, account.id, password_hash)
    )
    request.flash("The password is changed. Tell it to the person; they are signed out everywhere.")
    return request.redirect("rdbm.user", user=account.id)


def _set_active(request: PageRequest, account: UserAccount, *, active: bool) -> Response:
    changed = request.site.database.write(
        lambda session: saving.set_active(session, request, account.id, active=active)
    )
    state = "enabled" if active else "disabled"
    if changed:
        request.flash(f"The account is {state}.")
    else:
        request.flash(f"The account was {state} before.", "info")
    return request.redirect("rdbm.user", user=account.id)


def _check_roles(
    request: PageRequest, form: AccountForm, account: UserAccount | None, wrong: FormState
) -> None:
    problem = problem_with_roles(
        by=request.user.roles,
        before=account.role_set if account else frozenset(),
        after=frozenset(form.roles),
        is_self=account is not None and account.id == request.user.user_id,
    )
    if problem:
        wrong.refuse("roles", problem)


def _account(request: PageRequest) -> UserAccount:
    with request.site.database.read() as session:
        account = session.get(UserAccount, number_in_path(request, "user"))
    if account is None:
        raise HTTPException(404)
    return account


def _changeable(request: PageRequest) -> UserAccount:
    account = _account(request)
    if not may_change(by=request.user.roles, roles=account.role_set):
        raise RefusedError(reason="Only a superuser changes the account of a superuser.")
    return account


def _without_password(form: FormState) -> FormState:
    kept = {name: value for name, value in form.values.items() if name != "password"}
    return FormState(kept, form.errors)


def _edit_page(
    request: PageRequest, form: FormState, account: UserAccount | None = None
) -> Response:
    changeable = account is None or may_change(by=request.user.roles, roles=account.role_set)
    return request.render(
        "rdbm_users/edit.html", form=form, account=account, roles=ROLES, changeable=changeable
    )


def _password_page(request: PageRequest, account: UserAccount, form: FormState) -> Response:
    return request.render("rdbm_users/password.html", form=form, account=account)


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="username",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_managers = access.role(Role.RDBM, Role.SUPERUSER)
feature = Feature(
    name="rdbm_users",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/users", show_list, access=_managers, name="rdbm.users"),
        page("/rdbm/users.csv", download_list, access=_managers, name="rdbm.users.csv"),
        page("/rdbm/users/new", show_new, access=_managers, name="rdbm.users.new"),
        page(
            "/rdbm/users/new",
            create,
            access=_managers,
            name="rdbm.users.new",
            methods=["POST"],
            hashes_passwords=True,
        ),
        page("/rdbm/users/{user:int}", show, access=_managers, name="rdbm.user"),
        page(
            "/rdbm/users/{user:int}", change, access=_managers, name="rdbm.user", methods=["POST"]
        ),
        page(
            "/rdbm/users/{user:int}/disable",
            disable,
            access=_managers,
            name="rdbm.user.disable",
            methods=["POST"],
        ),
        page(
            "/rdbm/users/{user:int}/enable",
            enable,
            access=_managers,
            name="rdbm.user.enable",
            methods=["POST"],
        ),
        page(
            "/rdbm/users/{user:int}/password",
            show_password,
            access=_managers,
            name="rdbm.user.password",
        ),
        page(
            "/rdbm/users/{user:int}/password",
            reset_password,
            access=_managers,
            name="rdbm.user.password",
            methods=["POST"],
            hashes_passwords=True,
        ),
    ],
    # The RDBM comes here by way of "Manage".
    navigation=[NavigationEntry("Users", "rdbm.users", frozenset({Role.SUPERUSER}), order=70)],
)
