//! Signatures made by openssl in the form of cosign.

use super::*;
use crate::test_servers::{Signing, keys, openssl, sign};

#[test]
fn a_cosign_signature_is_checked_with_the_given_key() {
    let mut fixture = Fixture::new(&Auth::Basic, 1000);
    let registry = fixture.registry();
    let folder = fixture.server.folder.path().to_owned();
    keys(&fixture.server);
    let with = |fixture: &Fixture, key: &str| {
        let cosign_key = Some(folder.join(format!("{key}.pub")));
        let request = ImageRequest { cosign_key, ..fixture.request("one:1") };
        resolve(&registry, &request, &fixture.cache)
    };
    let digest = fixture.resolve(&registry, "one:1").unwrap().digest.to_string();
    let other = fixture.resolve(&registry, "two:1").unwrap().digest.to_string();
    let unsigned = with(&fixture, "ec").unwrap_err();
    assert_eq!(unsigned.exit_code(), 3);
    assert!(unsigned.to_string().contains("no signature"), "{unsigned}");
    let good = Signing { covers: &digest, names: &digest, key: "ec", change: |payload| payload };
    for (name, wrong) in [("ec", "ed"), ("ed", "ec")] {
        sign(&fixture.server, &mut fixture.layout, &Signing { key: name, ..good });
        let image = with(&fixture, name).unwrap();
        let public = format!("{name}.pub");
        let der = openssl(&folder, &["pkey", "-pubin", "-in", &public, "-outform", "DER"]);
        assert_eq!(image.signatures[0].key, cg_bundle_format::Digest::of(&der));
        assert!(image.checked().contains("cosign signature by key sha256:"), "{}", image.checked());
        assert_eq!(with(&fixture, wrong).unwrap_err().exit_code(), 3);
    }
    sign(&fixture.server, &mut fixture.layout, &Signing { names: &other, ..good });
    assert!(with(&fixture, "ec").is_err(), "a good signature over another image");
    let change = |payload: String| payload.replace("team/one", "team/two");
    sign(&fixture.server, &mut fixture.layout, &Signing { change, ..good });
    assert!(with(&fixture, "ec").is_err(), "a payload that was changed");
    sign(&fixture.server, &mut fixture.layout, &good);
    assert!(with(&fixture, "ec").is_ok());
}
