"""Join a widget's JavaScript module with the modules that it imports into the single module anywidget wants."""

import re
from pathlib import Path

# One statement per import, names in braces: all that the course's modules need, and easy to see through.
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\./[^"]+|\.\./[^"]+)";[ \t]*\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?:async\s+)?(?:function\*?|const|class)\s+([A-Za-z_$][\w$]*)", re.MULTILINE)


def join_modules(entry):
    """Return the source of one ES module that behaves like the file `entry` with its imports.

    Each imported module becomes a function that is called once and returns its exports, so that every
    module keeps its own scope: equal names in two files don't meet.

    Raises ValueError for a form of import or export that is not understood, a name that the other module
    does not export, or modules that import each other in a circle.
    """
    entry = Path(entry)
    parts = []
    names = {}  # file → (variable that holds its exports, the exported names)

    def add(path, trail):
        if path in trail:
            circle = " → ".join(p.name for p in [*trail[trail.index(path) :], path])
            raise ValueError(f"join_modules: {circle} import each other; move what they share to a third file.")
        if path in names:
            return
        if not path.exists():
            raise ValueError(f"join_modules: {trail[-1].name} imports {path.name}, but {path} does not exist.")
        body = _link(path, [*trail, path])
        exported = _EXPORT.findall(body)
        variable = f"module_{len(names)}_{re.sub(r'[^A-Za-z0-9]', '_', path.stem)}"
        names[path] = variable, exported
        body = _drop_exports(body, path)
        parts.append(
            f"// {path.name}\nconst {variable} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"
        )

    def _link(path, trail):
        """Read a module and turn its import statements into look-ups."""

        def look_up(match):
            source = (path.parent / match[2]).resolve()
            add(source, trail)
            variable, exported = names[source]
            wanted = [re.sub(r"\s+as\s+", ": ", part.strip()) for part in match[1].split(",") if part.strip()]
            for name in wanted:
                if (name := name.split(":")[0]) not in exported:
                    raise ValueError(
                        f"join_modules: {path.name} imports {name!r} from {source.name}, "
                        f"which exports only {', '.join(exported) or 'nothing'}."
                    )
            return f"const {{ {', '.join(wanted)} }} = {variable};\n"

        text = _IMPORT.sub(look_up, path.read_text(encoding="utf-8"))
        if left := re.search(r"^[ \t]*import\b.*$", text, re.MULTILINE):
            raise ValueError(
                f"join_modules: {path.name} has {left[0].strip()!r}; "
                'only `import { a, b as c } from "./file.js";` on a line of its own is understood.'
            )
        return text

    def _drop_exports(body, path):
        body = re.sub(r"^export\s+(?=async\b|function\b|const\b|class\b)", "", body, flags=re.MULTILINE)
        if left := re.search(r"^[ \t]*export\b.*$", body, re.MULTILINE):
            raise ValueError(
                f"join_modules: {path.name} has {left[0].strip()!r}; "
                "only `export function|const|class` is understood outside of a widget's own file."
            )
        return body

    main = _link(entry.resolve(), [entry.resolve()])
    if left := re.search(r"^[ \t]*export\b[^;]*\bfrom\b.*$", main, re.MULTILINE):
        raise ValueError(f"join_modules: {entry.name} has {left[0].strip()!r}; import the names, then export them.")
    return "".join(parts) + f"// {entry.name}\n{main}"
