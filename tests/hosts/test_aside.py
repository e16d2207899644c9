"""What is asked aside: in a thread of its own, whatever became of those before it."""

from __future__ import annotations

import os
import threading

from tui_installer.hosts.aside import Aside


def ask(number: int = 0) -> tuple[int, int]:
    """What is asked, and which thread was asked."""
    aside = Aside(lambda: (number, threading.get_native_id()), lambda: None)
    assert aside.wait(10)
    return aside.answer()


def test_one_that_hangs_holds_up_no_other() -> None:
    go_on = threading.Event()
    hanging = Aside(go_on.wait, lambda: None)
    try:
        assert [ask(number)[0] for number in range(3)] == [0, 1, 2]
        assert not hanging.wait(0)
    finally:
        go_on.set()
    assert hanging.wait(10)


def test_a_thread_that_has_nothing_to_do_is_asked_again() -> None:
    assert len({ask()[1] for _ in range(20)}) < 20


def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    ask()
    if (child := os.fork()) == 0:
        os._exit(ask(7)[0])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
