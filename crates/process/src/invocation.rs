use std::{
    collections::{BTreeMap, VecDeque},
    ffi::{OsStr, OsString},
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{ProcessError, StopFlag, Tool};

/// Where every program is looked for; the caller's own `PATH` is not used, so that two machines with the same
/// packages run the same programs.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many of the last lines of a log a failure carries.
const TAIL_LINES: usize = 40;

/// What is longer is no line to a reader and is handed on in pieces of this many bytes, so that a child that never ends
/// its line takes no more memory than one that does.
const LINE_LENGTH: u64 = 16 * 1024;

/// How often a running child is looked at: whether it is late, to be stopped, or gone while something that it
/// started still holds its output.
const TICK: Duration = Duration::from_millis(50);

/// What a child reads on its standard input.
#[derive(Clone, Debug)]
pub enum Stdin {
    /// Nothing.
    Null,
    /// These bytes.
    Bytes(Vec<u8>),
    /// This file, from its start: the way to hand over more than fits in memory.
    File(Utf8PathBuf),
    /// This file from `offset` on, in bytes.
    FileFrom {
        /// The file.
        path: Utf8PathBuf,
        /// Bytes to leave out.
        offset: u64,
    },
}

/// What a child left behind when it ended with status 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text, without the final newline; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches('\n').to_owned()
    }
}

/// A program, its arguments, its directory and its whole environment, as a value.
#[derive(Clone, Debug)]
pub struct Invocation {
    tool: Tool,
    arguments: Vec<OsString>,
    directory: Utf8PathBuf,
    environment: BTreeMap<String, String>,
    stdin: Stdin,
    time_limit: Option<Duration>,
    stop: StopFlag,
}

