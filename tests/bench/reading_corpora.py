"""Reads a folder of mails that others collected and scored, and prints how many are read as expected.

    python -m tests.bench.reading_corpora DIR

DIR holds any of `mail/*.eml`, `bounces/*.eml`, `replies/*.txt` and `html/*.json`; each is read by `deskstream explain`.
Where DIR holds a `score.py`, it judges each (`score.py mail|bounces|replies|html FILE`); else what came out is counted.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Folder, files in it, and the command that explains them.
KINDS = (
    ("mail", "*.eml", "mail"),
    ("bounces", "*.eml", "mail"),
    ("replies", "*.txt", "reply"),
    ("html", "*.json", "html"),
)


def explain(command: str, files: list[Path], into: Path) -> list[dict[str, object]]:
    """What `deskstream explain` prints, one object a line."""
    with into.open("wb") as out:
        arguments = [sys.executable, "-m", "deploy.local", "explain", command, "--json", *map(str, files)]
        subprocess.run(arguments, cwd=ROOT, stdout=out, check=True)
    # Not splitlines: a text may hold line ends of its own, such as U+2028.
    return [json.loads(line) for line in into.read_text(encoding="utf-8").split("\n") if line]


def main(folder: Path) -> int:
    """Print the figures of each kind; the exit code is 1 where nothing was found or a judge failed."""
    judge, failed, found = folder / "score.py", False, False
    with tempfile.TemporaryDirectory() as scratch:
        for kind, pattern, command in KINDS:
            files = sorted((folder / kind).glob(pattern))
            if not files:
                continue
            found = True
            lines = Path(scratch) / f"{kind}.jsonl"
            rows = explain(command, files, lines)
            if judge.exists():
                failed |= subprocess.run([sys.executable, str(judge), kind, str(lines)], check=False).returncode != 0
            else:
                outcomes = Counter(str(row.get("outcome", "read")) for row in rows)
                sys.stdout.write(f"{kind}: {len(rows)}: {dict(outcomes)}\n")
    if not found:
        sys.stderr.write(f"{folder} has none of {', '.join(f'{kind}/{pattern}' for kind, pattern, _ in KINDS)}\n")
    return int(failed or not found)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
