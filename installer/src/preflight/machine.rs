//! Processor, memory, kernel, C library.

use super::{Line, Question, Verdict};
use crate::{sizes, versions};

/// Processor features without which the programs cannot run: the kernel's name, the name for people.
const CPU_FEATURES: [(&str, &str); 3] = [("avx2", "AVX2"), ("fma", "FMA"), ("f16c", "F16C")];
/// Oldest kernel.
const OLDEST_KERNEL: &str = "5.10";
/// Memory that the server and its workers take beside the models.
const MEMORY_BESIDE_MODELS: u64 = 1 << 30;

pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    vec![
        architecture(question),
        instructions(question),
        memory(question),
        kernel(question),
        c_library(question),
    ]
}

fn architecture(question: &Question<'_>) -> Line {
    let found = &question.facts.machine.arch;
    let need = question.release.as_ref().map_or("x86_64", |release| &release.manifest.arch);
    let line = Line::good("processor", found, need);
    if found == need {
        return line;
    }
    line.but(
        Verdict::Blocks,
        format!(
            "the release is for {need} processors, this host has {found}; bring the bundle for {found}"
        ),
    )
}

fn instructions(question: &Question<'_>) -> Line {
    let has = |flag: &str| question.facts.machine.cpu_features.contains(flag);
    let names = |wanted: bool| -> Vec<&str> {
        CPU_FEATURES.iter().filter(|(flag, _)| has(flag) == wanted).map(|(_, name)| *name).collect()
    };
    let (found, missing) = (names(true), names(false));
    let found = if found.is_empty() { "none of these".to_owned() } else { found.join(", ") };
    let need = CPU_FEATURES.map(|(_, name)| name).join(", ");
    let line = Line::good("instructions", found, need);
    if missing.is_empty() {
        return line;
    }
    let missing = missing.join(", ");
    line.but(
        Verdict::Blocks,
        format!(
            "the processor has no {missing}; codegraph-llm, which runs the models, needs it (in a virtual machine pass the host's processor through)"
        ),
    )
}

fn memory(question: &Question<'_>) -> Line {
    let found = question.facts.machine.memory_bytes;
    let models: u64 = question.release.as_ref().map_or(0, |release| {
        let chosen = release.manifest.models.iter();
        chosen
            .filter(|model| release.selection.has(&model.component))
            .map(|model| model.memory_bytes)
            .fold(0, u64::saturating_add)
    });
    let comfortable = models.saturating_add(MEMORY_BESIDE_MODELS);
    let (has, wants) = (sizes::text(found), sizes::text(comfortable));
    let line = Line::good("memory", &has, format!("{wants} for the models and the server"));
    if found < models {
        line.but(
            Verdict::Blocks,
            format!(
                "the models need {} of memory, this host has {has}; leave out an optional model with --without or add memory",
                sizes::text(models)
            ),
        )
    } else if found < comfortable {
        line.but(
            Verdict::Warns,
            format!(
                "memory is tight: {has} on this host, {wants} advised for the models and the server"
            ),
        )
    } else {
        line
    }
}

fn kernel(question: &Question<'_>) -> Line {
    let found = &question.facts.machine.kernel;
    let asked = question.release.as_ref().map_or("", |release| &release.manifest.requires.kernel);
    let need = if versions::is_enough(OLDEST_KERNEL, asked) { OLDEST_KERNEL } else { asked };
    let line = Line::good("kernel", found, need);
    if versions::is_enough(found, need) {
        return line;
    }
    line.but(
        Verdict::Blocks,
        format!(
            "kernel {found} is too old; {need} or newer is needed for the sandbox of the workers"
        ),
    )
}

fn c_library(question: &Question<'_>) -> Line {
    let need = question.release.as_ref().map_or("", |release| &release.manifest.requires.glibc);
    match &question.facts.machine.glibc {
        Some(found) => {
            let line = Line::good("C library", format!("glibc {found}"), need);
            if versions::is_enough(found, need) {
                return line;
            }
            line.but(
                Verdict::Blocks,
                format!(
                    "glibc {found} is too old for the programs of the release, which need {need}; use a newer system, or ask the packager for a build against glibc {found}"
                ),
            )
        }
        None => {
            let line = Line::good("C library", "no glibc found", need);
            let verdict = if need.is_empty() { Verdict::Note } else { Verdict::Blocks };
            let advice = "the C library of this system is not glibc, or lies in an unusual place; the programs of the release are made for glibc";
            line.but(verdict, advice)
        }
    }
}
