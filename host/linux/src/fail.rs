//! How the program ends when something is wrong: what to print, and the exit status.

/// A reason to stop. The text names what was found, what was expected and what to do.
#[derive(Debug)]
pub enum Fail {
    /// Wrong command line: exit status 2.
    Usage(String),
    /// The machine, a file or the module is not as needed: exit status 1.
    Other(String),
    /// The module trapped, or broke the ABI while running: exit status 70.
    Trap(String),
}

pub type Result<T> = std::result::Result<T, Fail>;

impl Fail {
    pub fn text(&self) -> &str {
        match self {
            Fail::Usage(t) | Fail::Other(t) | Fail::Trap(t) => t,
        }
    }

    pub fn status(&self) -> i32 {
        match self {
            Fail::Usage(_) => 2,
            Fail::Other(_) => 1,
            Fail::Trap(_) => 70,
        }
    }
}

/// Shorthand for the common case.
pub fn fail<T>(text: impl Into<String>) -> Result<T> {
    Err(Fail::Other(text.into()))
}

/// What went wrong with the file or the like that `what` names.
pub fn because(what: impl std::fmt::Display, e: impl std::fmt::Display) -> Fail {
    Fail::Other(format!("{what}: {e}"))
}

/// Puts the system's last error behind `what`.
pub fn os(what: &str) -> Fail {
    because(what, std::io::Error::last_os_error())
}
