pub fn gate_welcome(name: &str) -> String {
    gate_frame(name)
}

fn gate_frame(text: &str) -> String {
    format!("* {text} *")
}
