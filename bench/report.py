# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints the figures as they come and keeps them for docs/BENCHMARKS.md: sections, tables, targets, pictures."""
import re


class Report:
    def __init__(self, progress):
        self.progress, self.lines, self.targets, self.pictures = progress, [], [], {}
        self.said = 0

    def say(self, text=""):
        self.progress.clear()
        print(text, flush=True)

    def section(self, title, note):
        """`note` says what was done; it is one paragraph."""
        self.title = title
        self.say(f"\n{title}\n{note}")
        self.lines += [f"## {title}", "", note, ""]

    def table(self, head, rows):
        """Columns of text; all but the first are aligned to the right."""
        rows = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        fit = lambda row: "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths)))
        for row in [head, *rows]:
            self.say("  " + fit(row))
        self.lines += ["| " + " | ".join(head) + " |", "|" + "---|" + "---:|" * (len(head) - 1)]
        self.lines += ["| " + " | ".join(row) + " |" for row in rows] + [""]

    def target(self, what, wanted, figure, met):
        """One line of the list of targets, printed when the part ends."""
        self.targets.append((what, str(wanted), str(figure), "yes" if met else "**no**"))

    def end_part(self, seconds):
        for what, wanted, figure, met in self.targets[self.said:]:
            self.say(f"  {'met   ' if met == 'yes' else 'MISSED'}  {what}: {figure} (wanted {wanted})")
        self.said = len(self.targets)
        self.say(f"  ({seconds:.1f} s)")

    def picture(self, name, title, svg):
        self.pictures[name] = svg
        self.lines += [f"![{title}]({name})", ""]

    def summary(self):
        missed = [t for t in self.targets if t[3] != "yes"]
        self.say(f"\n{len(self.targets) - len(missed)} of {len(self.targets)} targets met" +
                 "".join(f"\n  missed: {what}: {figure} (wanted {wanted})" for what, wanted, figure, _ in missed))

    def write(self, folder, facts, command, method):
        """docs/BENCHMARKS.md and its pictures; the pictures of earlier runs go."""
        for old in folder.glob("bench-*.svg"):
            old.unlink()
        for name, svg in self.pictures.items():
            (folder / name).write_text(svg)
        out = ["# Benchmarks", "", "<!-- Written by bench/bench.py --write; do not edit. -->", "",
               "Measured against the simulator of this repository (`build/rembed-sim`), which answers after a set latency. "
               "Run it again with:", "", "```sh", command, "```", "", "| machine | |", "|---|---|"]
        out += [f"| {name} | {value} |" for name, value in facts] + [""]
        out += ["## Targets", "", "| what | wanted | measured | met |", "|---|---|---|---|"]
        out += ["| " + " | ".join(target) + " |" for target in self.targets] + [""]
        out += self.lines + ["## Method and caveats", ""] + method
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(out))
        (folder / "BENCHMARKS.md").write_text(text.rstrip() + "\n")
