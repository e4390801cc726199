"""Deployment packages: archives from strangers, unpacked once per content and shared by whoever runs it.

Under the store's directory, `{sha256}.zip` is the archive and `{sha256}/` what was in it, until nobody keeps them. As
/var/task and /opt are on AWS, that is read-only, by its modes; but Python may keep what it has compiled.
Quotas: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import io
import os
import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from cloudrig.services.lambda_.errors import InvalidParameterValue, RequestEntityTooLarge, ServiceException
from cloudrig.services.lambda_.layer_state import Code
from cloudrig.services.lambda_.tasks import Tasks

MAX_ARCHIVE_BYTES = 50 * 1024 * 1024
"""Largest archive in a request; one from S3 may be as large as MAX_UNZIPPED_BYTES."""
MAX_REQUEST_BYTES = 70_167_211
"""Of a request that brings an archive along, in base64."""
MAX_UNZIPPED_BYTES = 262_144_000

_OF_THE_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EIO}
)
"""Errors that are the machine's, and no archive's."""

_NOT_UNZIPPED = "Could not unzip uploaded file. Please check your file, then try to upload again."


class CodeStore:
    """Counts who keeps each package: a version that names it, a pool that runs it."""

    def __init__(self, directory: Path, tasks: Tasks) -> None:
        self._directory = directory
        self._tasks = tasks
        self._kept: Counter[str] = Counter()
        self._unpacking = asyncio.Lock()

    def prepare(self) -> None:
        """Remove what an earlier rig left. Blocks on the file system."""
        self.close()
        self._directory.mkdir(0o700, parents=True)

    def close(self) -> None:
        """Remove everything: who may not write to a folder cannot remove what is in it either. Blocks as `prepare`."""
        remove(self._directory)

    async def add(self, archive: bytes) -> Code:
        """Unpack an archive and keep it for the caller, who drops it in the end.

        Raises InvalidParameterValue: no zip, a path or link that leads outside, more than 250 MB. Raises
        ServiceException: the disk is full or not to be written; nothing of the package is left on it.
        """
        async with self._unpacking:
            code = await asyncio.to_thread(self._unpack, archive)
            self.keep(code)
        return code

    def keep(self, *codes: Code) -> None:
        self._kept.update(code.root.name for code in codes)

    def drop(self, *codes: Code) -> None:
        """Undo one `keep`; after the last, a package is removed."""
        for code in codes:
            digest = code.root.name
            self._kept[digest] -= 1
            if self._kept[digest] <= 0:
                del self._kept[digest]
                self._tasks.start(self._remove(code))

    def archive(self, digest: str) -> Path | None:
        """The archive with a SHA-256 in hexadecimal, if it is kept."""
        return self._directory / f"{digest}.zip" if digest in self._kept else None

    def _unpack(self, archive: bytes) -> Code:
        digest = hashlib.sha256(archive)
        root = self._directory / digest.hexdigest()
        if not root.exists():
            unfinished = root.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            try:
                unpack(archive, unfinished)
                root.with_suffix(".zip").write_bytes(archive)
                unfinished.rename(root)
                _seal(root)
            except OSError as error:
                shutil.rmtree(unfinished, ignore_errors=True)
                remove(root)
                root.with_suffix(".zip").unlink(missing_ok=True)
                raise ServiceException(f"cloudrig cannot write to {self._directory}: {error.strerror}") from error
        sha256 = base64.b64encode(digest.digest()).decode()
        return Code(sha256, len(archive), root, sum(entry.file_size for entry in _entries(archive)))

    async def _remove(self, code: Code) -> None:
        async with self._unpacking:
            if code.root.name not in self._kept:
                await asyncio.to_thread(remove, code.root)
                code.root.with_suffix(".zip").unlink(missing_ok=True)


def check_size(archive: bytes) -> None:
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise RequestEntityTooLarge(f"Zipped size must be smaller than {MAX_ARCHIVE_BYTES} bytes", Type=None)


def _entries(archive: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        return package.infolist()


def unpack(archive: bytes, root: Path) -> None:
    """Write the files of an archive below `root`, executable ones executable.

    Raises InvalidParameterValue, and OSError where that is the disk's.

    Links are made last and may lead to places below `root` only; none is made behind another.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as package:
            entries = package.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNZIPPED_BYTES:
                raise InvalidParameterValue(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")
            root.mkdir(parents=True)
            for entry in entries:
                if not _is_link(entry):
                    _write_entry(package, entry, root)
            _make_links({entry.filename: package.read(entry) for entry in entries if _is_link(entry)}, root)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        shutil.rmtree(root, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise
        raise InvalidParameterValue(_NOT_UNZIPPED) from error
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _write_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, root: Path) -> None:
    target = root / _safe_path(entry.filename)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with package.open(entry) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1024 * 1024)
    target.chmod(0o555 if (entry.external_attr >> 16) & 0o111 else 0o444)


def _seal(root: Path) -> None:
    """Take away the right to make, replace or remove anything; only where modules are compiled to, that stays."""
    for folder, _, files in os.walk(root, topdown=False):
        if any(name.endswith(".py") for name in files):
            (Path(folder) / "__pycache__").mkdir(exist_ok=True)
        Path(folder).chmod(0o755 if folder.endswith("/__pycache__") else 0o555)


def remove(root: Path) -> None:
    """Remove what was unpacked, if it is there."""
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    shutil.rmtree(root, ignore_errors=True)


def _make_links(links: Mapping[str, bytes], root: Path) -> None:
    """Make links, by name in the archive what they point to; all of them are looked at once all are there."""
    home = root.resolve()
    made = [home / _safe_path(name) for name in links]
    for path, target in zip(made, links.values(), strict=True):
        if any(parent.is_symlink() for parent in path.parents):
            raise InvalidParameterValue(_NOT_UNZIPPED)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target.decode())
    if not all(path.resolve().is_relative_to(home) for path in made):
        raise InvalidParameterValue(_NOT_UNZIPPED)


def _safe_path(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise InvalidParameterValue(_NOT_UNZIPPED)
    return path
