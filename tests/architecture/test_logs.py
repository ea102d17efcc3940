"""A log line holds references and codes: its words are fixed, and what goes with it is listed."""

from __future__ import annotations

import ast

from tests.architecture.tree import Module, module_of, modules

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
MAY_BE_LOGGED = {
    *(
        "queue",
        "reason",
        "retry_seconds",
        "open_files",
        "outcome",
        "event_id",
        "type",
        "types",
        "stream",
        "events",
    ),
    *("source", "parts", "part", "job", "faults", "case", "clock", "ref", "sequence", "kind"),
    *("status", "method", "endpoint", "route", "seconds", "rule", "code", "actor", "role"),
    *(
        "meeting",
        "lead",
        "service",
        "missing",
        "count",
        "error",
        "held",
        "states",
        "where",
        "cause",
    ),
    "known_to_year",
    "cause",
    *("alarm", "subject", "value"),
}
"""What may go with a log line: references, codes and numbers."""


def log_calls(module: Module) -> list[ast.Call]:
    """Return every call that writes a log line."""
    return [
        call
        for name, call in module.method_calls()
        if name in LEVELS | {"log"}
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) in {"log", "logger", "current_app.logger", "app.logger"}
    ]


def faults_of(module: Module) -> list[str]:
    """Return what is wrong with the log lines of a module."""
    faults = []
    for call in log_calls(module):
        assert isinstance(call.func, ast.Attribute)
        words = call.args[1:2] if call.func.attr == "log" else call.args[:1]
        if not all(is_fixed(each) for each in words):
            faults.append(f"{module.path}:{call.lineno}: the words of a log line are fixed")
        if len(call.args) > (2 if call.func.attr == "log" else 1):
            faults.append(f"{module.path}:{call.lineno}: say it in `extra`")
        faults += [
            f"{module.path}:{call.lineno}: {key} is not on the list of what may be logged"
            for keyword in call.keywords
            if keyword.arg == "extra"
            for key in keys_of(keyword.value) - MAY_BE_LOGGED
        ]
    return faults


def is_fixed(words: ast.expr) -> bool:
    """Are these words written out, or a choice between such?"""
    if isinstance(words, ast.IfExp):
        return is_fixed(words.body) and is_fixed(words.orelse)
    return isinstance(words, ast.Constant)


def keys_of(extra: ast.expr) -> set[str]:
    """Return the keys of a dict that is written out; anything else counts as unknown."""
    if not isinstance(extra, ast.Dict):
        return {ast.unparse(extra)}
    return {key.value if isinstance(key, ast.Constant) else "**" for key in extra.keys}


def test_log_lines_have_fixed_words_and_only_listed_additions() -> None:
    assert [fault for module in modules() for fault in faults_of(module)] == []
    assert sum(len(log_calls(module)) for module in modules()) > 10


def test_a_log_line_with_a_name_in_it_is_found() -> None:
    for line in (
        "log.info(f'received {child.name}')",
        "log.info('received', extra={'name': child.name})",
        "log.info('received %s', child.name)",
        "log.error('bad', extra=vars(child))",
        "log.log(10, words)",
    ):
        assert faults_of(module_of(line)), line


def test_nobody_prints() -> None:
    printing = [
        f"{module.path}:{call.lineno}"
        for module in modules()
        for call in module.calls()
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]

    assert printing == []
