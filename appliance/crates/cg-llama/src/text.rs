//! Bytes of tokens become text: characters split over tokens are joined, and text that may turn
//! out to be the beginning of a stop string is held back.

/// Most stop strings in a request.
pub(crate) const MAX_STOPS: usize = 8;
/// Most bytes in a stop string.
pub(crate) const MAX_STOP_BYTES: usize = 256;

/// The text of one answer while it grows.
#[derive(Default)]
pub(crate) struct TextStream {
    stops: Vec<String>,
    bytes: Vec<u8>,
    held: String,
}

/// What a token added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Added {
    /// Text that is certain now; may be empty.
    pub(crate) text: String,
    /// Whether a stop string was met; it and what follows is not part of the text.
    pub(crate) stopped: bool,
}

impl TextStream {
    /// Empty stop strings are ignored.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self { stops: stops.into_iter().filter(|s| !s.is_empty()).collect(), ..Self::default() }
    }

    /// Adds the bytes of a token.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Added {
        self.bytes.extend_from_slice(bytes);
        self.take_characters();
        let first_stop = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        if let Some(at) = first_stop {
            self.held.truncate(at);
            return Added { text: std::mem::take(&mut self.held), stopped: true };
        }
        let certain = self.held.len() - self.undecided();
        let rest = self.held.split_off(certain);
        Added { text: std::mem::replace(&mut self.held, rest), stopped: false }
    }

    /// What was held back, at the end of the answer. Half a character becomes U+FFFD.
    pub(crate) fn finish(&mut self) -> String {
        if !self.bytes.is_empty() {
            self.bytes.clear();
            self.held.push(char::REPLACEMENT_CHARACTER);
        }
        std::mem::take(&mut self.held)
    }

    /// Moves complete characters from `bytes` to `held`; bytes that can never become a character
    /// are replaced by U+FFFD.
    fn take_characters(&mut self) {
        loop {
            match std::str::from_utf8(&self.bytes) {
                Ok(text) => {
                    self.held.push_str(text);
                    self.bytes.clear();
                    return;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    self.held.push_str(&String::from_utf8_lossy(&self.bytes[..valid]));
                    let Some(wrong) = error.error_len() else {
                        self.bytes.drain(..valid);
                        return;
                    };
                    self.held.push(char::REPLACEMENT_CHARACTER);
                    self.bytes.drain(..valid + wrong);
                }
            }
        }
    }

    /// Bytes at the end of `held` that are a beginning of a stop string.
    fn undecided(&self) -> usize {
        let held = self.held.as_str();
        self.stops
            .iter()
            .map(|stop| {
                let longest = (stop.len() - 1).min(held.len());
                (1..=longest)
                    .rev()
                    .find(|&n| stop.is_char_boundary(n) && held.ends_with(&stop[..n]))
                    .unwrap_or(0)
            })
            .max()
            .unwrap_or(0)
    }
}
