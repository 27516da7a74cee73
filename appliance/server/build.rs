//! Bakes the place of the carried libraries into the program: it lies in `bin/`, they in `lib/`.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../lib");
    println!("cargo::rerun-if-changed=build.rs");
}
