//! A repository in a test: files in, links out in words.

use cg_cpg::{Limits, analyze};
use cg_link::{Confidence, FileFacts, Links, facts, link};
use cg_types::{FileGraph, FileKey, Language, NodeId};

/// A linked repository.
pub(crate) struct Repository {
    graphs: Vec<FileGraph>,
    pub(crate) links: Links,
}

/// Analyses and links files; keys count from 1 in the order given.
pub(crate) fn repository(files: &[(&str, &str)]) -> Repository {
    let graphs: Vec<FileGraph> = files
        .iter()
        .map(|(path, text)| {
            let extension = path.rsplit('.').next().expect("an extension");
            let language = Language::of_extension(extension).expect("a known language");
            analyze(path, language, text, &Limits::default())
        })
        .collect();
    let facts: Vec<FileFacts> =
        graphs.iter().zip(1..).map(|(graph, key)| facts(graph, FileKey(key))).collect();
    let links = link(&facts);
    Repository { graphs, links }
}

impl Repository {
    /// `line name -> path:line` or `line name -> external full name` for each call of a file, with
    /// confidence behind it where it is not proven (external ones: always without).
    pub(crate) fn calls(&self, path: &str) -> Vec<String> {
        let (at, graph) = self.file(path);
        let mut found = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            let id = NodeId::new(FileKey(at as u32 + 1), cg_types::NodeIndex(index as u32));
            for edge in self.links.call_edges.iter().filter(|edge| edge.call == id) {
                let name = graph.text(node.name);
                let target = self.place(edge.method);
                let sure = match edge.confidence {
                    _ if edge.method.file() == FileKey::NONE => String::new(),
                    Confidence::Proven => String::new(),
                    other => format!(" ({})", other.as_str()),
                };
                found.push(format!("{} {name} -> {target}{sure}", node.line));
            }
        }
        found
    }

    /// `line -> path:line` for each import of a file that names something in the repository.
    pub(crate) fn imports(&self, path: &str) -> Vec<String> {
        let (at, graph) = self.file(path);
        let of_file =
            self.links.imports.iter().filter(|link| link.import.file().0 as usize == at + 1);
        of_file
            .map(|link| {
                format!("{} -> {}", graph.node(link.import.index()).line, self.place(link.target))
            })
            .collect()
    }

    /// `path:line -> base` for every base of a type.
    pub(crate) fn bases(&self) -> Vec<String> {
        let of_types = self.links.inherits.iter();
        of_types
            .map(|one| {
                let base =
                    one.base.map_or(format!("external {}", one.base_name), |base| self.place(base));
                format!("{} -> {base}", self.place(one.type_decl))
            })
            .collect()
    }

    /// `line name -> path:line` for references over files.
    pub(crate) fn references(&self, path: &str) -> Vec<String> {
        let (at, graph) = self.file(path);
        let of_file =
            self.links.references.iter().filter(|link| link.from.file().0 as usize == at + 1);
        of_file
            .map(|link| {
                let node = graph.node(link.from.index());
                format!("{} {} -> {}", node.line, graph.text(node.name), self.place(link.to))
            })
            .collect()
    }

    fn file(&self, path: &str) -> (usize, &FileGraph) {
        let at =
            self.graphs.iter().position(|graph| graph.path == path).expect("a file of the fixture");
        (at, &self.graphs[at])
    }

    fn place(&self, id: NodeId) -> String {
        if id.file() == FileKey::NONE {
            return format!("external {}", self.links.externals[id.index().0 as usize].full_name);
        }
        let graph = &self.graphs[id.file().0 as usize - 1];
        format!("{}:{}", graph.path, graph.node(id.index()).line)
    }
}
