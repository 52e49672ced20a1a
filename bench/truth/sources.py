"""Code to begin with: Python's standard library and C headers as every Debian machine has them, other languages made up."""

import ast
import pathlib
import re
import sysconfig

BYTES_MIN, BYTES_MAX = 3_000, 24_000
WORDS = """batch shape model layer index value total count buffer stream token weight bias step epoch loss grad optim scale mask head
cache state input output frame queue worker result config option reader writer source target device kernel score label sample path
entry record field limit offset chunk block level depth width height ratio delta error retry timeout parent child node edge graph
name key user group event handler filter format parser lexer table column row cell line page header footer table_size""".split()


def readable(path):
    try:
        if not BYTES_MIN <= path.stat().st_size <= BYTES_MAX:
            return None
        text = path.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return text if "\r" not in text and "\f" not in text and text.endswith("\n") else None


def python_files():
    folder = pathlib.Path(sysconfig.get_path("stdlib", vars={"base": "/usr", "installed_base": "/usr"}))
    texts = [readable(path) for part in (".", "json", "email", "http", "logging", "asyncio", "unittest", "importlib")
             for path in sorted((folder / part).glob("*.py"))]
    return [text for text in texts if text]


def c_files():
    folder = pathlib.Path("/usr/include")
    found = [path for part in (".", "linux", "sys", "openssl", "event2", "c++/12", "c++/12/bits", "c++/12/ext") for path in sorted((folder / part).glob("*"))
             if path.is_file() and path.suffix in ("", ".h", ".tcc")]
    return [text for text in map(readable, found) if text]


class MadeUp:
    """Programs in the manner of a language, with names of their own."""

    SHAPES = {  # a function's head, its end, statements
        ".js": ("function {f}({a}, {b}) {{", "}", ["const {x} = {a}.{f2}({b}, {n});", "if ({x} > {n}) {{ return {b}; }}",
                "for (const {y} of {a}.{x}) {{ {b}.push({y} * {n}); }}", "{a}.{x} = {b}['{y}'] || {n};", "console.log('{w} {y}', {x});",
                "return {x}.map(({y}) => {y}.{w} + {n});"]),
        ".rs": ("pub fn {f}({a}: &[f32], {b}: usize) -> Vec<f32> {{", "}", ["let mut {x} = Vec::with_capacity({b} + {n});",
                "if {a}.len() < {n} {{ return {x}; }}", "for {y} in {a}.iter().skip({n}) {{ {x}.push({y} * {n}.0); }}",
                "let {w} = {x}.{f2}({b}, {n})?;", "assert!({b} < {n}, \"{w} {y}\");", "{x}.truncate({b} / {n});"]),
        ".go": ("func {f}({a} []float64, {b} int) (float64, error) {{", "}", ["{x} := {f2}({a}, {b}+{n})",
                "if {b} > {n} {{\n\t\treturn 0, errors.New(\"{w} {y}\")\n\t}}", "for _, {y} := range {a} {{\n\t\t{x} += {y} * {n}\n\t}}",
                "{w} := make([]float64, {b}, {n})", "log.Printf(\"{w} %d\", {b})", "return {x}, nil"]),
        ".java": ("  public static double {f}(double[] {a}, int {b}) {{", "  }", ["double {x} = {f2}({a}, {b} + {n});",
                  "if ({b} > {n}) throw new IllegalStateException(\"{w} {y}\");", "for (double {y} : {a}) {{ {x} += {y} * {n}; }}",
                  "List<Double> {w} = new ArrayList<>({n});", "System.out.println(\"{w}\" + {b});", "return {x} / {n};"]),
        ".sh": ("{f}() {{", "}", ["local {x}=\"$1/{a}_{n}\"", "if [ -z \"${x}\" ]; then\n    echo \"{w} {y}\" >&2\n    return {n}\n  fi",
                "for {y} in \"${a}\"/*.{w}; do\n    {f2} \"${y}\" --{b} {n}\n  done", "{f2} \"$2\" | sort -k{n} > \"${x}.{w}\"",
                "export {a}_{b}={n}"]),
        ".yaml": ("{f}:", "", ["{x}: {n}", "{w}_{y}: [{a}, {b}, {n}]", "{a}:\n    {x}: {y}\n    {w}: {n}", "{y}_path: ./{a}/{b}.{w}"]),
        ".toml": ("[{f}]", "", ["{x} = {n}", "{w}_{y} = [\"{a}\", \"{b}\", {n}]", "{a}_{x} = {{ {y} = {n}, {w} = \"{b}\" }}"]),
        ".md": ("## {f}", "", ["The {x} of the {a} holds {n} {w} for each {y}.", "- `{f2}` takes {a} and {b}, at most {n} {w}",
                "Call it with a {y} and the {b}, or set the {w} to {n} before the {x} is read.", "    {f2} --{a} {n} {b}"]),
    }

    def __init__(self, rng):
        self.rng = rng

    def name(self):
        return "_".join(self.rng.sample(WORDS, self.rng.choice((1, 1, 2, 2, 3))))

    def filled(self, template):
        names = {key: self.name() for key in ("f", "f2", "a", "b", "x", "y", "w")}
        return template.format(n=self.rng.randrange(2, 400), **names)

    def statement(self, suffix):
        template = self.rng.choice(self.SHAPES[suffix][2])
        text = self.filled(template)
        return "".join("    " * (suffix == ".java") + "  " * (suffix != ".java") + line + "\n" for line in [text])

    def function(self, suffix):
        head, end, _ = self.SHAPES[suffix]
        body = "".join(self.statement(suffix) for _ in range(self.rng.randrange(3, 12)))
        return self.filled(head) + "\n" + body + (end + "\n" if end else "")

    def file(self, suffix):
        return "\n".join(self.function(suffix) for _ in range(self.rng.randrange(8, 20)))


