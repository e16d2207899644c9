"""The shell's grammar: from a script to a tree of commands."""

from __future__ import annotations

import re

from tui_installer.simulator.classic.shell.tree import (
    Block,
    Case,
    Chain,
    Function,
    Grouped,
    If,
    Loop,
    Node,
    Pipe,
    Redirect,
    Simple,
)
from tui_installer.simulator.classic.shell.words import BLANK, Part, ShellSyntax, Word, plain, read_word

RESERVED = {"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!"}
OPERATORS = re.compile(r"&&|\|\||;;|[0-9]?(?:>>|<<-?|>&|<&|>\||>|<)|[;&|()\n]")


def parse(script: str) -> Block:
    """The tree of a script. Raises `ShellSyntax`."""
    parser = _Parser(script)
    found = parser.block(())
    if parser.token is not None:
        raise ShellSyntax(f"syntax error near unexpected token `{parser.name}'")
    return found


class _Parser:
    """Looks one token ahead: `token` is an operator, a word, or None at the end."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0
        self.pending: list[tuple[Redirect, str]] = []
        self.token: str | Word | None = None
        self.advance()

    def advance(self) -> None:
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
        if (self.token if isinstance(self.token, str) else self.reserved()) != word:
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'" if self.token is not None
                              else "syntax error: unexpected end of file")  # fmt: skip
        self.advance()

    def lines(self) -> None:
        while self.token == "\n":
            self.advance()

    def block(self, ends: tuple[str, ...]) -> Block:
        commands: list[Node] = []
        while True:
            while self.token in ("\n", ";", "&"):
                self.advance()
            if self.token is None or self.token in (")", ";;") or self.reserved() in ends:
                return Block(commands)
            commands.append(self.chain())
            if self.token not in ("\n", ";", "&", ")", ";;", None) and self.reserved() not in ends:
                raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")

    def chain(self) -> Node:
        first, rest = self.pipe(), []
        while self.token in ("&&", "||"):
            operator = str(self.token)
            self.advance()
            self.lines()
            rest.append((operator, self.pipe()))
        return Chain(first, rest) if rest else first

    def pipe(self) -> Node:
        negated = self.reserved() == "!"
        if negated:
            self.advance()
        commands = [self.command()]
        while self.token == "|":
            self.advance()
            self.lines()
            commands.append(self.command())
        return Pipe(commands, negated) if negated or len(commands) > 1 else commands[0]

    def command(self) -> Node:
        word = self.reserved()
        if self.token == "(" or word in ("{", "if", "for", "while", "until", "case"):
            subshell = self.token == "("
            body = self.compound(word or "(")
            redirects = list(iter(self.redirect, None))
            return Grouped(body, subshell, redirects) if subshell or redirects else body
        if word:
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")
        return self.simple()

    def compound(self, kind: str) -> Node:
        self.advance()
        match kind:
            case "{" | "(":
                body = self.block(("}",))
                self.expect("}" if kind == "{" else ")")
                return body
            case "if":
                return self.conditional()
            case "case":
                return self.case()
            case "for":
                return self.for_loop()
        condition = self.block(("do",))
        return Loop(kind, "", None, condition, self.do())

    def conditional(self) -> Node:
        found = If([])
        while True:
            condition = self.block(("then",))
            self.expect("then")
            found.branches.append((condition, self.block(("elif", "else", "fi"))))
            if self.reserved() != "elif":
                break
            self.advance()
        if self.reserved() == "else":
            self.advance()
            found.otherwise = self.block(("fi",))
        self.expect("fi")
        return found

    def do(self) -> Node:
        self.expect("do")
        body = self.block(("done",))
        self.expect("done")
        return body

    def for_loop(self) -> Node:
        name, words = self.name, None
        self.advance()
        self.lines()
        if self.name == "in":
            self.advance()
            words = []
            while isinstance(self.token, tuple):
                words.append(self.token)
                self.advance()
        while self.token in ("\n", ";"):
            self.advance()
        return Loop("for", name, words, None, self.do())

    def case(self) -> Node:
        if not isinstance(self.token, tuple):
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")
        found = Case(self.token, [])
        self.advance()
        self.lines()
        if self.name != "in":
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")
        self.advance()
        self.lines()
        while self.reserved() != "esac":
            found.branches.append((self.patterns(), self.block(("esac",))))
            if self.at_operator(";;"):
                self.advance()
            self.lines()
        self.advance()
        return found

    def patterns(self) -> list[Word]:
        if self.at_operator("("):
            self.advance()
        found: list[Word] = []
        while isinstance(self.token, tuple):
            found.append(self.token)
            self.advance()
            if self.at_operator("|"):
                self.advance()
        self.expect(")")
        return found

    def redirect(self) -> Redirect | None:
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

    def simple(self) -> Node:
        found = Simple()
        while True:
            redirect = self.redirect()
            if redirect:
                found.redirects.append(redirect)
            elif not isinstance(self.token, tuple):
                break
            else:
                self._word(found, self.token)
                if self.at_operator("(") and len(found.words) == 1:
                    return self.function(plain(found.words[0]) or "")
        if not found.words and not found.assigned and not found.redirects:
            raise ShellSyntax(f"syntax error near unexpected token `{self.name}'")
        return found

    def _word(self, found: Simple, word: Word) -> None:
        head = word[0].text if word and word[0].kind == "text" and not word[0].quoted else ""
        assignment = re.match(r"([A-Za-z_]\w*)=", head)
        if assignment and not found.words:
            rest = Part("text", head[assignment.end() :])
            found.assigned.append((assignment[1], (rest, *word[1:])))
        else:
            found.words.append(word)
        self.advance()

    def function(self, name: str) -> Node:
        self.advance()
        self.expect(")")
        self.lines()
        return Function(name, self.command())
