"""The commands, thin: what is typed after `python3 lab.py`."""
