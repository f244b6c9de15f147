"""Puts ``catalogs/``, ``pipelines/`` and ``models/`` into the wheel, under ``smmap/data``.

Builds the kernels where there is a C compiler; without one, all works without them.
"""

import shutil
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
FOLDERS = ("catalogs", "pipelines", "models")
LEFT_BEHIND = ("__pycache__", "*.trees", "*.trees.lock")


class BuildWithData(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return
        for name in FOLDERS:
            target = Path(self.build_lib, "smmap", "data", name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / name, target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))


LIMITED = "0x030B0000"  # one build for Python 3.11 and later


def describe_kernel(room, *options):
    folder = Path("smmap", room, "kernel")
    return Extension(
        f"smmap.{room}._kernel",
        sources=sorted(str(path) for path in folder.glob("*.c")),
        depends=sorted(str(path) for path in folder.glob("*.h")),
        define_macros=[("Py_LIMITED_API", LIMITED)],
        # No fused multiply-adds, no reordering: the same bits on every processor.
        extra_compile_args=[
            "-std=c11",
            "-O3",
            "-ffp-contract=off",
            "-fvisibility=hidden",
            *options,
        ],
        py_limited_api=True,
        optional=True,
    )


setup(
    cmdclass={"build_py": BuildWithData},
    ext_modules=[
        # Nobody reads which exceptions floating point had: choices between numbers are vectors.
        describe_kernel("features", "-fno-trapping-math"),
        describe_kernel("product", "-fno-trapping-math"),
        describe_kernel("stack", "-fno-trapping-math"),
        describe_kernel("trees"),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}, "build_ext": {"parallel": True}},
)
