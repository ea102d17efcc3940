# Read by the scripts here: sets $python to one that has pip.
for python in .venv/bin/python python3; do
    "$python" -m pip --version >/dev/null 2>&1 && break
done
