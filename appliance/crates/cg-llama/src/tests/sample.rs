//! The choice of tokens.

use crate::Sampling;
use crate::sample::Sampler;

fn sampling(temperature: f32, top_k: u32, top_p: f32) -> Sampling {
    Sampling { temperature, top_k, top_p, seed: 7 }
}

fn counts(sampling: Sampling, logits: &[f32], draws: usize) -> Vec<usize> {
    let mut sampler = Sampler::new(sampling);
    let mut counts = vec![0; logits.len()];
    for _ in 0..draws {
        let token = sampler.choose(logits).unwrap();
        counts[usize::try_from(token).unwrap()] += 1;
    }
    counts
}

#[test]
fn temperature_zero_takes_the_highest_and_ignores_nan() {
    let mut sampler = Sampler::new(sampling(0.0, 40, 1.0));
    assert_eq!(sampler.choose(&[0.5, f32::NAN, 2.0, 1.0]), Some(2));
    assert_eq!(sampler.choose(&[f32::NAN, f32::NAN]), None);
    assert_eq!(sampler.choose(&[]), None);
    let mut warm = Sampler::new(sampling(1.0, 40, 1.0));
    assert_eq!(warm.choose(&[f32::NAN, f32::NAN]), None);
    assert_eq!(warm.choose(&[f32::NEG_INFINITY, 1.0]), Some(1));
}

#[test]
fn draws_follow_the_probabilities() {
    // ln(p) of 0.5, 0.3, 0.2: softmax gives these back.
    let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
    let draws = 20_000;
    let counts = counts(sampling(1.0, 0, 1.0), &logits, draws);
    for (count, expected) in counts.iter().zip([0.5, 0.3, 0.2]) {
        let share = *count as f64 / draws as f64;
        // Five standard deviations of a share near 0.5 in 20,000 draws are 0.018.
        assert!((share - expected).abs() < 0.018, "{share} instead of {expected}");
    }
}

#[test]
fn top_k_and_top_p_cut_the_tail() {
    let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
    assert_eq!(counts(sampling(1.0, 2, 1.0), &logits, 2_000)[2], 0);
    // 0.5 alone is not 0.6; 0.5 and 0.3 together are.
    let cut = counts(sampling(1.0, 0, 0.6), &logits, 2_000);
    assert!(cut[0] > 0 && cut[1] > 0 && cut[2] == 0);
    assert_eq!(counts(sampling(1.0, 0, 0.0), &logits, 100), [100, 0, 0]);
}

#[test]
fn top_k_finds_the_highest_among_many() {
    let logits: Vec<f32> = (0..50_000).map(|i| ((i * 7919) % 50_000) as f32).collect();
    let counts = counts(sampling(1e6_f32.min(10.0), 3, 1.0), &logits, 500);
    let chosen: Vec<f32> =
        counts.iter().zip(&logits).filter(|(c, _)| **c > 0).map(|(_, l)| *l).collect();
    assert!(chosen.len() > 1 && chosen.iter().all(|l| *l >= 49_997.0), "{chosen:?}");
}

#[test]
fn the_same_seed_draws_the_same() {
    let logits: Vec<f32> = (0..100).map(|i| (i % 13) as f32 / 5.0).collect();
    let draw = || {
        let mut sampler = Sampler::new(sampling(1.0, 40, 0.9));
        (0..50).map(|_| sampler.choose(&logits)).collect::<Vec<_>>()
    };
    assert_eq!(draw(), draw());
}
