"""The images: what each is made of, and the tag that says so."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from node import binaries, buildah, digest, rootfs
from node.inside import Inside
from node.layout import HERE, INSIDE, Layout
from node.steps import Steps

COPIED = re.compile(r"^COPY\s+(?!--from)(?P<words>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Image:
    """An image, built from a Dockerfile and whatever that copies out of its folder."""

    name: str
    dockerfile: Path
    target: str = ""
    base: Image | None = None
    programs: tuple[binaries.Program, ...] = ()
    fixed_tag: str = ""
    debian: bool = False  # needs the base system's archive

    @cached_property
    def reference(self) -> str:
        """Name the image by its content: a tag that exists is never out of date."""
        return f"localhost/sdep-{self.name}:{self.fixed_tag or f'dev-{self._digest}'}"

    def build(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            context = Path(scratch)
            buildah.stage(context, self._sources())
            base = self.base.reference if self.base else ""
            buildah.build(self.reference, self.dockerfile, context, target=self.target, base=base)

    def _sources(self) -> list[tuple[Path, str]]:
        built = [(program.build(), program.name) for program in self.programs]
        archive = [(rootfs.archive(), "rootfs.tar")] if self.debian else []
        return [*built, *archive, *((path, str(path.relative_to(self.dockerfile.parent))) for path in self._copied())]

    def _copied(self) -> list[Path]:
        """List the sources of the Dockerfile's COPY lines that are in its folder."""
        made_here = {program.name for program in self.programs}
        lines = COPIED.findall(self.dockerfile.read_text())
        names = {word for line in lines for word in line.split()[:-1] if not word.startswith("--")} - made_here
        return sorted(self.dockerfile.parent / name for name in names)

    @property
    def _digest(self) -> str:
        words = [self.name, self.target, self.base.reference if self.base else ""]
        words += [program.file().name for program in self.programs]
        return digest.of(words, [self.dockerfile, *self._copied()])


def _demo(name: str, *programs: binaries.Program) -> Image:
    return Image(name, HERE / "images" / name / "Dockerfile", base=BASE, programs=programs)


BASE = Image("base", HERE / "images" / "base" / "Dockerfile", fixed_tag="trixie", debian=True)
PAUSE = Image("pause", HERE / "images" / "pause" / "Dockerfile", programs=(binaries.PAUSE,))
GATEWAY = _demo("gateway")
MLFLOW = _demo("mlflow")
S3 = _demo("s3", binaries.VERSITYGW)

NEEDED = (BASE, PAUSE, GATEWAY)  # to bring the node up


def known(layout: Layout) -> dict[str, Image]:
    """Give every image by name; the product's own once its Dockerfile exists."""
    dockerfile = layout.checkout / "Dockerfile"
    product = [Image(name, dockerfile, target=name, base=BASE) for name in ("operator", "runtime")]
    found = [*(product if dockerfile.exists() else []), MLFLOW, S3, *NEEDED]
    return {image.name: image for image in found}


def provide(inside: Inside, wanted: Iterable[Image], steps: Steps) -> None:
    """Build what does not exist, import what the node lacks, note what the node has."""
    there = set(inside.run("ctr", "-n", "k8s.io", "images", "list", "-q").split())
    for image in wanted:
        if image.base and not buildah.exists(image.base.reference):
            image.base.build()
            steps.say(f"{image.base.reference} built")
        if not buildah.exists(image.reference):
            image.build()
            steps.say(f"{image.reference} built")
        if image.reference not in there:
            bring(inside, image.reference)
            steps.say(f"{image.reference} imported")
        _note(inside.layout, image)


def bring(inside: Inside, reference: str) -> None:
    """Copy an image that buildah has to the node."""
    with tempfile.TemporaryDirectory(dir=inside.layout.state) as scratch:
        buildah.export(reference, Path(scratch) / "image.tar")
        archive = f"{INSIDE}/{Path(scratch).name}/image.tar"
        inside.run("ctr", "-n", "k8s.io", "images", "import", archive)


def _note(layout: Layout, image: Image) -> None:
    noted = json.loads(layout.images.read_text()) if layout.images.exists() else {}
    fresh = layout.images.with_suffix(".new")
    fresh.write_text(json.dumps({**noted, image.name: image.reference}, indent=2) + "\n")
    fresh.rename(layout.images)
