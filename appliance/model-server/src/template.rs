//! A conversation becomes a prompt: the chat template of the model's file (Jinja) is rendered with
//! marks in the place of the texts, and the marks are replaced afterwards. So text from outside
//! never reaches the template engine, and control tokens spelled in it stay plain text.

use cg_llama::Piece;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

/// Begin and end of a mark: private-use characters that no template contains.
const MARK_BEGIN: char = '\u{e0c6}';
const MARK_END: char = '\u{e0c7}';
/// Bytes of a template that is taken.
const MAX_TEMPLATE_BYTES: usize = 256 << 10;
/// Steps of the template engine, against a template that does not end.
const FUEL: u64 = 2_000_000;

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// `system`, `user` or `assistant`.
    pub(crate) role: String,
    /// Its text.
    pub(crate) content: String,
}

/// A compiled chat template.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Compiles a template; the error is for the operator.
    pub(crate) fn new(source: &str, bos: &str, eos: &str) -> Result<Self, String> {
        if source.len() > MAX_TEMPLATE_BYTES {
            return Err(format!("the chat template has more than {MAX_TEMPLATE_BYTES} bytes"));
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|e| e.to_string())?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        environment
            .add_template_owned("chat", source.to_owned())
            .map_err(|e| format!("the chat template of the model does not compile: {e:#}"))?;
        Ok(Self { environment, bos: bos.to_owned(), eos: eos.to_owned() })
    }

    /// The prompt that asks for the assistant's next message; the error is for the client, who
    /// chose roles and order.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<Vec<Piece>, String> {
        let marked: Vec<Value> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let mark = format!("{MARK_BEGIN}{index}{MARK_END}");
                context! { role => message.role.as_str(), content => mark }
            })
            .collect();
        let rendered = self
            .environment
            .get_template("chat")
            .and_then(|template| {
                template.render(context! {
                    messages => marked,
                    add_generation_prompt => true,
                    bos_token => self.bos.as_str(),
                    eos_token => self.eos.as_str(),
                })
            })
            .map_err(|e| format!("the model's chat template refuses these messages: {e}"))?;
        pieces(&rendered, messages)
    }
}

/// Replaces the marks.
fn pieces(rendered: &str, messages: &[Message]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once(MARK_BEGIN) {
        let message = after.split_once(MARK_END).and_then(|(index, after)| {
            let message = messages.get(index.parse::<usize>().ok()?)?;
            Some((message, after))
        });
        let Some((message, after)) = message else {
            return Err("the model's chat template changes the texts of messages".to_owned());
        };
        pieces.push(Piece::Template(before.to_owned()));
        pieces.push(Piece::Content(message.content.clone()));
        rest = after;
    }
    pieces.push(Piece::Template(rest.to_owned()));
    let content_pieces = pieces.iter().filter(|p| matches!(p, Piece::Content(_))).count();
    if content_pieces < messages.len() {
        return Err("the model's chat template leaves out some of these messages".to_owned());
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests;
