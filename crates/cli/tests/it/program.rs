//! The program as a shell or a CI system starts it: arguments, an environment of exactly what is stated, and then the
//! exit code and both outputs.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStderr, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use xen4centos_process::{Invocation, Tool};

/// Far longer than anything here takes on a busy machine; a hang must not hold the suite for ever.
const PATIENCE: Duration = Duration::from_secs(600);

/// One call of the program, not yet started.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    program: &'static str,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl Call {
    pub(crate) fn new<A: AsRef<str>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let environment = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/nonexistent"),
        ];
        Self {
            program: env!("CARGO_BIN_EXE_xen4centos"),
            arguments: arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    pub(crate) fn args<A: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With the mask that a cautious or careless shell sets for new files.
    pub(crate) fn umask(self, mask: &str) -> Self {
        self.after(&format!("umask {mask}"))
    }

    /// From another directory than that of the tests.
    pub(crate) fn in_directory(self, directory: &camino::Utf8Path) -> Self {
        self.after(&format!("cd '{directory}'"))
    }

    /// From a shell that has done something before.
    fn after(mut self, command: &str) -> Self {
        let line = format!("{command} && exec \"$0\" \"$@\"");
        let before = ["-c", &line, self.program].map(str::to_owned);
        self.arguments.splice(0..0, before);
        self.program = "/bin/sh";
        self
    }

    /// With a terminal of its own for all that it prints, which becomes this call's standard output.
    pub(crate) fn on_a_terminal(mut self) -> Self {
        let words =
            [env!("CARGO_BIN_EXE_xen4centos")].into_iter().chain(self.arguments.iter().map(String::as_str));
        let line: Vec<String> = words.map(|word| format!("'{word}'")).collect();
        self.program = "script";
        self.arguments =
            ["--quiet", "--return", "--command", &line.join(" "), "/dev/null"].map(str::to_owned).into();
        self.env("TERM", "xterm")
    }

    /// Starts it as the leader of its own process group, so that a test can kill all of it and nothing else.
    #[expect(clippy::disallowed_methods, reason = "the program under test is no tool of the project")]
    pub(crate) fn start(&self) -> Running {
        let child = Command::new(self.program)
            .args(&self.arguments)
            .current_dir("/")
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        Running { child, stderr: None, call: self.clone() }
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Run {
        let mut running = self.start();
        let stdout = in_background(running.child.stdout.take().unwrap());
        let stderr = in_background(running.child.stderr.take().unwrap());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "{self:?} does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        Run {
            code: status.code(),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
            call: self.clone(),
        }
    }
}

fn in_background(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}

/// A call that has not ended. It is killed when dropped, whatever becomes of the test.
pub(crate) struct Running {
    child: Child,
    /// Kept open, so that a program that is about to be killed does not end by a closed pipe before.
    stderr: Option<BufReader<ChildStderr>>,
    call: Call,
}

impl Running {
    /// Waits for a line on standard error that holds one of `texts`, and says which; `None` when the program ended
    /// without.
    pub(crate) fn reaches(&mut self, texts: &[&str]) -> Option<usize> {
        let child = &mut self.child;
        let stderr = self.stderr.get_or_insert_with(|| BufReader::new(child.stderr.take().unwrap()));
        stderr
            .lines()
            .map_while(Result::ok)
            .find_map(|line| texts.iter().position(|text| line.contains(text)))
    }

    /// The first line of standard output.
    pub(crate) fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Kills the whole process group with SIGKILL; the program's code runs no more.
    pub(crate) fn kill(mut self) {
        self.kill_group();
    }

    fn kill_group(&mut self) {
        if self.child.try_wait().unwrap().is_some() {
            return;
        }
        let group = format!("kill -s KILL -- -{}", self.child.id());
        // It may have ended in between.
        drop(Invocation::new(Tool::Sh, "/").args(["-c", &group]).run());
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.call.fmt(formatter)
    }
}

/// How a call ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    call: Call,
}

impl Run {
    /// Goes on only with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }

    /// Every one of these stands in what was said to people.
    #[track_caller]
    pub(crate) fn says<'t>(self, texts: impl IntoIterator<Item = &'t str>) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not said\n{}", self.all());
        }
        self
    }

    /// Every one of these stands in the data.
    #[track_caller]
    pub(crate) fn prints<'t>(self, texts: impl IntoIterator<Item = &'t str>) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "`{text}` is not printed\n{}", self.all());
        }
        self
    }

    /// The data, which must be one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.all()))
    }

    fn all(&self) -> String {
        format!(
            "{:?} ended with {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.call.arguments, self.code, self.stdout, self.stderr
        )
    }
}
