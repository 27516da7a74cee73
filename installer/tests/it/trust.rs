//! What a host remembers and demands: lines, counters, floors, permits, countersignatures.

use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::{
    BundleReader, Digest, DowngradePermit, NamedRelease, RELEASE_PREFIX, Signatures, SignedPermit,
    SigningKey, TrustAnchor,
};

use crate::attacks::behind;
use crate::fixture::{Bundle, Recipe, bundle, keys, tree};
use crate::run::{at, install_line, json, line, program, talk, upgrade_line};

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> PathBuf {
        let root = self.folder.path().join("host");
        fs::create_dir_all(&root).unwrap();
        root
    }

    fn made(&self, name: &str, recipe: &Recipe) -> Bundle {
        bundle(&self.folder.path().join(name), recipe)
    }

    /// Installs; then takes the product off again, so that the next release finds only what is remembered.
    fn install(&self, bundle: &Bundle) {
        let done = program(&install_line(&self.root(), bundle));
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        assert_eq!(program(&line(&self.root(), &["uninstall"])).status.code(), Some(0));
    }

    fn refused(&self, line: &[String], code: i32, words: &str) {
        let root = self.root();
        let before = tree(&root);
        let output = program(line);
        let text = talk(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(words), "expected {words:?} in: {text}");
        assert_eq!(tree(&root), before, "nothing may be written");
    }

    fn status(&self) -> serde_json::Value {
        json(&program(&line(&self.root(), &["status"])))
    }
}

const NEW: Recipe = Recipe {
    product: "codegraph",
    bend: |_| (),
    version: "1.9.0",
    counter: 5,
    line: "1.9",
    program: crate::fixture::GOOD_PROGRAM,
    volume_size: 40_000,
    root_seed: 1,
    arch: std::env::consts::ARCH,
    disk_bytes: 0,
    model_bytes: 5 * 4096 + 100,
    carries: None,
    packed: None,
    replaces: (&[], &[]),
    roots: &[&[]],
};

#[test]
fn an_old_line_does_not_replace_a_new_one_whatever_its_counter_says() {
    let site = Site::new();
    site.install(&site.made("new", &NEW));
    // Genuine, never installed here, and its own counter is high: still a way back.
    let old = site.made("old", &Recipe { line: "1.8", version: "1.8.9", counter: 99, ..NEW });
    site.refused(&install_line(&site.root(), &old), 3, "may replace that line");
    let next = Recipe { line: "2.0", version: "2.0.0", counter: 1, ..NEW };
    site.refused(&install_line(&site.root(), &site.made("silent", &next)), 3, "line 1.9");
    let picky = Recipe { replaces: (&["1.9"], &["1.9.7"]), ..next.clone() };
    site.refused(&install_line(&site.root(), &site.made("picky", &picky)), 3, "only 1.9.7");
    site.install(&site.made("next", &Recipe { replaces: (&["1.9"], &["1.9.0"]), ..next }));
    let counters = &site.status()["counters"];
    assert_eq!((&counters["1.9"], &counters["2.0"]), (&5.into(), &1.into()));
}

#[test]
fn a_new_root_brings_counters_back_down_also_for_who_skipped_it() {
    let site = Site::new();
    // A thief's release ran the counter up.
    site.install(&site.made("thief", &Recipe { counter: 1_000_000, ..NEW }));
    let good = Recipe { counter: 6, ..NEW };
    site.refused(&install_line(&site.root(), &site.made("good", &good)), 3, "counter 1000000");
    // Root 2 sets the floors, root 3 says nothing of them; this host sees both at once.
    let healed = Recipe { roots: &[&[], &[("1.9", 6), ("2.0", 40)], &[]], ..good.clone() };
    let below = Recipe { counter: 5, ..healed.clone() };
    site.refused(&install_line(&site.root(), &site.made("below", &below)), 3, "counter 6");
    site.install(&site.made("healed", &healed));
    let counters = &site.status()["counters"];
    assert_eq!((&counters["1.9"], &counters["2.0"]), (&6.into(), &40.into()));
    // The floor holds for another line when its first release comes, under the same root.
    let early = Recipe { line: "2.0", counter: 39, replaces: (&["1.9"], &[]), ..healed.clone() };
    site.refused(&install_line(&site.root(), &site.made("early", &early)), 3, "counter 40");
    // The former root's chain is not taken back.
    let stale = Recipe { counter: 7, roots: &[&[], &[]], ..good };
    let code = program(&install_line(&site.root(), &site.made("stale", &stale))).status.code();
    assert_eq!(code, Some(3));
}

