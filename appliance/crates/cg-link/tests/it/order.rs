//! The order of files, and threads, do not matter.

use cg_cpg::{Limits, analyze};
use cg_link::{facts, link};
use cg_types::{FileKey, Language};

#[test]
fn links_do_not_depend_on_the_order_of_files() {
    let texts = [
        ("a.py", "from b import f, C\nf()\nC().m()\nx.unknown_thing()\n"),
        ("b.py", "def f(): pass\nclass C:\n    def m(self): self.n()\n    def n(self): pass\n"),
        ("c.py", "from b import C\nclass D(C):\n    def n(self): print(1)\n"),
    ];
    let all: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|((path, text), key)| {
            facts(&analyze(path, Language::Python, text, &Limits::default()), FileKey(key))
        })
        .collect();
    let forward = link(&all);
    let backward = link(&all.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(forward, backward);
    assert!(!forward.call_edges.is_empty());
}
