//! What can go wrong with the database, by what the caller can do about it. Refusals that are part of
//! an operation's meaning (a stale epoch, a name that is taken) are not here: they are its outcome.

use undertone_wire::ErrorCode;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The database could not do what was asked. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or the disk is full: try again later.
    #[error("the database does not answer")]
    Unavailable {
        /// What the driver said.
        #[source]
        source: Source,
    },
    /// A constraint of the schema refused the row: somebody else was faster.
    #[error("a constraint refused the row")]
    Conflict {
        /// What the driver said.
        #[source]
        source: Source,
    },
    /// A stored value is not what the program writes there: the file was changed from outside, or
    /// belongs to another version.
    #[error("unexpected value in {table}.{column}")]
    Inconsistent {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
    /// The database does not understand the statement: a mistake of this program, or a schema of
    /// another version.
    #[error("the database refused a statement")]
    Statement {
        /// What the driver said.
        #[source]
        source: Source,
    },
}

impl StoreError {
    /// The database cannot be used now, because of `source`.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable {
            source: source.into(),
        }
    }

    /// Whether SQLite cannot read the file at all: its key is another one, or it is damaged.
    pub fn is_unreadable_file(&self) -> bool {
        let Self::Unavailable { source } = self else {
            return false;
        };
        let code = source
            .downcast_ref::<rusqlite::Error>()
            .and_then(rusqlite::Error::sqlite_error_code);
        code == Some(rusqlite::ErrorCode::NotADatabase)
    }

    /// The code that a client gets.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable { .. } => ErrorCode::Unavailable,
            Self::Conflict { .. } | Self::Inconsistent { .. } | Self::Statement { .. } => ErrorCode::Internal,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let source: Source = Box::new(error);
        let code = source
            .downcast_ref::<rusqlite::Error>()
            .and_then(rusqlite::Error::sqlite_error_code);
        match code {
            Some(Code::ConstraintViolation) => Self::Conflict { source },
            Some(
                Code::DiskFull
                | Code::SystemIoFailure
                | Code::CannotOpen
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::ReadOnly
                | Code::OutOfMemory
                | Code::NotADatabase
                | Code::DatabaseCorrupt
                | Code::PermissionDenied
                | Code::OperationInterrupted,
            ) => Self::Unavailable { source },
            _ => Self::Statement { source },
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The first two characters of an SQLSTATE are its class.
        let class: Option<String> = error.code().map(|state| state.code().chars().take(2).collect());
        let source: Source = Box::new(error);
        match class.as_deref() {
            Some("23") => Self::Conflict { source },
            // No state: the connection broke. Otherwise connection, transaction rolled back,
            // resources (disk full), read-only, operator intervention, input/output.
            None | Some("08" | "25" | "40" | "53" | "55" | "57" | "58") => Self::Unavailable { source },
            Some(_) => Self::Statement { source },
        }
    }
}
