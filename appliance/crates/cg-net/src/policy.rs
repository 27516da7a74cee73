//! Where connections may go. Pure: names and addresses in, yes or a reason out.

use std::net::IpAddr;

use crate::error::NetError;

/// Whether the site has a way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetMode {
    /// Unix sockets, loopback and allowed hosts only.
    Isolated,
    /// Any host, but never link-local addresses (metadata services) unless allowed by name.
    Connected,
}

/// A host that may be connected to, on one port or on any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    port: Option<u16>,
}

impl AllowedHost {
    /// Reads `name`, `name:port`, `1.2.3.4`, `1.2.3.4:port`, `[::1]` or `[::1]:port`.
    ///
    /// # Errors
    /// When it is none of these; wildcards and networks are not accepted.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        let wrong = |cause| NetError::Address { address: text.to_owned(), cause };
        let (name, port) = if let Some(rest) = text.strip_prefix('[') {
            let (ip, tail) = rest.split_once(']').ok_or_else(|| wrong("`]` is missing"))?;
            let port = match tail {
                "" => None,
                _ => Some(tail.strip_prefix(':').ok_or_else(|| wrong("`:` is missing"))?),
            };
            ip.parse::<std::net::Ipv6Addr>().map_err(|_| wrong("not an IPv6 address"))?;
            (ip, port)
        } else {
            match text.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            }
        };
        let port = port
            .map(|port| port.parse::<u16>().ok().filter(|port| *port != 0))
            .map(|port| port.ok_or_else(|| wrong("the port is not a number from 1 to 65535")))
            .transpose()?;
        let name = normalized(name);
        let fits = name.parse::<IpAddr>().is_ok()
            || (!name.is_empty()
                && name.len() <= 253
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
        if !fits {
            return Err(wrong("write `name` or `name:port`, without scheme, path or wildcard"));
        }
        Ok(Self { name, port })
    }

    fn covers(&self, name: &str, port: u16) -> bool {
        self.name == name && self.port.is_none_or(|own| own == port)
    }
}

/// The policy of this installation.
#[derive(Clone, Debug)]
pub struct NetPolicy {
    mode: NetMode,
    allow: Vec<AllowedHost>,
}

impl NetPolicy {
    /// A policy of a mode and the hosts that the configuration names.
    #[must_use]
    pub fn new(mode: NetMode, allow: Vec<AllowedHost>) -> Self {
        Self { mode, allow }
    }

    /// Nothing but Unix sockets and loopback.
    #[must_use]
    pub fn isolated() -> Self {
        Self::new(NetMode::Isolated, Vec::new())
    }

    /// The mode.
    #[must_use]
    pub fn mode(&self) -> NetMode {
        self.mode
    }

    /// Checks a host as it is named, before anything is resolved: a name that is not allowed must
    /// not even be looked up, because a lookup already leaves the host.
    pub(crate) fn check_name(&self, host: &str, port: u16) -> Result<(), NetError> {
        let name = normalized(host);
        let loopback = name == "localhost"
            || name.parse::<IpAddr>().is_ok_and(|ip| canonical(ip).is_loopback());
        if loopback || self.mode == NetMode::Connected || self.is_allowed(&name, port) {
            return Ok(());
        }
        Err(NetError::Isolated { host: host.to_owned(), port })
    }

    /// Checks the address that a name led to.
    pub(crate) fn check_address(&self, host: &str, port: u16, ip: IpAddr) -> Result<(), NetError> {
        let name = normalized(host);
        let refuse = |why| Err(NetError::Resolved { host: host.to_owned(), ip, why });
        let ip = canonical(ip);
        if name == "localhost" && !ip.is_loopback() {
            return refuse("is not loopback");
        }
        if ip.is_unspecified() || ip.is_multicast() {
            return refuse("is no single host");
        }
        if is_link_local(ip) && !self.is_allowed(&ip.to_string(), port) {
            return refuse("is link-local; name the address itself in network.allow");
        }
        Ok(())
    }

    fn is_allowed(&self, name: &str, port: u16) -> bool {
        self.allow.iter().any(|host| host.covers(name, port))
    }
}

/// Lower case, without the root dot: one spelling for each name.
fn normalized(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// An IPv4 address in IPv6 clothes is that IPv4 address.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
