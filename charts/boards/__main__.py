"""Write every board into the chart."""

from __future__ import annotations

from charts.boards.files import FOLDER, texts

FOLDER.mkdir(exist_ok=True)
for name, text in texts().items():
    (FOLDER / name).write_text(text)
