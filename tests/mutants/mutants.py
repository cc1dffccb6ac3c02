#!/usr/bin/env python3
"""Would tailor verify notice a bug in a kernel? Makes mutants of the kernel files, each with one
small edit, runs verify on every one, and lists the survivors: gaps in the cases of verify, or edits
that change nothing one can observe (docs/mutants.md holds a run and its survivors, explained).

Needs a build with the targets tailor_program and tailor_simt_tracked. Each outcome is written down
at once: started again, the study goes on where it stopped."""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "kernels" / "cuda"
# The device itself: memory, streams and errors, no kernel's computing.
HOST = {"card.cu", "card.h", "cuda_backend.h", "cuda_memory.h"}
# The rows of these are listed in convolution.cu.
STEPS = ["pipelined", "tensor", "vector", "registers", "tiled"]
ROWS_ELSEWHERE = {"convolution_forward.cu": ("conv2d", STEPS),
                  "convolution_data.cu": ("conv2d_backward_data", STEPS),
                  "convolution_filter.cu": ("conv2d_backward_filter", STEPS),
                  "depthwise.cu": ("conv2d", ["depthwise"])}

# --- the edits ---

# A name, call, element or number, with what is in its brackets: "int64_t{g.in} * x[i + 1].v[k]" has
# two. Never a part of a longer one.
_ROUND = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_SQUARE = r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
ATOM = rf"(?:[\w.]|::|->|<[\w:, ]+>(?=\()|{_ROUND}|{_SQUARE}|\{{[^{{}}]*\}})+(?![\w.(\[{{:<]|->)"
COMPARISON = rf"!?{ATOM}(?: [-+*/%] {ATOM})*(?: (?:[<>]=?|[=!]=) {ATOM}(?: [-+*/%] {ATOM})*)?"
OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+",
         "*": "+", "/": "*", "%": "/", "&&": "||", "||": "&&", "x": "y", "y": "x", "_h": "_w",
         "_w": "_h", "height": "width", "width": "height"}

# operator: what it finds in a line, and what it puts there. clang-format sees to it that binary
# operators stand between blanks, and the brackets of templates do not.
OPERATORS = {
    "drop a barrier": [(r"__sync(?:threads|warp)\(\);", ";")],
    "another comparison": [(r"(?<= )(?:[<>]=?|[=!]=)(?= )", lambda m: OTHER[m[0]])],
    "another arithmetic": [(r"(?<= )[-+*/%](?= )", lambda m: OTHER[m[0]])],
    "drop a term": [(rf" [-+] {ATOM}(?! [*/%])", "")],
    "drop a factor": [(rf" [*/%] {ATOM}", "")],
    "swap arguments": [(rf"(?<=\()({ATOM}), ({ATOM})(?=\))", r"\2, \1"),
                       (r"\[(\w+)\]\[(\w+)\]", r"[\2][\1]"),
                       (r"(?<=(?:Idx|Dim)\.)[xy]\b", lambda m: OTHER[m[0]]),
                       (r"(?<=\w)_[hw]\b|\b(?:height|width)\b", lambda m: OTHER[m[0]])],
    "drop a guard": [(rf"\bif {_ROUND} (?:return|continue|break);", ";"),
                     (rf"\bif {_ROUND}", "if (true)"),
                     (rf" (?:&&|\|\|) {COMPARISON}", ""),
                     (rf"{COMPARISON} (?:&&|\|\|) ", "")],
    "negate": [(rf"\bif ({_ROUND})", r"if (!\1)"),
               (r"(?<= )(?:&&|\|\|)(?= )", lambda m: OTHER[m[0]])],
    "constant + 1": [(r"(?<![\w.'])\d(?![\w.'])", lambda m: str(int(m[0]) + 1))],
    "drop an accumulate": [(r"(?<= )[-+]=(?= )", "=")],
    "drop a statement": [(rf"^ +(?!return\b|break\b|continue\b){ATOM} (?:[-+*/]?=) .*;$", ";"),
                         (rf"^ +(?!return\b|__sync)\w[\w.]*{_ROUND};$", ";")],
}

Mutant = collections.namedtuple("Mutant", "file line operator old new key")


def code_lines(text):
    """(index, line without its comment) of the lines that may be edited: those that g++ compiles to
    code, without texts, of which no result depends."""
    for_nvcc = False
    for i, line in enumerate(text.split("\n")):
        if line.startswith(("#ifdef __CUDACC__", "#else", "#endif")):
            for_nvcc = line.startswith("#ifdef")
        code = re.sub(r"\s*//.*", "", line)
        if not (for_nvcc or code.endswith("\\") or '"' in code or
                re.match(r"\s*(#|template|static_assert|namespace|using|throw)", code)):
            yield i, code


