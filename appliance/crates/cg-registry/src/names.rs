//! The grammar of repositories and tags, and the names under which an image reference is served.

/// Characters of a repository's name; registries agree on this limit.
const MAX_NAME: usize = 255;
/// Characters of a tag.
const MAX_TAG: usize = 128;

/// Whether `name` is a repository's name:
/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`.
pub(crate) fn is_repository(name: &str) -> bool {
    name.len() <= MAX_NAME && name.split('/').all(is_component)
}

fn is_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !part.starts_with(is_word) || !part.ends_with(is_word) {
        return false;
    }
    // What stands between the words: one point, one or two underscores, any number of hyphens.
    part.split(is_word).filter(|between| !between.is_empty()).all(|between| {
        matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    })
}

/// Whether `tag` is a tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub(crate) fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(is_word)
        && tag.len() <= MAX_TAG
        && tag.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

/// Where an image is served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// Its repositories: without the registry it came from, and, where that can be written so,
    /// with it (two registries may have repositories of the same name).
    pub(crate) repositories: Vec<String>,
    /// Its tag; none for a reference by digest.
    pub(crate) tag: Option<String>,
}

/// The names of `reference`, as `docker.io/library/postgres:16`. None where it has no lawful name.
pub(crate) fn served(reference: &str) -> Option<Served> {
    let (named, digest) = match reference.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (reference, None),
    };
    // A colon after the last slash parts the tag; one before it belongs to a port.
    let last = named.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match named[last..].split_once(':') {
        Some((_, tag)) => (&named[..named.len() - tag.len() - 1], Some(tag)),
        None => (named, None),
    };
    let short = match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => path,
    };
    let mut repositories = vec![short.to_owned()];
    if short != path && is_repository(path) {
        repositories.push(path.to_owned());
    }
    let tag = match (tag, digest) {
        (Some(tag), _) => Some(tag.to_owned()),
        (None, None) => Some("latest".to_owned()),
        (None, Some(_)) => None,
    };
    let is_lawful = is_repository(short) && tag.as_deref().is_none_or(is_tag);
    is_lawful.then_some(Served { repositories, tag })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_and_tags_follow_the_grammar_of_the_specification() {
        for good in
            ["a", "library/postgres", "a/b/c/d", "a__b", "a_b", "a-b", "a---b", "a.b", "0/1"]
        {
            assert!(is_repository(good), "{good}");
        }
        let long = "a".repeat(256);
        for bad in [
            "", "A", "/a", "a/", "a//b", "a..b", "a___b", "-a", "a-", "a/../b", ".", "a b", "a:b",
            "ж", &long,
        ] {
            assert!(!is_repository(bad), "{bad}");
        }
        for good in ["latest", "16.4", "_x", "V1-rc.2", &"t".repeat(128)] {
            assert!(is_tag(good), "{good}");
        }
        for bad in ["", ".a", "-a", "a/b", "a:b", "a b", &"t".repeat(129)] {
            assert!(!is_tag(bad), "{bad}");
        }
    }

    #[test]
    fn images_are_served_without_and_with_the_registry_that_they_came_from() {
        let of = |reference| {
            let served = served(reference)?;
            Some((served.repositories.join(" "), served.tag.unwrap_or_default()))
        };
        let is = |reference, repositories: &str, tag: &str| {
            assert_eq!(of(reference), Some((repositories.to_owned(), tag.to_owned())));
        };
        is("codegraph/appliance:0.1.0", "codegraph/appliance", "0.1.0");
        is("docker.io/library/postgres:16", "library/postgres docker.io/library/postgres", "16");
        is("registry.local:5000/team/x:1", "team/x", "1");
        is("localhost/x", "x localhost/x", "latest");
        is("postgres", "postgres", "latest");
        is("quay.io/a/b:1@sha256:00", "a/b quay.io/a/b", "1");
        is("quay.io/a/b@sha256:00", "a/b quay.io/a/b", "");
        assert_eq!(of("docker.io/Upper/x:1"), None);
        assert_eq!(of("a/b:not a tag"), None);
        assert_eq!(of(""), None);
    }
}
