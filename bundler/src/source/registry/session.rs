//! Talking to registries: addresses, and tokens that are got once and renewed when they run out.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};

use super::credentials::Credentials;
use crate::error::Error;
use crate::fetch::{self, Access, Document, Failure, Small, retry};
use crate::net::{self, Net};
use crate::source::oci::{ACCEPT, MOST_JSON};

const SILENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(20);

/// The registries of a run.
pub(crate) struct Registry {
    pub(crate) net: Net,
    credentials: Credentials,
    https: Client,
    http: Client,
    tokens: Mutex<HashMap<String, Option<HeaderValue>>>,
}

impl Registry {
    /// Reads the auth files that the environment names; opens no connection.
    pub(crate) fn open(net: &Net) -> Result<Self, Error> {
        Self::with(net, Credentials::from_environment()?)
    }

    /// With these credentials.
    pub(crate) fn with(net: &Net, credentials: Credentials) -> Result<Self, Error> {
        Ok(Self {
            net: net.clone(),
            credentials,
            https: client(net, ClientProtocol::Https)?,
            http: client(net, ClientProtocol::Http)?,
            tokens: Mutex::default(),
        })
    }

    /// Parses a name. Without TLS only a registry on this machine is asked.
    pub(crate) fn repository(&self, reference: &str, plain: bool) -> Result<Repository<'_>, Error> {
        let problem = |problem: String| Error::Usage(format!("image {reference:?}: {problem}"));
        let image: Reference = reference.parse().map_err(|e| problem(format!("{e}")))?;
        let host = image.resolve_registry().split(':').next().unwrap_or_default();
        if plain && !net::is_loopback(host) {
            return Err(problem(format!(
                "{host} would be asked without TLS; only a loopback address may be"
            )));
        }
        Ok(Repository { registry: self, image, plain })
    }
}

fn client(net: &Net, protocol: ClientProtocol) -> Result<Client, Error> {
    let ca = net.extra_ca().into_iter();
    let config = ClientConfig {
        protocol,
        extra_root_certificates: ca
            .map(|data| Certificate { encoding: CertificateEncoding::Pem, data })
            .collect(),
        platform_resolver: None,
        read_timeout: Some(SILENCE),
        connect_timeout: Some(CONNECT),
        user_agent: net::USER_AGENT,
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|e| Error::Usage(format!("cannot set up TLS: {e}")))
}

/// One repository of a registry.
pub(crate) struct Repository<'a> {
    registry: &'a Registry,
    pub(crate) image: Reference,
    plain: bool,
}

impl Repository<'_> {
    /// Host and port, for people.
    pub(crate) fn host(&self) -> &str {
        self.image.registry()
    }

    /// Address of a manifest by tag or digest.
    pub(crate) fn manifest_url(&self, name: &str) -> String {
        format!("{}/manifests/{name}", self.base())
    }

    /// Address of a blob.
    pub(crate) fn blob_url(&self, digest: &str) -> String {
        format!("{}/blobs/{digest}", self.base())
    }

    /// A manifest or index by tag or digest; `None` when there is none.
    pub(crate) fn manifest(&self, name: &str) -> Result<Option<Document>, Error> {
        let what = format!("{}:{name}", self.image.repository());
        self.small(&what, &self.manifest_url(name), MOST_JSON)
    }

    /// A small blob, not checked.
    pub(crate) fn small_blob(&self, digest: &str, limit: usize) -> Result<Option<Document>, Error> {
        let what = format!("{} {digest}", self.image.repository());
        self.small(&what, &self.blob_url(digest), limit)
    }

    fn small(&self, what: &str, url: &str, limit: usize) -> Result<Option<Document>, Error> {
        let asked = Small { what, url, accept: ACCEPT, limit, access: self };
        fetch::small(&self.registry.net, &asked)
    }

    fn base(&self) -> String {
        let scheme = if self.plain { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}", self.image.resolve_registry(), self.image.repository())
    }

    fn new_token(&self) -> Result<Option<HeaderValue>, Error> {
        let auth = self.registry.credentials.of(&self.image)?;
        let what = format!("access to {}", self.image.repository());
        let client = if self.plain { &self.registry.http } else { &self.registry.https };
        let never = AtomicBool::new(false);
        let mut tries = 0;
        loop {
            let failure = match self.registry.net.run(self.ask(client, &auth, &what)) {
                Ok(token) => return header(token, &auth),
                Err(failure) => failure,
            };
            match failure {
                Failure::Later { problem, wait } => {
                    tries += 1;
                    if tries >= retry::TRIES {
                        return Err(retry::gave_up(&what, self.host(), problem));
                    }
                    retry::sleep(retry::wait(tries, wait), &never);
                }
                Failure::Final(error) => return Err(error),
                Failure::Unauthorized | Failure::Stopped => {
                    return Err(retry::unauthorized(&what, self.host()));
                }
            }
        }
    }

    async fn ask(
        &self,
        client: &Client,
        auth: &RegistryAuth,
        what: &str,
    ) -> Result<Option<String>, Failure> {
        self.check_realm(what).await?;
        match client.auth(&self.image, auth, RegistryOperation::Pull).await {
            Ok(token) => Ok(token),
            Err(OciDistributionError::RequestError(error)) => {
                Err(retry::broken(&error, what, self.host()))
            }
            Err(OciDistributionError::AuthenticationFailure(_)) => Err(Failure::Unauthorized),
            Err(error) => Err(Failure::Later { problem: error.to_string(), wait: None }),
        }
    }

    /// A registry names the place that gives tokens (for a password); one without TLS is not asked.
    async fn check_realm(&self, what: &str) -> Result<(), Failure> {
        let scheme = if self.plain { "http" } else { "https" };
        let url = format!("{scheme}://{}/v2/", self.image.resolve_registry());
        let answer = self.registry.net.client().get(&url).send().await;
        let answer = answer.map_err(|e| retry::broken(&e, what, self.host()))?;
        let said = answer.headers().get_all(WWW_AUTHENTICATE).iter();
        for text in said.filter_map(|value| value.to_str().ok()) {
            let realm = text.split("realm=\"").nth(1).and_then(|rest| rest.split('"').next());
            if let Some(realm) = realm
                && text.trim_start().to_ascii_lowercase().starts_with("bearer")
                && let Err(error) = net::url(realm)
            {
                return Err(Failure::Final(Error::Refused {
                    what: format!("the place where {} lets tokens be got", self.host()),
                    problem: error.to_string(),
                }));
            }
        }
        Ok(())
    }
}

impl Access for Repository<'_> {
    fn authorization(&self, rejected: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Error> {
        let key = self.base();
        // Held while a token is got: others wait for it instead of asking, too.
        let mut tokens = self.registry.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(header) = tokens.get(&key)
            && (rejected.is_none() || header.as_ref() != rejected)
        {
            return Ok(header.clone());
        }
        let header = self.new_token()?;
        tokens.insert(key, header.clone());
        Ok(header)
    }

    fn accept(&self) -> Option<&'static str> {
        Some(ACCEPT)
    }
}

/// oci-client tells bearer tokens only; without one the registry wants a password or nothing.
fn header(token: Option<String>, auth: &RegistryAuth) -> Result<Option<HeaderValue>, Error> {
    let text = match (token, auth) {
        (Some(token), _) => format!("Bearer {token}"),
        (None, RegistryAuth::Basic(user, password)) => {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        }
        (None, _) => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        Error::Usage("the registry's token holds characters that cannot be sent".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}
