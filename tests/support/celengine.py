"""Google's CEL runtime (cel-expr-python) in the place of an API server: reads policies as a cluster would."""

from collections.abc import Mapping
from functools import lru_cache

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings

from backstay.claims.cel import Validation
from backstay.claims.policy import Policy


class BrokenError(Exception):
    """An expression could not be evaluated: an API server would apply its failurePolicy."""


NO_WORDS = "the rule is violated"
"""What stands for a message that cannot be made."""


@lru_cache(1)
def _environment() -> cel.Env:
    names = ("object", "oldObject", "request", "variables")
    extensions = [ext_optional.ExtOptional(), ext_strings.ExtStrings()]
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN), extensions=extensions)


@lru_cache(4096)
def _compiled(text: str) -> cel.Expression:
    return _environment().compile(text)


def evaluate(text: str, data: Mapping):
    """The plain value of an expression; `BrokenError` when it has none."""
    return _value(text, _environment().Activation(dict(data)))


def _value(text: str, activation: cel.Activation):
    value = _compiled(text).eval(activation)
    if value.type() == cel.Type.ERROR:
        raise BrokenError(f"{text}: {value.value()}")
    return value.plain_value()


def messages(policy: Policy, obj: Mapping) -> list[str]:
    """What the checks of a policy say of an object; nothing when they accept it."""
    bare = _environment().Activation(_data(obj, {}))
    return [said for one in policy.validations if (said := _message(one, obj, bare)) is not None]


def _data(obj: Mapping, variables: Mapping) -> dict:
    return {"object": obj, "oldObject": None, "variables": variables}


def _message(check: Validation, obj: Mapping, bare: cel.Activation) -> str | None:
    """What one check says; None when it accepts the object. Variables are evaluated only when they are asked for."""
    try:
        accepted = _value(check.expression, bare)
    except BrokenError:
        if not check.variables:
            raise
        first, text = check.variables[0]
        accepted = evaluate(check.expression, _data(obj, {first: evaluate(text, _data(obj, {}))}))
    return None if accepted else _told(check, obj)


def _told(check: Validation, obj: Mapping) -> str:
    """The message; where it is an error an API server says `message`, which names the rule alone."""
    try:
        return evaluate(check.message, _data(obj, _variables(check, obj)))
    except BrokenError:
        return NO_WORDS


def _variables(check: Validation, obj: Mapping) -> dict:
    found: dict = {}
    for name, text in check.variables:
        found[name] = evaluate(text, _data(obj, found))
    return found
