"""How each language's truth is made: its program, what it needs, which files it looks at."""
import os
import shutil

from projects import GO, GOPATH, JEDI, LIBCLANG, TYPESCRIPT


class Truth:
    """What all languages share."""

    endings = ()

    def copy(self, origin, root):
        """Only the sources of the language, so that the graph and the checker see the same."""
        for path in sorted(origin.rglob("*")):
            if path.is_file() and self.wanted(path.relative_to(origin)):
                target = root / path.relative_to(origin)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)

    def wanted(self, path):
        return path.suffix in self.endings

    def environment(self, unpack):
        return {}

    def files(self, definitions, calls):
        return {row["file"] for row in definitions + calls}


class Python(Truth):
    endings = (".py",)

    def environment(self, unpack):
        return {"PYTHONPATH": ":".join(str(unpack(p)) for p in JEDI)}

    def command(self, project, root, unpack, work):
        return ["python3", "truth_python.py", root]

    def copy(self, origin, root):
        super().copy(origin, root / origin.name)


class TypeScript(Truth):
    endings = (".ts", ".tsx", ".mts")

    def wanted(self, path):
        return super().wanted(path) and not path.name.endswith((".d.ts", ".d.mts")) and "tests" not in path.parts

    def environment(self, unpack):
        return {"NODE_PATH": str(unpack(TYPESCRIPT)), "TYPESCRIPT": str(unpack(TYPESCRIPT) / "package")}

    def command(self, project, root, unpack, work):
        return ["node", "truth_typescript.js", root]


class JavaScript(TypeScript):
    endings = (".js", ".mjs", ".cjs", ".jsx")


class Java(Truth):
    endings = (".java",)

    def command(self, project, root, unpack, work):
        return ["java", "TruthJava.java", root]


def together(packages, unpack, folder):
    """A folder with links to the files of several packages, as their installation would make it."""
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for package in packages:
            shutil.copytree(unpack(package), part, symlinks=True, dirs_exist_ok=True, copy_function=os.link)
        part.rename(folder)
    return folder


class Go(Truth):
    endings = (".go",)

    def wanted(self, path):
        return super().wanted(path) and not path.name.endswith("_test.go")

    def command(self, project, root, unpack, work):
        tools, outside = together(GO, unpack, work / "go"), together(GOPATH, unpack, work / "gopath")
        home = tools / "usr/lib/go-1.19"
        settings = {"GOROOT": home, "GOPATH": outside / "usr/share/gocode", "GO111MODULE": "off", "GOCACHE": work / "gocache",
                    "GOFLAGS": "", "CGO_ENABLED": "0"}
        return ["env", *(f"{k}={v}" for k, v in settings.items()), home / "bin/go", "run", "truth_go.go", root, *project.setting]


class C(Truth):
    endings = (".c", ".h", ".def", ".inc")

    def environment(self, unpack):
        return {"PYTHONPATH": str(unpack(LIBCLANG) / "libclang-18.1.1.data/platlib")}

    def command(self, project, root, unpack, work):
        origin = unpack(project.package) / project.folder
        own = [f"-I{(root if not s.startswith('-I..') else origin) / s[2:]}" if s.startswith("-I") else s for s in project.setting]
        return ["python3", "truth_clang.py", root, *own]


class Cpp(C):
    endings = (".cc", ".cpp", ".cxx", ".h", ".hpp", ".hh", ".inl", ".inc")

    def wanted(self, path):
        tests = {"test", "tests", "test_lib", "jsontestrunner", "fuzzing", "example", "examples", "benchmarks", "third_party", "issues"}
        return super().wanted(path) and not tests & {part.lower().removeprefix("src/") for part in path.parts} \
            and not path.stem.endswith(("_test", "_windows")) and not (path.suffix == ".c")


class Rust(Truth):
    endings = (".rs",)
    # Targets beside the library, and what only they need.
    beside = ("[[test]]", "[[bench]]", "[[example]]", "[[bin]]", "[dev-dependencies")

    def wanted(self, path):
        return path.parts[0] == "src" or str(path) in ("build.rs", "README.md")

    def copy(self, origin, root):
        super().copy(origin, root)
        manifest, keep = [], True
        for line in (origin / "Cargo.toml").read_text().splitlines():
            if line.startswith("["):
                keep = not line.startswith(self.beside)
            manifest += [line] * keep
        (root / "Cargo.toml").write_text("\n".join([*manifest, "[workspace]", ""]))
        if (origin / "Cargo.lock").exists():
            shutil.copyfile(origin / "Cargo.lock", root / "Cargo.lock")

    def command(self, project, root, unpack, work):
        return ["python3", "truth_rust.py", root, work / "rust", *project.setting]


TRUTHS = {"python": Python(), "typescript": TypeScript(), "javascript": JavaScript(),
          "java": Java(), "go": Go(), "c": C(), "c++": Cpp(), "rust": Rust()}
