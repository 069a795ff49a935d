//! One order: proofs for all names, then the certificate.

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

use super::{Acme, AcmeError};

/// How long the authority may take to check, and then to issue.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(120));

/// What was put up for the authority to find; taken down when dropped.
struct PutUp<'a> {
    acme: &'a Acme,
    tokens: Vec<String>,
    names: Vec<String>,
}

impl Drop for PutUp<'_> {
    fn drop(&mut self) {
        let mut answers = self.acme.challenges.0.lock();
        for token in &self.tokens {
            answers.remove(token);
        }
        for name in &self.names {
            self.acme.certificates.clear_challenge(name);
        }
    }
}

/// Gets a certificate with a fresh key; both as PEM, key first. Proofs are given in
/// the first of the `preferred` ways that the authority offers.
pub(super) async fn place(
    acme: &Acme,
    account: &Account,
    preferred: &[ChallengeType],
) -> Result<String, AcmeError> {
    let domains = &acme.settings.domains;
    let names: Vec<_> = domains.iter().map(|name| Identifier::Dns(name.clone())).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    let mut put_up = PutUp { acme, tokens: Vec::new(), names: Vec::new() };
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => {}
            AuthorizationStatus::Pending => prove(authorization, &mut put_up, preferred).await?,
            other => return Err(AcmeError::Refused(format!("authorization is {other:?}"))),
        }
    }
    if order.poll_ready(&PATIENCE).await? != OrderStatus::Ready {
        return Err(AcmeError::Refused(reasons(&mut order).await));
    }
    drop(put_up);
    let key = KeyPair::generate()?;
    let request = CertificateParams::new(domains.clone())?.serialize_request(&key)?;
    order.finalize_csr(request.der()).await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(key.serialize_pem() + &chain)
}

/// Puts up the proof for one name and asks the authority to look.
async fn prove(
    mut authorization: AuthorizationHandle<'_>,
    put_up: &mut PutUp<'_>,
    preferred: &[ChallengeType],
) -> Result<(), AcmeError> {
    let Identifier::Dns(name) = authorization.identifier().identifier.clone() else {
        return Err(AcmeError::NoChallenge(authorization.identifier().to_string()));
    };
    let offered =
        |kind: &&ChallengeType| authorization.challenges.iter().any(|c| c.r#type == **kind);
    let chosen = preferred.iter().find(offered).cloned();
    let Some(mut challenge) = chosen.and_then(|kind| authorization.challenge(kind)) else {
        return Err(AcmeError::NoChallenge(name));
    };
    let proof = challenge.key_authorization();
    if challenge.r#type == ChallengeType::Http01 {
        let token = challenge.token.clone();
        put_up.acme.challenges.0.lock().insert(token.clone(), proof.as_str().to_owned());
        put_up.tokens.push(token);
    } else {
        let certificate = alpn_certificate(&name, proof.digest().as_ref())?;
        put_up.acme.certificates.set_challenge(&name, Arc::new(certificate));
        put_up.names.push(name);
    }
    challenge.set_ready().await?;
    Ok(())
}

/// The self-signed certificate that proves control of a name (RFC 8737 section 3).
fn alpn_certificate(name: &str, digest: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let pair = KeyPair::generate()?;
    let certificate = params.self_signed(&pair)?;
    let key = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
    let key = any_ecdsa_type(&key).map_err(|_| rcgen::Error::UnsupportedSignatureAlgorithm)?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// What the authority says about the proofs it did not accept.
async fn reasons(order: &mut Order) -> String {
    let mut said = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        let name = state.identifier().to_string();
        let problems = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        said.extend(problems.map(|problem| format!("{name}: {problem}")));
    }
    if said.is_empty() { "no reason given".to_owned() } else { said.join("; ") }
}
