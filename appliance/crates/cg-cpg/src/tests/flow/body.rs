//! Random bodies of a function `f(a, b, c)`, and their text in each language.

use cg_types::Language;
use proptest::prelude::*;

/// A statement that every language has in some form.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Assign(char, char),
    Call(char),
    Return(char),
    Break,
    Continue,
    If(char, Vec<Statement>, Vec<Statement>),
    While(char, Vec<Statement>),
    Switch(char, Vec<Statement>, Vec<Statement>),
    /// Body, handler, `finally`; where a language lacks a part, what is left of it.
    Try(Vec<Statement>, Vec<Statement>, Vec<Statement>),
}

pub(super) fn body() -> impl Strategy<Value = Vec<Statement>> {
    let variable = || prop::sample::select(vec!['a', 'b', 'c']);
    let leaf = prop_oneof![
        5 => (variable(), variable()).prop_map(|(x, y)| Statement::Assign(x, y)),
        3 => variable().prop_map(Statement::Call),
        1 => variable().prop_map(Statement::Return),
        1 => Just(Statement::Break),
        1 => Just(Statement::Continue),
    ];
    let statement = leaf.prop_recursive(3, 12, 3, move |inner| {
        let block = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            (variable(), block(), block()).prop_map(|(x, s, t)| Statement::If(x, s, t)),
            (variable(), block()).prop_map(|(x, s)| Statement::While(x, s)),
            (variable(), block(), block()).prop_map(|(x, s, t)| Statement::Switch(x, s, t)),
            (block(), block(), block()).prop_map(|(s, t, u)| Statement::Try(s, t, u)),
        ]
    });
    prop::collection::vec(statement, 1..4)
}

/// The whole file.
pub(super) fn text(language: Language, statements: &[Statement]) -> String {
    let mut out = Writer { language, out: String::new(), depth: 1, loops: 0 };
    out.all(statements);
    let body = out.out;
    match language {
        Language::C | Language::Cpp => format!("int f(int a, int b, int c) {{\n{body}}}\n"),
        Language::Go => format!("package p\n\nfunc f(a, b, c int) int {{\n{body}}}\n"),
        Language::Java => format!("class T {{\n  int f(int a, int b, int c) {{\n{body}  }}\n}}\n"),
        Language::JavaScript | Language::TypeScript => {
            format!("function f(a, b, c) {{\n{body}}}\n")
        }
        Language::Python => format!("def f(a, b, c):\n{body}"),
        Language::Rust => format!("fn f(mut a: i32, mut b: i32, mut c: i32) -> i32 {{\n{body}}}\n"),
    }
}

struct Writer {
    language: Language,
    out: String,
    depth: usize,
    /// Loops around; `break` and `continue` stand only within one.
    loops: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.out.push_str(&"    ".repeat(self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn all(&mut self, statements: &[Statement]) {
        for one in statements {
            self.one(one);
        }
    }

    /// A head with its block; Python has a colon and no brackets.
    fn block(&mut self, head: &str, statements: &[Statement]) {
        let open = if self.language == Language::Python { ":" } else { " {" };
        self.line(&format!("{head}{open}"));
        self.depth += 1;
        self.all(statements);
        self.depth -= 1;
        if self.language != Language::Python {
            self.line("}");
        }
    }

    fn one(&mut self, statement: &Statement) {
        use Language::{C, Cpp, Go, Java, JavaScript, Python, Rust, TypeScript};
        let end = if matches!(self.language, Python | Go) { "" } else { ";" };
        let is_bare = matches!(self.language, Python | Go | Rust);
        let asked = |x: char| if is_bare { x.to_string() } else { format!("({x})") };
        match statement {
            Statement::Assign(x, y) => self.line(&format!("{x} = {y}{end}")),
            Statement::Call(x) => self.line(&format!("g({x}){end}")),
            Statement::Return(x) => self.line(&format!("return {x}{end}")),
            Statement::Break if self.loops > 0 => self.line(&format!("break{end}")),
            Statement::Continue if self.loops > 0 => self.line(&format!("continue{end}")),
            Statement::Break | Statement::Continue => self.line(&format!("g(a){end}")),
            Statement::If(x, then, or) => {
                self.block(&format!("if {}", asked(*x)), then);
                self.block_behind("else", or);
            }
            Statement::While(x, inner) => {
                let word = if self.language == Go { "for" } else { "while" };
                self.loops += 1;
                self.block(&format!("{word} {}", asked(*x)), inner);
                self.loops -= 1;
            }
            Statement::Switch(x, one, or) => match self.language {
                Python => {
                    self.line(&format!("match {x}:"));
                    self.depth += 1;
                    self.block("case 1", one);
                    self.block("case _", or);
                    self.depth -= 1;
                }
                Rust => {
                    self.line(&format!("match {x} {{"));
                    self.depth += 1;
                    self.block("1 =>", one);
                    self.block("_ =>", or);
                    self.depth -= 1;
                    self.line("}");
                }
                _ => {
                    self.line(&format!("switch {} {{", asked(*x)));
                    for (label, inner) in [("case 1:", one), ("default:", or)] {
                        self.line(label);
                        self.depth += 1;
                        self.all(inner);
                        self.depth -= 1;
                    }
                    self.line("}");
                }
            },
            Statement::Try(inner, handler, last) => match self.language {
                C | Go | Rust => [inner, handler, last].iter().for_each(|part| self.all(part)),
                Cpp => {
                    self.block("try", inner);
                    self.block_behind("catch (int e)", handler);
                    self.all(last);
                }
                Java | JavaScript | TypeScript | Python => {
                    let catch = match self.language {
                        Java => "catch (Exception e)",
                        Python => "except Exception",
                        _ => "catch (e)",
                    };
                    self.block("try", inner);
                    self.block_behind(catch, handler);
                    self.block_behind("finally", last);
                }
            },
        }
    }

    /// A block that goes on behind the bracket of the one before.
    fn block_behind(&mut self, head: &str, statements: &[Statement]) {
        if self.language != Language::Python {
            // The bracket and the line's end are taken back.
            self.out.truncate(self.out.trim_end().len());
            self.out.push('\n');
            let last = self.out.trim_end().rfind('}').unwrap_or(0);
            self.out.truncate(last);
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.block(&format!("}} {head}"), statements);
            return;
        }
        self.block(head, statements);
    }
}
