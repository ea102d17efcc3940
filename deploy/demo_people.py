"""Writes the fictional people and teams of the demonstration, for a first start under compose.

Called by make-env.sh:  demo_people.py SERVICES_FOLDER SIGN_INS_FILE
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.mash.accounts import prepare
from shared.mash.folder import DataFolder


def main() -> None:
    services, sign_ins = Path(sys.argv[1]), Path(sys.argv[2])
    with TemporaryDirectory() as scratch:
        folder = DataFolder.at(Path(scratch))
        prepare(folder)
        (services / "accounts.json").write_bytes(folder.accounts.read_bytes())
        (services / "directory.json").write_bytes(folder.directory.read_bytes())
        sign_ins.write_bytes(folder.sign_ins.read_bytes())


if __name__ == "__main__":
    main()
