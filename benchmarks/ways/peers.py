"""Which peers are installed, and how to get the others."""

import importlib.util

_PACKAGES = {
    "CTranslate2": ("ctranslate2",),
    "LitServe": ("litserve",),
    "transformers serve": ("accelerate", "fastapi", "openai", "uvicorn"),
    "matplotlib": ("matplotlib",),
}
"""Modules that each needs, besides what the server needs anyway."""


def is_installed(peer: str) -> bool:
    """Whether a peer can be used; prints how to install it where it cannot."""
    if all(importlib.util.find_spec(package) is not None for package in _PACKAGES[peer]):
        return True
    print(f"{peer} is not installed and is left out: pip install -c constraints.txt -e '.[bench]'", flush=True)
    return False
