//! What all parts of a client share: store, account, groups, news and the state that is not stored.
//! It has no rules of its own.

use crate::account::Account;
use crate::change::{Change, Publisher};
use crate::client::ClientOptions;
use crate::conversation::groups::Groups;
use crate::conversation::intent;
use crate::conversation::returns::Returns;
use crate::error::ClientError;
use crate::file::{self, Uploads};
use crate::message::clock::Clock;
use crate::message::event::Suspect;
use crate::message::reaper::{self, Reaper};
use crate::message::receipt::Receipts;
use crate::message::send::Bubble;
use crate::message::share;
use crate::message::signals::Signals;
use crate::notify::push::Waking;
use crate::people::directory::Directory;
use crate::people::tell::Telling;
use crate::platform::Platform;
use crate::signal::Signal;
use crate::store::Store;
use crate::store::message::Failure;
use crate::store::sealed::SealedFiles;
use crate::sync::status::Status;
use crate::testing::Checkpoints;
use crate::transport::Transport;
use crate::transport::api::Api;
use futures::FutureExt;
use futures::future::{AbortHandle, LocalBoxFuture, abortable};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use undertone_mls::MlsDevice;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, DeviceId, Timestamp, UserId, UserName};

/// See the module.
pub(crate) struct Core {
    pub(crate) store: Rc<Store>,
    pub(crate) platform: Rc<dyn Platform>,
    pub(crate) transport: Rc<dyn Transport>,
    pub(crate) api: Api,
    pub(crate) account: Account,
    pub(crate) groups: Groups,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) server_url: String,
    /// Messages that are shown and not yet stored.
    pub(crate) bubbles: RefCell<Vec<Bubble>>,
    /// Who is online.
    pub(crate) online: RefCell<HashSet<UserId>>,
    /// Who is writing, and who is at their device.
    pub(crate) signals: Signals,
    /// How everybody is called.
    pub(crate) directory: Directory,
    /// Who is still to be told what the user tells of themselves.
    pub(crate) telling: Telling,
    /// For what the server wakes this device.
    pub(crate) waking: Waking,
    /// What was read, and is to be told.
    pub(crate) receipts: Receipts,
    /// What time it is, for messages that vanish.
    pub(crate) clock: Clock,
    /// How far their deletion is.
    pub(crate) reaper: Reaper,
    /// For whose newcomers this device shares, and when.
    pub(crate) sharing: RefCell<share::Due>,
    /// Sealed files on this device.
    pub(crate) sealed: SealedFiles,
    /// How far they are on their way to the server.
    pub(crate) uploads: Uploads,
    /// Whether the task of messages runs.
    pub(crate) chores: Cell<bool>,
    /// How the connection is.
    pub(crate) status: Status,
    /// One conversation is opened at a time, so that two calls never begin the same one twice.
    pub(crate) opening: futures::lock::Mutex<()>,
    /// One conversation is come into at a time.
    pub(crate) coming: futures::lock::Mutex<()>,
    /// What became of actions for which somebody waits.
    pub(crate) outcomes: RefCell<BTreeMap<i64, Option<Result<(), Failure>>>>,
    /// Until when no commit is made after a lost race, in milliseconds of the monotonic clock.
    pub(crate) rests: RefCell<BTreeMap<ConversationId, u64>>,
    /// Until when the server takes no message of a user who was too fast, by its clock.
    pub(crate) too_fast: RefCell<BTreeMap<ConversationId, Timestamp>>,
    /// When those are let go who asked for it, if nobody else does before; of the monotonic clock.
    pub(crate) leaving: RefCell<BTreeMap<ConversationId, u64>>,
    /// How many stand at the doors of rooms, as far as this device knows.
    pub(crate) knocks: RefCell<BTreeMap<ConversationId, u32>>,
    /// Who made the commit that this device could not process last, of each conversation.
    pub(crate) suspects: RefCell<BTreeMap<ConversationId, Suspect>>,
    /// When conversations that are lost again and again may be come into.
    pub(crate) returns: Returns,
    /// When leaves of guests who ended are looked for again, by the monotonic clock.
    pub(crate) ended_at_ms: Cell<u64>,
    /// Whether conversations are being resumed.
    pub(crate) resuming: Cell<bool>,
    /// Whether key packages are being uploaded.
    pub(crate) refilling: Cell<bool>,
    /// Told at every change; tasks that wait look again.
    pub(crate) signal: Signal,
    changes: Publisher,
    tasks: RefCell<BTreeMap<u64, AbortHandle>>,
    task_count: Cell<u64>,
}

/// Who is signed in on this device.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) user: UserId,
    pub(crate) name: UserName,
    pub(crate) device: DeviceId,
    pub(crate) identity_key: [u8; 32],
    pub(crate) mls: Rc<MlsDevice>,
    pub(crate) kind: UserKind,
}

