//! Login, sessions, passwords.

use serde_json::json;

use crate::server::{PASSWORD, Server, make_admin};

#[test]
fn with_no_configuration_a_one_time_password_waits_in_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let file = data.path().join("initial-admin-password");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(!server.log().contains(&password), "never in the log");
    let token = server.login("admin", &password);
    let refused = server.get("/api/v1/projects", &token);
    assert_eq!(
        (refused.status, refused.json()["code"].clone()),
        (403, json!("password_change_required"))
    );
    let change = |new: &str| {
        let body = json!({"current_password": password, "new_password": new});
        server.post("/api/v1/auth/password", &token, &body).status
    };
    assert_eq!(change("short"), 422);
    assert_eq!(change(PASSWORD), 204);
    assert!(!file.exists(), "the one-time password is gone");
    assert_eq!(server.get("/api/v1/auth/me", &token).status, 401, "old sessions have ended");
    assert_eq!(server.try_login("admin", &password).status, 401);
    let token = server.login("admin", PASSWORD);
    assert_eq!(server.get("/api/v1/projects", &token).status, 200);
}

#[test]
fn wrong_names_and_wrong_passwords_look_alike() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let unknown = server.try_login("nobody", PASSWORD);
    let wrong = server.try_login("root", "wrong password here");
    assert_eq!((unknown.status, wrong.status), (401, 401));
    for name in ["code", "detail", "title"] {
        assert_eq!(unknown.json()[name], wrong.json()[name]);
    }
}

#[test]
fn a_guesser_is_slowed_down() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    for _ in 0..3 {
        assert_eq!(server.try_login("root", "wrong password here").status, 401);
    }
    let locked = server.try_login("root", PASSWORD);
    assert_eq!(locked.status, 429, "even the right password waits");
    let wait: u64 = locked.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
}

#[test]
fn a_refresh_token_is_good_once_and_its_reuse_ends_the_family() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let first = server.try_login("root", PASSWORD).json();
    let refresh = |token: &serde_json::Value| {
        server.send("POST", "/api/v1/auth/refresh", None, Some(&json!({"refresh_token": token})))
    };
    let second = refresh(&first["refresh_token"]);
    assert_eq!(second.status, 200);
    let second = second.json();
    let access = second["access_token"].as_str().unwrap();
    assert_eq!(server.get("/api/v1/auth/me", access).status, 200);
    assert_eq!(refresh(&first["refresh_token"]).status, 401, "used before");
    assert_eq!(refresh(&second["refresh_token"]).status, 401, "the family has ended");
    assert_eq!(server.get("/api/v1/auth/me", access).status, 401, "its access tokens too");
    assert_eq!(
        server.get("/api/v1/auth/me", second["refresh_token"].as_str().unwrap()).status,
        401
    );
    assert_eq!(refresh(&json!("cgr_unknown")).status, 401);
}

#[test]
fn logout_counts_at_once_and_survives_a_restart() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let (one, two) = (server.login("root", PASSWORD), server.login("root", PASSWORD));
    assert_eq!(server.post("/api/v1/auth/logout", &one, &json!({})).status, 204);
    assert_eq!(server.get("/api/v1/auth/me", &one).status, 401);
    assert_eq!(server.get("/api/v1/auth/me", &two).json()["role"], "admin");
    server.kill();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.get("/api/v1/auth/me", &one).status, 401);
    assert_eq!(server.get("/api/v1/auth/me", &two).status, 200, "the key was kept");
}
