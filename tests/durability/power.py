"""A server whose kill is a power cut: what it had not flushed is gone (see unsynced.c)."""

import os
import struct
from pathlib import Path

import skein
from shim import shim

HEAD = struct.Struct("=QQQ")


class Unplugged(skein.Server):
    """`kill` cuts the power. `lies`: every so manieth flush of the disk is a lie."""

    def __init__(self, engine: str, config: dict | None = None, lies: int | None = None, **options):
        super().__init__(engine, config, **options)
        self._library = shim("unsynced.c", self.folder)
        self._lies = lies

    def environment(self) -> dict:
        lies = {"UNSYNCED_LIES": str(self._lies)} if self._lies else {}
        return super().environment() | {"LD_PRELOAD": str(self._library)} | lies

    def kill(self) -> None:
        super().kill()
        for log in self.data_dir.glob("*.unsynced"):
            forget_unsynced(log)


def forget_unsynced(log: Path) -> int:
    """Undoes the writes that `log` has, the newest first; how many they were."""
    data = log.read_bytes()
    records, at = [], 0
    # The last record may be torn by the kill: then its write has not happened yet.
    while at + HEAD.size <= len(data):
        offset, kept, size = HEAD.unpack_from(data, at)
        start, at = at + HEAD.size, at + HEAD.size + kept
        if at <= len(data):
            records.append((offset, data[start:at], size))
    file = log.with_suffix("")
    if file.exists():
        with open(file, "r+b") as changed:
            for offset, before, size in reversed(records):
                changed.seek(offset)
                changed.write(before)
                changed.truncate(size)
            changed.flush()
            os.fsync(changed.fileno())
    log.unlink()
    return len(records)
