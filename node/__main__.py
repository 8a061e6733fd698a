"""The command line: `python -m node up | down | status | images [NAME ...] | binaries`."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from node import binaries, images
from node.down import down
from node.health import running
from node.layout import HERE, Layout
from node.problem import Problem
from node.status import status
from node.steps import Steps
from node.up import up


def main() -> int:
    arguments = _parse()
    if os.geteuid():
        print("error: the node makes namespaces and cgroups: run this as root", file=sys.stderr)
        return 1
    try:
        with _alone():
            return _run(arguments, Layout())
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        if arguments.command == "up":
            print("what runs is left for you to look at; the next `python -m node up` starts afresh", file=sys.stderr)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m node", description="a Kubernetes node without Docker")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring the node up")
    commands.add_parser("down", help="take it away, but for the cache")
    commands.add_parser("status", help="say how it is; fails unless it is up and well")
    commands.add_parser("binaries", help="build every program into the cache and .cluster/bin")
    build = commands.add_parser("images", help="build images and bring them to the node")
    build.add_argument("names", nargs="*", metavar="NAME", help="just these (default: all)")
    return parser.parse_args()


def _run(arguments: argparse.Namespace, layout: Layout) -> int:
    match arguments.command:
        case "up":
            up(layout)
        case "down":
            down(layout)
        case "status":
            return 0 if status(layout) else 1
        case "binaries":
            binaries.provide(layout, binaries.ALL, Steps())
        case "images":
            _images(arguments.names, layout)
        case unknown:
            raise AssertionError(unknown)
    return 0


def _images(names: list[str], layout: Layout) -> None:
    known = images.known(layout)
    if unknown := set(names) - set(known):
        raise Problem(f"no such image: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    inside = running(layout)
    if inside is None:
        raise Problem("images go to a running node: `python -m node up` first")
    steps = Steps()
    images.provide(inside, [known[name] for name in names or known], steps)
    steps.say(f"{layout.images.relative_to(layout.checkout)} is written")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one command at a time work on this checkout."""
    folder = os.open(HERE, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another command works on this node; waiting for it", file=sys.stderr)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    sys.exit(main())
