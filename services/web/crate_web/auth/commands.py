"""`crate user ...`: accounts, for the first one and for when nobody can sign in."""

import sys
from typing import Annotated

import typer
from sqlalchemy import select, update

from crate_core.audit import AuditKind, record
from crate_core.cli.site import open_site, operator
from crate_core.cli.text import table
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.email import is_valid_address
from crate_core.domain.roles import Role
from crate_core.errors import CrateError
from crate_core.models import LoginSession, UserAccount, UserRole
from crate_web.auth.hashing import PasswordHashing
from crate_web.auth.passwords import problem_with

app = typer.Typer(help="Accounts: create, list, roles, disable.", no_args_is_help=True)

_Username = Annotated[str, typer.Argument(help="Name to sign in with.")]


@app.command()
def create(
    username: _Username,
    role: Annotated[list[Role] | None, typer.Option(help="May be repeated.")] = None,
    email: Annotated[str, typer.Option(help="Mail address; taken as verified.")] = "",
    title: Annotated[str, typer.Option(help="Such as Dr.")] = "",
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
) -> None:
    """Create an account; asks for the password, or reads one line of standard input."""
    if email and not is_valid_address(email):
        raise typer.BadParameter(f"{email!r} is no mail address")
    password = _ask_password(username)

    def work(session: WriteSession) -> None:
        if session.scalar(select(UserAccount.id).where(UserAccount.username == username)):
            raise CrateError(f"There is an account {username!r} already.")
        now = utcnow()
        user = UserAccount(
            username=username,
            password_hash=PasswordHashing().hash(password),
            created_at=now,
            title=title,
            first_name=first_name,
            last_name=last_name,
            email=email,
            email_verified_at=now if email else None,
            roles=[UserRole(role=each) for each in sorted(set(role or []))],
        )
        session.add(user)
        _audit(session, username, created=True, roles=sorted(set(role or [])))

    with open_site() as (_settings, database):
        database.write(work)
    typer.echo(f"Created {username}.")


@app.command("list")
def list_users() -> None:
    """List all accounts with their roles."""
    with open_site() as (_settings, database), database.read() as session:
        users = session.scalars(select(UserAccount).order_by(UserAccount.username)).all()
        rows = [
            [
                user.username,
                user.full_name,
                ", ".join(sorted(user.role_set)),
                "" if user.is_active else "disabled",
            ]
            for user in users
        ]
    if not rows:
        typer.echo("There are no accounts yet; `crate user create` makes one.")
        return
    typer.echo(table(["username", "name", "roles", ""], rows))


@app.command()
def role(
    username: _Username,
    add: Annotated[list[Role] | None, typer.Option(help="May be repeated.")] = None,
    remove: Annotated[list[Role] | None, typer.Option(help="May be repeated.")] = None,
) -> None:
    """Give an account roles, or take them away."""
    if not add and not remove:
        raise typer.BadParameter("say --add or --remove, and which role")

    def work(session: WriteSession) -> list[str]:
        user = _find(session, username)
        roles = (user.role_set | set(add or [])) - set(remove or [])
        kept = [row for row in user.roles if row.role in roles]
        new = roles - {Role(row.role) for row in kept}
        user.roles = [*kept, *(UserRole(role=each) for each in sorted(new))]
        _audit(session, username, roles=sorted(roles))
        return sorted(roles)

    with open_site() as (_settings, database):
        roles = database.write(work)
    typer.echo(f"{username} is now: {', '.join(roles) or 'without a role'}.")


@app.command()
def disable(username: _Username) -> None:
    """Disable an account and end its sessions; accounts are never deleted, the audit names them."""

    def work(session: WriteSession) -> None:
        user = _find(session, username)
        user.is_active = False
        session.change(
            update(LoginSession)
            .where(LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=utcnow())
        )
        _audit(session, username, active=False)

    with open_site() as (_settings, database):
        database.write(work)
    typer.echo(f"{username} can no longer sign in.")


def _find(session: WriteSession, username: str) -> UserAccount:
    user = session.scalar(select(UserAccount).where(UserAccount.username == username))
    if user is None:
        raise CrateError(f"There is no account {username!r}; `crate user list` shows all.")
    return user


def _audit(session: WriteSession, username: str, **detail: object) -> None:
    record(
        session,
        AuditKind.USER_CHANGED,
        actor=operator(),
        subject=f"user:{username}",
        detail=dict(detail),
    )


def _ask_password(username: str) -> str:
    # Never an argument: those stand in process lists and histories.
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    problem = problem_with(password, username=username)
    if problem:
        raise CrateError(f"{problem}.")
    return password
