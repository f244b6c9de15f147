"""Every verb refuses, before any work, to write where it cannot, and leaves what is there."""

import os
from pathlib import Path

import pytest
from command_line import smmap

FILES = {
    "predict": ("predict", "none", "t.csv", "--out"),
    "validate": ("validate", "t.csv", "--out"),
    "insitu": ("insitu", "none", "--out"),
    "samples": ("samples", "local-stac", "--stations", "none", "--for", "physics", "--out"),
    "report": ("train", "zhu2025-rf", "--table", "t.csv", "--out", "package", "--report"),
    "predictions": ("train", "zhu2025-rf", "--table", "t.csv", "--out", "package", "--predictions"),
    "json": ("bench", "write", "--quick", "--threads", "1", "--size", "64", "--json"),
}
"""Options that name a file to write; what is to be read is not there: it is not come to."""
FOLDERS = {
    "run": ("run", "local-stac", "--out"),
    "update": ("update", "local-stac", "--out"),
    "backfill": ("backfill", "local-stac", "--period", "2023-04-01/2023-04-12", "--out"),
    "mosaic": ("mosaic", "none", "--out"),
    "train": ("train", "zhu2025-rf", "--table", "t.csv", "--out"),
    "physics": ("train", "physics", "--small", "--out"),
    "checkpoints": ("train", "zhu2025-rf", "--table", "t.csv", "--out", "p", "--checkpoints"),
    "export": ("export", "none.onnx", "--card", "none.yaml", "--out"),
    "patches": (
        "samples",
        "local-stac",
        "--stations",
        "x",
        "--for",
        "batchu2023",
        "--patch",
        "--out",
    ),
    "simulate": ("simulate", "--out"),
    "demo": ("demo", "--out"),
    "models": ("bench", "models", "--small", "--out"),
}
"""Options that name a folder to make."""
SUFFIXES = {"predict": ".csv", "validate": ".html", "report": ".html", "predictions": ".csv"}


def refuse(arguments: tuple[str, ...], folder: Path, name: str) -> str:
    """Say what the verb says."""
    done = smmap(*arguments, folder / name, cwd=folder)
    assert done.returncode == 6, done.stderr
    (said,) = done.stderr.splitlines()
    assert str(folder / name) in said
    return said


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    suffix = SUFFIXES.get(name, ".parquet")
    pipe, folder, link = (tmp_path / f"{one}{suffix}" for one in ("pipe", "folder", "link"))
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(pipe)
    (tmp_path / "file").write_bytes(b"")
    for path in (pipe, link):
        assert "no ordinary file" in refuse(FILES[name], tmp_path, path.name)
    assert "is a folder" in refuse(FILES[name], tmp_path, folder.name)
    assert "file is no folder" in refuse(FILES[name], tmp_path, f"file/a{suffix}")
    assert (pipe.is_fifo(), link.is_symlink(), folder.is_dir()) == (True, True, True)


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(tmp_path, name):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for path in ("file", "file/deeper", "link", "pipe"):
        assert "is no folder" in refuse(FOLDERS[name], tmp_path, path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "link", "pipe"]
    assert (tmp_path / "file").read_bytes() == b"old"
