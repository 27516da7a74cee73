//! Tokens of the distribution project's specification, signed by openssl.

use serde_json::Value;

use super::*;
use crate::test_servers::{Answer, Web, openssl};

#[test]
fn tokens_of_a_registry_are_got_with_the_password_and_renewed() {
    let token = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let given = std::sync::Arc::clone(&token);
    let realm = Web::serve(move |request| {
        let password =
            request.header("authorization") == Some("Basic cGFja2FnZXI6Y29ycmVjdCBob3JzZQ==");
        let body = json!({"token": *given.lock().unwrap()}).to_string();
        Answer {
            status: if password { "200 OK" } else { "401 Unauthorized" },
            body: body.into_bytes(),
            ..Answer::default()
        }
    });
    let address = format!("http://127.0.0.1:{}/token", realm.port);
    let server = Server::start(&Auth::Bearer(address));
    *token.lock().unwrap() = jwt(&server, "pull,push");
    let mut layout = Layout::new(&server.path("layout"));
    let image = layout.image("amd64", &[layout.layer(1, MIB)]);
    layout.name(image, "one");
    server.push(&layout.folder, "one", "team/one:1");
    let cache = Cache::open(Some(&server.path("cache"))).unwrap();
    let net = Net::open(Some(&server.ca())).unwrap();
    let credentials = Credentials::read([server.path("auth.json")]).unwrap();
    let registry = Registry::with(&net, credentials).unwrap();
    let request = ImageRequest {
        reference: format!("127.0.0.1:{}/team/one:1", server.port),
        platform: "linux/amd64".to_owned(),
        cosign_key: None,
        insecure_http_loopback: false,
    };
    // The first one has run out when it comes, as far as the registry is concerned.
    let good = std::mem::replace(&mut *token.lock().unwrap(), "stale".to_owned());
    let before = realm.requests().len();
    let stale = resolve(&registry, &request, &cache).unwrap_err();
    assert!(stale.to_string().contains("credentials"), "{stale}");
    assert_eq!(realm.requests().len() - before, 2, "a token that is not taken is renewed once");
    *token.lock().unwrap() = good;
    let before = realm.requests().len();
    let image = resolve(&registry, &request, &cache).unwrap();
    pull(&registry, std::slice::from_ref(&image), &cache, &Silent).unwrap();
    let asked = realm.requests().split_off(before);
    assert_eq!(asked.len(), 1, "one token serves the whole repository");
    assert!(
        asked[0].path.contains("repository%3Ateam%2Fone%3Apull")
            || asked[0].path.contains("repository:team/one:pull"),
        "{}",
        asked[0].path
    );

    let nobody = Registry::with(&net, Credentials::read([]).unwrap()).unwrap();
    let error = resolve(&nobody, &request, &cache).unwrap_err();
    assert!(error.to_string().contains("login"), "{error}");
}

/// A token as the distribution project's token specification describes it, signed by openssl.
fn jwt(server: &Server, actions: &str) -> String {
    let url = |bytes: &[u8]| base64_url(bytes);
    let der = openssl(server.folder.path(), &["x509", "-in", "server.pem", "-outform", "DER"]);
    let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [crate::test_servers::base64(&der)]});
    let access: Vec<Value> = vec![
        json!({"type": "repository", "name": "team/one", "actions": actions.split(',').collect::<Vec<_>>()}),
    ];
    let claims = json!({"iss": "tests", "sub": "packager", "aud": "registry", "exp": 4_000_000_000_u64, "nbf": 0, "iat": 0, "jti": "1", "access": access});
    let signed =
        format!("{}.{}", url(header.to_string().as_bytes()), url(claims.to_string().as_bytes()));
    fs::write(server.path("signed"), &signed).unwrap();
    let signature =
        openssl(server.folder.path(), &["dgst", "-sha256", "-sign", "server.key", "signed"]);
    format!("{signed}.{}", url(&signature))
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
