"""Which parts of a file are never shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.formats.corpus import case
from tui_installer.model.masks import secret_spans

PASSWORDS = (
    b"x.password = one\n#y.auth.password_in=two 2\r\nz.username = three\n# a password is a secret\nw.password =\n"
)


def test_values_of_passwords_in_settings_and_comments_alone() -> None:
    spans = secret_spans(PASSWORDS, "passwords")
    assert [PASSWORDS[span.start : span.end] for span in spans] == [b"one", b"two 2"]
    assert secret_spans(PASSWORDS, "") == secret_spans(case("initiatorname/deb"), "passwords") == ()


@given(st.lists(st.binary(max_size=8)).map(b"\npassword = x\n".join))
def test_no_secret_is_left_outside_of_the_spans(content: bytes) -> None:
    shown = bytearray(content)
    for span in reversed(secret_spans(content, "passwords")):
        shown[span.start : span.end] = b"*"
    assert b"\npassword = x\n" not in shown
