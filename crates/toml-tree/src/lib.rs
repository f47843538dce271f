//! A data file as a tree with places, and the list of what is wrong with it: serde stops at the first problem.
//!
//! - **Nothing stops at a problem.** A value that is wrong is reported in its [`File`] and then missing.
//! - **Every problem has its place**: file, line, column.
//! - **No key is passed over.** A [`Table`] remembers which keys it was asked for, and [`Table::finish`] reports all
//!   others, with what may have been meant.
//! - **Nothing follows from an error of syntax.** What stands in such a line is not called wrong, and what could stand
//!   in it is not called missing.
//!
//! What the keys mean is for the caller to say.

mod file;
mod problem;
mod spot;
mod suggest;
mod table;

pub use file::{File, Tree};
pub use problem::{Problem, Problems};
pub use spot::{Spot, Text};
pub use suggest::{distance, hint};
pub use table::Table;
