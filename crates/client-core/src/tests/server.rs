//! A delivery service in memory: logs, commits checked by the real public group, Welcomes, cursors, doors.
//! Accounts and tokens are pretended. What is appended to logs is in `plane`, doors are in `room`.

mod plane;
mod room;

use super::blobs::Blobs;
use super::ledger::{Conversation, refusal};
use super::platform::VirtualPlatform;
use crate::platform::Platform;
use futures::channel::mpsc::UnboundedSender;
use plane::Place;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::found_group;
use undertone_wire::account::{PeopleResponse, Person, PersonDetails};
use undertone_wire::conversation::{
    Accepted, ConversationKind, ConversationsResponse, CreateConversationRequest, EntryKind, LogPage,
    PendingWelcome,
};
use undertone_wire::device::DeviceSummary;
use undertone_wire::key_package::{
    ClaimKeyPackagesResponse, ClaimedKeyPackage, KeyPackageStock, UploadKeyPackagesRequest,
};
use undertone_wire::signal::{SealedSignal, Visibility};
use undertone_wire::stream::{Authenticated, ClientFrame, FetchLog, Presence, ServerFrame};
use undertone_wire::{
    Bytes, ConversationId, DeviceId, Epoch, ErrorBody, ErrorCode, Sequence, Timestamp, UserId, UserName,
};

/// A device as the server knows it.
pub(super) struct KnownDevice {
    pub(super) user: UserId,
    pub(super) name: UserName,
    pub(super) identity_key: [u8; 32],
    pub(super) certificate: Vec<u8>,
    stock: VecDeque<Bytes>,
    last_resort: Option<Bytes>,
    welcomes: Vec<PendingWelcome>,
    live: Option<UnboundedSender<ServerFrame>>,
    /// Nobody is told that it is there before its first frame.
    told: bool,
}

impl KnownDevice {
    pub(super) fn new(user: UserId, name: UserName, identity_key: [u8; 32], certificate: Vec<u8>) -> Self {
        Self {
            user,
            name,
            identity_key,
            certificate,
            stock: VecDeque::new(),
            last_resort: None,
            welcomes: Vec::new(),
            live: None,
            told: false,
        }
    }
}

#[derive(Default)]
struct State {
    clock: Option<Rc<VirtualPlatform>>,
    devices: BTreeMap<DeviceId, KnownDevice>,
    conversations: BTreeMap<ConversationId, Conversation>,
    refuse_next: Vec<ErrorCode>,
    refuse_commits: bool,
    /// What was passed on and not kept.
    signals: Vec<SealedSignal>,
    shown: BTreeMap<UserId, Visibility>,
    hidden: BTreeMap<UserId, Vec<ConversationId>>,
    /// What the server's clock is ahead of the story's.
    ahead_ms: u64,
    tamper: Option<Tamper>,
    /// Of whom the server says that they have ended.
    ended: Vec<DeviceId>,
}

/// What a lying server does to what it hands out.
pub(super) type Tamper = Box<dyn Fn(DeviceId, ServerFrame) -> Vec<ServerFrame>>;

/// What a request over HTTP is answered.
pub(super) type Answer<T> = Result<T, ErrorBody>;

/// See the module.
#[derive(Default)]
pub(super) struct FakeServer(RefCell<State>, Blobs);

/// What a backup of the server holds.
pub(super) struct Backup(BTreeMap<ConversationId, Conversation>);

impl FakeServer {
    /// Everything that was said so far.
    pub(super) fn backup(&self) -> Backup {
        Backup(self.0.borrow().conversations.clone())
    }

    /// What was said since the backup never was.
    pub(super) fn restore(&self, backup: Backup) {
        self.0.borrow_mut().conversations = backup.0;
    }

    pub(super) fn new(clock: &Rc<VirtualPlatform>) -> Rc<Self> {
        let server = Self::default();
        server.0.borrow_mut().clock = Some(Rc::clone(clock));
        Rc::new(server)
    }

    pub(super) fn know(&self, device: DeviceId, known: KnownDevice) {
        self.0.borrow_mut().devices.insert(device, known);
    }

    /// The blobs that it has.
    pub(super) fn blobs(&self) -> &Blobs {
        &self.1
    }

    /// The server's clock is so far ahead of everybody's from now on.
    pub(super) fn set_ahead(&self, milliseconds: u64) {
        self.0.borrow_mut().ahead_ms = milliseconds;
    }

    /// The signals that were passed on.
    pub(super) fn signals(&self) -> Vec<SealedSignal> {
        self.0.borrow().signals.clone()
    }

    /// To whom a user shows themselves, if they said so.
    pub(super) fn shown(&self, user: UserId) -> Option<Visibility> {
        self.0.borrow().shown.get(&user).copied()
    }

