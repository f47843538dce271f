use camino::Utf8PathBuf;

/// What can go wrong with a child process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program is not in the search path.
    #[error("program `{program}` is not installed")]
    NotInstalled {
        /// The name looked up.
        program: String,
    },
    /// The program exists and could not be started.
    #[error("could not start `{command}`")]
    Start {
        /// The pasteable command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Input could not be given to it, or output not taken from it.
    #[error("lost the connection to `{command}`")]
    Pipe {
        /// The pasteable command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log file could not be written.
    #[error("could not write the log `{path}`")]
    Log {
        /// The log file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended with a status other than 0, or by a signal.
    #[error("`{command}` {ending}{}", stderr_block(.stderr))]
    Failed {
        /// The pasteable command line.
        command: String,
        /// `exited with status 1` or `was killed by signal 9 (SIGKILL)`.
        ending: String,
        /// The last lines of its standard error (or of its log).
        stderr: String,
    },
    /// It did not end in the time it was given, and was killed.
    #[error("`{command}` did not end within {seconds} s and was killed")]
    TimedOut {
        /// The pasteable command line.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// Somebody raised the flag that stops it.
    #[error("`{command}` was killed because it was told to stop")]
    Stopped {
        /// The pasteable command line.
        command: String,
    },
}

fn stderr_block(stderr: &str) -> String {
    if stderr.trim().is_empty() { String::new() } else { format!(":\n{}", stderr.trim_end()) }
}
