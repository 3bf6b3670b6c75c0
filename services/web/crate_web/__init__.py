"""The web front end and the runner of crate-web.

How pages come about
====================

`bootstrap.build_application(settings)` makes the collaborators (`site.Site`) and the application;
`serve` runs it under gunicorn. A request passes `middleware` (id, metrics, headers, path prefix),
then a route made by `routing.page`. That route loads the visitor's session, asks `access` whether
they may come, checks CSRF tokens of posts, and calls the handler: a plain function, in one thread hop.

Adding a feature package
========================

    crate_web/studies/
        __init__.py      one sentence
        routes.py        handlers, and `feature` at the end; HTTP in, HTTP out
        forms.py         what may come in: pydantic models
        queries.py       all SQL of the feature
        rules.py         what it decides, pure; named for what it is about
        templates/       "studies/list.html" is the file list.html in here

and one line in `features.FEATURES`. In `routes.py`:

    def show_list(request: PageRequest) -> Response:
        query = read_query(request.query_params, sorts=["code", "title"], default="code",
                           page_size=request.user.rows_per_page)
        with request.site.database.read() as session:
            listing = queries.list_studies(session, request.user.user_id, query)
        return request.render("studies/list.html", listing=listing)

    def show_new(request: PageRequest) -> Response:
        return request.render("studies/edit.html", form=FormState())

    def create(request: PageRequest) -> Response:
        form = parse(StudyForm, request.form_data)
        if isinstance(form, FormState):
            return request.render("studies/edit.html", form=form)
        study_id = request.site.database.write(
            lambda session: queries.create_study(session, form, request.user)
        )
        request.flash("The study is created.")
        return request.redirect("studies.show", id=study_id)

    rdbm = access.role(Role.RDBM)
    feature = Feature(
        name="studies", title="Studies", folder=Path(__file__).parent,
        routes=[
            page("/studies", show_list, access=access.anyone_signed_in, name="studies"),
            page("/studies/new", show_new, access=rdbm, name="studies.new"),
            page("/studies/new", create, access=rdbm, name="studies.new", methods=["POST"]),
        ],
        navigation=[NavigationEntry("Studies", "studies", frozenset({Role.RDBM}), order=30)],
    )

In templates:

    {% extends "base.html" %}
    {% import "forms.html" as forms with context %}
    {% block title %}New study{% endblock %}
    {% block content %}
    <form method="post" novalidate>
      {{ forms.csrf() }} {{ forms.submission(form) }}
      {{ forms.text(form, "code", "Study code", width=10) }}
      {{ forms.button("Create study") }}
    </form>
    {% endblock %}

Rules that the frame keeps, so that pages need not: GET changes nothing; every post carries a CSRF
token; `no-store` on all pages; errors of a form give 422 and "Error: " in the title; TemporaryError
gives the 503 page; whoever is not signed in goes to the log-in page and comes back. What pages keep
themselves: not yours and not there are both `HTTPException(404)`; identifiers of patients stand in
no address, flash message or log line; a post that creates something is idempotent
(`forms.Submission`); what cannot be undone is confirmed by "confirm.html"; no inline script or
style, no `style=`.
"""
