"""Colours, fonts and line styles of all pictures.

The colours that carry a meaning are Okabe and Ito's set, made to be told apart by the colour-blind
(https://jfly.uni-koeln.de/color/). No meaning rests on a colour alone: each of them comes with a
sign or a word, and with a line style of its own.
"""

SANS = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif'
MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'

LIGHT = {
    "panel": "#f6f8fa",
    "card": "#ffffff",
    "head": "#eceff2",
    "ink": "#1f2328",
    "muted": "#57606a",
    "edge": "#7d8792",
    "applied": "#0072B2",
    "here": "#E69F00",
    "here_ink": "#000000",
    "here_band": "#fdf1d8",
    "added": "#009E73",
    "added_tint": "#dcf2ea",
    "changed": "#0072B2",
    "changed_tint": "#dfeef8",
    "removed": "#D55E00",
    "removed_tint": "#fbe7da",
}
DARK = {
    "panel": "#1b1f24",
    "card": "#262c33",
    "head": "#343b44",
    "ink": "#eef2f6",
    "muted": "#b0b9c3",
    "edge": "#808b97",
    "applied": "#56B4E9",
    "here": "#E69F00",
    "here_ink": "#000000",
    "here_band": "#43360f",
    "added": "#009E73",
    "added_tint": "#133d31",
    "changed": "#56B4E9",
    "changed_tint": "#173a52",
    "removed": "#D55E00",
    "removed_tint": "#4f2a13",
}

# What stands beside each colour, so that it can be read without it.
DASHES = {"+": "", "~": "7 3 1.5 3", "-": "4 3", "": ""}
NAMES = {"+": "added", "~": "changed", "-": "removed", "": "plain"}
SIGNS = {"+": "+", "~": "~", "-": "\N{MINUS SIGN}", "": ""}

# (class, property, colour). The rest of the style does not change with the theme.
_COLOURED = [
    ("panel", "fill", "panel"),
    ("panel", "stroke", "edge"),
    ("patch", "fill", "panel"),
    ("halo", "stroke", "panel"),
    ("card", "fill", "card"),
    ("ink", "fill", "ink"),
    ("muted", "fill", "muted"),
    ("line-plain", "stroke", "edge"),
    ("tint-plain", "fill", "head"),
    ("fill-plain", "fill", "edge"),
    ("rule", "stroke", "edge"),
    ("badge", "fill", "muted"),
    ("badge-text", "fill", "card"),
    ("badge-line", "stroke", "muted"),
    ("node-applied", "fill", "applied"),
    ("node-applied", "stroke", "applied"),
    ("node-pending", "fill", "panel"),
    ("node-pending", "stroke", "muted"),
    ("edge-applied", "stroke", "applied"),
    ("edge-pending", "stroke", "muted"),
    ("warning", "fill", "removed_tint"),
    ("warning", "stroke", "removed"),
    ("here", "fill", "here"),
    ("here-ink", "fill", "here_ink"),
    ("here-band", "fill", "here_band"),
]
for _name in ("added", "changed", "removed"):
    _COLOURED += [
        (f"line-{_name}", "stroke", _name),
        (f"fill-{_name}", "fill", _name),
        (f"tint-{_name}", "fill", f"{_name}_tint"),
    ]

_SAME = f"""
.mlpic text {{ font-family: {SANS}; font-size: 13px; }}
.mlpic .mono {{ font-family: {MONO}; }}
.mlpic .bold {{ font-weight: 700; }}
.mlpic .big {{ font-size: 15px; }}
.mlpic .code {{ font-size: 12px; }}
.mlpic .small {{ font-size: 11px; }}
.mlpic .tiny {{ font-size: 9px; font-weight: 700; }}
.mlpic .gone {{ text-decoration: line-through; }}
.mlpic .line {{ fill: none; }}
"""

# JupyterLab (and nbconvert's page) says so on <body>; VS Code has a class there.
_DARK_ROOTS = ('[data-jp-theme-light="false"] .mlpic', ".vscode-dark .mlpic")


def stylesheet() -> str:
    """The CSS of every picture: light colours, and dark ones where the notebook is dark."""
    light = [f".mlpic .{name} {{ {what}: {LIGHT[colour]}; }}" for name, what, colour in _COLOURED]
    dark = [
        ", ".join(f"{root} .{name}" for root in _DARK_ROOTS) + f" {{ {what}: {DARK[colour]}; }}"
        for name, what, colour in _COLOURED
        if LIGHT[colour] != DARK[colour]
    ]
    return "\n".join([_SAME.strip(), *light, *dark])
