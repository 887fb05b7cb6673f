"""`python -m migrationlab.cli`: what lab.py hands over to."""

from migrationlab.cli.app import main

if __name__ == "__main__":
    main()
