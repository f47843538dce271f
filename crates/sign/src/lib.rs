//! Unsigned into signed, for packages and for the repository, and verification of both.
//!
//! A CentOS 6 client believes an RSA primary key only, checks the header signature of a package and, with
//! `repo_gpgcheck`, the signature over repomd.xml; `rpm -K` there needs all of the tags 268, 269, 273, 1000,
//! 1002 and 1004 to notice an altered payload. So exactly these are written, and all of them are demanded back.
//!
//! **No payload is ever held in memory**, nothing here reads the clock ([`Terms`] carry the time), and a
//! secret never appears in an error or in `Debug`. The crate knows nothing of where packages come from or go to.

mod data_hash;
mod error;
mod generate;
mod gpg;
mod key_file;
mod package;
mod passphrase;
mod payload_digest;
mod public_key;
mod repository;
mod secret_key;
mod signature;
mod signature_header;
mod signer;
mod verify;

pub use error::{SignError, VerifyError};
pub use generate::{GeneratedKey, KeyRequest, generate_key};
pub use key_file::{KeyFileFault, check_key_file_for_el6};
pub use passphrase::Passphrase;
pub use payload_digest::PayloadFault;
pub use public_key::{KeyFault, PublicKey, PublicKeys};
pub use repository::{VerifiedRepository, verify_repository_signature};
pub use signature::SignatureFault;
pub use signer::{Signer, Terms};
pub use verify::{Verified, verify_header_signature, verify_rpm};
