"""The sign-in page: one complete document, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape

FRAME = """<!DOCTYPE html>
<html lang="{lang}" data-theme="dark">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
<link rel="stylesheet" href="/assets/00-tokens.css">
<link rel="stylesheet" href="/assets/10-base.css">
<link rel="stylesheet" href="/assets/40-login.css">
</head>
<body class="login">
<main>
<section class="lead">
<p class="mark" aria-hidden="true"><i></i><i></i><i></i></p>
<h1>{heading}</h1>
<p>{lead}</p>
</section>
{form}
</main>
</body>
</html>
"""
"""What stands around a form."""
SIGN_IN = """<form method="post" action="/login" aria-labelledby="sign-in">
<h2 id="sign-in">{sign_in}</h2>
{error}
<label for="login">{user}</label>
<input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false"
 required autofocus{invalid}>
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{invalid}>
<input type="hidden" name="next" value="{next_path}">
<button class="button primary" type="submit">{submit}</button>
{demo}
</form>"""
CHANGE = """<form method="post" action="/password" aria-labelledby="change">
<h2 id="change">{heading}</h2>
{error}
<input name="username" autocomplete="username" value="{login}" hidden>
<label for="old">{old}</label>
<input id="old" name="old" type="password" autocomplete="current-password" required autofocus>
<label for="new">{new}</label>
<input id="new" name="new" type="password" autocomplete="new-password" minlength="10" maxlength="200"
 required aria-describedby="rule">
<p class="muted" id="rule">{rule}</p>
<label for="again">{again}</label>
<input id="again" name="again" type="password" autocomplete="new-password" required>
<button class="button primary" type="submit">{submit}</button>
</form>"""


def password_html(texts: Mapping[str, str], *, error: str, login: str) -> str:
    """Return the page that changes a password; `error` is a sentence or empty."""
    heading = escape(texts["password.title"])
    form = CHANGE.format(
        heading=heading,
        error=_error(error),
        login=escape(login, quote=True),
        **{
            name: escape(texts[f"password.{name}"])
            for name in ("old", "new", "again", "rule", "submit")
        },
    )
    lead = escape(texts["password.lead"])
    return _framed(texts, title=heading, heading=heading, lead=lead, form=form)


def login_html(
    texts: Mapping[str, str],
    *,
    error: str,
    next_path: str,
    demo_logins: Sequence[tuple[str, str, str]],
) -> str:
    """Return the sign-in page; `error` is a sentence or empty, `demo_logins` are (login, password, role)."""
    form = SIGN_IN.format(
        sign_in=escape(texts["login.title"]),
        error=_error(error),
        invalid=' aria-invalid="true" aria-describedby="login-error"' if error else "",
        user=escape(texts["login.user"]),
        password=escape(texts["login.password"]),
        next_path=escape(next_path, quote=True),
        submit=escape(texts["login.submit"]),
        demo=_demo(texts, demo_logins),
    )
    return _framed(
        texts,
        title=escape(texts["login.title"]),
        heading=escape(texts["login.heading"]),
        lead=escape(texts["login.lead"]),
        form=form,
    )


def _framed(texts: Mapping[str, str], *, title: str, heading: str, lead: str, form: str) -> str:
    lang = "zh-CN" if texts["nav.language"] == "English" else "en"
    whole = f"{title} · {escape(texts['app.title'])}"
    return FRAME.format(lang=lang, title=whole, heading=heading, lead=lead, form=form)


def _error(sentence: str) -> str:
    if not sentence:
        return ""
    return f'<p class="error" id="login-error" role="alert">{escape(sentence)}</p>'


def _demo(texts: Mapping[str, str], logins: Sequence[tuple[str, str, str]]) -> str:
    if not logins:
        return ""
    rows = "".join(
        f"<tr><td>{escape(role)}</td><td><code>{escape(login)}</code></td>"
        f"<td><code>{escape(password)}</code></td></tr>"
        for login, password, role in logins
    )
    return (
        f'<section class="demo"><h3>{escape(texts["login.demo"])}'
        f"<small>{escape(texts['login.demo_hint'])}</small></h3><table>{rows}</table></section>"
    )
