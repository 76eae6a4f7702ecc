"""Reads a small YAML file of a submission as plain values; what could harm the reader is none."""

import yaml

LARGEST = 256 << 10  # characters; the dvc.lock of a large project has 50,000
DEEPEST = 30  # the fast loader crashes at 100,000; DVC nests five


def read_yaml(content: str) -> dict:
    """Return the mapping that it is, or an empty one: no YAML, no mapping, aliases, too deep or too large."""
    if len(content) > LARGEST:
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(content, Loader=loader):  # no recursion here: it is looked at before
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
                return {}
        value = yaml.load(content, Loader=loader)  # noqa: S506  # both are safe loaders
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError, AttributeError):
        return {}
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict]:
    """Return the mappings of a list; of what is no list, none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def named(value: object) -> dict[str, dict]:
    """Return the mappings of a mapping by their names."""
    if not isinstance(value, dict):
        return {}
    return {str(name): item for name, item in value.items() if isinstance(item, dict)}
