//! Measures the engine on a folder: seconds to parse alone and to analyse, on one thread.
//!
//! `cargo run --release -p cg-cpg --example profile -- FOLDER`

use std::path::{Path, PathBuf};
use std::time::Instant;

use cg_cpg::{Limits, analyze, parse_only};
use cg_types::{FileGraph, Language};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: profile FOLDER")?;
    let mut files: Vec<(PathBuf, Language, String)> = Vec::new();
    let mut folders = vec![PathBuf::from(&folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Some(language) = language_of(&entry.path())
            {
                let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
                files.push((entry.path(), language, text));
            }
        }
    }
    files.sort();
    let bytes: usize = files.iter().map(|(_, _, text)| text.len()).sum();
    println!("{} files, {} bytes", files.len(), bytes);

    let start = Instant::now();
    let syntax_nodes: usize =
        files.iter().map(|(_, language, text)| parse_only(*language, text)).sum();
    let parse = start.elapsed().as_secs_f64();
    println!("parse only  {parse:8.3} s  {syntax_nodes} syntax nodes");

    let limits = Limits::default();
    let mut counts = [0usize; 5];
    let mut slowest = (0.0, PathBuf::new());
    let start = Instant::now();
    for (path, language, text) in &files {
        let file = Instant::now();
        let graph = analyze(&path.to_string_lossy(), *language, text, &limits);
        let seconds = file.elapsed().as_secs_f64();
        if seconds > slowest.0 {
            slowest = (seconds, path.clone());
        }
        count(&graph, &mut counts);
        for diagnostic in graph.diagnostics.iter().filter(|d| d.code.as_str() != "syntax_error") {
            println!("  {}: {}", path.display(), diagnostic.message);
        }
    }
    let all = start.elapsed().as_secs_f64();
    let [nodes, cfg, flow, strings, errors] = counts;
    println!(
        "analyze     {all:8.3} s  {nodes} nodes, {cfg} cfg, {flow} reaching definitions, {strings} strings, {errors} syntax errors"
    );
    println!(
        "ratio       {:8.2}    slowest file {:.3} s {}",
        all / parse,
        slowest.0,
        slowest.1.display()
    );
    Ok(())
}

fn count(graph: &FileGraph, counts: &mut [usize; 5]) {
    counts[0] += graph.nodes.len();
    counts[1] += graph.cfg.len();
    counts[2] += graph.reaching_defs.len();
    counts[3] += graph.strings.len();
    counts[4] += graph.diagnostics.iter().filter(|d| d.code.as_str() == "syntax_error").count();
}

fn language_of(path: &Path) -> Option<Language> {
    Language::of_extension(path.extension()?.to_str()?)
}
