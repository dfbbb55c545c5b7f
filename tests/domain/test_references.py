"""Which references are accepted, where, and what an action is with them filled in."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.references import check_secret_name, check_secret_value, literal
from jobdesk.domain.secret import Unfit, names_in, resolve, secret_headers
from jobdesk.domain.shell import Shell

NASTY = "a b&c=d'\"$(id)`\\%é"


def _filled(action: HttpAction | ScriptAction, **values: str) -> HttpAction | ScriptAction:
    return resolve(action, values, Shell.POSIX)


def test_names_are_found_where_values_go_and_nowhere_else() -> None:
    call = HttpAction(
        "POST",
        "https://h/${secret:A}?x=${secret:B}",
        headers={"X": "Bearer ${secret:C}", "Y": "plain"},
        body='{"k": "${secret:A}${secret:D.e-f_9}"}',
    )
    assert names_in(call) == ["A", "B", "C", "D.e-f_9"]
    assert secret_headers(call) == {"x"}
    script = ScriptAction(["run", "--key=${secret:A}"], env={"K": "${secret:B}"})
    assert names_in(script) == ["A", "B"]
    assert names_in(ScriptAction(shell="echo ${secret:C} $secret ${secret}")) == ["C"]


@pytest.mark.parametrize(
    "bad",
    [
        "${secret:}",
        "${secret:9x}",
        "${secret:a b}",
        "${secret:",
        "${secret:" + "x" * 129 + "}",
        "${secret:signing.current}",
    ],
)
def test_what_only_begins_like_a_reference_is_refused(bad: str) -> None:
    for make in (
        lambda: HttpAction("GET", "http://h/?a=" + bad.replace(" ", "")) if " " not in bad
        else HttpAction("GET", "http://h/", body=bad),
        lambda: HttpAction("GET", "http://h/", headers={"X": bad}),
        lambda: HttpAction("GET", "http://h/", body="${secret:good} " + bad),
        lambda: ScriptAction(["x", bad]),
        lambda: ScriptAction(["x"], env={"A": bad}),
        lambda: ScriptAction(shell=f"echo {bad}"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            make()


def test_a_shell_may_have_a_variable_of_that_name() -> None:
    action = ScriptAction(shell='echo "${secret:-none}" ${secret:+x}')
    assert names_in(action) == []
    with pytest.raises(InvalidInput):
        ScriptAction(["x"], env={"A": "${secret:-none}"})


def test_the_program_and_its_folder_hold_no_secret() -> None:
    for make in (
        lambda: ScriptAction(["/opt/${secret:A}"]),
        lambda: ScriptAction(["x"], cwd="/home/${secret:A}"),
        lambda: ScriptAction(["x"], env={"${secret:A}": "1"}),
    ):
        with pytest.raises(InvalidInput, match="no secret here"):
            make()


@pytest.mark.parametrize(
    "url",
    ["http://h/${secret:X}", "https://${secret:HOST}/", "http://h:${secret:PORT}/", "${secret:URL}",
     "https://u:${secret:P}@h/"],
)  # fmt: skip
def test_a_url_may_be_secret_in_any_part(url: str) -> None:
    assert HttpAction("GET", url).url == url


@pytest.mark.parametrize("url", ["ftp://${secret:H}/", "//${secret:H}/", "http:///${secret:X}"])
def test_a_url_that_no_secret_makes_one_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        HttpAction("GET", url)


def test_a_value_in_a_url_means_itself() -> None:
    action = HttpAction("GET", "http://me:${secret:P}@${secret:H}/${secret:Q}?k=${secret:P}&z=1")
    filled = _filled(action, P=NASTY, H="h:81", Q="services/a/b?sig=1")
    quoted = "a%20b%26c%3Dd%27%22%24%28id%29%60%5C%25%C3%A9"
    assert filled.url == f"http://me:{quoted}@h:81/services/a/b?sig=1?k={quoted}&z=1"
    whole = HttpAction("GET", "https://h/c?${secret:SAS}")
    assert _filled(whole, SAS="sv=1&sig=a%3D").url == "https://h/c?sv=1&sig=a%3D"


def test_a_value_in_a_body_keeps_the_body_what_it_is() -> None:
    body = '{"password": "x${secret:P}"}'
    assert json.loads(_filled(HttpAction("POST", "http://h/", body=body), P=NASTY).body or "") == {
        "password": f"x{NASTY}"
    }
    form = HttpAction(
        "POST", "http://h/", body="p=${secret:P}&q=1",
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
    )  # fmt: skip
    assert _filled(form, P="a&b c").body == "p=a%26b+c&q=1"
    assert _filled(HttpAction("POST", "http://h/", body="p=${secret:P}"), P="a&b").body == "p=a&b"


def test_a_value_that_can_not_be_sent_is_named_by_its_place_only() -> None:
    call = HttpAction("GET", "http://h/", headers={"X-Key": "${secret:K}"})
    with pytest.raises(Unfit, match="X-Key") as refused:
        _filled(call, K="first\r\nX-Evil: second")
    assert "second" not in str(refused.value)
    with pytest.raises(Unfit, match="URL"):
        _filled(HttpAction("GET", "${secret:U}"), U="not a url")
    with pytest.raises(Unfit, match="argument"):
        _filled(ScriptAction(["x", "${secret:A}"]), A="v" * 200_000)


def test_a_value_may_look_like_a_reference() -> None:
    script = ScriptAction(["x", "${secret:A}"], env={"B": "${secret:A}"})
    filled = _filled(script, A="${secret:A}${secret:")
    assert isinstance(filled, ScriptAction)
    assert (filled.command, filled.env) == (
        ("x", "${secret:A}${secret:"),
        {"B": "${secret:A}${secret:"},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("printf %s. ${secret:A}", "{A}."),
        ('printf %s. "x ${secret:A}"', "x {A}."),
        ("printf %s. 'x ${secret:A}' $HOME_", "x {A}."),
        ("printf %s. it\\'s${secret:A}", "it's{A}."),
        ("printf %s. \"$(printf %s '${secret:A}')\"", "{A}."),
        ("# don't\nprintf %s. '${secret:A}'", "{A}."),
        ("printf %s. \"a'b\" '${secret:A}' \"\\\"\" '${secret:B}'", "a'b.{A}.\".{B}."),
        ("printf %s. $((1+2)) '${secret:A}'", "3.{A}."),
    ],
)
def test_no_character_of_a_value_means_anything_to_a_shell(line: str, printed: str) -> None:
    filled = _filled(ScriptAction(shell=line), A=NASTY, B="b  *")
    assert isinstance(filled, ScriptAction)
    assert filled.shell is not None
    assert NASTY not in filled.shell, "or a list of processes would show it"
    done = subprocess.run(
        ["/bin/sh", "-c", filled.shell], env={"PATH": "/usr/bin:/bin", **filled.env},
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.decode() == printed.format(A=NASTY, B="b  *")


@pytest.mark.parametrize("text", ["${secret:A}", "$${secret:A}", "a ${secret: b", "$$ $", "$"])
def test_what_others_wrote_stays_what_it_is(text: str) -> None:
    call = HttpAction(
        "POST", "http://h/", body=json.dumps({"comment": literal(text), "k": "${secret:K}"})
    )
    assert names_in(call) == ["K"]
    assert json.loads(_filled(call, K="v").body or "") == {"comment": text, "k": "v"}
    script = ScriptAction(["x", literal(text)], env={"B": literal(text)})
    filled = _filled(script)
    assert isinstance(filled, ScriptAction)
    assert (filled.command, filled.env) == (("x", text), {"B": text})
    line = _filled(ScriptAction(shell=literal("echo '${secret:A}'")))
    assert isinstance(line, ScriptAction)
    assert line.shell == "echo '${secret:A}'"


def test_windows_has_variables_of_its_own() -> None:
    filled = resolve(ScriptAction(shell="echo ${secret:A}"), {"A": "value"}, Shell.WINDOWS)
    assert isinstance(filled, ScriptAction)
    assert (filled.shell, filled.env) == (
        "echo %JOBDESK_SECRET_1%",
        {"JOBDESK_SECRET_1": "value"},
    )


@pytest.mark.parametrize("name", ["", "9a", "a b", "a}", "x" * 129, "é", "signing.current", None])
def test_names_that_no_secret_has(name: object) -> None:
    with pytest.raises(InvalidInput):
        check_secret_name(name)


@pytest.mark.parametrize("value", ["", "abc", " abc ", "a\0bcd", "\udc80bcd", "long" * 20_000])
def test_values_that_no_secret_has_are_not_repeated(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_secret_value(value)
    assert value == "" or value.strip() not in str(refused.value)