def mutants_of(path, seed):
    """All of a file: every barrier, and then each kind of edit in turn."""
    text = path.read_text()
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    dice = random.Random(f"{seed} {path.name}")
    queues, seen = [], set()
    for operator, rules in OPERATORS.items():
        queue = []
        for i, code in code_lines(text):
            for pattern, replacement in rules:
                for match in re.finditer(pattern, code):
                    if code.lstrip().startswith("for") and operator == "drop an accumulate":
                        continue  # never ends, and so is always caught
                    made = match.expand(replacement) if isinstance(replacement, str) \
                        else replacement(match)
                    new = code[:match.start()] + made + code[match.end():]
                    if new != code and (i, new) not in seen:
                        seen.add((i, new))
                        key = f"{path.name}@{version}:{i + 1}:{new.strip()}"
                        queue.append(Mutant(path.name, i + 1, operator, code, new, key))
        dice.shuffle(queue)
        queues.append(queue)
    yield from queues.pop(0)
    dice.shuffle(queues)
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.pop()


# --- what to compile and what to run ---

def includes(path):
    """The headers of kernels/cuda that a file sees, directly or through others."""
    found = set()
    for name in re.findall(r'#include "kernels/cuda/([\w./]+)"', path.read_text()):
        found |= {name} | includes(KERNELS / name)
    return found


SEES = {path.name: includes(path) for path in sorted(KERNELS.glob("*.cu")) if path.name not in HOST}
FAMILIES = [*SEES, *sorted(set().union(*SEES.values()) - HOST)]


def verify_runs(path):
    """The arguments of verify that reach every row of a kernel file."""
    if path.name in ROWS_ELSEWHERE:
        operation, variants = ROWS_ELSEWHERE[path.name]
        return [["--op", operation, "--variant", variant] for variant in variants]
    operations = re.findall(r"^OPERATION\((\w+)",
                            (ROOT / "kernels/api/operations.def").read_text(), re.M)
    rows = re.findall(r"(?:TAILOR_KERNEL\(table\(\), |^ROWS\()(\w+)", path.read_text(), re.M)
    rows = [name for name in operations if name in rows]
    # --op runs the gradients of an operation too.
    return [["--op", name] for name in rows
            if not any(name.startswith(other + "_backward") for other in rows)]


class Build:
    """A build folder: compiles kernel files as it does, and links plug-ins of its objects."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        self.tailor = self.folder / "bin" / "tailor"
        self.plugin = self.folder / "lib" / "libtailor_simt_tracked.so"
        commands = self.folder / "compile_commands.json"
        for path in (self.tailor, self.plugin, commands):
            if not path.exists():
                sys.exit(f"mutants.py: expected {path}, found none: were the targets "
                         "tailor_program and tailor_simt_tracked built?")
        self.commands, self.objects = {}, {}
        for entry in json.loads(commands.read_text()):
            words = shlex.split(entry["command"])
            output = words[words.index("-o") + 1]
            if "/tailor_simt_tracked_kernels.dir/" in f"/{output}":
                name = Path(entry["file"]).name
                self.commands[name] = words
                self.objects[name] = self.folder / output

    def compile(self, name, overlay):
        """The object of a kernel file that sees the overlay's files first, or None."""
        words, output = list(self.commands[name]), overlay / f"{name}.o"
        words[words.index("-o") + 1] = str(output)
        if (overlay / "kernels/cuda" / name).exists():
            words[words.index("-c") + 1] = str(overlay / "kernels/cuda" / name)
        words[1:1] = ["-I", str(overlay)]
        launcher = ROOT / "kernels/simt/tracked_compile"
        # A mutant may leave a variable unused: that is no reason to discard it.
        done = subprocess.run([launcher, *words, "-w", f"-ffile-prefix-map={overlay}/="],
                              cwd=self.folder, capture_output=True)
        return output if done.returncode == 0 else None

    def link(self, mutated, overlay):
        """A plug-in of these objects {name: path}, and the build's own where there is none. The
        mutated come first: what several files instantiate is taken from the first."""
        objects = list(mutated.values()) + [path for name, path in self.objects.items()
                                            if name not in mutated]
        plugin = overlay / "libmutant.so"
        lib, compiler = self.folder / "lib", self.commands["softmax.cu"][0]
        subprocess.run([compiler, "-shared", "-fopenmp", *objects, "-o", plugin,
                        "-Wl,--whole-archive", lib / "libtailor_simt_tracked_runtime.a",
                        "-Wl,--no-whole-archive", "-L", lib, "-ltailor", "-lfmt"], check=True)
        return plugin

    def verify(self, plugin, runs, limit):
        """How the first of these runs of verify fails; None when none does."""
        for run in runs:
            try:
                # Seconds of computing, as others may use the machine; one that waits for ever
                # computes nothing. A mutant that takes all memory is the first to go.
                limits = ["prlimit", f"--cpu={limit:.0f}:", "choom", "-n", "1000", "--"]
                done = subprocess.run([*limits, self.tailor, "verify", "--device", plugin, *run],
                                      capture_output=True, text=True, timeout=10 * limit,
                                      errors="replace")
            except subprocess.TimeoutExpired:
                return f"no end within {10 * limit:.0f} s"
            if done.returncode == -signal.SIGXCPU:
                return f"no end within {limit:.0f} s of computing"
            if done.returncode < 0:
                return f"crash: signal {-done.returncode}"
            if done.returncode != 0:
                # What the first failing row says of itself is in the line behind it.
                said = re.search(r" fail .*\n +(.*)", done.stdout) or re.match(r"(.*)", done.stderr)
                return said[1][:200]
        return None


