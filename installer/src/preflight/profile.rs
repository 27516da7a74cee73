//! The hardware table: three sizes of a site.

use clap::ValueEnum;
use serde::Serialize;

use super::{Line, Question, Verdict};
use crate::facts::Folder;
use crate::sizes;

/// A row of the hardware table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// For trying out.
    Minimum,
    /// For a team.
    Recommended,
    /// For an organisation.
    Production,
}

/// What a row asks for. Memory and disks are sold in powers of ten.
struct Need {
    name: &'static str,
    cpus: u64,
    memory_gb: u64,
    disk_gb: u64,
    gpu_gb: u64,
}

const fn row(profile: Profile) -> Need {
    match profile {
        Profile::Minimum => Need { name: "minimum", cpus: 4, memory_gb: 8, disk_gb: 50, gpu_gb: 0 },
        Profile::Recommended => {
            Need { name: "recommended", cpus: 8, memory_gb: 16, disk_gb: 100, gpu_gb: 8 }
        }
        Profile::Production => {
            Need { name: "production", cpus: 16, memory_gb: 32, disk_gb: 500, gpu_gb: 24 }
        }
    }
}

const GB: u64 = 1_000_000_000;

/// Without a profile the minimum is advice; a profile that the operator names must be reached.
pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    let need = row(question.profile.unwrap_or(Profile::Minimum));
    let machine = &question.facts.machine;
    let verdict = if question.profile.is_some() { Verdict::Blocks } else { Verdict::Warns };
    let short = |line: Line, what: &str, is_enough: bool| {
        if is_enough {
            return line;
        }
        let advice = format!(
            "{} {what}: below the {} of the hardware table ({}); it will be slow or full early",
            line.found, need.name, line.need
        );
        line.but(verdict, advice)
    };
    let disk: u64 = question
        .facts
        .disks
        .iter()
        .filter(|disk| disk.folders.iter().any(|f| matches!(f, Folder::Product | Folder::Data)))
        .map(|disk| disk.total_bytes)
        .fold(0, u64::saturating_add);
    let of = |gigabytes: u64| format!("{gigabytes} GB");
    let mut lines = vec![
        short(
            Line::good("cores", machine.cpus.to_string(), need.cpus.to_string()),
            "processor cores",
            machine.cpus >= need.cpus,
        ),
        short(
            Line::good("memory size", sizes::text(machine.memory_bytes), of(need.memory_gb)),
            "of memory",
            machine.memory_bytes >= need.memory_gb * GB,
        ),
        short(
            Line::good("disk size", sizes::text(disk), of(need.disk_gb)),
            "of disk",
            disk >= need.disk_gb * GB,
        ),
    ];
    if need.gpu_gb > 0 {
        let best = machine.gpu.cards.iter().max_by_key(|card| card.memory_bytes);
        let found = best.map_or("none".to_owned(), |card| {
            format!("{}, {}", card.name, sizes::text(card.memory_bytes))
        });
        let line = Line::good("GPU memory", found, of(need.gpu_gb));
        let is_enough = best.is_some_and(|card| card.memory_bytes >= need.gpu_gb * GB);
        // Only a model on this host needs it, and a model runs without it as well.
        lines.push(if is_enough {
            line
        } else {
            let advice = format!(
                "the hardware table names a GPU with {} GB for {} sites with a model of their own; without it the model runs on the processor, slower",
                need.gpu_gb, need.name
            );
            line.but(Verdict::Warns, advice)
        });
    }
    lines
}
