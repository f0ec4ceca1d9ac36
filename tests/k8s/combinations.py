"""Every folder that is meant to be applied, and every component on one of them, rendered once."""

from pathlib import Path

from tests.k8s.manifests import Manifests, Object, compose, render

COMBINATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "base": ("base", ()),
    "cpu": ("overlays/cpu", ()),
    "gpu": ("overlays/gpu", ()),
    "autoscaled": ("overlays/autoscaled", ()),
    "hpa": ("overlays/gpu", ("hpa", "monitoring")),
    "all": ("overlays/cpu", ("certificate", "keda", "monitoring", "mutual-tls", "shared-models", "traces")),
}
"""What is checked, by name: a base or overlay, and the components that are added to it."""


class Rendered:
    """Manifests by the name of their combination."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Manifests] = {}

    def __getitem__(self, name: str) -> Manifests:
        if name not in self._known:
            resource, components = COMBINATIONS[name]
            self._known[name] = render(compose(self._folder / name, resource, components))
        return self._known[name]


def distinct(rendered: Rendered) -> list[Object]:
    """Each object of all combinations once."""
    found = [item for name in COMBINATIONS for item in rendered[name].objects]
    return [item for number, item in enumerate(found) if item not in found[:number]]
