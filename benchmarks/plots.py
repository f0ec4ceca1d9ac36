"""The figures of the other benchmarks as pictures.

    python benchmarks/plots.py figures/*.json --into docs/images

Reads the files that `--json` wrote and draws, as PNG and SVG: throughput by way (engine.py, chat.py), latency and the
share in time by load (arrivals.py, and load.py for the whole service), what an article costs by its length
(article_length.py), and what a step costs (engine.py --profile-step). Nothing is drawn that is not in a file; each
picture says which processor and how many repetitions it is of.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ways.peers import is_installed

OWN, OTHER = "#1f6f8b", "#b8b8b8"
"""Colours of the engine's bars and of all others."""

PARTS = {
    "linear": "#1f6f8b",
    "attention": "#99a8b2",
    "norms": "#e07a5f",
    "choosing": "#81b29a",
    "other operators": "#f2cc8f",
    "Python and framework": "#3d405b",
}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="what the other benchmarks wrote with --json")
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    if not is_installed("matplotlib"):
        raise SystemExit(1)
    import matplotlib

    matplotlib.use("Agg")
    # The same figures give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "triwire", "font.size": 9, "axes.spines.top": False})
    matplotlib.rcParams.update({"axes.spines.right": False, "figure.dpi": 150})
    arguments.into.mkdir(parents=True, exist_ok=True)
    written = []
    for path in arguments.files:
        result = json.loads(path.read_text(encoding="utf-8"))
        draw = DRAWINGS.get(result.get("benchmark", ""))
        if draw is None:
            print(f"{path}: no picture is drawn of {result.get('benchmark', 'this')!r}")
            continue
        figure = draw(result)
        figure.text(0.01, 0.005, _source(result), fontsize=6, color="#666666")
        name = re.sub(r"[^\w.-]", "-", f"{result['benchmark']}-{result['shape']}")
        for suffix in ("png", "svg"):
            target = arguments.into / f"{name}.{suffix}"
            figure.savefig(target, metadata={"Date": None} if suffix == "svg" else None)
            written.append(str(target))
            print(target)
    print(json.dumps({"benchmark": "plots", "written": written}))


def _throughput(result: dict[str, Any]) -> Any:
    """Bars of tokens a second, by the wall and by CPU time."""
    from matplotlib import pyplot

    names = list(result["ways"])
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 0.32 * len(names) + 1.3), sharey=True, layout="constrained")
    for panel, key, title in zip(
        panels,
        ("tokens_per_second", "tokens_per_cpu_second"),
        ("tokens a second", "tokens a second of CPU time"),
        strict=True,
    ):
        values = [result["ways"][name][key] for name in names]
        bars = panel.barh(names, values, color=[OWN if name.startswith("triwire") else OTHER for name in names])
        panel.bar_label(bars, fmt="%.0f", padding=2, fontsize=7)
        panel.set_title(title, fontsize=9)
        panel.margins(x=0.12, y=0.01)
    panels[0].invert_yaxis()
    figure.suptitle(f"{result['shape']}: {result['sequences']} sequences, {result['tokens']:,} tokens")
    figure.get_layout_engine().set(rect=(0, 0.03, 1, 0.97))
    return figure


def _arrivals(result: dict[str, Any]) -> Any:
    """Lines over the load: p95 latency, p95 latency for each token, the share in time."""
    from matplotlib import pyplot

    loads = [float(load) for load in result["loads"]]
    names = list(next(iter(result["loads"].values()))["ways"])
    figure, panels = pyplot.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
    for panel, key, title in zip(
        panels,
        ("p95_seconds", "p95_seconds_per_token", "in_time"),
        ("p95 latency, s", "p95 latency for each token, s", "share in time"),
        strict=True,
    ):
        for name in names:
            found = [result["loads"][load]["ways"][name][key] for load in result["loads"]]
            middle = [one["median"] for one in found]
            low = [one["median"] - one["range"][0] for one in found]
            high = [one["range"][1] - one["median"] for one in found]
            style = "-" if name.startswith("triwire") else "--"
            panel.errorbar(loads, middle, [low, high], linestyle=style, marker="o", capsize=2, markersize=3, label=name)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("load (1 is the capacity of static batches)")
        panel.set_xticks(loads)
        if key == "in_time":
            panel.set_ylim(0, 1.05)
        else:
            panel.set_yscale("log")
            panel.yaxis.set_major_formatter("{x:g}")
            panel.yaxis.set_minor_formatter("{x:g}")
            panel.tick_params(axis="y", which="both", labelsize=7)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=7)
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    return figure


