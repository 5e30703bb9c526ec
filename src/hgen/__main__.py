"""``python -m hgen``."""

from hgen.cli import main

if __name__ == "__main__":
    main()
