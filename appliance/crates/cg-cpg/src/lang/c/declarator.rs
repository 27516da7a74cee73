//! Declarators: the name in the middle and the type around it.

use cg_types::{Span, StrId};
use smallvec::SmallVec;
use tree_sitter::Node as Syntax;

use super::{C, Field, Kind};

/// Parts of a declarator that count for its type; more are passed over.
const MAX_PARTS: usize = 64;
/// Bytes of a parameter list or array size that go into a type's text; longer ones are left out.
const MAX_PART_BYTES: usize = 256;

/// One step from a type to the type declared, outermost syntax first.
#[derive(Clone, Copy)]
pub(super) enum Part<'t> {
    Pointer,
    Reference,
    /// With the size, if one is given.
    Array(Option<Span>),
    /// With the `parameter_list`.
    Function(Syntax<'t>),
}

/// A declarator taken apart.
pub(super) struct Declared<'t> {
    /// The identifier; abstract declarators have none.
    pub(super) name: Option<Syntax<'t>>,
    /// Outermost first; the last stands next to the name.
    pub(super) parts: SmallVec<[Part<'t>; 4]>,
    /// The value, if this is an `init_declarator`.
    pub(super) value: Option<Syntax<'t>>,
    /// The type behind `->`.
    pub(super) trailing: Option<Syntax<'t>>,
    /// Whether `override` or `final` stands behind it.
    pub(super) is_override: bool,
}

impl<'t> Declared<'t> {
    /// The innermost parameter list.
    pub(super) fn parameters(&self) -> Option<Syntax<'t>> {
        match self.parts.last() {
            Some(Part::Function(parameters)) => Some(*parameters),
            _ => None,
        }
    }

    /// The parameter list, if this declares a function (not a pointer to one).
    pub(super) fn function(&self) -> Option<Syntax<'t>> {
        self.name.and_then(|_| self.parameters())
    }
}

