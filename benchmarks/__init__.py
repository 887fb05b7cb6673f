"""How long the lab takes, against the plain alternative, both measured in the same run.

python -m benchmarks                    all of it, as a table (about ten minutes)
python -m benchmarks reset check        only those
python -m benchmarks --save FILE        also as Markdown, with what machine it was
"""