impl Invocation {
    /// `tool` in `directory`, with the environment that every child gets: `PATH`, `LC_ALL=C.UTF-8`, `TZ=UTC`
    /// and `HOME` (the directory itself, so that no program finds a maintainer's own settings).
    pub fn new(tool: Tool, directory: impl Into<Utf8PathBuf>) -> Self {
        let directory = directory.into();
        let environment = BTreeMap::from([
            ("PATH".to_owned(), SEARCH_PATH.to_owned()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
            ("HOME".to_owned(), directory.to_string()),
        ]);
        Self {
            tool,
            arguments: Vec::new(),
            directory,
            environment,
            stdin: Stdin::Null,
            time_limit: None,
            stop: StopFlag::default(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the child's environment, or replaces one of the four that every child gets.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Gives the child an input; without this it reads nothing.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Kills the child when it runs longer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Kills the child when the flag is raised.
    #[must_use]
    pub fn stopped_by(mut self, flag: &StopFlag) -> Self {
        self.stop = flag.clone();
        self
    }

    /// Puts another program before this one, which becomes its arguments: `unshare --net -- make all`.
    #[must_use]
    pub fn wrapped_by<A: AsRef<OsStr>>(
        mut self,
        wrapper: Tool,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut all: Vec<OsString> =
            arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        all.push(self.tool.program().into());
        all.append(&mut self.arguments);
        self.arguments = all;
        self.tool = wrapper;
        self
    }

    /// A line that does the same when pasted into a POSIX shell.
    pub fn command_line(&self) -> String {
        let mut line = format!("cd {} && env -i", quote(self.directory.as_str()));
        for (name, value) in &self.environment {
            write!(line, " {name}={}", quote(value)).expect("writing to a string does not fail");
        }
        write!(line, " {}", self.tool).expect("writing to a string does not fail");
        for argument in &self.arguments {
            line.push(' ');
            line.push_str(&quote(&argument.to_string_lossy()));
        }
        line
    }

    /// Runs it to its end and returns what it printed.
    ///
    /// # Errors
    /// When it is not installed, can not be started, ends with another status than 0, by a signal, or too late.
    pub fn run(&self) -> Result<Output, ProcessError> {
        let mut child = self.start(Stdio::piped())?;
        let stdout = child.stdout.take().map(read_in_background);
        let stderr = child.stderr.take().map(read_in_background);
        let feeding = self.feed(&mut child);
        let status = self.wait(&mut child)?;
        let join = |reader: Option<Reader>| reader.map_or_else(Vec::new, |r| r.join().unwrap_or_default());
        let output = Output { stdout: join(stdout), stderr: join(stderr) };
        if !status.success() {
            return Err(self.failure(status, &String::from_utf8_lossy(&output.stderr)));
        }
        feeding?;
        Ok(output)
    }

    /// Runs it to its end with both outputs going, line by line, to the file `log` (created or appended to)
    /// and to `line`. Lines of more than 16 KiB go in pieces.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when the log can not be written. The failure carries the last 40 lines.
    pub fn run_logged(&self, log: &Utf8Path, line: impl FnMut(&str)) -> Result<(), ProcessError> {
        let log_failed = |source| ProcessError::Log { path: log.to_owned(), source };
        let file = fs_err::OpenOptions::new().create(true).append(true).open(log).map_err(log_failed)?;
        let (reader, writer) = std::io::pipe().map_err(|source| self.pipe_failed(source))?;
        let mut child = self.start_into(writer)?;
        let feeding = self.feed(&mut child);
        let copied = self.copy_lines(&mut child, &lines_in_background(reader), file, line);
        let tail = match copied {
            Ok(tail) => tail,
            Err(error) => {
                end(&mut child);
                return Err(match error {
                    CopyError::Log(source) => log_failed(source),
                    CopyError::Watch(error) => error,
                });
            }
        };
        let status = self.wait(&mut child)?;
        if !status.success() {
            return Err(self.failure(status, &Vec::from(tail).join("\n")));
        }
        feeding
    }

    /// Copies lines until both outputs are closed, or the child is gone and nothing more comes from what it
    /// left behind. Returns the last ones.
    fn copy_lines(
        &self,
        child: &mut Child,
        lines: &Receiver<Vec<u8>>,
        mut file: fs_err::File,
        mut line: impl FnMut(&str),
    ) -> Result<VecDeque<String>, CopyError> {
        let start = Instant::now();
        let mut tail = VecDeque::with_capacity(TAIL_LINES);
        loop {
            match lines.recv_timeout(TICK) {
                Ok(bytes) => {
                    file.write_all(&bytes).map_err(CopyError::Log)?;
                    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                    line(&text);
                    if tail.len() == TAIL_LINES {
                        tail.pop_front();
                    }
                    tail.push_back(text);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(tail),
                Err(RecvTimeoutError::Timeout) => {
                    let ended =
                        child.try_wait().map_err(|source| CopyError::Watch(self.pipe_failed(source)))?;
                    if ended.is_some() {
                        return Ok(tail);
                    }
                }
            }
            self.check_patience(start).map_err(CopyError::Watch)?;
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this crate is the door that the ban points to")]
    fn command(&self) -> Command {
        let mut command = Command::new(self.tool.program());
        command.args(&self.arguments).current_dir(&self.directory).env_clear().envs(&self.environment);
        command
    }

    fn start(&self, output: Stdio) -> Result<Child, ProcessError> {
        let mut command = self.command();
        command.stdin(self.stdin_handle()?).stdout(output).stderr(Stdio::piped());
        self.spawn(&mut command)
    }

    /// The command is dropped before this returns, and with it the parent's ends of the pipe: otherwise the
    /// reader would wait for ever.
    fn start_into(&self, writer: std::io::PipeWriter) -> Result<Child, ProcessError> {
        let second = writer.try_clone().map_err(|source| self.pipe_failed(source))?;
        let mut command = self.command();
        command.stdin(self.stdin_handle()?).stdout(writer).stderr(second);
        self.spawn(&mut command)
    }

    fn spawn(&self, command: &mut Command) -> Result<Child, ProcessError> {
        command.spawn().map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound && self.directory.is_dir() {
                ProcessError::NotInstalled { program: self.tool.program().to_owned() }
            } else {
                ProcessError::Start { command: self.command_line(), source }
            }
        })
    }

    fn stdin_handle(&self) -> Result<Stdio, ProcessError> {
        Ok(match &self.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::Bytes(_) => Stdio::piped(),
            Stdin::File(path) => self.open(path, 0)?,
            Stdin::FileFrom { path, offset } => self.open(path, *offset)?,
        })
    }

    fn open(&self, path: &Utf8Path, offset: u64) -> Result<Stdio, ProcessError> {
        let mut file = fs_err::File::open(path).map_err(|source| self.pipe_failed(source))?;
        file.seek(SeekFrom::Start(offset)).map_err(|source| self.pipe_failed(source))?;
        Ok(Stdio::from(file.into_parts().0))
    }

    /// Children that close their input early are not an error here: their exit status says whether they
    /// needed it.
    fn feed(&self, child: &mut Child) -> Result<(), ProcessError> {
        if let (Stdin::Bytes(bytes), Some(mut pipe)) = (&self.stdin, child.stdin.take()) {
            match pipe.write_all(bytes) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    return Err(self.pipe_failed(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn wait(&self, child: &mut Child) -> Result<ExitStatus, ProcessError> {
        let start = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            if let Some(status) = child.try_wait().map_err(|source| self.pipe_failed(source))? {
                return Ok(status);
            }
            if let Err(error) = self.check_patience(start) {
                end(child);
                return Err(error);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(TICK);
        }
    }

    fn check_patience(&self, start: Instant) -> Result<(), ProcessError> {
        if self.stop.is_raised() {
            return Err(ProcessError::Stopped { command: self.command_line() });
        }
        match self.time_limit {
            Some(limit) if start.elapsed() > limit => {
                Err(ProcessError::TimedOut { command: self.command_line(), seconds: limit.as_secs() })
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, status: ExitStatus, stderr: &str) -> ProcessError {
        let lines: Vec<&str> = stderr.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
        ProcessError::Failed { command: self.command_line(), ending: describe(status), stderr: tail }
    }

    fn pipe_failed(&self, source: std::io::Error) -> ProcessError {
        ProcessError::Pipe { command: self.command_line(), source }
    }
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

/// Why lines could not be copied to their end.
enum CopyError {
    Log(std::io::Error),
    Watch(ProcessError),
}

/// Both calls fail only when the child ended in the meantime.
fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// The reader is a thread of its own because a line may never come: the child's own children can hold the pipe
/// open after it was killed. It ends when they do.
fn lines_in_background(pipe: std::io::PipeReader) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(1024);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        loop {
            let mut bytes = Vec::new();
            match pipe.by_ref().take(LINE_LENGTH).read_until(b'\n', &mut bytes) {
                Ok(length) if length > 0 && sender.send(bytes).is_ok() => {}
                // End of the output, a failed read, or nobody listening any more.
                _ => return,
            }
        }
    });
    receiver
}

fn read_in_background(mut pipe: impl Read + Send + 'static) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is still worth showing.
        drop(pipe.read_to_end(&mut bytes));
        bytes
    })
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}{}", signal_name(signal)),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        6 => " (SIGABRT)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

/// Single quotes where a shell would otherwise change the word.
fn quote(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+=:,@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uname() -> Invocation {
        Invocation::new(Tool::Uname, "/")
    }

    #[test]
    fn command_line_can_be_pasted() {
        let line = uname().arg("it's").arg("").env("A", "b c").command_line();
        assert_eq!(
            line,
            format!(
                "cd / && env -i A='b c' HOME=/ LC_ALL=C.UTF-8 PATH={SEARCH_PATH} TZ=UTC uname 'it'\\''s' ''"
            )
        );
    }

    #[test]
    fn output_is_returned() {
        assert_eq!(uname().run().unwrap().text(), "Linux");
    }

    #[test]
    fn failure_names_status_and_stderr() {
        let error = uname().arg("--no-such-option").run().unwrap_err().to_string();
        assert!(error.contains("exited with status 1"), "{error}");
        assert!(error.contains("no-such-option"), "{error}");
    }

    #[test]
    fn log_holds_both_outputs() {
        let directory = std::env::temp_dir().join(format!("xen4centos-process-{}", std::process::id()));
        fs_err::create_dir_all(&directory).unwrap();
        let log = Utf8PathBuf::from_path_buf(directory.join("log")).unwrap();
        let mut lines = Vec::new();
        uname().run_logged(&log, |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["Linux"]);
        assert_eq!(fs_err::read_to_string(&log).unwrap(), "Linux\n");
        assert!(uname().arg("--bad").run_logged(&log, |_| {}).is_err());
        fs_err::remove_dir_all(&directory).unwrap();
    }

    /// Waits far longer than the test, in a process of its own and without children.
    fn sleeper() -> Invocation {
        Invocation::new(Tool::Setpriv, "/").args(["--pdeathsig", "KILL", "--", "sleep", "600"])
    }

    #[test]
    fn silent_child_is_killed_when_late() {
        let directory = tempfile::tempdir().unwrap();
        let log = Utf8PathBuf::from_path_buf(directory.path().join("log")).unwrap();
        let late = sleeper().time_limit(Duration::from_millis(100));
        assert!(matches!(late.run_logged(&log, |_| {}), Err(ProcessError::TimedOut { .. })));
        assert!(matches!(late.run(), Err(ProcessError::TimedOut { .. })));
    }

    #[test]
    fn raised_flag_kills_the_child() {
        let directory = tempfile::tempdir().unwrap();
        let log = Utf8PathBuf::from_path_buf(directory.path().join("log")).unwrap();
        let flag = StopFlag::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                flag.raise();
            });
            let result = sleeper().stopped_by(&flag).run_logged(&log, |_| {});
            assert!(matches!(result, Err(ProcessError::Stopped { .. })), "{result:?}");
        });
    }

    #[test]
    fn orphan_that_keeps_the_output_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let log = Utf8PathBuf::from_path_buf(directory.path().join("log")).unwrap();
        // `make` ends at once; its background child holds the pipe for three seconds.
        let makefile = b"all:\n\t@sleep 3 & echo started\n".to_vec();
        let start = Instant::now();
        Invocation::new(Tool::Make, "/")
            .args(["-f", "-"])
            .stdin(Stdin::Bytes(makefile))
            .run_logged(&log, |_| {})
            .unwrap();
        assert!(start.elapsed() < Duration::from_secs(2));
        assert_eq!(fs_err::read_to_string(&log).unwrap(), "started\n");
    }

    #[test]
    fn line_without_end_comes_in_pieces() {
        let directory = tempfile::tempdir().unwrap();
        let log = Utf8PathBuf::from_path_buf(directory.path().join("log")).unwrap();
        let makefile = b"all:\n\t@head -c 100000 /dev/zero | tr '\\0' x\n".to_vec();
        let mut lengths = Vec::new();
        Invocation::new(Tool::Make, "/")
            .args(["-f", "-"])
            .stdin(Stdin::Bytes(makefile))
            .run_logged(&log, |line| lengths.push(line.len()))
            .unwrap();
        assert_eq!(lengths.iter().sum::<usize>(), 100_000);
        assert!(lengths.iter().all(|length| *length <= 16 * 1024), "{lengths:?}");
        assert_eq!(fs_err::read_to_string(&log).unwrap(), "x".repeat(100_000));
    }

    #[test]
    fn signals_are_named() {
        assert_eq!(signal_name(9), " (SIGKILL)");
    }
}
