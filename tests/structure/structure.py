"""Checks what the compiler does not: who includes whom, and plain text rules.

Usage: structure.py ROOT    prints one line per violation, exits 1 when there is any.

The rooms and whom they know are read from the tailor_room() calls in ROOT/CMakeLists.txt.
A room may include itself and all that it knows, directly or through others. Inside kernels/
every folder may include itself and api/ alone, and cuda/ the simt/ that it runs on without a GPU;
from outside, only kernels/api can be included, or by a kernel file (.cu) kernels/cuda too.
Folders that are no rooms (apps, bench, tests) may include everything.
"""

import re
import subprocess
import sys
from pathlib import Path

LONGEST_FILE = 500  # lines
CODE = {".cpp", ".cu", ".def", ".h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
ROOM = re.compile(r"^\s*tailor_room\((\w+)(?:\s+KNOWS((?:\s+[a-z]+)+))?", re.MULTILINE)
DATA = ("tests/golden/", "tests/fuzz/corpus/")  # kept as they were made


def known_rooms(cmake):
    """Room -> the rooms it may include, itself among them."""
    direct = {name: known.split() for name, known in ROOM.findall(cmake)}

    def reach(name):
        return {name}.union(*(reach(other) for other in direct[name]))

    return {name: reach(name) for name in direct}


def part_of(path, rooms):
    """Names the room of a file, and inside kernels the folder: tensor, kernels/api, or None."""
    folders = path.split("/")[:-1]
    if not folders or folders[0] not in rooms:
        return None
    return "/".join(folders[:2]) if folders[0] == "kernels" else folders[0]


def may_include(path, target, rooms):
    part = part_of(path, rooms)
    if part is None or part == target:
        return True
    if target is None:
        return False
    if target == "kernels/simt" and part == "kernels/cuda":
        return True
    if target == "kernels/cuda" and path.endswith(".cu"):
        return True
    room, target_room = part.split("/")[0], target.split("/")[0]
    if target_room == "kernels" and target != "kernels/api":
        return False
    return target_room in rooms[room]


def check_includes(root, path, lines, rooms):
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        place, (bracket, name) = f"{path}:{number}", found.groups()
        if bracket == "<":
            if name.split("/")[0] in rooms and (root / name).exists():
                yield f'{place}: write "{name}", not <{name}>'
        elif not (root / name).is_file():
            yield f'{place}: "{name}" is no file below the root of the repository'
        elif not may_include(path, part_of(name, rooms), rooms):
            yield f'{place}: {part_of(path, rooms)} may not include "{name}"'


def check_text(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield f"{path}:{number}: tab"
        if line != line.rstrip():
            yield f"{path}:{number}: blank at the end of the line"
    if text and not text.endswith("\n"):
        yield f"{path}: no newline at the end"


def violations(root, paths):
    rooms = known_rooms((root / "CMakeLists.txt").read_text())
    if not rooms:
        yield "CMakeLists.txt: expected tailor_room(...) lines, got none"
    for path in paths:
        content = (root / path).read_bytes()
        if path.startswith(DATA) or b"\0" in content:
            continue
        text = content.decode()
        yield from check_text(path, text)
        if Path(path).suffix in CODE:
            lines = text.splitlines()
            yield from check_includes(root, path, lines, rooms)
            if len(lines) > LONGEST_FILE:
                yield f"{path}: {len(lines)} lines, at most {LONGEST_FILE} are allowed"


def tracked_files(root):
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for path in listed.split("\0") if path and (root / path).is_file()]


if __name__ == "__main__":
    repository = Path(sys.argv[1])
    found = list(violations(repository, tracked_files(repository)))
    print("\n".join(found))
    sys.exit(1 if found else 0)
