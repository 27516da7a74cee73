//! Python: modules, classes, types.

use crate::fixture::repository;

#[test]
fn imports_lead_to_functions_over_packages_and_re_exports() {
    let repo = repository(&[
        ("pkg/__init__.py", "from .inner import helper as exported\n"),
        ("pkg/inner.py", "def helper():\n    pass\n\ndef other():\n    return helper()\n"),
        ("pkg/sub/__init__.py", ""),
        (
            "pkg/sub/mod.py",
            "from ..inner import other\nfrom . import near\n\ndef f():\n    other()\n    near.g()\n",
        ),
        ("pkg/sub/near.py", "def g(): pass\n"),
        (
            "main.py",
            "import pkg\nimport pkg.sub.mod\nimport pkg.inner as inn\nfrom pkg import exported\n\npkg.exported()\npkg.sub.mod.f()\ninn.other()\nexported()\nprint(1)\n",
        ),
    ]);
    assert_eq!(repo.calls("pkg/inner.py"), ["5 helper -> pkg/inner.py:1"]);
    assert_eq!(
        repo.calls("pkg/sub/mod.py"),
        ["5 other -> pkg/inner.py:4", "6 g -> pkg/sub/near.py:1"]
    );
    assert_eq!(
        repo.calls("main.py"),
        [
            "6 exported -> pkg/inner.py:1",
            "7 f -> pkg/sub/mod.py:4",
            "8 other -> pkg/inner.py:4",
            "9 exported -> pkg/inner.py:1",
            "10 print -> external builtins.print",
        ]
    );
    assert_eq!(
        repo.imports("main.py"),
        [
            "1 -> pkg/__init__.py:1",
            "2 -> pkg/sub/mod.py:1",
            "3 -> pkg/inner.py:1",
            "4 -> pkg/inner.py:1"
        ]
    );
}

#[test]
fn libraries_keep_their_full_names() {
    let repo = repository(&[
        (
            "a.py",
            "import os.path\nfrom json import dumps as d\nimport numpy as np\n\nos.path.join('a')\nd({})\nnp.linalg.norm(1)\n'x'.join([])\nlen([])\n",
        ),
        ("json.py", "def dumps(x): pass\n"),
        ("sub/b.py", "import json\njson.dumps(1)\n"),
    ]);
    let calls = repo.calls("a.py");
    assert_eq!(calls[0], "5 join -> external os.path.join");
    assert_eq!(calls[2], "7 norm -> external numpy.linalg.norm");
    assert_eq!(calls[3], "8 join -> external str.join");
    assert_eq!(calls[4], "9 len -> external builtins.len");
    assert_eq!(
        repo.calls("sub/b.py"),
        ["2 dumps -> external json.dumps"],
        "a module named like one of the standard library stands for it beside the importing file only"
    );
}

#[test]
fn the_same_method_name_in_two_classes_is_told_apart() {
    let repo = repository(&[(
        "a.py",
        "class A:\n    def run(self): pass\n\nclass B:\n    def run(self): pass\n\ndef go(unknown, b: B):\n    A().run()\n    x = B()\n    x.run()\n    b.run()\n    unknown.run()\n",
    )]);
    let calls = repo.calls("a.py");
    assert_eq!(
        calls.iter().filter(|call| call.contains(" run ")).collect::<Vec<_>>(),
        ["8 run -> a.py:2", "10 run -> a.py:5", "11 run -> a.py:5", "12 run -> external run"]
    );
}

#[test]
fn self_and_bases_are_searched_in_order() {
    let repo = repository(&[
        (
            "base.py",
            "class Base:\n    def __init__(self):\n        self.setup()\n    def setup(self): pass\n    def shared(self): pass\n",
        ),
        ("mixin.py", "class Mixin:\n    def shared(self): pass\n"),
        (
            "child.py",
            "import base\nfrom mixin import Mixin\n\nclass Child(Mixin, base.Base):\n    def go(self):\n        self.shared()\n        self.setup()\n        super().setup()\n\nclass Grand(Child):\n    def setup(self): pass\n\nChild().go()\nChild()\n",
        ),
    ]);
    let calls = repo.calls("child.py");
    assert!(calls.contains(&"6 shared -> mixin.py:2".to_string()), "{calls:#?}");
    assert!(calls.contains(&"7 setup -> base.py:4 (likely)".to_string()), "{calls:#?}");
    assert!(calls.contains(&"7 setup -> child.py:11 (possible)".to_string()), "{calls:#?}");
    assert!(calls.contains(&"8 setup -> base.py:4 (likely)".to_string()), "{calls:#?}");
    assert!(calls.contains(&"13 go -> child.py:5".to_string()), "{calls:#?}");
    assert!(calls.contains(&"14 Child -> base.py:2".to_string()), "{calls:#?}");
    assert_eq!(
        repo.bases(),
        ["child.py:4 -> base.py:1", "child.py:4 -> mixin.py:1", "child.py:10 -> child.py:4"]
    );
}

#[test]
fn attributes_hold_what_the_constructor_puts_there() {
    let repo = repository(&[
        (
            "engine.py",
            "class Engine:\n    def start(self): pass\n\ndef make() -> Engine:\n    return Engine()\n\ndef build():\n    return Engine()\n",
        ),
        (
            "car.py",
            "from engine import Engine, make, build\n\nclass Car:\n    def __init__(self, e: Engine):\n        self.e = e\n        self.own = Engine()\n    def go(self):\n        self.e.start()\n        self.own.start()\n\nmake().start()\nbuild().start()\nm = make()\nm.start()\nCar(m).own.start()\n",
        ),
    ]);
    let starts: Vec<String> =
        repo.calls("car.py").into_iter().filter(|call| call.contains(" start ")).collect();
    assert_eq!(starts.len(), 6, "{starts:#?}");
    assert!(starts.iter().all(|call| call.ends_with("start -> engine.py:2")), "{starts:#?}");
}

#[test]
fn methods_do_not_see_names_of_their_class() {
    let repo = repository(&[(
        "a.py",
        "def f(): pass\n\nclass C:\n    def f(self): pass\n    def g(self):\n        f()\n",
    )]);
    assert_eq!(repo.calls("a.py"), ["6 f -> a.py:1"]);
}

#[test]
fn a_unique_name_is_possible_and_a_common_one_is_nothing() {
    let repo = repository(&[
        ("a.py", "class A:\n    def recalculate_all(self): pass\n    def append(self, x): pass\n"),
        ("b.py", "def f(x):\n    x.recalculate_all()\n    x.append(1)\n"),
    ]);
    assert_eq!(
        repo.calls("b.py"),
        ["2 recalculate_all -> a.py:2 (possible)", "3 append -> external append"]
    );
}

#[test]
fn circular_imports_and_bases_end() {
    let repo = repository(&[
        ("a.py", "from b import *\nfrom b import x\nclass A(B): pass\nx()\nA().m()\n"),
        ("b.py", "from a import *\nfrom a import x\nclass B(A): pass\n"),
    ]);
    assert_eq!(repo.calls("a.py").len(), 3);
}

#[test]
fn callbacks_and_wildcards() {
    let repo = repository(&[
        ("lib.py", "def job(): pass\ndef _private(): pass\ndef run(f):\n    f()\n"),
        ("use.py", "from lib import *\n\nrun(job)\n"),
    ]);
    assert_eq!(repo.calls("lib.py"), ["4 f -> lib.py:1 (likely)"]);
    assert_eq!(repo.calls("use.py"), ["3 run -> lib.py:3"]);
}