    /// Where a user is not to be seen, as they said last.
    pub(super) fn hidden(&self, user: UserId) -> Vec<ConversationId> {
        self.0.borrow().hidden.get(&user).cloned().unwrap_or_default()
    }

    /// Hands a frame to a device that is connected.
    pub(super) fn hand_out(&self, device: DeviceId, frame: ServerFrame) {
        self.0.borrow().push(device, frame);
    }

    /// How many messages a conversation had.
    pub(super) fn sent(&self, conversation: ConversationId) -> usize {
        let state = self.0.borrow();
        let log = &state.conversations[&conversation].log;
        log.iter()
            .filter(|entry| entry.kind == EntryKind::Message)
            .count()
    }

    /// What the last message of a conversation says of its end.
    pub(super) fn last_expiry(&self, conversation: ConversationId) -> Option<u32> {
        self.0.borrow().conversations[&conversation].last_expiry
    }

    /// The epoch of a conversation.
    pub(super) fn epoch(&self, conversation: ConversationId) -> Epoch {
        self.0.borrow().conversations[&conversation].epoch
    }

    /// How many commits were sent in a conversation, taken or not.
    pub(super) fn commits_tried(&self, conversation: ConversationId) -> usize {
        self.0.borrow().conversations[&conversation].tried
    }

    /// Refuses the next send with this code.
    pub(super) fn refuse_next(&self, code: ErrorCode) {
        self.0.borrow_mut().refuse_next.push(code);
    }

    /// Takes no commits, or takes them again.
    pub(super) fn refuse_commits(&self, refuse: bool) {
        self.0.borrow_mut().refuse_commits = refuse;
    }

    /// Lies from now on.
    pub(super) fn tamper(&self, tamper: impl Fn(DeviceId, ServerFrame) -> Vec<ServerFrame> + 'static) {
        self.0.borrow_mut().tamper = Some(Box::new(tamper));
    }

    /// How many entries of all logs were not yet acknowledged by everybody.
    pub(super) fn undelivered(&self) -> usize {
        let state = self.0.borrow();
        state
            .conversations
            .values()
            .map(|conversation| conversation.log.len() - conversation.gone())
            .sum()
    }

    /// Deletes everything that is older than now, delivered or not.
    pub(super) fn expire(&self) {
        for conversation in self.0.borrow_mut().conversations.values_mut() {
            conversation.expired = conversation.log.len();
        }
    }

    /// Loses all conversations and one device.
    pub(super) fn forget(&self, device: DeviceId) {
        let mut state = self.0.borrow_mut();
        state.conversations.clear();
        state.devices.remove(&device);
    }

    pub(super) fn conversation_count(&self) -> usize {
        self.0.borrow().conversations.len()
    }

    /// Welcomes that wait for devices.
    pub(super) fn welcomes_waiting(&self) -> usize {
        self.0
            .borrow()
            .devices
            .values()
            .map(|device| device.welcomes.len())
            .sum()
    }

    pub(super) fn people(&self) -> PeopleResponse {
        let state = self.0.borrow();
        let mut people: Vec<_> = state
            .devices
            .values()
            .map(|device| Person {
                user: device.user,
                name: device.name.clone(),
            })
            .collect();
        people.sort_by(|one, other| one.name.cmp(&other.name));
        people.dedup();
        PeopleResponse { people, more: false }
    }

    pub(super) fn person(&self, user: UserId) -> Answer<PersonDetails> {
        let state = self.0.borrow();
        let of_user = state.devices.iter().filter(|(_, device)| device.user == user);
        let devices: Vec<_> = of_user
            .clone()
            .map(|(id, device)| DeviceSummary {
                device: *id,
                certificate: device.certificate.clone().into(),
                registered_at: Timestamp::default(),
            })
            .collect();
        let (_, first) = of_user
            .clone()
            .next()
            .ok_or_else(|| refusal(ErrorCode::NotFound))?;
        let identity_key = first.identity_key.as_slice().into();
        Ok(PersonDetails {
            user,
            name: first.name.clone(),
            identity_key,
            devices,
        })
    }

    pub(super) fn claim(&self, user: UserId) -> ClaimKeyPackagesResponse {
        let mut state = self.0.borrow_mut();
        let mut key_packages = Vec::new();
        for (id, device) in state.devices.iter_mut().filter(|(_, device)| device.user == user) {
            if let Some(key_package) = device.stock.pop_front().or_else(|| device.last_resort.clone()) {
                key_packages.push(ClaimedKeyPackage {
                    device: *id,
                    key_package,
                });
            }
        }
        ClaimKeyPackagesResponse { key_packages }
    }

    pub(super) fn stock(&self, device: DeviceId) -> KeyPackageStock {
        let state = self.0.borrow();
        let known = &state.devices[&device];
        let available = u32::try_from(known.stock.len()).unwrap();
        KeyPackageStock {
            available,
            has_last_resort: known.last_resort.is_some(),
        }
    }