#[test]
fn a_floor_holds_on_a_host_that_knows_nothing_yet() {
    let site = Site::new();
    let recipe = Recipe { counter: 4, roots: &[&[], &[("1.9", 5)]], ..NEW };
    site.refused(&install_line(&site.root(), &site.made("old", &recipe)), 3, "counter 5");
}

/// A permit from line 1.9, counter 5 to the release in `to`, bent by `bend`, signed by key `seed`.
fn permit(site: &Site, to: &Bundle, seed: u8, bend: &dyn Fn(&mut DowngradePermit)) -> String {
    let release = BundleReader::open(&to.volumes)
        .unwrap()
        .verify_signature(&TrustAnchor::DangerousFirstUse)
        .unwrap();
    let mut permit = DowngradePermit {
        format: 1,
        critical: vec![],
        product: "codegraph".into(),
        host: site.status()["host"].as_str().unwrap().parse().unwrap(),
        from: NamedRelease { line: "1.9".into(), counter: 5, release: None },
        to: NamedRelease::of(release.manifest(), release.digest()),
        nonce: Digest::of(b"a number used once"),
        issued: "2026-11-23T00:00:00Z".into(),
        reason: "a fault in 1.9".into(),
    };
    bend(&mut permit);
    let path = site.folder.path().join("permit.json");
    let signed = SignedPermit::make(&permit, &[&SigningKey::from_seed(&[seed; 32])]);
    fs::write(&path, signed.to_bytes()).unwrap();
    path.display().to_string()
}

fn with(mut line: Vec<String>, option: &str, value: &str) -> Vec<String> {
    line.extend([option.to_owned(), value.to_owned()]);
    line
}

#[test]
fn a_permit_leads_one_host_back_once() {
    let site = Site::new();
    let new = site.made("new", &NEW);
    site.install(&new);
    let old = site.made("old", &Recipe { counter: 4, version: "1.8.9", line: "1.8", ..NEW });
    let other = site.made("other", &Recipe { counter: 3, version: "1.8.8", line: "1.8", ..NEW });
    let plain = install_line(&site.root(), &old);
    let go = |permit: &str| with(plain.clone(), "--downgrade-permit", permit);
    type Bend = fn(&mut DowngradePermit);
    let cases: [(Bend, &str); 6] = [
        (|p| p.host = SigningKey::from_seed(&[77; 32]).public().id(), "is for host"),
        (|p| p.from.counter = 4, "leads away from"),
        (|p| p.from.line = "1.7".into(), "leads away from"),
        (|p| p.to.counter = 3, "leads to line"),
        (|p| p.product = "other".into(), "product"),
        (|p| p.critical.push("until".into()), "critical field"),
    ];
    for (bend, words) in cases {
        site.refused(&go(&permit(&site, &old, 101, &bend)), 3, words);
    }
    // Signed by the root key, or by nobody of this house.
    for seed in [1, 50] {
        site.refused(&go(&permit(&site, &old, seed, &|_| ())), 3, "0 of 1");
    }
    // For another release than the one that is brought.
    site.refused(&go(&permit(&site, &other, 101, &|_| ())), 3, "leads to line");
    // Bent after it was signed.
    let path = permit(&site, &old, 101, &|_| ());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("a fault in", "no fault in")).unwrap();
    site.refused(&go(&path), 3, "is wrong");

    let path = permit(&site, &old, 101, &|_| ());
    let done = program(&go(&path));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let receipts = fs::read_dir(at(&site.root(), "/var/lib/codegraph-install/receipts")).unwrap();
    let nonce = Digest::of(b"a number used once").to_string();
    let text: String =
        receipts.map(|r| fs::read_to_string(r.unwrap().path()).unwrap_or_default()).collect();
    assert!(text.contains(&nonce), "the receipt names the permit");
    assert_eq!(program(&line(&site.root(), &["uninstall"])).status.code(), Some(0));
    // Forward again, and the same permit does not serve twice.
    let forward = site.made("forward", &Recipe { replaces: (&["1.8"], &[]), ..NEW });
    site.install(&forward);
    site.refused(&go(&path), 3, "was used");
}