# --- the study ---

class Study:
    def __init__(self, options):
        self.options = options
        self.build = Build(options.build)
        self.folder = self.build.folder / "mutants"
        self.folder.mkdir(exist_ok=True)
        self.state = self.folder / "state.jsonl"
        self.lock = threading.Lock()
        self.outcomes = {}
        if self.state.exists():
            for line in self.state.read_text().splitlines():
                outcome = json.loads(line)
                self.outcomes[outcome["key"]] = outcome
        if options.again:
            for key in [k for k, o in self.outcomes.items() if o["outcome"] == "survived"]:
                del self.outcomes[key]
        self.seconds = {}  # that verify takes for a file as it is

    def measure(self):
        """What does not pass unmutated can catch nothing."""
        for name in SEES:
            begin = time.monotonic()
            failure = self.build.verify(self.build.plugin, verify_runs(KERNELS / name), 1000)
            self.seconds[name] = time.monotonic() - begin
            if failure:
                sys.exit(f"mutants.py: expected {name} to pass verify as it is, got {failure}")
            print(f"{name}: {self.seconds[name]:.1f} s as it is", flush=True)

    def try_mutant(self, mutant):
        """A header's mutant is tried on one file after another, the quickest first."""
        files = [mutant.file] if mutant.file in SEES else sorted(
            (name for name, seen in SEES.items() if mutant.file in seen), key=self.seconds.get)
        lines = (KERNELS / mutant.file).read_text().split("\n")
        lines[mutant.line - 1] = mutant.new
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            overlay = Path(scratch)
            (overlay / "kernels/cuda").mkdir(parents=True)
            (overlay / "kernels/cuda" / mutant.file).write_text("\n".join(lines))
            objects = {}
            for name in files:
                objects[name] = self.build.compile(name, overlay)
                if objects[name] is None:
                    return "uncompilable", name
                failure = self.build.verify(self.build.link(objects, overlay),
                                            verify_runs(KERNELS / name),
                                            self.options.limit + 10 * self.seconds[name])
                if failure:
                    return "caught", failure
        return "survived", ", ".join(files)

    def study(self, family):
        """The outcomes of the first mutants of a family that compile."""
        outcomes = []
        for mutant in mutants_of(KERNELS / family, self.options.seed):
            if len(outcomes) == self.options.each:
                break
            outcome = self.outcomes.get(mutant.key)
            if outcome is None and not self.options.report:
                begin = time.monotonic()
                what, how = self.try_mutant(mutant)
                outcome = {**mutant._asdict(), "outcome": what, "how": how,
                           "seconds": round(time.monotonic() - begin, 1)}
                with self.lock, self.state.open("a") as file:
                    file.write(json.dumps(outcome) + "\n")
                    print(f"{family}:{mutant.line}: {mutant.operator}: {what}: {how}", flush=True)
            if outcome and outcome["outcome"] != "uncompilable":
                outcomes.append(outcome)
        return outcomes

    def run(self):
        if not self.options.report:
            self.measure()
        # Blocks of a kernel run on all cores of their process; so do the mutants here.
        os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // self.options.jobs))
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            families = self.options.family or FAMILIES
            return dict(zip(families, pool.map(self.study, families)))


def report(studies):
    print(f"\n{'family':24}{'mutants':>9}{'caught':>9}")
    for family, outcomes in studies.items():
        print(f"{family:24}{len(outcomes):9}{sum(o['outcome'] == 'caught' for o in outcomes):9}")
    outcomes = [o for each in studies.values() for o in each]
    caught = sum(o["outcome"] == "caught" for o in outcomes)
    share = f"{100 * caught / len(outcomes):.1f}%" if outcomes else "none"
    print(f"{'all':24}{len(outcomes):9}{caught:9}  {share}\n")
    for o in outcomes:
        if o["outcome"] == "survived":
            print(f"{o['file']}:{o['line']}: {o['operator']}\n- {o['old'].strip()}\n"
                  f"+ {o['new'].strip()}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="the build folder; its mutants/ gets the outcomes")
    parser.add_argument("--family", action="append", choices=FAMILIES, metavar="FILE",
                        help="a kernel file or header, such as tile.h; otherwise all")
    parser.add_argument("--each", type=int, default=5, help="mutants of a family (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the mutants (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        help="mutants at the same time (%(default)s)")
    parser.add_argument("--limit", type=float, default=30,
                        help="seconds of computing that verify may take beyond ten times what "
                        "it takes unmutated; a mutant that takes longer is caught (%(default)s)")
    parser.add_argument("--again", action="store_true",
                        help="try the survivors again, after verify got new cases")
    parser.add_argument("--report", action="store_true", help="run nothing: what is known by now")
    report(Study(parser.parse_args()).run())


if __name__ == "__main__":
    main()
