//! The choice of the next token from the model's numbers: top-k first, so that the rest works on
//! few candidates, then temperature, then top-p. Pure; the same seed gives the same choice.

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 chooses the most probable token always; 1 leaves the model's probabilities as they are.
    pub temperature: f32,
    /// Candidates considered; 0 = all.
    pub top_k: u32,
    /// The most probable candidates that together reach this probability; 1 = all.
    pub top_p: f32,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 40, top_p: 1.0, seed: 0 }
    }
}

#[derive(Clone, Copy)]
struct Candidate {
    token: i32,
    weight: f32,
}

/// Chooses tokens for one request.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: u64,
    candidates: Vec<Candidate>,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self { sampling, random: sampling.seed, candidates: Vec::new() }
    }

    /// The next token, or nothing when no number is usable (all are NaN).
    pub(crate) fn choose(&mut self, logits: &[f32]) -> Option<i32> {
        if self.sampling.temperature <= 0.0 {
            return most_probable(logits);
        }
        self.keep_top_k(logits);
        let highest = self.candidates.first()?.weight;
        let temperature = self.sampling.temperature;
        for candidate in &mut self.candidates {
            candidate.weight = ((candidate.weight - highest) / temperature).exp();
        }
        self.keep_top_p();
        let sum: f32 = self.candidates.iter().map(|c| c.weight).sum();
        let mut left = self.next_random() * sum;
        for candidate in &self.candidates {
            left -= candidate.weight;
            if left <= 0.0 {
                return Some(candidate.token);
            }
        }
        self.candidates.last().map(|c| c.token)
    }

    /// Fills `candidates` with the `top_k` highest, highest first.
    fn keep_top_k(&mut self, logits: &[f32]) {
        let wanted = match self.sampling.top_k as usize {
            0 => logits.len(),
            k => k.min(logits.len()),
        };
        let candidates = &mut self.candidates;
        candidates.clear();
        let mut floor = f32::NEG_INFINITY;
        for (token, &weight) in (0_i32..).zip(logits) {
            // NaN compares false and so is left out.
            if weight >= floor {
                candidates.push(Candidate { token, weight });
                if candidates.len() >= wanted.saturating_mul(2).max(64) {
                    shrink(candidates, wanted);
                    floor = candidates.iter().map(|c| c.weight).fold(f32::INFINITY, f32::min);
                }
            }
        }
        shrink(candidates, wanted);
        candidates
            .sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then(a.token.cmp(&b.token)));
    }

    /// Cuts the tail once the probability mass is reached; at least one candidate stays.
    fn keep_top_p(&mut self) {
        if self.sampling.top_p >= 1.0 {
            return;
        }
        let sum: f32 = self.candidates.iter().map(|c| c.weight).sum();
        let mut mass = 0.0;
        let kept = self.candidates.iter().position(|candidate| {
            mass += candidate.weight / sum;
            mass >= self.sampling.top_p
        });
        if let Some(last) = kept {
            self.candidates.truncate(last + 1);
        }
    }

    /// A number in `0.0..1.0` (SplitMix64).
    fn next_random(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1_u64 << 24) as f32
    }
}

fn shrink(candidates: &mut Vec<Candidate>, wanted: usize) {
    if candidates.len() > wanted {
        candidates.select_nth_unstable_by(wanted - 1, |a, b| b.weight.total_cmp(&a.weight));
        candidates.truncate(wanted);
    }
}

fn most_probable(logits: &[f32]) -> Option<i32> {
    let mut best: Option<(i32, f32)> = None;
    for (token, &weight) in (0_i32..).zip(logits) {
        if !weight.is_nan() && best.is_none_or(|(_, highest)| weight > highest) {
            best = Some((token, weight));
        }
    }
    best.map(|(token, _)| token)
}
