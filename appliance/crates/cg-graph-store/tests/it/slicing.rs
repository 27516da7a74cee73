//! CODE sliced by SQL equals the bytes of the span.

use cg_link::Links;
use cg_types::{Language, NodeKind};

use crate::support::{Builder, Snapshot, cells};

#[test]
fn code_equals_the_bytes_of_its_span() {
    let line = "x = 'Привет, 🦀 мир'; // комментарий — tail\r\n";
    let mut ascii = Builder::new("a.py", Language::Python, &"value = compute(1)\n".repeat(900));
    let mut mixed = Builder::new("b.py", Language::Python, &line.repeat(400));
    let mut long =
        Builder::new("c.py", Language::Python, &format!("head\n{}\ntail", "ы🦀z".repeat(3000)));
    for builder in [&mut ascii, &mut mixed, &mut long] {
        let bounds: Vec<usize> =
            builder.text.char_indices().map(|(at, _)| at).chain([builder.text.len()]).collect();
        let mut at = 0;
        for (step, length) in
            [(0, 1), (1, 10), (613, 300), (4001, 5000), (77, 4096), (1999, 12_000), (3, 0)]
        {
            at = (at + step) % bounds.len();
            let end = (at + length).min(bounds.len() - 1);
            builder.add(NodeKind::Comment, 0, (bounds[at], bounds[end]), "");
        }
        builder.add(NodeKind::Comment, 0, (0, builder.text.len()), "");
    }
    let expected: Vec<String> = [&ascii, &mixed, &long]
        .iter()
        .flat_map(|b| {
            b.graph.nodes[1..]
                .iter()
                .map(|n| b.text[n.span.start as usize..n.span.end as usize].to_owned())
        })
        .collect();
    let texts = [&ascii, &mixed, &long].map(|b| b.text.clone());
    let snapshot = Snapshot::of(&[ascii, mixed, long], &Links::default());
    let reader = snapshot.reader();
    assert_eq!(cells(&reader, "SELECT code FROM nodes_comment ORDER BY id"), expected);
    assert_eq!(cells(&reader, "SELECT code FROM nodes_file ORDER BY id"), texts);
}