impl Core {
    /// Opens the store and what lies over it.
    pub(crate) async fn open(options: ClientOptions) -> Result<Rc<Self>, ClientError> {
        let store = Store::open(&options.store, &options.store_key, options.checkpoints.clone()).await?;
        let api = Api::new(Rc::clone(&options.transport));
        let account = Account::new(Rc::clone(&store), Rc::clone(&options.platform), api.clone())?;
        let clock = Clock::new(store.kept_time()?, &*options.platform);
        let core = Rc::new(Self {
            groups: Groups::new(Rc::clone(&store)),
            store,
            platform: options.platform,
            transport: options.transport,
            api,
            account,
            checkpoints: options.checkpoints,
            server_url: options.server_url,
            bubbles: RefCell::default(),
            online: RefCell::default(),
            signals: Signals::default(),
            directory: Directory::default(),
            telling: Telling::default(),
            waking: Waking::default(),
            receipts: Receipts::default(),
            clock,
            reaper: Reaper::new(),
            sharing: RefCell::default(),
            sealed: SealedFiles::beside(&options.store),
            uploads: Uploads::default(),
            chores: Cell::new(false),
            status: Status::default(),
            opening: futures::lock::Mutex::new(()),
            coming: futures::lock::Mutex::new(()),
            outcomes: RefCell::default(),
            rests: RefCell::default(),
            too_fast: RefCell::default(),
            leaving: RefCell::default(),
            knocks: RefCell::default(),
            suspects: RefCell::default(),
            returns: Returns::default(),
            ended_at_ms: Cell::new(0),
            resuming: Cell::new(false),
            refilling: Cell::new(false),
            signal: Signal::default(),
            changes: Publisher::default(),
            tasks: RefCell::default(),
            task_count: Cell::new(0),
        });
        intent::begin(&core)?;
        core.store.forget_refused_parts()?;
        file::fail_interrupted(&core)?;
        // What ended while the client was closed is not shown once more; a failure comes again by the task.
        if let Err(error) = reaper::reap(&core) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "ended messages were not deleted"
            );
        }
        Ok(core)
    }

    /// Who is signed in.
    pub(crate) fn me(&self) -> Result<Me, ClientError> {
        let session = self.account.session().ok_or(ClientError::SignedOut)?;
        let identity_key = self.account.identity_key().ok_or(ClientError::SignedOut)?;
        let mls = self.account.mls_device().ok_or(ClientError::SignedOut)?;
        Ok(Me {
            user: session.user,
            name: session.name,
            device: session.device,
            identity_key,
            mls,
            kind: session.kind,
        })
    }

    /// One step: all of it is stored or none. After an error the groups are loaded anew, since what is
    /// in memory may be ahead of the store.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce() -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let result = self.store.transaction(work);
        if result.is_err() {
            self.groups.forget_all();
        }
        result
    }

    /// Tells screens and waiting tasks that something changed.
    pub(crate) fn publish(&self, change: Change) {
        self.changes.publish(change);
        self.signal.notify();
    }

    /// Waits until `look`, which is asked again at every change, finds something or fails.
    pub(crate) async fn until<T>(
        &self,
        mut look: impl FnMut() -> Result<Option<T>, ClientError>,
    ) -> Result<T, ClientError> {
        self.signal
            .until(|| match self.checkpoints.alive() {
                Ok(()) => look().transpose(),
                Err(killed) => Some(Err(killed.into())),
            })
            .await
    }

    /// A reader of the news.
    pub(crate) fn changes(&self) -> crate::change::Changes {
        self.changes.subscribe()
    }

    /// Runs a task until it ends or the client is dropped.
    pub(crate) fn spawn(self: &Rc<Self>, task: LocalBoxFuture<'static, ()>) {
        let (task, handle) = abortable(task);
        let number = self.task_count.get();
        self.task_count.set(number.wrapping_add(1));
        self.tasks.borrow_mut().insert(number, handle);
        let core = Rc::clone(self);
        let ended = task.map(move |_ended_or_aborted| {
            core.tasks.borrow_mut().remove(&number);
        });
        self.platform.spawn(ended.boxed_local());
    }

    /// Runs a task that is no harm if it fails, since whoever began it begins it again: that is noted.
    pub(crate) fn attempt(
        self: &Rc<Self>,
        failed: &'static str,
        task: impl Future<Output = Result<(), ClientError>> + 'static,
    ) {
        let noted = task.map(move |done| {
            if let Err(error) = done {
                tracing::debug!(error = &error as &dyn std::error::Error, "{failed}");
            }
        });
        self.spawn(noted.boxed_local());
    }

    /// Ends all tasks: the client is dropped.
    pub(crate) fn abort_tasks(&self) {
        for task in self.tasks.take().into_values() {
            task.abort();
        }
    }
}
