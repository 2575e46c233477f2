//! A stranger with a room's link and a program of their own: a guest made by hand, over HTTP and MLS
//! alone, whose commits the server cannot tell from good ones. It says nothing and reads nothing; it is
//! there to break things.

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE32_NOPAD;
use hkdf::Hkdf;
use rand::RngCore;
use rand::rngs::OsRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::Duration;
use undertone_mls::certificate::certificate_version;
use undertone_mls::rogue::{self, Spoil};
use undertone_mls::{
    DeviceKey, ExternalJoin, Group, IdentityKey, MemoryKeyValue, MlsDevice, PendingCommit, Provider, RoomPsk,
    read_group_info,
};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{
    Accepted, CommitBundle, EntryKind, JoinRequest, LogPage, SubmitCommitRequest,
};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::error::ErrorResponse;
use undertone_wire::group::GroupResponse;
use undertone_wire::guest::{CreateGuestRequest, UserKind};
use undertone_wire::room::RoomRequest;
use undertone_wire::session::SessionGrant;
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, ErrorBody, ErrorCode, RoomId, Sequence, Timestamp, UserId,
};
use zeroize::Zeroizing;

/// So often something is asked again that the server puts off.
const TRIES: usize = 100;

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entering {
    /// By the rules.
    Honestly,
    /// With another secret under the right id of the link's PSK.
    WithWrongPsk,
    /// With path secrets that are garbage.
    WithGarbage,
}

/// See the module.
pub struct Hostile {
    http: reqwest::Client,
    url: String,
    token: String,
    user: UserId,
    device: MlsDevice,
    provider: Provider<MemoryKeyValue>,
    inside: Option<Inside>,
}

/// Where it came in.
struct Inside {
    group: Group,
    counter: u64,
    seen: SeenEntry,
}

impl Hostile {
    /// A guest with that name.
    pub(crate) async fn arrive(name: &str, url: String) -> Result<Self> {
        let (identity, key) = (IdentityKey::generate()?, DeviceKey::generate()?);
        let user = UserId::from_bytes(random());
        let body = DeviceCertificateBody {
            version: certificate_version(),
            user,
            kind: UserKind::Guest,
            name: name.parse()?,
            device: DeviceId::from_bytes(random()),
            identity_key: identity.public().to_vec().into(),
            signature_key: key.public().to_vec().into(),
            issued_at: Timestamp::from_millis(1),
        };
        let certificate = identity.certify(body)?;
        let mut hostile = Self {
            http: reqwest::Client::new(),
            url,
            token: String::new(),
            user,
            device: MlsDevice { key, certificate },
            provider: Provider::new(MemoryKeyValue::default()),
            inside: None,
        };
        let request = CreateGuestRequest {
            user,
            certificate: hostile.device.certificate.clone().into(),
            proof: None,
        };
        let grant: SessionGrant = hostile.post("/api/v1/guests", &request).await?;
        hostile.token = grant.access_token;
        Ok(hostile)
    }

    /// Who they are.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Their leaf in the group.
    pub fn leaf(&self) -> Result<u32> {
        Ok(self.inside.as_ref().context("outside")?.group.own_leaf())
    }

    /// Comes into a room by its link, in whatever way; fails with the server's code.
    pub async fn enters(&mut self, link: &str, how: Entering) -> Result<Accepted> {
        let secret = Secret::of(link)?;
        let material: GroupResponse = self
            .patiently("/api/v1/rooms/enter", async || Ok(secret.request()))
            .await?;
        let epoch = read_group_info(material.group_info.as_slice())?.epoch;
        let (group, commit) = self.join(&secret, &material, how)?;
        let request = JoinRequest {
            conversation: material.conversation,
            epoch,
            commit: bundle(1, commit),
            admission_token: Some(secret.request().admission_token),
        };
        let path = format!("/api/v1/conversations/{}/join", material.conversation);
        let accepted: Accepted = self.patiently(&path, async || Ok(request.clone())).await?;
        let seen = seen_at(&group, accepted.sequence);
        self.inside = Some(Inside {
            group,
            counter: 1,
            seen,
        });
        Ok(accepted)
    }

    fn join(
        &self,
        secret: &Secret,
        material: &GroupResponse,
        how: Entering,
    ) -> Result<(Group, PendingCommit)> {
        let rotation = read_group_info(material.group_info.as_slice())?.profile.room;
        let mut psk = RoomPsk {
            rotation: rotation.context("no room")?.rotation,
            secret: secret.derive(b"undertone room psk v1"),
        };
        if how == Entering::WithWrongPsk {
            psk.secret = Zeroizing::new([0; 32]);
        }
        let join = ExternalJoin {
            group_info: material.group_info.as_slice(),
            ratchet_tree: material.ratchet_tree.as_slice(),
            psk: Some(&psk),
            seen: &nothing_seen(),
        };
        // What is left of an earlier try stands in the way.
        if let Some(old) = Group::load(&self.provider, material.conversation)? {
            old.delete(&self.provider)?;
        }
        let joined = match how {
            Entering::WithGarbage => rogue::join_externally(&self.provider, &self.device, join)?,
            _ => Group::join_externally(&self.provider, &self.device, join)?,
        };
        Ok((joined.group, joined.commit))
    }

