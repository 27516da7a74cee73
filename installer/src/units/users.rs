//! The users and groups that the services run as.

use std::fs;

use super::{must, tool};
use crate::components;
use crate::error::Error;
use crate::host::{Host, HostPaths};

/// The users that the services of every release run as.
pub const USERS: [&str; 2] = ["codegraph", "codegraph-llm"];

/// Removes the users. systemd makes users but never removes them.
pub fn remove_users(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for user in users() {
        if user_numbers(paths, &user).is_some() {
            must(host, &tool("userdel").with([&user]))?;
        }
        // `userdel` takes the group of the same name along where the system is set up so.
        if has_group(paths, &user) {
            must(host, &tool("groupdel").with([&user]))?;
        }
    }
    Ok(())
}

/// Every user that an installation may have made.
pub fn users() -> impl Iterator<Item = String> {
    USERS.iter().map(|name| (*name).to_owned()).chain(components::users())
}

/// User and group number of a user of this system.
pub fn user_numbers(paths: &HostPaths, name: &str) -> Option<(u32, u32)> {
    let text = fs::read_to_string(paths.at("/etc/passwd")).ok()?;
    numbers_in(&text, name)
}

/// Whether the system has a group of this name.
pub fn has_group(paths: &HostPaths, name: &str) -> bool {
    let text = fs::read_to_string(paths.at("/etc/group")).unwrap_or_default();
    text.lines().any(|line| line.split(':').next() == Some(name))
}

fn numbers_in(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::numbers_in;

    #[test]
    fn numbers_of_a_user_are_found_by_the_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\ncodegraph-llm:x:990:989::/:/x\ncodegraph:x:991:988::/:/x\n";
        assert_eq!(numbers_in(passwd, "codegraph"), Some((991, 988)));
        assert_eq!(numbers_in(passwd, "code"), None);
    }
}
