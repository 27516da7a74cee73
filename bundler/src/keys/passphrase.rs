//! Where a passphrase comes from: a file, the environment, or a person at the terminal.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::error::Error;

/// The environment variable that holds a passphrase.
pub(crate) const VARIABLE: &str = "CODEGRAPH_BUNDLE_PASSPHRASE";
/// Fewest characters of a passphrase for a new key.
const FEWEST: usize = 12;
/// Most bytes of a passphrase.
const MOST_BYTES: u64 = 4096;

/// A passphrase; wiped from memory when dropped.
pub(crate) type Passphrase = Zeroizing<String>;

/// Where passphrases come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PassphraseArgs {
    /// File whose first line is the passphrase. Give it once for all keys, or once for each `--key` in the same order.
    /// Without it: the variable CODEGRAPH_BUNDLE_PASSPHRASE, or a question at the terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Vec<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase of an existing key: the `number`-th that the command was given.
    pub(crate) fn of_key(&self, number: usize, what: &Path) -> Result<Passphrase, Error> {
        let named = match self.passphrase_file.as_slice() {
            [] => None,
            [one] => Some(one),
            several => Some(several.get(number).ok_or_else(|| {
                Error::Usage(format!(
                    "{} keys need {} --passphrase-file or one for all; none is left for {}",
                    number + 1,
                    number + 1,
                    what.display()
                ))
            })?),
        };
        find(named.map(PathBuf::as_path), what, "passphrase of")
    }

    /// The passphrase for a key that is to be written.
    pub(crate) fn of_new_key(&self, what: &Path) -> Result<Passphrase, Error> {
        let named = self.passphrase_file.first().map(PathBuf::as_path);
        let is_typed = named.is_none() && from_environment()?.is_none();
        let passphrase = find(named, what, "new passphrase for")?;
        let length = passphrase.chars().count();
        if length < FEWEST {
            return Err(Error::Usage(format!(
                "the passphrase for {} has {length} characters; take {FEWEST} or more (four random words are good)",
                what.display()
            )));
        }
        if is_typed && *ask("once more: ", what)? != *passphrase {
            return Err(Error::Usage("the two passphrases differ; nothing was written".to_owned()));
        }
        Ok(passphrase)
    }
}

fn find(file: Option<&Path>, what: &Path, words: &str) -> Result<Passphrase, Error> {
    if let Some(file) = file {
        return first_line(file);
    }
    match from_environment()? {
        Some(passphrase) => Ok(passphrase),
        None => ask(&format!("{words} {}: ", what.display()), what),
    }
}

fn from_environment() -> Result<Option<Passphrase>, Error> {
    match std::env::var(VARIABLE) {
        Ok(text) if text.is_empty() => Err(Error::Usage(format!("{VARIABLE} is empty"))),
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::Usage(format!("{VARIABLE} is no UTF-8")))
        }
    }
}

fn first_line(file: &Path) -> Result<Passphrase, Error> {
    let opened = File::open(file).map_err(Error::io("cannot read passphrase file", file))?;
    let mut text = Zeroizing::new(String::new());
    opened
        .take(MOST_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(Error::io("cannot read passphrase file", file))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() || text.len() as u64 > MOST_BYTES {
        return Err(Error::Usage(format!(
            "{} must hold the passphrase in its first line and at most {MOST_BYTES} bytes",
            file.display()
        )));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Turns the echo on again, however the question ends.
struct Quiet<'a>(&'a File, Termios);

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.0.as_fd(), OptionalActions::Flush, &self.1);
    }
}

fn ask(question: &str, what: &Path) -> Result<Passphrase, Error> {
    let no_terminal = || {
        Error::Usage(format!(
            "{} needs a passphrase and there is no terminal to ask at; give --passphrase-file or set {VARIABLE}",
            what.display()
        ))
    };
    let open = || std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = open().map_err(|_| no_terminal())?;
    let before = tcgetattr(terminal.as_fd()).map_err(|_| no_terminal())?;
    let mut quiet = before.clone();
    quiet.local_modes -= LocalModes::ECHO;
    tcsetattr(terminal.as_fd(), OptionalActions::Flush, &quiet).map_err(|_| no_terminal())?;
    let reader = terminal.try_clone().map_err(|_| no_terminal())?;
    let _echo = Quiet(&reader, before);
    write!(terminal, "{question}").map_err(|_| no_terminal())?;
    let mut line = Zeroizing::new(String::new());
    let mut input = BufReader::new((&reader).take(MOST_BYTES));
    input.read_line(&mut line).map_err(|_| no_terminal())?;
    let _ = writeln!(terminal);
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(Error::Usage("no passphrase was typed; nothing was done".to_owned()));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