    /// Commits to fresh keys, in whatever way, after reading what others committed before; fails with the
    /// server's code.
    pub async fn commits(&mut self, spoil: &Spoil) -> Result<Accepted> {
        for _ in 0..TRIES {
            self.catches_up().await?;
            let Self {
                provider,
                device,
                inside,
                ..
            } = &mut *self;
            let inside = inside.as_mut().context("outside")?;
            let conversation = inside.group.conversation();
            let epoch = inside.group.epoch();
            let before = provider.store().clone();
            let made = rogue::commit(&mut inside.group, (&*provider, &*device), &inside.seen, spoil)?;
            let request = SubmitCommitRequest {
                conversation,
                epoch,
                commit: bundle(inside.counter.saturating_add(1), made),
                room: None,
            };
            let path = format!("/api/v1/conversations/{conversation}/commits");
            match self.post::<_, Accepted>(&path, &request).await {
                Ok(accepted) => {
                    let inside = self.inside.as_mut().context("outside")?;
                    inside.counter = accepted.counter.0;
                    inside.seen = seen_at(&inside.group, accepted.sequence);
                    return Ok(accepted);
                }
                Err(error) => {
                    self.goes_back(before, conversation)?;
                    self.waits_or_fails(error).await?;
                }
            }
        }
        bail!("the server puts it off for ever")
    }

    /// The group as it was: the commit was refused.
    fn goes_back(&mut self, before: MemoryKeyValue, conversation: ConversationId) -> Result<()> {
        self.provider = Provider::new(before);
        let group = Group::load(&self.provider, conversation)?.context("no group")?;
        self.inside.as_mut().context("outside")?.group = group;
        Ok(())
    }

    /// Applies what others committed.
    async fn catches_up(&mut self) -> Result<()> {
        loop {
            let inside = self.inside.as_ref().context("outside")?;
            let (conversation, after) = (inside.group.conversation(), inside.seen.sequence);
            let path = format!(
                "/api/v1/conversations/{conversation}/log?after={}&limit=200",
                after.0
            );
            let page: LogPage = self.get(&path).await?;
            let Some(last) = page.entries.last().map(|entry| entry.sequence) else {
                return Ok(());
            };
            let inside = self.inside.as_mut().context("outside")?;
            for entry in &page.entries {
                if entry.kind == EntryKind::Proposal && entry.epoch == inside.group.epoch() {
                    inside
                        .group
                        .apply_proposal(&self.provider, entry.payload.as_slice())?;
                }
                if entry.kind == EntryKind::Commit && entry.epoch == inside.group.epoch() {
                    inside
                        .group
                        .apply_commit(&self.provider, entry.payload.as_slice())?;
                    inside.seen = seen_at(&inside.group, entry.sequence);
                }
            }
            inside.seen.sequence = last;
        }
    }

    /// Asks until the server does not put it off any more.
    async fn patiently<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        request: impl AsyncFn() -> Result<Q>,
    ) -> Result<A> {
        for _ in 0..TRIES {
            match self.post(path, &request().await?).await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.waits_or_fails(error).await?,
            }
        }
        bail!("the server puts it off for ever")
    }

    /// Waits as long as the server says, if it says so.
    async fn waits_or_fails(&self, error: anyhow::Error) -> Result<()> {
        let body = error.downcast::<ErrorBody>()?;
        let again = matches!(
            body.code,
            ErrorCode::JoinQueued | ErrorCode::RateLimited | ErrorCode::EpochStale
        );
        ensure!(again, body);
        let wait = body.retry_after_ms.unwrap_or(0).clamp(1, 5_000);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        Ok(())
    }

    async fn post<Q: Serialize, A: DeserializeOwned>(&self, path: &str, request: &Q) -> Result<A> {
        let call = self.http.post(format!("{}{path}", self.url)).json(request);
        self.answer(call).await
    }

    async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A> {
        self.answer(self.http.get(format!("{}{path}", self.url))).await
    }

    async fn answer<A: DeserializeOwned>(&self, call: reqwest::RequestBuilder) -> Result<A> {
        let call = if self.token.is_empty() {
            call
        } else {
            call.bearer_auth(&self.token)
        };
        let response = call.send().await?;
        if response.status().is_success() {
            return Ok(response.json().await?);
        }
        let refused: ErrorResponse = response.json().await?;
        Err(refused.error.into())
    }
}

/// The secret of a link, and what is derived from it.
struct Secret(Vec<u8>);

impl Secret {
    fn of(link: &str) -> Result<Self> {
        let (_, secret) = link.split_once('#').context("a link has a secret")?;
        Ok(Self(BASE32_NOPAD.decode(secret.to_ascii_uppercase().as_bytes())?))
    }

    fn derive<const N: usize>(&self, label: &[u8]) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        // Only more than 8,160 bytes would be too many.
        let _fits = Hkdf::<Sha256>::new(None, &self.0).expand(label, out.as_mut_slice());
        out
    }

    fn request(&self) -> RoomRequest {
        RoomRequest {
            room: RoomId::from_bytes(*self.derive(b"undertone room id v1")),
            admission_token: self
                .derive::<32>(b"undertone room admission v1")
                .as_slice()
                .into(),
        }
    }
}

fn bundle(counter: u64, commit: PendingCommit) -> CommitBundle {
    CommitBundle {
        counter: Counter(counter),
        commit: commit.commit.into(),
        group_info: commit.group_info.into(),
        welcome: commit.welcome.map(Into::into),
    }
}

fn nothing_seen() -> SeenEntry {
    SeenEntry {
        sequence: Sequence(0),
        running_hash: Bytes::default(),
    }
}

/// What a device has seen that has just processed a commit at this place.
fn seen_at(group: &Group, sequence: Sequence) -> SeenEntry {
    let hash = Sha256::new()
        .chain_update(b"Undertone history v1\0")
        .chain_update(group.epoch_authenticator())
        .finalize();
    SeenEntry {
        sequence,
        running_hash: hash.as_slice().into(),
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}
