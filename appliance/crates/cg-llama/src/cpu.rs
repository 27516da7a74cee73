//! Which instructions the processor must have: checked before the first call into llama.cpp,
//! because the alternative is a process killed by an illegal instruction without a word.

use crate::Error;

/// Fails when the processor lacks an instruction set that the engine was compiled for. The list
/// is the one in the repository's `.cargo/config.toml`.
///
/// # Errors
/// [`Error::Cpu`] names what is missing.
pub fn check_cpu() -> Result<(), Error> {
    let missing = missing();
    if missing.is_empty() { Ok(()) } else { Err(Error::Cpu { missing: missing.join(", ") }) }
}

#[cfg(target_arch = "x86_64")]
fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    macro_rules! need {
        ($($feature:tt => $name:literal),*) => {
            $(if !std::arch::is_x86_feature_detected!($feature) { missing.push($name); })*
        };
    }
    need!("avx" => "AVX", "avx2" => "AVX2", "fma" => "FMA", "f16c" => "F16C", "bmi2" => "BMI2");
    missing
}

#[cfg(not(target_arch = "x86_64"))]
fn missing() -> Vec<&'static str> {
    Vec::new()
}
