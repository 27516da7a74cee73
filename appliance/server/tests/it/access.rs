//! Every operation is closed to strangers and open to exactly the roles of the table.

use cg_auth::{Permission, Role};
use serde_json::json;

use crate::permissions::{Access, OPERATIONS, Operation};
use crate::server::{PASSWORD, Server, make_admin};

/// A path with ids of things that do not exist.
fn path(operation: &Operation) -> String {
    operation.path.replace("{project}", "no-project").replace("{job}", "no-job")
}

fn permission(operation: &Operation) -> Option<Permission> {
    match operation.access {
        Access::Public => None,
        Access::Needs(permission) | Access::NeedsOrToken(permission) => Some(permission),
    }
}

#[test]
fn strangers_are_kept_out_of_everything_that_is_not_public() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    for operation in OPERATIONS.iter().filter(|one| permission(one).is_some()) {
        for token in [None, Some("x"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let answer = server.send(operation.method, &path(operation), token, Some(&json!({})));
            assert_eq!(answer.status, 401, "{} {}", operation.method, operation.path);
            assert_eq!(answer.json()["code"], "unauthenticated");
            assert!(answer.header("www-authenticate").is_some());
        }
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_no_more() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let admin = server.login("root", PASSWORD);
    for role in Role::ALL {
        let token = server.user(&admin, role.name());
        for operation in OPERATIONS {
            // Tried elsewhere; here it would end the session that the others need.
            if matches!(operation.path, "/api/v1/auth/logout" | "/api/v1/auth/login") {
                continue;
            }
            let Some(permission) = permission(operation) else { continue };
            let answer =
                server.send(operation.method, &path(operation), Some(&token), Some(&json!({})));
            let refused = answer.status == 403;
            let name = format!("{} {} as {}", operation.method, operation.path, role.name());
            assert_eq!(refused, !role.may(permission), "{name}: {} {}", answer.status, answer.body);
            assert_ne!(answer.status, 401, "{name}");
            assert!(answer.status < 500, "{name}: {} {}", answer.status, answer.body);
        }
    }
}

#[test]
fn public_operations_answer_without_a_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    for path in
        ["/api/v1/health", "/api/v1/health/live", "/api/v1/health/ready", "/api/v1/openapi.json"]
    {
        assert_eq!(server.send("GET", path, None, None).status, 200, "{path}");
    }
}

#[test]
fn projects_are_made_below_the_roots_only() {
    let data = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let root = tempfile::tempdir().unwrap();
    let good = root.path().join("good");
    std::fs::create_dir(&good).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
    std::fs::write(root.path().join("file"), "").unwrap();
    make_admin(data.path());
    let server =
        Server::start(data.path(), &[("CODEGRAPH__INDEX__ROOTS", root.path().to_str().unwrap())]);
    let token = server.login("root", PASSWORD);
    let create = |name: &str, path: &str| {
        server.post("/api/v1/projects", &token, &json!({"name": name, "path": path}))
    };
    let (inside, out) = (root.path().display(), outside.path().display());
    for path in [
        format!("{out}"),
        format!("{inside}/link"),
        format!("{inside}/good/../../{}", outside.path().file_name().unwrap().to_str().unwrap()),
        format!("{inside}x"),
        format!("{inside}/file"),
        format!("{inside}/absent"),
        "/etc".into(),
        "good".into(),
        String::new(),
    ] {
        let answer = create("p", &path);
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
    }
    for name in ["", "a/b", "..", ".hidden", "a b", &"x".repeat(101)] {
        assert_eq!(create(name, good.to_str().unwrap()).status, 422, "{name}");
    }
    assert_eq!(create("p", good.to_str().unwrap()).status, 201);
    assert_eq!(create("P", good.to_str().unwrap()).status, 409, "names do not differ by case");
    assert_eq!(server.get("/api/v1/projects/p", &token).json()["name"], "p");
    assert_eq!(server.send("DELETE", "/api/v1/projects/p", Some(&token), None).status, 204);
    assert_eq!(server.get("/api/v1/projects/p", &token).status, 404);
}

#[test]
fn metrics_want_a_token_and_count_by_route() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CODEGRAPH__METRICS__TOKEN", "collector's token")]);
    assert_eq!(server.send("GET", "/api/v1/metrics", None, None).status, 401);
    assert_eq!(server.get("/api/v1/metrics", "another").status, 401);
    for n in 0..3 {
        assert_eq!(server.send("GET", &format!("/api/v1/jobs/secret-{n}"), None, None).status, 401);
    }
    let text = server.get("/api/v1/metrics", "collector's token").body;
    assert!(
        text.contains(
            "http_requests_total{method=\"GET\",route=\"/api/v1/jobs/{job}\",status=\"401\"} 3"
        ),
        "{text}"
    );
    assert!(text.contains("http_request_duration_seconds_bucket{"), "{text}");
    assert!(!text.contains("secret-"), "no text of users in labels");
}

#[test]
fn errors_are_problem_documents_and_headers_are_safe() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let token = server.login("root", PASSWORD);
    for (method, path, body, status) in [
        ("GET", "/nothing", None, 404),
        ("GET", "/api/v1/jobs/none", None, 404),
        ("POST", "/api/v1/users", Some("{"), 400),
        (
            "POST",
            "/api/v1/users",
            Some("{\"name\":\"x\",\"role\":\"admin\",\"password\":\"y\",\"id\":\"z\"}"),
            400,
        ),
        ("GET", "/api/v1/jobs?limit=many", None, 400),
        ("GET", "/api/v1/audit?cursor=x", None, 400),
    ] {
        let answer = server.send_raw(method, path, Some(&token), body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY")] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("server").is_none());
    }
    let large = format!("{{\"username\":\"{}\",\"password\":\"x\"}}", "x".repeat(2_000_000));
    assert_eq!(server.send_raw("POST", "/api/v1/auth/login", None, Some(&large)).status, 413);
}
