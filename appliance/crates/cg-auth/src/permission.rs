//! Which role may do what. One table; nothing else decides.

use serde::{Deserialize, Serialize};

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads code graphs.
    Viewer,
    /// Asks, searches, indexes.
    Analyst,
    /// As analyst; reviews changes.
    Reviewer,
    /// Manages users and projects.
    Admin,
    /// Reads the audit log, and no code.
    Auditor,
}

/// Something that can be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The own account: who am I, end the session, change the password.
    OwnAccount,
    /// See users.
    UserRead,
    /// Make users.
    UserManage,
    /// See projects and snapshots.
    ProjectRead,
    /// Make and delete projects.
    ProjectManage,
    /// Start index jobs.
    IndexRun,
    /// See jobs.
    JobRead,
    /// Cancel jobs.
    JobCancel,
    /// Query graphs: definitions, references, callers, callees, SQL.
    GraphRead,
    /// Search code.
    SearchRead,
    /// Ask questions.
    AskRun,
    /// Read and verify the audit log.
    AuditRead,
    /// See models and versions.
    SystemRead,
    /// Read metrics.
    MetricsRead,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Analyst, Self::Reviewer, Self::Admin, Self::Auditor];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role may do it.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Viewer => matches!(
                permission,
                P::OwnAccount
                    | P::ProjectRead
                    | P::JobRead
                    | P::GraphRead
                    | P::SearchRead
                    | P::SystemRead
            ),
            Self::Analyst | Self::Reviewer => {
                Self::Viewer.may(permission)
                    || matches!(permission, P::AskRun | P::IndexRun | P::JobCancel)
            }
            Self::Admin => true,
            Self::Auditor => matches!(
                permission,
                P::OwnAccount
                    | P::AuditRead
                    | P::UserRead
                    | P::ProjectRead
                    | P::JobRead
                    | P::SystemRead
                    | P::MetricsRead
            ),
        }
    }
}
