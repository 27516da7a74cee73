//! Recursive descent over the tokens of one GRAPH_TABLE. The grammar itself does not nest, so no
//! recursion is needed; brackets in expressions are counted.

use std::ops::Range;

use crate::PgqError;
use crate::error::place;
use crate::pattern::{Column, Direction, Element, GraphTable, Name, Path};
use crate::token::{Token, TokenKind};

/// Nodes and edges in one GRAPH_TABLE; DuckDB's join ordering is exponential in them.
const MAX_ELEMENTS: usize = 40;
/// Open brackets at one place of an expression.
const MAX_DEPTH: usize = 100;
/// Output columns.
const MAX_COLUMNS: usize = 500;

/// Position in the tokens of a statement.
pub(crate) struct Parser<'a> {
    pub(crate) sql: &'a str,
    pub(crate) tokens: &'a [Token],
    pub(crate) at: usize,
    elements: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(sql: &'a str, tokens: &'a [Token], at: usize) -> Self {
        Self { sql, tokens, at, elements: 0 }
    }

    /// Parses from behind `GRAPH_TABLE (` to the closing bracket.
    pub(crate) fn graph_table(&mut self, graph: &str) -> Result<GraphTable, PgqError> {
        let name = self.name("the name of the graph")?;
        if !name.text.eq_ignore_ascii_case(graph) {
            let message = format!("no property graph `{}`; the graph is `{graph}`", name.text);
            return Err(self.name_error(name.offset, message));
        }
        self.word("MATCH")?;
        let mut paths = vec![self.path()?];
        while self.eat_mark(',') {
            paths.push(self.path()?);
        }
        let condition = if self.eat_word("WHERE") {
            Some(self.expression(|p| p.is_word("COLUMNS"), "COLUMNS")?)
        } else {
            None
        };
        self.word("COLUMNS")?;
        self.mark('(')?;
        let columns = self.columns()?;
        self.mark(')')?;
        self.mark(')')?;
        Ok(GraphTable { paths, condition, columns })
    }

    fn path(&mut self) -> Result<Path, PgqError> {
        for word in ["ANY", "ALL", "SHORTEST", "TRAIL", "ACYCLIC", "SIMPLE", "WALK"] {
            if self.is_word(word) {
                return Err(self.unsupported(
                    &format!("the path search `{word}`"),
                    "write the steps out, or use a recursive query",
                ));
            }
        }
        if self.peek().is_some_and(Token::is_name)
            && self.peek_at(1).is_some_and(|t| t.is_mark('='))
        {
            return Err(self.unsupported("a path variable", "name the nodes and edges themselves"));
        }
        let mut path = Path { nodes: vec![self.node()?], edges: Vec::new() };
        loop {
            if self.is_mark('-') || self.is_mark('<') {
                path.edges.push(self.edge()?);
                path.nodes.push(self.node()?);
            } else if self.is_mark('~') {
                return Err(self.unsupported("`~`", "write `-[e]-` for an edge in any direction"));
            } else {
                self.no_quantifier()?;
                return Ok(path);
            }
        }
    }

    fn node(&mut self) -> Result<Element, PgqError> {
        self.mark('(')?;
        if self.is_mark('(') {
            return Err(self.unsupported("a bracketed path", "write the steps out"));
        }
        let element = self.element(')')?;
        self.mark(')')?;
        Ok(element)
    }

    fn edge(&mut self) -> Result<(Direction, Element), PgqError> {
        let offset = self.offset();
        let left = self.eat_mark('<');
        self.mark('-')?;
        let element = if self.eat_mark('[') {
            let element = self.element(']')?;
            self.mark(']')?;
            self.no_quantifier()?;
            self.mark('-')?;
            element
        } else {
            Element { offset, variable: None, labels: Vec::new(), condition: None }
        };
        let right = self.eat_mark('>');
        self.no_quantifier()?;
        let direction = match (left, right) {
            (false, true) => Direction::Right,
            (true, false) => Direction::Left,
            _ => Direction::Any,
        };
        Ok((direction, element))
    }

    /// `variable? (':' | IS) labels? WHERE …?` up to `close`.
    fn element(&mut self, close: char) -> Result<Element, PgqError> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(self.limit("nodes and edges", MAX_ELEMENTS));
        }
        let offset = self.offset();
        let has_variable = self.peek().is_some_and(Token::is_name)
            && !self.is_word("WHERE")
            && !self.is_word("IS");
        let variable = if has_variable { Some(self.name("a variable")?) } else { None };
        let mut labels = Vec::new();
        if self.eat_mark(':') || self.eat_word("IS") {
            labels.push(self.name("a label")?);
            while self.eat_mark('|') {
                labels.push(self.name("a label")?);
            }
            if self.is_mark('&') || self.is_mark('!') || self.is_mark('%') {
                return Err(self.unsupported("this label expression", "use `|` between labels"));
            }
        }
        let condition = if self.eat_word("WHERE") {
            Some(self.expression(|p| p.is_mark(close), &format!("`{close}`"))?)
        } else {
            None
        };
        if condition.is_none() && !self.is_mark(close) {
            if self.is_mark('{') {
                return Err(self.unsupported("a property list", "write WHERE v.PROPERTY = value"));
            }
            return Err(self.expected(&format!("`:`, WHERE or `{close}`")));
        }
        Ok(Element { offset, variable, labels, condition })
    }

    fn columns(&mut self) -> Result<Vec<Column>, PgqError> {
        let mut columns = Vec::new();
        loop {
            if columns.len() == MAX_COLUMNS {
                return Err(self.limit("columns", MAX_COLUMNS));
            }
            if self.is_mark('*') {
                return Err(
                    self.unsupported("`*` in COLUMNS", "write `v.*` or name the properties")
                );
            }
            columns.push(self.column()?);
            if !self.eat_mark(',') {
                return Ok(columns);
            }
        }
    }

    fn column(&mut self) -> Result<Column, PgqError> {
        let star = self.peek().is_some_and(Token::is_name)
            && self.peek_at(1).is_some_and(|t| t.is_mark('.'))
            && self.peek_at(2).is_some_and(|t| t.is_mark('*'));
        if star {
            let variable = self.name("a variable")?;
            self.at += 2;
            return Ok(Column::All(variable));
        }
        let mut tokens = self.expression(|p| p.is_mark(',') || p.is_mark(')'), "`,` or `)`")?;
        let named = tokens.len() > 2
            && self.tokens[tokens.end - 2].is_word(self.sql, "AS")
            && self.tokens[tokens.end - 1].is_name();
        let alias = named.then(|| self.name_of(&self.tokens[tokens.end - 1]));
        if named {
            tokens.end -= 2;
        }
        Ok(Column::Expression { tokens, alias })
    }

    /// Tokens up to the first one outside of brackets where `ends` holds; at least one.
    fn expression(
        &mut self,
        ends: impl Fn(&Self) -> bool,
        expected: &str,
    ) -> Result<Range<usize>, PgqError> {
        let start = self.at;
        let mut open = Vec::new();
        while let Some(token) = self.peek() {
            if open.is_empty() && ends(self) {
                break;
            }
            match token.kind {
                TokenKind::Mark(c @ ('(' | '[' | '{')) => open.push(c),
                TokenKind::Mark(c @ (')' | ']' | '}')) => {
                    let fits = matches!(
                        (open.pop(), c),
                        (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')
                    );
                    if !fits {
                        return Err(self.expected(expected));
                    }
                }
                TokenKind::Mark(';') => return Err(self.expected(expected)),
                _ if token.is_word(self.sql, "GRAPH_TABLE")
                    && self.peek_at(1).is_some_and(|t| t.is_mark('(')) =>
                {
                    return Err(self.unsupported(
                        "a GRAPH_TABLE inside of another",
                        "join their results outside",
                    ));
                }
                _ => {}
            }
            if open.len() > MAX_DEPTH {
                return Err(self.limit("open brackets", MAX_DEPTH));
            }
            self.at += 1;
        }
        if self.peek().is_none() || self.at == start {
            let what = if self.at == start { "an expression" } else { expected };
            return Err(self.expected(what));
        }
        Ok(start..self.at)
    }

    fn no_quantifier(&self) -> Result<(), PgqError> {
        let quantified = ['{', '*', '+', '?'].iter().any(|mark| self.is_mark(*mark));
        if quantified {
            return Err(self.unsupported("a path quantifier", "write each step out"));
        }
        Ok(())
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn peek_at(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is_mark(&self, mark: char) -> bool {
        self.peek().is_some_and(|token| token.is_mark(mark))
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(self.sql, word))
    }

    fn eat_mark(&mut self, mark: char) -> bool {
        let found = self.is_mark(mark);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, mark: char) -> Result<(), PgqError> {
        if self.eat_mark(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}`"))) }
    }

    fn word(&mut self, word: &str) -> Result<(), PgqError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    fn name(&mut self, what: &str) -> Result<Name, PgqError> {
        match self.peek() {
            Some(token) if token.is_name() => {
                self.at += 1;
                Ok(self.name_of(token))
            }
            _ => Err(self.expected(what)),
        }
    }

    fn name_of(&self, token: &Token) -> Name {
        Name { text: unquoted(token, self.sql), offset: token.start }
    }

    fn offset(&self) -> usize {
        self.peek().map_or(self.sql.len(), |token| token.start)
    }

    fn expected(&self, expected: &str) -> PgqError {
        let (line, column) = place(self.sql, self.offset());
        let found = self.peek().map_or("the end of the text".into(), |token| {
            let text: String = token.text(self.sql).chars().take(40).collect();
            format!("`{text}`")
        });
        PgqError::Syntax { line, column, expected: expected.into(), found }
    }

    fn unsupported(&self, what: &str, instead: &str) -> PgqError {
        let (line, column) = place(self.sql, self.offset());
        PgqError::Unsupported { line, column, what: what.into(), instead: instead.into() }
    }

    fn limit(&self, what: &'static str, limit: usize) -> PgqError {
        let (line, column) = place(self.sql, self.offset());
        PgqError::Limit { line, column, what, limit }
    }

    fn name_error(&self, offset: usize, message: String) -> PgqError {
        let (line, column) = place(self.sql, offset);
        PgqError::Name { line, column, message }
    }
}

/// The identifier behind a token.
pub(crate) fn unquoted(token: &Token, sql: &str) -> String {
    let text = token.text(sql);
    if token.kind != TokenKind::Quoted {
        return text.into();
    }
    let inner = text.strip_prefix('"').unwrap_or(text);
    inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\"")
}