    pub(super) fn upload(&self, device: DeviceId, request: UploadKeyPackagesRequest) -> KeyPackageStock {
        {
            let mut state = self.0.borrow_mut();
            let known = state.devices.get_mut(&device).unwrap();
            known.stock.extend(request.key_packages);
            known.last_resort = request.last_resort.or(known.last_resort.take());
        }
        self.stock(device)
    }

    pub(super) fn heads(&self, device: DeviceId) -> ConversationsResponse {
        let state = self.0.borrow();
        let mine = state
            .conversations
            .iter()
            .filter(|(_, conversation)| conversation.has(device));
        ConversationsResponse {
            conversations: mine.map(|(id, c)| c.head(*id, device)).collect(),
        }
    }

    pub(super) fn create(&self, device: DeviceId, request: CreateConversationRequest) -> Answer<Accepted> {
        let mut state = self.0.borrow_mut();
        let id = request.conversation;
        if let Some(known) = state.conversations.get(&id) {
            return known
                .last
                .get(&device)
                .copied()
                .ok_or_else(|| refusal(ErrorCode::CounterConflict));
        }
        let pair = request.peer.map(|peer| {
            let mut pair = [state.devices[&device].user, peer];
            pair.sort_unstable();
            pair
        });
        let same = |known: &Conversation| pair.is_some() && known.pair == pair;
        if let Some((other, _)) = state.conversations.iter().find(|(_, known)| same(known)) {
            let mut body = refusal(ErrorCode::ConversationExists);
            body.conversation = Some(*other);
            return Err(body);
        }
        let founded = found_group(id, request.group_info.as_slice(), request.ratchet_tree.as_slice());
        let founded = founded.map_err(|error| refusal(error.code()))?;
        assert_eq!(founded.profile.kind, request.kind);
        assert_eq!(pair.is_some(), request.kind == ConversationKind::Direct);
        let mut conversation = Conversation::new(pair, founded);
        conversation.link = request.room;
        conversation.joined_at.insert(device, Sequence(0));
        state.conversations.insert(id, conversation);
        let accepted = state.commit(device, id, Epoch(0), &request.commit);
        if accepted.is_err() {
            state.conversations.remove(&id);
        }
        accepted
    }

    /// Begins a connection; answers the first frame.
    pub(super) fn authenticate(&self, device: DeviceId, frames: UnboundedSender<ServerFrame>) {
        let heads = self.heads(device).conversations;
        let mut state = self.0.borrow_mut();
        let now = state.clock();
        let presence = state.presence_for(device);
        let authenticated = Authenticated {
            now,
            expires_at: now.plus(Duration::from_mins(10)),
            heads,
            presence,
        };
        state.devices.get_mut(&device).unwrap().live = Some(frames);
        state.push(device, ServerFrame::Authenticated(authenticated));
        for welcome in state.devices[&device].welcomes.clone() {
            state.push(device, ServerFrame::Welcome(welcome));
        }
    }

    /// The connection is gone.
    pub(super) fn disconnect(&self, device: DeviceId) {
        let mut state = self.0.borrow_mut();
        let known = state.devices.get_mut(&device).unwrap();
        (known.live, known.told) = (None, false);
        let user = known.user;
        state.tell_presence(device, false);
        state.shown.remove(&user);
        state.hidden.remove(&user);
    }

    pub(super) fn receive(&self, device: DeviceId, frame: ClientFrame) {
        if let ClientFrame::Show(visibility) = &frame {
            let mut state = self.0.borrow_mut();
            let user = state.devices[&device].user;
            state.shown.insert(user, *visibility);
        }
        let before_show = matches!(frame, ClientFrame::Hide(_));
        let told = self.0.borrow().devices[&device].told;
        self.0.borrow_mut().devices.get_mut(&device).unwrap().told |= !before_show;
        if !told && !before_show {
            self.0.borrow().tell_presence(device, true);
        }
        match frame {
            ClientFrame::Authenticate(_) => {
                let live = self.0.borrow().devices[&device].live.clone();
                if let Some(live) = live {
                    self.authenticate(device, live);
                }
            }
            ClientFrame::Fetch(fetch) => self.0.borrow().hand_out_log(device, fetch),
            ClientFrame::Acknowledge(acknowledge) => {
                let mut state = self.0.borrow_mut();
                if let Some(conversation) = state.conversations.get_mut(&acknowledge.conversation) {
                    let cursor = conversation.cursors.entry(device).or_default();
                    *cursor = (*cursor).max(acknowledge.sequence);
                }
            }
            ClientFrame::AcknowledgeWelcome(acknowledge) => {
                let mut state = self.0.borrow_mut();
                let welcomes = &mut state.devices.get_mut(&device).unwrap().welcomes;
                welcomes.retain(|welcome| welcome.conversation != acknowledge.conversation);
            }
            ClientFrame::Ping => self.0.borrow().push(device, ServerFrame::Pong),
            ClientFrame::Send(_) | ClientFrame::Commit(_) | ClientFrame::Propose(_) => {
                self.0.borrow_mut().append_frame(device, frame);
            }
            ClientFrame::CannotProcess(report) => self.0.borrow_mut().cannot_process(device, report),
            ClientFrame::Signal(mut signal) => {
                let mut state = self.0.borrow_mut();
                signal.sender = device;
                state.signals.push(signal.clone());
                state.pass_on(device, &signal);
            }
            ClientFrame::Show(visibility) => {
                if visibility == Visibility::Nobody {
                    self.0.borrow().tell_presence(device, false);
                }
            }
            // What follows from it is the business of the server's own tests.
            ClientFrame::Hide(hidden) => {
                let mut state = self.0.borrow_mut();
                let user = state.devices[&device].user;
                state.hidden.insert(user, hidden);
            }
        }
    }
}

