//! Cases of the attack table about signatures and roots: forms that must not be taken for a signature, roots that must not count.

use cg_bundle_format::*;

use crate::fixture::*;

fn signatures(fixture: &Fixture) -> Signatures {
    Signatures::parse(&fixture.envelope().signatures, &Limits::default()).unwrap()
}

#[test]
fn signature_files_have_one_form_only() {
    let fixture = Fixture::small();
    let good = String::from_utf8(signatures(&fixture).to_bytes()).unwrap();
    let parse = |text: &str| Signatures::parse(text.as_bytes(), &Limits::default());
    parse(&good).unwrap();
    let twice = |n: usize| {
        let mut all = signatures(&fixture);
        all.signatures = vec![all.signatures[0].clone(); n];
        String::from_utf8(all.to_bytes()).unwrap()
    };
    assert!(parse(&twice(2)).unwrap_err().contains("each key once"));
    assert!(parse(&twice(65)).unwrap_err().contains("at most 64"));
    let many = [1, 3, 2].map(key);
    let mut unsorted = Signatures::make(RELEASE_PREFIX, b"x", &many.iter().collect::<Vec<_>>());
    unsorted.signatures.swap(0, 2);
    assert!(parse(&String::from_utf8(unsorted.to_bytes()).unwrap()).is_err());
    for bad in [
        good.replace("  ", " "),
        good.trim_end().to_owned(),
        format!("{good} "),
        format!("{good}{{}}"),
        good.replace("ed25519", "ed25519ph"),
        good.replace("\"algorithm\"", "\"comment\": \"x\",\n      \"algorithm\""),
        good.to_uppercase(),
        String::new(),
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn without_a_signature_nothing_is_read() {
    let mut fixture = Fixture::small();
    fixture.signers = vec![];
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(&fixture.write(folder.path(), None), &fixture.anchor());
    assert!(text.contains("0 of 1 needed signatures"), "{text}");
}

#[test]
fn the_second_form_of_a_signature_is_refused() {
    // RFC 8032, 5.1.7: S must be below the group's order. S + order passes lenient verifiers.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let message = b"release";
    let good = key(2).sign(RELEASE_PREFIX, message);
    assert!(key(2).public().verifies(RELEASE_PREFIX, message, &good));
    let mut bytes: Vec<u8> = good.as_bytes().to_vec();
    let mut carry = 0u16;
    for (byte, add) in bytes[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    let text = format!("\"{}\"", hex::encode(&bytes));
    let second: Signature = serde_json::from_str(&text).unwrap();
    assert_ne!(second, good);
    assert!(!key(2).public().verifies(RELEASE_PREFIX, message, &second));
}

#[test]
fn one_key_under_two_names_counts_once() {
    // Both names and a threshold of two: the second name is not the key's own.
    let mut bad = root(1, None, (&[1], 1), (&[2, 3], 2));
    let own = key(2).public();
    for listed in &mut bad.keys {
        if listed.key_id == key(3).public().id() {
            listed.public_key = own.clone();
        }
    }
    let mut fixture = Fixture::small();
    fixture.chain = RootChain { roots: vec![sign_root(&bad, &[1])] };
    fixture.newest = bad.clone();
    fixture.signers = vec![2, 3];
    let folder = tempfile::tempdir().unwrap();
    let anchor = TrustAnchor::Fingerprint(Digest::of(&bad.to_bytes()));
    let text = refusal(&fixture.write(folder.path(), None), &anchor);
    assert!(text.contains("does not belong to its public key"), "{text}");
}

#[test]
fn roots_one_after_the_other_without_end_are_refused() {
    let mut fixture = Fixture::small();
    let mut chain = vec![(root(1, None, (&[1], 1), (&[2], 1)), &[1u8][..])];
    for version in 2..=6 {
        let previous = Digest::of(&chain.last().unwrap().0.to_bytes());
        chain.push((root(version, Some(previous), (&[1], 1), (&[2], 1)), &[1]));
    }
    fixture.chain =
        RootChain { roots: chain.iter().map(|(root, by)| sign_root(root, by)).collect() };
    fixture.newest = chain.last().unwrap().0.clone();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    read_all(&paths, &fixture.anchor()).unwrap();
    let limits = Limits { roots: 5, ..Limits::default() };
    let error = BundleReader::open_with(&paths, &limits).unwrap_err();
    assert!(error.to_string().contains("more than 5 roots") && error.exit_code() == 3, "{error}");
}

#[test]
fn a_root_for_another_product_or_another_branch_is_refused() {
    let first = root(1, None, (&[1], 1), (&[2], 1));
    let bound = Some(Digest::of(&first.to_bytes()));
    let mut foreign = root(2, bound, (&[1], 1), (&[2], 1));
    foreign.product = "other".into();
    // Signed by the same keys, but it follows another first root.
    let branch = root(2, Some(Digest::of(b"another first root")), (&[1], 1), (&[2], 1));
    for next in [foreign, branch] {
        let mut fixture = Fixture::small();
        fixture.chain = RootChain { roots: vec![sign_root(&first, &[1]), sign_root(&next, &[1])] };
        fixture.newest = next;
        let folder = tempfile::tempdir().unwrap();
        let paths = fixture.write(folder.path(), None);
        refusal(&paths, &TrustAnchor::Pinned(first.to_bytes()));
        refusal(&paths, &fixture.anchor());
    }
}
