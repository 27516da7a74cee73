//! The graphics processor and its driver.

use super::{Line, Question, Verdict};
use crate::accelerator;

pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    let gpu = &question.facts.machine.gpu;
    let wanted = question
        .release
        .as_ref()
        .map_or(&[][..], |release| release.manifest.alternatives.as_slice());
    let need = wanted.iter().map(accelerator::need).collect::<Vec<_>>().join("; ");
    let found = accelerator::found(gpu);
    let line = Line::good("GPU", found, "");
    let what = accelerator::obstacle(gpu);
    let mut lines = vec![match what {
        None => line,
        Some(words) if gpu.on_bus == 0 => line.but(Verdict::Note, words),
        Some(words) => line.but(Verdict::Warns, words),
    }];
    if !need.is_empty() {
        lines[0].need = format!("{need}, or none: the model then runs on the processor");
    }
    lines
}
