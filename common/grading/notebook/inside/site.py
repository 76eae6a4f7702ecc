"""Runs in the box: makes every Python of a run draw the same random numbers each time.

It is written as sitecustomize.py beside a notebook. A notebook without a seed makes other data each time; a
grade must not. With WORKBOOK_COLAB it also stands in for google.colab, which mounts nothing here.
"""

import importlib.abc
import importlib.machinery
import os
import random
import sys
from types import ModuleType

SEED = 20
random.seed(SEED)


class SeedNumpy(importlib.abc.MetaPathFinder):
    """Lets numpy.random be imported as ever, then seeds it."""

    def find_spec(self, name, path, target=None):  # noqa: ARG002
        if name != "numpy.random":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def load_and_seed(module: ModuleType) -> None:
            load(module)
            module.seed(SEED)
            make = module.default_rng
            drawn = iter(range(SEED, sys.maxsize))
            module.default_rng = lambda seed=None: make(next(drawn) if seed is None else seed)

        spec.loader.exec_module = load_and_seed
        return spec


sys.meta_path.insert(0, SeedNumpy())

if os.environ.get("WORKBOOK_COLAB"):
    google, colab = ModuleType("google"), ModuleType("google.colab")
    google.colab, google.__path__, colab.__path__ = colab, [], []
    for name, functions in {"drive": ("mount", "flush_and_unmount"), "files": ("download", "upload")}.items():
        module = ModuleType(f"google.colab.{name}")
        for function in functions:
            setattr(module, function, lambda *_, **__: {})
        setattr(colab, name, module)
        sys.modules[f"google.colab.{name}"] = module
    sys.modules |= {"google": google, "google.colab": colab}
