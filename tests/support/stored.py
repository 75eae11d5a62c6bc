"""Values as API servers keep them."""


def stored(value):
    """What is null is not there."""
    if isinstance(value, dict):
        return {key: stored(inner) for key, inner in value.items() if inner is not None}
    return [stored(inner) for inner in value if inner is not None] if isinstance(value, list) else value
