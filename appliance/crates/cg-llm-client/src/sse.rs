//! Server-sent events from pieces of a body, cut anywhere. Pure.

/// Largest event that is taken, in bytes.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// Collects bytes and gives the `data` of complete events.
#[derive(Default)]
pub(crate) struct EventReader {
    bytes: Vec<u8>,
    data: Option<String>,
}

/// An event is larger than is taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl EventReader {
    /// Adds a piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), TooLarge> {
        let data = self.data.as_ref().map_or(0, String::len);
        if self.bytes.len() + data + piece.len() > MAX_EVENT_BYTES {
            return Err(TooLarge);
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The data of the next complete event. Comments and other fields are left out.
    pub(crate) fn next(&mut self) -> Option<String> {
        loop {
            let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                if let Some(data) = self.data.take() {
                    return Some(data);
                }
                continue;
            }
            let Some(value) = line.strip_prefix("data:") else { continue };
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
    }
}
