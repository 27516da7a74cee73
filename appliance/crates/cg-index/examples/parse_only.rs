//! The limit that indexing is measured against: tree-sitter alone over a folder's sources, in
//! parallel, nothing kept. Prints files, bytes and syntax nodes; the caller takes the time.

use cg_types::Language;
use rayon::prelude::*;
use std::path::PathBuf;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: parse_only FOLDER");
    let files: Vec<(PathBuf, Language)> = ignore::WalkBuilder::new(&folder)
        .standard_filters(true)
        // As the index does: `.gitignore` counts in an unpacked archive too.
        .require_git(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|t| t.is_file()))
        .filter_map(|entry| {
            let language = Language::of_extension(entry.path().extension()?.to_str()?)?;
            Some((entry.into_path(), language))
        })
        .collect();
    let (bytes, nodes) = files
        .par_iter()
        .map(|(path, language)| {
            let text = std::fs::read(path)
                .map(|b| String::from_utf8_lossy(&b).into_owned())
                .unwrap_or_default();
            (text.len(), cg_cpg::parse_only(*language, &text))
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("{{\"files\":{},\"bytes\":{bytes},\"syntax_nodes\":{nodes}}}", files.len());
}