impl State {
    fn hand_out_log(&self, device: DeviceId, fetch: FetchLog) {
        let Some(known) = self.conversations.get(&fetch.conversation) else {
            return;
        };
        let gone = known.gone();
        let kept = known.log.iter().skip(gone);
        let wanted = kept
            .filter(|entry| entry.sequence > fetch.after)
            .take(fetch.limit as usize);
        let page = LogPage {
            conversation: fetch.conversation,
            entries: wanted.cloned().collect(),
            head: known.head_sequence(),
            first_kept: Sequence(gone as u64 + 1),
        };
        self.push(device, ServerFrame::Log(page));
    }

    /// Appends what a frame brings, and answers it.
    fn append_frame(&mut self, device: DeviceId, frame: ClientFrame) {
        let (conversation, counter, result) = match frame {
            ClientFrame::Send(send) => {
                let place = Place {
                    device,
                    conversation: send.conversation,
                    counter: send.counter,
                };
                (send.conversation, send.counter, self.message(place, &send))
            }
            ClientFrame::Commit(submit) => {
                let id = submit.conversation;
                let result = self.commit(device, id, submit.epoch, &submit.commit);
                if let (Ok(_), Some(link)) = (&result, submit.room) {
                    self.conversations.get_mut(&id).unwrap().link = Some(link);
                }
                (id, submit.commit.counter, result)
            }
            ClientFrame::Propose(submit) => {
                let result = self.propose(device, &submit);
                (submit.conversation, submit.counter, result)
            }
            _ => return,
        };
        let place = Place {
            device,
            conversation,
            counter,
        };
        self.answer(place, result);
    }

    /// The server's clock.
    fn clock(&self) -> Timestamp {
        let now = self.clock.as_ref().map(|clock| clock.now()).unwrap_or_default();
        now.plus(Duration::from_millis(self.ahead_ms))
    }

    fn push(&self, device: DeviceId, frame: ServerFrame) {
        let Some(live) = &self.devices[&device].live else {
            return;
        };
        let frames = match &self.tamper {
            Some(tamper) => tamper(device, frame),
            None => vec![frame],
        };
        for frame in frames {
            // A closed connection takes nothing; its device will ask again.
            drop(live.unbounded_send(frame));
        }
    }

    fn pass_on(&self, device: DeviceId, signal: &SealedSignal) {
        let Some(known) = self.conversations.get(&signal.conversation) else {
            return;
        };
        for member in known.members.iter().filter(|member| member.device != device) {
            self.push(member.device, ServerFrame::Signal(signal.clone()));
        }
    }

    fn sharers(&self, device: DeviceId) -> Vec<DeviceId> {
        let mine = self
            .conversations
            .values()
            .filter(|conversation| conversation.has(device));
        mine.flat_map(|conversation| conversation.joined_at.keys().copied())
            .filter(|id| *id != device)
            .collect()
    }

    fn hides(&self, device: DeviceId) -> bool {
        self.shown.get(&self.devices[&device].user) == Some(&Visibility::Nobody)
    }

    fn presence_for(&self, device: DeviceId) -> Vec<Presence> {
        let online = |id: &DeviceId| self.devices[id].told && !self.hides(*id);
        let sharers = self.sharers(device);
        sharers
            .iter()
            .map(|id| Presence {
                user: self.devices[id].user,
                online: online(id),
            })
            .collect()
    }

    fn tell_presence(&self, device: DeviceId, online: bool) {
        let user = self.devices[&device].user;
        let online = online && !self.hides(device);
        for sharer in self.sharers(device) {
            self.push(sharer, ServerFrame::Presence(Presence { user, online }));
        }
    }
}