def python_blocks(chars):
    """(first line, line after the last, indent, is a definition) of the statements; nothing for what Python can't read."""
    try:
        tree = ast.parse(chars)
    except (SyntaxError, ValueError):
        return []
    blocks = []
    for parent in ast.walk(tree):
        body = getattr(parent, "body", None)
        if not isinstance(body, list) or len(body) < 2:
            continue
        for node in body[1:]:  # the first may be a docstring, or all that there is
            first = min([node.lineno] + [item.lineno for item in getattr(node, "decorator_list", [])]) - 1
            definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            blocks.append((first, node.end_lineno, node.col_offset, definition))
    return sorted(blocks)


CLOSING = re.compile(r"[})\]]+;?,?\s*$")


def other_blocks(chars):
    """The same by the look of the lines: a definition goes from a line without indent to the closing brace or the next blank line."""
    lines = chars.splitlines()
    blocks, at = [], 0
    while at < len(lines):
        if not lines[at].strip() or lines[at][0] in " \t}#/*":
            if re.match(r"\s+[A-Za-z].*[;,)]$", lines[at]) and not CLOSING.match(lines[at].strip()):
                blocks.append((at, at + 1, len(lines[at]) - len(lines[at].lstrip()), False))
            at += 1
            continue
        end = at + 1
        while end < len(lines) and lines[end].strip() and (lines[end][0] in " \t{*"):
            end += 1
        if end < len(lines) and lines[end].startswith("}"):
            end += 1
        blocks.append((at, end, 0, end - at > 3))
        blocks += [(line, line + 1, len(lines[line]) - len(lines[line].lstrip()), False) for line in range(at + 1, end - 1)
                   if re.match(r"\s+[A-Za-z].*[;:,0-9a-z]$", lines[line])]
        at = end
    return sorted(blocks)


def blocks_of(path, chars):
    return python_blocks(chars) if path.endswith(".py") else other_blocks(chars)
