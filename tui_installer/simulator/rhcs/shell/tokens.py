"""Tokens of a script, one ahead."""

from __future__ import annotations

import re

from tui_installer.simulator.rhcs.shell.tree import Redirect
from tui_installer.simulator.rhcs.shell.words import BLANK, Part, ShellSyntax, Word, plain, read_word

RESERVED = {"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!"}
OPERATORS = re.compile(r"&&|\|\||;;|[0-9]?(?:>>|<<-?|>&|<&|>\||>|<)|[;&|()\n]")


class Tokens:
    """Looks one token ahead: `token` is an operator, a word, or None at the end."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0
        self.pending: list[tuple[Redirect, str]] = []
        self.token: str | Word | None = None
        self.advance()

    def advance(self) -> None:
        """Go on to the next token."""
        script = self.script
        while True:
            while script[self.at : self.at + 1] in tuple(BLANK) or script.startswith("\\\n", self.at):
                self.at += 2 if script[self.at] == "\\" else 1
            if script[self.at : self.at + 1] != "#":
                break
            end = script.find("\n", self.at)
            self.at = len(script) if end < 0 else end
        operator = OPERATORS.match(script, self.at)
        if self.at >= len(script):
            self.token = None
        elif operator:
            self.token, self.at = operator[0], operator.end()
            if operator[0] == "\n":
                self._here_documents()
        else:
            self.token, self.at = read_word(script, self.at)

    def _here_documents(self) -> None:
        for redirect, end in self.pending:
            lines: list[str] = []
            while self.at < len(self.script):
                line, _, _ = self.script[self.at :].partition("\n")
                self.at += len(line) + 1
                if line.strip("\t") == end:
                    break
                lines.append(line)
            text = "".join(f"{line}\n" for line in lines)
            quoted = any(part.quoted for part in redirect.target)
            redirect.target = (Part("text", text, True),) if quoted else read_word(text, 0, "")[0]
        self.pending = []

    @property
    def name(self) -> str:
        """The token as messages name it."""
        if isinstance(self.token, str):
            return self.token.replace("\n", "newline")
        return "".join(part.text for part in self.token or ())

    def at_operator(self, text: str) -> bool:
        """Whether that operator comes next."""
        return self.token == text

    def reserved(self) -> str | None:
        """The reserved word that comes next."""
        text = plain(self.token) if isinstance(self.token, tuple) else None
        return text if text in RESERVED else None

    def expect(self, word: str) -> None:
        """Take an operator or a reserved word. Raises `ShellSyntax` if another comes."""
        if (self.token if isinstance(self.token, str) else self.reserved()) != word:
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'" if self.token is not None
                              else "syntax error: unexpected end of file")  # fmt: skip
        self.advance()

    def lines(self) -> None:
        """Skip ends of lines."""
        while self.token == "\n":
            self.advance()

    def redirect(self) -> Redirect | None:
        """Take a redirection; None if none comes."""
        token = self.token
        if not isinstance(token, str) or not re.fullmatch(r"\d?[<>].*", token):
            return None
        fd, op = (token[0], token[1:]) if token[0].isdigit() else ("", token)
        self.advance()
        if not isinstance(self.token, tuple):
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")
        found = Redirect(int(fd or (0 if op[0] == "<" else 1)), op.replace(">|", ">").rstrip("-"), self.token)
        if op.startswith("<<"):
            self.pending.append((found, "".join(part.text for part in self.token)))
        self.advance()
        return found
