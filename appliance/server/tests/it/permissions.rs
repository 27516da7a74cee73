//! The permission table: every operation and what it needs. It is compared with the OpenAPI description

use cg_auth::Permission as P;

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Public,
    /// A permission.
    Needs(P),
    /// A permission, or the collector's token.
    NeedsOrToken(P),
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// HTTP method in upper case.
    pub(crate) method: &'static str,
    /// Path template.
    pub(crate) path: &'static str,
    /// What it needs.
    pub(crate) access: Access,
}

const fn public(method: &'static str, path: &'static str) -> Operation {
    Operation { method, path, access: Access::Public }
}

const fn needs(method: &'static str, path: &'static str, permission: P) -> Operation {
    Operation { method, path, access: Access::Needs(permission) }
}

/// The table.
pub(crate) const OPERATIONS: &[Operation] = &[
    public("GET", "/api/v1/health"),
    public("GET", "/api/v1/health/live"),
    public("GET", "/api/v1/health/ready"),
    public("GET", "/api/v1/openapi.json"),
    public("POST", "/api/v1/auth/login"),
    public("POST", "/api/v1/auth/refresh"),
    needs("POST", "/api/v1/auth/logout", P::OwnAccount),
    needs("POST", "/api/v1/auth/password", P::OwnAccount),
    needs("GET", "/api/v1/auth/me", P::OwnAccount),
    needs("GET", "/api/v1/users", P::UserRead),
    needs("POST", "/api/v1/users", P::UserManage),
    needs("GET", "/api/v1/projects", P::ProjectRead),
    needs("POST", "/api/v1/projects", P::ProjectManage),
    needs("GET", "/api/v1/projects/{project}", P::ProjectRead),
    needs("DELETE", "/api/v1/projects/{project}", P::ProjectManage),
    needs("GET", "/api/v1/projects/{project}/snapshots", P::ProjectRead),
    needs("POST", "/api/v1/projects/{project}/index", P::IndexRun),
    needs("GET", "/api/v1/jobs", P::JobRead),
    needs("GET", "/api/v1/jobs/{job}", P::JobRead),
    needs("GET", "/api/v1/jobs/{job}/events", P::JobRead),
    needs("POST", "/api/v1/jobs/{job}/cancel", P::JobCancel),
    needs("POST", "/api/v1/projects/{project}/graph/query", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/graph/definition", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/graph/references", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/graph/callers", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/graph/callees", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/summary", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/vectors", P::GraphRead),
    needs("GET", "/api/v1/projects/{project}/search", P::SearchRead),
    needs("POST", "/api/v1/projects/{project}/ask", P::AskRun),
    needs("GET", "/api/v1/audit", P::AuditRead),
    needs("GET", "/api/v1/audit/verify", P::AuditRead),
    needs("GET", "/api/v1/system/version", P::SystemRead),
    needs("GET", "/api/v1/system/models", P::SystemRead),
    Operation {
        method: "GET",
        path: "/api/v1/metrics",
        access: Access::NeedsOrToken(P::MetricsRead),
    },
];
