"""`seldon_core.Storage`: a model's files, which the init container has fetched before the class is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path


class Storage:
    @staticmethod
    def download(uri: str, out_dir: str | None = None) -> str:
        """Copy a folder or a file to `out_dir`, or say where it is; as in v1, only what is on this disk can be had."""
        source = Path(uri.removeprefix("file://"))
        if not source.exists():
            raise RuntimeError(
                f"{uri} is no path on this disk: give its URI as the unit's modelUri, which is fetched to /mnt/models"
            )
        if out_dir is None:
            return str(source)
        if source.is_dir():
            shutil.copytree(source, out_dir, dirs_exist_ok=True)
        else:
            Path(out_dir).mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, out_dir)
        return out_dir
