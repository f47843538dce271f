//! The only door to other programs.
//!
//! A child gets an explicit directory and an environment of exactly the variables stated here; it never sees
//! the caller's. What was run can be printed as a line to paste into a shell, and a failure names the exit
//! status or the signal and carries what the program said. **No shell is ever called**, and nothing here
//! decides anything by the prose of another program's output.

mod error;
mod invocation;
mod stop;
mod tool;

pub use error::ProcessError;
pub use invocation::{Invocation, Output, Stdin};
pub use stop::StopFlag;
pub use tool::Tool;