impl<'t> C<'_, 't> {
    /// Takes a declarator apart, from the outside in.
    pub(super) fn declared(&mut self, node: Syntax<'t>) -> Declared<'t> {
        let mut declared = Declared {
            name: None,
            parts: SmallVec::new(),
            value: None,
            trailing: None,
            is_override: false,
        };
        let mut at = node;
        loop {
            let kind = Kind::of(at);
            match kind {
                Kind::Identifier
                | Kind::FieldIdentifier
                | Kind::TypeIdentifier
                | Kind::PrimitiveType => {
                    declared.name = Some(at);
                    return declared;
                }
                Kind::QualifiedIdentifier
                | Kind::OperatorName
                | Kind::OperatorCast
                | Kind::DestructorName
                | Kind::TemplateFunction
                | Kind::TemplateMethod => {
                    declared.name = Some(at);
                    declared.parts.extend(self.conversion(at).map(Part::Function));
                    return declared;
                }
                Kind::InitDeclarator
                | Kind::PointerDeclarator
                | Kind::AbstractPointerDeclarator
                | Kind::ArrayDeclarator
                | Kind::AbstractArrayDeclarator
                | Kind::FunctionDeclarator
                | Kind::AbstractFunctionDeclarator
                | Kind::ParenthesizedDeclarator
                | Kind::AbstractParenthesizedDeclarator
                | Kind::AttributedDeclarator
                | Kind::ReferenceDeclarator
                | Kind::AbstractReferenceDeclarator
                | Kind::VariadicDeclarator => {}
                _ => return declared,
            }
            let children = self.children(at);
            let (mut inner, mut size, mut parameters) = (None, None, None);
            for child in &children {
                match Field::of(child) {
                    Field::Declarator => inner = Some(child.node),
                    Field::Size => size = Some(child.node),
                    Field::Parameters => parameters = Some(child.node),
                    Field::Value => declared.value = Some(child.node),
                    _ if Kind::of(child.node) == Kind::VirtualSpecifier => {
                        declared.is_override = true
                    }
                    _ if Kind::of(child.node) == Kind::TrailingReturnType => {
                        declared.trailing = Some(child.node);
                    }
                    // Parenthesized and attributed declarators name no field.
                    _ if inner.is_none() && is_declarator(child.node) => inner = Some(child.node),
                    _ => {}
                }
            }
            self.done(children);
            let part = match kind {
                Kind::PointerDeclarator | Kind::AbstractPointerDeclarator => Some(Part::Pointer),
                Kind::ReferenceDeclarator | Kind::AbstractReferenceDeclarator => {
                    Some(Part::Reference)
                }
                Kind::ArrayDeclarator | Kind::AbstractArrayDeclarator => Some(Part::Array(
                    size.map(|s| Span { start: s.start_byte() as u32, end: s.end_byte() as u32 }),
                )),
                Kind::FunctionDeclarator | Kind::AbstractFunctionDeclarator => {
                    parameters.map(Part::Function)
                }
                _ => None,
            };
            if let Some(part) = part {
                if declared.parts.len() == MAX_PARTS {
                    declared.parts.pop();
                }
                declared.parts.push(part);
            }
            match inner {
                Some(inner) => at = inner,
                None => return declared,
            }
        }
    }

    /// The parameter list of a conversion (`operator T() const`), which is part of the name.
    fn conversion(&mut self, name: Syntax<'t>) -> Option<Syntax<'t>> {
        let mut at = name;
        loop {
            let wanted = match Kind::of(at) {
                Kind::QualifiedIdentifier => Field::Name,
                Kind::OperatorCast => Field::Declarator,
                Kind::AbstractFunctionDeclarator => Field::Parameters,
                Kind::AbstractPointerDeclarator => Field::Declarator,
                Kind::AbstractReferenceDeclarator => Field::None,
                Kind::ParameterList => return Some(at),
                _ => return None,
            };
            let children = self.children(at);
            let next = children
                .iter()
                .find(|c| c.node.is_named() && Field::of(c) == wanted)
                .map(|c| c.node);
            self.done(children);
            at = next?;
        }
    }

    /// The text of the type that `parts` make of a base type: `char*[8]`, `int(*)(void)`.
    pub(super) fn type_text(&mut self, base: StrId, parts: &[Part<'t>]) -> StrId {
        if parts.is_empty() {
            return base;
        }
        let mut head = std::mem::take(&mut self.buffer);
        head.clear();
        head.push_str(self.b.string(base));
        let mut tail = String::new();
        let mut opens_suffix = false;
        for part in parts {
            match part {
                Part::Pointer | Part::Reference => {
                    if opens_suffix {
                        head.push('(');
                        tail.insert(0, ')');
                        opens_suffix = false;
                    }
                    head.push(if matches!(part, Part::Reference) { '&' } else { '*' });
                }
                Part::Array(size) => {
                    let size = size.map_or("", |span| self.b.slice(span));
                    tail.insert_str(0, &format!("[{}]", squeezed(size)));
                    opens_suffix = true;
                }
                Part::Function(parameters) => {
                    tail.insert_str(0, &squeezed(self.text(*parameters)));
                    opens_suffix = true;
                }
            }
        }
        head.push_str(&tail);
        let id = self.b.intern(&head);
        self.buffer = head;
        id
    }
}

fn is_declarator(node: Syntax<'_>) -> bool {
    matches!(
        Kind::of(node),
        Kind::Identifier
            | Kind::FieldIdentifier
            | Kind::TypeIdentifier
            | Kind::PrimitiveType
            | Kind::PointerDeclarator
            | Kind::AbstractPointerDeclarator
            | Kind::ArrayDeclarator
            | Kind::AbstractArrayDeclarator
            | Kind::FunctionDeclarator
            | Kind::AbstractFunctionDeclarator
            | Kind::ParenthesizedDeclarator
            | Kind::AbstractParenthesizedDeclarator
            | Kind::AttributedDeclarator
            | Kind::ReferenceDeclarator
            | Kind::AbstractReferenceDeclarator
            | Kind::VariadicDeclarator
            | Kind::QualifiedIdentifier
            | Kind::OperatorName
            | Kind::OperatorCast
            | Kind::DestructorName
            | Kind::TemplateFunction
    )
}

/// A text with white space only where it parts two words; empty if it is too long.
pub(super) fn squeezed(text: &str) -> String {
    let mut out = String::new();
    if text.len() > MAX_PART_BYTES {
        return out;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && is_word(c) && out.chars().next_back().is_some_and(is_word) {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    }
    out
}
