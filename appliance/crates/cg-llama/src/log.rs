//! llama.cpp's log, sent to `tracing` and kept for error messages: a failed load returns only a
//! null pointer, and the cause stands in the log alone.
#![allow(unsafe_code)] // a C callback receives raw pointers

use std::collections::VecDeque;
use std::ffi::{CStr, c_char, c_void};
use std::sync::{Mutex, PoisonError};

use llama_cpp_sys_2::{
    GGML_LOG_LEVEL_CONT, GGML_LOG_LEVEL_ERROR, GGML_LOG_LEVEL_WARN, ggml_log_level, llama_log_set,
};

/// Lines of warnings and errors kept.
const KEPT_LINES: usize = 16;
/// Bytes of one line kept.
const KEPT_BYTES: usize = 400;

struct State {
    lines: VecDeque<String>,
    partial: String,
    level: ggml_log_level,
}

static STATE: Mutex<State> =
    Mutex::new(State { lines: VecDeque::new(), partial: String::new(), level: 0 });

/// Sends llama.cpp's log here from now on.
pub(crate) fn install() {
    // SAFETY: the callback lives as long as the program and uses no user data.
    unsafe { llama_log_set(Some(receive), std::ptr::null_mut()) }
}

/// Takes the warnings and errors seen since the last call, as one sentence.
pub(crate) fn take_reason() -> String {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<String> = state.lines.drain(..).collect();
    if lines.is_empty() { "it gave no reason".to_owned() } else { lines.join("; ") }
}

unsafe extern "C" fn receive(level: ggml_log_level, text: *const c_char, _data: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a zero-terminated text that lives during the call.
    let text = unsafe { CStr::from_ptr(text) };
    // A panic must not unwind into C++: a lost log line is the lesser evil.
    let _ = std::panic::catch_unwind(|| keep(level, &text.to_string_lossy()));
}

fn keep(level: ggml_log_level, text: &str) {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if level != GGML_LOG_LEVEL_CONT {
        state.level = level;
        state.partial.clear();
    }
    if state.partial.len() < KEPT_BYTES {
        state.partial.push_str(text);
    }
    if !text.ends_with('\n') {
        return;
    }
    let line = std::mem::take(&mut state.partial);
    let line: String = line.trim_end().chars().take(KEPT_BYTES).collect();
    let level = state.level;
    if level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN {
        if state.lines.len() == KEPT_LINES {
            state.lines.pop_front();
        }
        state.lines.push_back(line.clone());
    }
    drop(state);
    match level {
        GGML_LOG_LEVEL_ERROR => tracing::error!(target: "llama", "{line}"),
        GGML_LOG_LEVEL_WARN => tracing::warn!(target: "llama", "{line}"),
        _ => tracing::debug!(target: "llama", "{line}"),
    }
}
