"""``python -m smmap``."""

from smmap.cli.app import main

if __name__ == "__main__":
    main()