def _load(result: dict[str, Any]) -> Any:
    """Lines over the load: goodput, p95 latency by priority, and what became of each priority's calls."""
    from matplotlib import pyplot

    loads = [float(load) for load in result["loads"]]
    figure, panels = pyplot.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
    colours = dict(zip(result["kinds"], ("#1f6f8b", "#e07a5f", "#81b29a"), strict=True))

    def draw(panel: Any, values: list[dict[str, Any] | None], colour: str, name: str) -> None:
        shown = [(load, value) for load, value in zip(loads, values, strict=True) if value]
        middle = [value["median"] for _, value in shown]
        low = [value["median"] - value["range"][0] for _, value in shown]
        high = [value["range"][1] - value["median"] for _, value in shown]
        panel.errorbar(
            [load for load, _ in shown],
            middle,
            [low, high],
            color=colour,
            marker="o",
            capsize=2,
            markersize=3,
            label=name,
        )

    found = list(result["loads"].values())
    capacity = result["capacity"]["characters_per_second"]
    draw(panels[0], [_over(one["goodput_characters_per_second"], capacity) for one in found], "#3d405b", "")
    panels[0].axhline(1.0, color="#b8b8b8", linewidth=0.8)
    panels[0].set_title("goodput (1 is the capacity)", fontsize=9)
    for name, colour in colours.items():
        draw(panels[1], [one["kinds"][name]["p95_seconds"] for one in found], colour, name)
        draw(panels[2], [one["kinds"][name]["answered"] for one in found], colour, "")
    panels[1].set_title("p95 latency of answered calls, s", fontsize=9)
    panels[2].set_title("share answered in time", fontsize=9)
    for panel in panels:
        panel.set_xscale("log")
        panel.set_xticks(loads, [f"{load:g}" for load in loads])
        panel.minorticks_off()
        panel.set_ylim(bottom=0)
        panel.set_xlabel("offered load (1 is the capacity)")
    figure.legend(loc="outside upper center", ncols=3, fontsize=7)
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    return figure


def _over(value: dict[str, Any], base: float) -> dict[str, Any]:
    """A median and its range as parts of something."""
    return {"median": value["median"] / base, "range": [each / base for each in value["range"]]}


def _article_length(result: dict[str, Any]) -> Any:
    """Lines over the length: seconds and tokens of an article, and seconds for 1,000 characters by language."""
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
    colours = dict(zip(("extract", "summarize", "translate"), ("#81b29a", "#e07a5f", "#1f6f8b"), strict=True))
    styles = dict(zip(result["articles"], ("-", "--", ":"), strict=True))

    def draw(panel: Any, name: str, language: str, key: str) -> None:
        rows = result["work"][name][language]
        points = [(int(words), row[key]) for words, row in rows.items() if row[key]["median"] > 0]
        if not points:
            return  # extraction has no tokens
        middle = [value["median"] for _, value in points]
        low = [value["median"] - value["range"][0] for _, value in points]
        high = [value["range"][1] - value["median"] for _, value in points]
        panel.errorbar(
            [words for words, _ in points],
            middle,
            [low, high],
            color=colours[name],
            linestyle=styles[language],
            marker="o",
            capsize=2,
            markersize=3,
        )

    for name in result["work"]:
        for language in result["work"][name]:
            draw(panels[0], name, language, "seconds")
            draw(panels[1], name, language, "tokens")
            draw(panels[2], name, language, "seconds_per_1000_characters")
    for panel, title in zip(
        panels, ("s of an article", "tokens of an article", "s for 1,000 characters of it"), strict=True
    ):
        panel.set_title(title, fontsize=9)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:,g}")
        lengths = [int(words) for words in next(iter(result["articles"].values()))]
        panel.set_xticks(lengths, [f"{words:,}" for words in lengths])
        panel.minorticks_off()
        panel.set_xlabel("length, in words of its English version")
    for name in result["work"]:
        panels[0].plot([], [], color=colours[name], label=name)
    for language, style in styles.items():
        panels[0].plot([], [], color="black", linestyle=style, label=language)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=6, fontsize=7)
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    return figure


def _step(result: dict[str, Any]) -> Any:
    """Stacked bars of what a decode step spends its time on, beside its linear layers alone."""
    from matplotlib import pyplot

    forms = list(result["forms"])
    figure, panel = pyplot.subplots(figsize=(8, 0.7 * len(forms) + 1.5), layout="constrained")
    left = [0.0] * len(forms)
    for part, colour in PARTS.items():
        values = [max(0.0, result["forms"][form]["split_ms"][part]) for form in forms]
        panel.barh(forms, values, left=left, color=colour, label=part, height=0.5)
        left = [start + value for start, value in zip(left, values, strict=True)]
    for row, form in enumerate(forms):
        alone = result["forms"][form]["linears"]["wall_ms"]["median"]
        panel.plot([alone, alone], [row - 0.35, row + 0.35], color="black", linewidth=1.5)
    panel.plot([], [], color="black", linewidth=1.5, label="linear layers alone")
    panel.invert_yaxis()
    panel.set_xlabel(f"ms of one decode step of {result['rows']} rows")
    figure.legend(loc="outside upper center", ncols=4, fontsize=7)
    figure.get_layout_engine().set(rect=(0, 0.05, 1, 0.95))
    return figure


DRAWINGS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "engine": _throughput,
    "chat": _throughput,
    "arrivals": _arrivals,
    "load": _load,
    "article-length": _article_length,
    "step": _step,
}


def _source(result: dict[str, Any]) -> str:
    around = result["surroundings"]
    repetitions = result.get("repetitions") or result.get("steps")
    names = {"torch": "torch", "transformers": "transformers", "ctranslate2": "CTranslate2"}
    versions = [f"{name} {around['versions'][key]}" for key, name in names.items() if around["versions"].get(key)]
    return (
        f"benchmarks, medians of {repetitions}; {around['processor']}, {around['cores']} cores; {', '.join(versions)}"
    )


if __name__ == "__main__":
    main()
