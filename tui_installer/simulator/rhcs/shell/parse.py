"""The shell's grammar: from a script to a tree of commands."""

from __future__ import annotations

import re

from tui_installer.simulator.rhcs.shell.tokens import Tokens
from tui_installer.simulator.rhcs.shell.tree import Block, Case, Chain, Function, Grouped, If, Loop, Node, Pipe, Simple
from tui_installer.simulator.rhcs.shell.words import Part, ShellSyntax, Word, plain


def parse(script: str) -> Block:
    """The tree of a script. Raises `ShellSyntax`."""
    tokens = Tokens(script)
    found = _block(tokens, ())
    if tokens.token is not None:
        raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")
    return found


def _block(tokens: Tokens, ends: tuple[str, ...]) -> Block:
    commands: list[Node] = []
    while True:
        while tokens.token in ("\n", ";", "&"):
            tokens.advance()
        if tokens.token is None or tokens.token in (")", ";;") or tokens.reserved() in ends:
            return Block(commands)
        commands.append(_chain(tokens))
        if tokens.token not in ("\n", ";", "&", ")", ";;", None) and tokens.reserved() not in ends:
            raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")


def _chain(tokens: Tokens) -> Node:
    first, rest = _pipe(tokens), []
    while tokens.token in ("&&", "||"):
        operator = str(tokens.token)
        tokens.advance()
        tokens.lines()
        rest.append((operator, _pipe(tokens)))
    return Chain(first, rest) if rest else first


def _pipe(tokens: Tokens) -> Node:
    negated = tokens.reserved() == "!"
    if negated:
        tokens.advance()
    commands = [_command(tokens)]
    while tokens.token == "|":
        tokens.advance()
        tokens.lines()
        commands.append(_command(tokens))
    return Pipe(commands, negated) if negated or len(commands) > 1 else commands[0]


def _command(tokens: Tokens) -> Node:
    word = tokens.reserved()
    if tokens.token == "(" or word in ("{", "if", "for", "while", "until", "case"):
        subshell = tokens.token == "("
        body = _compound(tokens, word or "(")
        redirects = list(iter(tokens.redirect, None))
        return Grouped(body, subshell, redirects) if subshell or redirects else body
    if word:
        raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")
    return _simple(tokens)


def _compound(tokens: Tokens, kind: str) -> Node:
    tokens.advance()
    match kind:
        case "{" | "(":
            body = _block(tokens, ("}",))
            tokens.expect("}" if kind == "{" else ")")
            return body
        case "if":
            return _conditional(tokens)
        case "case":
            return _case(tokens)
        case "for":
            return _for_loop(tokens)
    condition = _block(tokens, ("do",))
    return Loop(kind, "", None, condition, _do(tokens))


def _conditional(tokens: Tokens) -> Node:
    found = If([])
    while True:
        condition = _block(tokens, ("then",))
        tokens.expect("then")
        found.branches.append((condition, _block(tokens, ("elif", "else", "fi"))))
        if tokens.reserved() != "elif":
            break
        tokens.advance()
    if tokens.reserved() == "else":
        tokens.advance()
        found.otherwise = _block(tokens, ("fi",))
    tokens.expect("fi")
    return found


def _do(tokens: Tokens) -> Node:
    tokens.expect("do")
    body = _block(tokens, ("done",))
    tokens.expect("done")
    return body


def _for_loop(tokens: Tokens) -> Node:
    name, words = tokens.name, None
    tokens.advance()
    tokens.lines()
    if tokens.name == "in":
        tokens.advance()
        words = []
        while isinstance(tokens.token, tuple):
            words.append(tokens.token)
            tokens.advance()
    while tokens.token in ("\n", ";"):
        tokens.advance()
    return Loop("for", name, words, None, _do(tokens))


def _case(tokens: Tokens) -> Node:
    if not isinstance(tokens.token, tuple):
        raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")
    found = Case(tokens.token, [])
    tokens.advance()
    tokens.lines()
    if tokens.name != "in":
        raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")
    tokens.advance()
    tokens.lines()
    while tokens.reserved() != "esac":
        found.branches.append((_patterns(tokens), _block(tokens, ("esac",))))
        if tokens.at_operator(";;"):
            tokens.advance()
        tokens.lines()
    tokens.advance()
    return found


def _patterns(tokens: Tokens) -> list[Word]:
    if tokens.at_operator("("):
        tokens.advance()
    found: list[Word] = []
    while isinstance(tokens.token, tuple):
        found.append(tokens.token)
        tokens.advance()
        if tokens.at_operator("|"):
            tokens.advance()
    tokens.expect(")")
    return found


def _simple(tokens: Tokens) -> Node:
    found = Simple()
    while True:
        redirect = tokens.redirect()
        if redirect:
            found.redirects.append(redirect)
        elif not isinstance(tokens.token, tuple):
            break
        else:
            _word(tokens, found, tokens.token)
            if tokens.at_operator("(") and len(found.words) == 1:
                return _function(tokens, plain(found.words[0]) or "")
    if not found.words and not found.assigned and not found.redirects:
        raise ShellSyntax(f"syntax error near unexpected token `{tokens.name}'")
    return found


def _word(tokens: Tokens, found: Simple, word: Word) -> None:
    head = word[0].text if word and word[0].kind == "text" and not word[0].quoted else ""
    assignment = re.match(r"([A-Za-z_]\w*)=", head)
    if assignment and not found.words:
        rest = Part("text", head[assignment.end() :])
        found.assigned.append((assignment[1], (rest, *word[1:])))
    else:
        found.words.append(word)
    tokens.advance()


def _function(tokens: Tokens, name: str) -> Node:
    tokens.advance()
    tokens.expect(")")
    tokens.lines()
    return Function(name, _command(tokens))
