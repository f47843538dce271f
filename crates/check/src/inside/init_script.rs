//! Init scripts as chkconfig 1.3.49 reads them.

use std::collections::BTreeSet;

/// What it takes from a script's comments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Service {
    /// The levels that it is started in, a bit each; `None` where nothing says so.
    levels: Option<u32>,
    /// The line `# chkconfig:`.
    has_priorities: bool,
    pub(super) has_description: bool,
    /// `### BEGIN INIT INFO`
    is_lsb: bool,
}

/// Highest priority and highest run level.
const MOST_PRIORITY: i64 = 99;
const MOST_LEVEL: char = '6';

impl Service {
    /// Goes as chkconfig does: line by line, until levels and a description are known.
    pub(super) fn read(script: &str) -> Result<Self, String> {
        let mut service = Self::default();
        for line in script.split('\n') {
            if service.levels.is_some() && service.has_description {
                break;
            }
            let Some(comment) = line.trim_start().strip_prefix('#') else { continue };
            service.is_lsb |= comment.starts_with("## BEGIN INIT INFO");
            service.comment(comment.trim_start())?;
        }
        if service.levels.is_none() {
            return Err("has no line `# chkconfig: LEVELS START STOP`".to_owned());
        }
        if !service.is_lsb && !service.has_priorities {
            return Err("has no line `# chkconfig:` with priorities".to_owned());
        }
        Ok(service)
    }

    fn comment(&mut self, comment: &str) -> Result<(), String> {
        if let Some(rest) = comment.strip_prefix("chkconfig:") {
            let levels = levels(rest)
                .ok_or_else(|| format!("has `# {}`, which chkconfig does not take", comment.trim_end()))?;
            self.has_priorities = true;
            self.levels.get_or_insert(levels);
        } else if let Some(rest) = comment.strip_prefix("Default-Start:") {
            for level in numbers(rest) {
                *self.levels.get_or_insert(0) |= 1 << level;
            }
        } else if let Some(rest) = comment.strip_prefix("Default-Stop:") {
            for level in numbers(rest) {
                *self.levels.get_or_insert(0) &= !(1 << level);
            }
        } else if ["description:", "Description:", "Short-Description:"]
            .iter()
            .any(|key| comment.starts_with(key))
        {
            self.has_description = true;
        }
        Ok(())
    }
}

/// `2345 97 01`, or `- 97 01`: of the line no more than that is read, and a blank has to follow.
fn levels(line: &str) -> Option<u32> {
    let mut words = line.split_whitespace();
    let levels = words.next()?;
    for word in [words.next()?, words.next()?] {
        word.parse().ok().filter(|priority: &i64| (0..=MOST_PRIORITY).contains(priority))?;
    }
    if levels == "-" {
        return Some(0);
    }
    levels.chars().try_fold(0, |bits, level| {
        let level = level.to_digit(10).filter(|_| level <= MOST_LEVEL)?;
        Some(bits | 1 << level)
    })
}

fn numbers(text: &str) -> impl Iterator<Item = u32> {
    let parsed = text.split_whitespace().map_while(|word| word.parse().ok());
    parsed.filter(|level| *level <= 6)
}

/// What an LSB header must have; levels are left out by services that are off at first.
const KEYS: [&str; 4] = ["Provides", "Required-Start", "Required-Stop", "Short-Description"];

/// What a header between `### BEGIN INIT INFO` and `### END INIT INFO` lacks; nothing where there is no header.
pub(super) fn lsb_faults(script: &str) -> Vec<String> {
    let mut lines = script.lines().map(str::trim_end);
    if !lines.by_ref().any(|line| line == "### BEGIN INIT INFO") {
        return Vec::new();
    }
    let mut keys = BTreeSet::new();
    let mut is_closed = false;
    for line in lines {
        if line == "### END INIT INFO" {
            is_closed = true;
            break;
        }
        let Some(comment) = line.strip_prefix('#') else { break };
        keys.extend(comment.trim_start().split_once(':').map(|(key, _)| key.to_owned()));
    }
    if !is_closed {
        return vec!["has `### BEGIN INIT INFO` without `### END INIT INFO`".to_owned()];
    }
    let missing: Vec<_> = KEYS.into_iter().filter(|key| !keys.contains(*key)).collect();
    if missing.is_empty() {
        Vec::new()
    } else {
        vec![format!("has no {} in its LSB header", missing.join(", "))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, is_taken: bool) {
        let found = Service::read(script);
        assert_eq!(found.is_ok(), is_taken, "{script}\n{found:?}");
    }

    #[test]
    fn lines_that_chkconfig_takes() {
        check("#!/bin/sh\n# chkconfig: 2345 97 01\n# description: a\n", true);
        check("# chkconfig: - 97 01\n", true);
        check("  #chkconfig: 2345 0 99 more\n", true);
        check("# chkconfig: 2345 97\n# description: a\n", false);
        check("# chkconfig: 2347 97 01\n", false);
        check("# chkconfig: on 97 01\n", false);
        check("# chkconfig: 2345 100 01\n", false);
        check("# chkconfig: 2345 -1 01\n", false);
        check("# chkconfig:\n", false);
        check("# description: a\n", false);
        check("", false);
        check("### BEGIN INIT INFO\n# Default-Start: 2 3\n# Short-Description: a\n### END INIT INFO\n", true);
        check("# Default-Start: 2 3\n# Short-Description: a\n", false);
        // Behind what it looks for it reads nothing.
        check("### BEGIN INIT INFO\n# Default-Stop: 0 1\n# Description: a\n# chkconfig: nonsense\n", true);
    }

    #[test]
    fn headers_of_lsb_are_whole() {
        let whole = "### BEGIN INIT INFO\n# Provides: a\n# Required-Start:\n# Required-Stop:\n\
                     # Short-Description: a\n### END INIT INFO\n";
        assert_eq!(lsb_faults(whole), [""; 0]);
        assert_eq!(lsb_faults("#!/bin/sh\n"), [""; 0]);
        assert_eq!(lsb_faults(&whole.replace("# Provides: a\n", "")), ["has no Provides in its LSB header"]);
        assert_eq!(lsb_faults(&whole.replace("### END INIT INFO", "echo")).len(), 1);
    }
}