#[test]
fn a_host_that_pins_keys_takes_only_what_they_countersigned() {
    let site = Site::new();
    let new = site.made("new", &NEW);
    let pins = at(&site.root(), "/etc/codegraph/trust/countersign");
    fs::create_dir_all(&pins).unwrap();
    let plain = install_line(&site.root(), &new);
    site.refused(&plain, 2, "0 of 0 keys");
    let key = |seed: u8| SigningKey::from_seed(&[seed; 32]);
    for seed in [61, 62] {
        fs::write(pins.join(format!("{seed}.pem")), key(seed).public().pem()).unwrap();
    }
    site.refused(&plain, 3, "0 of 2 countersignatures");
    let release = BundleReader::open(&new.volumes)
        .unwrap()
        .verify_signature(&TrustAnchor::DangerousFirstUse)
        .unwrap();
    let sign = |seeds: &[u8], message: &[u8], file: &Path| {
        let keys: Vec<SigningKey> = seeds.iter().map(|seed| key(*seed)).collect();
        let made = Signatures::make(RELEASE_PREFIX, message, &keys.iter().collect::<Vec<_>>());
        fs::write(file, made.to_bytes()).unwrap();
        file.display().to_string()
    };
    let outside = site.folder.path().join("mine.json");
    let go = |file: &str| with(plain.clone(), "--countersignature", file);
    let bytes = release.manifest_bytes();
    site.refused(&go(&sign(&[61], bytes, &outside)), 3, "1 of 2 countersignatures");
    // The vendor's own keys are not the site's.
    site.refused(&go(&sign(&[61, 101], bytes, &outside)), 3, "1 of 2 countersignatures");
    site.refused(&go(&sign(&[61, 62], b"something else", &outside)), 3, "is wrong");
    fs::write(pins.join("threshold"), "0\n").unwrap();
    site.refused(&go(&sign(&[61, 62], bytes, &outside)), 2, "0 of 2 keys are demanded");
    fs::remove_file(pins.join("threshold")).unwrap();
    // One named, one found beside the volumes, next to one that belongs to another release.
    let media = new.volumes[0].parent().unwrap();
    sign(&[62], bytes, &media.join("a.countersig.json"));
    sign(&[62], b"another release", &media.join("b.countersig.json"));
    let done = program(&go(&sign(&[61], bytes, &outside)));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let status = site.status();
    assert_eq!(status["countersigners"], serde_json::json!([2, 2]));
    let (root_key, _) = keys(&NEW);
    assert_ne!(status["host"], root_key.public().id().to_string());
}

#[test]
fn a_fingerprint_is_taken_as_it_stands_on_paper() {
    let site = Site::new();
    let new = site.made("new", &NEW);
    let hex = new.fingerprint.hex().to_uppercase();
    let groups: Vec<&str> = (0..16).map(|number| &hex[number * 4..number * 4 + 4]).collect();
    let mut line = line(&site.root(), &["verify", "--root-fingerprint", &groups.join(" ")]);
    line.extend(new.volumes.iter().map(|volume| volume.display().to_string()));
    let done = program(&line);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
}

#[test]
fn a_site_can_refuse_what_is_too_old_and_a_clock_that_is_set_back_changes_nothing() {
    let site = Site::new();
    // Issued 2026-02-03.
    let first = site.made("first", &NEW);
    let rule = at(&site.root(), "/etc/codegraph/trust/max-age");
    fs::create_dir_all(rule.parent().unwrap()).unwrap();
    let on = |day: &str, bundle: &Bundle| {
        let day = format!("{day} 12:00:00");
        let before = tree(&site.root());
        let done = behind(&["faketime", &day], &install_line(&site.root(), bundle));
        (done.status.code().unwrap(), talk(&done), before == tree(&site.root()))
    };
    for text in ["soon", "0", "-3", ""] {
        fs::write(&rule, text).unwrap();
        let (code, text, unchanged) = on("2026-02-04", &first);
        assert!(code == 2 && text.contains("max-age") && unchanged, "{code} {text}");
    }
    fs::write(&rule, "100 days\n").unwrap();
    let (code, text, unchanged) = on("2026-05-15", &first);
    assert!(code == 3 && text.contains("older than 100 days") && unchanged, "{code} {text}");
    for word in ["verify", "plan"] {
        let mut line = install_line(&site.root(), &first);
        line[3] = word.to_owned();
        let refused = behind(&["faketime", "2026-05-15 12:00:00"], &line);
        assert_eq!(refused.status.code(), Some(3), "{word}: {}", talk(&refused));
        let taken = behind(&["faketime", "2026-05-13 12:00:00"], &line);
        assert_eq!(taken.status.code(), Some(0), "{word}: {}", talk(&taken));
    }
    assert_eq!(on("2026-05-13", &first).0, 0);
    // What is installed is not refused for its age.
    let (code, text, _) = on("2027-12-01", &first);
    assert_eq!(code, 0, "{text}");
    assert_eq!(program(&line(&site.root(), &["uninstall"])).status.code(), Some(0));
    let later = |manifest: &mut cg_bundle_format::Manifest| {
        manifest.issued = "2026-12-01T00:00:00Z".to_owned();
    };
    let second = Recipe { version: "1.9.1", counter: 6, bend: later, ..NEW };
    assert_eq!(on("2026-12-02", &site.made("second", &second)).0, 0);
    assert_eq!(program(&line(&site.root(), &["uninstall"])).status.code(), Some(0));
    let third = site.made("third", &Recipe { version: "1.9.2", counter: 7, ..NEW });
    let (code, text, unchanged) = on("2026-02-04", &third);
    assert!(code == 3 && text.contains("newest release") && unchanged, "{code} {text}");
    fs::remove_file(&rule).unwrap();
    assert_eq!(on("2026-02-04", &third).0, 0);
}

#[test]
fn the_sites_rule_of_age_holds_for_a_way_back_and_is_shown() {
    let site = Site::new();
    let root = site.root();
    let first = site.made("first", &NEW);
    let later = |manifest: &mut cg_bundle_format::Manifest| {
        manifest.issued = "2026-12-01T00:00:00Z".to_owned();
    };
    let second = site.made("second", &Recipe { version: "1.9.1", counter: 6, bend: later, ..NEW });
    let rule = at(&root, "/etc/codegraph/trust/max-age");
    fs::create_dir_all(rule.parent().unwrap()).unwrap();
    let on = |day: &str, line: &[String]| behind(&["faketime", &format!("{day} 12:00:00")], line);
    assert_eq!(on("2026-02-04", &install_line(&root, &first)).status.code(), Some(0));
    let done = on("2026-12-02", &upgrade_line(&root, &second));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    fs::write(&rule, "100\n").unwrap();
    // 302 days after the third of February.
    let before = fs::read_link(at(&root, "/opt/codegraph/current")).unwrap();
    let back = line(&root, &["rollback"]);
    let refused = on("2026-12-02", &back);
    assert_eq!(refused.status.code(), Some(3), "{}", talk(&refused));
    assert!(talk(&refused).contains("302 days before 2026-12-02"), "{}", talk(&refused));
    assert_eq!(fs::read_link(at(&root, "/opt/codegraph/current")).unwrap(), before);
    let status = |day: &str| json(&on(day, &line(&root, &["status"])));
    let young = status("2026-12-11");
    assert_eq!((&young["max_age_days"], &young["age_days"]), (&100.into(), &10.into()));
    assert_eq!(young["issued"], "2026-12-01T00:00:00Z");
    let warned = |status: &serde_json::Value| status["warnings"].to_string();
    assert!(!warned(&young).contains("older than"), "{young}");
    assert!(warned(&status("2027-03-20")).contains("older than 100 days"));
    // A repair of what is here is not a question of age; media of another release are.
    let with = |bundle: &Bundle| {
        let mut words = vec!["repair".to_owned()];
        words.extend(bundle.volumes.iter().map(|volume| volume.display().to_string()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        on("2027-03-20", &line(&root, &words)).status.code()
    };
    assert_eq!((with(&first), with(&second)), (Some(0), Some(0)));
    let other = site.made("other", &Recipe { version: "1.9.2", counter: 7, ..NEW });
    assert_eq!(with(&other), Some(3));
    fs::write(&rule, "soon").unwrap();
    assert!(warned(&status("2026-12-11")).contains("no number of days"));
    fs::write(&rule, "1000\n").unwrap();
    assert_eq!(on("2026-12-02", &back).status.code(), Some(0));
}
